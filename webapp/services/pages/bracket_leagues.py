"""Groups and Swiss rounds as readers see them: the table with its cross table, the rounds with their matches."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from sqlalchemy.orm import Session

from webapp.domain.brackets.layout import by_round
from webapp.domain.brackets.structure import Node, Section
from webapp.models import Tournament
from webapp.services.bracketing import group_tables
from webapp.services.bracketing.group_tables import TableRow
from webapp.services.pages.bracket_cells import OVER, StageNodes, state_of
from webapp.services.pages.bracket_view import (
    BracketCell,
    CrossCell,
    GroupLine,
    GroupView,
    LeagueRound,
    Pool,
    RoundState,
)
from webapp.services.pages.match_view import MatchPhase
from webapp.services.registration.participant_names import names_of

WIDEST_CROSS: Final = 20
"""A cross table of more participants than this is wider than anything that it could be read on."""
_TOLD: Final = (MatchPhase.LIVE, MatchPhase.HIDDEN)
Record = tuple[int, int, int]


def groups_of(
    session: Session, tournament: Tournament, found: StageNodes, cells: Mapping[str, BracketCell], audience: str
) -> tuple[GroupView, ...]:
    """The groups of a stage; a Swiss is one without a name, and so is a round robin that is not parted."""
    nodes_of: dict[str | None, list[Node]] = defaultdict(list)
    for node in found.nodes:
        nodes_of[node.group].append(node)
    tables = group_tables.of_stage(session, tournament, found.stage, audience=audience)
    names = names_of(session, [row.participant_id for table in tables for row in table.rows])
    groups = []
    for table in tables:
        nodes = nodes_of[table.group]
        is_swiss = nodes[0].section is Section.SWISS
        groups.append(
            GroupView(
                name=table.group if len(tables) > 1 else None,
                lines=_lines(table.rows, _of(nodes, cells), names, is_swiss=is_swiss),
                is_swiss=is_swiss,
                has_cross=not is_swiss and len(table.rows) <= WIDEST_CROSS,
                rounds=rounds_of(table.group or "", nodes, found, cells),
            )
        )
    return tuple(groups)


def _of(nodes: Iterable[Node], cells: Mapping[str, BracketCell]) -> list[BracketCell]:
    return [cells[node.key] for node in nodes]


def _lines(
    table: Sequence[TableRow], cells: Sequence[BracketCell], names: Mapping[int, str], *, is_swiss: bool
) -> tuple[GroupLine, ...]:
    met: dict[tuple[int, int], list[CrossCell]] = defaultdict(list)
    for cell in cells if not is_swiss else ():
        one, other = (side.participant_id for side in cell.sides)
        if one is not None and other is not None:
            met[one, other].append(_cross(cell, 0))
            met[other, one].append(_cross(cell, 1))
    in_order = [line.participant_id for line in table]
    return tuple(
        GroupLine(
            rank=line.rank,
            participant_id=line.participant_id,
            name=names.get(line.participant_id, f"#{line.participant_id}"),
            played=line.matches_played,
            won=line.wins,
            drawn=line.draws,
            lost=line.losses,
            points=line.points,
            buchholz=line.buchholz,
            advances=line.advances,
            cells=tuple(
                None if other == line.participant_id else tuple(met.get((line.participant_id, other), ()))
                for other in in_order
            ),
        )
        for line in table
    )


def _cross(cell: BracketCell, place: int) -> CrossCell:
    own, other = cell.sides[place], cell.sides[1 - place]
    phase = cell.card.phase
    if phase is MatchPhase.DONE:
        outcome = "won" if own.is_winner else "lost" if other.is_winner else "drawn"
    else:
        outcome = phase.value if phase in _TOLD else ""
    return CrossCell(match_id=cell.card.id, number=cell.card.number, outcome=outcome, own=own.score, other=other.score)


def rounds_of(
    group: str, nodes: Sequence[Node], found: StageNodes, cells: Mapping[str, BracketCell]
) -> tuple[LeagueRound, ...]:
    """The rounds of a group, those of a Swiss by what its sides had won and lost before."""
    rounds = []
    records: dict[int, Record] = defaultdict(lambda: (0, 0, 0))
    is_swiss = nodes[0].section is Section.SWISS
    is_before_open = True
    for number, of_round in by_round(nodes):
        entries = [found.entries[node.key] for node in of_round]
        in_round = _of(of_round, cells)
        state = state_of(entries, is_due=is_before_open)
        is_before_open = is_before_open and state is RoundState.DONE
        rounds.append(
            LeagueRound(
                id=f"group-{group.lower()}-{number}" if group else f"round-{number}",
                number=number,
                state=state,
                pools=_pools(in_round, records) if is_swiss else (Pool(record=None, cells=tuple(in_round)),),
                done_count=sum(entry.phase in OVER for entry in entries),
                total_count=len(entries),
            )
        )
        for cell in in_round:
            _count(cell, records)
    return tuple(rounds)


def _pools(cells: Sequence[BracketCell], records: Mapping[int, Record]) -> tuple[Pool, ...]:
    """Matches by the record of their sides, the best first; where those differ the better one counts."""

    def record(cell: BracketCell) -> Record | None:
        known = [side.participant_id for side in cell.sides if side.participant_id is not None]
        return max((records[who] for who in known), key=_order) if known else None

    by_record: dict[Record | None, list[BracketCell]] = defaultdict(list)
    for cell in cells:
        by_record[record(cell)].append(cell)
    in_order = sorted(by_record, key=lambda found: (found is not None, _order(found or (0, 0, 0))), reverse=True)
    return tuple(Pool(record=found, cells=tuple(by_record[found])) for found in in_order)


def _order(record: Record) -> tuple[int, int]:
    won, drawn, lost = record
    return 2 * won + drawn, -lost


def _count(cell: BracketCell, records: dict[int, Record]) -> None:
    """What a match that is played adds to the records of its sides."""
    if cell.card.phase is not MatchPhase.DONE:
        return
    is_drawn = not any(side.is_winner for side in cell.sides)
    for side in cell.sides:
        if side.participant_id is not None:
            won, drawn, lost = records[side.participant_id]
            is_lost = not is_drawn and not side.is_winner
            records[side.participant_id] = (won + side.is_winner, drawn + is_drawn, lost + is_lost)
