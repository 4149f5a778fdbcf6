import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.errors import SeriesError
from webapp.domain.games import game, merge_game
from webapp.domain.series import SeriesGame, SeriesMatch, check_series, series_summary

A, B = 11, 22


def match(slug: str, best_of: int, /, *scores: tuple[int, int], **settings: Any) -> SeriesMatch:
    games = tuple(SeriesGame(number, {A: a, B: b}) for number, (a, b) in enumerate(scores, start=1))
    whole: dict[str, Any] = {"match_id": 5, "tournament_id": 1, "game": game(slug), "best_of": best_of, "sides": (A, B)}
    whole["games"] = games
    return SeriesMatch(**(whole | settings))


def refused(wrong: SeriesMatch, *, complete: bool = False) -> list[str]:
    with pytest.raises(SeriesError) as caught:
        check_series(wrong, complete=complete)
    return [str(field) for field in caught.value.fields]


def test_the_summary_has_exactly_the_fields_of_the_specification() -> None:
    games = (
        SeriesGame(2, {B: 13, A: 9}, map="Ascent"),
        SeriesGame(1, {A: 14, B: 12}, map="Bind", winner_id=A),
        SeriesGame(3, {A: 13, B: 2}),
    )
    summary = series_summary(match("valorant", 3, games=games))
    assert summary == {
        "match_id": 5,
        "best_of": 3,
        "status": "completed",
        "series_winner_id": A,
        "series_score": {"11": 2, "22": 1},
        "games": [
            {"number": 1, "winner_id": A, "score": {"11": 14, "22": 12}, "map": "Bind"},
            {"number": 2, "winner_id": B, "score": {"11": 9, "22": 13}, "map": "Ascent"},
            {"number": 3, "winner_id": A, "score": {"11": 13, "22": 2}, "map": None},
        ],
    }
    assert json.loads(json.dumps(summary)) == summary


@pytest.mark.parametrize(
    ("best_of", "scores", "status", "winner_id", "series_score"),
    [
        (3, [], "pending", None, {"11": 0, "22": 0}),
        (3, [(1, 0)], "live", None, {"11": 1, "22": 0}),
        (3, [(1, 0), (0, 1)], "live", None, {"11": 1, "22": 1}),
        (3, [(1, 0), (1, 0)], "completed", A, {"11": 2, "22": 0}),
        (1, [(0, 1)], "completed", B, {"11": 0, "22": 1}),
        (5, [(1, 0), (1, 0), (0, 1)], "live", None, {"11": 2, "22": 1}),
        (5, [(0, 1), (0, 1), (0, 1)], "completed", B, {"11": 0, "22": 3}),
        (7, [(1, 0)] * 3 + [(0, 1)] * 4, "completed", B, {"11": 3, "22": 4}),
    ],
)
def test_a_series_is_won_with_more_than_half_of_its_games(
    best_of: int, scores: list[tuple[int, int]], status: str, winner_id: int | None, series_score: dict[str, int]
) -> None:
    summary = series_summary(match("dota2", best_of, *scores))
    assert (summary["status"], summary["series_winner_id"], summary["series_score"]) == (
        status,
        winner_id,
        series_score,
    )


