"""Tournaments whole, by API: one's own, a new one, what is said of one, a copy. Pages call the same services."""

from typing import Any, Final, cast

from flask import Blueprint, Response
from pydantic import TypeAdapter

from webapp.services.spine.clock import utc_now
from webapp.services.tournaments import tournament_facts, tournaments
from webapp.services.tournaments.tournament_details import Changes
from webapp.services.tournaments.tournament_facts import Wanted
from webapp.views import access
from webapp.views.api import rates
from webapp.views.api.operation import as_json, operation
from webapp.views.api.paging import around
from webapp.views.api.schemas.settings import (
    OwnQuery,
    OwnTournaments,
    TournamentBody,
    TournamentChanged,
    TournamentChanges,
    TournamentCopied,
    TournamentTold,
)

_ALL: Final = "/tournaments/"
_ONE: Final = _ALL + "<int(max=2147483647):tournament_id>/"
_WRONG: Final = "invalid_result, invalid_rules, invalid_bracket, idempotency_key_reused"
_CHANGES: Final[dict[str, Any]] = {
    "family": "Tournaments", "scope": "organize", "rate": rates.ORGANIZE, "takes_key": True
}  # fmt: skip


def register(bp: Blueprint) -> None:
    """Serve these operations."""
    bp.add_url_rule(_ALL, "own_tournaments", own_tournaments)
    bp.add_url_rule(_ALL, "create_tournament", create_tournament, methods=("POST",))
    bp.add_url_rule(_ONE, "tournament", tournament)
    bp.add_url_rule(_ONE, "change_tournament", change_tournament, methods=("PATCH",))
    bp.add_url_rule(_ONE + "duplicate/", "duplicate_tournament", duplicate_tournament, methods=("POST",))


@access.open_to(access.ORGANIZER)
@operation(
    summary="The tournaments that you run",
    description="Yours, and those that list you as an official; drafts too, the latest first.",
    family="Tournaments",
    scope="organize",
    rate=rates.ORGANIZE,
    query=OwnQuery,
    gives=TypeAdapter(OwnTournaments),
)
def own_tournaments(query: OwnQuery) -> Response:
    """What anybody finds is at `discover`."""
    found = tournament_facts.own(Wanted(query.status, query.limit, query.offset), actor=access.actor())
    return as_json(OwnTournaments.model_validate(found | around(query, found["count"])))


@access.open_to(access.ORGANIZER)
@operation(
    summary="Make a tournament",
    description="A draft of your own; nobody else sees it before its registration opens.",
    body=TournamentBody,
    gives=TypeAdapter(TournamentTold),
    problems={403: "forbidden", 404: "game_unknown", 409: "idempotency_running", 422: _WRONG},
    **_CHANGES,
)
def create_tournament(body: TournamentBody) -> Response:
    """With the settings that were given, the others as usual."""
    given = body.model_dump(exclude_unset=True)
    tournament_id = tournaments.create(
        given.pop("name"), game=given.pop("game"), format=given.pop("format"),
        ruleset=given.pop("ruleset"), actor=access.actor(), now=utc_now(), **given,
    )  # fmt: skip
    return _told(tournament_id)


@access.open_to(access.LOGGED_IN)
@operation(
    summary="A tournament",
    description="All that is set of it. Drafts and private ones are there for their officials alone.",
    family="Tournaments",
    scope="read",
    rate=rates.NAMES,
    gives=TypeAdapter(TournamentTold),
    problems={404: "tournament_not_found"},
)
def tournament(tournament_id: int) -> Response:
    """Its words are given by its metadata."""
    return _told(tournament_id)


@access.open_to(access.ORGANIZER)
@operation(
    summary="Change what is said of a tournament",
    description="What is left out stays; a version of every edit is kept. What its state allows no more is `frozen`.",
    body=TournamentChanges,
    gives=TypeAdapter(TournamentChanged),
    problems={
        403: "forbidden",
        404: "tournament_not_found",
        409: "frozen, idempotency_running",
        422: _WRONG,
    },
    **_CHANGES,
)
def change_tournament(tournament_id: int, body: TournamentChanges) -> Response:
    """The same again changes nothing."""
    changes = cast("Changes", body.model_dump(exclude_unset=True))
    changed = tournaments.update(tournament_id, actor=access.actor(), now=utc_now(), **changes)
    told = tournament_facts.of_tournament(tournament_id, actor=access.actor())
    return as_json(TournamentChanged.model_validate(told | {"changed": list(changed)}))


@access.open_to(access.ORGANIZER)
@operation(
    summary="Copy a tournament",
    description="A new draft of yours with its settings and questions, without its dates.",
    gives=TypeAdapter(TournamentCopied),
    problems={404: "tournament_not_found", 409: "idempotency_running", 422: "idempotency_key_reused"},
    **_CHANGES,
)
def duplicate_tournament(tournament_id: int) -> Response:
    """Each request makes one more; a key makes it one."""
    copy_id = tournaments.duplicate(tournament_id, actor=access.actor(), now=utc_now())
    return as_json(TournamentCopied(tournament_id=copy_id, copied_from=tournament_id))


def _told(tournament_id: int) -> Response:
    return as_json(
        TournamentTold.model_validate(tournament_facts.of_tournament(tournament_id, actor=access.actor()))
    )  # fmt: skip
