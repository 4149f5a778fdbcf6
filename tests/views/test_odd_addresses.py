"""Numbers in addresses and forms that no database holds, and forms that come without a field: never an error of ours."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.entering import enter, open_tournament, players
from tests.personas import Persona
from tests.teams import team_of
from webapp.domain.custom_fields import FieldRule
from webapp.services.registration import custom_fields
from webapp.services.spine.clock import utc_now

HUGE = ("2147483648", "99999999999999999999")


@pytest.mark.parametrize("number", HUGE)
def test_a_number_that_is_no_id_finds_nothing(app: Flask, olga: Persona, pat: Persona, number: str) -> None:
    tournament_id = open_tournament(
        organizer_id=olga.user_id, has_checkin=True, starts_at=utc_now() + timedelta(minutes=5)
    )
    team_cup = open_tournament("valorant", starts_at=utc_now() + timedelta(days=1))
    (player,) = players(1)
    enter(tournament_id, player, now=utc_now())
    here = f"/organizer/tournaments/{tournament_id}/"
    for path, status in (
        (f"/organizer/tournaments/new/?template={number}", 200),
        (f"{here}versions/?version={number}", 200),
        (f"{here}registrations/?page={number}", 200),
        (f"/spectator/tournaments/{tournament_id}/?page={number}", 200),
        (f"/tournaments/?page={number}", 200),
    ):
        assert olga.get(path).status_code == status, path
    for query in (f"team_id={number}", f"line_up={number}"):
        assert pat.get(f"/me/tournaments/{team_cup}/register/?{query}").status_code == 200, query
    assert olga.post(f"{here}check-in/many/", {"participant": [number]}).status_code == 422
    ticked = {"registration": [number], "decision": "approve"}
    assert olga.post(f"{here}registrations/decide/", ticked).status_code == 422


def test_a_question_whose_form_came_empty_is_told_what_is_missing(app: Flask, olga: Persona) -> None:
    tournament_id = open_tournament(organizer_id=olga.user_id)
    field_id = custom_fields.add(
        tournament_id, FieldRule("age", "How old are you?", "number", limits={"min": 16, "max": 99}),
        actor=olga.actor, now=utc_now(),
    )  # fmt: skip
    path = f"/organizer/tournaments/{tournament_id}/questions/{field_id}/"
    assert 'value="16"' in olga.get(path).text
    assert olga.post(path, {}).status_code in (303, 422)


def test_the_character_that_no_database_keeps_is_no_error_of_ours(app: Flask, pat: Persona, vic: FlaskClient) -> None:
    team_id = team_of(pat)
    for answer in (
        vic.get("/teams/?q=%00&game=%00"),
        vic.get("/tournaments/?search=%00&game=%00&organizer=%00"),
        pat.post(f"/teams/{team_id}/invites/", {"handle": "\x00", "role": "player"}),
    ):
        assert answer.status_code in (200, 400, 422), answer.text
