"""What is known of a game, as frozen values; titles and ids are data of the files beside this module."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class IdAlias:
    r"""Another spelling of a player id: what matches `pattern` is rewritten to `becomes` (with `\1`, `\2` …)."""

    pattern: str
    becomes: str


@dataclass(frozen=True, slots=True)
class PlayerIdRule:
    """How a player is named in the game.

    `pattern` must match the whole id; its group `identity`, if there is one, is the part that tells two players apart.
    `form` says the right form in words, `example` shows it.
    """

    name: str
    pattern: str
    form: str
    example: str
    case_sensitive: bool = True
    aliases: tuple[IdAlias, ...] = ()


@dataclass(frozen=True, slots=True)
class ScoreRule:
    """A game is won with `win_at` and a lead of `win_by`; an overtime ends with a lead of `lead_most` at most."""

    win_at: int
    win_by: int
    lead_most: int | None = None


@dataclass(frozen=True, slots=True)
class Game:
    """The rules of one game (spec 01).

    `side` is `team` or `solo`, `result_kind` one of `battle_royale`, `rounds`, `goals`, `games`. `best_of` is empty in
    a battle royale. `draws`: a game of a league may end even. `draft` names a draft order, `preset` the points of
    battle-royale tournaments that name none, `lobby_sides` how many sides a lobby holds (more is a warning).
    """

    slug: str
    title: str
    side: str
    players_min: int
    players_max: int
    substitutes: int
    player_id: PlayerIdRule
    result_kind: str
    unit: str
    best_of: tuple[int, ...]
    draws: bool
    score: ScoreRule | None
    draft: str | None
    preset: str | None
    lobby_sides: int | None
    cascade: str

    @property
    def is_battle_royale(self) -> bool:
        """Whether many sides meet in one match, each with a placement and kills."""
        return self.result_kind == "battle_royale"

    def to_mapping(self) -> dict[str, Any]:
        """The game in the form of its file (JSON-able), which game_from reads back to an equal Game."""
        data: dict[str, Any] = {
            "slug": self.slug,
            "title": self.title,
            "side": self.side,
            "players": {"min": self.players_min, "max": self.players_max, "substitutes": self.substitutes},
            "player_id": _player_id_to_data(self.player_id),
            "result": _result_to_data(self),
            "cascade": self.cascade,
        }
        if self.draft:
            data["draft"] = self.draft
        if self.preset and self.lobby_sides:
            data["battle_royale"] = {"preset": self.preset, "lobby_sides": self.lobby_sides}
        return data


def game_from(data: Mapping[str, Any]) -> Game:
    """The game that `data` describes, which must have passed the schema and the checks of the loader."""
    players, result, royale = data["players"], data["result"], data.get("battle_royale", {})
    return Game(
        slug=data["slug"],
        title=data["title"],
        side=data["side"],
        players_min=players["min"],
        players_max=players["max"],
        substitutes=players.get("substitutes", 0),
        player_id=_player_id(data["player_id"]),
        result_kind=result["kind"],
        unit=result.get("unit", "game"),
        best_of=tuple(sorted(result.get("best_of", ()))),
        draws=result.get("draws", False),
        score=ScoreRule(**result["score"]) if "score" in result else None,
        draft=data.get("draft"),
        preset=royale.get("preset"),
        lobby_sides=royale.get("lobby_sides"),
        cascade=data["cascade"],
    )


def _player_id(data: Mapping[str, Any]) -> PlayerIdRule:
    aliases = tuple(IdAlias(alias["pattern"], alias["becomes"]) for alias in data.get("aliases", ()))
    plain = {key: value for key, value in data.items() if key != "aliases"}
    return PlayerIdRule(**plain, aliases=aliases)


def _player_id_to_data(rule: PlayerIdRule) -> dict[str, Any]:
    return {
        "name": rule.name,
        "pattern": rule.pattern,
        "form": rule.form,
        "example": rule.example,
        "case_sensitive": rule.case_sensitive,
        "aliases": [{"pattern": alias.pattern, "becomes": alias.becomes} for alias in rule.aliases],
    }


def _result_to_data(game: Game) -> dict[str, Any]:
    data: dict[str, Any] = {"kind": game.result_kind, "unit": game.unit, "draws": game.draws}
    if game.best_of:
        data["best_of"] = list(game.best_of)
    if game.score:
        score = {"win_at": game.score.win_at, "win_by": game.score.win_by}
        data["score"] = score if game.score.lead_most is None else score | {"lead_most": game.score.lead_most}
    return data
