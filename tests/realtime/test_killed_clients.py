"""A client that is killed and comes back again and again, to this process or that one, ends equal to the server.

DELTACROWN_KILLS says how often it is killed; a thousand times is for by hand: DELTACROWN_KILLS=1000 pytest <this file>.
"""

import os
import random
import socket
import threading
from typing import Any

import orjson
import pytest
from flask import Flask

from tests.arenas import Arena, ended_at, open_battle_royale, turn_on_the_engine
from tests.realtime.conftest import StartWeb
from tests.realtime.web import WebServer, log_end, publish
from tests.servers.redis import RedisServer
from webapp.models import Match, Tournament
from webapp.services.boards import boards
from webapp.services.live import rooms
from webapp.services.matches import matches, results
from webapp.services.ranking import ranking
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot

KILLS = int(os.environ.get("DELTACROWN_KILLS", "60"))
SCORES_A_MATCH = 8
LOBBIES = max(6, KILLS // 20)

pytestmark = [
    pytest.mark.live,
    pytest.mark.timeout(300 + KILLS),
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]


class Follower:
    """A client by the rules of docs/live.md, and what it shows: the board, and the running score of each match."""

    def __init__(self, match_id: int | None = None) -> None:
        self.match_id = match_id
        self.seen = 0
        self.taken: list[range] = []
        self.board: dict[int, tuple[int, int]] = {}
        self.scores: dict[int, list[dict[str, Any]]] = {}
        self.resets = 0

    def take(self, message: dict[str, Any]) -> None:
        before = message.get("from_seq", message["seq"]) - 1 if self.match_id is None else message["prev"]
        if message["seq"] <= self.seen or before > self.seen:
            # Known, or to come again with the replay that was asked for.
            return
        self.taken.append(range(self.seen + 1, message["seq"] + 1))
        self.seen = message["seq"]
        if message["type"] == "rank_update":
            for change in message["changes"]:
                self.board[change["participant_id"]] = change["current_rank"], change["points"]
        elif message["type"] == "score_updated":
            self.scores[message["match_id"]] = message["lines"]
        elif message["type"] == "match_completed":
            self.scores.pop(message["match_id"], None)

    def listen(self, web: WebServer, tournament_id: int, chance: random.Random | None, until: int) -> None:
        """Until it is killed at a random moment; without chance until it has heard number `until`."""
        path = f"/ws/tournament/{tournament_id}/" if self.match_id is None else f"/ws/match/{self.match_id}/"
        ear = web.listen(path)
        patience = chance.choice([0, 1, 2, 5, 20]) if chance else None
        try:
            ear.say({"type": "subscribe", "since": self.seen})
            while self.seen < until and (patience is None or patience > 0):
                message = ear.hear(5 if chance is None else chance.uniform(0.001, 0.2))
                self.resets += message["type"] == "reset"
                if message["type"] not in {"hello", "reset", "ping", "error"}:
                    self.take(message)
                patience = None if patience is None else patience - 1
        except TimeoutError:
            assert chance is not None, "the end of the log was not heard"
        finally:
            # No goodbye: as when the power fails.
            ear.connection.socket.shutdown(socket.SHUT_RDWR)


def play_on(app: Flask, arena: Arena, enough: threading.Event) -> None:
    """Scores and results, one match after the other, and one that stays live."""
    with app.app_context():
        for number, match_id in enumerate(arena.match_ids, start=1):
            matches.start_match(match_id, actor=SYSTEM, now=utc_now())
            for kills in range(SCORES_A_MATCH):
                lines = [[who, -1, kills] for who in arena.participant_ids]
                matches.update_score(match_id, lines, actor=SYSTEM, now=utc_now())
                publish(app)
            if number == len(arena.match_ids) or enough.is_set():
                return
            results.confirm(match_id, arena.lines(match_id), actor=SYSTEM, now=ended_at(number))
            ranking.rank_due(arena.tournament_id, now=ended_at(number))
            publish(app)


@pytest.fixture
def two(start_web: StartWeb) -> list[WebServer]:
    return [start_web(), start_web()]


def test_a_client_that_is_killed_again_and_again_ends_equal_to_the_server(
    app: Flask, redis_server: RedisServer, two: list[WebServer]
) -> None:
    turn_on_the_engine()
    arena = open_battle_royale(lobbies=LOBBIES)
    seed = random.randrange(2**32)
    print(f"seed {seed}, killed {KILLS} times")
    chance, enough = random.Random(seed), threading.Event()
    everybody, of_a_match = Follower(), Follower(arena.match_ids[0])
    player = threading.Thread(target=play_on, args=(app, arena, enough))
    player.start()
    for kill in range(KILLS):
        follower = of_a_match if kill % 4 == 3 else everybody
        follower.listen(chance.choice(two), arena.tournament_id, chance, 2**40)
    enough.set()
    player.join()
    end = log_end(arena.tournament_id)
    everybody.listen(two[0], arena.tournament_id, None, end)
    of_a_match.listen(two[1], arena.tournament_id, None, match_end(arena.match_ids[0]))
    # Every number once, whether by itself or by the message that stands for it.
    assert [number for numbers in everybody.taken for number in numbers] == list(range(1, end + 1))
    assert everybody.resets == of_a_match.resets == 0
    assert everybody.board == board_of(arena)
    assert {match_id: orjson.dumps(lines) for match_id, lines in everybody.scores.items()} == live_scores(arena)
    last = of_a_match.scores.get(arena.match_ids[0])
    assert last == everybody.scores.get(arena.match_ids[0])


def match_end(match_id: int) -> int:
    return rooms.last_of_match(match_id)


def board_of(arena: Arena) -> dict[int, tuple[int, int]]:
    """Rank and points of everybody, as the server has them."""
    with read_snapshot() as session:
        tournament = session.get_one(Tournament, arena.tournament_id)
        board = boards.of_tournament(session, tournament, "public", now=utc_now()).board
    ids, points = board.standings.participant_id, board.standings.columns["points"]
    return {
        int(who): (int(rank), int(given)) for who, rank, given in zip(ids, board.ranking.ranks, points, strict=True)
    }


def live_scores(arena: Arena) -> dict[int, bytes]:
    """The running score of each match that is played at the moment, as a message has it."""
    with read_snapshot() as session:
        found = {}
        for match_id in arena.match_ids:
            match = session.get_one(Match, match_id)
            if match.live_lines:
                found[match_id] = orjson.dumps(
                    [{"participant_id": who, "placement": None, "kills": kills} for who, _, kills in match.live_lines]
                )
        return found
