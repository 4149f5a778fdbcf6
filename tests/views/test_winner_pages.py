"""Who won, for everybody: on the page that tells how, beside the board, on the cards of the front page."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.arenas import REASON, Arena, complete_undecided, ended_at, open_battle_royale, turn_on_the_engine
from tests.knockouts import open_knockout
from tests.statements import count_statements
from tests.views.organizer.pages import said
from webapp.domain.scoring import BattleRoyaleLine
from webapp.models import Tournament
from webapp.services.live import freezes
from webapp.services.matches import results
from webapp.services.ranking import ranking
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import transaction
from webapp.services.tournaments import outcome_reviews, tournaments

NOT_YET = "Nobody has won yet"


@pytest.fixture(autouse=True)
def _engine(app: Flask) -> None:
    turn_on_the_engine()


def played(name: str = "Cup", *, even: bool = False, **details: Any) -> Arena:
    """A cup of which all is played, the participants in the order of their ids; `even`: all have the same."""
    arena = open_battle_royale(squads=4, lobbies=2, name=name, **details)
    for number, match_id in enumerate(arena.match_ids, start=1):
        order = arena.participant_ids if number == 1 or not even else arena.participant_ids[::-1]
        lines = [BattleRoyaleLine(who, place, 0) for place, who in enumerate(order, start=1)]
        results.confirm(match_id, lines, actor=SYSTEM, now=ended_at(number))
        ranking.rank_due(arena.tournament_id, now=ended_at(number))
    return arena


def complete(arena: Arena) -> None:
    tournaments.complete(arena.tournament_id, actor=SYSTEM, now=ended_at(9))


def page_of(client: FlaskClient, arena: Arena, rest: str = "winners/") -> str:
    answer = client.get(f"/spectator/tournaments/{arena.tournament_id}/{rest}")
    assert answer.status_code == 200
    return said(answer)


def champions(client: FlaskClient) -> str:
    """What the front page says of recent champions."""
    _, _, rest = said(client.get("/")).partition("Recent champions")
    return rest


def set_by_hand(arena: Arena, first: int, second: int, third: int | None) -> None:
    podium = (first, second, third)
    outcome_reviews.review(
        arena.tournament_id, outcome_reviews.BY_HAND, podium=podium, reason=REASON, actor=SYSTEM, now=ended_at(10)
    )


def test_the_winners_are_told_with_the_rules_that_found_them(client: FlaskClient) -> None:
    arena = played()
    assert NOT_YET in page_of(client, arena)
    complete(arena)
    page = page_of(client, arena)
    assert "Winners by the places alone 1st Squad 01 2nd Squad 02 3rd Squad 03" in page
    assert "The board Squad 01 › Squad 02 › Squad 03 decided" in page
    for address in (f"/spectator/tournaments/{arena.tournament_id}/", "/tournaments/cup/"):
        beside = client.get(address)
        assert "1st Squad 01 2nd Squad 02 3rd Squad 03" in said(beside)
        assert f'href="/spectator/tournaments/{arena.tournament_id}/winners/"' in beside.text
    assert "Squad 01 won Cup" in champions(client)


def test_winners_set_by_hand_are_those_that_everybody_reads(client: FlaskClient) -> None:
    arena = played()
    complete(arena)
    one, *_, four = arena.participant_ids
    set_by_hand(arena, four, one, None)
    assert "Winners set by hand 1st Squad 04 2nd Squad 01" in page_of(client, arena)
    assert REASON not in page_of(client, arena)
    assert "Squad 04 won Cup" in champions(client)
    with transaction() as session:
        session.get_one(Tournament, arena.tournament_id).publishes_reasons = True
    assert REASON in page_of(client, arena)


def test_nobody_is_shown_while_the_winners_wait_for_a_word(client: FlaskClient) -> None:
    arena = open_battle_royale(squads=3, lobbies=0)
    complete_undecided(arena)
    page = page_of(client, arena)
    assert "The winners wait for an official's word" in page
    assert "Squad 01" not in page
    assert "1st Squad" not in page_of(client, arena, "")
    assert "won Cup" not in champions(client)
    set_by_hand(arena, *arena.participant_ids)
    assert "1st Squad 01" in page_of(client, arena)
    assert "Squad 01 won Cup" in champions(client)


def test_while_the_board_is_frozen_the_end_is_not_known(client: FlaskClient) -> None:
    arena = played()
    before = page_of(client, arena)
    freezes.freeze_now(arena.tournament_id, actor=SYSTEM, now=ended_at(8))
    frozen = page_of(client, arena)
    complete(arena)
    assert NOT_YET in before
    assert page_of(client, arena) == frozen
    assert "won Cup" not in champions(client)
    assert "1st Squad" not in page_of(client, arena, "")
    freezes.unfreeze(arena.tournament_id, actor=SYSTEM, now=ended_at(11))
    assert "1st Squad 01" in page_of(client, arena)


def test_all_who_share_the_first_place_have_won(client: FlaskClient) -> None:
    rules = {"placement_points": [1, 1, 1, 1], "cascade": ["points"], "ties": "shared"}
    arena = played(rules=rules, shares_first=True)
    complete(arena)
    assert "1st Squad 01 1st Squad 02 1st Squad 03 1st Squad 04" in page_of(client, arena)
    assert "Shared place" in page_of(client, arena)
    assert "Squad 01 Squad 02 Squad 03 Squad 04 won Cup" in champions(client)


def test_the_bracket_that_keeps_itself_current_ends_with_the_winners(client: FlaskClient) -> None:
    cup = open_knockout(sides=4)
    cup.play()
    paths = [f"/spectator/tournaments/{cup.tournament_id}/{rest}" for rest in ("bracket/fragment/", "bracket/", "")]
    as_fragment = {"HX-Request": "true"}

    def told() -> list[bool]:
        return ["Winners by the places alone 1st" in said(client.get(path, headers=as_fragment)) for path in paths]

    assert told() == [False, False, False]
    tournaments.complete(cup.tournament_id, actor=SYSTEM, now=ended_at(20))
    assert told() == [True, True, True]
    assert client.get(paths[2]).text.count('id="winners-title"') == 1


def test_a_private_one_has_no_such_page(client: FlaskClient) -> None:
    arena = played(visibility="private")
    assert client.get(f"/spectator/tournaments/{arena.tournament_id}/winners/").status_code == 404


def test_three_champions_cost_the_front_page_as_much_as_one(client: FlaskClient) -> None:
    counts = []
    for number in (1, 2):
        for place in range(number):
            complete(played(f"Cup {number} {place}"))
        client.get("/")
        with count_statements() as statements:
            assert client.get("/").status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[1]
