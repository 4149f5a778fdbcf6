"""The control room: what it lists first, what is pressed on it, and how little it asks of the database."""

import re
from datetime import datetime, timedelta
from html import unescape

import pytest
from flask.testing import FlaskClient

from tests.arenas import OPENED_AT, REASON, open_battle_royale
from tests.contests import Contest, player
from tests.disputed import AT, TEXT
from tests.knockouts import open_knockout, registered
from tests.personas import HTMX, Persona
from tests.statements import count_statements
from tests.views.organizer.pages import assert_only_for_its_officials, draft, referee, said
from tests.views.organizer.test_match_desk import owned, rows
from webapp.models import Match, Registration, ResultSubmission, Tournament
from webapp.services.bracketing import brackets
from webapp.services.disputes import disputes
from webapp.services.matches import lobby_reports, matches, pauses, reporting
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.tournaments import tournaments


@pytest.fixture
def contest(olga: Persona) -> Contest:
    return owned(olga)


def room(tournament_id: int, rest: str = "") -> str:
    return f"/organizer/tournaments/{tournament_id}/control/{rest}"


def own(olga: Persona, tournament_id: int) -> None:
    with transaction() as session:
        session.get_one(Tournament, tournament_id).organizer_id = olga.user_id


def due(match_id: int, *, minutes: int = 20) -> None:
    with transaction() as session:
        session.get_one(Match, match_id).scheduled_at = utc_now() - timedelta(minutes=minutes)


def state_of(match_id: int) -> str:
    with read_snapshot() as session:
        return session.get_one(Match, match_id).state


def needs(page: str) -> list[str]:
    return re.findall(r'id="need-([\w-]+)"', page)


def report(contest: Contest, *wins: int, now: datetime = OPENED_AT) -> int:
    return reporting.submit(contest.match_id, contest.games(*wins), actor=contest.alice, now=now).report_revision


def test_it_is_for_its_officials(
    contest: Contest, olga: Persona, otto: Persona, pat: Persona, vic: FlaskClient
) -> None:
    assert_only_for_its_officials(room(contest.tournament_id), olga, otto, pat, vic)
    referee(otto, contest.tournament_id)
    page = otto.get(room(contest.tournament_id))
    assert page.status_code == 200
    assert "Emergency stop" in said(page)
    assert "Announce it" not in said(page)


def test_what_holds_up_most_comes_first(olga: Persona) -> None:
    cup = open_knockout("double-elimination", sides=8)
    own(olga, cup.tournament_id)
    cup.play(until="L2-1")
    ids = cup.match_ids()
    due(ids["W3-1"], minutes=20)
    due(ids["L2-1"], minutes=20)
    page = olga.get(room(cup.tournament_id))
    assert needs(page.text) == [f"match-{ids['L2-1']}", f"match-{ids['W3-1']}"]
    assert "Its time has passed, and it has not begun 4 matches wait" in said(page)
    assert page.text.count(f'id="coming-{ids["L2-1"]}"') == 0
    assert f'id="coming-{ids["L2-2"]}"' in page.text


def test_a_match_begins_and_its_report_is_confirmed_and_taken_back(contest: Contest, olga: Persona) -> None:
    here = room(contest.tournament_id)
    start = room(contest.tournament_id, f"matches/{contest.match_id}/start/")
    part = olga.post(start, htmx=True)
    assert part.status_code == 200
    assert part.text.lstrip().startswith('<div id="control"')
    assert part.headers["ETag"].startswith('"')
    assert "The match is live." in said(part)
    assert f'id="playing-{contest.match_id}"' in part.text
    seen = report(contest, 0, 0)
    assert "Squad 01 says 2:0" in said(olga.get(here))
    confirm = room(contest.tournament_id, f"matches/{contest.match_id}/confirm/")
    stale = olga.post(confirm, {"report_revision": seen - 1}, htmx=True)
    assert (stale.status_code, "There is a newer report" in said(stale)) == (409, True)
    answer = olga.post(confirm, {"report_revision": seen})
    assert (answer.status_code, answer.headers["Location"]) == (303, here)
    assert state_of(contest.match_id) == "completed"
    page = olga.get(here)
    assert "You can take back the confirmation of match 1" in said(page)
    undo = re.search(r'action="([^"]+/control/undo/\d+/)"', page.text)
    assert undo
    assert "It is taken back." in said(olga.post(undo[1], htmx=True))
    assert olga.post(room(contest.tournament_id, "undo/999999/")).status_code == 404
    assert state_of(contest.match_id) == "pending_result"
    with read_snapshot() as session:
        assert session.query(ResultSubmission).count() == 1


