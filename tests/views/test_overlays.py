"""Overlays: what they show, to whom, and what no stream must ever show."""

import re
from datetime import timedelta

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient
from structlog.testing import capture_logs

from tests.arenas import Arena, ended_at, open_battle_royale, open_league, turn_on_the_engine
from tests.personas import HTMX, Persona
from tests.statements import count_statements
from tests.views.organizer.pages import draft, said
from webapp.domain.freezes import RevealBy
from webapp.models import Tournament
from webapp.services.live import freezes, overlay_tokens, reveals
from webapp.services.matches import matches, results
from webapp.services.matches.matches import Fixture
from webapp.services.ranking import ranking
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import transaction
from webapp.views import access

ROW = re.compile(r'<li id="row-(\d+)"\s+class="[^"]*"\s+data-rank="(\d+)"\s+(hidden)?')
SOURCE = re.compile(r'data-source="([^"]+)"')


def played(*, squads: int = 25, lobbies: int = 3, times: int = 1, **details: object) -> Arena:
    turn_on_the_engine()
    arena = open_battle_royale(squads=squads, lobbies=lobbies, **details)  # type: ignore[arg-type]  # details of all kinds
    for number in range(1, times + 1):
        match_id = arena.match_ids[number - 1]
        results.confirm(match_id, arena.lines(match_id), actor=SYSTEM, now=ended_at(number))
        ranking.rank_due(arena.tournament_id, now=ended_at(number))
    return arena


def overlays_of(arena: Arena) -> list[str]:
    base = f"/overlay/tournaments/{arena.tournament_id}/"
    kinds = ("leaderboard", "ticker", "match-point", "next-match")
    return [*(f"{base}{kind}/" for kind in kinds), f"/overlay/matches/{arena.match_ids[0]}/scoreboard/"]


def make_private(tournament_id: int) -> None:
    with transaction() as session:
        session.get_one(Tournament, tournament_id).visibility = "private"


def link_of(tournament_id: int) -> str:
    return overlay_tokens.create(tournament_id, "PC", actor=SYSTEM, now=utc_now()).secret


def test_every_overlay_is_a_page_of_its_own_that_sets_no_cookie(client: FlaskClient) -> None:
    for path in overlays_of(played()):
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert answer.text.startswith("<!DOCTYPE html>"), path
        assert "Set-Cookie" not in answer.headers
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "private, no-cache"
        assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]
        assert "style=" not in answer.text
        assert 'name="robots" content="noindex"' in answer.text


def test_the_part_of_it_is_the_same_bytes_for_everybody(client: FlaskClient, olga: Persona) -> None:
    for path in overlays_of(played()):
        page = client.get(path + "?rows=5&theme=light&rotate=4")
        (source,) = SOURCE.findall(page.text.replace("&amp;", "&"))
        one, other = client.get(source, headers=HTMX), olga.get(source, headers=HTMX)
        assert (one.status_code, one.data, one.headers["ETag"]) == (200, other.data, other.headers["ETag"])
        assert one.headers["Cache-Control"].startswith("public, max-age=1")
        assert "theme-light" in one.text
        assert client.get(source, headers=HTMX | {"If-None-Match": one.headers["ETag"]}).status_code == 304
        assert client.get(source).text.startswith("<!DOCTYPE html>")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("squads", "query", "in_all", "shown"), [
    (3, "", 3, 3), (25, "", 10, 10), (25, "?rows=25", 25, 25), (100, "?rows=12", 12, 12),
    (100, "?rows=12&rotate=5", 100, 12), (3, "?rows=25&rotate=5", 3, 3), (100, "?rows=2000", 10, 10),
])  # fmt: skip
def test_a_board_of_any_length_has_as_many_rows_as_asked_for(
    client: FlaskClient, squads: int, query: str, in_all: int, shown: int
) -> None:
    arena = played(squads=squads)
    rows = ROW.findall(client.get(overlays_of(arena)[0] + query).text)
    assert [int(rank) for _, rank, _ in rows] == list(range(1, in_all + 1))
    assert [bool(hidden) for _, _, hidden in rows] == [False] * shown + [True] * (in_all - shown)


