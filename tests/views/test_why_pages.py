"""The explanation as a page and as a part of the board; a participant's page with its versions."""

import re
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.arenas import OPENED_AT, Arena, ended_at, open_battle_royale, open_league, turn_on_the_engine
from tests.statements import count_statements
from webapp.domain.cascades import KEYS
from webapp.domain.scoring import BattleRoyaleLine
from webapp.domain.series import SeriesGame
from webapp.models import Tournament
from webapp.services.matches import results, series
from webapp.services.ranking import adjustments, overrides, ranking
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import transaction

HTMX = {"HX-Request": "true"}
REASON = "The replay <b>shows</b> that they were ahead"


@pytest.fixture(autouse=True)
def _engine(app: Flask) -> None:
    turn_on_the_engine()


@pytest.fixture
def arena() -> Arena:
    """Three squads with 12, 12 and 6 points: the second is behind by kills."""
    rules = {"placement_points": [10, 9, 4], "points_per_kill": 1, "cascade": ["points", "best_placement", "kills"]}
    arena = open_battle_royale(rules, squads=3, lobbies=3, name="Summer Cup")
    play(arena, 1, (0, 1, 2), (1, 2, 3), (2, 3, 2))
    return arena


def play(arena: Arena, match: int, *lines: tuple[int, int, int]) -> None:
    told = [BattleRoyaleLine(arena.participant_ids[who], placement, kills) for who, placement, kills in lines]
    results.confirm(arena.match_ids[match - 1], told, actor=SYSTEM, now=ended_at(match))
    ranking.rank_due(arena.tournament_id, now=ended_at(match))


def path_of(arena: Arena, index: int, page: str = "why/") -> str:
    return f"/spectator/tournaments/{arena.tournament_id}/participants/{arena.participant_ids[index]}/{page}"


def words(html: str) -> str:
    """The text of a page as a reader sees it, blanks made one."""
    return " ".join(unescape(re.sub(r"<[^>]+>", "", html)).split())


def test_it_says_in_words_what_decided(client: FlaskClient, arena: Arena) -> None:
    text = words(client.get(path_of(arena, 1)).text)
    for said in (
        "Why Squad 02 is 2nd",
        "Behind Squad 01 (1st)",
        "Level on points (12). A better best placement: 1st against 2nd. That decides.",
        "Ahead of Squad 03 (3rd)",
        "More points: 12 against 6. That decides.",
        "12 points = 9 for placements + 3 for kills, in 1 match",
        "Version 1, as of",
    ):
        assert said in text
    first, last = words(client.get(path_of(arena, 0)).text), words(client.get(path_of(arena, 2)).text)
    assert ("Nobody stands above" in first, "Nobody stands below" in last) == (True, True)


def test_every_row_leads_to_its_explanation_without_script(client: FlaskClient, arena: Arena) -> None:
    board = client.get(f"/spectator/tournaments/{arena.tournament_id}/").text
    links = re.findall(r'<a id="why-link-\d+"\s+class="why-link"\s+href="([^"]+)"', board)
    assert links == [path_of(arena, index) for index in (0, 1, 2)]
    assert {client.get(link).status_code for link in links} == {200}


def test_htmx_gets_the_explanation_alone_with_a_strong_tag(client: FlaskClient, arena: Arena) -> None:
    path = path_of(arena, 1)
    fragment = client.get(path, headers=HTMX)
    assert fragment.text.lstrip().startswith(f'<section id="why-{arena.participant_ids[1]}"')
    assert fragment.text.strip() in client.get(path).text
    assert (fragment.headers["Cache-Control"], "Set-Cookie" in fragment.headers) == (
        "public, max-age=1, stale-while-revalidate=5", False,
    )  # fmt: skip
    etag = fragment.headers["ETag"]
    assert client.get(path, headers={**HTMX, "If-None-Match": etag}).status_code == 304
    play(arena, 2, (0, 3, 0), (1, 1, 9), (2, 2, 0))
    moved = client.get(path, headers={**HTMX, "If-None-Match": etag})
    assert (moved.status_code, "Why Squad 02 is 1st" in words(moved.text)) == (200, True)


def test_a_tie_a_penalty_and_a_place_set_by_staff_are_told(client: FlaskClient, arena: Arena) -> None:
    tournament_id, (one, _, three) = arena.tournament_id, arena.participant_ids
    adjustments.adjust(
        tournament_id, one, kind="penalty", points=-6, reason="Late to the lobby", actor=SYSTEM, now=ended_at(3)
    )
    overrides.override(tournament_id, three, new_rank=1, reason=REASON, actor=SYSTEM, now=ended_at(4))
    ranking.rank_due(tournament_id, now=ended_at(4))
    placed = words(client.get(path_of(arena, 2)).text)
    assert "By the results it would be 3rd." in placed
    assert "Staff have placed Squad 03 1st; the results alone do not decide here." in placed
    assert "replay" not in placed
    penalized = words(client.get(path_of(arena, 0)).text)
    assert "6 points = 10 for placements + 2 for kills − 6 outside the matches" in penalized
    assert "Penalty −6: Late to the lobby" in penalized
    assert "Placed by staff" in words(client.get(f"/spectator/tournaments/{tournament_id}/").text)
    with transaction() as session:
        session.get_one(Tournament, tournament_id).publishes_reasons = True
    assert f"Reason: {REASON}" in words(client.get(path_of(arena, 2)).text)


