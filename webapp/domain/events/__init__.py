"""The catalogue of events: every name, what its data holds, which rooms and which audience hear it.

Names of events are the types of messages at the sockets. A message has the envelope, what the event is about, the
fields of its data, and for a match the state that it is in from then on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

TOURNAMENT_ROOM: Final = "tournament"
MATCH_ROOM: Final = "match"
TEAM_ROOM: Final = "team"
ROOMS: Final = (TOURNAMENT_ROOM, MATCH_ROOM, TEAM_ROOM)

PUBLIC: Final = "public"
OFFICIAL: Final = "official"
"""Organizer, referees, staff. To everybody else such an event is a number and nothing more."""
MEMBERS: Final = "members"
"""Who belongs to the team."""
AUDIENCES: Final = (PUBLIC, OFFICIAL, MEMBERS)

ENVELOPE: Final = ("type", "seq", "tournament_id", "at")
"""What every message begins with."""
OF_A_MATCH: Final = ("match_id", "prev")
"""What a message about a match has as well; `prev` is the number of the match's message before it."""
SOMETIMES: Final[Mapping[str, frozenset[str]]] = {
    "score_updated": frozenset({"from_seq"}),
    "rank_update": frozenset({"truncated"}),
}
"""What a message has only where there is need: a score that stands for earlier ones, a list that was cut off."""


@dataclass(frozen=True, slots=True)
class EventType:
    """A kind of fact. `fields` are the keys of its data: ids, numbers and states, never names or addresses."""

    name: str
    fields: frozenset[str]
    rooms: tuple[str, ...]
    audience: str = PUBLIC
    names_participant: bool = False
    """It is about one participant, whom its message names as `participant_id`."""
    state: str | None = None
    """The state of the match from then on."""
    changes_board: bool = False
    """The board may differ after it: ranking is due."""
    changes_roster: bool = False
    """Who takes part differs after it: the next board is computed in full."""
    told_while_frozen: bool = False
    """It tells nothing of a result; of every other one the public hears the number alone while the board is frozen."""
    has_cause: bool = True
    """Something on this site brings it about. Until then nothing can record it."""

    @property
    def message_fields(self) -> frozenset[str]:
        """The fields of its message beside the envelope and those of `OF_A_MATCH`."""
        own = {"participant_id"} if self.names_participant else set()
        state = {"state"} if self.state else set()
        return self.fields | own | state


def _event(name: str, fields: str, *rooms: str, **options: object) -> EventType:
    return EventType(name, frozenset(fields.split()), rooms, **options)  # type: ignore[arg-type]  # keywords checked by tests


_T, _M, _TEAM = TOURNAMENT_ROOM, MATCH_ROOM, TEAM_ROOM
_OUTCOME = "winner_id runner_up_id third_place_id determination_method requires_review"
_RESULT = "number revision winner_id completed_at decided_by sides results games"

_OF_TOURNAMENTS = (
    _event("tournament_created", "status", _T, audience=OFFICIAL),
    _event("tournament_updated", "changed", _T, told_while_frozen=True),
    _event("tournament_started", "status", _T, told_while_frozen=True),
    _event("tournament_completed", f"status {_OUTCOME}", _T),
    _event("tournament_cancelled", "status", _T, told_while_frozen=True),
    _event("review_requested", _OUTCOME, _T, audience=OFFICIAL),
    _event("review_withdrawn", _OUTCOME, _T, audience=OFFICIAL),
    _event("outcome_reviewed", _OUTCOME, _T),
    _event("announcement", "announcement_id audience status", _T, told_while_frozen=True),
    _event("adjustment_recorded", "adjustment_id kind points", _T, _M, names_participant=True, changes_board=True),
    _event("placement_overridden", "override_id participant_id previous_rank new_rank is_restored", _T,
           names_participant=True, changes_board=True),
    _event("lot_drawn", "lot_seed", _T, changes_board=True),
    _event("rank_update", "version changes entries_count champion_id", _T),
    _event("board_frozen", "freeze_id frozen_seq", _T, told_while_frozen=True),
    _event("board_revealed", "freeze_id step version", _T, told_while_frozen=True),
    _event("board_unfrozen", "freeze_id version", _T, told_while_frozen=True),
    _event("notifications_sent", "of_seq recipient_count created skipped email_sent", _T, audience=OFFICIAL,
           told_while_frozen=True),
)  # fmt: skip

