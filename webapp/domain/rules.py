"""Rules of a tournament from data: a preset, a tournament's own settings, or a `--rules` file (TOML or JSON)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from webapp.domain import ruleset_values as values
from webapp.domain.cascades import ENGINE, CascadeKey, parse_cascade
from webapp.domain.data_files import preset_files
from webapp.domain.errors import RulesError
from webapp.domain.ruleset import CONFIDENCES, TIES, Band, MatchPoint, Ruleset
from webapp.domain.ruleset_values import Problems

__all__ = ["SETTINGS", "Band", "CascadeKey", "MatchPoint", "Ruleset", "names_cascade", "parse_ruleset"]

SETTINGS = (
    "name",
    "title",
    "version",
    "source",
    "confidence",
    "extends",
    "points_per_kill",
    "placement_points",
    "kill_cap",
    "kill_bands",
    "points_per_kill_by_placement",
    "match_point",
    "cascade",
    "restart",
    "ties",
    "count_best",
    "head_start",
    "lobby_size",
    "win_points",
    "draw_points",
    "loss_points",
)
# Rules about rules: an extended preset is no longer what its source says it is.
_NOT_INHERITED = ("name", "title", "version", "source", "confidence")


def names_cascade(data: Mapping[str, Any]) -> bool:
    """Whether rules given as data bring a cascade, of their own or by the preset that they extend."""
    base = preset_files().get(str(data.get("extends")), {})
    return (data["cascade"] if "cascade" in data else base.get("cascade")) is not None


def parse_ruleset(data: Mapping[str, Any], *, name: str = "custom") -> Ruleset:
    """The rules that `data` describes; what it does not name keeps its default (nothing scores, cascade `engine`).

    `extends = "algs"` starts from a preset; a setting of None takes an inherited one away. Raises RulesError listing
    every problem with its path and what would be right.
    """
    if not isinstance(data, Mapping):
        raise RulesError("Rules must be a table of settings such as points_per_kill and placement_points")
    problems = Problems()
    values.unknown_keys(data, SETTINGS, "", problems)
    settings = _extended(data, problems)
    rules = _read(settings, settings.get("name", name), problems)
    _check_kill_rules(settings, problems)
    if problems:
        raise RulesError.listing("The rules cannot be used", problems)
    return rules


def _extended(data: Mapping[str, Any], problems: Problems) -> dict[str, Any]:
    given = {key: value for key, value in data.items() if key != "extends"}
    base_name = data.get("extends")
    if base_name is None:
        return _present(given)
    presets = preset_files()
    if not isinstance(base_name, str) or base_name not in presets:
        guess = values.did_you_mean(str(base_name), presets)
        problems.add("extends", f"unknown preset {base_name!r}{guess}; known presets: {', '.join(presets)}")
        return _present(given)
    base = presets[base_name]
    inherited = {key: value for key, value in base.items() if key not in _NOT_INHERITED}
    about = {"title": f"{base['title']}, changed", "source": f"preset {base_name}, version {base['version']}, changed"}
    return _present(inherited | about | given)


def _present(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in settings.items() if value is not None}


def _read(settings: Mapping[str, Any], name: object, problems: Problems) -> Ruleset:
    rules = Ruleset(name=values.text(name, "name", problems), cascade=_cascade(settings, problems))
    rules = replace(rules, **_numbers(settings, problems), **_tables(settings, problems))
    return replace(rules, **_about(settings, problems))


def _about(settings: Mapping[str, Any], problems: Problems) -> dict[str, Any]:
    choices = {"title": (), "source": (), "confidence": CONFIDENCES, "ties": TIES}
    return {
        key: values.text(settings[key], key, problems, allowed) for key, allowed in choices.items() if key in settings
    }


def _numbers(settings: Mapping[str, Any], problems: Problems) -> dict[str, Any]:
    least = {
        "version": 1,
        "points_per_kill": 0,
        "kill_cap": 1,
        "count_best": 1,
        "lobby_size": 1,
        "win_points": 0,
        "draw_points": 0,
        "loss_points": 0,
    }
    return {
        key: values.whole_number(settings[key], key, problems, least=low)
        for key, low in least.items()
        if key in settings
    }


def _tables(settings: Mapping[str, Any], problems: Problems) -> dict[str, Any]:
    read: dict[str, Any] = {"match_point": values.match_point(settings.get("match_point"), "match_point", problems)}
    if "placement_points" in settings:
        read["placement_points"] = values.placement_table(settings["placement_points"], "placement_points", problems)
    for key, least in (("kill_bands", 0), ("points_per_kill_by_placement", 1)):
        if key in settings:
            read[key] = values.bands(settings[key], key, problems, least=least)
    head_start = settings.get("head_start", {})
    if isinstance(head_start, Mapping):
        read["head_start"] = values.points_by_name(head_start, "head_start", problems)
    else:
        read["head_start_by_seed"] = values.numbers(head_start, "head_start", problems)
    return read


def _cascade(settings: Mapping[str, Any], problems: Problems) -> tuple[CascadeKey, ...]:
    restart = values.truth(settings.get("restart", False), "restart", problems)
    try:
        cascade = parse_cascade(settings["cascade"]) if "cascade" in settings else ENGINE
    except RulesError as refusal:
        problems.extend(refusal.fields)
        return ENGINE
    return tuple(replace(key, restart=key.restart or key.among_tied) for key in cascade) if restart else cascade


def _check_kill_rules(settings: Mapping[str, Any], problems: Problems) -> None:
    if settings.get("kill_bands") and settings.get("points_per_kill_by_placement"):
        problems.add("kill_bands", "replace points per kill, so give either kill_bands or points_per_kill_by_placement")
