"""The table of what people are told: every kind of notification, who hears of it, and by which channel at first."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

IN_APP: Final = "in_app"
EMAIL: Final = "email"
DISCORD: Final = "discord"
CHANNELS: Final = (IN_APP, EMAIL, DISCORD)
DIGEST: Final = "digest"
"""The kind of mail that is made of many notifications, and no notification itself."""


class Hears(StrEnum):
    """The rules by which an event finds its recipients."""

    PAYER = "payer"
    """Who paid, and the captain."""
    REGISTERED = "registered"
    """Who registered, the captain and every active player of the registration."""
    SIDES = "sides"
    """Every active player of the line-ups that play the match: both sides, or all of a lobby."""
    OPPONENT = "opponent"
    """The other side of a report or a dispute."""
    OFFICIALS = "officials"
    """The opponent, the organizers, the referees, and staff."""
    ORGANIZERS = "organizers"
    """The owner of the tournament and the co-organizers."""
    PARTICIPANTS = "participants"
    """Every active player of every participant of the tournament."""
    MOVED = "moved"
    """The participants whose rank moved far enough."""
    SUBJECT = "subject"
    """The participant that it is about."""
    PLACED = "placed"
    """The participant that was placed, and the organizer."""
    INVITED = "invited"
    LEADERS = "leaders"
    """The captain of the team, and who sent the invitation."""
    TEAM = "team"
    """Every member of the team."""
    PERSON = "person"
    """The person or team that it is about."""
    REPORTER = "reporter"
    OWNER = "owner"
    """Whose endpoint or address it is."""


class Area(StrEnum):
    """Where a kind stands on the page of preferences."""

    REGISTRATION = "registration"
    MATCHES = "matches"
    TOURNAMENT = "tournament"
    TEAMS = "teams"
    AWARDS = "awards"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of notification. `on` are the channels by which it comes unless a person chose otherwise."""

    name: str
    label: str
    """What it is called on the page of preferences."""
    area: Area
    hears: Hears
    on: frozenset[str] = frozenset({IN_APP, EMAIL, DISCORD})
    is_grouped: bool = False
    """Often many at once: those of one tournament within a short while go out as one mail."""
    waits_for_reveal: bool = False
    """It tells something of a result: while the board is frozen it waits until the board is shown again."""
    is_spared_quiet_hours: bool = False
    """It comes in quiet hours too: who sleeps through it is late for a match."""


def _kind(name: str, label: str, area: Area, hears: Hears, **options: object) -> Kind:
    return Kind(name, label, area, hears, **options)  # type: ignore[arg-type]  # keywords checked by tests


_A, _H = Area, Hears
_QUIET: Final = frozenset({IN_APP})

KINDS: Final[Mapping[str, Kind]] = {
    kind.name: kind
    for kind in (
        _kind("registration_submitted", "Registration received", _A.REGISTRATION, _H.REGISTERED),
        _kind("registration_approved", "Registration approved", _A.REGISTRATION, _H.REGISTERED),
        _kind("registration_rejected", "Registration turned down", _A.REGISTRATION, _H.REGISTERED),
        _kind("registration_waitlisted", "Put on the waitlist", _A.REGISTRATION, _H.REGISTERED),
        _kind("waitlist_promoted", "A place off the waitlist", _A.REGISTRATION, _H.REGISTERED),
        _kind("checkin_open", "Check-in is open", _A.REGISTRATION, _H.REGISTERED, is_spared_quiet_hours=True),
        _kind("payment_verified", "Payment verified", _A.REGISTRATION, _H.PAYER),
        _kind("payment_rejected", "Payment rejected", _A.REGISTRATION, _H.PAYER),
        _kind("payment_refunded", "Payment refunded", _A.REGISTRATION, _H.PAYER),
        _kind("match_scheduled", "Match scheduled or moved", _A.MATCHES, _H.SIDES, is_grouped=True),
        _kind("match_started", "Match started", _A.MATCHES, _H.SIDES, is_grouped=True, is_spared_quiet_hours=True),
        _kind("match_completed", "Match completed", _A.MATCHES, _H.SIDES, is_grouped=True, on=_QUIET),
        _kind("result_submitted", "Result reported, please confirm", _A.MATCHES, _H.OPPONENT,
              is_spared_quiet_hours=True),
        _kind("match_disputed", "Result disputed", _A.MATCHES, _H.OFFICIALS, is_spared_quiet_hours=True),
        _kind("match_resolved", "Dispute decided", _A.MATCHES, _H.SIDES),
        _kind("tournament_started", "Tournament started", _A.TOURNAMENT, _H.PARTICIPANTS, is_spared_quiet_hours=True),
        _kind("tournament_completed", "Tournament completed, with the final rank", _A.TOURNAMENT, _H.PARTICIPANTS,
              waits_for_reveal=True),
        _kind("tournament_cancelled", "Tournament cancelled", _A.TOURNAMENT, _H.PARTICIPANTS,
              is_spared_quiet_hours=True),
        _kind("bracket_generated", "Bracket drawn", _A.TOURNAMENT, _H.PARTICIPANTS, is_grouped=True),
        _kind("announcement", "Announcement of the organizers", _A.TOURNAMENT, _H.PARTICIPANTS),
        _kind("ranking_changed", "Rank changed", _A.TOURNAMENT, _H.MOVED, on=_QUIET, waits_for_reveal=True),
        _kind("placement_overridden", "Placement corrected by staff", _A.TOURNAMENT, _H.PLACED, waits_for_reveal=True),
        _kind("invite_sent", "Invitation to a team", _A.TEAMS, _H.INVITED),
        _kind("invite_accepted", "Invitation accepted", _A.TEAMS, _H.TEAM, on=_QUIET),
        _kind("roster_changed", "Members of a team changed", _A.TEAMS, _H.TEAM, on=_QUIET, is_grouped=True),
        _kind("captain_changed", "New captain of a team", _A.TEAMS, _H.TEAM),
        _kind("sponsor_approved", "Sponsor approved", _A.TEAMS, _H.TEAM),
        _kind("promotion_started", "Promotion started", _A.TEAMS, _H.TEAM, on=_QUIET),
        _kind("payout_received", "Payout received", _A.AWARDS, _H.PERSON),
        _kind("achievement_earned", "Achievement earned", _A.AWARDS, _H.PERSON, on=_QUIET),
        _kind("certificate_ready", "Certificate ready", _A.AWARDS, _H.PERSON),
        _kind("sanction_applied", "Sanction applied", _A.ACCOUNT, _H.PERSON),
        _kind("report_triaged", "Report looked at", _A.ACCOUNT, _H.REPORTER, on=_QUIET),
        _kind("webhook_disabled", "Webhook disabled", _A.ACCOUNT, _H.OWNER),
        _kind("webhook_circuit_opened", "Webhook fails over and over", _A.ACCOUNT, _H.OWNER),
        _kind("email_stopped", "Email stopped", _A.ACCOUNT, _H.OWNER, on=_QUIET),
    )
}  # fmt: skip
"""Every kind by its name, in the order of the page of preferences."""


def is_on(kind: Kind, channel: str, chosen: Mapping[tuple[str, str], bool]) -> bool:
    """Whether a kind comes by a channel to a person, by what they chose (`{(kind, channel): on}`) or the default."""
    return chosen.get((kind.name, channel), channel in kind.on)
