"""What stories of a whole day are told with: who is there, what may be tried, and what must not have changed by it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine
from sqlalchemy import select

from tests.entering import OPENED_AT
from webapp.domain.errors import DomainError, Forbidden, NotFound
from webapp.domain.names import name_key
from webapp.extensions import db
from webapp.models import Match, Registration, Tournament, TournamentOutcome, User
from webapp.services.disputes import corrections, match_memory
from webapp.services.spine import undo
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot, transaction

NEVER: Final = (Forbidden, NotFound)
"""Refusals that nobody here can come to: everybody does what they may, to what is there."""


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

    def may_undoably(self, use_case: Callable[..., Any], *given: Any, **named: Any) -> None:
        """Do it, and take it back: everything is as it was."""
        had_dispute = self.is_anything_disputed()
        newest = undo.newest_of(self.tournament_id, actor=self.organizer, now=self.now)
        before = self.played()
        if not self.may(use_case, *given, **named):
            return
        offered = undo.newest_of(self.tournament_id, actor=self.organizer, now=self.now)
        if offered in (None, newest):
            assert had_dispute or self.played() == before, f"{use_case.__name__} offers no undo"
            return
        undo.undo(offered, actor=self.organizer, now=self.now)
        type(self).done.add("undo")
        if not had_dispute:
            assert self.played() == before, f"{use_case.__name__} was not undone exactly"

    def everything(self) -> tuple[int, Any]:
        with read_snapshot() as session:
            row = session.get_one(Tournament, self.tournament_id)
            return row.log_seq, (row.status, row.reseeded_seq, row.paused_at, self.played())

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

    def registered(self) -> list[tuple[int, Actor]]:
        actors = {person.user_id: person for person in self.people}
        with read_snapshot() as session:
            rows = select(Registration.id, Registration.user_id).where(
                Registration.tournament_id == self.tournament_id, Registration.status == "approved"
            )
            return [
                (registration_id, actors[user_id])
                for registration_id, user_id in session.execute(rows.order_by(Registration.id))
            ]

    def some_registration(self, data: st.DataObject) -> tuple[int | None, Actor]:
        found = self.registered()
        return data.draw(st.sampled_from(found), label="registration") if found else (None, self.organizer)

    def speaker(self, registration_id: int | None) -> Actor:
        with read_snapshot() as session:
            user_id = session.get_one(Registration, registration_id).user_id
        return next(person for person in self.people if person.user_id == user_id)

    def some_match(self, data: st.DataObject) -> Match | None:
        """A match that has both its sides."""
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
        return data.draw(st.sampled_from(found), label="match") if found else None

    def choices(self, data: st.DataObject, match_id: int) -> dict[int, str]:
        with read_snapshot() as session:
            reached = corrections.reached(session, session.get_one(Match, match_id), {})
        if not data.draw(st.booleans(), label="chooses"):
            return {}
        return {later: data.draw(st.sampled_from(["replay", "void"]), label=f"choice {later}") for later in reached}


def people_of(number: int, count: int) -> tuple[Actor, ...]:
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
