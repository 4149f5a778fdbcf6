"""The leaderboard family: boards, deltas, series, histories, other scopes."""

from typing import Final
from urllib.parse import urlencode

from flask import Response, current_app, request
from pydantic import TypeAdapter

from webapp.domain.errors import FieldError
from webapp.domain.events import PUBLIC
from webapp.services.boards import api_reads, leaderboards
from webapp.services.boards.api_reads import ScopeQuery
from webapp.services.boards.leaderboards import Page
from webapp.services.spine.clock import utc_now
from webapp.views import access
from webapp.views.api import rates
from webapp.views.api.operation import JSON, as_json, operation
from webapp.views.api.requests import InvalidRequest
from webapp.views.api.schemas.boards import (
    Board,
    BoardQuery,
    Deltas,
    DeltasQuery,
    History,
    PlainBoard,
    ScopedQuery,
    Series,
)
from webapp.views.api.unchanged import by_log

FAMILY: Final = "Boards"
_ANY_BOARD: Final = TypeAdapter[Board | PlainBoard](Board | PlainBoard)
_NO_TOURNAMENT: Final = "tournament_not_found"


@access.open_to(access.LOGGED_IN)
@by_log
@operation(
    summary="The board of a tournament",
    description="A page of the published board, its last changes, and who computed it. Answers carry an ETag; an"
    " unchanged board is a 304 and costs nothing.",
    family=FAMILY,
    scope="read",
    rate=rates.BOARDS,
    query=BoardQuery,
    gives=_ANY_BOARD,
    is_switchable=True,
    problems={404: f"{_NO_TOURNAMENT}, version_not_found"},
)
def leaderboard(tournament_id: int, query: BoardQuery) -> Response:
    """The present board, a past one, or that of some matches."""
    wanted = Page(query.limit, query.offset, bool(query.explain), _address_without_page())
    if query.at is not None and query.matches is not None:
        raise InvalidRequest.listing("The query is wrong", [FieldError("matches", "cannot come together with at")])
    if query.at is not None:
        document = leaderboards.past_document(tournament_id, query.at, wanted, audience=PUBLIC, now=utc_now())
    elif query.matches is not None:
        document = leaderboards.matches_document(tournament_id, query.matches, wanted, audience=PUBLIC, now=utc_now())
    else:
        document = leaderboards.page_document(tournament_id, wanted, audience=PUBLIC, now=utc_now())
    return Response(document, content_type=JSON)


@access.open_to(access.LOGGED_IN)
@by_log
@operation(
    summary="What changed on a board since a version",
    description="One change from the version that you have to the newest: apply it, and you have the server's board.",
    family=FAMILY,
    scope="read",
    rate=rates.DELTAS,
    query=DeltasQuery,
    gives=TypeAdapter(Deltas),
    is_switchable=True,
    problems={404: f"{_NO_TOURNAMENT}, version_not_found"},
)
def deltas(tournament_id: int, query: DeltasQuery) -> Response:
    """Catching up."""
    return as_json(Deltas.model_validate(api_reads.deltas_since(tournament_id, query.since, now=utc_now())))


@access.open_to(access.LOGGED_IN)
@operation(
    summary="A series: the games of a match of two sides",
    family=FAMILY,
    scope="read",
    rate=rates.BOARDS,
    gives=TypeAdapter(Series),
    is_switchable=True,
    problems={404: f"{_NO_TOURNAMENT}, match_not_found", 422: "invalid_result (the match has no two sides)"},
)
def series(tournament_id: int, match_id: int) -> Response:
    """The summary of a series."""
    return as_json(Series.model_validate(api_reads.series_of(tournament_id, match_id)))


@access.open_to(access.LOGGED_IN)
@operation(
    summary="The history of a participant's team or player",
    description="Rank and points by version of its tournament's board, and by tournament.",
    family=FAMILY,
    scope="read",
    rate=rates.BOARDS,
    gives=TypeAdapter(History),
    is_switchable=True,
    problems={404: f"participant_not_found, {_NO_TOURNAMENT}"},
)
def participant_history(participant_id: int) -> Response:
    """Where it came from."""
    return as_json(History.model_validate(api_reads.participant_history(participant_id)))


@access.open_to(access.LOGGED_IN)
@operation(
    summary="Boards of other scopes",
    description="The board of a tournament, of a season of a game, or of all that was played in a game; those of a"
    " season and of all time can be limited to a region and to days.",
    family=FAMILY,
    scope="read",
    rate=rates.BOARDS,
    query=ScopedQuery,
    gives=_ANY_BOARD,
    is_switchable=True,
    problems={404: f"{_NO_TOURNAMENT}, game_unknown"},
)
def scoped(query: ScopedQuery) -> Response:
    """A season, all time, or a tournament."""
    asked = ScopeQuery(
        query.scope, query.tournament_id, query.game, query.season, query.region, query.first_day, query.last_day
    )
    wanted = Page(query.limit, query.offset, address=_address_without_page())
    return Response(api_reads.scoped_document(asked, wanted, now=utc_now()), content_type=JSON)


def _address_without_page() -> str:
    """This address with all of its query but the page, ready for another page's."""
    kept = [(name, value) for name, value in request.args.items() if name not in {"limit", "offset"}]
    base = current_app.config["SETTINGS"].base_url
    return f"{base}{request.path}?" + "".join(f"{urlencode([part], safe=',')}&" for part in kept)
