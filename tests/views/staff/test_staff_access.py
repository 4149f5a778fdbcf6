"""Staff pages are for staff: a stranger is sent to log in, everybody else is told that it is not theirs."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.arenas import Arena, open_battle_royale
from tests.personas import HTMX, Persona, persona

PAGES = (
    "/staff/", "/staff/tournaments/{id}/overrides/", "/staff/leaderboards/", "/staff/leaderboards/{id}/",
    "/staff/flags/", "/staff/audit/", "/staff/audit/verify/", "/staff/jobs/", "/staff/users/",
)  # fmt: skip
FORMS = (
    "/staff/tournaments/{id}/overrides/", "/staff/tournaments/{id}/overrides/preview/",
    "/staff/tournaments/{id}/overrides/1/restore/", "/staff/leaderboards/invalidate/",
    "/staff/leaderboards/{id}/invalidate/", "/staff/leaderboards/{id}/recompute/",
    "/staff/flags/LEADERBOARDS_CACHE_ENABLED/", "/staff/jobs/outbox/1/retry/", "/staff/jobs/ranking/x/retry/",
    "/staff/users/1/role/", "/staff/users/1/disable/", "/staff/users/1/enable/", "/staff/users/1/sessions/end/",
)  # fmt: skip


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Who may open what does not depend on the database."""
    return sqlite_url


@pytest.fixture
def arena(app: Flask) -> Arena:
    return open_battle_royale(squads=2, lobbies=0)


@pytest.mark.parametrize("address", PAGES)
def test_a_page_for_staff_others_and_strangers(app: Flask, arena: Arena, vic: FlaskClient, address: str) -> None:
    path = address.format(id=arena.tournament_id)
    stranger = vic.get(path)
    assert (stranger.status_code, stranger.headers["Location"].startswith("/login/?next=/staff/")) == (303, True)
    assert vic.get(path, headers=HTMX).status_code == 401
    for name in ("olga", "pat", "una"):
        assert persona(app, name).get(path).status_code == 403
    sam = persona(app, "sam")
    page, part = sam.get(path), sam.get(path, headers=HTMX)
    assert (page.status_code, part.status_code) == (200, 200)
    assert "<!DOCTYPE html>" in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert "HX-Request" in page.headers["Vary"]


@pytest.mark.parametrize("address", FORMS)
def test_a_form_for_others_strangers_and_foreign_sites(
    app: Flask, arena: Arena, vic: FlaskClient, olga: Persona, address: str
) -> None:
    path = address.format(id=arena.tournament_id)
    assert olga.post(path).status_code == 403
    assert persona(app, "pat").post(path).status_code == 403
    # Without the token of a page of ours nothing is taken, whoever the browser belongs to.
    assert persona(app, "sam").client.post(path).status_code in {400, 403}
    assert vic.post(path).status_code in {303, 400, 401, 403}


@pytest.mark.parametrize(
    "path",
    ["/staff/tournaments/999/overrides/", "/staff/leaderboards/999/", "/staff/tournaments/99999999999/overrides/"],
)
def test_what_is_not_there(sam: Persona, path: str) -> None:
    assert sam.get(path).status_code == 404


@pytest.mark.parametrize("address", ["/staff/", "/staff/leaderboards/", "/staff/leaderboards/{id}/", "/staff/audit/",
                                     "/staff/audit/verify/", "/staff/jobs/", "/staff/users/"])  # fmt: skip
def test_htmx_gets_one_element_without_a_layout(sam: Persona, arena: Arena, address: str) -> None:
    part = sam.get(address.format(id=arena.tournament_id), headers=HTMX).text.strip()
    assert part.startswith("<")
    assert "<html" not in part
    assert "csrf-token" not in part
