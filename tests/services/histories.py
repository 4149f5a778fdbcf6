"""Random histories of one tournament: whatever is confirmed, corrected, voided and ranked in whatever order.

Beside the database a model keeps what should count now; after every ranking the board must be that of the model.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar

import numpy as np
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests import invariants
from tests.arenas import OPENED_AT, REASON, Arena, ended_at, names
from webapp.domain.board import Board
from webapp.domain.columns import MISSING
from webapp.domain.deltas import Placings
from webapp.domain.errors import Conflict
from webapp.domain.lots import lots
from webapp.domain.meetings import Meetings, needs_meetings
from webapp.domain.overrides import overridden
from webapp.domain.ranking import rank
from webapp.domain.results import Adjustments
from webapp.domain.rules import parse_ruleset
from webapp.domain.ruleset import Ruleset
from webapp.domain.standing_columns import Standings
from webapp.extensions import db
from webapp.models import Tournament
from webapp.services.matches.confirmation import MatchOutcome
from webapp.services.ranking import adjustments, overrides, ranking, result_columns
from webapp.services.ranking.override_checks import RankTaken
from webapp.services.ranking.ranking import Computation
from webapp.services.registration import registrations
from webapp.services.spine import relay
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot

RANKINGS = ("due", "partial", "full", "sweep")


class History(RuleBasedStateMachine):
    """What battle royales and series have in common; subclasses say how a tournament opens and how a match ends."""

    rulesets: ClassVar[Mapping[str, Mapping[str, Any]]]
    opened = 0

    arena: Arena
    ruleset: Ruleset

    def __init__(self) -> None:
        super().__init__()
        self.outcomes: dict[int, Any] = {}
        self.ended: dict[int, datetime] = {}
        self.voided: set[int] = set()
        self.adjusted: list[tuple[int, int]] = []
        self.ids: list[int] = []
        self.registered = 0
        self.walked: dict[int, int] = {}
        """Matches that somebody lost by withdrawing, with who won."""
        self.overrides: dict[int, tuple[int, int]] = {}
        """Participants overridden: the override's id and the rank."""
        self.seen: dict[int, Placings] = {0: Placings.empty()}

    # -- what a format fills in

    def open(self, rules: Mapping[str, Any], name: str) -> Arena:
        raise NotImplementedError

    def draw_outcome(self, data: st.DataObject, match_id: int) -> Any:
        raise NotImplementedError

    def confirm_match(self, match_id: int, outcome: Any, now: datetime) -> MatchOutcome:
        raise NotImplementedError

    def correct_match(self, match_id: int, outcome: Any, now: datetime) -> MatchOutcome:
        raise NotImplementedError

    def void_match(self, match_id: int, now: datetime) -> MatchOutcome:
        raise NotImplementedError

    def participants(self, match_id: int) -> set[int]:
        """Who took part in a match as it counts now."""
        raise NotImplementedError

    def planned_for(self, who: int) -> dict[int, int]:
        """The matches that a participant is to play, with the other side; none where the sides are not planned."""
        return {}

    def model(self) -> tuple[Standings, Meetings]:
        """Standings and meetings of `self.outcomes`, without a database."""
        raise NotImplementedError

    # -- what happens

    @initialize(data=st.data())
    def open_tournament(self, data: st.DataObject) -> None:
        chosen = data.draw(st.sampled_from(sorted(self.rulesets)), label="rules")
        type(self).opened += 1
        self.ruleset = parse_ruleset(self.rulesets[chosen], name="arena")
        self.arena = self.open(self.rulesets[chosen], f"{type(self).__name__} {type(self).opened}")
        self.ids = list(self.arena.participant_ids)
        self.registered = len(self.ids)

    @rule(data=st.data())
    def confirm(self, data: st.DataObject) -> None:
        still_open = [match_id for match_id in self.arena.match_ids if match_id not in self.ended]
        if not still_open:
            return
        match_id = data.draw(st.sampled_from(still_open), label="match")
        outcome = self.draw_outcome(data, match_id)
        now = ended_at(len(self.ended) + 1)
        try:
            assert self.confirm_match(match_id, outcome, now).changed
        except Conflict as refusal:
            # By match point the tournament may be over; then nothing of it may have happened.
            if refusal.code != "tournament_decided" or self.ruleset.match_point is None:
                raise
        else:
            self.ended[match_id], self.outcomes[match_id] = now, outcome

    @precondition(lambda self: self.outcomes)
    @rule(data=st.data())
    def confirm_again(self, data: st.DataObject) -> None:
        match_id = data.draw(st.sampled_from(sorted(self.outcomes)), label="match")
        if self.participants(match_id) <= set(self.ids):
            assert not self.confirm_match(match_id, self.outcomes[match_id], OPENED_AT).changed

    @precondition(lambda self: self.ended)
    @rule(data=st.data())
    def correct_or_put_back(self, data: st.DataObject) -> None:
        match_id = data.draw(st.sampled_from(sorted(self.ended)), label="match")
        outcome = self.draw_outcome(data, match_id)
        self.correct_match(match_id, outcome, OPENED_AT)
        self.outcomes[match_id] = outcome
        self.walked.pop(match_id, None)
        self.voided.discard(match_id)

    @precondition(lambda self: self.ended)
    @rule(data=st.data())
    def void(self, data: st.DataObject) -> None:
        match_id = data.draw(st.sampled_from(sorted(self.ended)), label="match")
        assert self.void_match(match_id, OPENED_AT).changed == (match_id not in self.voided)
        self.outcomes.pop(match_id, None)
        self.walked.pop(match_id, None)
        self.voided.add(match_id)

    @rule(data=st.data(), points=st.sampled_from([-3, -1, 2]))
    def adjust(self, data: st.DataObject, points: int) -> None:
        who = data.draw(st.sampled_from(self.ids), label="participant")
        adjustments.adjust(
            self.arena.tournament_id, who, kind="penalty" if points < 0 else "bonus", points=points, reason=REASON,
            actor=SYSTEM, now=OPENED_AT,
        )  # fmt: skip
        self.adjusted.append((who, points))

    @precondition(lambda self: self.registered < 10)
    @rule(count=st.integers(0, 2))
    def register_and_bring_back(self, count: int) -> None:
        self.registered += count
        everybody = names(self.registered)
        self.ids = registrations.register(self.arena.tournament_id, everybody, actor=SYSTEM, now=OPENED_AT)

    @precondition(lambda self: len(self.ids) > 2)
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        who = data.draw(st.sampled_from(self.ids), label="participant")
        registrations.withdraw(who, actor=SYSTEM, now=OPENED_AT)
        self.ids.remove(who)
        lost = {match_id: other for match_id, other in self.planned_for(who).items() if match_id not in self.ended}
        self.walked |= lost
        self.ended |= dict.fromkeys(lost, OPENED_AT)

    @rule(data=st.data())
    def override(self, data: st.DataObject) -> None:
        who = data.draw(st.sampled_from(self.ids), label="participant")
        rank = data.draw(st.integers(1, len(self.ids)), label="rank")
        held_by_another = rank in {held for other, (_, held) in self.overrides.items() if other != who}
        try:
            outcome = overrides.override(
                self.arena.tournament_id, who, rank, reason=REASON, actor=SYSTEM, now=OPENED_AT
            )  # fmt: skip
        except RankTaken:
            assert held_by_another
        else:
            assert not held_by_another
            assert outcome.changed == (self.overrides.get(who, (0, 0))[1] != rank)
            self.overrides[who] = outcome.override_id, rank

    @precondition(lambda self: self.overrides)
    @rule(data=st.data())
    def restore(self, data: st.DataObject) -> None:
        who = data.draw(st.sampled_from(sorted(self.overrides)), label="overridden")
        override_id, _ = self.overrides.pop(who)
        assert overrides.restore(override_id, actor=SYSTEM, now=OPENED_AT).changed
        assert not overrides.restore(override_id, actor=SYSTEM, now=OPENED_AT).changed

    # Named twice, so that it comes twice as often as the others.
    @rule(data=st.data(), how=st.sampled_from(RANKINGS))
    def rank_at_some_moment(self, data: st.DataObject, how: str) -> None:
        self.rank(data, how)

    @rule(data=st.data(), how=st.sampled_from(RANKINGS))
    def rank_at_another_moment(self, data: st.DataObject, how: str) -> None:
        self.rank(data, how)

    def rank(self, data: st.DataObject, how: str) -> None:
        tournament_id = self.arena.tournament_id
        affected = data.draw(st.lists(st.sampled_from(self.ids), unique=True), label="affected")
        compute: Mapping[str, Callable[[], Computation | None]] = {
            "due": lambda: ranking.rank_due(tournament_id, now=OPENED_AT),
            "partial": lambda: ranking.compute_partial_update(tournament_id, affected, now=OPENED_AT),
            "full": lambda: ranking.compute_tournament_rankings(tournament_id, now=OPENED_AT),
            "sweep": self.sweep,
        }
        compute[how]()
        published = invariants.assert_board_is_right(tournament_id)
        invariants.assert_standings_are_right(tournament_id)
        invariants.assert_log_is_whole(tournament_id)
        invariants.assert_same_board(published.board, self.expected_board(), "model")
        placings = ranking.placings(published.board)
        known = self.seen.setdefault(published.version, placings)
        assert np.array_equal(known.rank, placings.rank), "a version changed after it was published"
        some = data.draw(st.sampled_from(sorted(self.seen)), label="since version")
        invariants.assert_deltas_lead_here(tournament_id, {some: self.seen[some]})
        again = compute[how]()
        assert again is None or (again.version, len(again.deltas)) == (published.version, 0), "the second run"

    def sweep(self) -> None:
        while relay.sweep(clock=utc_now, may_work=True):
            pass

    def expected_board(self) -> Board:
        totals, meetings = self.model()
        with read_snapshot() as session:
            ids, teams, subjects, seeds = result_columns.participants(session, self.arena.tournament_id)
            lot_seed = session.get_one(Tournament, self.arena.tournament_id).lot_seed
        assert ids.tolist() == sorted(self.ids)
        totals.columns["seed"] = seeds
        if any(key.name == "lot" for key in self.ruleset.cascade):
            totals.columns["lot"] = lots(ids, lot_seed)
        used = meetings if needs_meetings(self.ruleset.cascade) else None
        cascade, ties = self.ruleset.cascade, self.ruleset.ties
        computed = rank(totals, cascade, ties=ties, meetings=used)
        ranks = {who: rank for who, (_, rank) in self.overrides.items()}
        ranking = overridden(computed, ranks, totals, cascade, ties=ties, meetings=used)
        return Board(totals, ranking, teams, subjects)

    def ledger(self) -> Adjustments:
        who, points = (np.array([entry[at] for entry in self.adjusted], np.int64) for at in (0, 1))
        return replace(Adjustments.empty(), participant_id=who, match_number=np.full_like(who, MISSING), points=points)

    def teardown(self) -> None:
        if not self.ids:
            return
        self.sweep()
        assert invariants.unserved() == []
        published = invariants.assert_all_is_well(self.arena.tournament_id)
        invariants.assert_same_board(published.board, self.expected_board(), "model")
        invariants.assert_deltas_lead_here(self.arena.tournament_id, self.seen)
        invariants.assert_versions_were_whole(self.arena.tournament_id, sorted(self.seen.keys() - {0})[-3:])
        published_then = {version: placings for version, placings in self.seen.items() if version}
        if published_then:
            invariants.assert_replay_shows(self.arena.tournament_id, published_then)
        db.session.remove()
