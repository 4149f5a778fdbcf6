"""Resolvers: the names behind ids. No other answer of the API holds a name."""

from typing import Final

from flask import Response
from pydantic import TypeAdapter

from webapp.services.boards import api_names
from webapp.views import access
from webapp.views.api import rates
from webapp.views.api.operation import as_json, operation
from webapp.views.api.schemas.names import (
    IdsQuery,
    MetadataQuery,
    Profiles,
    Teams,
    TournamentNames,
)

FAMILY: Final = "Names"


@access.open_to(access.LOGGED_IN)
@operation(
    summary="Handles of people",
    family=FAMILY,
    scope="read",
    rate=rates.NAMES,
    query=IdsQuery,
    gives=TypeAdapter(Profiles),
)
def profiles(query: IdsQuery) -> Response:
    """Handles by id; ids of nobody are left out."""
    found = api_names.profiles(query.ids)
    return as_json(Profiles.model_validate({"count": len(found), "results": found}))


@access.open_to(access.LOGGED_IN)
@operation(
    summary="Names of teams", family=FAMILY, scope="read", rate=rates.NAMES, query=IdsQuery, gives=TypeAdapter(Teams)
)
def teams(query: IdsQuery) -> Response:
    """Names by id; ids of none are left out."""
    found = api_names.teams(query.ids)
    return as_json(Teams.model_validate({"count": len(found), "results": found}))


@access.open_to(access.LOGGED_IN)
@operation(
    summary="Names of a tournament and its matches",
    family=FAMILY,
    scope="read",
    rate=rates.NAMES,
    query=MetadataQuery,
    gives=TypeAdapter(TournamentNames),
    problems={404: "tournament_not_found"},
)
def tournament_metadata(tournament_id: int, query: MetadataQuery) -> Response:
    """What it is called, what is written of it, and its matches. Drafts are there for their officials alone."""
    found = api_names.of_tournament(
        tournament_id, limit=query.limit, offset=query.offset, actor=access.actor()
    )  # fmt: skip
    return as_json(TournamentNames.model_validate(found))
