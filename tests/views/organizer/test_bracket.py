"""The organizer's page of a bracket: seeded by slots, chance, ranking or hand, looked at, drawn, swapped, locked."""

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests.arenas import OPENED_AT, open_battle_royale
from tests.knockouts import Knockout, registered
from tests.personas import Persona
from tests.views.organizer.pages import assert_only_for_its_officials, said
from webapp.models import AuditEntry, Registration, Stage, Tournament
from webapp.services.registration import registrations
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.tournaments import tournaments


@pytest.fixture
def cup(olga: Persona) -> Knockout:
    cup = registered(sides=4, name="Open Cup", settings={"third_place": True})
    with transaction() as session:
        session.get_one(Tournament, cup.tournament_id).organizer_id = olga.user_id
    return cup


def path_of(cup: Knockout, more: str = "") -> str:
    return f"/organizer/tournaments/{cup.tournament_id}/bracket/{more}"


def seeds_of(cup: Knockout) -> list[int]:
    """The seeds as they are drawn, by the numbers of the participants."""
    with read_snapshot() as session:
        stage = session.scalar(select(Stage).where(Stage.tournament_id == cup.tournament_id))
        return [cup.participant_ids.index(who) + 1 for who in stage.seeds] if stage else []


def sent(olga: Persona, cup: Knockout, seeding: str, *numbers: object, draw: bool = True, **more: str) -> TestResponse:
    given = zip(cup.participant_ids, numbers, strict=False)
    form: dict[str, Any] = {"seeding": seeding, **{f"seed-{who}": str(number) for who, number in given}, **more}
    return olga.post(path_of(cup), form | ({"draw": "1"} if draw else {}))


def test_it_is_for_the_organizers_of_the_tournament(
    olga: Persona, otto: Persona, pat: Persona, vic: FlaskClient, cup: Knockout
) -> None:
    assert_only_for_its_officials(path_of(cup), olga, otto, pat, vic)
    assert otto.post(path_of(cup), {"seeding": "slot", "draw": "1"}).status_code == 404
    assert seeds_of(cup) == []


def test_a_seeding_is_looked_at_first_and_changes_nothing(olga: Persona, cup: Knockout) -> None:
    assert "Draw the bracket" in said(olga.get(path_of(cup)))
    page = sent(olga, cup, "manual", 4, 3, 2, 1, draw=False)
    assert page.status_code == 200
    assert "As it would be drawn" in said(page)
    assert "Semi-finals 0/2 played Match 1 seed 1 Squad 04 seed 4 Squad 01" in said(page)
    assert "Third place" in said(page)
    assert seeds_of(cup) == []


def test_it_is_drawn_as_it_was_looked_at(olga: Persona, cup: Knockout) -> None:
    answer = sent(olga, cup, "manual", 4, 3, 2, 1)
    assert (answer.status_code, answer.headers["Location"]) == (303, path_of(cup))
    assert seeds_of(cup) == [4, 3, 2, 1]
    page = olga.get(path_of(cup))
    assert "The bracket is drawn." in said(page)
    assert f'href="/organizer/tournaments/{cup.tournament_id}/matches/' in page.text
    with read_snapshot() as session:
        assert session.scalar(select(AuditEntry.actor_id).where(AuditEntry.action == "bracket.generated"))


def test_chance_is_drawn_before_it_is_looked_at_and_can_be_repeated(olga: Persona, cup: Knockout) -> None:
    page = sent(olga, cup, "random", draw=False)
    drawn_from = page.text.split('name="random_seed"')[1].split('value="')[1].split('"')[0]
    assert len(drawn_from) == 8
    sent(olga, cup, "random", random_seed=drawn_from)
    first = seeds_of(cup)
    assert f"drawn from {drawn_from}" in said(olga.get(path_of(cup)))
    sent(olga, cup, "slot")
    assert seeds_of(cup) == [1, 2, 3, 4]
    sent(olga, cup, "random", random_seed=drawn_from)
    assert seeds_of(cup) == first


def test_numbers_that_make_no_order_are_told_beside_them_and_kept(olga: Persona, cup: Knockout) -> None:
    page = sent(olga, cup, "manual", 1, 1, "x", 9)
    assert page.status_code == 422
    for words in ("Seed 1 is given to Squad 01 already.", "Squad 03 needs a number from 1 to 4."):
        assert words in said(page)
    assert 'value="x"' in page.text
    assert page.text.count('aria-invalid="true"') == 3
    assert seeds_of(cup) == []