def test_twice_confirmed_is_refused_with_the_reason_and_without_a_script_as_well(
    contest: Contest, olga: Persona
) -> None:
    seen = report(contest, 0, 0)
    confirm = room(contest.tournament_id, f"matches/{contest.match_id}/confirm/")
    assert olga.post(confirm, {"report_revision": seen}).status_code == 303
    again = olga.post(confirm, {"report_revision": seen})
    assert (again.status_code, "is open any more" in said(again)) == (409, True)


def test_a_result_that_is_typed_leads_back_here(contest: Contest, olga: Persona) -> None:
    here = room(contest.tournament_id)
    matches.start_match(contest.match_id, actor=SYSTEM, now=utc_now())
    link = re.search(r'href="([^"]+/result/[^"]+)"', olga.get(here).text)
    assert link
    games = rows(("13", "7"), ("13", "11"), ("", ""))
    assert olga.post(unescape(link[1]), games).headers["Location"] == here
    second = f"/organizer/tournaments/{contest.tournament_id}/matches/{contest.match_ids[1]}/"
    foreign = olga.post(f"{second}result/?back=//elsewhere.example", games)
    assert foreign.headers["Location"] == second


def test_reports_that_differ_are_compared_and_never_confirmed_by_one_press(contest: Contest, olga: Persona) -> None:
    report(contest, 0, 0)
    seen = reporting.submit(contest.match_id, contest.games(1, 1), actor=contest.bob, now=OPENED_AT).report_revision
    page = olga.get(room(contest.tournament_id))
    assert needs(page.text) == [f"match-{contest.match_id}"]
    assert "The two reports differ" in said(page)
    confirm = room(contest.tournament_id, f"matches/{contest.match_id}/confirm/")
    assert "Both sides of match 1 have reported" in said(olga.post(confirm, {"report_revision": seen}))


def test_a_dispute_waits_for_who_may_decide_it(contest: Contest, olga: Persona, sam: Persona) -> None:
    report(contest, 0, 0, now=AT)
    dispute_id = disputes.open_dispute(
        contest.match_id, reason_code="wrong_score", text=TEXT, actor=contest.bob, now=AT
    )
    here = room(contest.tournament_id)
    page = olga.get(here)
    assert "A dispute waits for a decision" in said(page)
    assert f"/disputes/{dispute_id}/" in page.text
    disputes.escalate(dispute_id, reason=REASON, actor=olga.actor, now=AT)
    assert "the staff decides" in said(olga.get(here))
    assert needs(olga.get(here).text) == []
    assert needs(sam.get(here).text) == [f"match-{contest.match_id}"]


def test_everything_is_stopped_and_goes_on(contest: Contest, olga: Persona) -> None:
    here = room(contest.tournament_id)
    short = olga.post(f"{here}stop/", {"reason": "fire"})
    assert (short.status_code, ">fire</textarea>" in short.text) == (422, True)
    assert olga.post(f"{here}stop/", {"reason": REASON}).status_code == 303
    page = olga.get(here)
    assert needs(page.text) == ["go_on"]
    assert "Everything stands still 3 matches wait" in said(page)
    refused = olga.post(f"{here}matches/{contest.match_id}/start/", htmx=True)
    assert (refused.status_code, "is stopped for the moment" in said(refused)) == (409, True)
    assert "Play goes on." in said(olga.post(f"{here}resume/", htmx=True))
    assert needs(olga.get(here).text) == []


def test_something_is_announced_and_what_is_wrong_stays_typed(contest: Contest, olga: Persona) -> None:
    here = room(contest.tournament_id)
    wrong = olga.post(f"{here}announce/", {"text": "  ", "audience": "all"})
    assert (wrong.status_code, "write what is to be known" in said(wrong)) == (422, True)
    odd = olga.post(f"{here}announce/", {"text": "Half an hour", "audience": "nobody"})
    assert ">\r\nHalf an hour</textarea>" in odd.text or ">Half an hour</textarea>" in odd.text
    assert olga.post(f"{here}announce/", {"text": "Half an hour", "audience": "all"}).status_code == 303
    assert "Half an hour" in said(olga.get(f"/organizer/tournaments/{contest.tournament_id}/announcements/"))


def test_the_day_begins_and_ends_here(olga: Persona) -> None:
    cup = registered(sides=2)
    own(olga, cup.tournament_id)
    here = room(cup.tournament_id)
    assert needs(olga.get(here).text) == ["open"]
    assert olga.post(f"{here}open/").status_code == 303
    assert olga.post(f"{here}close/").status_code == 303
    assert needs(olga.get(here).text) == ["draw"]
    brackets.generate(cup.tournament_id, actor=olga.actor, now=OPENED_AT)
    assert needs(olga.get(here).text) == []
    assert olga.post(f"{here}start/").status_code == 303
    early = olga.post(f"{here}complete/", htmx=True)
    assert (early.status_code, "Matches are still open" in said(early)) == (409, True)


