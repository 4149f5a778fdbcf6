"""Finding tournaments, moving them on and saying who won, by API: the same services as the pages."""

from collections.abc import Callable
from typing import Any, Final

from flask import Blueprint, Response
from pydantic import TypeAdapter

from webapp.domain.errors import NotFound
from webapp.domain.games import load_games
from webapp.services.organizer_pages.keeping import read_outcome
from webapp.services.pages.outcome_reads import winners_told
from webapp.services.spine.clock import utc_now
from webapp.services.tournaments import discovery, outcome_reviews, tournament_removal, tournaments
from webapp.services.tournaments.discovery import UPCOMING, Filters
from webapp.views import access
from webapp.views.api import rates
from webapp.views.api.operation import as_json, operation
from webapp.views.api.paging import around
from webapp.views.api.schemas.keeping import WinnersTold
from webapp.views.api.schemas.tournaments import (
    DiscoverQuery,
    FoundPage,
    PageQuery,
    ReviewBody,
    Reviewed,
    StatusAnswer,
    WhyBody,
)

FAMILY: Final = "Tournaments"
_ALL: Final = "/tournaments/"
_ONE: Final = _ALL + "<int(max=2147483647):tournament_id>/"
_POST: Final = ("POST",)
_LIST: Final[dict[str, Any]] = {
    "family": FAMILY, "scope": "read", "rate": rates.NAMES, "query": PageQuery, "gives": TypeAdapter(FoundPage)
}  # fmt: skip
_MOVE: Final[dict[str, Any]] = {
    "family": FAMILY,
    "scope": "organize",
    "rate": rates.ORGANIZE,
    "gives": TypeAdapter(StatusAnswer),
    "takes_key": True,
    "problems": {
        404: "tournament_not_found",
        409: "illegal_transition, matches_open, nothing_played, stage_open, tournament_live, idempotency_running",
        422: "invalid_result, idempotency_key_reused",
    },
}


def register(bp: Blueprint) -> None:
    """Serve this family."""
    bp.add_url_rule(_ALL + "discover/", "discover", discover)
    bp.add_url_rule(_ALL + "upcoming/", "upcoming", upcoming)
    bp.add_url_rule(_ALL + "live/", "live_tournaments", live_tournaments)
    bp.add_url_rule(_ALL + "featured/", "featured", featured)
    bp.add_url_rule(_ALL + "by-game/<game>/", "by_game", by_game)
    bp.add_url_rule(_ONE + "winners/", "winners", winners)
    bp.add_url_rule(_ONE + "review/", "review_winners", review_winners, methods=_POST)
    bp.add_url_rule(_ONE + "open/", "open_registration", open_registration, methods=_POST)
    bp.add_url_rule(_ONE + "close/", "close_registration", close_registration, methods=_POST)
    bp.add_url_rule(_ONE + "start/", "start_tournament", start_tournament, methods=_POST)
    bp.add_url_rule(_ONE + "complete/", "complete_tournament", complete_tournament, methods=_POST)
    bp.add_url_rule(_ONE + "archive/", "archive_tournament", archive_tournament, methods=_POST)
    bp.add_url_rule(_ONE + "cancel/", "cancel_tournament", cancel_tournament, methods=_POST)
    bp.add_url_rule(_ONE, "delete_tournament", delete_tournament, methods=("DELETE",))


@access.open_to(access.LOGGED_IN)
@operation(summary="Tournaments by what is looked for", **(_LIST | {"query": DiscoverQuery}))
def discover(query: DiscoverQuery) -> Response:
    """Words of name, description and game; filters; an order."""
    filters = Filters(
        search=query.search, game=query.game, statuses=(query.status,) if query.status else (),
        format=query.format or "", min_prize=query.min_prize, max_prize=query.max_prize, min_fee=query.min_fee,
        max_fee=query.max_fee, free_only=bool(query.free_only), start_after=query.start_after,
        start_before=query.start_before, organizer=query.organizer,
        is_official=None if query.is_official is None else bool(query.is_official),
    )  # fmt: skip
    return _found(filters, query, ordering=query.ordering, organizer_id=access.actor().user_id)


@access.open_to(access.LOGGED_IN)
@operation(summary="Tournaments that are still to come", **_LIST)
def upcoming(query: PageQuery) -> Response:
    """The next one first."""
    return _found(Filters(statuses=UPCOMING), query, ordering="starts_at")


@access.open_to(access.LOGGED_IN)
@operation(summary="Tournaments that are being played", **_LIST)
def live_tournaments(query: PageQuery) -> Response:
    """The one that began last first."""
    return _found(Filters(statuses=("live",)), query)


