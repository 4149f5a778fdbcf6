"""What is said of one match beside its state and result: label, map, when it begins."""

from datetime import datetime
from typing import Any, Final

from webapp.domain.errors import Conflict, FieldError, ResultError
from webapp.domain.names import clean_name
from webapp.domain.permissions import Action
from webapp.services import audit, log
from webapp.services.actors import Actor
from webapp.services.matches import lock_match, name_errors
from webapp.services.transaction import transaction

_BEFORE_PLAY: Final = ("scheduled", "ready")


def update(
    match_id: int, *, label: str, map_name: str | None, scheduled_at: datetime | None, actor: Actor, now: datetime
) -> bool:
    """Change label, map and start of a match; False when nothing differs. Its number stays.

    Raises ResultError for names that cannot be used, Conflict for the start of a match that has begun, and once the
    tournament is archived.
    """
    errors = list(name_errors(label, map_name))
    if errors:
        raise ResultError.listing("The match cannot be changed so", errors)
    wanted = {"label": clean_name(label), "map": clean_name(map_name or "") or None, "scheduled_at": scheduled_at}
    with transaction() as session:
        tournament, match = lock_match(session, match_id, actor, Action.MANAGE_MATCHES)
        after = {field: value for field, value in wanted.items() if value != getattr(match, field)}
        if not after:
            return False
        if tournament.status == "archived":
            raise Conflict(f"Tournament {tournament.id} is archived.", code="tournament_archived")
        if "scheduled_at" in after and match.state not in _BEFORE_PLAY:
            problem = FieldError("scheduled_at", f"the match is {match.state}; when it began is known")
            raise Conflict(f"Match {match.number} cannot be moved: {problem.message}.", [problem])
        before = {field: getattr(match, field) for field in after}
        for field, value in after.items():
            setattr(match, field, value)
        log.record(session, tournament, "match_scheduled", {"match_ids": [match.id]}, actor=actor, now=now)
        audit.record(
            session, actor, "match.updated", now=now, tournament_id=tournament.id, match_id=match.id,
            before=_recorded(before), after=_recorded(after),
        )  # fmt: skip
        return True


def _recorded(values: dict[str, Any]) -> dict[str, Any]:
    return {field: value.isoformat() if isinstance(value, datetime) else value for field, value in values.items()}
