import fcntl
import os
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from tests.entering import open_tournament
from webapp.models import OutboxItem
from webapp.services.ranking import ranking
from webapp.services.spine import outbox, precedence
from webapp.services.spine.transaction import transaction

pytestmark = pytest.mark.usefixtures("polite")

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def took(*, is_much: bool = True) -> float:
    began = time.monotonic()
    with precedence.sparingly(is_much=is_much), transaction():
        pass
    return time.monotonic() - began


def want(handler: str) -> None:
    with transaction() as session:
        outbox.want(session, handler, "7", now=NOON)


@pytest.mark.parametrize("is_much", [False, True])
def test_what_may_wait_stands_back_while_a_ranking_is_wanted_and_no_longer(app: Flask, is_much: bool) -> None:
    want("publish")
    assert took(is_much=is_much) < 0.1
    want("rank")
    assert took(is_much=is_much) >= precedence.LONGEST_S
    with transaction() as session:
        item = session.scalars(select(OutboxItem).where(OutboxItem.handler == "rank")).one()
        item_id = item.id
    outbox.run_leased(item_id, lambda _key: None, clock=lambda: NOON)
    assert took(is_much=is_much) < 0.1


def test_a_ranking_that_fails_holds_nobody_up(app: Flask) -> None:
    want("rank")
    with transaction() as session:
        session.scalars(select(OutboxItem).where(OutboxItem.handler == "rank")).one().attempts = 1
    assert took() < 0.1


def test_who_has_the_turn_and_keeps_it_delays_the_others_and_no_more(app: Flask) -> None:
    took()
    with (Path(app.instance_path) / "turn").open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert took() >= precedence.IN_LINE_S
        assert took(is_much=False) < 0.1, "what is little needs no turn"
    assert took() < precedence.IN_LINE_S


def begins_after(seconds: float, *, share: float = 1.0) -> float:
    """How long after a piece of so many seconds the next one begins."""
    with precedence.sparingly(is_much=True) as piece:
        time.sleep(seconds)
        piece.share = share
    ended = time.monotonic()
    with precedence.sparingly(is_much=True):
        return time.monotonic() - ended


def test_while_boards_move_one_process_at_a_time_does_a_piece_of_what_is_much(app: Flask) -> None:
    precedence.note_ranking()
    begins_after(0)
    with (Path(app.instance_path) / precedence.MUCH).open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        began = time.monotonic()
        with precedence.sparingly(is_much=True):
            assert time.monotonic() - began >= precedence.IN_LINE_FOR_MUCH_S
        assert took(is_much=False) < 0.1, "what is little does not wait for it"


def test_what_is_little_is_done_at_once(app: Flask) -> None:
    precedence.note_ranking()
    begins_after(0.2)
    began = time.monotonic()
    with precedence.sparingly(is_much=False):
        assert time.monotonic() - began < precedence.LONGEST_S / 2


def test_while_boards_stand_still_pieces_need_no_turn(app: Flask) -> None:
    Path(app.instance_path).mkdir(parents=True, exist_ok=True)
    with (Path(app.instance_path) / precedence.MUCH).open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert begins_after(0.02) < precedence.LONGEST_S


def test_while_boards_move_the_next_piece_begins_after_a_rest(app: Flask) -> None:
    assert begins_after(0.02) < 0.02 * precedence.RESTS
    precedence.note_ranking()
    assert begins_after(0.02) >= 0.019 * precedence.RESTS
    assert begins_after(0.2) >= precedence.LONGEST_S - 0.01
    # Who did little wishes for little.
    assert 0.019 * precedence.RESTS / 5 <= begins_after(0.02, share=0.2) < precedence.LONGEST_S
    assert begins_after(0.2, share=0) < precedence.LONGEST_S


def test_who_has_done_a_piece_does_not_rest_itself(app: Flask) -> None:
    precedence.note_ranking()
    began = time.monotonic()
    with precedence.sparingly(is_much=True) as piece:
        piece.share = 1.0
        time.sleep(0.02)
    assert time.monotonic() - began < precedence.LONGEST_S
    assert took(is_much=False) < 0.1


@pytest.mark.parametrize("age_s", [precedence.MOVING_S, -3600])
def test_boards_that_have_moved_long_ago_or_by_a_wrong_clock_make_nobody_rest(app: Flask, age_s: float) -> None:
    precedence.note_ranking()
    begins_after(0)
    then = time.time() - age_s
    os.utime(Path(app.instance_path) / precedence.RANKED, (then, then))
    assert begins_after(0.2) < precedence.LONGEST_S


def test_a_rest_until_long_after_now_by_a_wrong_clock_is_kept_by_nobody(app: Flask) -> None:
    precedence.note_ranking()
    begins_after(0)
    then = time.time() + 3600
    os.utime(Path(app.instance_path) / precedence.MUCH, (then, then))
    began = time.monotonic()
    with precedence.sparingly(is_much=True):
        assert time.monotonic() - began < precedence.LONGEST_S


@pytest.mark.usefixtures("engine")
def test_a_ranking_moves_a_board(app: Flask) -> None:
    ranking.rank_due(open_tournament(), now=NOON)
    assert begins_after(0.02) >= 0.019 * precedence.RESTS


def test_where_no_file_can_be_had_work_goes_on_without_turns(app: Flask, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("no folder")
    precedence.connect(tmp_path / "taken")
    try:
        assert took() < precedence.IN_LINE_S
        precedence.note_ranking()
        assert begins_after(0) < precedence.IN_LINE_S
    finally:
        precedence.connect(Path(app.instance_path))
