"""The board's downloads on the spectator page."""

import csv
import io

import orjson
import pytest
from flask.testing import FlaskClient

from tests.arenas import ended_at, open_battle_royale, turn_on_the_engine
from webapp.services.matches import results
from webapp.services.ranking import ranking
from webapp.services.registration import registrations
from webapp.services.spine.actors import SYSTEM

pytestmark = pytest.mark.usefixtures("app")


def _played() -> int:
    turn_on_the_engine()
    arena = open_battle_royale(squads=4, lobbies=1)
    registrations.register(arena.tournament_id, ["=HYPERLINK(1)"], actor=SYSTEM, now=ended_at(0))
    results.confirm(arena.match_ids[0], arena.lines(arena.match_ids[0]), actor=SYSTEM, now=ended_at(1))
    ranking.rank_due(arena.tournament_id, now=ended_at(2))
    return arena.tournament_id


def test_the_csv_has_every_row_and_no_formula(client: FlaskClient) -> None:
    answer = client.get(f"/spectator/tournaments/{_played()}/leaderboard.csv")
    assert answer.status_code == 200
    assert answer.data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert [row["rank"] for row in rows] == ["1", "2", "3", "4", "5"]
    assert "'=HYPERLINK(1)" in {row["name"] for row in rows}
    assert "attachment" in answer.headers["Content-Disposition"]


def test_the_json_has_ids_and_no_names(client: FlaskClient) -> None:
    answer = client.get(f"/spectator/tournaments/{_played()}/leaderboard.json")
    document = orjson.loads(answer.data)
    assert [entry["rank"] for entry in document["rankings"]] == [1, 2, 3, 4, 5]
    assert "name" not in document["rankings"][0]
    assert b"Squad" not in answer.data


def test_no_tournament_no_download(client: FlaskClient) -> None:
    assert client.get("/spectator/tournaments/99/leaderboard.csv").status_code == 404
    assert client.get("/spectator/tournaments/99/leaderboard.json").status_code == 404
