import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.arenas import OPENED_AT, REASON, Arena, ended_at, open_battle_royale, open_league, turn_on_the_engine
from tests.personas import HTMX, Persona, persona
from tests.statements import count_statements
from webapp.models import TournamentOfficial
from webapp.services.matches import grid, results
from webapp.services.ranking import ranking
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import transaction
from webapp.services.tournaments import tournaments

ROUTES = ("", "check/", "preview/", "confirm/", "correct/", "void/")


@pytest.fixture
def olga(app: Flask) -> Persona:
    turn_on_the_engine()
    return persona(app, "olga")


@pytest.fixture
def arena(olga: Persona) -> Arena:
    arena = open_battle_royale(squads=4, lobbies=3, organizer_id=olga.user_id, name='Cup <script>alert("x")</script>')
    results.confirm(arena.match_ids[0], arena.lines(arena.match_ids[0]), actor=olga.actor, now=ended_at(1))
    ranking.rank_due(arena.tournament_id, now=ended_at(1))
    return arena


def path(arena: Arena, place: int = 1, route: str = "") -> str:
    return f"/organizer/matches/{arena.match_ids[place]}/grid/{route}"


def filled(arena: Arena, *rows: str, revision: int = 0, **more: str) -> dict[str, str]:
    """Rows of the participants in their order, each `placement kills`; `_` is a blank cell."""
    form = {"revision": str(revision), **more}
    for who, row in zip(arena.participant_ids, rows, strict=False):
        form[f"placement-{who}"], form[f"kills-{who}"] = row.replace("_", "").split(" ")
    return form


WHOLE = ("1 5", "2 3", "3 1", "4 0")


def test_the_page_holds_the_whole_grid_and_runs_nothing_inline(olga: Persona, arena: Arena) -> None:
    answer = olga.get(path(arena))
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert "<script>alert" not in answer.text
    assert " style=" not in answer.text
    assert " onclick=" not in answer.text
    assert re.findall(r'name="(placement|kills|time)-(\d+)"', answer.text) == [
        (column, str(who)) for who in arena.participant_ids for column in ("placement", "kills", "time")
    ]
    scripts = re.findall(r"<script([^>]*)>", answer.text)
    assert [script for script in scripts if "nonce=" not in script] == [' type="application/json" id="grid-data"']
    assert 'name="reason"' not in answer.text


def test_a_confirmed_match_can_be_corrected_or_voided_with_a_reason(olga: Persona, arena: Arena) -> None:
    text = olga.get(path(arena, 0)).text
    assert "confirmed by <b><bdi>Olga</bdi></b>" in text
    assert 'name="reason"' in text
    assert f'href="{path(arena, 0, "void/")}"' in text
    assert "would move" in olga.get(path(arena, 0, "void/")).text


def test_confirming_leads_to_the_next_match(olga: Persona, arena: Arena) -> None:
    answer = olga.post(path(arena, 1, "confirm/"), filled(arena, *WHOLE))
    assert (answer.status_code, answer.headers["Location"]) == (303, path(arena, 2))
    assert "Match 2 confirmed." in olga.get(path(arena, 2)).text
    again = olga.post(path(arena, 1, "confirm/"), filled(arena, *WHOLE), htmx=True)
    assert (again.status_code, again.headers["HX-Redirect"]) == (204, path(arena, 2))
    assert "Match 2 was saved already; nothing changed now." in olga.get(path(arena, 2)).text


def test_after_the_last_match_comes_the_list_of_matches(olga: Persona, arena: Arena) -> None:
    for place in (1, 2):
        answer = olga.post(path(arena, place, "confirm/"), filled(arena, *WHOLE))
    assert answer.headers["Location"] == f"/organizer/tournaments/{arena.tournament_id}/matches/"


