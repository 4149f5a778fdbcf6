"""Which kinds of notification follow from an event, who hears of each, and what of the event its words need."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from webapp.domain.notifications.kinds import KINDS, Hears

TEAM_NAMESPACE: Final = uuid.UUID("6d0f5a1e-6a3b-5a52-9d5c-0f6a2b7c1e11")
"""Of ids for events of teams, which have none of their own."""
WAITING: Final = ("tournament_completed", "placement_overridden", "rank_update")
"""Events of results, of which people are told once the board is shown (the kinds that wait for it)."""
COUNTED: Final = frozenset({Hears.PARTICIPANTS})
"""Of what goes to everybody the log says afterwards how many were told."""
LOBBY: Final = "lobby"
"""What has changed of a match, where it is not its time."""
_LEFT_AS: Final = {"rejected": "registration_rejected", "waitlisted": "registration_waitlisted"}
"""What is told of a registration that is not in the field any more, by what it is instead: one that was let in from the
waitlist goes back there where the close of check-in is taken back."""
_TOLD_THOUGH_OWN: Final = frozenset(
    {"registration_submitted", "registration_waitlisted", "tournament_completed", "checkin_open"}
)
"""What people hear of though they did it themselves: a receipt, or news that is more than what they did."""


class Happened(NamedTuple):
    """An event as routing reads it, of a tournament's log or a team's."""

    event_id: uuid.UUID
    type: str
    seq: int
    data: Mapping[str, Any]
    actor_id: int | None = None
    match_id: int | None = None
    registration_id: int | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """That people are to be told of an event. `data` holds ids, numbers and states for its words."""

    kind: str
    hears: Hears
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_counted(self) -> bool:
        """Whether the log says afterwards how many were told."""
        return self.hears in COUNTED

    def tells(self, user_id: int, actor_id: int | None) -> bool:
        """Whether this person is told, as who did it: nobody needs to be told what they have just done."""
        return user_id != actor_id or self.kind in _TOLD_THOUGH_OWN


def team_event_id(team_event_id: int) -> uuid.UUID:
    """The id under which people are told of an event of a team: always the same."""
    return uuid.uuid5(TEAM_NAMESPACE, f"team-event:{team_event_id}")


def notices(event: Happened) -> tuple[Notice, ...]:
    """What follows from an event; who is meant by two of them hears the first alone."""
    rule = _RULES.get(event.type)
    return () if rule is None else rule(event)


def _notice(kind: str, event: Happened, *names: str, hears: Hears | None = None, **more: Any) -> Notice:
    data = {name: event.data[name] for name in names} | more
    return Notice(kind, hears or KINDS[kind].hears, data)


def _as_it_is(kind: str, *names: str) -> Callable[[Happened], tuple[Notice, ...]]:
    """An event of which people are told under its own name, or another one."""

    def rule(event: Happened) -> tuple[Notice, ...]:
        return (_notice(kind, event, *names),)

    return rule


def _created(event: Happened) -> tuple[Notice, ...]:
    is_waiting = event.data["status"] == "waitlisted"
    return (_notice("registration_waitlisted" if is_waiting else "registration_submitted", event, "status"),)


def _left(event: Happened) -> tuple[Notice, ...]:
    kind = _LEFT_AS.get(event.data["status"])
    return () if kind is None else (_notice(kind, event, "status"),)


def _match_updated(event: Happened) -> tuple[Notice, ...]:
    """Who plays has to know where; label, map, stream and who is ready are for those who look."""
    return (_notice("match_scheduled", event, change=LOBBY),) if LOBBY in event.data["changed"] else ()


def _reported(event: Happened) -> tuple[Notice, ...]:
    names = ("number", "submission_id", "report_revision", "status")
    if event.data["status"] == "pending_opponent":
        return (_notice("result_submitted", event, *names),)
    if event.data["status"] == "overdue":
        return (_notice("result_submitted", event, *names, hears=Hears.ORGANIZERS),)
    return ()


def _announced(event: Happened) -> tuple[Notice, ...]:
    return (_notice("announcement", event, "announcement_id"),) if event.data["status"] == "published" else ()


def _team_updated(event: Happened) -> tuple[Notice, ...]:
    return (_notice("captain_changed", event),) if "captain_id" in event.data["changed"] else ()


def _invite_responded(event: Happened) -> tuple[Notice, ...]:
    if event.data["status"] != "accepted":
        return ()
    return (
        _notice("invite_accepted", event, "invite_id", "user_id", hears=Hears.LEADERS),
        _notice("roster_changed", event, "user_id", change="joined"),
    )


def _member_removed(event: Happened) -> tuple[Notice, ...]:
    return (_notice("roster_changed", event, "user_id", change="left"),)


_RULES: Final[Mapping[str, Callable[[Happened], tuple[Notice, ...]]]] = {
    "registration_created": _created,
    "registration_approved": _as_it_is("registration_approved", "status"),
    "registration_waitlisted": _as_it_is("registration_waitlisted", "status"),
    "waitlist_promoted": _as_it_is("waitlist_promoted", "status"),
    "registration_cancelled": _left,
    "registration_withdrawn": _left,
    "checkin_open": _as_it_is("checkin_open"),
    "payment_verified": _as_it_is("payment_verified", "payment_id", "status"),
    "payment_rejected": _as_it_is("payment_rejected", "payment_id", "status"),
    "payment_refunded": _as_it_is("payment_refunded", "payment_id", "status"),
    "match_scheduled": _as_it_is("match_scheduled", "match_ids"),
    "match_updated": _match_updated,
    "match_started": _as_it_is("match_started", "number"),
    "match_completed": _as_it_is("match_completed", "number"),
    "result_submitted": _reported,
    "match_disputed": _as_it_is("match_disputed", "number", "dispute_id"),
    "match_resolved": _as_it_is("match_resolved", "number", "dispute_id", "state"),
    "tournament_started": _as_it_is("tournament_started", "status"),
    "tournament_completed": _as_it_is("tournament_completed", "status"),
    "tournament_cancelled": _as_it_is("tournament_cancelled", "status"),
    "bracket_generated": _as_it_is("bracket_generated", "stage_id"),
    "announcement": _announced,
    "rank_update": _as_it_is("ranking_changed"),
    "placement_overridden": _as_it_is(
        "placement_overridden", "override_id", "participant_id", "previous_rank", "new_rank", "is_restored"
    ),
    "invite_sent": _as_it_is("invite_sent", "invite_id"),
    "invite_responded": _invite_responded,
    "member_removed": _member_removed,
    "team_updated": _team_updated,
    "sponsor_approved": _as_it_is("sponsor_approved", "sponsor_id"),
    "promotion_started": _as_it_is("promotion_started", "promotion_id"),
}
"""By the event's name. What is not here is told to watchers and programs, and to nobody in person."""
