"""Random days of whole tournaments: people come and go, play, report, object, and officials do everything they may.

Whatever is done in whatever order, after every step everybody stands where the results say, the totals are those of the
results, the log has no gap, the audit is intact, nobody is one too many, and a refusal has changed nothing.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule
from sqlalchemy import select

from tests import invariants
from tests.arenas import REASON
from tests.entering import OPENED_AT, STARTS_AT, solo
from tests.knockouts import games
from tests.services.days import Day, people_of
from tests.services.placings import assert_all_stand_where_results_say, open_matches_by_participant
from webapp.extensions import db
from webapp.models import Dispute, Registration, Tournament
from webapp.services.bracketing import brackets
from webapp.services.disputes import corrections, dispute_decisions, disputes
from webapp.services.disputes.corrections import Change
from webapp.services.disputes.dispute_decisions import Decision
from webapp.services.matches import awards, match_resets, matches, pauses, reporting, series
from webapp.services.matches.awards import sides_of
from webapp.services.ranking import ranking
from webapp.services.registration import checkin_close, checkins, entries, registrations
from webapp.services.spine import relay, undo
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.tournaments import tournaments

PEOPLE: Final = 9
PLACES: Final = 6
FORMATS: Final = {
    "single-elimination": {}, "single-elimination with third place": {"third_place": True}, "double-elimination": {},
}  # fmt: skip


class WholeTournament(Day):
    """One cup of players with check-in, waitlist and bracket."""

    @initialize(data=st.data(), form=st.sampled_from(sorted(FORMATS)), is_day=st.sampled_from([True, True, False]))
    def open(self, data: st.DataObject, form: str, *, is_day: bool) -> None:
        number = type(self).opened = type(self).opened + 1
        self.now = OPENED_AT
        self.organizer, *self.people = people_of(number, PEOPLE)
        self.tournament_id = tournaments.create(
            f"Day {number}", game="fc26", format=form.partition(" ")[0], ruleset={"win_points": 3}, starts_at=STARTS_AT,
            actor=self.organizer, now=self.now,
        )  # fmt: skip
        with transaction() as session:
            row = session.get_one(Tournament, self.tournament_id)
            row.places, row.has_checkin, row.bracket = PLACES, True, dict(FORMATS[form])
        tournaments.open_registration(self.tournament_id, actor=self.organizer, now=self.now)
        if is_day:
            # Else few stories would come so far.
            self.begin(data)

    # -- before the start

    @rule(data=st.data())
    def register_some(self, data: st.DataObject) -> None:
        for who in data.draw(st.lists(st.sampled_from(self.people), min_size=1, max_size=PEOPLE, unique=True)):
            self.may(entries.register, self.tournament_id, solo(who, waitlist=True), actor=who)

    @rule(data=st.data())
    def withdraw_by_oneself(self, data: st.DataObject) -> None:
        registration_id, owner = self.some_registration(data)
        if registration_id is not None:
            self.may(entries.withdraw, registration_id, actor=owner)

    @rule(data=st.data())
    def be_taken_out(self, data: st.DataObject) -> None:
        registration_id, _ = self.some_registration(data)
        if registration_id is not None:
            self.may(registrations.withdraw, registration_id)

    @rule(data=st.data())
    def check_in_some(self, data: st.DataObject) -> None:
        for registration_id, owner in self.registered():
            if data.draw(st.integers(0, 3)):
                self.may(checkins.check_in, registration_id, actor=owner)

    @rule(data=st.data())
    def undo_check_in(self, data: st.DataObject) -> None:
        registration_id, owner = self.some_registration(data)
        if registration_id is not None:
            self.may(checkins.undo, registration_id, actor=owner)

    @precondition(lambda self: self.now < STARTS_AT - timedelta(minutes=25))
    @rule()
    def come_to_check_in(self) -> None:
        self.now = STARTS_AT - timedelta(minutes=25)

    @rule()
    def close_check_in(self) -> None:
        self.may(checkin_close.close, self.tournament_id)

    @rule()
    def reopen_check_in(self) -> None:
        self.may(checkin_close.reopen, self.tournament_id)

    @rule(seeding=st.sampled_from(["slot", "random"]))
    def draw_the_bracket(self, seeding: str) -> None:
        self.may(brackets.generate, self.tournament_id, seeding=seeding)

    @rule(locks=st.booleans())
    def lock_the_bracket(self, locks: bool) -> None:
        self.may(brackets.finalize if locks else brackets.unfinalize, self.tournament_id)

    @rule(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        """Whoever wants to comes, and it starts."""
        if self.status() not in ("registration_open", "registration_closed"):
            return
        for who in data.draw(st.lists(st.sampled_from(self.people), min_size=3, max_size=PEOPLE, unique=True)):
            self.may(entries.register, self.tournament_id, solo(who, waitlist=True), actor=who)
        self.now = max(self.now, STARTS_AT - timedelta(minutes=25))
        for registration_id, owner in self.registered():
            self.may(checkins.check_in, registration_id, actor=owner)
        self.may(checkin_close.close, self.tournament_id)
        self.now = max(self.now, STARTS_AT)
        self.may(tournaments.start, self.tournament_id)
        self.may(brackets.generate, self.tournament_id)

    # -- the day

    @rule(data=st.data(), way=st.sampled_from(["confirm", "confirm", "confirm", "start", "cancel", "reset", "void"]))
    def official(self, data: st.DataObject, way: str) -> None:
        match = self.some_match(data)
        if match is None:
            return
        winner = data.draw(st.sampled_from(sides_of(match)), label="winner")
        ways: dict[str, Callable[[], object]] = {
            "confirm": lambda: self.may(series.confirm, match.id, games(match.id, winner)),
            "start": lambda: self.may(matches.start_match, match.id),
            "cancel": lambda: self.may_undoably(matches.cancel_match, match.id, reason=REASON),
            "reset": lambda: self.may_undoably(match_resets.reset, match.id, reason=REASON),
            "void": lambda: self.may(series.void, match.id, reason=REASON),
        }
        ways[way]()

    @rule(data=st.data(), way=st.sampled_from(["confirm", "forfeit", "walk_over", "force_win"]))
    def official_and_back(self, data: st.DataObject, way: str) -> None:
        match = self.some_match(data)
        if match is None:
            return
        side = data.draw(st.sampled_from(sides_of(match)), label="side")
        ways: dict[str, Callable[[], object]] = {
            "confirm": lambda: self.may_undoably(series.confirm, match.id, games(match.id, side)),
            "forfeit": lambda: self.may_undoably(awards.forfeit, match.id, side, reason=REASON),
            "walk_over": lambda: self.may_undoably(awards.forfeit, match.id, side, walk_over=True, reason=REASON),
            "force_win": lambda: self.may_undoably(awards.force_win, match.id, side, reason=REASON),
        }
        ways[way]()

    @rule(data=st.data(), agrees=st.booleans())
    def side(self, data: st.DataObject, agrees: bool) -> None:
        match = self.some_match(data)
        if match is None:
            return
        sides = sides_of(match)
        who = self.speaker(data.draw(st.sampled_from(sides), label="speaks"))
        if agrees:
            self.may(reporting.agree, match.id, report_revision=match.report_revision, actor=who)
        else:
            winner = data.draw(st.sampled_from(sides), label="winner")
            self.may(reporting.submit, match.id, games(match.id, winner), actor=who)

    @rule(data=st.data())
    def object(self, data: st.DataObject) -> None:
        match = self.some_match(data)
        if match is None:
            return
        who = data.draw(st.sampled_from(sides_of(match)), label="objects")
        claim = [[1, 3, 1, None]] if data.draw(st.booleans(), label="claims") else None
        self.may(
            disputes.open_dispute, match.id, reason_code="wrong_score", text="The score is another one.", claim=claim,
            actor=self.speaker(who),
        )  # fmt: skip

    @rule(
        data=st.data(),
        how=st.sampled_from(["reject", "approve_original", "approve_dispute", "custom_result", "replay"]),
    )
    def decide(self, data: st.DataObject, how: str) -> None:
        with read_snapshot() as session:
            still_open = select(Dispute.id, Dispute.match_id).where(
                Dispute.tournament_id == self.tournament_id, Dispute.resolved_at.is_(None)
            )
            found = session.execute(still_open.order_by(Dispute.id)).all()
        if not found:
            return
        dispute_id, match_id = data.draw(st.sampled_from([tuple(row) for row in found]), label="dispute")
        decision = Decision(
            how, entries=[[1, 1, 4, None]] if how == "custom_result" else (), choices=self.choices(data, match_id)
        )
        self.may(dispute_decisions.decide, dispute_id, decision, reason=REASON)

    @rule(data=st.data(), kind=st.sampled_from(["correct", "correct", "void", "replay", "forfeit"]))
    def correct(self, data: st.DataObject, kind: str) -> None:
        match = self.some_match(data)
        if match is None:
            return
        side = data.draw(st.sampled_from(sides_of(match)), label="side")
        score = [1, 3, 0, None] if side == match.side_a_id else [1, 0, 3, None]
        change = Change(kind, entries=[score] if kind == "correct" else (), lost_by=side if kind == "forfeit" else None)
        self.may_undoably(
            corrections.apply, match.id, change, reason=REASON, choices=self.choices(data, match.id)
        )  # fmt: skip

    @rule()
    def stop_or_go_on(self) -> None:
        with read_snapshot() as session:
            is_paused = session.get_one(Tournament, self.tournament_id).paused_at is not None
        if is_paused:
            self.may(pauses.resume, self.tournament_id)
        else:
            self.may(pauses.stop, self.tournament_id, reason=REASON)

    @rule()
    def undo_the_newest(self) -> None:
        newest = undo.newest_of(self.tournament_id, actor=self.organizer, now=self.now)
        if newest is not None:
            self.may(undo.undo, newest)
            self.may(undo.undo, newest)

    @rule()
    def complete(self) -> None:
        if self.may(tournaments.complete, self.tournament_id):
            before = self.outcome()
            assert before is not None
            tournaments.complete(self.tournament_id, actor=self.organizer, now=self.now)
            assert self.outcome() == before, "the winners are found once"

    @rule(minutes=st.integers(1, 12))
    def wait(self, minutes: int) -> None:
        if self.now >= STARTS_AT:
            self.now += timedelta(minutes=minutes)

    # -- what always holds

    @invariant()
    def everybody_stands_in_one_place(self) -> None:
        if "tournament_id" not in self.__dict__:
            return
        assert_all_stand_where_results_say(self.tournament_id)
        twice = {who: found for who, found in open_matches_by_participant(self.tournament_id).items() if len(found) > 1}
        assert twice == {}, "somebody is in two open matches"

    @invariant()
    def totals_and_log_are_right(self) -> None:
        if "tournament_id" not in self.__dict__:
            return
        invariants.assert_standings_are_right(self.tournament_id)
        invariants.assert_log_is_whole(self.tournament_id)

    @invariant()
    def nobody_is_one_too_many(self) -> None:
        if "tournament_id" not in self.__dict__ or self.status() != "registration_open":
            return
        with read_snapshot() as session:
            rows = select(Registration.status).where(Registration.tournament_id == self.tournament_id)
            found = list(session.scalars(rows))
            is_closed = session.get_one(Tournament, self.tournament_id).reseeded_seq is not None
        held = found.count("approved")
        assert held <= PLACES
        assert held == PLACES or not found.count("waitlisted") or is_closed, "somebody waits while there is a place"

    def teardown(self) -> None:
        if "tournament_id" not in self.__dict__:
            return
        while relay.sweep(clock=utc_now, may_work=True):
            pass
        ranking.rank_due(self.tournament_id, now=self.now)
        if self.status() != "registration_open":
            invariants.assert_all_is_well(self.tournament_id)
        invariants.assert_audit_is_intact()
        db.session.remove()
