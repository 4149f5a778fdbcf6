from datetime import UTC, datetime, timedelta

import pytest

from webapp.domain import registration as rules
from webapp.domain.errors import Conflict, FieldError
from webapp.domain.games import load_games
from webapp.domain.registration import Circle, Elsewhere, LinedUp, Problem, RegistrationError

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
VALORANT = load_games()["valorant"]
FIVE = [LinedUp(number, "player", f"Player {number}#EUW1") for number in range(1, 6)]
ALL = Circle(members=range(1, 10))


def problems(
    players: list[LinedUp], *, least: int | None = None, circle: Circle = ALL, elsewhere: Elsewhere | None = None
) -> list[tuple[str, str]]:
    _, found = rules.checked_line_up(
        VALORANT, players, least=least, circle=circle, elsewhere=elsewhere or Elsewhere()
    )  # fmt: skip
    return [(problem.code, problem.field.path) for problem in found]


@pytest.mark.parametrize(
    ("status", "opens", "closes", "starts", "code"),
    [
        ("registration_open", None, None, None, None),
        ("registration_open", NOON, NOON + HOUR, NOON + HOUR, None),
        ("registration_open", None, NOON + HOUR, NOON - HOUR, None),
        ("draft", None, None, None, "tournament_draft"),
        ("registration_open", NOON + HOUR, None, None, "registration_not_open"),
        ("registration_open", None, NOON, None, "registration_closed"),
        ("registration_open", None, None, NOON, "registration_closed"),
        ("registration_closed", None, None, None, "registration_closed"),
        ("live", None, None, None, "registration_closed"),
        ("cancelled", None, None, None, "registration_closed"),
    ],
)
def test_the_window_is_open_by_state_and_clock(
    status: str, opens: datetime | None, closes: datetime | None, starts: datetime | None, code: str | None
) -> None:
    def ask() -> None:
        rules.ensure_window_open(status, opens_at=opens, closes_at=closes, starts_at=starts, now=NOON)

    if code is None:
        ask()
        return
    with pytest.raises(Conflict) as caught:
        ask()
    assert caught.value.code == code


def test_a_right_line_up_is_kept_in_one_spelling_and_a_coach_has_no_id() -> None:
    players = [*FIVE, LinedUp(6, "coach", "whatever")]
    checked, found = rules.checked_line_up(VALORANT, players, least=None, circle=ALL, elsewhere=Elsewhere())
    assert found == []
    assert checked[0] == (1, "player", "Player 1#EUW1", "player 1#euw1")
    assert checked[5] == (6, "coach", None, None)


def test_too_few_too_many_and_too_many_substitutes_are_of_the_wrong_size() -> None:
    assert problems(FIVE[:4]) == [("wrong_team_size", "players")]
    six = [*FIVE, LinedUp(6, "captain", "Player 6#EUW1")]
    assert problems(six) == [("wrong_team_size", "players")]
    bench = [LinedUp(number, "substitute", f"Player {number}#EUW1") for number in (6, 7, 8)]
    assert problems([*FIVE, *bench[:2]]) == []
    assert problems([*FIVE, *bench]) == [("wrong_team_size", "players")]
    coaches = [LinedUp(number, "coach") for number in (6, 7, 8)]
    assert problems([*FIVE, *coaches]) == [("wrong_team_size", "players")]
    with pytest.raises(RegistrationError, match="bring 5 players and up to 2 substitutes; there are 4 listed"):
        rules.refuse(rules.checked_line_up(VALORANT, FIVE[:4], least=None, circle=ALL, elsewhere=Elsewhere())[1])


def test_every_player_is_somebody_of_the_team_who_may_play_with_a_good_id_of_their_own() -> None:
    assert problems([*FIVE[:4], LinedUp(5, "player", "no tag")]) == [("bad_player_id", "players[4].player_id")]
    twice = LinedUp(5, "player", "PLAYER 1#euw1")
    assert problems([*FIVE[:4], twice]) == [("duplicate_player_id", "players[4].player_id")]
    assert problems([*FIVE[:4], FIVE[0]]) == [
        ("wrong_team_size", "players[4].user_id"), ("duplicate_player_id", "players[4].player_id")
    ]  # fmt: skip
    stranger = LinedUp(77, "player", "Stranger#EUW1")
    assert problems([*FIVE[:4], stranger]) == [("not_a_member", "players[4].user_id")]
    assert problems(FIVE, circle=Circle(members=range(9), barred={2})) == [("player_sanctioned", "players[1].user_id")]
    assert problems([*FIVE[:4], LinedUp(5, "mascot", "Player 5#EUW1")])[1] == ("wrong_role", "players[4].role")


def test_who_and_what_is_registered_elsewhere_is_refused_each_with_its_own_code() -> None:
    assert problems(FIVE, elsewhere=Elsewhere(user_ids={3})) == [("player_registered", "players[2].user_id")]
    assert problems(FIVE, elsewhere=Elsewhere(identities={"player 3#euw1"})) == [
        ("duplicate_player_id", "players[2].player_id")
    ]


def test_a_refusal_has_the_first_code_and_all_fields() -> None:
    rules.refuse([])
    wrong = [Problem("first", FieldError("players[1].role", "x")), Problem("second", FieldError("answers.a", "y"))]
    with pytest.raises(RegistrationError) as caught:
        rules.refuse(wrong)
    assert (caught.value.code, caught.value.fields) == ("first", tuple(problem.field for problem in wrong))
    assert rules.names_by_player(caught.value.fields) == {1: ("x",)}
