"""After any history the board is the one recomputed from scratch, the log has no gap, and every delta adds up.

HISTORY_EXAMPLES=500 tells more stories than CI has time for.
"""

import os
from collections.abc import Mapping
from datetime import datetime
from itertools import combinations, pairwise
from typing import Any, ClassVar

import numpy as np
import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test

from tests.arenas import REASON, Arena, open_battle_royale, open_league, turn_on_the_engine
from tests.domain.builders import Duel, Placed, battle_royale
from tests.domain.builders import series as series_columns
from tests.services.histories import History
from webapp.domain.meetings import BattleRoyaleMeetings, Meetings, SeriesMeetings
from webapp.domain.scoring import BattleRoyaleLine
from webapp.domain.series import SeriesGame, game_winner
from webapp.domain.standings import Standings, fold_battle_royale, fold_series
from webapp.services.matches import results, series
from webapp.services.matches.confirmation import MatchOutcome
from webapp.services.ranking.result_columns import to_microseconds
from webapp.services.spine.actors import SYSTEM

TOLD = settings(
    max_examples=int(os.environ.get("HISTORY_EXAMPLES", "20")),
    stateful_step_count=24,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
TABLE = [5, 3, 2, 1]


class BattleRoyaleHistory(History):
    rulesets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "engine": {"placement_points": TABLE, "points_per_kill": 1},
        "battle-royale": {"placement_points": TABLE, "points_per_kill": 1, "cascade": "battle-royale"},
        "pubgm": {"placement_points": TABLE, "points_per_kill": 1, "cascade": "pubgm"},
        "service, shared": {"placement_points": TABLE, "cascade": "service", "ties": "shared"},
        "countback of the best": {
            "placement_points": TABLE, "points_per_kill": 1, "count_best": 2, "cascade": ["points", "countback", "seed"],
        },
        "match point": {"placement_points": TABLE, "points_per_kill": 1, "match_point": {"threshold": 6, "cap": 4}},
        "capped, drawn": {"placement_points": TABLE, "points_per_kill": 2, "kill_cap": 3, "cascade": ["points", "lot"]},
        "kill bands": {
            "placement_points": TABLE, "kill_bands": [{"low": 1, "high": 2, "points": 1}, {"low": 3, "points": 4}],
            "cascade": ["points", "avg_placement", "avg_kills", "time_alive_s", "losses"],
        },
        "among the tied": {
            "placement_points": [2, 1], "ties": "shared",
            "cascade": [
                "points", {"key": "head_to_head", "restart": True}, {"key": "kills", "among": "tied", "restart": True},
            ],
        },
    }  # fmt: skip

    def open(self, rules: Mapping[str, Any], name: str) -> Arena:
        return open_battle_royale(rules, squads=5, lobbies=6, name=name)

    def draw_outcome(self, data: st.DataObject, match_id: int) -> list[BattleRoyaleLine]:
        who = data.draw(st.lists(st.sampled_from(self.ids), min_size=1, unique=True), label="order")
        kills = data.draw(st.lists(st.integers(0, 4), min_size=len(who), max_size=len(who)), label="kills")
        dnf_from = data.draw(st.integers(1, len(who)), label="the last places are a DNF from")
        is_shared = data.draw(st.booleans(), label="two share the first places") and dnf_from > 2
        return [
            BattleRoyaleLine(
                one,
                None if place > dnf_from else 1 if is_shared and place == 2 else place,
                shot,
                placement_high=2 if is_shared and place <= 2 else None,
                time_alive_s=None if place > dnf_from else 1200 - place * 100,
            )
            for place, (one, shot) in enumerate(zip(who, kills, strict=True), start=1)
        ]

    def confirm_match(self, match_id: int, outcome: Any, now: datetime) -> MatchOutcome:
        return results.confirm(match_id, outcome, actor=SYSTEM, now=now)

    def correct_match(self, match_id: int, outcome: Any, now: datetime) -> MatchOutcome:
        return results.correct(match_id, outcome, reason=REASON, actor=SYSTEM, now=now)

    def void_match(self, match_id: int, now: datetime) -> MatchOutcome:
        return results.void(match_id, reason=REASON, actor=SYSTEM, now=now)

    def participants(self, match_id: int) -> set[int]:
        return {line.participant_id for line in self.outcomes[match_id]}

    def model(self) -> tuple[Standings, Meetings]:
        number = {match_id: place for place, match_id in enumerate(self.arena.match_ids, start=1)}
        rows = [
            Placed(
                line.participant_id, number[match_id], line.placement, line.kills, line.placement_high,
                line.time_alive_s, to_microseconds(self.ended[match_id]),
            )
            for match_id, lines in self.outcomes.items()
            for line in lines
        ]  # fmt: skip
        columns = battle_royale(rows, self.ruleset)
        ids = np.array(sorted(self.ids), np.int64)
        return fold_battle_royale(ids, columns, self.ledger(), self.ruleset), BattleRoyaleMeetings(
            ids, columns, self.ruleset
        )


