"""The table on a terminal stays aligned, and the progress bar keeps out of the way."""

from typing import Any

import pytest

from webapp.cli import console
from webapp.cli.board_table import display_width, table_lines
from webapp.cli.console import ProgressBar
from webapp.domain.presets import preset
from webapp.services.boards.operator_boards import OperatorBoard

NAMES = ["Alpha", "雪豹战队", "Pa\u0303o7", "مرحبا", "👩\u200d🚀", "한국 팀", "ＷＩＤＥ"]


def board(entries: list[dict[str, Any]], *, version: int = 1, deltas: tuple[dict[str, Any], ...] = ()) -> OperatorBoard:
    document = {"rankings": entries, "deltas": list(deltas), "metadata": {"version": version}, "count": len(entries)}
    return OperatorBoard(
        tournament_name="Cup", status="completed", rules=preset("super"), document=document,
        penalized=frozenset({2}), is_paused=False,
    )  # fmt: skip


def entry(number: int, name: str, **more: Any) -> dict[str, Any]:
    return {
        "rank": number, "participant_id": number, "name": name, "points": 100 - number, "kills": number, "wins": 0,
        "matches_played": 10, "tied": False, "eligible_since": None, **more,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "width"),
    [("Alpha", 5), ("雪豹", 4), ("Pa\u0303o7", 4), ("한국 팀", 7), ("ＡＢ", 4), ("", 0), ("a\u200bb", 2)],
)
def test_the_width_is_that_on_a_terminal(text: str, width: int) -> None:
    assert display_width(text) == width


def test_columns_are_aligned_whatever_script_the_names_are_in() -> None:
    lines = list(table_lines(board([entry(number, name) for number, name in enumerate(NAMES, start=1)])))
    ends = {display_width(line[: line.index(f" {100 - number} ")]) for number, line in enumerate(lines[1:8], start=1)}
    assert len(ends) == 1


def test_marks_and_their_meanings_are_shown_together() -> None:
    entries = [entry(1, "A", tied=True, eligible_since=3), entry(2, "B", tied=True), entry(3, "C")]
    lines = list(table_lines(board(entries)))
    assert [line.rstrip().split("10", 1)[1].strip() for line in lines[1:4]] == ["= M", "= !", ""]
    assert lines[5:8] == [
        "= tied: only the order of registration separates it from a neighbour",
        "M may win the tournament with the next match it wins",
        "! points were taken off",
    ]
    assert len(list(table_lines(board([entry(1, "A")])))) == 5


def test_movement_is_shown_from_the_second_version_on() -> None:
    entries = [entry(number, name) for number, name in enumerate("ABCD", start=1)]
    deltas = (
        {"participant_id": 1, "rank_change": -2}, {"participant_id": 2, "rank_change": 1},
        {"participant_id": 3, "rank_change": None}, {"participant_id": 4, "rank_change": 0},
    )  # fmt: skip
    moved = [line.split()[1] for line in list(table_lines(board(entries, version=2, deltas=deltas)))[1:5]]
    assert moved == ["▲2", "▼1", "new", "D"]
    assert [line.split()[1] for line in list(table_lines(board(entries, deltas=deltas)))[1:5]] == list("ABCD")


def test_a_name_cannot_write_to_the_terminal() -> None:
    assert "A\ufffd[31mB" in list(table_lines(board([entry(1, "A\x1b[31mB")])))[1]


class Terminal:
    """Standard error as a terminal, or as a file."""

    def __init__(self, *, is_terminal: bool) -> None:
        self.written = ""
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal

    def write(self, text: str) -> int:
        self.written += text
        return len(text)

    def flush(self) -> None: ...


@pytest.mark.parametrize(
    ("is_terminal", "after_s", "is_shown"), [(True, 0.0, True), (True, 60.0, False), (False, 0.0, False)]
)
def test_the_progress_bar_is_for_those_who_wait_at_a_terminal(
    monkeypatch: pytest.MonkeyPatch, is_terminal: bool, after_s: float, is_shown: bool
) -> None:
    terminal = Terminal(is_terminal=is_terminal)
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setattr(console, "_BAR_AFTER_S", after_s)
    with ProgressBar("Importing") as progress:
        for share in (0.25, 0.5, 1.0):
            progress(share)
    assert ("Importing" in terminal.written) == is_shown
    assert ("100%" in terminal.written) == is_shown
