"""Where a notification leads: the path of the page that shows what it is about."""

from collections.abc import Callable, Mapping
from typing import Final

from webapp.models import Notification
from webapp.services.notifications.mentioned import Mentioned, is_for_official, matches_of

ALL_NOTICES: Final = "/me/notifications/"
PREFERENCES: Final = f"{ALL_NOTICES}#preferences"
_PathOf = Callable[[Notification, str], str]


def open_path(notification_id: int) -> str:
    """The address that marks a notification as read and goes on to what it is about."""
    return f"{ALL_NOTICES}{notification_id}/"


def of_row(row: Notification, *, slug: str, found: Mentioned) -> str:
    """The path for the reader of a notification; `slug` is that of its tournament."""
    if row.kind in _OF_ENDPOINTS:
        return _to_endpoint(row.data.get("endpoint_id") or 0, found)
    return _PATHS.get(row.kind, _to_notices)(row, slug)


def _to_endpoint(endpoint_id: int, found: Mentioned) -> str:
    _, scope = found.endpoints.get(endpoint_id, ("", ""))
    if scope == "person":
        return PREFERENCES
    area = "staff" if scope == "site" else "organizer"
    return f"/{area}/webhooks/" + (f"{endpoint_id}/" if scope else "")


def _to_registration(row: Notification, _slug: str) -> str:
    return "/me/registrations/" + ("" if row.registration_id is None else f"{row.registration_id}/")


def _to_match(row: Notification, _slug: str) -> str:
    ids = matches_of(row)
    if is_for_official(row):
        return f"/organizer/tournaments/{row.tournament_id}/matches/" + (f"{ids[0]}/" if len(ids) == 1 else "")
    return "/me/matches/" + (f"{ids[0]}/" if len(ids) == 1 else "")


def _to_dispute(row: Notification, slug: str) -> str:
    dispute_id = row.data.get("dispute_id")
    if dispute_id is None:
        return _to_match(row, slug)
    if is_for_official(row):
        return f"/organizer/tournaments/{row.tournament_id}/disputes/{dispute_id}/"
    return f"/me/disputes/{dispute_id}/"


def _to_tournament(_row: Notification, slug: str) -> str:
    return f"/tournaments/{slug}/" if slug else ALL_NOTICES


def _to_board(row: Notification, slug: str) -> str:
    if row.tournament_id is None:
        return _to_tournament(row, slug)
    of_tournament = f"/spectator/tournaments/{row.tournament_id}/"
    return of_tournament + ("" if row.registration_id is None else f"participants/{row.registration_id}/")


def _to_bracket(row: Notification, slug: str) -> str:
    return _to_tournament(row, slug) if row.tournament_id is None else _bracket(row.tournament_id)


def _bracket(tournament_id: int) -> str:
    return f"/spectator/tournaments/{tournament_id}/bracket/"


def _to_team(row: Notification, _slug: str) -> str:
    team_id = row.team_id or row.data.get("team_id")
    return "/me/teams/" if team_id is None else f"/teams/{team_id}/"


def _to_invitations(_row: Notification, _slug: str) -> str:
    return "/me/teams/"


def _to_notices(_row: Notification, _slug: str) -> str:
    return ALL_NOTICES


_OF_ENDPOINTS: Final = frozenset({"webhook_disabled", "webhook_circuit_opened"})
_PATHS: Final[Mapping[str, _PathOf]] = {
    **dict.fromkeys(
        (
            "registration_submitted", "registration_approved", "registration_rejected", "registration_waitlisted",
            "waitlist_promoted", "checkin_open", "payment_verified", "payment_rejected", "payment_refunded",
        ),
        _to_registration,
    ),
    **dict.fromkeys(("match_scheduled", "match_started", "match_completed", "result_submitted"), _to_match),
    **dict.fromkeys(("match_disputed", "match_resolved"), _to_dispute),
    **dict.fromkeys(("tournament_started", "tournament_cancelled", "announcement"), _to_tournament),
    **dict.fromkeys(("tournament_completed", "ranking_changed", "placement_overridden"), _to_board),
    "bracket_generated": _to_bracket,
    "invite_sent": _to_invitations,
    **dict.fromkeys(
        ("invite_accepted", "roster_changed", "captain_changed", "sponsor_approved", "promotion_started"), _to_team
    ),
}  # fmt: skip
"""Kinds that are not named lead to the list of what one was told."""
