"""Making and editing a tournament, with the editor of rules."""

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.arenas import OPENED_AT
from tests.personas import HTMX, Persona
from tests.views.organizer.pages import PLAIN, assert_only_for_its_officials, draft, said
from webapp.domain.presets import preset
from webapp.models import Match, Tournament
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot
from webapp.services.tournaments import tournaments

NEW = "/organizer/tournaments/new/"
FORM: dict[str, Any] = {
    "name": "Harbor Cup", "game": "pubgm", "description": "One evening.\r\n\r\nTwo prizes.", "region": " Asia ",
    "season": "2026_S4", "visibility": "unlisted", "starts_at": "2026-12-01T18:30", "zone": "Asia/Dhaka",
    "table": "super", "order": "preset", "lobbies": "3", "every_minutes": "35",
}  # fmt: skip
OWN: dict[str, Any] = {
    "table": "own", "title": "Copper", "points_per_kill": "2", "place-1": "10", "place-2": "6", "place-3": "",
    "order": "own", "key-0": "points:desc", "key-1": "wins:desc", "match_point_threshold": "30", "count_best": "4",
}  # fmt: skip


def only() -> Tournament:
    with read_snapshot() as session:
        found = session.scalars(select(Tournament)).one()
        session.expunge(found)
        return found


def number_of(table: type[Match] | type[Tournament]) -> int:
    with read_snapshot() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def checked(text: str, name: str) -> list[str]:
    """The values of the checked radio buttons of that name."""
    inputs = re.findall(r"<input\b[^>]*>", text)
    mine = [tag for tag in inputs if f'name="{name}"' in tag and re.search(r"\bchecked\b", tag)]
    return [found[1] for tag in mine if (found := re.search(r'value="([^"]*)"', tag))]


def values(text: str, prefix: str) -> list[str]:
    inputs = [tag for tag in re.findall(r"<input\b[^>]*>", text) if re.search(rf'name="{prefix}-\d+"', tag)]
    return [found[1] for tag in inputs if (found := re.search(r'value="([^"]*)"', tag))]


def test_every_preset_is_shown_with_its_table_source_and_hash(olga: Persona) -> None:
    page = olga.get(NEW)
    text = said(page)
    for name in ("algs", "blueprint", "classic-15", "ffws", "super"):
        rules = preset(name)
        assert rules.title in text
        assert rules.source in text
        assert rules.hash in page.text
    assert checked(page.text, "table") == ["blueprint"]
    assert "1st, 8 kills 12 + 8 = 20" in text
    # Every game can be chosen; the form begins with one that is played in lobbies.
    assert "Valorant" in text


def test_whether_reasons_of_staff_are_published_is_the_organizers_choice(olga: Persona) -> None:
    olga.post(NEW, {**FORM, "publishes_reasons": "y"})
    assert only().publishes_reasons is True
    path = f"/organizer/tournaments/{only().id}/edit/"
    assert 'checked id="publishes_reasons"' in olga.get(path).text
    assert olga.post(path, FORM).status_code == 303
    assert only().publishes_reasons is False


def test_a_tournament_is_made_as_a_draft_with_its_matches(olga: Persona) -> None:
    answer = olga.post(NEW, FORM)
    tournament = only()
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/organizer/tournaments/{tournament.id}/")
    assert (tournament.name, tournament.status, tournament.organizer_id) == ("Harbor Cup", "draft", olga.user_id)
    assert (tournament.region, tournament.season, tournament.visibility) == ("Asia", "2026_S4", "unlisted")
    assert tournament.description == "One evening.\n\nTwo prizes."
    assert tournament.ruleset == preset("super").to_mapping()
    assert tournament.starts_at is not None
    assert tournament.starts_at.isoformat() == "2026-12-01T12:30:00+00:00"
    with read_snapshot() as session:
        matches = session.scalars(select(Match).order_by(Match.number)).all()
        assert [(match.label, match.scheduled_at and match.scheduled_at.strftime("%H:%M")) for match in matches] == [
            ("Match 1", "12:30"), ("Match 2", "13:05"), ("Match 3", "13:40"),
        ]  # fmt: skip
    assert "as a draft that only its officials see" in said(olga.get(answer.headers["Location"]))