def test_teams_without_ranking_are_named_or_come_last(olga: Persona, cup: Knockout) -> None:
    page = sent(olga, cup, "ranked")
    assert page.status_code == 422
    assert "place them last or seed by hand: Squad 01; Squad 02; Squad 03; Squad 04." in said(page)
    assert sent(olga, cup, "ranked", unranked_last="y").status_code == 303
    assert seeds_of(cup) == [1, 2, 3, 4]


def test_the_page_says_that_drawing_closes_check_in(olga: Persona, cup: Knockout) -> None:
    with transaction() as session:
        tournament = session.get_one(Tournament, cup.tournament_id)
        tournament.has_checkin, tournament.starts_at = True, utc_now() + timedelta(minutes=10)
        for who in cup.participant_ids[:3]:
            session.get_one(Registration, who).checked_in_at = utc_now()
    page = said(olga.get(path_of(cup)))
    assert "whoever has not checked in by then is out. Now that would be 1;" in page
    assert "3 take part" in page
    assert sent(olga, cup, "slot").status_code == 303
    assert "Drawing closes check-in" not in said(olga.get(path_of(cup)))
    assert seeds_of(cup) == [1, 2, 3]


def test_two_seeds_change_places(olga: Persona, cup: Knockout) -> None:
    sent(olga, cup, "slot")
    assert olga.post(path_of(cup, "swap/"), {"first": "1", "second": "3"}).status_code == 303
    assert seeds_of(cup) == [3, 2, 1, 4]
    page = olga.post(path_of(cup, "swap/"), {"first": "1", "second": "9"})
    assert (page.status_code, "there is no seed 9" in said(page)) == (422, True)
    assert olga.post(path_of(cup, "swap/"), {"first": "", "second": "2"}).status_code == 422
    assert seeds_of(cup) == [3, 2, 1, 4]


def test_a_finalized_bracket_is_drawn_anew_only_after_it_is_opened_again(olga: Persona, cup: Knockout) -> None:
    sent(olga, cup, "slot")
    assert olga.post(path_of(cup, "stages/1/finalize/")).status_code == 303
    page = olga.get(path_of(cup))
    assert 'name="draw"' not in page.text
    assert "finalized" in said(page)
    refused = sent(olga, cup, "manual", 4, 3, 2, 1)
    assert refused.status_code == 409
    assert seeds_of(cup) == [1, 2, 3, 4]
    assert olga.post(path_of(cup, "stages/1/unfinalize/")).status_code == 303
    assert sent(olga, cup, "manual", 4, 3, 2, 1).status_code == 303
    assert seeds_of(cup) == [4, 3, 2, 1]
    assert olga.post(path_of(cup, "stages/2/finalize/")).status_code == 409


def test_once_a_match_was_played_the_bracket_stays(olga: Persona, cup: Knockout) -> None:
    tournaments.start(cup.tournament_id, actor=SYSTEM, now=OPENED_AT)
    sent(olga, cup, "slot")
    cup.win("W1-1", 1)
    page = olga.get(path_of(cup))
    assert "Match 1 has begun" in said(page)
    assert 'name="draw"' not in page.text
    assert sent(olga, cup, "manual", 4, 3, 2, 1).status_code == 409
    assert seeds_of(cup) == [1, 2, 3, 4]


def test_what_cannot_be_drawn_says_why(olga: Persona) -> None:
    alone = registered(sides=1, name="Alone")
    lobbies = open_battle_royale(name="Lobbies", squads=2, lobbies=1, organizer_id=olga.user_id)
    with transaction() as session:
        session.get_one(Tournament, alone.tournament_id).organizer_id = olga.user_id
    assert "a bracket needs two at least" in said(olga.get(path_of(alone)))
    page = olga.get(f"/organizer/tournaments/{lobbies.tournament_id}/bracket/")
    assert "A battle royale has no bracket" in said(page)
    assert 'aria-current="page"' not in page.text


def test_who_is_drawn_and_gone_is_pointed_out(olga: Persona, cup: Knockout) -> None:
    sent(olga, cup, "slot")
    told = "Squad 02 takes part no more and is still drawn."
    addresses = (path_of(cup), f"/organizer/tournaments/{cup.tournament_id}/")
    for address in addresses:
        assert told not in said(olga.get(address))
    registrations.withdraw(cup.seed(2), actor=SYSTEM, now=OPENED_AT)
    registrations.register(cup.tournament_id, ["Late One"], actor=SYSTEM, now=OPENED_AT)
    for address in addresses:
        page = said(olga.get(address))
        assert told in page
        assert "Late One takes part and is not drawn." in page
    sent(olga, cup, "slot")
    assert told not in said(olga.get(path_of(cup)))
