"""Real knock-outs, played again through the services: every match, every place."""

from collections.abc import Sequence
from typing import NamedTuple

import pytest
from flask import Flask
from sqlalchemy import select

from tests.arenas import REASON, ended_at
from tests.invariants import assert_standings_are_right
from tests.knockouts import Knockout, open_knockout
from tests.real_data import real_rows
from webapp.domain.series import SeriesGame
from webapp.models import BracketNode, Match, Stage, Tournament
from webapp.services.bracketing import bracket_placements
from webapp.services.matches import awards, series
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot

_FOLDER = "brackets_melee_double_elim"


class Played(NamedTuple):
    """Seeds, games won; a score of None was not played out."""

    seeds: tuple[int, int]
    score: tuple[int, int] | None
    winner: int


def replay(knockout: Knockout, played: Sequence[Played]) -> None:
    """Confirm each match where its pair is to be found in the bracket; none is left over, none is missing."""
    ids, left = knockout.match_ids(), list(played)
    for key in ids:
        pair = knockout.sides()[key]
        if knockout.states()[key] == "cancelled":
            continue
        at = next(place for place, one in enumerate(left) if {*one.seeds} == {*pair})
        match = left.pop(at)
        winner, loser = knockout.seed(match.winner), knockout.seed(sum(match.seeds) - match.winner)
        if match.score is None:
            awards.forfeit(ids[key], loser, reason=REASON, actor=SYSTEM, now=ended_at(len(left)))
            continue
        won = [winner] * max(match.score)
        # The loser's games come first: the last game decides.
        order = [loser] * min(match.score) + won
        games = [
            SeriesGame(n, {winner: int(who == winner), loser: int(who == loser)}) for n, who in enumerate(order, 1)
        ]
        series.confirm(ids[key], games, actor=SYSTEM, now=ended_at(len(left)))
    assert left == []


def places_of(knockout: Knockout) -> dict[int, int]:
    """The first of the places that each seed shares."""
    with read_snapshot() as session:
        stage = session.scalars(select(Stage).where(Stage.tournament_id == knockout.tournament_id)).one()
        assert stage.state == "completed"
        found = bracket_placements.of_stage(session, stage)
        tournament = session.get_one(Tournament, knockout.tournament_id)
        groups = bracket_placements.of_tournament(session, tournament)
    assert groups is not None
    assert sum(map(len, groups)) == len(knockout.participant_ids)
    assert found.open_numbers == ()
    return {knockout.participant_ids.index(one.participant_id) + 1: one.first for one in found.placements}


def test_a_challonge_bracket_of_41_with_a_second_grand_final(app: Flask) -> None:
    people = {row["participant_id"]: row for row in real_rows(_FOLDER, "challonge_sf_game_night_21_participants.csv")}
    seed = {who: int(row["seed"]) for who, row in people.items()}
    played = []
    for row in real_rows(_FOLDER, "challonge_sf_game_night_21_matches.csv"):
        one, other = map(int, row["scores_csv"].split("-"))
        played.append(Played((seed[row["player1_id"]], seed[row["player2_id"]]), (one, other), seed[row["winner_id"]]))
    # The winners' finals and what follows were best of 5.
    long = {"W5": 5, "W6": 5, "L8": 5, "L9": 5, "GF": 5, "GF2": 5}
    knockout = open_knockout("double-elimination", sides=41, best_of={"default": 3, **long})
    replay(knockout, played)
    assert places_of(knockout) == {seed[who]: int(row["final_rank"]) for who, row in people.items()}
    assert_standings_are_right(knockout.tournament_id)
    with read_snapshot() as session:
        last = session.execute(
            select(BracketNode.key, Match.winner_id)
            .join(Match, Match.id == BracketNode.match_id)
            .where(BracketNode.section == "final")
            .order_by(BracketNode.id)
        ).all()
    assert last == [("GF", knockout.seed(3)), ("GF2", knockout.seed(1))]


def test_a_start_gg_bracket_where_half_begin_with_a_loss(app: Flask) -> None:
    people = {row["entrant_id"]: row for row in real_rows(_FOLDER, "startgg_final_bracket_32_entrants.csv")}
    seed = {who: int(row["group_seed"]) for who, row in people.items()}
    rows = sorted(real_rows(_FOLDER, "startgg_final_bracket_32_sets.csv"), key=lambda row: row["identifier"])
    played = [
        Played(
            (seed[row["entrant1"]], seed[row["entrant2"]]),
            (int(row["score1"]), int(row["score2"])) if row["score1"] else None,
            seed[row["winner"]],
        )
        for row in rows
    ]
    five = {"W3": 5, "W4": 5, "L5": 5, "L6": 5, "L7": 5, "L8": 5, "final": 5}
    knockout = open_knockout("double-elimination", sides=32, settings={"in_losers": 16}, best_of={"default": 3, **five})
    replay(knockout, played)
    assert places_of(knockout) == {seed[who]: int(row["official_placement"]) for who, row in people.items()}
    assert_standings_are_right(knockout.tournament_id)


VALORANT = {
    "2021_M1": ("double-elimination", "SEN TL NU VKS1 X10 SHK V1 FNC KRU CR", {"final": 5}),
    "2021_C1": ("single-elimination", "ACE GMB KRU TL C9 FNC X10 TS", {"final": 5}),
    "2023_C1": ("double-elimination", "FNC DRX EG PRX FUT EDG BLG LOUD", {"losers_final": 5, "final": 5}),
    "2024_M2": ("double-elimination", "100T PRX EDG FNC GEN TH G2 FUT", {"losers_final": 5, "final": 5}),
}
"""Knock-outs of VALORANT events: their format, the teams as the standard bracket has them, which series were longer."""


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("event", VALORANT)
def test_a_valorant_knock_out_ends_in_the_published_places(app: Flask, event: str) -> None:
    form, order, longer = VALORANT[event]
    seed = {team: number for number, team in enumerate(order.split(), start=1)}
    in_groups = ("Opening", "Winners (", "Elimination", "Decider", "Round ")
    played = [
        Played((seed[row["team_a"]], seed[row["team_b"]]), (int(row["score_a"]), int(row["score_b"])), seed[row["winner"]])
        for row in real_rows("valorant_vct", "series.csv")
        if row["event_id"] == event and not row["bracket"].startswith(in_groups)
    ]  # fmt: skip
    settings = {"reset": False} if form == "double-elimination" else {}
    knockout = open_knockout(form, sides=len(seed), settings=settings, best_of={"default": 3, **longer})
    replay(knockout, played)
    published = {
        seed[row["team"]]: int(row["placement"].split("-")[0])
        for row in real_rows("valorant_vct", "official_placements.csv")
        if row["event_id"] == event and row["team"] in seed
    }
    assert places_of(knockout) == published
    assert_standings_are_right(knockout.tournament_id)
