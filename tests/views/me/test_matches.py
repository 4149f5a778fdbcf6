"""One's own matches: the list, the page of one, ready, report, answer."""

import io
import re

import pytest
from flask.testing import FlaskClient

from tests.arenas import OPENED_AT
from tests.contests import Contest, open_contest
from tests.personas import HTMX, Persona
from tests.statements import count_statements
from tests.uploaded import picture
from tests.views.organizer.pages import said
from webapp.models import Match, Tournament
from webapp.services.matches import lobbies, matches, reporting, reports, series
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot, transaction


@pytest.fixture
def contest(pat: Persona) -> Contest:
    return played_by(pat)


def played_by(pat: Persona, **how: int | str) -> Contest:
    contest = open_contest(**how)  # type: ignore[arg-type]  # matches and name of open_contest
    contest.also_speaks_for(pat.actor, contest.a)
    return contest


def path_of(contest: Contest, rest: str = "") -> str:
    return f"/me/matches/{contest.match_id}/{rest}"


def state_of(contest: Contest) -> str:
    with read_snapshot() as session:
        return session.get_one(Match, contest.match_id).state


def report(*scores: tuple[str, str], **more: str) -> dict[str, str]:
    form = {
        f"games-{place}-score_{side}": value
        for place, both in enumerate(scores)
        for side, value in zip("ab", both, strict=True)
    }
    return form | more


def test_a_match_is_for_its_sides_alone(contest: Contest, pat: Persona, olga: Persona, vic: FlaskClient) -> None:
    assert pat.get(path_of(contest)).status_code == 200
    assert olga.get(path_of(contest)).status_code == 404
    assert vic.get(path_of(contest)).status_code == 303
    for rest in ("ready/", "begin/", "report/", "agree/"):
        assert olga.post(path_of(contest, rest)).status_code == 404
    assert "against Squad 02" in said(pat.get("/me/matches/"))
    assert "No match yet" in said(olga.get("/me/matches/"))


def test_the_lobby_is_told_to_the_sides_and_stands_on_no_public_page(
    contest: Contest, pat: Persona, vic: FlaskClient
) -> None:
    lobbies.set_lobby(contest.match_id, name="DC-17", password="kite 43", notes="", actor=SYSTEM, now=OPENED_AT)
    assert "kite 43" in pat.get(path_of(contest)).text
    for path in (f"/spectator/matches/{contest.match_id}/", f"/spectator/tournaments/{contest.tournament_id}/"):
        public = vic.get(path)
        assert (public.status_code, "kite 43" in public.text, "DC-17" in public.text) == (200, False, False)


def test_both_say_that_they_are_ready_then_it_begins(contest: Contest, pat: Persona) -> None:
    with transaction() as session:
        session.get_one(Tournament, contest.tournament_id).asks_ready = True
    assert "Report the result" not in said(pat.get(path_of(contest)))
    early = pat.post(path_of(contest, "begin/"))
    assert (early.status_code, "cannot become live" in said(early)) == (409, True)
    assert pat.post(path_of(contest, "ready/")).status_code == 303
    assert "You are ready" in said(pat.get(path_of(contest)))
    lobbies.say_ready(contest.match_id, actor=contest.bob, now=OPENED_AT)
    assert pat.post(path_of(contest, "begin/")).status_code == 303
    assert state_of(contest) == "live"
    assert "Report the result" in said(pat.get(path_of(contest)))