class LeagueHistory(History):
    game = "fc26"
    best_of = 1
    rulesets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "engine": {},
        "head to head": {
            "cascade": ["points", {"key": "head_to_head", "restart": True}, "score_difference", "games_won"],
        },
        "buchholz": {"cascade": ["points", "buchholz", "sonneborn_berger", "seed"], "ties": "shared"},
        "difficulty": {
            "win_points": 1, "draw_points": 0,
            "cascade": ["wins", "buchholz_difference", {"key": "score_difference", "among": "tied"}, "lot"],
        },
    }  # fmt: skip

    def open(self, rules: Mapping[str, Any], name: str) -> Arena:
        everybody = list(combinations(range(4), 2))
        return open_league(
            self.game, rules, [*everybody, *pairwise(range(4))], sides=4, best_of=self.best_of, name=name
        )

    def sides(self, match_id: int) -> tuple[int, int]:
        pairs = [*combinations(range(4), 2), *pairwise(range(4))]
        a, b = pairs[self.arena.match_ids.index(match_id)]
        return self.arena.participant_ids[a], self.arena.participant_ids[b]

    def draw_outcome(self, data: st.DataObject, match_id: int) -> list[SeriesGame]:
        a, b = self.sides(match_id)
        goals = data.draw(st.tuples(st.integers(0, 3), st.integers(0, 3)), label="score")
        return [SeriesGame(1, {a: goals[0], b: goals[1]})]

    def confirm_match(self, match_id: int, outcome: Any, now: datetime) -> MatchOutcome:
        return series.confirm(match_id, outcome, actor=SYSTEM, now=now)

    def correct_match(self, match_id: int, outcome: Any, now: datetime) -> MatchOutcome:
        return series.correct(match_id, outcome, reason=REASON, actor=SYSTEM, now=now)

    def void_match(self, match_id: int, now: datetime) -> MatchOutcome:
        return series.void(match_id, reason=REASON, actor=SYSTEM, now=now)

    def participants(self, match_id: int) -> set[int]:
        return set(self.sides(match_id))

    def model(self) -> tuple[Standings, Meetings]:
        played = [self._duel(match_id, games) for match_id, games in self.outcomes.items()]
        columns = series_columns([*played, *(self._walk_over(*match) for match in self.walked.items())])
        ids = np.array(sorted(self.ids), np.int64)
        return fold_series(ids, columns, self.ledger(), self.ruleset), SeriesMeetings(ids, columns, self.ruleset)

    def planned_for(self, who: int) -> dict[int, int]:
        pairs = {match_id: self.sides(match_id) for match_id in self.arena.match_ids}
        return {match_id: a if who == b else b for match_id, (a, b) in pairs.items() if who in (a, b)}

    def _walk_over(self, match_id: int, winner: int) -> Duel:
        number, (a, b) = self.arena.match_ids.index(match_id) + 1, self.sides(match_id)
        return Duel(number, a, b, winner, at=to_microseconds(self.ended[match_id]), forfeit=1)

    def _duel(self, match_id: int, games: list[SeriesGame]) -> Duel:
        a, b = self.sides(match_id)
        winners = [game_winner(game) for game in games]
        won_a, won_b = winners.count(a), winners.count(b)
        return Duel(
            number=self.arena.match_ids.index(match_id) + 1, a=a, b=b,
            winner=a if won_a > won_b else b if won_b > won_a else None,
            score_a=sum(game.score[a] for game in games), score_b=sum(game.score[b] for game in games),
            at=to_microseconds(self.ended[match_id]), games_a=won_a, games_b=won_b,
        )  # fmt: skip


class BestOfThreeHistory(LeagueHistory):
    game = "valorant"
    best_of = 3

    def draw_outcome(self, data: st.DataObject, match_id: int) -> list[SeriesGame]:
        sides = self.sides(match_id)
        winners = data.draw(st.sampled_from([(0, 0), (1, 1), (0, 1, 0), (0, 1, 1), (1, 0, 0), (1, 0, 1)]), label="maps")
        lost = data.draw(st.integers(0, 11), label="rounds of the losers")
        return [
            SeriesGame(number, {sides[won]: 13, sides[1 - won]: lost}, map=f"Map {number}")
            for number, won in enumerate(winners, start=1)
        ]


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("machine", [BattleRoyaleHistory, LeagueHistory, BestOfThreeHistory])
def test_after_any_history_the_board_is_the_recomputed_one(app: Flask, machine: type[History]) -> None:
    turn_on_the_engine()
    run_state_machine_as_test(machine, settings=TOLD)
