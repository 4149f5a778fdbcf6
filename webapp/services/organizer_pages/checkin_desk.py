"""The check-in desk of a tournament: who is there, what closing would do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from webapp.domain.checkin import CheckinWindow, Refill
from webapp.domain.permissions import Action
from webapp.models import Registration, Team, User
from webapp.services.organizer_pages.managed import ManagedHead, find_managed, head_of
from webapp.services.registration import checkin_close, checkins
from webapp.services.registration.participant_names import name_column
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot


@dataclass(frozen=True, slots=True)
class DeskLine:
    """Somebody at the desk. `seed_after`: what closing check-in now would make of the seed; None: they are out."""

    id: int
    name: str
    seed: int | None
    is_waiting: bool
    checked_in_at: datetime | None
    seed_after: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskView:
    """The desk. `plan` is what closing would do now; None once it is closed."""

    head: ManagedHead
    has_checkin: bool
    window: CheckinWindow
    is_open: bool
    lines: tuple[DeskLine, ...]
    here: int
    field_size: int
    places: int | None
    plan: Refill | None
    is_closed: bool
    can_reopen: bool
    can_close: bool
    no_shows: tuple[str, ...]
    promoted: tuple[str, ...]


def read_desk(tournament_id: int, *, actor: Actor, now: datetime) -> DeskView:
    """The desk for officials. Raises NotFound, Forbidden."""
    with read_snapshot() as session:
        tournament = find_managed(session, tournament_id, actor, Action.CHECK_IN_PARTICIPANTS)
        head = head_of(session, tournament, actor)
        rows = session.execute(
            select(Registration, name_column().label("name"))
            .outerjoin(Team, Team.id == Registration.team_id)
            .outerjoin(User, User.id == Registration.user_id)
            .where(
                Registration.tournament_id == tournament_id,
                Registration.status.in_(("approved", "waitlisted", "no_show")),
            )
            .order_by(
                Registration.status == "waitlisted", Registration.waitlisted_at, Registration.seed.is_(None),
                Registration.seed, Registration.id,
            )
        ).all()  # fmt: skip
        field = [row.Registration for row in rows if row.Registration.status == "approved"]
        is_closed = tournament.reseeded_seq is not None
        plan = None if is_closed else checkin_close.plan_of(session, tournament)
        window = checkins.window_of_tournament(tournament)
        names = {row.Registration.id: row.name for row in rows}
        is_manager = Action.MANAGE_PARTICIPANTS.value in head.may
        return DeskView(
            head=head,
            has_checkin=tournament.has_checkin,
            window=window,
            is_open=window.is_open(now),
            lines=tuple(
                DeskLine(
                    row.Registration.id, row.name, row.Registration.seed, row.Registration.status == "waitlisted",
                    row.Registration.checked_in_at, plan.seeds.get(row.Registration.id) if plan else None,
                )
                for row in rows
                if row.Registration.status != "no_show"
            ),
            here=sum(row.checked_in_at is not None for row in field),
            field_size=len(field),
            places=tournament.places,
            plan=plan,
            is_closed=is_closed,
            can_reopen=is_closed and is_manager and checkin_close.can_reopen(session, tournament),
            can_close=is_manager and checkin_close.can_close(session, tournament, now),
            no_shows=tuple(names[one] for one in plan.no_shows) if plan else _gone(rows),
            promoted=tuple(names[one] for one in plan.promoted) if plan else (),
        )  # fmt: skip


def _gone(rows: Sequence[Any]) -> tuple[str, ...]:
    return tuple(row.name for row in rows if row.Registration.status == "no_show")
