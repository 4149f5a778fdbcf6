"""While a board is frozen, a room tells the public numbers, and officials what happened."""

import pytest
from flask import Flask

from tests.arenas import ended_at, open_battle_royale, turn_on_the_engine
from tests.personas import Persona
from tests.realtime.web import WebServer, log_end, play
from tests.servers.redis import RedisServer
from tests.views.api.worlds import program_of
from webapp.services.live import freezes
from webapp.services.spine.clock import utc_now

pytestmark = [pytest.mark.live, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]
TELL_OF_RESULTS = {"match_completed", "rank_update", "score_updated"}


def test_results_of_a_frozen_board_are_numbers_to_the_public_live_and_replayed(
    app: Flask, redis_server: RedisServer, web: WebServer, olga: Persona
) -> None:
    turn_on_the_engine()
    cup = open_battle_royale(lobbies=3, organizer_id=olga.user_id)
    play(app, cup, 1)
    frozen_at = log_end(cup.tournament_id)
    freezes.freeze_now(cup.tournament_id, actor=olga.actor, now=utc_now())
    official = {"Authorization": f"Bearer {program_of(app, olga).secret}"}
    with (
        web.watch(cup.tournament_id, since=0) as public,
        web.watch(cup.tournament_id, since=0, additional_headers=official) as hers,
    ):
        play(app, cup, 2)
        end = log_end(cup.tournament_id)
        public.hear_number(end)
        hers.hear_number(end)
        live = {message["type"] for message in public.heard if message["seq"] > frozen_at}
        assert live & TELL_OF_RESULTS == set()
        assert {"number", "board_frozen"} <= live
        assert {message["type"] for message in hers.heard if message["seq"] > frozen_at} >= {
            "match_completed",
            "rank_update",
        }
        with web.watch(cup.tournament_id, since=0) as late:
            late.hear_number(end)
            assert [message["seq"] for message in late.heard if message["type"] != "hello"] == list(range(1, end + 1))
            assert {message["type"] for message in late.heard if message["seq"] > frozen_at} & TELL_OF_RESULTS == set()
        freezes.unfreeze(cup.tournament_id, actor=olga.actor, now=ended_at(3))
        with web.watch(cup.tournament_id, since=frozen_at) as after:
            after.hear_number(end)
            assert "match_completed" in {message["type"] for message in after.heard}
