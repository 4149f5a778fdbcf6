"""Reveals: step by step, back again, held; at their end everybody sees what officials see."""

import pytest

from tests.arenas import ENGINE_FLAGS, REASON, Arena, ended_at, open_battle_royale
from tests.invariants import assert_all_is_well
from tests.services.placements import RULES, person, played, put, rank_now, shown
from tests.trail import trail
from webapp.domain.errors import Conflict, NotFound, TransitionError
from webapp.domain.freezes import RevealBy
from webapp.domain.scoring import BattleRoyaleLine as Line
from webapp.models import Tournament
from webapp.services.boards import boards, leaderboards
from webapp.services.live import freezes, reveals
from webapp.services.matches import results
from webapp.services.operations import flags
from webapp.services.pages.board_reads import read_board
from webapp.services.pages.board_view import BoardView
from webapp.services.pages.participant_reads import read_participant
from webapp.services.pages.spectator_reads import read_matches
from webapp.services.ranking import adjustments
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot

FIRST = [0, 1, 2, 3, 4, 5]
TURNED = [5, 4, 3, 2, 1, 0]
LATE = ended_at(40)


@pytest.fixture
def arena(engine: None, app: object) -> Arena:
    """Six squads, a match that everybody saw, and two that nobody knows of but officials."""
    arena = played(open_battle_royale(RULES, squads=6, lobbies=4), order=FIRST)
    freezes.freeze_now(arena.tournament_id, actor=SYSTEM, now=ended_at(2))
    played(arena, number=2, order=TURNED)
    return played(arena, number=3, order=TURNED)


def start(arena: Arena, by: RevealBy) -> None:
    reveals.start(arena.tournament_id, by, actor=SYSTEM, now=LATE)


def show_next(arena: Arena, seen: int) -> bool:
    return reveals.show_next(arena.tournament_id, seen=seen, actor=SYSTEM, now=LATE).changed


def show_previous(arena: Arena, seen: int) -> bool:
    return reveals.show_previous(arena.tournament_id, seen=seen, actor=SYSTEM, now=LATE).changed


def seen_board(arena: Arena) -> BoardView:
    return read_board(arena.tournament_id, audience="public", page=1, now=LATE)


def standing(board: BoardView) -> list[tuple[int, int, int]]:
    return [(row.rank, row.participant_id, row.points) for row in board.rows]


def officials_standing(arena: Arena) -> list[tuple[int, int, int]]:
    return standing(read_board(arena.tournament_id, audience="official", page=1, now=LATE))


def test_rows_come_from_the_bottom_up_and_the_first_two_together(arena: Arena) -> None:
    final = officials_standing(arena)
    start(arena, RevealBy.ROW)
    board = seen_board(arena)
    assert (board.rows, board.places_to_come) == ((), (1, 2, 3, 4, 5, 6))
    for step, rows in enumerate((1, 2, 3, 4, 6)):
        assert show_next(arena, step)
        board = seen_board(arena)
        assert standing(board) == final[6 - rows :]
        assert board.places_to_come == tuple(range(1, 7 - rows))
        assert not any(row.movement.places for row in board.rows)
    assert not show_next(arena, 5)
    freezes.unfreeze(arena.tournament_id, actor=SYSTEM, now=LATE)
    assert standing(seen_board(arena)) == final
    assert_all_is_well(arena.tournament_id)


def test_a_step_back_hides_again_and_the_first_one_hides_all(arena: Arena) -> None:
    start(arena, RevealBy.ROW)
    before = standing(seen_board(arena))
    show_next(arena, 0)
    once = standing(seen_board(arena))
    show_next(arena, 1)
    assert show_previous(arena, 2)
    assert standing(seen_board(arena)) == once
    assert show_previous(arena, 1)
    assert standing(seen_board(arena)) == before
    assert not show_previous(arena, 0)


def test_two_presses_of_one_button_are_one_step(arena: Arena) -> None:
    start(arena, RevealBy.ROW)
    with trail() as found:
        assert show_next(arena, 0)
        assert not show_next(arena, 0)
    assert [kind for kind, _ in found.events] == ["board_revealed"]
    assert found.events[0][1]["step"] == 1
    assert [(action, data["step"]) for action, data in found.audited] == [("reveal.step_shown", 1)]


def test_while_it_is_paused_no_step_goes_on_or_back(arena: Arena) -> None:
    start(arena, RevealBy.ROW)
    show_next(arena, 0)
    assert reveals.pause(arena.tournament_id, actor=SYSTEM, now=LATE).changed
    assert not reveals.pause(arena.tournament_id, actor=SYSTEM, now=LATE).changed
    for step in (show_next, show_previous):
        with pytest.raises(Conflict):
            step(arena, 1)
    notice = seen_board(arena).frozen
    assert notice is not None
    assert notice.is_paused
    assert reveals.resume(arena.tournament_id, actor=SYSTEM, now=LATE).changed
    assert show_next(arena, 1)


def test_while_rows_are_revealed_everything_else_stays_as_of_the_freeze(arena: Arena) -> None:
    start(arena, RevealBy.ROW)
    show_next(arena, 0)
    assert shown(arena) == FIRST
    leader = read_participant(arena.tournament_id, arena.participant_ids[0], audience="public", now=LATE)
    assert (leader.rank, leader.points, len(leader.matches)) == (1, 12, 1)
    assert [tick.phase.value for tick in read_matches(arena.tournament_id).strip] == [
        "done", "hidden", "hidden", "upcoming",
    ]  # fmt: skip


