"""What decides the points and the order of a board, as one frozen value with a hash of its own."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from webapp.domain.cascades import ENGINE, CascadeKey, cascade_to_data

CONFIDENCES = ("official", "reported", "community", "house")
TIES = ("id", "shared")

# Says where rules come from, and never moves a row. `lobby_size` only decides which results are accepted, but a board
# that accepted others would be another board, so it counts.
_ABOUT = ("name", "title", "version", "source", "confidence")


@dataclass(frozen=True, slots=True)
class MatchPoint:
    """The match-point rule (01): eligible from `threshold` points, decided at the latest after `cap` matches."""

    threshold: int
    cap: int | None


@dataclass(frozen=True, slots=True)
class Band:
    """`points` for every number from `low` to `high`, both included; `high` None means "and more"."""

    low: int
    high: int | None
    points: int

    def holds(self, number: int) -> bool:
        """Whether `number` lies in the band."""
        return self.low <= number and (self.high is None or number <= self.high)


@dataclass(frozen=True, slots=True)
class Ruleset:
    """The rules of one tournament: points of a match, cascade, and everything else that can change a board.

    `placement_points[0]` belongs to the 1st place; places beyond the table score 0. `kill_bands` give their points for
    having that many kills in a match and replace `points_per_kill`; `points_per_kill_by_placement` replaces it for the
    placements it names. `head_start_by_seed[0]` belongs to seed 1, `head_start` to participants by name. `ties` is `id`
    (1…N) or `shared` (1, 2, 2, 4). `count_best` counts only the best so many matches.
    """

    name: str
    title: str = ""
    version: int = 1
    source: str = ""
    confidence: str = "house"
    points_per_kill: int = 0
    placement_points: tuple[int, ...] = ()
    kill_cap: int | None = None
    kill_bands: tuple[Band, ...] = ()
    points_per_kill_by_placement: tuple[Band, ...] = ()
    match_point: MatchPoint | None = None
    cascade: tuple[CascadeKey, ...] = ENGINE
    ties: str = "id"
    count_best: int | None = None
    head_start_by_seed: tuple[int, ...] = ()
    head_start: Mapping[str, int] = field(default_factory=dict, hash=False)
    lobby_size: int | None = None
    win_points: int = 3
    draw_points: int = 1
    loss_points: int = 0

    @property
    def hash(self) -> str:
        """SHA-256 (hex) of all that can change a board: equal hashes give equal boards from the same results."""
        deciding = {name: value for name, value in self.to_mapping().items() if name not in _ABOUT}
        canonical = json.dumps(deciding, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(canonical.encode("ascii")).hexdigest()

    def to_mapping(self) -> dict[str, Any]:
        """The rules as a JSON-able mapping that parse_ruleset reads back unchanged; absent rules are left out."""
        full: dict[str, Any] = {name: getattr(self, name) for name in self.__dataclass_fields__}
        full |= {
            "placement_points": list(self.placement_points),
            "kill_bands": _bands_to_data(self.kill_bands),
            "points_per_kill_by_placement": _bands_to_data(self.points_per_kill_by_placement),
            "match_point": _match_point_to_data(self.match_point),
            "cascade": cascade_to_data(self.cascade),
            "head_start": list(self.head_start_by_seed) or dict(self.head_start),
        }
        del full["head_start_by_seed"]
        return {name: value for name, value in full.items() if value not in (None, [], {})}


def _bands_to_data(bands: tuple[Band, ...]) -> list[dict[str, int]]:
    return [
        {"low": band.low, "points": band.points} | ({} if band.high is None else {"high": band.high}) for band in bands
    ]


def _match_point_to_data(rule: MatchPoint | None) -> dict[str, int] | None:
    if rule is None:
        return None
    return {"threshold": rule.threshold} | ({} if rule.cap is None else {"cap": rule.cap})