@pytest.mark.parametrize("htmx", [False, True])
def test_a_refused_grid_keeps_what_was_typed_and_says_what_is_wrong_beside_it(
    olga: Persona, arena: Arena, *, htmx: bool
) -> None:
    form = filled(arena, "1 5", "1 3", "3 x", "4 0")
    answer = olga.post(path(arena, 1, "confirm/"), form, htmx=htmx)
    assert answer.status_code == 422
    assert ("<!doctype html>" in answer.text.lower()) is not htmx
    _, second, third, _ = arena.participant_ids
    assert note(answer.text, second) == "Place: 1 is given to Squad 01 already."
    assert note(answer.text, third) == "Kills: “x” is not a whole number; write 0, 1, 2 …."
    assert re.search(rf'id="kills-{third}"[^>]*value="x"', answer.text, re.DOTALL)
    assert answer.text.count('aria-invalid="true"') == 2
    assert olga.get(path(arena)).text.count('aria-invalid="true"') == 0


def note(text: str, who: int) -> str:
    found = re.search(rf'id="note-{who}">(.*?)</span>', text, re.DOTALL)
    assert found
    return found[1]


def test_what_looks_wrong_needs_a_tick(olga: Persona, arena: Arena) -> None:
    form = filled(arena, "1 5", "2 3")
    answer = olga.post(path(arena, 1, "confirm/"), form)
    assert answer.status_code == 422
    assert "2 of 4 without a line (Squad 03, Squad 04)" in answer.text
    assert not re.search(r"data-warnings[^>]* hidden", answer.text)
    answer = olga.post(path(arena, 1, "confirm/"), form | {"accepts_warnings": "yes"})
    assert answer.status_code == 303


def test_a_preview_is_a_fragment_for_htmx_and_the_page_with_it_for_browsers(olga: Persona, arena: Arena) -> None:
    fragment = olga.post(path(arena, 1, "preview/"), filled(arena, *WHOLE), htmx=True)
    assert fragment.text.lstrip().startswith('<section id="board-preview"')
    assert "would move" in fragment.text
    page = olga.post(path(arena, 1, "preview/"), filled(arena, *WHOLE))
    assert page.text.lower().startswith("<!doctype html>")
    assert "would move" in page.text
    assert re.search(rf'id="kills-{arena.participant_ids[0]}"[^>]*value="5"', page.text, re.DOTALL)
    wrong = olga.post(path(arena, 1, "preview/"), filled(arena, "1 5", "1 5"), htmx=True)
    assert (wrong.status_code, "would move" in wrong.text) == (422, False)
    changes = olga.post(path(arena, 0, "preview/"), filled(arena, *WHOLE, revision=1), htmx=True)
    assert 'id="grid-changes" hx-swap-oob="true"' in changes.text


@pytest.mark.parametrize("htmx", [False, True])
def test_when_somebody_else_was_quicker_both_are_shown(app: Flask, olga: Persona, arena: Arena, *, htmx: bool) -> None:
    sam = persona(app, "sam")
    assert sam.post(path(arena, 1, "confirm/"), filled(arena, *WHOLE)).status_code == 303
    mine = filled(arena, "2 5", "1 3", "3 1", "4 0")
    answer = olga.post(path(arena, 1, "confirm/"), mine, htmx=htmx)
    assert answer.status_code == 409
    assert ("<!doctype html>" in answer.text.lower()) is not htmx
    assert "confirmed by <b><bdi>Sam</bdi></b> as revision 1" in answer.text
    changes = re.findall(r'<th scope="row" dir="auto">(.*?)</th>', answer.text)
    assert changes == ["Squad 01", "Squad 02"]
    overwrite = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', answer.text))
    assert overwrite["revision"] == "1"
    del overwrite["csrf_token"]
    edited = olga.post(path(arena, 1, "check/"), overwrite)
    assert re.search(rf'id="placement-{arena.participant_ids[0]}"[^>]*value="2"', edited.text, re.DOTALL)
    without_reason = olga.post(path(arena, 1, "correct/"), overwrite)
    assert (without_reason.status_code, "10 to 500 characters" in without_reason.text) == (422, True)
    done = olga.post(path(arena, 1, "correct/"), overwrite | {"reason": REASON})
    assert (done.status_code, done.headers["Location"]) == (303, path(arena, 1))


