"""Changing the settings of a tournament, with a version of every edit to look at and to go back to."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple, cast

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.domain.errors import Conflict, Forbidden, NotFound
from webapp.domain.games import load_games
from webapp.domain.permissions import Action
from webapp.domain.search_text import indexed
from webapp.models import Tournament, TournamentVersion
from webapp.services.ranking import ranking
from webapp.services.registration import waitlist
from webapp.services.spine import audit, log, permissions
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import transaction
from webapp.services.tournaments.tournament_details import (
    FIELDS,
    STAFF_ALONE,
    Changes,
    as_record,
    checked_changes,
    frozen_fields,
)

_INSTANTS: Final = frozenset(name for name in FIELDS if name.endswith("_at"))
_SEARCHED: Final = ("name", "game", "description")


class Restored(NamedTuple):
    """What going back changed, and what of the version stays as it is because it cannot be changed any more."""

    changed: tuple[str, ...]
    left: tuple[str, ...]


def apply(
    session: Session,
    tournament: Tournament,
    changes: Changes,
    *,
    actor: Actor,
    now: datetime,
    restored_from: int | None = None,
) -> tuple[str, ...]:
    """Change the locked tournament in the caller's transaction; returns the names of what differs now.

    Raises as `tournament_details.checked_changes`, and Forbidden for what only staff say.
    """
    after = checked_changes(tournament, changes)
    if not after:
        return ()
    if actor.role != "admin" and not after.keys().isdisjoint(STAFF_ALONE):
        raise Forbidden("Only staff say which tournaments are official or featured.")
    keep_first(session, tournament)
    before = {field: getattr(tournament, field) for field in after}
    moves_wider_boards = tournament.status != "draft" and not after.keys().isdisjoint(
        ("season", "visibility", "is_official")
    )
    if moves_wider_boards:
        # The boards that it leaves, then those that it joins.
        ranking.want_wider_boards(session, tournament, now=now)
    for field, value in after.items():
        setattr(tournament, field, value)
    if not after.keys().isdisjoint(_SEARCHED):
        tournament.search_text = search_text(tournament)
    if moves_wider_boards:
        ranking.want_wider_boards(session, tournament, now=now)
    changed = sorted(after)
    _keep(session, tournament, changed, actor_id=actor.user_id, now=now, restored_from=restored_from)
    log.record(session, tournament, "tournament_updated", {"changed": changed}, actor=actor, now=now)
    audit.record(
        session, actor, "tournament.updated" if restored_from is None else "tournament.version_restored",
        now=now, tournament_id=tournament.id, before=as_record(before), after=as_record(after),
        **({} if restored_from is None else {"version": restored_from}),
    )  # fmt: skip
    if "places" in after:
        waitlist.fill(session, tournament, actor=actor, now=now)
    return tuple(changed)


def restore(tournament_id: int, number: int, *, actor: Actor, now: datetime) -> Restored:
    """Go back to a version: a new version with its settings, but for what cannot be changed any more.

    Raises NotFound for a number that is no version; Conflict where nothing of it can be brought back.
    """
    with transaction() as session:
        tournament = log.lock_tournament(session, tournament_id)
        permissions.ensure(session, actor, Action.MANAGE_TOURNAMENT, tournament)
        version = find(session, tournament_id, number)
        wanted = from_snapshot(version.settings)
        fixed = set(frozen_fields(tournament.status)) | (set() if actor.role == "admin" else set(STAFF_ALONE))
        left = tuple(sorted(name for name in wanted if name in fixed and wanted[name] != getattr(tournament, name)))
        changes = cast("Changes", {name: value for name, value in wanted.items() if name not in fixed})
        changed = apply(session, tournament, changes, actor=actor, now=now, restored_from=number)
        if not changed and left:
            raise Conflict("Nothing of this version can be brought back any more.", code="frozen")
    return Restored(changed, left)


def find(session: Session, tournament_id: int, number: int) -> TournamentVersion:
    """One version; raises NotFound."""
    version = session.scalar(
        select(TournamentVersion).where(
            TournamentVersion.tournament_id == tournament_id, TournamentVersion.number == number
        )
    )
    if version is None:
        raise NotFound(f"There is no version {number} of tournament {tournament_id}.", code="version_not_found")
    return version


def keep_first(session: Session, tournament: Tournament) -> None:
    """Keep the settings as they are before the first edit, unless a version is there already."""
    if _last_number(session, tournament.id) == 0:
        _keep(session, tournament, [], actor_id=tournament.organizer_id, now=tournament.created_at)


def search_text(tournament: Tournament) -> str:
    """What full-text search reads of a tournament."""
    game = load_games().get(tournament.game)
    title = game.title if game else ""
    return indexed((tournament.name, tournament.game, title, tournament.description or ""))


def snapshot_of(tournament: Tournament) -> dict[str, Any]:
    """All settings of a tournament, fit for JSON."""
    return {name: _to_json(getattr(tournament, name)) for name in FIELDS}


def from_snapshot(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as a tournament holds them; the inverse of `snapshot_of`."""
    return {name: _from_json(name, value) for name, value in settings.items() if name in FIELDS}


def _keep(
    session: Session,
    tournament: Tournament,
    changed: Sequence[str],
    *,
    actor_id: int | None,
    now: datetime,
    restored_from: int | None = None,
) -> None:
    session.add(
        TournamentVersion(
            tournament_id=tournament.id, number=_last_number(session, tournament.id) + 1, actor_id=actor_id,
            changed=list(changed), settings=snapshot_of(tournament), restored_from=restored_from, created_at=now,
        )
    )  # fmt: skip
    session.flush()


def _last_number(session: Session, tournament_id: int) -> int:
    last = select(func.max(TournamentVersion.number)).where(TournamentVersion.tournament_id == tournament_id)
    return session.scalar(last) or 0


def _to_json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _from_json(name: str, value: Any) -> Any:
    return datetime.fromisoformat(value) if name in _INSTANTS and value is not None else value