def test_wrong_options_are_said_in_a_preview_and_nowhere_else(client: FlaskClient) -> None:
    for path in overlays_of(played()):
        on_air = client.get(path + "?theme=pink&rows=-1&rotate=1")
        assert on_air.status_code == 200
        assert "cannot be used" not in on_air.text
        preview = said(client.get(path + "?theme=pink&rows=-1&rotate=1&preview=1"))
        assert preview.count("cannot be used") == 3
        assert "theme=pink cannot be used; dark is used instead." in preview


def test_what_is_not_there_yet_is_an_empty_picture(client: FlaskClient) -> None:
    arena = played(times=0, lobbies=1)
    for path in (*overlays_of(arena)[:3], overlays_of(arena)[4]):
        assert said(client.get(path)) == "Cup · DeltaCrown Cup", path
        assert "here" in said(client.get(path + "?preview=1")), path


@pytest.mark.parametrize(
    "path", ["/overlay/tournaments/999/ticker/", "/overlay/matches/999/scoreboard/", "/overlay/nothing/"]
)
def test_what_there_is_not_is_said_small(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert 'class="note"' in answer.text
    assert "<a " not in answer.text
    assert "Refresh" not in answer.headers


def test_what_breaks_shows_nothing_and_tries_again(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    @access.open_to(access.EVERYBODY)
    def broken(**_: object) -> Response:
        raise RuntimeError

    monkeypatch.setitem(app.view_functions, "overlay.tournament", broken)
    app.testing = False
    answer = app.test_client().get("/overlay/tournaments/1/ticker/")
    assert (answer.status_code, answer.headers["Refresh"], said(answer)) == (500, "5", "DeltaCrown")


def test_a_private_tournament_opens_with_its_link_alone(client: FlaskClient, olga: Persona) -> None:
    arena = played()
    make_private(arena.tournament_id)
    secret = link_of(arena.tournament_id)
    for path in overlays_of(arena):
        assert client.get(path).status_code == 404
        answer = client.get(f"{path}?token={secret}")
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
        (source,) = SOURCE.findall(answer.text)
        assert secret not in answer.text
        part = client.get(source, headers={"Authorization": f"Bearer {secret}"})
        assert (part.status_code, part.headers["Cache-Control"]) == (200, "no-store")
        assert 'id="stage"' in part.text
        assert not part.text.startswith("<!DOCTYPE")
        assert client.get(source, headers=HTMX).status_code == 404
        assert olga.get(path + "?preview=1").status_code == 404


def test_a_link_shows_a_draft_before_the_day(client: FlaskClient, olga: Persona) -> None:
    tournament_id = draft(olga)
    matches.schedule(tournament_id, [Fixture("Opening")], actor=SYSTEM, now=utc_now())
    path = f"/overlay/tournaments/{tournament_id}/next-match/"
    assert client.get(path).status_code == 404
    assert "Opening" in said(client.get(f"{path}?token={link_of(tournament_id)}"))
    assert "Opening" in said(olga.get(f"{path}?preview=1"))


def test_a_link_that_opens_nothing_shows_nothing_not_even_what_is_public(client: FlaskClient) -> None:
    arena, other = played(), open_battle_royale(name="Other")
    secret = link_of(arena.tournament_id)
    (link,) = [info.id for info in _links(arena.tournament_id)]
    overlay_tokens.revoke(arena.tournament_id, link, actor=SYSTEM, now=utc_now())
    for path in overlays_of(arena):
        for token in (secret, "dco_" + "x" * 43, "", link_of(other.tournament_id)):
            answer = client.get(f"{path}?token={token}")
            assert (answer.status_code, answer.headers["Cache-Control"]) == (403, "no-store"), (path, token)
            assert said(answer) == "DeltaCrown This overlay link was revoked or cut short."
            part = client.get(f"{path}fragment/", headers={"Authorization": f"Bearer {token}"})
            assert part.status_code == 403
            assert "data-gone" in part.text


def test_no_secret_reaches_a_log(client: FlaskClient) -> None:
    arena = played(squads=3)
    secret = link_of(arena.tournament_id)
    with capture_logs() as lines:
        for token in (secret, "dco_forged-and-long-enough"):
            client.get(f"{overlays_of(arena)[0]}?token={token}")
            client.get(f"{overlays_of(arena)[0]}fragment/", headers={"Authorization": f"Bearer {token}"})
    assert len(lines) >= 4
    assert secret not in repr(lines)
    assert "forged" not in repr(lines)


def test_the_ticker_tells_standings_and_the_last_results(client: FlaskClient) -> None:
    arena = played(squads=3, times=2)
    text = said(client.get(overlays_of(arena)[1]))
    assert text.count("Squad 0") >= 5
    assert "Match 2 won by" in text


def test_the_race_says_who_can_win_and_who_is_near(client: FlaskClient) -> None:
    rules = {"placement_points": [10, 6], "points_per_kill": 1, "match_point": {"threshold": 12}}
    turn_on_the_engine()
    arena = open_battle_royale(rules, squads=6, lobbies=3)
    first = arena.match_ids[0]
    results.confirm(first, arena.lines(first), actor=SYSTEM, now=ended_at(1))
    ranking.rank_due(arena.tournament_id, now=ended_at(1))
    text = said(client.get(overlays_of(arena)[2]))
    assert "Match point at 12" in text
    assert text.count("to go") + text.count("a win ends it") == 4


def test_the_next_match_is_the_earliest_one(client: FlaskClient) -> None:
    turn_on_the_engine()
    arena = open_battle_royale(squads=3, lobbies=1)
    soon = utc_now() + timedelta(hours=1)
    fixtures = [Fixture("Late one", scheduled_at=soon + timedelta(hours=1)), Fixture("Early one", scheduled_at=soon)]
    later, sooner = matches.schedule(arena.tournament_id, fixtures, actor=SYSTEM, now=utc_now())
    path = overlays_of(arena)[3]
    assert "Next match Early one" in said(client.get(path))
    for match_id in (sooner, later, arena.match_ids[0]):
        matches.start_match(match_id, actor=SYSTEM, now=utc_now())
    assert "Live now" in said(client.get(path))


def test_the_scoreboard_of_a_series_has_its_games(client: FlaskClient) -> None:
    turn_on_the_engine()
    league = open_league("valorant", {"win_points": 3}, [(0, 1)], sides=2, best_of=3, name="League")
    matches.start_match(league.match_ids[0], actor=SYSTEM, now=utc_now())
    matches.update_score(league.match_ids[0], [[1, 13, 7], [2, 4, 2]], actor=SYSTEM, now=utc_now())
    text = said(client.get(f"/overlay/matches/{league.match_ids[0]}/scoreboard/"))
    assert "Squad 01 1 : to 0 Squad 02 Live" in text
    assert text.endswith("Best of 3 13 – 7 4 – 2")


def test_an_overlay_asks_as_much_for_three_rows_as_for_twenty_five(client: FlaskClient) -> None:
    counts: dict[str, list[int]] = {}
    for path in overlays_of(played()):
        for rows in (3, 25):
            with count_statements() as statements:
                client.get(f"{path}?rows={rows}")
            # Flags are looked at again every second, whatever is asked for.
            counts.setdefault(path, []).append(len([text for text in statements if "feature_flags" not in text]))
    assert all(few == many for few, many in counts.values()), counts


def test_a_reveal_names_no_place_before_its_turn(client: FlaskClient) -> None:
    rules = {"placement_points": [10, 6], "points_per_kill": 1, "match_point": {"threshold": 12}}
    arena = played(squads=5, lobbies=2, times=1, rules=rules)
    leaderboard, _, race, *_ = (f"{path}?rows=5" for path in overlays_of(arena))
    now = utc_now()
    freezes.freeze_now(arena.tournament_id, actor=SYSTEM, now=now)
    assert "Frozen" in said(client.get(leaderboard))
    assert "to go" in said(client.get(race))
    reveals.start(arena.tournament_id, RevealBy.ROW, actor=SYSTEM, now=now)
    reveals.show_next(arena.tournament_id, seen=0, actor=SYSTEM, now=now)
    text = said(client.get(leaderboard))
    assert (text.count("? ? ?"), text.count("Squad 0"), "Reveal" in text) == (4, 1, True)
    assert "Squad" not in said(client.get(race))
    assert said(client.get(f"/embed/tournaments/{arena.tournament_id}/")).count("still to be revealed") == 4


def _links(tournament_id: int) -> tuple[overlay_tokens.LinkInfo, ...]:
    with transaction() as session:
        return overlay_tokens.list_of(session, tournament_id)
