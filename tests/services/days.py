"""What stories of a whole day are told with: who is there, what may be tried, and what must not have changed by it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from flask import current_app
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import select

from tests import invariants
from tests.arenas import REASON
from tests.entering import OPENED_AT, STARTS_AT
from webapp.domain.errors import DomainError, Forbidden, NotFound
from webapp.domain.names import name_key
from webapp.extensions import db
from webapp.models import (
    Match,
    Payment,
    Registration,
    RegistrationPlayer,
    ResultSubmission,
    Tournament,
    TournamentOutcome,
    User,
)
from webapp.services.accounts import sessions
from webapp.services.disputes import corrections, match_memory
from webapp.services.matches import pauses
from webapp.services.matches.reports import PENDING
from webapp.services.ranking import ranking
from webapp.services.registration import registrations
from webapp.services.spine import relay, undo
from webapp.services.spine.actors import Actor
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.tournaments import tournaments

NEVER: Final = (Forbidden, NotFound)
"""Refusals that nobody here can come to: everybody does what they may, to what is there."""
PUBLIC_PAGES: Final = ("", "bracket/", "leaderboard.json", "replay/", "winners/", "feed/fragment/", "matches/fragment/")
ORGANIZER_PAGES: Final = (
    "", "control/", "registrations/", "payments/", "check-in/", "bracket/", "league/", "schedule/", "matches/", "stuck/",
    "disputes/", "winners/", "versions/", "registrations/registrations.csv",
)  # fmt: skip


class Day(RuleBasedStateMachine):
    """One tournament, its organizer, its people and the clock."""

    opened: ClassVar[int] = 0
    refused: ClassVar[set[str]] = set()
    done: ClassVar[set[str]] = set()

    tournament_id: int
    organizer: Actor
    people: list[Actor]
    now: datetime

    def may(self, use_case: Callable[..., Any], *given: Any, **named: Any) -> bool:
        """Do it, or be refused with a reason that is known: then nothing has happened. Whether it was done."""
        self.now += timedelta(seconds=1)
        before, refusal = self.everything(), None
        try:
            use_case(*given, **{"actor": self.organizer, "now": self.now} | named)
        except DomainError as error:
            db.session.rollback()
            refusal = error
        if refusal is not None:
            assert not isinstance(refusal, NEVER), f"{use_case.__name__}: {refusal.code}: {refusal}"
            assert refusal.message, "a refusal says why"
            assert self.everything() == before, f"{use_case.__name__} was refused and changed something"
            type(self).refused.add(refusal.code)
            return False
        type(self).done.add(use_case.__name__)
        return True

    def may_undoably(self, use_case: Callable[..., Any], *given: Any, without_undo: bool = False, **named: Any) -> None:
        """Do it, and take it back: everything is as it was. `without_undo`: it need not be possible."""
        had_dispute = self.is_anything_disputed()
        newest = undo.newest_of(self.tournament_id, actor=self.organizer, now=self.now)
        before = self.played(), self.roster()
        if not self.may(use_case, *given, **named):
            return
        offered = undo.newest_of(self.tournament_id, actor=self.organizer, now=self.now)
        if offered in (None, newest):
            assert had_dispute or without_undo or (self.played(), self.roster()) == before, (
                f"{use_case.__name__} offers no undo"
            )
            return
        undo.undo(offered, actor=self.organizer, now=self.now)
        type(self).done.add("undo")
        if not had_dispute:
            assert (self.played(), self.roster()) == before, f"{use_case.__name__} was not undone exactly"

    def everything(self) -> tuple[Any, ...]:
        with read_snapshot() as session:
            row = session.get_one(Tournament, self.tournament_id)
            return row.log_seq, row.status, row.reseeded_seq, row.paused_at, self.played(), self.roster()

    def roster(self) -> tuple[Any, ...]:
        """Who takes part, with which players, what is paid, and which reports wait for an answer."""
        with read_snapshot() as session:
            who = session.execute(
                select(Registration.id, Registration.status, Registration.seed, Registration.checked_in_at)
                .where(Registration.tournament_id == self.tournament_id)
                .order_by(Registration.id)
            )
            players = session.execute(
                select(RegistrationPlayer.registration_id, RegistrationPlayer.user_id, RegistrationPlayer.is_active)
                .where(RegistrationPlayer.tournament_id == self.tournament_id)
                .order_by(RegistrationPlayer.registration_id, RegistrationPlayer.user_id)
            )
            paid = session.execute(
                select(Payment.registration_id, Payment.state)
                .where(Payment.tournament_id == self.tournament_id)
                .order_by(Payment.registration_id)
            )
            waiting = session.execute(
                select(ResultSubmission.id)
                .where(ResultSubmission.tournament_id == self.tournament_id, ResultSubmission.state == PENDING)
                .order_by(ResultSubmission.id)
            )
            return tuple([tuple(row) for row in rows] for rows in (who, players, paid, waiting))

    def played(self) -> dict[int, dict[str, Any]]:
        """Every match as it stands, but for the numbers that only grow."""
        with read_snapshot() as session:
            faces = match_memory.faces(session, self.tournament_id)
        return {
            match_id: {name: value for name, value in face.items() if name != "revision"}
            for match_id, face in faces.items()
        }

    def is_anything_disputed(self) -> bool:
        with read_snapshot() as session:
            states = select(Match.state).where(Match.tournament_id == self.tournament_id)
            return "disputed" in set(session.scalars(states))

    def status(self) -> str:
        with read_snapshot() as session:
            return session.get_one(Tournament, self.tournament_id).status

    def outcome(self) -> tuple[Any, ...] | None:
        with read_snapshot() as session:
            row = session.get(TournamentOutcome, self.tournament_id)
            return None if row is None else (row.winner_id, row.runner_up_id, row.third_place_id, row.steps)

    def registered(self, *states: str) -> list[tuple[int, Actor]]:
        """Who is in one of these states (by default: takes part), each with whoever speaks for it."""
        actors = {person.user_id: person for person in self.people}
        with read_snapshot() as session:
            rows = select(Registration.id, Registration.registered_by_id, Registration.user_id).where(
                Registration.tournament_id == self.tournament_id, Registration.status.in_(states or ("approved",))
            )
            return [
                (registration_id, actors[who or user_id])
                for registration_id, who, user_id in session.execute(rows.order_by(Registration.id))
            ]

    def some_registration(self, data: st.DataObject, *states: str) -> tuple[int | None, Actor]:
        found = self.registered(*states)
        return data.draw(st.sampled_from(found), label="registration") if found else (None, self.organizer)

    def speaker(self, registration_id: int | None) -> Actor:
        with read_snapshot() as session:
            found = session.get_one(Registration, registration_id)
            user_id = found.registered_by_id or found.user_id
        return next(person for person in self.people if person.user_id == user_id)

    def some_match(self, data: st.DataObject, *states: str) -> Match | None:
        """A match that has both its sides, and is in one of these states if any are named and it can be."""
        with read_snapshot() as session:
            found = session.scalars(
                select(Match)
                .where(
                    Match.tournament_id == self.tournament_id,
                    Match.side_a_id.is_not(None),
                    Match.side_b_id.is_not(None),
                )
                .order_by(Match.number)
            ).all()
            session.expunge_all()
        found = [match for match in found if match.state in states] or found
        return data.draw(st.sampled_from(found), label="match") if found else None

    def choices(self, data: st.DataObject, match_id: int) -> dict[int, str]:
        with read_snapshot() as session:
            reached = corrections.reached(session, session.get_one(Match, match_id), {})
        if not data.draw(st.booleans(), label="chooses"):
            return {}
        return {later: data.draw(st.sampled_from(["replay", "void"]), label=f"choice {later}") for later in reached}

    def matches(self) -> list[Match]:
        with read_snapshot() as session:
            rows = select(Match).where(Match.tournament_id == self.tournament_id).order_by(Match.number)
            found = list(session.scalars(rows))
            session.expunge_all()
            return found

    # -- what every day knows

    @rule()
    def stop_or_go_on(self) -> None:
        with read_snapshot() as session:
            is_paused = session.get_one(Tournament, self.tournament_id).paused_at is not None
        if is_paused:
            self.may(pauses.resume, self.tournament_id)
        else:
            self.may(pauses.stop, self.tournament_id, reason=REASON)

    @rule(data=st.data(), stays=st.booleans())
    def be_taken_out(self, data: st.DataObject, stays: bool) -> None:
        states = ("approved",) if stays else ("approved", "pending", "submitted", "waitlisted")
        registration_id, _ = self.some_registration(data, *states)
        if registration_id is None:
            return
        if stays:
            self.may_undoably(registrations.withdraw, registration_id, without_undo=self.status() != "live")
        else:
            self.may(registrations.withdraw, registration_id)

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

    @precondition(lambda self: self.status() == "completed")
    @rule()
    def archive(self) -> None:
        """From now on nothing of it changes any more."""
        assert self.may(tournaments.archive, self.tournament_id)

    @rule(minutes=st.integers(1, 12))
    def wait(self, minutes: int) -> None:
        if self.now >= STARTS_AT:
            self.now += timedelta(minutes=minutes)

    @rule(public=st.sampled_from(PUBLIC_PAGES), own=st.sampled_from(ORGANIZER_PAGES), ranks=st.booleans())
    def look(self, public: str, own: str, ranks: bool) -> None:
        """Whatever has happened, every page says how it stands."""
        if ranks:
            self.rank()
        client = current_app.test_client()
        paths = [f"/spectator/tournaments/{self.tournament_id}/{public}"]
        with transaction() as session:
            organizer = session.get_one(User, self.organizer.user_id)
            client.set_cookie("dc_session", sessions.start(session, organizer, device="Test", now=utc_now()))
        paths.append(f"/organizer/tournaments/{self.tournament_id}/{own}")
        for path in paths:
            answer = client.get(path)
            assert answer.status_code in (200, 302, 303, 404), f"{path} answers {answer.status_code}"

    @invariant()
    def totals_and_log_are_right(self) -> None:
        invariants.assert_standings_are_right(self.tournament_id)
        invariants.assert_log_is_whole(self.tournament_id)

    def rank(self) -> None:
        while relay.sweep(clock=utc_now, may_work=True):
            pass
        ranking.rank_due(self.tournament_id, now=self.now)

    def teardown(self) -> None:
        if "tournament_id" not in self.__dict__:
            return
        self.rank()
        if self.status() not in ("draft", "registration_open"):
            invariants.assert_all_is_well(self.tournament_id)
        invariants.assert_audit_is_intact()
        db.session.remove()


def people_of(number: int | str, count: int) -> tuple[Actor, ...]:
    """An organizer and players of their own for each story."""
    with transaction() as session:
        rows = [
            User(handle=handle, handle_key=name_key(handle), role=role, created_at=OPENED_AT)
            for handle, role in [
                (f"Orga{number}", "organizer"), *((f"P{number}x{place}", "player") for place in range(count))
            ]
        ]  # fmt: skip
        session.add_all(rows)
        session.flush()
        return tuple(Actor(row.id, row.role) for row in rows)
