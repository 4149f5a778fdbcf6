"""The page's script and the server say the same of whatever is typed."""

import random
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.e2e.grids import Sheets
from webapp.domain.grid import Cells, Lobby, check_grid
from webapp.domain.rules import Ruleset, parse_ruleset
from webapp.domain.scoring import score_match

pytestmark = [pytest.mark.e2e, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]

CELLS = ["", "", "1", "2", "3", "4", "5", "6", "7", "2-3", "3 – 4", "5-3", "dnf", "x", "-1", " 2 ", "007", "1.5", "２",
         "99999999", "1000001", "a" * 60]  # fmt: skip
RUN = """async ({ lobbies, rows, rules }) => {
  const { checkGrid, pointsOfLine } = await import('/static/js/grid-rules.js');
  return rows.map((typed, index) => {
    const { names, places, side_size: sideSize, withdrawn } = lobbies[index];
    const lobby = { names: new Map(names), places, sideSize, withdrawn: new Set(withdrawn) };
    const found = checkGrid(typed.map(([id, placement, kills, time]) => ({ id, placement, kills, time })), lobby);
    const said = (list) => list.map(({ path, message }) => [path, message]);
    const isClean = !found.errors.length;
    return {
      errors: said(found.errors), warnings: said(found.warnings),
      lines: found.lines.map((line) => [line.id, line.placement, line.kills, line.high, line.time]),
      points: isClean ? found.lines.map((line) => pointsOfLine(line, rules[index])) : [],
    };
  });
}"""
RULES: Sequence[Mapping[str, Any]] = [
    {"placement_points": [5, 3, 2, 1], "points_per_kill": 1},
    {"placement_points": [10], "points_per_kill": 2, "kill_cap": 3},
    {"placement_points": [5, 3], "kill_bands": {"1-2": 1, "3+": 4}},
    {"placement_points": [6, 4, 3], "points_per_kill": 1, "points_per_kill_by_placement": {"1": 3, "2-3": 2}},
]


def random_grid(chance: random.Random) -> tuple[Lobby, list[Cells], Ruleset]:
    """Half of them are typed as people do, so that many are right; the others hold anything."""
    count = chance.randint(1, 7)
    ids = chance.sample(range(1, 99), count)
    lobby = Lobby(
        {who: f"Team {who}" for who in ids},
        places=chance.choice([count, count, max(1, count - 2), 16]),
        side_size=chance.choice([None, 1, 2, 4]),
        withdrawn=frozenset(chance.sample(ids, chance.choice([0, 0, 1]))),
    )
    is_sane = chance.random() < 0.5
    places = ["", "DNF", *map(str, range(1, count + 1)), "1-2", "2-3"] if is_sane else CELLS
    kills = ["0", "1", "2", "5", "12"] if is_sane else CELLS
    times = ["", "", "9:05", "90"] if is_sane else CELLS
    rows = [Cells(who, chance.choice(places), chance.choice(kills), chance.choice(times)) for who in ids]
    return lobby, rows, parse_ruleset(chance.choice(RULES))


def for_script(lobby: Lobby) -> dict[str, Any]:
    names = [[who, name] for who, name in lobby.names.items()]
    return {"names": names, "places": lobby.places, "side_size": lobby.side_size, "withdrawn": sorted(lobby.withdrawn)}


def test_the_page_checks_and_scores_by_the_very_rules_of_the_server(browser_page: Page, sheets: Sheets) -> None:
    sheets.open(browser_page, 1)
    chance = random.Random(20260301)
    grids = [random_grid(chance) for _ in range(1500)]
    answers = browser_page.evaluate(
        RUN,
        {
            "lobbies": [for_script(lobby) for lobby, _, _ in grids],
            "rows": [[list(row) for row in rows] for _, rows, _ in grids],
            "rules": [rules.to_mapping() for _, _, rules in grids],
        },
    )
    clean = 0
    for (lobby, rows, rules), answer in zip(grids, answers, strict=True):
        found = check_grid(rows, lobby)
        clean += not found.errors
        assert answer == {
            "errors": [list(error) for error in found.errors],
            "warnings": [list(warning) for warning in found.warnings],
            "lines": [list(line) for line in found.lines],
            "points": [] if found.errors else [line.points for line in score_match(found.lines, rules)],
        }, rows
    assert clean > 100
