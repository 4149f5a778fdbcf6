"""What an import will write, worked out and checked from the file and the settings before anything is written."""

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson

from webapp.domain.errors import FieldError, ResultError, RulesError
from webapp.domain.games import Game
from webapp.domain.games import game as find_game
from webapp.domain.names import UnusableNameError, clean_name, quoted
from webapp.domain.parsed_results import ParsedResults
from webapp.domain.results_checks import scored_input
from webapp.domain.results_csv import read_results_csv
from webapp.domain.rules import Ruleset
from webapp.domain.scoring import BattleRoyaleLine, ScoredLine, score_match
from webapp.domain.seasons import SEASON_SLUG

Progress = Callable[[float], None]
"""Takes the share of the work that is done, from 0 to 1."""

LONGEST_TOURNAMENT_NAME: Final = 120
READING_SHARE: Final = 0.25
"""How much of an import is reading and scoring the file; the rest is writing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportSettings:
    """Under which settings a file is taken."""

    game: Game
    name: str
    ruleset: Ruleset
    organizer_id: int | None
    season: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPlan:
    """A file ready to be written.

    `lines` and `scored` hold one list a match of `parsed.matches`; their participant ids are indices into
    `parsed.participants`. `head_starts` are points by such an index. The fingerprint is that of the results themselves
    and of every setting, however the file was written.
    """

    settings: ImportSettings
    parsed: ParsedResults
    lines: list[list[BattleRoyaleLine]]
    scored: list[list[ScoredLine]]
    head_starts: Mapping[int, int]
    fingerprint: str
    warnings: tuple[FieldError, ...]


def checked_settings(
    *, game: str, name: str, ruleset: Ruleset, organizer_id: int | None, season: str | None
) -> ImportSettings:
    """The settings, once each of them can be used. Raises NotFound for an unknown game, ResultError for the rest."""
    found_game = find_game(game)
    problems: list[FieldError] = []
    cleaned = ""
    try:
        cleaned = clean_name(name, limit=LONGEST_TOURNAMENT_NAME)
        if not cleaned:
            problems.append(FieldError("name", "is empty; give the tournament a name"))
    except UnusableNameError as error:
        problems.append(FieldError("name", str(error)))
    if season is not None and not SEASON_SLUG.fullmatch(season):
        wanted = "write up to 40 letters, digits, _ . or -, such as 2025_S1"
        problems.append(FieldError("season", f"{quoted(season)} cannot name a season; {wanted}"))
    if problems:
        raise ResultError.listing("The file cannot be imported so", problems)
    return ImportSettings(game=found_game, name=cleaned, ruleset=ruleset, organizer_id=organizer_id, season=season)


def planned(raw: bytes, settings: ImportSettings, progress: Progress) -> ImportPlan:
    """Read, check and score the file. Raises ResultError or RulesError with everything that is wrong."""
    game, ruleset = settings.game, settings.ruleset
    parsed = read_results_csv(
        raw, lobby_size=ruleset.lobby_size, side_size=game.players_max, are_handles=game.side == "solo"
    )
    progress(READING_SHARE / 2)
    lines = _lines_by_match(parsed)
    scored = [score_match(match_lines, ruleset) for match_lines in lines]
    progress(READING_SHARE)
    return ImportPlan(
        settings=settings,
        parsed=parsed,
        lines=lines,
        scored=scored,
        head_starts=_head_starts(parsed, ruleset),
        fingerprint=_fingerprint(parsed, _about(settings)),
        warnings=(*parsed.warnings, *_rule_warnings(parsed, lines, settings)),
    )


def planned_into(
    raw: bytes, settings: ImportSettings, *, tournament_id: int, roster: Collection[str], adds_participants: bool
) -> ImportPlan:
    """Like `planned`, for a tournament that is there, whose participants are `roster`; head starts are not the file's.

    Unknown participants are wrong lines, unless they are to be added.
    """
    game, ruleset = settings.game, settings.ruleset
    parsed = read_results_csv(
        raw, roster=roster, is_open=adds_participants, lobby_size=ruleset.lobby_size, side_size=game.players_max,
        are_handles=game.side == "solo",
    )  # fmt: skip
    lines = _lines_by_match(parsed)
    return ImportPlan(
        settings=settings,
        parsed=parsed,
        lines=lines,
        scored=[score_match(match_lines, ruleset) for match_lines in lines],
        head_starts={},
        fingerprint=_fingerprint(parsed, {"tournament": tournament_id}),
        warnings=parsed.warnings,
    )


def only_matches(plan: ImportPlan, kept: Sequence[int]) -> ImportPlan:
    """The plan with only those matches of it, by their indices in rising order."""
    place_of = {match: place for place, match in enumerate(kept)}
    parsed = replace(
        plan.parsed,
        matches=tuple(plan.parsed.matches[match] for match in kept),
        lines=tuple(line._replace(match=place_of[line.match]) for line in plan.parsed.lines if line.match in place_of),
    )
    return replace(
        plan,
        parsed=parsed,
        lines=[plan.lines[match] for match in kept],
        scored=[plan.scored[match] for match in kept],
    )


def _lines_by_match(parsed: ParsedResults) -> list[list[BattleRoyaleLine]]:
    lines: list[list[BattleRoyaleLine]] = [[] for _ in parsed.matches]
    for line in parsed.lines:
        lines[line.match].append(scored_input(line, line.participant))
    return lines


def _head_starts(parsed: ParsedResults, ruleset: Ruleset) -> dict[int, int]:
    if ruleset.head_start_by_seed:
        wanted = "a file of results has no seeds; give head starts by name, such as {Alpha = 10}"
        raise RulesError.listing("The rules do not fit an import", [FieldError("head_start", wanted)])
    index_of = {participant.name: index for index, participant in enumerate(parsed.participants)}
    unknown = [
        FieldError(f"head_start.{name}", "nobody of this name is in the file")
        for name in ruleset.head_start
        if name not in index_of
    ]
    if unknown:
        raise RulesError.listing("The rules do not fit the file", unknown)
    return {index_of[name]: points for name, points in ruleset.head_start.items() if points}


def _rule_warnings(
    parsed: ParsedResults, lines: list[list[BattleRoyaleLine]], settings: ImportSettings
) -> list[FieldError]:
    warnings = []
    sides = settings.game.lobby_sides
    full = [
        match for match, match_lines in zip(parsed.matches, lines, strict=True) if sides and len(match_lines) > sides
    ]
    if full and not settings.ruleset.lobby_size:
        more = f" and {len(full) - 1} more" if len(full) > 1 else ""
        warnings.append(
            FieldError(
                f"match {quoted(full[0].label)}{more}",
                f"more than the {sides} that a {settings.game.title} lobby holds",
            )
        )
    if any(key.name == "seed" for key in settings.ruleset.cascade):
        warnings.append(FieldError("cascade", "a file of results has no seeds, so the key seed settles nothing"))
    return warnings


def _about(settings: ImportSettings) -> dict[str, Any]:
    return {
        "game": settings.game.slug,
        "name": settings.name,
        "season": settings.season,
        "organizer": settings.organizer_id,
        "rules": settings.ruleset.hash,
    }


def _fingerprint(parsed: ParsedResults, about: Mapping[str, Any]) -> str:
    content = {
        **about,
        "matches": [(match.label, match.map, match.completed_at) for match in parsed.matches],
        "participants": [participant.name for participant in parsed.participants],
        "lines": [line[1:] for line in parsed.lines],
    }
    return hashlib.sha256(orjson.dumps(content)).hexdigest()