@pytest.mark.parametrize(
    ("scores", "settings", "errors"),
    [
        ([(1, 0), (1, 0), (0, 1)], {}, ["game 3: is one too many: game 2 decided the best of 3"]),
        ([(1, 0), (1, 0), (0, 1), (1, 0)], {}, [
            "game 3: is one too many: game 2 decided the best of 3", "game 4: is one too many: game 2 decided the best of 3",
        ]),
        ([(1, 1)], {}, ["game 1: score: a game cannot end 1-1 here: one side has to win"]),
        ([(1, -1)], {}, ["game 1: score: must be whole numbers of 0 or more, not -1"]),
        ([("1", 0)], {}, ["game 1: score: must be whole numbers of 0 or more, not '1'"]),
        ([(True, 0)], {}, ["game 1: score: must be whole numbers of 0 or more, not True"]),
        ([], {"best_of": 2}, ["best_of: must be one of 1, 3, 5, 7, not 2"]),
        ([], {"best_of": 9}, ["best_of: must be one of 1, 3, 5, 7, not 9"]),
        ([], {"sides": (A, A)}, ["sides: participant 11 cannot play against itself"]),
        ([], {"game": game("freefire")}, ["game: Free Fire is a battle royale and has no series"]),
        ([], {"awarded_to": 33}, ["awarded_to: participant 33 does not play in this match of 11 against 22"]),
        ([], {"games": (SeriesGame(1, {A: 1, 33: 0}),)}, [
            "game 1: score: participant 33 does not play in this match of 11 against 22",
            "game 1: score: the score of participant 22 is missing",
        ]),
        ([], {"games": (SeriesGame(1, {A: 1, B: 0}, tournament_id=2),)}, ["game 1: tournament: is of tournament 2, the match of tournament 1"]),
        ([], {"games": (SeriesGame(1, {A: 1, B: 0}, game="mlbb"),)}, ["game 1: game: is a game of mlbb, the match one of dota2"]),
        ([], {"games": (SeriesGame(1, {A: 1, B: 0}, winner_id=B),)}, ["game 1: winner: participant 22 did not win 1-0"]),
        ([], {"games": (SeriesGame(1, {A: 1, B: 0}), SeriesGame(1, {A: 0, B: 1}))}, ["game 1: is there twice: games are numbered 1, 2, 3 … without a gap"]),
        ([], {"games": (SeriesGame(1, {A: 1, B: 0}), SeriesGame(3, {A: 0, B: 1}))}, ["game 3: stands where game 2 should be: games are numbered 1, 2, 3 … without a gap"]),
        ([], {"games": (SeriesGame(0, {A: 1, B: 0}),)}, ["game 0: stands where game 1 should be: games are numbered 1, 2, 3 … without a gap"]),
    ],
)  # fmt: skip
def test_games_that_do_not_make_the_series_are_refused(
    scores: Any, settings: dict[str, Any], errors: list[str]
) -> None:
    wrong = match("dota2", 3, *scores, **settings)
    assert refused(wrong) == errors
    with pytest.raises(SeriesError):
        series_summary(wrong)


def test_an_unfinished_series_is_taken_but_not_confirmed() -> None:
    check_series(match("dota2", 3, (1, 0)))
    assert refused(match("dota2", 3, (1, 0)), complete=True) == [
        "games: nobody has won the best of 3 yet: it stands 1-0 and takes 2 to win"
    ]
    check_series(match("dota2", 3, (1, 0), (1, 0)), complete=True)


@pytest.mark.parametrize("slug", ["valorant", "cs2"])
@pytest.mark.parametrize("score", [(13, 0), (13, 11), (5, 13), (14, 12), (12, 14), (16, 14), (17, 15), (25, 23)])
def test_a_map_ends_with_thirteen_rounds_or_two_ahead_in_overtime(slug: str, score: tuple[int, int]) -> None:
    check_series(match(slug, 1, score), complete=True)


@pytest.mark.parametrize(
    ("slug", "score", "problem"),
    [
        ("valorant", (12, 5), "nobody has the 13 that win it"),
        ("valorant", (13, 12), "the winner must lead by 2"),
        ("valorant", (15, 14), "the winner must lead by 2"),
        ("valorant", (14, 11), "it would have ended with 13"),
        ("valorant", (20, 3), "it would have ended with 13"),
        ("valorant", (15, 12), "overtime ends with a lead of 2 at most"),
        ("cs2", (16, 11), "it would have ended with 13"),
        ("cs2", (17, 12), "overtime ends with a lead of 4 at most"),
        ("cs2", (7, 12), "nobody has the 13 that win it"),
    ],
)
def test_an_odd_score_stands_only_when_an_organizer_says_so_and_why(
    slug: str, score: tuple[int, int], problem: str
) -> None:
    written = f"{score[0]}-{score[1]}"
    assert refused(match(slug, 1, score)) == [
        f"game 1: score: a map cannot end {written}: {problem}; an organizer may let it stand"
    ]
    silent = SeriesGame(1, {A: score[0], B: score[1]}, allow_irregular=True, reason=" ")
    assert refused(match(slug, 1, games=(silent,))) == [f"game 1: reason: is needed to let {written} stand"]
    allowed = SeriesGame(1, {A: score[0], B: score[1]}, allow_irregular=True, reason="server crash in round 19")
    check_series(match(slug, 1, games=(allowed,)), complete=True)


