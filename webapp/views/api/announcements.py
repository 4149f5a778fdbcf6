"""Announcements by API: read by everybody they are for, published and taken back by organizers."""

from typing import Any, Final

from flask import Blueprint, Response
from pydantic import TypeAdapter

from webapp.services.spine.clock import utc_now
from webapp.services.tournaments import notice_facts, organizer_notices
from webapp.views import access
from webapp.views.api import rates
from webapp.views.api.operation import as_json, operation
from webapp.views.api.paging import around
from webapp.views.api.schemas.keeping import AnnouncementBody, AnnouncementStands, AnnouncementsTold
from webapp.views.api.schemas.tournaments import PageQuery

_FAMILY: Final = "Tournaments"
_ALL: Final = "/tournaments/<int(max=2147483647):tournament_id>/announcements/"
_ONE: Final = _ALL + "<int(max=2147483647):announcement_id>/"
_CHANGES: Final[dict[str, Any]] = {
    "family": _FAMILY, "scope": "organize", "rate": rates.ORGANIZE, "takes_key": True,
    "gives": TypeAdapter(AnnouncementStands),
}  # fmt: skip


def register(bp: Blueprint) -> None:
    """Serve these operations."""
    bp.add_url_rule(_ALL, "announcements", announcements)
    bp.add_url_rule(_ALL, "publish_announcement", publish_announcement, methods=("POST",))
    bp.add_url_rule(_ONE, "withdraw_announcement", withdraw_announcement, methods=("DELETE",))


@access.open_to(access.LOGGED_IN)
@operation(
    summary="What a tournament announced",
    family=_FAMILY,
    scope="read",
    rate=rates.NAMES,
    query=PageQuery,
    gives=TypeAdapter(AnnouncementsTold),
    problems={404: "tournament_not_found"},
)
def announcements(tournament_id: int, query: PageQuery) -> Response:
    """The newest first; those for participants alone are told to them and to officials."""
    count, listed = notice_facts.listed(tournament_id, limit=query.limit, offset=query.offset, actor=access.actor())
    return as_json(AnnouncementsTold.model_validate(around(query, count) | {"results": listed}))


@access.open_to(access.ORGANIZER)
@operation(
    summary="Announce something",
    description="To everybody, or to participants alone. Each request is an announcement of its own: send a key, so"
    " that one that comes twice is published once.",
    body=AnnouncementBody,
    problems={
        404: "tournament_not_found",
        409: "tournament_paused, idempotency_running",
        422: "invalid_result (text, audience), idempotency_key_reused",
    },
    **_CHANGES,
)
def publish_announcement(tournament_id: int, body: AnnouncementBody) -> Response:
    """The page does the same."""
    announcement_id = organizer_notices.publish(
        tournament_id, body.text, audience=body.audience, actor=access.actor(), now=utc_now()
    )
    return as_json(AnnouncementStands(tournament_id=tournament_id, announcement_id=announcement_id, stands=True))


@access.open_to(access.ORGANIZER)
@operation(
    summary="Take an announcement back",
    description="It is shown no more. Twice is the same as once.",
    problems={
        404: "tournament_not_found, announcement_not_found",
        409: "idempotency_running",
        422: "idempotency_key_reused",
    },
    **_CHANGES,
)
def withdraw_announcement(tournament_id: int, announcement_id: int) -> Response:
    """The page does the same."""
    organizer_notices.withdraw(tournament_id, announcement_id, actor=access.actor(), now=utc_now())
    return as_json(AnnouncementStands(tournament_id=tournament_id, announcement_id=announcement_id, stands=False))
