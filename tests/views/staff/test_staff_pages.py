"""Overview, leaderboards, flags, audit, jobs, users: what each shows and does."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from tests.arenas import OPENED_AT, REASON, Arena, ended_at, open_battle_royale, turn_on_the_engine
from tests.personas import HTMX, Persona, persona
from tests.servers.redis import RedisServer
from tests.statements import count_statements
from tests.trail import trail
from webapp.models import OutboxItem, User
from webapp.services.matches import results
from webapp.services.operations import flags, heartbeats
from webapp.services.ranking import overrides, ranking
from webapp.services.spine import outbox
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import transaction


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def statements(who: Persona, path: str) -> int:
    who.get(path)
    with count_statements() as found:
        assert who.get(path).status_code == 200
    # What a process knows of the flags lasts for half a second, whenever that ends.
    return sum("feature_flags" not in statement for statement in found)


@pytest.fixture
def arena(app: Flask) -> Arena:
    turn_on_the_engine()
    arena = open_battle_royale(squads=4, lobbies=2)
    results.confirm(arena.match_ids[0], arena.lines(arena.match_ids[0]), actor=SYSTEM, now=ended_at(1))
    ranking.rank_due(arena.tournament_id, now=ended_at(1))
    return arena


# -- overview


def test_the_overview_tells_how_everything_does(arena: Arena, sam: Persona) -> None:
    heartbeats.beat("worker-ranking-7", "worker-ranking", now=utc_now())
    heartbeats.beat("scheduler-7", "scheduler", now=utc_now() - timedelta(minutes=5))
    page = words(sam.get("/staff/").text)
    assert "Slower than it should be. Missing: redis, worker-default" in page
    assert "Redis is away: the scheduler does the work itself" in page
    assert re.search(r"worker-ranking-7 \d+ s ago alive", page)
    assert re.search(r"scheduler-7 \d+ s ago silent", page)
    assert "2 on, 12 off" in page
    assert "of the boards off: CACHE, API" in page
    assert "Cup Placements of Cup Inspect Cup" in page
    assert "staff.logged_in by Sam" in page


def test_the_overview_reads_the_same_number_of_rows_for_one_and_for_three(arena: Arena, sam: Persona) -> None:
    of_one = statements(sam, "/staff/")
    for name in ("Second", "Third"):
        open_battle_royale(squads=2, lobbies=1, name=name)
        heartbeats.beat(name, "worker-default", now=utc_now())
    # One less where the newest entries of the audit are all the site's own: then there is no handle to be read.
    assert statements(sam, "/staff/") in {of_one, of_one - 1}


# -- leaderboards


def test_boards_are_found_by_name_and_number(arena: Arena, sam: Persona) -> None:
    other = open_battle_royale(squads=2, lobbies=0, name="Winter Cup")
    page = words(sam.get("/staff/leaderboards/").text)
    assert "Cup live version 1, 4 entries" in page
    assert f"#{other.tournament_id} Winter Cup live behind its results no version yet" in page
    found = words(sam.get("/staff/leaderboards/?q=winter", headers=HTMX).text)
    assert ("Winter Cup" in found, "version 1" in found) == (True, False)
    assert "Winter Cup" in words(sam.get(f"/staff/leaderboards/?q=%23{other.tournament_id}").text)
    assert "No tournament fits." in sam.get("/staff/leaderboards/?q=nothing%00like%20it").text


def test_lists_of_boards_and_participants_read_as_often_for_one_as_for_three(arena: Arena, sam: Persona) -> None:
    addresses = ("/staff/leaderboards/", f"/staff/leaderboards/{arena.tournament_id}/")
    before = [statements(sam, address) for address in addresses]
    for name in ("Second", "Third"):
        open_battle_royale(squads=2, lobbies=0, name=name)
    overrides.override(arena.tournament_id, arena.participant_ids[0], 2, reason=REASON, actor=SYSTEM, now=ended_at(2))
    ranking.rank_due(arena.tournament_id, now=ended_at(2))
    assert [statements(sam, address) for address in addresses] == before


def test_a_board_is_taken_apart(arena: Arena, sam: Persona) -> None:
    overrides.override(arena.tournament_id, arena.participant_ids[1], 1, reason=REASON, actor=SYSTEM, now=ended_at(2))
    page = words(sam.get(f"/staff/leaderboards/{arena.tournament_id}/").text)
    assert "are not on the board yet; the ranking is asked for" in page
    ranking.rank_due(arena.tournament_id, now=ended_at(2))
    page = words(sam.get(f"/staff/leaderboards/{arena.tournament_id}/").text)
    assert "1 completed, 1 scheduled" in page
    assert "public 2" in page
    assert re.search(rf"#{arena.participant_ids[1]} Squad 02 1 staff \d", page)
    assert "not on the board yet" not in page


def test_a_board_is_computed_anew_and_audited(arena: Arena, sam: Persona) -> None:
    address = f"/staff/leaderboards/{arena.tournament_id}/"
    with trail() as found:
        answer = sam.post(address + "recompute/")
    assert (answer.status_code, answer.headers["Location"]) == (303, address)
    assert found.audited == [("board.recomputed", {})]
    assert "nothing changed" in words(sam.get(address).text)
    flags.set_flag("LEADERBOARDS_ENGINE_V2_ENABLED", is_on=False, actor=SYSTEM, now=OPENED_AT)
    sam.post(address + "recompute/")
    assert "The engine is switched off: nothing was published." in words(sam.get(address).text)


def test_the_cache_is_cleared_and_told_of(redis_server: RedisServer, arena: Arena, sam: Persona) -> None:
    flags.set_flag("LEADERBOARDS_CACHE_ENABLED", is_on=True, actor=SYSTEM, now=OPENED_AT)
    fragment = f"/spectator/tournaments/{arena.tournament_id}/leaderboard/fragment/"
    assert sam.get(fragment, headers=HTMX).status_code == 200
    page = words(sam.get("/staff/leaderboards/").text)
    assert "Misses 1" in page
    answer = sam.post(f"/staff/leaderboards/{arena.tournament_id}/invalidate/")
    assert answer.status_code == 303
    assert "Cleared: 1 kept answer." in words(sam.get(answer.headers["Location"]).text)
    with trail() as found:
        answer = sam.post("/staff/leaderboards/invalidate/", {"scope": "season"})
    assert (answer.status_code, found.audited) == (303, [("cache.invalidated", {"scope": "season"})])
    assert sam.post("/staff/leaderboards/invalidate/", {"scope": "week"}).status_code == 422


def test_without_redis_there_is_nothing_to_clear(arena: Arena, sam: Persona) -> None:
    answer = sam.post(f"/staff/leaderboards/{arena.tournament_id}/invalidate/")
    assert "Redis is away, so that nothing is cached." in words(sam.get(answer.headers["Location"]).text)


# -- flags


def test_a_flag_is_turned_on_and_off(sam: Persona) -> None:
    name = "NOTIFICATIONS_EMAIL_ENABLED"
    with trail() as found:
        answer = sam.post(f"/staff/flags/{name}/", {"state": "on"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/staff/flags/")
    assert found.audited == [("flag.set", {"flag": name, "before": None, "after": True})]
    page = words(sam.get("/staff/flags/").text)
    assert f"{name} is on." in page
    assert f"{name} on Off means: no email is sent. Turn off" in page
    sam.post(f"/staff/flags/{name}/", {"state": "off"})
    assert not flags.is_on(name)


def test_a_flag_that_the_environment_holds_says_so(sam: Persona, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBHOOK_SLOW_LANE", "on")
    page = words(sam.get("/staff/flags/").text)
    assert "WEBHOOK_SLOW_LANE on held by an environment variable" in page
    sam.post("/staff/flags/WEBHOOK_SLOW_LANE/", {"state": "off"})
    assert "but an environment variable holds it on" in words(sam.get("/staff/flags/").text)


@pytest.mark.parametrize(("name", "state"), [("NO_SUCH_FLAG", "on"), ("WEBHOOK_SLOW_LANE", "maybe")])
def test_unknown_flags_and_states_are_not_found(sam: Persona, name: str, state: str) -> None:
    assert sam.post(f"/staff/flags/{name}/", {"state": state}).status_code == 404


# -- audit


@pytest.fixture
def audited(arena: Arena, sam: Persona) -> Arena:
    overrides.override(
        arena.tournament_id, arena.participant_ids[1], 1, reason=REASON, actor=sam.actor, now=ended_at(2)
    )
    return arena


def test_the_audit_shows_who_did_what_before_and_after_and_why(audited: Arena, sam: Persona) -> None:
    page = words(sam.get("/staff/audit/").text)
    who = audited.participant_ids[1]
    assert re.search(rf"placement\.overridden by Sam Cup 1 Mar 2026, 12:02:00 UTC [2-4] → 1 .*registration {who}", page)
    assert f"“{REASON}”" in page
    assert "flag.set by the site itself" in page


@pytest.mark.parametrize(
    ("query", "is_there", "is_not"),
    [
        ("action=placement.overridden", "placement.overridden by", "flag.set by"),
        ("actor=SAM", "placement.overridden by", "flag.set by"),
        ("chain=site", "flag.set by", "placement.overridden by"),
        ("chain=1", "placement.overridden by", "flag.set by"),
        ("chain=%231", "placement.overridden by", "flag.set by"),
        ("since=2026-03-01&until=2026-03-01&action=placement.overridden", "placement.overridden by", "flag.set by"),
        ("until=2026-02-28", "Nothing is on record here.", "placement.overridden by"),
        ("since=2026-03-02&until=2026-03-03", "Nothing is on record here.", "placement.overridden by"),
        ("actor=nobody", "Nobody has the handle “nobody”.", "flag.set by"),
        ("since=yesterday&before=x", "placement.overridden by", "Nothing is on record"),
    ],
)
def test_the_audit_is_narrowed_down(audited: Arena, sam: Persona, query: str, is_there: str, is_not: str) -> None:
    part = words(sam.get(f"/staff/audit/?{query}", headers=HTMX).text)
    assert (is_there in part, is_not in part) == (True, False)


def test_the_audit_is_read_in_pages_and_with_as_many_statements_for_one_as_for_many(sam: Persona) -> None:
    of_one = statements(sam, "/staff/audit/?action=staff.logged_in")
    for number in range(60):
        flags.set_flag("WEBHOOK_SLOW_LANE", is_on=number % 2 == 0, actor=sam.actor, now=ended_at(number))
    page = sam.get("/staff/audit/?action=flag.set").text
    assert page.count('class="rows__row audit__line"') == 50
    older = re.search(r'href="([^"]*before=\d+[^"]*)"', page)
    assert older
    last = sam.get(older[1].replace("&amp;", "&")).text
    assert last.count('class="rows__row audit__line"') == 10
    assert statements(sam, "/staff/audit/?action=flag.set") == of_one


def test_the_chains_are_verified(audited: Arena, sam: Persona) -> None:
    page = words(sam.get("/staff/audit/verify/").text)
    assert "The record holds" in page
    assert re.search(r"\d+ entries in 2 chains: none was altered", page)


# -- jobs


def test_late_rows_are_shown_and_tried_again(app: Flask, sam: Persona) -> None:
    assert "Nothing has failed, and nothing waits past its time." in words(sam.get("/staff/jobs/").text)
    for number in (1, 2, 3):
        with transaction() as session:
            outbox.want(session, "rank", str(number), now=OPENED_AT)
        if number == 1:
            of_one = statements(sam, "/staff/jobs/")
    assert statements(sam, "/staff/jobs/") == of_one
    with transaction() as session:
        failed: dict[str, Any] = {"attempts": 3, "last_error": "ValueError"}
        session.execute(update(OutboxItem).where(OutboxItem.key == "2").values(**failed))
    page = sam.get("/staff/jobs/").text
    assert "rank 2 failed 3 ×: ValueError" in words(page)
    address = re.findall(r'action="(/staff/jobs/outbox/\d+/retry/)"', page)[1]
    with trail() as found:
        assert sam.post(address).status_code == 303
    assert [action for action, _ in found.audited] == ["outbox.retried"]
    assert "It is tried again now." in words(sam.get("/staff/jobs/").text)
    assert sam.post("/staff/jobs/outbox/999/retry/").status_code == 404


def test_a_job_cannot_be_put_back_while_redis_is_away(sam: Persona) -> None:
    assert sam.post("/staff/jobs/ranking/abc/retry/").status_code == 303
    assert "Redis is away: the job stays where it is." in words(sam.get("/staff/jobs/").text)
    assert sam.post("/staff/jobs/kitchen/abc/retry/").status_code == 404


# -- users


def test_accounts_are_found_by_handle_number_and_whole_address(app: Flask, sam: Persona, pat: Persona) -> None:
    for query in ("pat", f"{pat.user_id}", "PAT@example.org", "kind=player"):
        part = sam.get(f"/staff/users/?{query if '=' in query else 'q=' + query}", headers=HTMX).text
        assert f'id="user-{pat.user_id}"' in part
        assert "@example.org" not in part or "@" in query
        assert f'id="user-{sam.user_id}"' not in part
    # A part of an address finds nobody: who does not know it must not be able to guess it.
    for query in ("@example", "t@example.org", "nobody"):
        assert "Nobody fits." in sam.get(f"/staff/users/?q={query}", headers=HTMX).text
    assert "Nobody fits." in sam.get("/staff/users/?kind=disabled", headers=HTMX).text


def test_roles_doors_and_sessions(app: Flask, sam: Persona, pat: Persona) -> None:
    address = f"/staff/users/{pat.user_id}"
    answer = sam.post(f"{address}/role/?q=pat&kind=player&evil=1", {"role": "organizer"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/staff/users/?q=pat&kind=player")
    assert "The role is organizer now." in words(sam.get("/staff/users/").text)
    for path, said in (
        ("sessions/end/", "Logged out: 1 open session ended."),
        ("disable/", "The account is shut and logged out."),
        ("disable/", "The account was shut already."),
        ("enable/", "The account is open again."),
        ("enable/", "The account was open already."),
        ("role/", "The role was organizer already."),
    ):
        sam.post(f"{address}/{path}", {"role": "organizer"})
        assert said in words(sam.get("/staff/users/").text)
    assert sam.post(f"{address}/role/", {"role": "king"}).status_code == 422
    assert sam.post("/staff/users/999/role/", {"role": "player"}).status_code == 404
    for path in ("role/", "disable/"):
        sam.post(f"/staff/users/{sam.user_id}/{path}", {"role": "player"})
        assert "This is the last account of staff" in words(sam.get("/staff/users/").text)


def test_players_known_from_results_alone_can_be_given_nothing(sam: Persona) -> None:
    with transaction() as session:
        session.add(User(handle="Known", handle_key="known", role="player", created_at=OPENED_AT))
    part = sam.get("/staff/users/?q=Known", headers=HTMX).text
    assert "known from results alone" in part
    assert "Set role" not in part


def test_the_list_of_accounts_reads_as_often_for_one_as_for_three(app: Flask, sam: Persona) -> None:
    of_one = statements(sam, "/staff/users/")
    for name in ("pat", "una"):
        persona(app, name)
    assert statements(sam, "/staff/users/") == of_one


@pytest.mark.parametrize("number", ["0", "-3", "9" * 40, "two", "1000000"])
def test_pages_and_cursors_that_cannot_be_show_what_there_is(arena: Arena, sam: Persona, number: str) -> None:
    for address in (
        f"/staff/leaderboards/?page={number}&q={number}", f"/staff/leaderboards/{arena.tournament_id}/?page={number}",
        f"/staff/users/?page={number}&q={number}", f"/staff/audit/?before={number}&chain={number}&actor={number}",
        f"/staff/tournaments/{arena.tournament_id}/overrides/?before={number}&participant={number}",
    ):  # fmt: skip
        assert sam.get(address).status_code == 200, address