_OF_MATCHES = (
    _event("match_scheduled", "match_ids", _T, _M, told_while_frozen=True),
    _event("match_updated", "number changed", _T, _M, told_while_frozen=True),
    _event("match_started", "number", _T, _M, state="live", told_while_frozen=True),
    _event("score_updated", "lines games", _T, _M, state="live"),
    _event("result_submitted", "number submission_id report_revision status", _T, _M, names_participant=True,
           state="pending_result", told_while_frozen=True),
    _event("draft_updated", "number game actions_count", _T, _M),
    _event("match_completed", _RESULT, _T, _M, state="completed", changes_board=True),
    _event("result_corrected", f"{_RESULT} previous_revision", _T, _M, state="completed", changes_board=True),
    _event("result_voided", "number revision previous_revision", _T, _M, state="cancelled", changes_board=True),
    _event("match_cancelled", "number", _T, _M, state="cancelled"),
    _event("match_disputed", "number dispute_id", _T, _M, state="disputed", changes_board=True),
    _event("match_resolved", "number dispute_id revision winner_id state", _T, _M, changes_board=True),
)  # fmt: skip

_OF_BRACKETS = (
    _event("bracket_generated", "stage_id node_ids", _T),
    _event("bracket_updated", "stage_id node_ids advanced", _T),
)

_OF_REGISTRATIONS = (
    _event("registration_created", "registration_ids status", _T, audience=OFFICIAL, changes_roster=True,
           changes_board=True),
    _event("registration_withdrawn", "status", _T, audience=OFFICIAL, names_participant=True, changes_roster=True,
           changes_board=True),
    _event("registration_approved", "status", _T, audience=OFFICIAL, names_participant=True, changes_roster=True,
           changes_board=True),
    *(
        _event(name, fields, _T, audience=OFFICIAL, names_participant=True)
        for name, fields in (
            ("registration_waitlisted", "status"),
            ("waitlist_promoted", "status"),
            ("registration_cancelled", "status"),
            ("registration_checked_in", "status"),
            ("checkin_undone", "status"),
            ("payment_proof_submitted", "payment_id status"),
            ("payment_verified", "payment_id status"),
            ("payment_rejected", "payment_id status"),
            ("payment_refunded", "payment_id status"),
        )
    ),
    _event("checkin_open", "status", _T, told_while_frozen=True),
    _event("checkin_closed", "no_show_ids promoted_ids seeds", _T, audience=OFFICIAL, changes_board=True),
    _event("checkin_reopened", "closed_seq", _T, audience=OFFICIAL, changes_board=True),
)  # fmt: skip

_OF_TEAMS = tuple(
    _event(name, fields, _TEAM, audience=MEMBERS)
    for name, fields in (
        ("team_created", "team_id captain_id"),
        ("team_updated", "team_id changed"),
        ("team_disbanded", "team_id status"),
        ("invite_sent", "team_id invite_id user_id"),
        ("invite_responded", "team_id invite_id user_id status"),
        ("member_removed", "team_id user_id"),
        ("sponsor_updated", "team_id sponsor_id status"),
        ("sponsor_approved", "team_id sponsor_id status"),
        ("promotion_updated", "team_id promotion_id status"),
        ("promotion_started", "team_id promotion_id status"),
    )
)

CATALOGUE: Final[Mapping[str, EventType]] = {
    event.name: event for event in (*_OF_TOURNAMENTS, *_OF_MATCHES, *_OF_BRACKETS, *_OF_REGISTRATIONS, *_OF_TEAMS)
}
"""Every event by its name."""
