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

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def took() -> float:
    began = time.monotonic()
    with precedence.behind_boards(at_most_s=0.1), transaction():
        pass
    return time.monotonic() - began


def took_sparingly(seconds: float, *, share: float = 1.0) -> float:
    began = time.monotonic()
    with precedence.sparingly() as piece:
        time.sleep(seconds)
        piece.share = share
    return time.monotonic() - began


def want(handler: str) -> None:
    with transaction() as session:
        outbox.want(session, handler, "7", now=NOON)


def test_what_may_wait_stands_back_while_a_ranking_is_wanted_and_no_longer(app: Flask) -> None:
    want("publish")
    assert took() < 0.1
    want("rank")
    assert took() >= 0.1
    with transaction() as session:
        item = session.scalars(select(OutboxItem).where(OutboxItem.handler == "rank")).one()
        item_id = item.id
    outbox.run_leased(item_id, lambda _key: None, clock=lambda: NOON)
    assert took() < 0.1


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
    assert took() < precedence.IN_LINE_S


def test_of_what_is_much_one_process_at_a_time_does_a_piece_and_others_are_not_in_its_way(app: Flask) -> None:
    took_sparingly(0)
    with (Path(app.instance_path) / precedence.MUCH).open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert took_sparingly(0) >= precedence.IN_LINE_S
        assert took() < 0.1


def test_while_boards_move_a_rest_follows_what_is_much(app: Flask) -> None:
    assert took_sparingly(0.02) < 0.02 * (1 + precedence.RESTS)
    precedence.note_ranking()
    assert 0.02 * (1 + precedence.RESTS) <= took_sparingly(0.02) < 2 * precedence.LONGEST_S
    assert 0.1 + precedence.LONGEST_S <= took_sparingly(0.1) < 0.1 + 2 * precedence.LONGEST_S
    # Who did little rests little.
    assert 0.02 * (1 + precedence.RESTS / 5) <= took_sparingly(0.02, share=0.2) < 0.02 * (1 + precedence.RESTS)
    assert took_sparingly(0.02, share=0) < 0.02 * (1 + precedence.RESTS)
    assert took() < 0.1


@pytest.mark.parametrize("age_s", [precedence.MOVING_S, -3600])
def test_boards_that_have_moved_long_ago_or_by_a_wrong_clock_make_nobody_rest(app: Flask, age_s: float) -> None:
    precedence.note_ranking()
    then = time.time() - age_s
    os.utime(Path(app.instance_path) / precedence.RANKED, (then, then))
    assert took_sparingly(0.02) < 0.02 * (1 + precedence.RESTS)


@pytest.mark.usefixtures("engine")
def test_a_ranking_moves_a_board(app: Flask) -> None:
    ranking.rank_due(open_tournament(), now=NOON)
    assert took_sparingly(0.02) >= 0.02 * (1 + precedence.RESTS)


def test_where_no_file_can_be_had_work_goes_on_without_turns(app: Flask, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("no folder")
    precedence.connect(tmp_path / "taken")
    try:
        assert took() < precedence.IN_LINE_S
        precedence.note_ranking()
        assert took_sparingly(0) < precedence.IN_LINE_S
    finally:
        precedence.connect(Path(app.instance_path))
