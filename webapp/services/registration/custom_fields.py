"""The questions that organizers ask at registration."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.domain.custom_fields import MOST_FIELDS, FieldRule, definition_problems
from webapp.domain.errors import Conflict, FieldError, NotFound, ResultError
from webapp.domain.permissions import Action
from webapp.models import CustomField, Tournament
from webapp.services.spine import audit, log, permissions
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot, transaction

_OVER: Final = ("completed", "cancelled", "archived")
_CHANGEABLE: Final = frozenset({"label", "help", "is_required", "limits"})


def rules_of(session: Session, tournament_id: int) -> tuple[FieldRule, ...]:
    """What is asked, in order."""
    return tuple(rule_of(row) for row in rows_of(session, tournament_id))


def rows_of(session: Session, tournament_id: int) -> Sequence[CustomField]:
    """The fields of a tournament, in order."""
    found = select(CustomField).where(CustomField.tournament_id == tournament_id)
    return session.scalars(found.order_by(CustomField.position, CustomField.id)).all()


def keys_of_files(tournament_id: int) -> frozenset[str]:
    """The keys of the questions of a tournament that are answered by a file."""
    found = select(CustomField.key).where(CustomField.tournament_id == tournament_id, CustomField.kind == "media")
    with read_snapshot() as session:
        return frozenset(session.scalars(found))


def rule_of(row: CustomField) -> FieldRule:
    """A stored field as the rules know it."""
    return FieldRule(row.key, row.label, row.kind, row.is_required, row.help, row.limits)


def plain_limits(kind: str, written: Mapping[str, Any]) -> dict[str, Any]:
    """Limits as they are kept, from what was written in a form: numbers as numbers, what is none stays as it is."""
    if kind not in ("text", "number"):
        return dict(written)
    return {name: int(value) if str(value).lstrip("-").isdecimal() else value for name, value in written.items()}


def add(tournament_id: int, rule: FieldRule, *, actor: Actor, now: datetime) -> int:
    """Ask one more thing, last; returns its id. Raises ResultError for what cannot be asked."""
    with transaction() as session:
        tournament = _managed(session, tournament_id, actor)
        _ensure_right(rule)
        existing = rows_of(session, tournament_id)
        if any(field.key == rule.key for field in existing):
            raise ResultError.listing("The field cannot be added", [FieldError("key", "is that of another field")])
        if len(existing) >= MOST_FIELDS:
            raise Conflict(
                f"There are {MOST_FIELDS} fields already, which is the most; remove one first.", code="too_many_fields"
            )
        last = session.scalar(select(func.max(CustomField.position)).where(CustomField.tournament_id == tournament_id))
        field = CustomField(
            tournament_id=tournament_id, position=(last or 0) + 1, key=rule.key, label=rule.label.strip(),
            help=rule.help.strip(), kind=rule.kind, is_required=rule.is_required, limits=dict(rule.limits),
        )  # fmt: skip
        session.add(field)
        session.flush()
        _told(session, tournament, "custom_field.added", field.id, actor=actor, now=now, key=rule.key, kind=rule.kind)
        return field.id


def change(field_id: int, rule: FieldRule, *, actor: Actor, now: datetime) -> bool:
    """Ask it otherwise; whether that changed anything. Key and kind stay, since answers are kept by them.

    Answers that were given stay as they are.
    """
    return change_some(field_id, rule._asdict(), actor=actor, now=now)


def change_some(field_id: int, changes: Mapping[str, Any], *, actor: Actor, now: datetime) -> bool:
    """The same with what is to be different of the rule; what is left out stays."""
    with transaction() as session:
        tournament, field = _found(session, field_id, actor)
        rule = rule_of(field)._replace(**{name: changes[name] for name in _CHANGEABLE & changes.keys()})
        rule = rule._replace(label=rule.label.strip(), help=rule.help.strip(), limits=dict(rule.limits))
        _ensure_right(rule)
        if rule_of(field) == rule:
            return False
        field.label, field.help = rule.label, rule.help
        field.is_required, field.limits = rule.is_required, dict(rule.limits)
        _told(session, tournament, "custom_field.changed", field.id, actor=actor, now=now)
        return True


def remove(field_id: int, *, actor: Actor, now: datetime) -> None:
    """Ask it no more. The answers given to it stay with their registrations, unseen."""
    with transaction() as session:
        tournament, field = _found(session, field_id, actor)
        session.delete(field)
        _told(session, tournament, "custom_field.removed", field.id, actor=actor, now=now, key=field.key)


def reorder(field_id: int, step: int, *, actor: Actor, now: datetime) -> None:
    """Move a field by so many places up (negative) or down; at the end nothing happens."""
    with transaction() as session:
        tournament, field = _found(session, field_id, actor)
        fields = list(rows_of(session, tournament.id))
        place = fields.index(field)
        goal = min(max(place + step, 0), len(fields) - 1)
        if goal == place:
            return
        fields.insert(goal, fields.pop(place))
        for position, each in enumerate(fields, start=1):
            each.position = position
        _told(session, tournament, "custom_field.moved", field.id, actor=actor, now=now, position=goal + 1)


def _managed(session: Session, tournament_id: int, actor: Actor) -> Tournament:
    tournament = log.lock_tournament(session, tournament_id)
    permissions.ensure(session, actor, Action.MANAGE_TOURNAMENT, tournament)
    if tournament.status in _OVER:
        raise Conflict(f"Tournament {tournament_id} is {tournament.status}; nobody registers any more.")
    return tournament


def _found(session: Session, field_id: int, actor: Actor) -> tuple[Tournament, CustomField]:
    tournament_id = session.scalar(select(CustomField.tournament_id).where(CustomField.id == field_id))
    if tournament_id is None:
        raise NotFound(f"There is no field {field_id}.", code="custom_field_not_found")
    tournament = _managed(session, tournament_id, actor)
    field = session.get(CustomField, field_id, populate_existing=True)
    if field is None:
        raise NotFound(f"There is no field {field_id}.", code="custom_field_not_found")
    return tournament, field


def _ensure_right(rule: FieldRule) -> None:
    problems = definition_problems(rule)
    if problems:
        raise ResultError.listing("The field cannot be asked so", problems)


def _told(
    session: Session, tournament: Tournament, action: str, field_id: int, *, actor: Actor, now: datetime, **data: object
) -> None:
    changed = {"changed": ["custom_fields"]}
    log.record(session, tournament, "tournament_updated", changed, actor=actor, now=now)
    audit.record(session, actor, action, now=now, tournament_id=tournament.id, custom_field_id=field_id, **data)
