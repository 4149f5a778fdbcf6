"""Which rules an import is told to use: a preset, a file, or what the game brings along."""

import json
import tomllib
from pathlib import Path
from typing import Any

import click

from webapp.domain.errors import RulesError
from webapp.domain.games import Game
from webapp.domain.presets import load_presets, preset
from webapp.domain.rules import Ruleset, parse_ruleset
from webapp.services.tournaments.tournaments import default_cascade


def chosen_rules(game: Game, preset_name: str | None, rules_file: Path | None) -> Ruleset:
    """The rules of `--points-preset`, of `--rules`, or of the game. Raises RulesError, or click's UsageError."""
    if preset_name and rules_file:
        raise click.UsageError("Give either --points-preset or --rules, not both.")
    if rules_file:
        return rules_from_file(rules_file)
    name = preset_name or game.preset
    if not name:
        raise click.UsageError(
            f"{game.title} has no battle-royale points of its own; give --points-preset ({', '.join(load_presets())}) "
            "or --rules FILE."
        )
    return preset(name)


def rules_from_file(path: Path) -> Ruleset:
    """The rules in a TOML or JSON file, told apart by their content. Raises RulesError with everything wrong."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise RulesError(f"{path.name} is not UTF-8 text; save it as UTF-8 and try again.") from error
    data = _json(path.name, text) if text.lstrip().startswith("{") else _toml(path.name, text)
    return parse_ruleset(default_cascade(data), name=path.stem)


def _json(name: str, text: str) -> dict[str, Any]:
    try:
        data: dict[str, Any] = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise RulesError(f"{name} begins like JSON and is none: {error}") from error
    return data


def _toml(name: str, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise RulesError(f"{name} is neither JSON (it would begin with {{) nor TOML: {error}") from error
