import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from webapp.domain.cascades import CASCADES
from webapp.domain.drafts import load_draft_orders
from webapp.domain.errors import NotFound, RulesError
from webapp.domain.games import Game, game, game_schema, load_games, merge_game, read_games
from webapp.domain.presets import load_presets

GAMES = {
    # slug: title, side, players, substitutes, kind of result
    "codm": ("Call of Duty: Mobile", "team", 5, 0, "games"),
    "cs2": ("Counter-Strike 2", "team", 5, 0, "rounds"),
    "dota2": ("Dota 2", "team", 5, 0, "games"),
    "efootball": ("eFootball", "solo", 1, 0, "goals"),
    "fc26": ("EA Sports FC 26", "solo", 1, 0, "goals"),
    "freefire": ("Free Fire", "team", 4, 0, "battle_royale"),
    "mlbb": ("Mobile Legends", "team", 5, 0, "games"),
    "pubgm": ("PUBG Mobile", "team", 4, 0, "battle_royale"),
    "valorant": ("Valorant", "team", 5, 2, "rounds"),
}


def test_the_nine_games_are_those_of_the_specification() -> None:
    shown = {
        slug: (found.title, found.side, found.players_max, found.substitutes, found.result_kind)
        for slug, found in load_games().items()
    }
    assert shown == GAMES
    assert all(found.players_min == found.players_max for found in load_games().values())


def test_rules_of_results_are_data() -> None:
    games = load_games().values()
    assert {found.slug for found in games if found.draws} == {"efootball", "fc26"}
    assert {found.slug: (found.score.win_at, found.score.win_by) for found in games if found.score} == {
        "cs2": (13, 2), "valorant": (13, 2),
    }  # fmt: skip
    assert {found.slug: found.draft for found in games if found.draft} == {
        "dota2": "dota2-captains-mode", "mlbb": "mlbb-draft-mode",
    }  # fmt: skip
    assert {found.slug: found.preset for found in games if found.preset} == {
        "freefire": "blueprint",
        "pubgm": "blueprint",
    }
    assert all(found.best_of == (() if found.is_battle_royale else (1, 3, 5, 7)) for found in games)


def test_every_name_in_a_game_exists() -> None:
    for found in load_games().values():
        assert found.cascade in CASCADES
        assert found.draft is None or found.draft in load_draft_orders()
        assert found.preset is None or found.preset in load_presets()


def test_the_schema_is_valid_and_describes_every_game() -> None:
    schema = game_schema()
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    for found in load_games().values():
        Draft202012Validator(schema).validate(json.loads(json.dumps(found.to_mapping())))


def test_the_schema_handed_out_is_a_copy() -> None:
    game_schema()["properties"].clear()
    assert game_schema()["properties"]


def test_an_unknown_game_is_refused_with_the_known_ones() -> None:
    with pytest.raises(NotFound) as caught:
        game("chess")
    known = "codm, cs2, dota2, efootball, fc26, freefire, mlbb, pubgm, valorant"
    assert caught.value.message == f"Unknown game 'chess'; known games: {known}"


@pytest.mark.parametrize("found", load_games().values(), ids=lambda found: found.slug)
def test_a_game_without_changes_is_itself(found: Game) -> None:
    assert merge_game(found, {}) == found


def test_a_change_is_laid_over_deeply() -> None:
    older = merge_game(game("cs2"), {"title": "CS (MR15)", "result": {"score": {"win_at": 16}, "best_of": [3, 1]}})
    assert (older.title, older.best_of, older.score) == ("CS (MR15)", (1, 3), older.score)
    assert older.score is not None
    assert (older.score.win_at, older.score.win_by) == (16, 2)
    assert older.player_id == game("cs2").player_id


def test_a_setting_of_nothing_is_taken_away() -> None:
    assert merge_game(game("dota2"), {"draft": None}).draft is None


@pytest.mark.parametrize(
    ("slug", "override", "path", "message"),
    [
        ("valorant", {"players": {"max": 3}}, "players.min", "must not exceed players.max, which is 3"),
        ("valorant", {"players": {"max": "5"}}, "players.max", "'5' is not of type 'integer'"),
        ("valorant", {"players": {"min": 0}}, "players.min", "0 is less than the minimum of 1"),
        ("valorant", {"colour": "red"}, "", "'colour' was unexpected"),
        ("valorant", {"slug": "csgo"}, "slug", "must stay 'valorant'"),
        ("valorant", {"slug": None}, "slug", "must stay 'valorant'"),
        ("valorant", {"title": None}, "", "'title' is a required property"),
        ("valorant", {"side": "duo"}, "side", "must be one of team, solo, not 'duo'"),
        ("valorant", {"result": {"best_of": [2]}}, "result.best_of.0", "must be one of 1, 3, 5, 7, not 2"),
        ("valorant", {"result": {"best_of": []}}, "result.best_of", "[] should be non-empty"),
        ("valorant", {"battle_royale": {"preset": "super", "lobby_sides": 16}}, "battle_royale", "has no place in a game of this kind"),
        ("freefire", {"draft": "mlbb-draft-mode"}, "draft", "has no place in a game of this kind"),
        ("freefire", {"battle_royale": None}, "", "'battle_royale' is a required property"),
        ("freefire", {"battle_royale": {"preset": "supper"}}, "battle_royale.preset", "unknown name 'supper'; known: algs"),
        ("valorant", {"cascade": "best"}, "cascade", "unknown name 'best'; known: engine, service, battle-royale, pubgm"),
        ("dota2", {"draft": "all-pick"}, "draft", "unknown name 'all-pick'; known: dota2-captains-mode, mlbb-draft-mode"),
        ("efootball", {"players": {"max": 2}}, "players.max", "must be 1 where single players register"),
        ("valorant", {"player_id": {"pattern": "("}}, "player_id.pattern", "is not a regular expression"),
        ("valorant", {"player_id": {"example": "nobody"}}, "player_id.example", "must match the pattern, but 'nobody' does not"),
        ("mlbb", {"player_id": {"aliases": [{"pattern": "(", "becomes": "x"}]}}, "player_id.aliases.0", "cannot be used"),
        ("mlbb", {"player_id": {"aliases": [{"pattern": "x", "becomes": "\\2"}]}}, "player_id.aliases.0", "cannot be used"),
    ],
)  # fmt: skip
def test_a_change_that_breaks_the_game_is_refused(slug: str, override: dict[str, Any], path: str, message: str) -> None:
    with pytest.raises(RulesError) as caught:
        merge_game(game(slug), override)
    assert [field.path for field in caught.value.fields] == [path]
    assert message in caught.value.fields[0].message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("slug = ", "Not a TOML file: chess.toml: "),
        ('slug = "go"', "chess.toml is not a usable game: slug: must be 'chess', the name of its file"),
        ('slug = "chess"', "chess.toml is not a usable game: 'title' is a required property"),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "chess.toml").write_text(text, encoding="utf-8")
    with pytest.raises(RulesError) as caught:
        read_games(tmp_path)
    assert caught.value.message.startswith(message)


def test_no_code_asks_which_game_it_is() -> None:
    slugs = "|".join(load_games())
    asks = re.compile(rf"""(==|!=|\bin\b|\bcase\b)\s*[\[({{]?\s*["']({slugs})["']""")
    package = Path(__file__).parents[2] / "webapp"
    found = [path.name for path in package.rglob("*.py") if asks.search(path.read_text(encoding="utf-8"))]
    assert found == []