def test_rules_of_ones_own_are_taken(olga: Persona) -> None:
    assert olga.post(NEW, FORM | OWN).status_code == 303
    ruleset = only().ruleset
    assert (ruleset["title"], ruleset["points_per_kill"], ruleset["placement_points"]) == ("Copper", 2, [10, 6])
    assert (ruleset["cascade"], ruleset["match_point"]) == (["points:desc", "wins:desc"], {"threshold": 30})
    assert ruleset["count_best"] == 4


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"name": " "}, "Name is empty; give the tournament a name"),
        ({"season": "no spaces"}, "Season: write up to 40 letters"),
        ({"starts_at": "tomorrow"}, "Write day and time, such as 2026-11-21T18:30."),
        ({"starts_at": "0001-01-01T00:00"}, "Write a year from 2000 to 2100."),
        ({"description": "Two prizes.\x00"}, "holds a character that cannot be shown"),
        ({"zone": "Mars/Olympus"}, "Not a valid choice"),
        ({"lobbies": "1000"}, "Number must be between 0 and 100"),
        ({"table": "supr"}, "choose a table"),
        (OWN | {"place-2": "six"}, "write a whole number of 0 or more"),
        (OWN | {"key-1": "luck:desc"}, "unknown key 'luck'"),
        (OWN | {"match_point_threshold": "", "match_point_cap": "6"}, "write a whole number of 1 or more"),
    ],
)
def test_what_is_refused_is_said_beside_its_field_and_kept(olga: Persona, wrong: dict[str, Any], message: str) -> None:
    answer = olga.post(NEW, FORM | wrong)
    assert answer.status_code == 422
    assert message in said(answer)
    assert "Two prizes." in answer.text
    for name, value in wrong.items():
        if value.strip() and name not in ("zone", "table", "order"):
            assert value in answer.text
    assert number_of(Tournament) == 0


def test_wrong_rules_hide_no_other_wrong_value(olga: Persona) -> None:
    text = said(olga.post(NEW, FORM | OWN | {"name": "", "season": "no spaces", "place-1": "x"}))
    for message in ("The rules need another look", "Name is empty", "Season: write up to", "write a whole number of 0"):
        assert message in text


def test_a_game_that_nobody_offers_is_refused(olga: Persona) -> None:
    assert "is not played as battle-royale" in said(
        olga.post(NEW, FORM | {"game": "valorant", "format": "battle-royale"})
    )
    assert olga.post(NEW, FORM | {"game": "chess"}).status_code in (404, 422)
    assert number_of(Tournament) == 0


def test_the_steps_of_the_editor_work_without_javascript_and_save_nothing(olga: Persona) -> None:
    page = olga.post(NEW, FORM | {"step": "start-from:algs"})
    assert page.status_code == 200
    assert checked(page.text, "table") == ["own"]
    assert values(page.text, "place")[:3] == ["12", "9", "7"]
    assert values(page.text, "key") == ["points:desc", "countback:desc"]
    assert 'value="Harbor Cup"' in page.text
    form = FORM | OWN
    assert values(olga.post(NEW, form | {"step": "add-place"}).text, "place") == ["10", "6", "", ""]
    assert values(olga.post(NEW, form | {"step": "drop-place"}).text, "place") == ["10", "6"]
    added = olga.post(NEW, form | {"step": "add-key", "new_key": "kills"}).text
    assert values(added, "key") == ["points:desc", "wins:desc", "kills:desc"]
    assert values(olga.post(NEW, form | {"step": "up:1"}).text, "key") == ["wins:desc", "points:desc"]
    assert values(olga.post(NEW, form | {"step": "drop:0"}).text, "key") == ["wins:desc"]
    assert number_of(Tournament) == 0


def test_while_somebody_types_only_the_preview_comes_back(olga: Persona, pat: Persona, vic: FlaskClient) -> None:
    typed = olga.post("/organizer/rules/", FORM | OWN, htmx=True)
    assert typed.text.lstrip().startswith('<section id="rules-preview"')
    assert "1st, 8 kills 10 + 16 = 26" in said(typed)
    assert "Match point at 30" in said(typed)
    stepped = olga.post("/organizer/rules/", FORM | OWN | {"step": "up:1"}, htmx=True)
    assert stepped.text.lstrip().startswith('<div id="rules-editor"')
    wrong = olga.post("/organizer/rules/", FORM | OWN | {"place-1": "<b>"}, htmx=True)
    assert "These rules cannot be used yet" in said(wrong)
    rising = olga.post("/organizer/rules/", FORM | OWN | {"place-2": "12"}, htmx=True)
    assert "Place 2 scores more than place 1: 12 to 10" in said(rising)
    assert pat.post("/organizer/rules/", FORM).status_code == 403
    assert vic.post("/organizer/rules/", headers=HTMX).status_code in (400, 401)