def test_who_is_not_here_is_checked_in_by_one_press(olga: Persona, otto: Persona) -> None:
    counts = []
    for sides in (3, 20):
        cup = registered(sides=sides, name=f"Cup of {sides}")
        own(olga, cup.tournament_id)
        referee(otto, cup.tournament_id)
        here = room(cup.tournament_id)
        with transaction() as session:
            tournament = session.get_one(Tournament, cup.tournament_id)
            tournament.has_checkin, tournament.starts_at = True, utc_now() + timedelta(minutes=10)
        olga.post(f"{here}open/")
        otto.get(here)
        with count_statements() as found:
            page = otto.get(here)
        counts.append(len([one for one in found if one.lstrip("( ").startswith("SELECT")]))
        assert len(re.findall(r'id="absent-\d', page.text)) == min(sides, 12)
        assert f"Not here yet {sides} of {sides}" in said(page)
        part = otto.post(f"{here}participants/{cup.seed(2)}/here/", htmx=True)
        assert f'id="absent-{cup.seed(2)}"' not in part.text
        assert f"1 of {sides} are here, open" in said(part)
    assert counts[0] == counts[1] < 10
    tournaments.start(cup.tournament_id, actor=SYSTEM, now=utc_now())
    late = olga.post(f"{here}participants/{cup.seed(1)}/here/", htmx=True)
    assert late.status_code == 409
    assert 'id="absent-' not in late.text


def test_the_next_round_of_a_swiss_is_paired_by_one_press(olga: Persona) -> None:
    swiss = open_knockout("swiss", sides=4)
    own(olga, swiss.tournament_id)
    here = room(swiss.tournament_id)
    assert needs(olga.get(here).text) == []
    for key, (a, _) in swiss.sides().items():
        swiss.win(key, a or 0)
    assert needs(olga.get(here).text) == ["pair_round"]
    assert "Round 2 is paired." in said(olga.post(f"{here}rounds/2/", htmx=True))
    assert needs(olga.get(here).text) == []
    ahead = olga.post(f"{here}rounds/9/", htmx=True)
    assert (ahead.status_code, "Round 3 comes next" in said(ahead)) == (409, True)


def test_lobbies_are_started_and_entered_in_the_grid(olga: Persona) -> None:
    arena = open_battle_royale(squads=3, lobbies=2, organizer_id=olga.user_id)
    first = arena.match_ids[0]
    matches.start_match(first, actor=SYSTEM, now=OPENED_AT)
    page = olga.get(room(arena.tournament_id))
    assert "Played for long, and nobody has reported" in said(page)
    assert f"/organizer/matches/{first}/grid/" in page.text
    who = player("Speaker")
    with transaction() as session:
        session.get_one(Registration, arena.participant_ids[0]).registered_by_id = who.user_id
    lobby_reports.submit(first, placement=1, kills=3, actor=who, now=utc_now())
    page = olga.get(room(arena.tournament_id))
    assert needs(page.text) == []
    assert "1 side has reported" in said(page)


def test_a_draft_without_anything_is_calm_too(olga: Persona, otto: Persona) -> None:
    tournament_id = draft(olga)
    assert needs(olga.get(room(tournament_id)).text) == ["open"]
    referee(otto, tournament_id)
    assert "Nothing needs you right now" in said(otto.get(room(tournament_id)))


def test_it_asks_as_little_for_64_as_for_4(olga: Persona, otto: Persona) -> None:
    counts = []
    for sides in (4, 64):
        cup = open_knockout("double-elimination", sides=sides, name=f"Cup of {sides}")
        own(olga, cup.tournament_id)
        referee(otto, cup.tournament_id)
        with transaction() as session:
            tournament = session.get_one(Tournament, cup.tournament_id)
            tournament.has_checkin, tournament.entry_fee, tournament.currency = True, 500, "EUR"
            session.query(Registration).filter_by(tournament_id=cup.tournament_id).update({"checked_in_at": OPENED_AT})
        for number in range(1, sides // 2 + 1):
            matches.start_match(cup.match_ids()[f"W1-{number}"], actor=SYSTEM, now=OPENED_AT)
        for who in (olga, otto):
            path = room(cup.tournament_id)
            who.get(path)
            for headers in ({}, HTMX):
                with count_statements() as found:
                    page = who.get(path, headers=headers)
                counts.append(len([one for one in found if one.lstrip("( ").startswith("SELECT")]))
                assert len(needs(page.text)) == min(sides // 2, 30)
    assert counts[:4] == counts[4:]
    assert max(counts) < 10


def test_what_is_named_cannot_break_the_page(olga: Persona) -> None:
    contest = owned(olga, name="Names")
    with transaction() as session:
        session.get_one(Match, contest.match_id).label = "<script>x</script>"
    page = olga.get(room(contest.tournament_id)).text
    assert "<script>x" not in page
    assert "&lt;script&gt;x" in page
    pauses.stop(contest.tournament_id, reason=REASON, actor=olga.actor, now=OPENED_AT)
