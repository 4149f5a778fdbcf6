"""The games that tournaments are held in: one TOML file each, checked when they are loaded.

A game is data: no code anywhere asks which game it is, only what kind of result, draft order and preset it has.
"""

import copy
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from webapp.domain.cascades import CASCADES
from webapp.domain.data_files import draft_order_files, preset_files, read_folder
from webapp.domain.errors import FieldError, NotFound, RulesError
from webapp.domain.games.definition import Game, IdAlias, PlayerIdRule, ScoreRule, game_from

__all__ = [
    "Game",
    "IdAlias",
    "PlayerIdRule",
    "ScoreRule",
    "game",
    "game_schema",
    "load_games",
    "merge_game",
    "read_games",
]

_FOLDER = Path(__file__).parent


@cache
def load_games() -> Mapping[str, Game]:
    """Every game of this package by slug. Raises RulesError naming the file and the path of what is wrong."""
    return read_games(_FOLDER)


def read_games(folder: Path) -> Mapping[str, Game]:
    """Every game of a folder of TOML files by slug, in alphabetical order; errors as for load_games."""
    games: dict[str, Game] = {}
    for stem, data in read_folder(folder).items():
        if data.get("slug") != stem:
            problem = FieldError("slug", f"must be {stem!r}, the name of its file")
            raise RulesError.listing(f"{stem}.toml is not a usable game", [problem])
        games[stem] = _checked(data, f"{stem}.toml")
    return MappingProxyType(games)


def game(slug: str) -> Game:
    """The game of that slug. Raises NotFound listing the known games."""
    games = load_games()
    if slug not in games:
        raise NotFound(f"Unknown game {slug!r}; known games: {', '.join(games)}", [FieldError("game", "is unknown")])
    return games[slug]


def game_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a game, a fresh copy each time."""
    return copy.deepcopy(_schema())


def merge_game(base: Game, override: Mapping[str, Any]) -> Game:
    """`base` with `override` laid over it: tables merged deeply, lists replaced, a setting of None taken away.

    Raises RulesError with the path of everything wrong in the outcome; the slug cannot change.
    """
    merged = _merged(base.to_mapping(), override)
    if merged.get("slug") != base.slug:
        raise RulesError.listing("The game cannot be changed so", [FieldError("slug", f"must stay {base.slug!r}")])
    return _checked(merged, f"The changed game {base.slug}")


def _merged(base: Mapping[str, Any], override: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in override.items():
        below = merged.get(key)
        if value is None:
            merged.pop(key, None)
        elif isinstance(below, Mapping) and isinstance(value, Mapping):
            merged[key] = _merged(below, value)
        else:
            merged[key] = copy.deepcopy(value)
    return merged


@cache
def _schema() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((_FOLDER / "schema.json").read_text(encoding="utf-8"))
    return schema


def _checked(data: Mapping[str, Any], where: str) -> Game:
    problems = list(_schema_problems(data)) or list(_further_problems(data))
    if problems:
        raise RulesError.listing(f"{where} is not a usable game", problems)
    return game_from(data)


def _schema_problems(data: Mapping[str, Any]) -> Iterator[FieldError]:
    errors = Draft202012Validator(_schema()).iter_errors(data)
    for error in sorted(errors, key=lambda error: [str(step) for step in error.absolute_path]):
        yield FieldError(".".join(str(step) for step in error.absolute_path), _sentence(error))


def _sentence(error: ValidationError) -> str:
    if error.validator == "enum":
        return f"must be one of {', '.join(str(choice) for choice in error.validator_value)}, not {error.instance!r}"
    if error.validator == "not":
        return f"has no place in a game of this kind, but is {error.instance!r}"
    return str(error.message)


def _further_problems(data: Mapping[str, Any]) -> Iterator[FieldError]:
    """What a schema cannot say: names that must exist, numbers that depend on each other, patterns that must work."""
    if data["players"]["min"] > data["players"]["max"]:
        yield FieldError("players.min", f"must not exceed players.max, which is {data['players']['max']}")
    if data["side"] == "solo" and data["players"]["max"] > 1:
        yield FieldError("players.max", "must be 1 where single players register")
    known = {
        "cascade": (data["cascade"], CASCADES),
        "draft": (data.get("draft"), draft_order_files()),
        "battle_royale.preset": (data.get("battle_royale", {}).get("preset"), preset_files()),
    }
    for path, (name, names) in known.items():
        if name is not None and name not in names:
            yield FieldError(path, f"unknown name {name!r}; known: {', '.join(names)}")
    yield from _pattern_problems(data["player_id"])


def _pattern_problems(rule: Mapping[str, Any]) -> Iterator[FieldError]:
    try:
        pattern = re.compile(rule["pattern"])
    except re.error as problem:
        yield FieldError("player_id.pattern", f"is not a regular expression: {problem}")
        return
    if not pattern.fullmatch(rule["example"]):
        yield FieldError("player_id.example", f"must match the pattern, but {rule['example']!r} does not")
    for index, alias in enumerate(rule.get("aliases", ())):
        try:
            re.compile(alias["pattern"]).sub(alias["becomes"], "")
        except (re.error, IndexError) as problem:
            yield FieldError(f"player_id.aliases.{index}", f"cannot be used: {problem}")