def test_programs_get_the_rows_that_are_shown_and_how_many_places_are_hidden(arena: Arena) -> None:
    start(arena, RevealBy.ROW)
    show_next(arena, 0)
    show_next(arena, 1)
    document = leaderboards.page(arena.tournament_id, audience="public", limit=50, offset=0, now=LATE, explain=True)
    assert [entry["rank"] for entry in document["rankings"]] == [5, 6]
    assert document["rankings"][0]["decided_by"] is None
    assert document["deltas"] == []
    assert document["metadata"]["frozen"]["hidden"] == 4


def test_matches_are_revealed_one_by_one_with_the_board_that_each_made(arena: Arena) -> None:
    start(arena, RevealBy.MATCH)
    assert shown(arena) == FIRST
    show_next(arena, 0)
    after_two = [0, 1, 2, 3, 4, 5]
    assert [tick.phase.value for tick in read_matches(arena.tournament_id).strip][1:3] == ["done", "hidden"]
    with read_snapshot() as session:
        tournament = session.get_one(Tournament, arena.tournament_id)
        public = boards.of_tournament(session, tournament, "public", now=LATE)
    assert public.board.standings.columns["matches_played"].tolist() == [2] * 6
    assert public.version == 2
    assert show_next(arena, 1)
    assert shown(arena) == shown(arena, "official")
    assert not show_next(arena, 2)
    show_previous(arena, 2)
    show_previous(arena, 1)
    assert shown(arena) == after_two
    assert standing(seen_board(arena)) == [(place, who, points) for place, (who, points) in enumerate(
        zip(arena.participant_ids, (12, 9, 7, 5, 4, 3), strict=True), start=1)]  # fmt: skip
    freezes.unfreeze(arena.tournament_id, actor=SYSTEM, now=LATE)
    assert_all_is_well(arena.tournament_id)


def test_a_match_that_was_never_ranked_alone_is_revealed_alone(engine: None, app: object) -> None:
    arena = played(open_battle_royale(RULES, squads=6, lobbies=4), order=FIRST)
    freezes.freeze_now(arena.tournament_id, actor=SYSTEM, now=ended_at(2))
    for number in (2, 3):
        lines = [Line(arena.participant_ids[who], place, 0) for place, who in enumerate(TURNED, start=1)]
        results.confirm(arena.match_ids[number - 1], lines, actor=SYSTEM, now=ended_at(number))
    rank_now(arena)
    start(arena, RevealBy.MATCH)
    show_next(arena, 0)
    assert [row.matches_played for row in seen_board(arena).rows] == [2] * 6
    show_next(arena, 1)
    assert officials_standing(arena) == standing(seen_board(arena))


def test_changes_beside_matches_come_with_the_match_before_them(arena: Arena) -> None:
    put(arena, 0, 1)
    adjustments.adjust(
        arena.tournament_id, arena.participant_ids[1], kind="bonus", points=90, reason=REASON, actor=SYSTEM, now=LATE
    )
    start(arena, RevealBy.MATCH)
    show_next(arena, 0)
    assert not any(row.adjustments or row.is_adjusted_by_staff for row in seen_board(arena).rows)
    show_next(arena, 1)
    assert standing(seen_board(arena)) == officials_standing(arena)


def test_a_freeze_in_which_no_match_was_completed_is_one_step(engine: None, app: object) -> None:
    arena = played(open_battle_royale(RULES, squads=6, lobbies=4), order=FIRST)
    freezes.freeze_now(arena.tournament_id, actor=SYSTEM, now=ended_at(2))
    put(arena, 5, 1)
    start(arena, RevealBy.MATCH)
    assert show_next(arena, 0)
    assert shown(arena)[0] == 5
    assert not show_next(arena, 1)


@pytest.mark.parametrize("by", RevealBy)
def test_the_plain_service_is_revealed_too(arena: Arena, monkeypatch: pytest.MonkeyPatch, by: RevealBy) -> None:
    monkeypatch.setenv(ENGINE_FLAGS[1], "off")
    flags.forget()
    start(arena, by)
    step = 0
    while show_next(arena, step):
        step += 1
    assert standing(seen_board(arena)) == officials_standing(arena)


def test_a_result_that_comes_while_it_is_revealed_is_kept_until_its_step(arena: Arena) -> None:
    start(arena, RevealBy.MATCH)
    show_next(arena, 0)
    show_next(arena, 1)
    before = standing(seen_board(arena))
    played(arena, number=4, order=FIRST)
    assert standing(seen_board(arena)) == before
    assert show_next(arena, 2)
    assert standing(seen_board(arena)) == officials_standing(arena)


def test_a_reveal_is_begun_once_and_by_those_who_may(arena: Arena) -> None:
    stranger = person("otto", "organizer")
    with pytest.raises(NotFound):
        reveals.start(arena.tournament_id, RevealBy.ROW, actor=stranger, now=LATE)
    with pytest.raises(Conflict):
        show_next(arena, 0)
    start(arena, RevealBy.ROW)
    with pytest.raises(TransitionError):
        start(arena, RevealBy.MATCH)
    with pytest.raises(NotFound):
        reveals.pause(arena.tournament_id, actor=stranger, now=LATE)
    freezes.unfreeze(arena.tournament_id, actor=SYSTEM, now=LATE)
    with pytest.raises(Conflict):
        start(arena, RevealBy.ROW)
