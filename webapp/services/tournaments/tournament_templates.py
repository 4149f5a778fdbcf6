"""Settings of tournaments saved as templates: for oneself, for those who organize together, for everybody."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from webapp.domain.errors import FieldError, Forbidden, NotFound, ResultError
from webapp.domain.names import UnusableNameError, clean_name
from webapp.domain.permissions import Action
from webapp.models import Tournament, TournamentOfficial, TournamentTemplate
from webapp.services.boards import boards
from webapp.services.spine import audit, permissions
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import transaction
from webapp.services.tournaments import tournament_edits

SCOPES: Final = ("private", "organization", "global")
LONGEST_DESCRIPTION: Final = 500
MOST: Final = 200
ORDER: Final = (TournamentTemplate.uses.desc(), TournamentTemplate.id.desc())
_CHANGEABLE: Final = ("name", "description", "scope")
_OF_ONE_TOURNAMENT: Final = (
    "name", "starts_at", "registration_opens_at", "registration_closes_at", "checkin_opens_at", "is_official",
    "is_featured",
)  # fmt: skip
"""What belongs to the one tournament alone and is no part of a template."""


def save(
    tournament_id: int, name: str, *, description: str = "", scope: str = "private", actor: Actor, now: datetime
) -> int:
    """Save a tournament's settings; returns the template's id.

    Raises ResultError for a name or scope that cannot be used, Forbidden for `global` by others than staff.
    """
    name = _checked(name, description, scope)
    if scope == "global" and actor.role != "admin":
        raise Forbidden("Only staff save templates for everybody.")
    with transaction() as session:
        tournament = boards.find_tournament(session, tournament_id)
        permissions.ensure(session, actor, Action.MANAGE_TOURNAMENT, tournament)
        snapshot = tournament_edits.snapshot_of(tournament)
        row = TournamentTemplate(
            name=name, description=description.strip(), scope=scope, owner_id=actor.user_id,
            tournament_id=tournament_id, game=tournament.game, created_at=now,
            settings={key: value for key, value in snapshot.items() if key not in _OF_ONE_TOURNAMENT},
        )  # fmt: skip
        session.add(row)
        session.flush()
        audit.record(session, actor, "template.saved", now=now, template_id=row.id, scope=scope)
        return row.id


def apply(template_id: int, given: Mapping[str, Any], *, actor: Actor, now: datetime) -> dict[str, Any]:
    """The template's settings under what is `given`, which wins; counts the use and creates nothing.

    Raises NotFound for a template that the actor cannot read or that is switched off.
    """
    with transaction() as session:
        row = session.scalar(readable(actor).where(TournamentTemplate.id == template_id).with_for_update())
        if row is None or not row.is_active:
            raise _unknown(template_id)
        row.uses += 1
        row.last_used_at = now
        return merged(row.settings, given)


def settings_of(template_id: int, *, actor: Actor) -> dict[str, Any]:
    """The settings of a template that the actor may read; counts nothing. Raises NotFound."""
    with transaction() as session:
        row = session.scalar(readable(actor).where(TournamentTemplate.id == template_id))
        if row is None:
            raise _unknown(template_id)
        return dict(row.settings)


def change(template_id: int, changes: Mapping[str, Any], *, actor: Actor, now: datetime) -> tuple[str, ...]:
    """Change name, description or scope of a template; returns the names of what differs now.

    Raises NotFound, Forbidden, and ResultError for what cannot be used.
    """
    with transaction() as session:
        row = _own(session, template_id, actor)
        wanted = {name: changes.get(name, getattr(row, name)) for name in _CHANGEABLE}
        wanted["name"] = _checked(wanted["name"], wanted["description"], wanted["scope"])
        wanted["description"] = wanted["description"].strip()
        changed = tuple(name for name in _CHANGEABLE if wanted[name] != getattr(row, name))
        if "scope" in changed and wanted["scope"] == "global" and actor.role != "admin":
            raise Forbidden("Only staff save templates for everybody.")
        for name in changed:
            setattr(row, name, wanted[name])
        if changed:
            audit.record(session, actor, "template.changed", now=now, template_id=template_id, changed=list(changed))
        return changed


def set_active(template_id: int, *, is_active: bool, actor: Actor, now: datetime) -> None:
    """Switch a template on or off; twice is the same as once. Raises NotFound, Forbidden."""
    with transaction() as session:
        row = _own(session, template_id, actor)
        if row.is_active != is_active:
            row.is_active = is_active
            action = "template.activated" if is_active else "template.deactivated"
            audit.record(session, actor, action, now=now, template_id=template_id)


def delete(template_id: int, *, actor: Actor, now: datetime) -> None:
    """Take a template off every list; what was made of it stays. Raises NotFound, Forbidden."""
    with transaction() as session:
        row = _own(session, template_id, actor)
        row.deleted_at = now
        audit.record(session, actor, "template.deleted", now=now, template_id=template_id)


def list_for(
    session: Session, actor: Actor, *, search: str = "", game: str = "", scope: str = "", only_active: bool = False
) -> list[TournamentTemplate]:
    """The templates that the actor may read, those used most first."""
    statement = matching(actor, search=search, game=game, scope=scope, only_active=only_active)
    return list(session.scalars(statement.order_by(*ORDER).limit(MOST)))


def matching(actor: Actor, *, search: str, game: str, scope: str, only_active: bool) -> Any:
    """The statement for those of the templates that the actor may read that fit."""
    statement = readable(actor)
    if search:
        statement = statement.where(TournamentTemplate.name.icontains(search, autoescape=True))
    if game:
        statement = statement.where(TournamentTemplate.game == game)
    if scope in SCOPES:
        statement = statement.where(TournamentTemplate.scope == scope)
    if only_active:
        statement = statement.where(TournamentTemplate.is_active.is_(True))
    return statement


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """`below` with what `above` says in its place, tables within tables alike; lists are taken whole."""
    result = dict(below)
    for name, value in above.items():
        under = result.get(name)
        both = isinstance(value, Mapping) and isinstance(under, Mapping)
        result[name] = merged(under, value) if both else value  # type: ignore[arg-type]  # both are mappings here
    return result


def may_change(row: TournamentTemplate, actor: Actor) -> bool:
    """Whether the actor may switch or delete the template."""
    return actor.role == "admin" or (row.owner_id is not None and row.owner_id == actor.user_id)


def readable(actor: Actor) -> Any:
    """What the actor may read: global ones, their own, and those of tournaments that they organize."""
    statement = select(TournamentTemplate).where(TournamentTemplate.deleted_at.is_(None))
    if actor.role == "admin":
        return statement
    organized = select(Tournament.id).where(Tournament.organizer_id == actor.user_id)
    helped = select(TournamentOfficial.tournament_id).where(
        TournamentOfficial.user_id == actor.user_id, TournamentOfficial.role == "co_organizer"
    )
    shared: ColumnElement[bool] = (TournamentTemplate.scope == "organization") & or_(
        TournamentTemplate.tournament_id.in_(organized), TournamentTemplate.tournament_id.in_(helped)
    )
    return statement.where(
        or_(TournamentTemplate.scope == "global", TournamentTemplate.owner_id == actor.user_id, shared)
    )


def _own(session: Session, template_id: int, actor: Actor) -> TournamentTemplate:
    row: TournamentTemplate | None = session.scalar(
        readable(actor).where(TournamentTemplate.id == template_id).with_for_update()
    )
    if row is None:
        raise _unknown(template_id)
    if not may_change(row, actor):
        raise Forbidden("Only who saved a template, and staff, change it.")
    return row


def _unknown(template_id: int) -> NotFound:
    return NotFound(f"There is no template {template_id} for you.", code="template_not_found")


def _checked(name: str, description: str, scope: str) -> str:
    problems = []
    cleaned = ""
    try:
        cleaned = clean_name(name)
        if not cleaned:
            problems.append(FieldError("name", "is empty; give the template a name"))
    except UnusableNameError as error:
        problems.append(FieldError("name", str(error)))
    if len(description) > LONGEST_DESCRIPTION or not description.isprintable():
        problems.append(FieldError("description", f"write at most {LONGEST_DESCRIPTION} characters on one line"))
    if scope not in SCOPES:
        problems.append(FieldError("scope", f"choose one of {', '.join(SCOPES)}"))
    if problems:
        raise ResultError.listing("The template cannot be saved", problems)
    return cleaned