def test_a_report_is_sent_kept_when_wrong_and_answered_by_its_number(contest: Contest, pat: Persona) -> None:
    wrong = pat.post(path_of(contest, "report/"), report(("13", "7"), ("9", "3"), ("", ""), note="Close one"))
    assert wrong.status_code == 422
    assert "cannot end 9-3" in said(wrong)
    assert "Close one</textarea>" in wrong.text
    sent = report(("13", "7"), ("13", "3"), ("", ""), report_revision="0")
    assert pat.post(path_of(contest, "report/"), sent).status_code == 303
    assert "You have reported 2:0" in said(pat.get(path_of(contest)))
    stale = pat.post(path_of(contest, "report/"), report(("7", "13"), ("13", "3"), ("13", "3"), report_revision="0"))
    assert (stale.status_code, "There is a newer report" in said(stale)) == (409, True)
    own = pat.post(path_of(contest, "agree/"), {"report_revision": "1"})
    assert (own.status_code, "the other one answers" in said(own)) == (409, True)
    reporting.submit(contest.match_id, contest.games(1, 1), note="No!", actor=contest.bob, now=OPENED_AT)
    page = said(pat.get(path_of(contest), headers=HTMX))
    assert "Squad 02 has reported 0:2" in page
    assert "No!" in page
    old = pat.post(path_of(contest, "agree/"), {"report_revision": "1"})
    assert (old.status_code, "you saw number 1, it is at 2" in said(old)) == (409, True)
    assert pat.post(path_of(contest, "agree/"), {"report_revision": "2"}).status_code == 303
    assert state_of(contest) == "completed"
    assert "you have lost" in said(pat.get(path_of(contest)))


def test_the_start_says_what_waits_for_one(contest: Contest, pat: Persona, olga: Persona) -> None:
    reporting.submit(contest.match_id, contest.games(1, 1), note="", actor=contest.bob, now=OPENED_AT)
    start = pat.get("/me/")
    assert "Waits for you" in said(start)
    assert re.search(rf'href="/me/matches/{contest.match_id}/">Answer the report', start.text)
    assert "Waits for you" not in said(olga.get("/me/"))
    assert pat.post(path_of(contest, "agree/"), {"report_revision": "1"}).status_code == 303
    assert "Waits for you" not in said(pat.get("/me/"))


def test_what_is_played_now_comes_first_and_what_is_over_last(pat: Persona) -> None:
    contest = played_by(pat, matches=4)
    ids = contest.match_ids
    series.confirm(ids[0], contest.games(0, 0), actor=SYSTEM, now=OPENED_AT)
    matches.start_match(ids[3], actor=SYSTEM, now=OPENED_AT)
    page = pat.get("/me/matches/").text
    listed = dict.fromkeys(int(found) for found in re.findall(r'href="/me/matches/(\d+)/"', page))
    assert list(listed) == [ids[3], ids[1], ids[2], ids[0]]
    assert re.search(r'href="/me/matches/"\s+aria-current="page"', page)
    assert re.search(r'href="/me/matches/"\s+aria-current="true"', pat.get(path_of(contest)).text)


def test_a_screenshot_is_for_the_sides_and_officials(
    contest: Contest, pat: Persona, olga: Persona, sam: Persona
) -> None:
    form = report(("13", "7"), ("13", "3"))
    answer = pat.post(
        path_of(contest, "report/"), form | {"file": (io.BytesIO(picture("PNG", (20, 10))), "shot.exe")},
        content_type="multipart/form-data",
    )  # fmt: skip
    assert answer.status_code == 303
    with read_snapshot() as session:
        report_id = reports.open_of(session, contest.match_id)[0].id
    path = path_of(contest, f"reports/{report_id}/screenshot/")
    assert (pat.get(path).status_code, pat.get(path).headers["Content-Type"]) == (200, "image/png")
    assert (sam.get(path).status_code, olga.get(path).status_code) == (200, 404)
    assert pat.get(path_of(contest, "reports/999/screenshot/")).status_code == 404


def test_more_matches_cost_no_more_queries(pat: Persona) -> None:
    counts = []
    for size in (1, 3):
        contest = played_by(pat, matches=size, name=f"Cup {size}")
        series.confirm(contest.match_id, contest.games(0, 0), actor=SYSTEM, now=OPENED_AT)
        pat.get("/me/matches/")
        with count_statements() as found:
            assert said(pat.get("/me/matches/")).count(f"Cup {size}") == size
        counts.append(len(found))
    assert counts[0] == counts[1]
