"""The sections of an elimination, drawn, with the names of their rounds; a large one in parts."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from webapp.domain.brackets.layout import Column, Drawing, drawings
from webapp.domain.brackets.structure import Section
from webapp.services.pages.bracket_cells import OVER, Entry, StageNodes, is_playable, state_of
from webapp.services.pages.bracket_view import (
    BracketCell,
    BracketRound,
    BracketRow,
    BracketSection,
    Parts,
    RoundName,
    RoundState,
    RoundTitle,
)

ROWS_AT_ONCE: Final = 32
"""So many rows of a round are shown on one page."""
ALL_PARTS: Final = "all"
LAST_ROUNDS: Final = "0"
_LAST: Final = {0: RoundName.FINAL, 1: RoundName.SEMI_FINALS, 2: RoundName.QUARTER_FINALS}
_LAST_OF_WINNERS: Final = {0: RoundName.WINNERS_FINAL, 1: RoundName.WINNERS_SEMI_FINALS}


class Shown(NamedTuple):
    """What of an elimination is shown: drawings beside the whole ones that they are taken from."""

    whole: tuple[Drawing, ...]
    drawn: tuple[Drawing, ...]
    parts: Parts | None

    @property
    def keys(self) -> list[str]:
        """The nodes that are shown."""
        return [row.key for drawing in self.drawn for column in drawing.columns for row in column.rows if row.key]


def shown_of(found: StageNodes, asked: str) -> Shown:
    """The part of an elimination that is asked for: a number, `all`, or what is played now."""
    whole = drawings(found.nodes)
    rows = max((len(column.rows) for drawing in whole for column in drawing.columns), default=0)
    if rows <= ROWS_AT_ONCE:
        return Shown(whole, whole, None)
    count = -(-rows // ROWS_AT_ONCE)
    if asked == ALL_PARTS:
        return Shown(whole, whole, Parts(count=count, number=None))
    last = tuple(drawing.last_rounds(ROWS_AT_ONCE) for drawing in whole)
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) <= 4 else None
    if number is None or number > count:
        number = 0 if _have_begun(found, last) else 1
    if number == 0:
        return Shown(whole, last, Parts(count=count, number=0))
    parts = tuple(drawing.part(number, count) for drawing in whole)
    return Shown(whole, parts, Parts(count=count, number=number))


def sections_of(found: StageNodes, shown: Shown, cells: Mapping[str, BracketCell]) -> tuple[BracketSection, ...]:
    """The drawings with their matches. Rounds are called by what they are in the whole bracket."""
    is_double = any(drawing.section is Section.FINAL for drawing in shown.whole)
    sections = []
    for whole, drawn in zip(shown.whole, shown.drawn, strict=True):
        columns = {column.round: column for column in whole.columns}
        titles = _titles(whole, is_double=is_double)
        rounds = []
        for column in drawn.columns:
            of_round = _entries(columns[column.round], found)
            state = state_of(of_round, is_due=any(is_playable(entry, found) for entry in of_round))
            rounds.append(_round(drawn.section, column, titles[column.round], state, of_round, cells))
        if rounds:
            sections.append(BracketSection(drawn.section.value, tuple(rounds)))
    return tuple(sections)


def _round(
    section: Section,
    column: Column,
    title: RoundTitle,
    state: RoundState,
    entries: Sequence[Entry],
    cells: Mapping[str, BracketCell],
) -> BracketRound:
    best_of = {entry.best_of for entry in entries}
    return BracketRound(
        id=f"{section.value.replace('_', '-')}-{column.round}",
        title=title,
        state=state,
        rows=tuple(BracketRow(cells[row.key] if row.key else None, row.is_entered, row.leaves) for row in column.rows),
        done_count=sum(entry.phase in OVER for entry in entries),
        total_count=len(entries),
        best_of=best_of.pop() if len(best_of) == 1 else None,
    )


def _titles(whole: Drawing, *, is_double: bool) -> dict[int, RoundTitle]:
    last = len(whole.columns) - 1
    return {
        column.round: _title(whole.section, last - place, column, is_double=is_double)
        for place, column in enumerate(whole.columns)
    }


def _title(section: Section, rounds_left: int, column: Column, *, is_double: bool) -> RoundTitle:
    if section is Section.THIRD_PLACE:
        return RoundTitle(RoundName.THIRD_PLACE)
    if section is Section.FINAL:
        return RoundTitle(RoundName.RESET if column.round > 1 else RoundName.GRAND_FINAL)
    if section is Section.LOSERS:
        return RoundTitle(RoundName.LOSERS_ROUND if rounds_left else RoundName.LOSERS_FINAL, column.round)
    if is_double:
        return RoundTitle(_LAST_OF_WINNERS.get(rounds_left, RoundName.WINNERS_ROUND), column.round)
    if rounds_left in _LAST:
        return RoundTitle(_LAST[rounds_left])
    return RoundTitle(RoundName.ROUND_OF, 2 ** (rounds_left + 1))


def _entries(column: Column, found: StageNodes) -> list[Entry]:
    return [found.entries[row.key] for row in column.rows if row.key]


def _have_begun(found: StageNodes, last: Sequence[Drawing]) -> bool:
    """Whether the first of the last rounds is played already."""
    columns = [drawing.columns[0] for drawing in last if drawing.section is Section.WINNERS and drawing.columns]
    return any(entry.phase != "upcoming" for column in columns for entry in _entries(column, found))
