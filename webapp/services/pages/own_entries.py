"""Reads of one's own registrations."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from webapp.domain.checkin import may_undo
from webapp.domain.custom_fields import FieldRule
from webapp.domain.errors import Conflict, NotFound
from webapp.domain.permissions import Action
from webapp.domain.registration import ensure_window_open
from webapp.models import Payment, Registration, RegistrationPlayer, StoredFile, Team, Tournament, User
from webapp.services.files import uploads
from webapp.services.pages.entry_view import (
    AnswerLine,
    OwnEntry,
    OwnEntryPage,
    PaymentMethod,
    PaymentView,
    PlayerLine,
)
from webapp.services.pages.notice_reads import notice_lines
from webapp.services.registration import checkins, custom_fields, entry_line_ups, entry_owners
from webapp.services.registration.participant_names import name_column
from webapp.services.spine import permissions
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot
from webapp.services.tournaments.organizer_notices import AUDIENCES

SHOWN: Final = 200
_BEFORE_START: Final = ("registration_open", "registration_closed")


def read_own_entries(actor: Actor, *, now: datetime) -> tuple[OwnEntry, ...]:
    """The registrations that one looks after or plays in, the next to be played first, then those that are over."""
    with read_snapshot() as session:
        found = _entries().where(*_is_ones_own(actor)).order_by(*_next_first())
        rows = session.execute(found.limit(SHOWN)).all()
        wanted = [row.Registration.id for row in rows]
        own = set(
            session.scalars(
                select(Registration.id).where(Registration.id.in_(wanted), entry_owners.owned_by(actor.user_id or 0))
            )
        )
        return tuple(_own(row, now, is_own=row.Registration.id in own) for row in rows)


def list_own(actor: Actor, *, limit: int, offset: int) -> tuple[int, list[dict[str, Any]]]:
    """The same for programs, ids and states alone: how many there are, and one part of them."""
    with read_snapshot() as session:
        own = select(Registration.id).join(Tournament, Tournament.id == Registration.tournament_id)
        count = session.scalar(select(func.count()).select_from(own.where(*_is_ones_own(actor)).subquery())) or 0
        page = (
            select(Registration, Payment.id, Payment.state)
            .join(Tournament, Tournament.id == Registration.tournament_id)
            .outerjoin(Payment, Payment.registration_id == Registration.id)
            .where(*_is_ones_own(actor))
            .order_by(*_next_first())
        )
        return count, [
            {
                "registration_id": entry.id, "tournament_id": entry.tournament_id, "status": entry.status,
                "payment_id": payment_id, "payment_status": state, "checked_in": entry.checked_in_at is not None,
            }
            for entry, payment_id, state in session.execute(page.offset(offset).limit(limit))
        ]  # fmt: skip


def _is_ones_own(actor: Actor) -> tuple[ColumnElement[bool], ...]:
    mine = actor.user_id or 0
    plays = select(RegistrationPlayer.registration_id).where(
        RegistrationPlayer.user_id == mine, RegistrationPlayer.is_active
    )
    return or_(entry_owners.owned_by(mine), Registration.id.in_(plays)), Tournament.deleted_at.is_(None)


def _next_first() -> tuple[ColumnElement[Any], ...]:
    is_over = or_(
        Tournament.status.in_(("completed", "cancelled", "archived")),
        Registration.status.in_(("withdrawn", "rejected", "no_show")),
    )
    return is_over, Tournament.starts_at.is_(None), Tournament.starts_at.asc(), Registration.id.asc()


def read_own_entry(registration_id: int, *, actor: Actor, now: datetime) -> OwnEntryPage:
    """One of them, for who looks after it. Raises NotFound to everybody else."""
    with read_snapshot() as session:
        row = session.execute(
            _entries().where(Registration.id == registration_id, Tournament.deleted_at.is_(None))
        ).one_or_none()
        if row is None:
            raise NotFound(f"There is no registration {registration_id} of yours.", code="registration_not_found")
        registration, tournament = row.Registration, row.Tournament
        entry_owners.ensure_owner(session, registration, actor)
        window = checkins.window_of_tournament(tournament)
        at = registration.checked_in_at
        has_started = tournament.starts_at is not None and now >= tournament.starts_at
        return OwnEntryPage(
            entry=_own(row, now, is_own=True),
            tournament_status=tournament.status,
            registered_at=registration.created_at,
            reason=registration.decision_reason,
            waiting_place=waiting_place(session, registration),
            offered_until=registration.offered_until,
            players=players_of(session, [registration.id]).get(registration.id, ()),
            answers=answers_of(custom_fields.rules_of(session, tournament.id), registration.answers),
            payment=payment_view(row.Payment),
            methods=tuple(
                PaymentMethod(str(each["name"]), str(each.get("instructions", "")))
                for each in tournament.payment_methods
            ),
            has_checkin=tournament.has_checkin,
            window=window,
            is_checkin_open=window.is_open(now),
            has_missed_checkin=registration.status == "waitlisted" and tournament.reseeded_seq is not None,
            can_undo=at is not None and window.is_open(now) and may_undo(at, now),
            can_withdraw=tournament.status in _BEFORE_START
            and not has_started
            and registration.status in ("pending", "submitted", "approved", "waitlisted"),
            can_change_line_up=_can_change_line_up(session, tournament, registration, actor, now),
            notices=notice_lines(
                session, tournament.id, audiences=AUDIENCES if registration.status == "approved" else ("all",)
            ),
        )


def read_answer_file(registration_id: int, key: str, *, actor: Actor) -> uploads.FileContent:
    """A file that was the answer to a question: for who looks after the registration, its organizers and staff."""

    def may_read(session: Session, stored: StoredFile) -> bool:
        registration = session.get(Registration, registration_id)
        tournament = session.get(Tournament, registration.tournament_id) if registration else None
        if registration is None or tournament is None or tournament.deleted_at is not None or stored.kind != "answer":
            return False
        is_owner = entry_owners.is_owner(session, registration, actor)
        return is_owner or permissions.may(session, actor, Action.MANAGE_PARTICIPANTS, tournament)

    with read_snapshot() as session:
        found = select(Registration.answers).where(Registration.id == registration_id)
        file_id = (session.scalar(found) or {}).get(key)
    if not isinstance(file_id, int) or isinstance(file_id, bool):
        raise NotFound("There is no such file, or it is not for you.", code="file_not_found")
    return uploads.read(file_id, may_read=may_read)


def players_of(session: Session, registration_ids: list[int]) -> dict[int, tuple[PlayerLine, ...]]:
    """The line-ups of registrations, read at once."""
    rows = session.execute(
        select(
            RegistrationPlayer.registration_id, User.handle, RegistrationPlayer.role, RegistrationPlayer.player_id
        )
        .join(User, User.id == RegistrationPlayer.user_id)
        .where(RegistrationPlayer.registration_id.in_(registration_ids))
        .order_by(RegistrationPlayer.id)
    )  # fmt: skip
    found: dict[int, tuple[PlayerLine, ...]] = {}
    for registration_id, handle, role, player_id in rows:
        found[registration_id] = (*found.get(registration_id, ()), PlayerLine(handle, role, player_id))
    return found


def answers_of(asked: Sequence[FieldRule], answers: Mapping[str, Any]) -> tuple[AnswerLine, ...]:
    """The answers in the order of the questions that are still asked."""
    return tuple(
        AnswerLine(rule.key, rule.label, _said(answers[rule.key]), rule.kind == "media")
        for rule in asked
        if rule.key in answers
    )


def payment_view(payment: Payment | None) -> PaymentView | None:
    """A payment as pages show it."""
    if payment is None:
        return None
    return PaymentView(
        payment.id, payment.amount, payment.currency, payment.state, payment.revision, payment.method,
        payment.reference, payment.proof_id is not None, payment.reason, payment.submitted_at,
    )  # fmt: skip


def _said(answer: Any) -> str:
    return {True: "yes", False: "no"}[answer] if isinstance(answer, bool) else str(answer)


def _entries() -> Select[Registration, Tournament, Payment, str]:
    return (
        select(Registration, Tournament, Payment, name_column().label("name"))
        .join(Tournament, Tournament.id == Registration.tournament_id)
        .outerjoin(Payment, Payment.registration_id == Registration.id)
        .outerjoin(Team, Team.id == Registration.team_id)
        .outerjoin(User, User.id == Registration.user_id)
    )


def _own(row: Any, now: datetime, *, is_own: bool) -> OwnEntry:
    registration, tournament = row.Registration, row.Tournament
    is_open = tournament.has_checkin and checkins.window_of_tournament(tournament).is_open(now)
    return OwnEntry(
        id=registration.id,
        tournament_id=tournament.id,
        tournament_name=tournament.name,
        slug=tournament.slug,
        name=row.name,
        status=registration.status,
        starts_at=tournament.starts_at,
        payment_state=row.Payment.state if row.Payment else None,
        checked_in_at=registration.checked_in_at,
        can_check_in=is_open and registration.checked_in_at is None and checkins.may_come(tournament, registration),
        is_own=is_own,
    )


def _can_change_line_up(
    session: Session, tournament: Tournament, registration: Registration, actor: Actor, now: datetime
) -> bool:
    if registration.status not in entry_line_ups.CHANGEABLE:
        return False
    try:
        ensure_window_open(
            tournament.status, opens_at=tournament.registration_opens_at, closes_at=tournament.registration_closes_at,
            starts_at=tournament.starts_at, now=now,
        )  # fmt: skip
    except Conflict:
        return False
    return entry_line_ups.leader_of(session, registration) == actor.user_id


def waiting_place(session: Session, registration: Registration) -> int | None:
    """Which place of the waitlist it has, from 1; None for one that is not on it."""
    if registration.status != "waitlisted":
        return None
    before = select(func.count()).where(
        Registration.tournament_id == registration.tournament_id,
        Registration.status == "waitlisted",
        or_(
            Registration.waitlisted_at < registration.waitlisted_at,
            (Registration.waitlisted_at == registration.waitlisted_at) & (Registration.id <= registration.id),
        ),
    )
    return session.scalar(before)