def test_a_preview_already_tells_that_somebody_was_quicker(app: Flask, olga: Persona, arena: Arena) -> None:
    preview = path(arena, 1, "preview/")
    assert "meanwhile" not in olga.post(preview, filled(arena, *WHOLE), htmx=True).text
    persona(app, "sam").post(path(arena, 1, "confirm/"), filled(arena, *WHOLE))
    told = olga.post(preview, filled(arena, *WHOLE), htmx=True).text
    assert "Somebody has saved this match meanwhile (revision 1)" in told


def test_correcting_a_finished_tournament_says_that_its_winners_may_change(olga: Persona, arena: Arena) -> None:
    for place in (1, 2):
        olga.post(path(arena, place, "confirm/"), filled(arena, *WHOLE))
    tournaments.complete(arena.tournament_id, actor=olga.actor, now=ended_at(9))
    last_first = filled(arena, "4 0", "3 0", "2 0", "1 60", revision=1)
    told = olga.post(path(arena, 1, "preview/"), last_first, htmx=True).text
    assert "<bdi>Squad 04</bdi> would lead instead of" in told
    assert "its winners would ask for a review" in told


def test_what_cannot_end_now_says_why_and_keeps_what_was_typed(olga: Persona, arena: Arena) -> None:
    answer = olga.post(path(arena, 1, "correct/"), filled(arena, *WHOLE, reason=REASON))
    assert answer.status_code == 409
    assert "Match 2 has no confirmed result yet; confirm one." in answer.text
    assert re.search(rf'id="kills-{arena.participant_ids[0]}"[^>]*value="5"', answer.text, re.DOTALL)


def test_voiding_asks_for_a_reason_and_for_the_result_that_was_seen(olga: Persona, arena: Arena) -> None:
    address = path(arena, 0, "void/")
    refused = olga.post(address, {"revision": "1", "reason": "short"})
    assert (refused.status_code, ">short</textarea>" in refused.text) == (422, True)
    stale = olga.post(address, {"revision": "0", "reason": REASON})
    assert (stale.status_code, "was changed meanwhile" in stale.text) == (409, True)
    done = olga.post(address, {"revision": "1", "reason": REASON})
    assert (done.status_code, done.headers["Location"]) == (303, path(arena, 0))
    text = olga.get(path(arena, 0)).text
    assert ("Match 1 voided." in text, "voided and counts for nothing" in text) == (True, True)


def test_what_was_done_is_said_with_a_button_that_takes_it_back(olga: Persona, arena: Arena) -> None:
    olga.post(path(arena, 1, "confirm/"), filled(arena, *WHOLE))
    olga.get(path(arena, 2))
    olga.post(path(arena, 1, "confirm/"), filled(arena, *WHOLE))
    assert "/undo/" not in olga.get(path(arena, 2)).text, "nothing was done the second time"
    corrected = filled(arena, "2 5", "1 3", "3 1", "4 0", revision=1, reason=REASON)
    for route, form, words, places in [
        ("correct/", corrected, "Match 2 corrected.", [1, 2, 3, 4]),
        ("void/", {"revision": "4", "reason": REASON}, "Match 2 voided.", [1, 2, 3, 4]),
    ]:
        olga.post(path(arena, 1, route), form)
        text = olga.get(path(arena, 1)).text
        assert words in text
        address = re.search(r'class="flash__undo" action="([^"]+)"', text)
        assert address
        undone = olga.post(address[1], {"back": path(arena, 1)})
        assert (undone.status_code, undone.headers["Location"]) == (303, path(arena, 1))
        lines = grid.read_grid(arena.match_ids[1], actor=olga.actor).lines
        assert [line.placement for line in lines] == places


