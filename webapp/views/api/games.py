"""Games by API: what each one is, as data, and the schema of that data."""

from typing import Any, Final

from flask import Blueprint, Response
from pydantic import TypeAdapter

from webapp.domain.errors import NotFound
from webapp.domain.games import Game, game_schema, load_games
from webapp.views import access
from webapp.views.api import rates
from webapp.views.api.operation import as_json, operation
from webapp.views.api.schemas.games import GameSchema, GameTold

_CONFIG: Final = "/games/<game>/config/"
_READS: Final[dict[str, Any]] = {
    "family": "Games", "scope": "read", "rate": rates.NAMES, "problems": {404: "game_unknown"},
}  # fmt: skip


def register(bp: Blueprint) -> None:
    """Serve these operations."""
    bp.add_url_rule(_CONFIG, "game_config", game_config)
    bp.add_url_rule(_CONFIG + "schema/", "game_config_schema", game_config_schema)


@access.open_to(access.LOGGED_IN)
@operation(summary="A game", gives=TypeAdapter(GameTold), **_READS)
def game_config(game: str) -> Response:
    """How many play on a side, how their ids look, how results are counted."""
    return as_json(GameTold(slug=game, config=dict(_known(game).to_mapping())))


@access.open_to(access.LOGGED_IN)
@operation(summary="The schema of a game", gives=TypeAdapter(GameSchema), **_READS)
def game_config_schema(game: str) -> Response:
    """The same of every game."""
    _known(game)
    return as_json(GameSchema(game_schema()))


def _known(game: str) -> Game:
    found = load_games().get(game)
    if found is None:
        raise NotFound("There is no such game.", code="game_unknown")
    return found