@access.open_to(access.LOGGED_IN)
@operation(summary="Tournaments that staff put forward", **_LIST)
def featured(query: PageQuery) -> Response:
    """The newest first."""
    return _found(Filters(is_featured=True), query)


@access.open_to(access.LOGGED_IN)
@operation(summary="Tournaments of one game", **_LIST, problems={404: "game_unknown"})
def by_game(game: str, query: PageQuery) -> Response:
    """The newest first."""
    if game not in load_games():
        raise NotFound("There is no such game.", code="game_unknown")
    return _found(Filters(game=game), query)


@access.open_to(access.LOGGED_IN)
@operation(
    summary="How the winners were found",
    description="The first three and the rules that were applied in their order, once the public knows them.",
    family=FAMILY,
    scope="read",
    rate=rates.NAMES,
    gives=TypeAdapter(WinnersTold),
    problems={404: "tournament_not_found"},
)
def winners(tournament_id: int) -> Response:
    """The same for everybody."""
    return as_json(WinnersTold.model_validate(winners_told(tournament_id, actor=access.actor())))


@access.open_to(access.ORGANIZER)
@operation(
    summary="Say who won",
    description="For a completed tournament: confirm what was declared, take what is found now, or set the first"
    " three by hand.",
    **(_MOVE | {"gives": TypeAdapter(Reviewed)}),
    body=ReviewBody,
)
def review_winners(tournament_id: int, body: ReviewBody) -> Response:
    """The page of winners is the same service."""
    podium = (body.winner_id, body.runner_up_id, body.third_place_id)
    is_changed = outcome_reviews.review(
        tournament_id, body.decision, podium=podium, reason=body.reason, actor=access.actor(), now=utc_now()
    )
    declared = read_outcome(tournament_id, actor=access.actor()).declared
    assert declared is not None
    return as_json(Reviewed(tournament_id=tournament_id, changed=is_changed, **declared._asdict()))


@access.open_to(access.ORGANIZER)
@operation(summary="Open registration", **_MOVE)
def open_registration(tournament_id: int) -> Response:
    """From now on the points stand."""
    return _moved(tournament_id, tournaments.open_registration, "registration_open")


@access.open_to(access.ORGANIZER)
@operation(summary="Close registration", **_MOVE)
def close_registration(tournament_id: int) -> Response:
    """Nobody registers any more."""
    return _moved(tournament_id, tournaments.close_registration, "registration_closed")


@access.open_to(access.ORGANIZER)
@operation(summary="Start a tournament", **_MOVE)
def start_tournament(tournament_id: int) -> Response:
    """Once registration has opened; what is open for registration closes by it."""
    return _moved(tournament_id, tournaments.start_opened, "live")


@access.open_to(access.ORGANIZER)
@operation(summary="Complete a tournament", **_MOVE)
def complete_tournament(tournament_id: int) -> Response:
    """Declares the winners."""
    return _moved(tournament_id, tournaments.complete, "completed")


@access.open_to(access.ORGANIZER)
@operation(summary="Archive a tournament", **_MOVE)
def archive_tournament(tournament_id: int) -> Response:
    """Nothing can be corrected any more."""
    return _moved(tournament_id, tournaments.archive, "archived")


@access.open_to(access.ORGANIZER)
@operation(summary="Call a tournament off", **_MOVE, body=WhyBody)
def cancel_tournament(tournament_id: int, body: WhyBody) -> Response:
    """It cannot be taken up again."""
    tournaments.cancel(tournament_id, reason=body.reason, actor=access.actor(), now=utc_now())
    return as_json(StatusAnswer(tournament_id=tournament_id, status="cancelled"))


@access.open_to(access.ORGANIZER)
@operation(summary="Delete a tournament", **_MOVE, body=WhyBody)
def delete_tournament(tournament_id: int, body: WhyBody) -> Response:
    """Gone from pages and API until staff restore it."""
    tournament_removal.delete(tournament_id, reason=body.reason, actor=access.actor(), now=utc_now())
    return as_json(StatusAnswer(tournament_id=tournament_id, status="deleted"))


def _found(
    filters: Filters, query: PageQuery, *, ordering: str = "-starts_at", organizer_id: int | None = None
) -> Response:
    page = discovery.discover(
        filters, ordering=ordering, limit=query.limit, offset=query.offset, organizer_id=organizer_id
    )  # fmt: skip
    return as_json(FoundPage.model_validate(page | around(query, page["count"])))


def _moved(tournament_id: int, move: Callable[..., None], status: str) -> Response:
    move(tournament_id, actor=access.actor(), now=utc_now())
    return as_json(StatusAnswer(tournament_id=tournament_id, status=status))
