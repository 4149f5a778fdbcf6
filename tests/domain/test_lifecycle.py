import pytest

from webapp.domain.errors import TransitionError
from webapp.domain.lifecycle import MATCH, TOURNAMENT, Machine, MatchState, TournamentState, move

TOURNAMENT_MOVES = {
    "draft": "registration_open cancelled",
    "registration_open": "registration_closed cancelled",
    "registration_closed": "live cancelled",
    "live": "completed cancelled",
    "completed": "archived",
    "cancelled": "archived",
    "archived": "",
}
MATCH_MOVES = {
    "scheduled": "ready",
    "ready": "live",
    "live": "pending_result",
    "pending_result": "completed disputed",
    "disputed": "",
    "completed": "disputed",
    "forfeit": "",
    "cancelled": "",
}
OFFICIAL_MATCH_MOVES = {
    "scheduled": "ready live completed forfeit cancelled",
    "ready": "scheduled live completed forfeit cancelled",
    "live": "scheduled pending_result completed forfeit cancelled",
    "pending_result": "scheduled completed disputed forfeit cancelled",
    "disputed": "scheduled completed forfeit cancelled",
    "completed": "scheduled disputed forfeit cancelled",
    "forfeit": "scheduled completed cancelled",
    "cancelled": "scheduled",
}


@pytest.mark.parametrize(
    ("machine", "states", "official", "table"),
    [
        (TOURNAMENT, TournamentState, False, TOURNAMENT_MOVES),
        (TOURNAMENT, TournamentState, True, TOURNAMENT_MOVES),
        (MATCH, MatchState, False, MATCH_MOVES),
        (MATCH, MatchState, True, OFFICIAL_MATCH_MOVES),
    ],
)
def test_exactly_the_moves_of_the_table_are_made(
    machine: Machine, states: type[TournamentState] | type[MatchState], official: bool, table: dict[str, str]
) -> None:
    assert list(machine.moves) == [str(state) for state in states]
    for state in states:
        for to in states:
            if to in table[state].split():
                assert move(machine, state, to, official=official) == to
            else:
                with pytest.raises(TransitionError):
                    move(machine, state, to, official=official)


def test_a_refused_move_names_the_state_and_what_is_possible() -> None:
    with pytest.raises(TransitionError) as caught:
        move(TOURNAMENT, "draft", "live")
    assert caught.value.message == (
        "A tournament that is draft cannot become live; possible from here: registration_open, cancelled"
    )
    with pytest.raises(TransitionError) as caught:
        move(TOURNAMENT, "archived", "live")
    assert caught.value.message == "A tournament that is archived cannot become live; nothing can follow"


def test_an_unknown_state_is_refused_with_the_known_ones() -> None:
    with pytest.raises(TransitionError, match="'paused' is no state of a match; states: scheduled, ready, live"):
        move(MATCH, "paused", "live")
