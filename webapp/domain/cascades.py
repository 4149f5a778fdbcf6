"""Cascades: the keys that order a board, one after the other, as data.

The participant's id always comes last and is never written down here, so that an order is total and the same
everywhere.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any

from webapp.domain.errors import FieldError, RulesError

LAST_KEY = "participant_id"


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """What is known of a key: its natural direction, the scale of its numbers (100 = hundredths), and its habits.

    `among_tied_default`: compares only the tied with each other unless told otherwise. `among_tied_possible`: can be
    counted over the matches of the tied alone (a seed or a lot cannot). `label` is what people read.
    """

    name: str
    ascending: bool
    scale: int
    among_tied_default: bool
    among_tied_possible: bool
    label: str


@dataclass(frozen=True, slots=True)
class CascadeKey:
    """One step of a cascade.

    `among_tied`: counted over the matches between those whom the keys before left tied. `restart`: after this key has
    split a group, what is left of it starts again at the first key.
    """

    name: str
    ascending: bool
    among_tied: bool = False
    restart: bool = False


_DESCENDING = (
    ("points", 1, "points"),
    ("kills", 1, "kills"),
    ("wins", 1, "wins"),
    ("placement_points", 1, "placement points"),
    ("kill_points", 1, "kill points"),
    ("score_difference", 1, "score difference"),
    ("score_for", 1, "score"),
    ("games_won", 1, "games won"),
    ("head_to_head", 1, "head to head"),
    ("buchholz", 100, "Buchholz"),
    ("buchholz_difference", 1, "opponents' wins minus losses"),
    ("sonneborn_berger", 100, "Sonneborn-Berger"),
    ("avg_kills", 100, "average kills"),
    ("time_alive_s", 1, "time alive"),
    ("countback", 1, "best single matches"),
)
_ASCENDING = (
    ("losses", 1, "fewer losses"),
    ("matches_played", 1, "fewer matches"),
    ("best_placement", 1, "best placement"),
    ("avg_placement", 100, "average placement"),
    ("last_match_placement", 1, "placement in the last match"),
    ("last_completed_at", 1, "points reached earlier"),
    ("earliest_win_at", 1, "earliest win"),
    ("seed", 1, "seed"),
    ("lot", 1, "drawn lot"),
)
# Given from outside the results: no set of matches changes them.
_NOT_OF_RESULTS = frozenset({"seed", "lot"})


def _key_infos() -> dict[str, KeyInfo]:
    known = [(*row, False) for row in _DESCENDING] + [(*row, True) for row in _ASCENDING]
    return {
        name: KeyInfo(name, ascending, scale, name == "head_to_head", name not in _NOT_OF_RESULTS, label)
        for name, scale, label, ascending in known
    }


KEYS: Mapping[str, KeyInfo] = MappingProxyType(_key_infos())


def _natural(*names: str) -> tuple[CascadeKey, ...]:
    return tuple(CascadeKey(name, KEYS[name].ascending, KEYS[name].among_tied_default) for name in names)


CASCADES: Mapping[str, tuple[CascadeKey, ...]] = MappingProxyType(
    {
        "engine": _natural("points", "kills", "wins", "matches_played", "earliest_win_at"),
        "service": _natural("points", "wins", "matches_played", "earliest_win_at"),
        "battle-royale": _natural("points", "kills", "best_placement", "last_completed_at"),
        # PMWC 2024, as reported.
        "pubgm": _natural("points", "wins", "placement_points", "kill_points", "last_match_placement"),
    }
)
ENGINE = CASCADES["engine"]

_DIRECTIONS = {"asc": True, "ascending": True, "desc": False, "descending": False}
_AMONG = {"tied": True, "all": False}
_ENTRY_KEYS = ("key", "direction", "among", "restart")


class _EntryError(Exception):
    """One wrong entry; collected by parse_cascade, never seen outside."""


def parse_cascade(value: object, *, path: str = "cascade") -> tuple[CascadeKey, ...]:
    """The cascade that `value` describes, without the participant's id.

    Takes a cascade's name, or a list whose entries are `points`, `points:desc`, `-points` (descending), `+losses`
    (ascending) or `{"key": ..., "direction": "asc"|"desc", "among": "tied"|"all", "restart": bool}`. Raises RulesError
    with every wrong entry; paths start with `path`.
    """
    if isinstance(value, str):
        return _named(value, path)
    if not isinstance(value, Sequence) or isinstance(value, bytes):
        raise _error([FieldError(path, f"a cascade's name ({', '.join(CASCADES)}) or a list of keys, not {value!r}")])
    keys, errors = _entries(value, path)
    if not errors and not keys:
        errors.append(FieldError(path, f"at least one key before {LAST_KEY}, such as points"))
    if errors:
        raise _error(errors)
    return tuple(keys)


def cascade_to_data(cascade: Sequence[CascadeKey]) -> list[str | dict[str, Any]]:
    """The cascade as JSON-able entries that parse_cascade reads back unchanged."""
    return [_entry_to_data(key) for key in cascade]


def _entry_to_data(key: CascadeKey) -> str | dict[str, Any]:
    direction = "asc" if key.ascending else "desc"
    if not key.restart and key.among_tied == KEYS[key.name].among_tied_default:
        return f"{key.name}:{direction}"
    among = "tied" if key.among_tied else "all"
    return {"key": key.name, "direction": direction, "among": among, "restart": key.restart}


def _error(errors: Sequence[FieldError]) -> RulesError:
    return RulesError.listing("The cascade cannot be used", errors)


def _named(name: str, path: str) -> tuple[CascadeKey, ...]:
    if name in CASCADES:
        return CASCADES[name]
    known = ", ".join(CASCADES)
    raise _error([FieldError(path, f"unknown cascade {name!r}{_guess(name, CASCADES)}; known cascades: {known}")])


def _guess(name: str, known: Mapping[str, Any]) -> str:
    close = get_close_matches(name, list(known), n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def _entries(value: Sequence[object], path: str) -> tuple[list[CascadeKey], list[FieldError]]:
    keys: list[CascadeKey] = []
    errors: list[FieldError] = []
    seen: set[str] = set()
    for index, entry in enumerate(value):
        try:
            key = _entry(entry)
            _check_place(key, seen, is_last=index == len(value) - 1)
        except _EntryError as refusal:
            errors.append(FieldError(f"{path}[{index}]", str(refusal)))
            continue
        seen.add(_identity(key))
        if key.name != LAST_KEY:
            keys.append(key)
    return keys, errors


def _identity(key: CascadeKey) -> str:
    """Points over all matches and points among the tied are two different keys."""
    return f"{key.name} among the tied" if key.among_tied else key.name


def _check_place(key: CascadeKey, seen: set[str], *, is_last: bool) -> None:
    if key.name == LAST_KEY and not (is_last and key.ascending):
        raise _EntryError(f"{LAST_KEY} settles everything, so it can only come last and ascending")
    if _identity(key) in seen:
        raise _EntryError(f"{_identity(key)!r} is there twice; a key can decide only once")


def _entry(entry: object) -> CascadeKey:
    if isinstance(entry, str):
        return _from_text(entry)
    if isinstance(entry, Mapping):
        return _from_mapping(entry)
    raise _EntryError(f"a key's name or a table with {', '.join(_ENTRY_KEYS)}, not {entry!r}")


def _from_text(text: str) -> CascadeKey:
    stripped = text.strip()
    sign = stripped[:1] if stripped[:1] in "+-" else ""
    name, colon, direction = stripped[len(sign) :].partition(":")
    if sign and colon:
        raise _EntryError(f"{text!r} gives its direction twice; write {name!r}, '-{name}' or '{name}:desc'")
    if sign:
        direction = "desc" if sign == "-" else "asc"
    elif not colon:
        return _key(name, None)
    return _key(name, direction)


def _from_mapping(entry: Mapping[Any, Any]) -> CascadeKey:
    unknown = [str(name) for name in entry if name not in _ENTRY_KEYS]
    if unknown:
        raise _EntryError(f"unknown setting {unknown[0]!r}; a key may have {', '.join(_ENTRY_KEYS)}")
    if not isinstance(entry.get("key"), str):
        raise _EntryError("'key' must name one of the known keys")
    restart = entry.get("restart", False)
    if not isinstance(restart, bool):
        raise _EntryError(f"'restart' must be true or false, not {restart!r}")
    return _key(entry["key"], entry.get("direction"), entry.get("among"), restart=restart)


def _key(name: str, direction: object, among: object = None, *, restart: bool = False) -> CascadeKey:
    if name == LAST_KEY:
        return CascadeKey(LAST_KEY, ascending=direction is None or _DIRECTIONS.get(str(direction), False))
    info = KEYS.get(name)
    if info is None:
        raise _EntryError(f"unknown key {name!r}{_guess(name, KEYS)}; known keys: {', '.join(KEYS)}")
    ascending = info.ascending if direction is None else _choice("direction", direction, _DIRECTIONS)
    among_tied = info.among_tied_default if among is None else _choice("among", among, _AMONG)
    if among_tied and not info.among_tied_possible:
        raise _EntryError(f"{name!r} does not come from matches, so it cannot be counted among the tied")
    if info.among_tied_default and not among_tied:
        raise _EntryError(f"{name!r} compares the tied with each other; 'among' can only be 'tied'")
    return CascadeKey(name, ascending, among_tied, restart)


def _choice(setting: str, value: object, choices: Mapping[str, bool]) -> bool:
    if isinstance(value, str) and value in choices:
        return choices[value]
    raise _EntryError(f"{setting!r} must be {' or '.join(choices)}, not {value!r}")