def test_a_series_is_told_by_wins_and_the_table_of_the_tied(client: FlaskClient) -> None:
    league = open_league(
        "valorant", {"cascade": ["points", "head_to_head"]}, [(0, 1), (2, 3), (0, 2)], sides=4, best_of=1, name="League"
    )
    ids = league.participant_ids
    for number, (winner, loser) in enumerate(((0, 1), (2, 3), (2, 0)), start=1):
        game = SeriesGame(1, {ids[winner]: 13, ids[loser]: 5})
        series.confirm(league.match_ids[number - 1], [game], actor=SYSTEM, now=ended_at(number))
    ranking.rank_due(league.tournament_id, now=ended_at(4))
    text = words(client.get(path_of(league, 0)).text)
    assert "3 points = 1 win × 3, in 2 matches" in text
    level = words(client.get(path_of(league, 1)).text)
    assert "Level on points (0) and matches between the tied (0). Nothing is left that could part them" in level
    assert "among Squad 02, Squad 04" in level


@pytest.mark.parametrize(("index", "status"), [(0, "draft"), (0, "live")])
def test_a_stranger_finds_nothing_of_a_hidden_tournament(
    client: FlaskClient, arena: Arena, index: int, status: str
) -> None:
    with transaction() as session:
        tournament = session.get_one(Tournament, arena.tournament_id)
        tournament.status, tournament.visibility = status, "public" if status == "draft" else "private"
    for headers in ({}, HTMX):
        assert client.get(path_of(arena, index), headers=headers).status_code == 404
        assert client.get(path_of(arena, index, ""), headers=headers).status_code == 404


def test_a_participants_page_draws_its_rank_and_lists_what_changed_it(client: FlaskClient, arena: Arena) -> None:
    play(arena, 2, (0, 3, 0), (1, 1, 9), (2, 2, 0))
    adjustments.adjust(
        arena.tournament_id, arena.participant_ids[1], kind="penalty", points=-20, reason="Late to the lobby",
        actor=SYSTEM, now=ended_at(3),
    )  # fmt: skip
    ranking.rank_due(arena.tournament_id, now=ended_at(3))
    page = client.get(path_of(arena, 1, "")).text
    assert '<title id="rank-chart-title">Rank of Squad 02 by version</title>' in page
    assert page.count('class="rank-chart__dot"') == 3
    rows = [words(row) for row in re.findall(r"<tr>(.*?)</tr>", page.partition('class="table versions"')[2], re.DOTALL)]
    assert [row.split(" UTC ")[-1] for row in rows[1:4]] == [
        "3rd down 2 11 −20 points given or taken", "1st up 1 31 +19 match 2", "2nd new 12 first version on the board",
    ]  # fmt: skip
    assert 'href="/teams/' in page


def test_a_participant_before_the_first_result_has_a_page_without_a_chart(client: FlaskClient) -> None:
    arena = open_battle_royale(squads=2, name="Soon", starts_at=OPENED_AT)
    page = client.get(path_of(arena, 0, ""))
    assert (page.status_code, "rank-chart" in page.text, "No confirmed match yet" in page.text) == (200, False, True)


def test_longer_boards_and_histories_cost_no_more_statements(client: FlaskClient, arena: Arena) -> None:
    def counted(path: str) -> int:
        client.get(path)
        with count_statements() as statements:
            client.get(path)
        return len([text for text in statements if "feature_flags" not in text])

    pages = (path_of(arena, 1), path_of(arena, 1, ""))
    play(arena, 2, (0, 3, 0), (1, 1, 9), (2, 2, 0))
    before = [counted(path) for path in pages]
    play(arena, 3, (0, 3, 0), (1, 1, 9), (2, 2, 0))
    assert [counted(path) for path in pages] == before


def test_more_rows_cost_the_board_no_more_statements(client: FlaskClient) -> None:
    counts = []
    for squads in (1, 3):
        arena = open_battle_royale(squads=squads, lobbies=2, name=f"Cup of {squads}")
        for number in (1, 2):
            play(arena, number, *((who, who + 1, who) for who in range(squads)))
        path = f"/spectator/tournaments/{arena.tournament_id}/"
        client.get(path)
        with count_statements() as statements:
            client.get(path)
        counts.append(len([text for text in statements if "feature_flags" not in text]))
    assert counts[0] == counts[1]


def test_every_key_of_a_cascade_has_its_words(app: Flask) -> None:
    told, compared = (app.jinja_env.get_template(f"macros/{name}.html").module for name in ("words", "reasons"))
    assert KEYS.keys() <= vars(told)["KEYS"].keys()
    assert KEYS.keys() <= vars(compared)["COMPARISONS"].keys()
