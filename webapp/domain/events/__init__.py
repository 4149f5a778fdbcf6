"""The catalogue of events: every name, what its data holds, and which room and audience hears it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

TOURNAMENT_ROOM: Final = "tournament"
MATCH_ROOM: Final = "match"


@dataclass(frozen=True, slots=True)
class EventType:
    """A kind of fact. `fields` are the keys of its data: ids, numbers and states, never names or addresses."""

    name: str
    fields: frozenset[str]
    rooms: tuple[str, ...]
    audience: str = "public"
    changes_board: bool = False
    """The board may differ after it: ranking is due."""
    changes_roster: bool = False
    """Who takes part differs after it: the next board is computed in full."""


def _event(name: str, fields: str, *rooms: str, **options: object) -> EventType:
    return EventType(name, frozenset(fields.split()), rooms, **options)  # type: ignore[arg-type]  # keywords checked by tests


_T, _M = TOURNAMENT_ROOM, MATCH_ROOM
_TYPES = (
    _event("tournament_created", "status", _T, audience="official"),
    _event("tournament_updated", "changed", _T),
    _event("tournament_started", "status", _T),
    _event(
        "tournament_completed",
        "status winner_id runner_up_id third_place_id determination_method requires_review",
        _T,
    ),
    _event("tournament_cancelled", "status", _T),
    _event(
        "review_requested",
        "winner_id runner_up_id third_place_id determination_method requires_review",
        _T,
        audience="official",
    ),
    _event(
        "review_withdrawn",
        "winner_id runner_up_id third_place_id determination_method requires_review",
        _T,
        audience="official",
    ),
    _event(
        "registration_created",
        "registration_ids status",
        _T,
        audience="official",
        changes_roster=True,
        changes_board=True,
    ),
    _event("registration_withdrawn", "status", _T, audience="official", changes_roster=True, changes_board=True),
    _event("match_scheduled", "match_ids", _T, _M),
    _event("match_started", "number", _T, _M),
    _event("match_cancelled", "number", _T, _M),
    _event("score_updated", "lines games", _T, _M),
    _event(
        "match_completed",
        "number revision winner_id completed_at results games",
        _T,
        _M,
        changes_board=True,
    ),
    _event(
        "result_corrected",
        "number revision winner_id completed_at results games previous_revision",
        _T,
        _M,
        changes_board=True,
    ),
    _event("result_voided", "number revision previous_revision", _T, _M, changes_board=True),
    _event("adjustment_recorded", "adjustment_id kind points", _T, changes_board=True),
    _event(
        "placement_overridden",
        "override_id participant_id previous_rank new_rank is_restored",
        _T,
        changes_board=True,
    ),
    _event("lot_drawn", "lot_seed", _T, changes_board=True),
    _event("rank_update", "version changes entries_count champion_id", _T),
)

CATALOGUE: Final[Mapping[str, EventType]] = {event.name: event for event in _TYPES}
"""Every event by its name."""