def test_pasted_rows_come_back_in_the_grid(olga: Persona, arena: Arena) -> None:
    answer = olga.post(path(arena, 1, "check/"), filled(arena, pasted="squad 02,1,5\nwho?,2,0"))
    assert answer.status_code == 200
    assert re.search(rf'id="kills-{arena.participant_ids[1]}"[^>]*value="5"', answer.text, re.DOTALL)
    assert "“who?” takes no part in this match" in answer.text


@pytest.mark.parametrize("form", [{}, {"revision": "x"}, {"revision": "-1"}])
@pytest.mark.parametrize("route", ["check/", "preview/", "confirm/", "correct/", "void/"])
def test_a_form_that_is_none_of_ours_is_400(olga: Persona, arena: Arena, route: str, form: dict[str, str]) -> None:
    assert olga.post(path(arena, 1, route), form).status_code == 400


def test_a_form_without_its_token_changes_nothing(olga: Persona, arena: Arena) -> None:
    answer = olga.client.post(path(arena, 1, "confirm/"), data=filled(arena, *WHOLE))
    assert answer.status_code in {400, 403}
    assert grid.read_grid(arena.match_ids[1], actor=olga.actor).revision == 0


@pytest.mark.parametrize("route", ROUTES)
def test_strangers_find_nothing_players_may_not_and_visitors_log_in(
    app: Flask, olga: Persona, arena: Arena, client: FlaskClient, route: str
) -> None:
    form = filled(arena, *WHOLE, reason=REASON)
    for name, status in [("otto", 404), ("pat", 403)]:
        who = persona(app, name)
        answer = who.post(path(arena, 1, route), form) if route else who.get(path(arena))
        assert answer.status_code == status
        assert "Squad 01" not in answer.text
    if not route:
        answer = client.get(path(arena))
        assert "Squad 01" not in answer.text
        assert answer.status_code in {302, 303, 401}
    assert grid.read_grid(arena.match_ids[1], actor=olga.actor).revision == 0


@pytest.mark.parametrize("role", ["referee", "co_organizer"])
def test_officials_of_the_tournament_enter_and_correct(app: Flask, arena: Arena, role: str) -> None:
    otto = persona(app, "otto")
    with transaction() as session:
        official = TournamentOfficial(
            tournament_id=arena.tournament_id, user_id=otto.user_id, role=role, created_at=OPENED_AT
        )
        session.add(official)
    assert otto.get(path(arena)).status_code == 200
    assert otto.post(path(arena, 1, "confirm/"), filled(arena, *WHOLE)).status_code == 303
    corrected = otto.post(
        path(arena, 1, "correct/"), filled(arena, "2 5", "1 3", "3 1", "4 0", revision=1, reason=REASON)
    )
    assert corrected.status_code == 303


def test_a_series_has_no_grid_and_an_unknown_match_none_either(app: Flask, olga: Persona) -> None:
    league = open_league("valorant", {"cascade": ["points"]}, [(0, 1)], sides=2, best_of=3, name="League")
    sam = persona(app, "sam")
    for match_id in (league.match_ids[0], 9999):
        answer = sam.get(f"/organizer/matches/{match_id}/grid/", headers=HTMX)
        assert answer.status_code == 404


def test_a_page_costs_as_much_for_one_row_as_for_three(olga: Persona) -> None:
    counts = []
    for squads in (1, 3):
        arena = open_battle_royale(squads=squads, lobbies=2, name=f"Cup {squads}", organizer_id=olga.user_id)
        results.confirm(arena.match_ids[0], arena.lines(arena.match_ids[0]), actor=SYSTEM, now=ended_at(1))
        ranking.rank_due(arena.tournament_id, now=ended_at(1))
        with count_statements() as statements:
            assert olga.get(path(arena, 0)).status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[1]
    assert counts[0] <= 16
