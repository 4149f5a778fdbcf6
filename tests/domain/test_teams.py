"""What a team may be called, and how points of places fade."""

from datetime import UTC, datetime, timedelta

import pytest

from webapp.domain.team_points import Finish, breakdown, earned, faded
from webapp.domain.teams import TeamError, checked, checked_line_up, checked_role

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def test_what_is_said_of_a_team_is_kept_in_its_one_spelling() -> None:
    given = {"name": "  Night   Ferry ", "tag": " NF ", "game": "valorant", "description": "a\r\n\r\nb \n"}
    assert checked(given) == {"name": "Night Ferry", "tag": "NF", "game": "valorant", "description": "a\n\nb"}
    assert checked({"tag": ""}) == {"tag": None}
    assert checked({"tag": "নৌকা"}) == {"tag": "নৌকা"}


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("name", " ", "is empty; write a name"),
        ("name", "x" * 41, "is 41 characters long; shorten it to at most 40"),
        ("name", "a\u202eb", "holds U+202E, which turns the direction of text; remove it"),
        ("tag", "N", "write 2 to 5 letters or digits, such as NF or KITE"),
        ("tag", "N F", "write 2 to 5 letters or digits, such as NF or KITE"),
        ("tag", "SIXSIX", "write 2 to 5 letters or digits, such as NF or KITE"),
        ("game", "chess", "choose a game that teams play"),
        ("game", "efootball", "choose a game that teams play"),
        ("description", "x" * 2001, "has 2001 characters; shorten it to 2000"),
    ],
    ids=str,
)
def test_what_is_wrong_is_said_beside_its_field(field: str, value: str, message: str) -> None:
    with pytest.raises(TeamError) as refused:
        checked({field: value})
    assert refused.value.fields == ((field, message),)


def test_everything_wrong_is_said_at_once() -> None:
    with pytest.raises(TeamError) as refused:
        checked({"name": "", "tag": "!", "game": "", "description": ""})
    assert [problem.path for problem in refused.value.fields] == ["name", "tag", "game"]


@pytest.mark.parametrize("role", ["captain", "boss", ""])
def test_a_role_that_cannot_be_given(role: str) -> None:
    with pytest.raises(TeamError):
        checked_role(role)


@pytest.mark.parametrize(
    ("players", "message"),
    [
        ([], "choose who plays; a line-up needs at least one player"),
        ([{"user_id": 1, "role": "coach"}], "choose who plays; a line-up needs at least one player"),
        ([{"user_id": 1, "role": "player"}, {"user_id": 1, "role": "player"}], "names somebody twice"),
        ([{"user_id": 9, "role": "player"}], "names somebody who is not in the team"),
        ([{"user_id": 1, "role": "player"}, {"user_id": 2, "role": "boss"}],
         "roles are captain, player, substitute, coach"),
    ],
)  # fmt: skip
def test_a_line_up_that_cannot_be_kept(players: list[dict[str, object]], message: str) -> None:
    with pytest.raises(TeamError) as refused:
        checked_line_up("Main", players, {1, 2})
    assert refused.value.fields == (("players", message),)


@pytest.mark.parametrize(
    ("placement", "is_official", "points"),
    [(1, False, 100), (2, False, 60), (3, False, 40), (4, False, 30), (5, False, 20), (6, False, 15), (7, False, 10),
     (8, False, 8), (9, False, 0), (1, True, 200), (8, True, 16), (100, True, 0)],
)  # fmt: skip
def test_what_a_place_earns(placement: int, is_official: bool, points: int) -> None:
    assert earned(placement, is_official=is_official) == points * 100


@pytest.mark.parametrize(
    ("days", "left"), [(-1, 10_000), (0, 10_000), (90, 7_071), (180, 5_000), (360, 2_500), (1800, 10)]
)
def test_points_halve_every_180_days(days: int, left: int) -> None:
    assert faded(10_000, timedelta(days=days)) == left


def test_the_breakdown_names_every_part_that_counts_the_newest_first() -> None:
    finishes = [
        Finish(1, 2, False, NOW - timedelta(days=180)),
        Finish(2, 1, True, NOW),
        Finish(3, 9, True, NOW),
        Finish(4, 8, False, NOW - timedelta(days=6000)),
    ]
    assert [(part["tournament_id"], part["earned"], part["counted"]) for part in breakdown(finishes, now=NOW)] == [
        (2, 20_000, 20_000),
        (1, 6_000, 3_000),
    ]
