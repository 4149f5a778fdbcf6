"""How a format is played: what `tournaments.bracket`, `stages.settings` and `tournaments.best_of_by_round` hold."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from webapp.domain.brackets.rounds import NAMES, names_of
from webapp.domain.brackets.structure import Bracket
from webapp.domain.errors import BracketError, FieldError

KNOCK_OUTS: Final = ("single-elimination", "double-elimination")
LEAGUES: Final = ("round-robin", "swiss")
PAIRINGS: Final = ("halves", "high-low", "major")
_MOST: Final = 1024
_ROUND: Final = re.compile(r"[WLSR][1-9]\d?|GF2?|3RD")


@dataclass(frozen=True, slots=True)
class BracketSettings:
    """The settings of a stage; those of other formats stay as they are here."""

    third_place: bool = False
    """Single elimination: the losers of the semi-finals meet."""
    reset: bool = True
    """Double elimination: a grand final that the one from the winners' side loses is played again."""
    in_losers: int = 0
    """Double elimination: so many of the last seeds begin with a loss."""
    legs: int = 1
    """Round robin: how often two meet."""
    groups: int = 1
    rounds: int | None = None
    """Swiss; None for as many as its field needs."""
    pairing: str = "halves"
    """Swiss: within a score group the upper half meets the lower one, or the first the last; as the Majors do it the
    first round is by halves and the others are of the first against the last."""
    wins_out: int | None = None
    """Swiss: who has won or lost so often plays on no more."""
    losses_out: int | None = None
    advance: int | None = None
    """How many go on to the next stage: of every group, or of the Swiss."""
    then: "BracketSettings | None" = None
    then_format: str | None = None
    """The knock-out that follows groups or a Swiss."""

    def to_mapping(self) -> dict[str, Any]:
        """As it is stored; what is as usual is left out. `parse_settings` reads it back."""
        usual = BracketSettings()
        stored = {
            field.name: getattr(self, field.name)
            for field in fields(self)
            if getattr(self, field.name) != getattr(usual, field.name)
        }
        if self.then is not None:
            stored["then"] = {"format": stored.pop("then_format"), **self.then.to_mapping()}
        return stored


def parse_settings(data: Mapping[str, Any], format: str) -> BracketSettings:  # noqa: A002  (the field's name everywhere)
    """The settings of a stage of that format. Raises BracketError naming every wrong one (`bracket.legs`)."""
    errors = list(_errors(data, format, "bracket"))
    if errors:
        raise BracketError.listing("The settings of the bracket cannot be used", errors)
    then = data.get("then")
    if then is None:
        return BracketSettings(**data)
    own = {name: value for name, value in then.items() if name != "format"}
    return BracketSettings(**{**data, "then": parse_settings(own, then["format"]), "then_format": str(then["format"])})


def best_of_by_node(by_round: Mapping[str, int], bracket: Bracket, *, default: int = 1) -> dict[str, int]:
    """The best of of every node: what is said most exactly of its round counts (`rounds.names_of`), then `default`."""
    usual = by_round.get("default", default)
    return {
        key: next((by_round[name] for name in names if name in by_round), usual)
        for key, names in names_of(bracket).items()
    }


def best_of_errors(by_round: Mapping[str, Any], allowed: Collection[int]) -> Iterator[FieldError]:
    """What is wrong with `best_of_by_round` of a game that knows series of these lengths."""
    for name, best_of in by_round.items():
        if name not in NAMES and not _ROUND.fullmatch(name):
            yield FieldError(f"best_of_by_round.{name}", f"is no round; name one of {', '.join(NAMES)}, or W1, L2 …")
        elif best_of not in allowed:
            message = f"must be one of {', '.join(map(str, allowed))}, not {best_of!r}"
            yield FieldError(f"best_of_by_round.{name}", message)


def _flag(value: object) -> str | None:
    return None if isinstance(value, bool) else "must be true or false"


def _whole(least: int, most: int = _MOST, *, or_none: bool = False) -> Any:
    def check(value: object) -> str | None:
        if or_none and value is None:
            return None
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return None
        return f"must be a whole number from {least} to {most}"

    return check


def _pairing(value: object) -> str | None:
    return None if value in PAIRINGS else f"must be one of {', '.join(PAIRINGS)}"


_CHECKS: Final[Mapping[str, Mapping[str, Any]]] = {
    "single-elimination": {"third_place": _flag},
    "double-elimination": {"reset": _flag, "in_losers": _whole(0)},
    "round-robin": {"legs": _whole(1, 2), "groups": _whole(1, 32), "advance": _whole(1, or_none=True)},
    "swiss": {
        "rounds": _whole(1, 32, or_none=True),
        "pairing": _pairing,
        "wins_out": _whole(1, 32, or_none=True),
        "losses_out": _whole(1, 32, or_none=True),
        "advance": _whole(1, or_none=True),
    },
    # A lobby of many has no bracket.
    "battle-royale": {},
}


def _errors(data: Mapping[str, Any], format: str, path: str) -> Iterator[FieldError]:  # noqa: A002  (as above)
    checks = _CHECKS[format]
    for name, value in data.items():
        if name == "then" and format in LEAGUES:
            continue
        if name not in checks:
            yield FieldError(f"{path}.{name}", f"is no setting of {format}")
        elif problem := checks[name](value):
            yield FieldError(f"{path}.{name}", problem)
    if format in LEAGUES:
        yield from _then_errors(data, path)


def _then_errors(data: Mapping[str, Any], path: str) -> Iterator[FieldError]:
    then = data.get("then")
    if then is None:
        return
    if not isinstance(then, Mapping) or then.get("format") not in KNOCK_OUTS:
        yield FieldError(f"{path}.then.format", f"must be one of {', '.join(KNOCK_OUTS)}")
        return
    if data.get("advance") is None:
        yield FieldError(f"{path}.advance", "must say how many go on to the next stage")
    own = {name: value for name, value in then.items() if name != "format"}
    yield from _errors(own, then["format"], f"{path}.then")