def test_the_summary_shows_an_odd_score_that_was_let_stand() -> None:
    summary = series_summary(match("valorant", 1, (9, 4)))
    assert (summary["status"], summary["series_winner_id"]) == ("completed", A)


def test_a_tie_stands_for_no_reason() -> None:
    tie = SeriesGame(1, {A: 12, B: 12}, allow_irregular=True, reason="out of time")
    assert refused(match("valorant", 1, games=(tie,))) == [
        "game 1: score: a map cannot end 12-12 here: one side has to win"
    ]


def test_counter_strike_overtime_may_be_won_four_rounds_in_a_row() -> None:
    check_series(match("cs2", 1, (16, 12)), complete=True)


def test_an_older_rule_is_a_change_of_the_game() -> None:
    older = merge_game(game("cs2"), {"result": {"score": {"win_at": 16}}})
    check_series(match("cs2", 1, (16, 1), game=older), complete=True)
    check_series(match("cs2", 1, (19, 15), game=older), complete=True)


@pytest.mark.parametrize("slug", ["efootball", "fc26"])
def test_a_league_match_of_goals_may_be_drawn(slug: str) -> None:
    drawn = match(slug, 1, (2, 2), is_league=True)
    check_series(drawn, complete=True)
    summary = series_summary(drawn)
    assert (summary["status"], summary["series_winner_id"], summary["series_score"]) == (
        "completed",
        None,
        {"11": 0, "22": 0},
    )
    assert summary["games"][0]["winner_id"] is None


@pytest.mark.parametrize(
    ("slug", "best_of", "is_league"),
    [("efootball", 1, False), ("efootball", 3, True), ("dota2", 1, True), ("codm", 1, True), ("valorant", 1, True)],
)
def test_nothing_else_may_be_drawn(slug: str, best_of: int, is_league: bool) -> None:
    unit = game(slug).unit
    assert refused(match(slug, best_of, (2, 2), is_league=is_league)) == [
        f"game 1: score: a {unit} cannot end 2-2 here: one side has to win"
    ]


def test_a_game_after_a_draw_is_one_too_many() -> None:
    assert refused(match("fc26", 1, (0, 0), (1, 0), is_league=True)) == [
        "game 2: is one too many: game 1 decided the best of 1"
    ]


def test_an_awarded_series_is_complete_without_its_games() -> None:
    walkover = match("valorant", 3, awarded_to=B)
    check_series(walkover, complete=True)
    summary = series_summary(walkover)
    assert (summary["status"], summary["series_winner_id"], summary["games"]) == ("completed", B, [])


@given(st.sampled_from([1, 3, 5, 7]), st.lists(st.booleans(), max_size=9))
def test_a_series_is_refused_exactly_when_it_goes_on_after_its_end(best_of: int, won_by_a: list[bool]) -> None:
    scores = [(1, 0) if won else (0, 1) for won in won_by_a]
    needed = best_of // 2 + 1
    ends = [n for n in range(1, len(scores) + 1) if max(won_by_a[:n].count(True), won_by_a[:n].count(False)) == needed]
    try:
        summary = series_summary(match("dota2", best_of, *scores))
    except SeriesError:
        assert ends
        assert ends[0] < len(scores)
        return
    assert not ends or ends[0] == len(scores)
    assert summary["status"] == ("completed" if ends else "live" if scores else "pending")
    assert sum(summary["series_score"].values()) == len(scores)