def test_a_draft_is_edited_whole(olga: Persona, otto: Persona, pat: Persona, vic: FlaskClient) -> None:
    tournament_id = draft(olga, ruleset=PLAIN | {"kill_bands": {"1+": 2}}, starts_at=OPENED_AT)
    path = f"/organizer/tournaments/{tournament_id}/edit/"
    assert_only_for_its_officials(path, olga, otto, pat, vic)
    page = olga.get(path).text
    assert checked(page, "table") == ["own"]
    assert values(page, "place") == ["10", "6"]
    assert 'value="2026-03-01T12:00"' in page
    answer = olga.post(path, FORM | {"table": "algs", "count_best": "5"})
    assert answer.headers["Location"] == f"/organizer/tournaments/{tournament_id}/"
    assert (only().name, only().ruleset["count_best"], only().slug) == ("Harbor Cup", 5, "harbor-cup")
    again = olga.post(path, FORM | {"table": "algs", "count_best": "5"})
    assert "nothing is changed" in said(olga.get(again.headers["Location"]))
    assert otto.post(path, FORM).status_code == 404
    assert pat.post(path, FORM).status_code == 403


def test_nobody_saves_over_what_they_have_not_seen(olga: Persona, sam: Persona) -> None:
    path = f"/organizer/tournaments/{draft(olga)}/edit/"

    def seen(text: str) -> str:
        found = re.search(r'name="seen" value="([^"]+)"', text)
        assert found
        return found[1]

    opened = seen(olga.get(path).text)
    assert sam.post(path, FORM | {"name": "Sam's", "seen": seen(sam.get(path).text)}).status_code == 303
    late = olga.post(path, FORM | {"name": "Olga's", "seen": opened})
    assert late.status_code == 409
    assert "Somebody else saved meanwhile" in said(late)
    assert only().name == "Sam's"
    assert "Olga&#39;s" in late.text
    assert olga.post(path, FORM | {"name": "Olga's", "seen": seen(late.text)}).status_code == 303
    assert only().name == "Olga's"


def test_what_the_editor_does_not_show_stays(olga: Persona) -> None:
    tournament_id = draft(olga, ruleset=PLAIN | {"kill_bands": {"1+": 2}})
    form = FORM | OWN | {"title": "With bands"}
    assert olga.post(f"/organizer/tournaments/{tournament_id}/edit/", form).status_code == 303
    assert only().ruleset["kill_bands"] == [{"low": 1, "points": 2}]


def test_what_a_form_does_not_ask_about_stays_as_it_is(olga: Persona) -> None:
    tournament_id = draft(olga, game="valorant", format="round-robin", places=8, bracket={"legs": 2})
    path = f"/organizer/tournaments/{tournament_id}/edit/"
    assert 'name="win_points"' in olga.get(path).text
    before = only()
    assert olga.post(path, {"name": "League", "visibility": "public", "zone": "UTC"}).status_code == 303
    after = only()
    assert (after.name, after.game, after.ruleset, after.places, after.bracket) == (
        "League", "valorant", before.ruleset, 8, {"legs": 2}
    )  # fmt: skip


def test_once_open_the_rules_stand_and_the_page_says_so(olga: Persona) -> None:
    tournament_id = draft(olga)
    tournaments.open_registration(tournament_id, actor=SYSTEM, now=OPENED_AT)
    before = only().ruleset
    path = f"/organizer/tournaments/{tournament_id}/edit/"
    page = olga.get(path)
    assert "Game, format and points stand since the tournament opened" in said(page)
    assert 'name="table"' not in page.text
    wanted = {"name": "Renamed", "visibility": "public", "description": "", "table": "algs"}
    assert olga.post(path, wanted).status_code == 303
    assert (only().name, only().game, only().ruleset) == ("Renamed", "pubgm", before)
    # A page from before the opening still sends the game.
    stale = olga.post(path, FORM | {"game": "freefire"})
    assert stale.status_code == 409
    assert "was fixed when the tournament opened" in said(stale)
