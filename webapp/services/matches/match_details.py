"""What is said of one match beside its state and result: label, map, when it begins, where it can be watched."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from webapp.domain.errors import Conflict, FieldError, ResultError
from webapp.domain.names import clean_name
from webapp.domain.permissions import Action
from webapp.models import Match
from webapp.services.matches import schedules
from webapp.services.matches.matches import lock_match, name_errors
from webapp.services.spine import audit, log
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import transaction

LONGEST_ADDRESS: Final = 500
_BEFORE_PLAY: Final = ("scheduled", "ready")
_NOT_IN_ADDRESSES: Final = frozenset("<>\"'\\`{}|^")


def update(
    match_id: int,
    *,
    label: str,
    map_name: str | None,
    scheduled_at: datetime | None,
    stream_url: str | None,
    actor: Actor,
    now: datetime,
) -> bool:
    """Change label, map, start and stream of a match; False when nothing differs. Its number stays.

    Raises ResultError for names and addresses that cannot be used and for a time at which one of its sides plays
    elsewhere, Conflict for the start of a match that has begun, and once the tournament is archived.
    """
    given = {"label": label, "map": map_name, "scheduled_at": scheduled_at, "stream_url": stream_url}
    return change(match_id, given, actor=actor, now=now)


def change(match_id: int, given: Mapping[str, Any], *, actor: Actor, now: datetime) -> bool:
    """Change what is `given` of label, map, scheduled_at and stream_url; like `update`, the rest stays."""
    texts = {field: str(given.get(field) or "") for field in ("label", "map", "stream_url")}
    address = texts["stream_url"].strip()
    errors = [*name_errors(texts["label"], texts["map"]), *_address_errors(address)]
    if errors:
        raise ResultError.listing("The match cannot be changed so", errors)
    cleaned = {
        "label": clean_name(texts["label"]),
        "map": clean_name(texts["map"]) or None,
        "scheduled_at": given.get("scheduled_at"),
        "stream_url": address or None,
    }
    wanted = {field: cleaned[field] for field in given}
    with transaction() as session:
        tournament, match = lock_match(session, match_id, actor, Action.MANAGE_MATCHES)
        after = {field: value for field, value in wanted.items() if value != getattr(match, field)}
        if not after:
            return False
        if tournament.status == "archived":
            raise Conflict(
                f"Tournament {tournament.id} is archived; its matches stay as they are.", code="tournament_archived"
            )
        if "scheduled_at" in after and match.state not in _BEFORE_PLAY:
            problem = FieldError("scheduled_at", f"the match is {match.state}; when it began is known")
            raise Conflict(f"Match {match.number} cannot be moved: {problem.message}.", [problem])
        if "scheduled_at" in after:
            schedules.ensure_no_clash(session, tournament, {match.id: given["scheduled_at"]}, field="scheduled_at")
        before = {field: getattr(match, field) for field in after}
        for field, value in after.items():
            setattr(match, field, value)
        event, data = _told(match, after)
        log.record(session, tournament, event, data, actor=actor, now=now, match_id=match.id)
        audit.record(
            session, actor, "match.updated", now=now, tournament_id=tournament.id, match_id=match.id,
            before=_recorded(before), after=_recorded(after),
        )  # fmt: skip
        return True


def _told(match: Match, changed: Collection[str]) -> tuple[str, dict[str, Any]]:
    """The event of a change: those who play are told of a new time in person, of anything else nobody is."""
    if "scheduled_at" in changed:
        return "match_scheduled", {"match_ids": [match.id]}
    return "match_updated", {"number": match.number, "changed": sorted(changed)}


def _address_errors(address: str) -> Iterator[FieldError]:
    """What is wrong with the address of a stream; none at all is fine."""
    if not address:
        return
    try:
        parts = urlsplit(address)
        is_web = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.username is None
    except ValueError:
        is_web = False
    is_plain = address.isprintable() and not any(sign.isspace() or sign in _NOT_IN_ADDRESSES for sign in address)
    if not is_web or not is_plain:
        yield FieldError("stream_url", "must be an address of the web, such as https://www.twitch.tv/yourchannel")
    elif len(address) > LONGEST_ADDRESS:
        yield FieldError("stream_url", f"must have at most {LONGEST_ADDRESS} characters")


def _recorded(values: dict[str, Any]) -> dict[str, Any]:
    return {field: value.isoformat() if isinstance(value, datetime) else value for field, value in values.items()}
