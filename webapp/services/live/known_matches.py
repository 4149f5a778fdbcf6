"""Matches as the public knows them while the board is frozen: no result, score or winner of after that moment.

A match that was completed since is told to be played, its result hidden; one whose result was corrected or taken out
since is shown as it was; a running score that has moved on is not shown.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from webapp.domain.brackets.structure import Source
from webapp.domain.freezes import TOLD_WHILE_FROZEN
from webapp.domain.logged_lines import lines_from_data
from webapp.domain.scoring import ScoredLine, score_match
from webapp.models import BracketNode, Event, Match, Tournament
from webapp.services.boards import history
from webapp.services.ranking import standings

HIDDEN: Final = "hidden"
"""In the place of a state: played while the board was frozen, its result kept for the reveal."""
_DONE: Final = "completed"
_ENDS: Final = ("match_completed", "result_corrected")
_TAKEN_OUT: Final = ("match_cancelled", "result_voided")
_OF_BRACKETS: Final = ("bracket_generated", "bracket_updated")
_COME_FROM_MATCHES: Final = ("winner", "loser")


@dataclass(frozen=True, slots=True)
class KnownMatches:
    """What the public knows of matches that something has happened to since; of all others it knows everything."""

    states: Mapping[int, str] = field(default_factory=dict)
    winner_ids: Mapping[int, int | None] = field(default_factory=dict)
    """Of those that are shown with the result they had."""
    lines: Mapping[int, Sequence[ScoredLine]] = field(default_factory=dict)
    games: Mapping[int, Sequence[Sequence[int | None]]] = field(default_factory=dict)
    """`[number, score of side A, score of side B, winner's id]`."""
    sideless: Collection[int] = ()
    """Matches planned since between two sides: who plays may be what a hidden result has decided."""
    sides: Mapping[int, tuple[int | None, int | None]] = field(default_factory=dict)
    """Who was in a match of a bracket then, where results since may have put others there."""

    def state(self) -> ColumnElement[str]:
        """A match's state as the public knows it, for statements."""
        if not self.states:
            # As a condition on the bare column, which has an index.
            return Match.state.expression
        ids_by_state: dict[str, list[int]] = {}
        for match_id, state in sorted(self.states.items()):
            ids_by_state.setdefault(state, []).append(match_id)
        return case(*((Match.id.in_(ids), state) for state, ids in ids_by_state.items()), else_=Match.state)

    def of(self, match: Match) -> Match:
        """The match, or what the public knows of it as an object that no session holds."""
        if match.id not in self.states and match.id not in self.sideless and match.id not in self.sides:
            return match
        columns = {column.key: getattr(match, column.key) for column in Match.__table__.columns}
        if match.id in self.states:
            state = self.states[match.id]
            columns |= {"state": state, "live_lines": None, "winner_id": self.winner_ids.get(match.id)}
            columns["completed_at"] = match.completed_at if state == _DONE else None
            columns |= {"decided_by": None, "forfeited_by_id": None}
        if match.id in self.sideless or match.id in self.sides:
            side_a_id, side_b_id = (None, None) if match.id in self.sideless else self.sides[match.id]
            columns |= {"side_a_id": side_a_id, "side_b_id": side_b_id}
        return Match(**columns)


EVERYTHING: Final = KnownMatches()
"""Nothing is kept from anybody."""


def of_tournament(session: Session, tournament: Tournament) -> KnownMatches:
    """What the public knows of the tournament's matches; five statements where it is frozen, none elsewhere."""
    if tournament.frozen_seq is None:
        return EVERYTHING
    then = tournament.frozen_seq
    touched = session.execute(
        select(Event.match_id, Event.type).where(
            Event.tournament_id == tournament.id, Event.seq > then, Event.match_id.is_not(None),
            Event.type.not_in((*sorted(TOLD_WHILE_FROZEN), "adjustment_recorded")),
        )
    ).all()  # fmt: skip
    kinds: dict[int, set[str]] = {}
    for match_id, kind in touched:
        if match_id is not None:
            kinds.setdefault(match_id, set()).add(kind)
    results = history.latest_results(session, tournament.id, then + 1, match_ids=kinds) if kinds else {}
    planned_since = _planned_since(session, tournament, then)
    is_series = tournament.format != "battle-royale"
    states = _states(session, kinds, results)
    winner_ids: dict[int, int | None] = {match_id: data["winner_id"] for match_id, data in results.items()}
    return KnownMatches(
        states=states,
        winner_ids=winner_ids,
        lines={} if is_series else _scored(tournament, results),
        games={match_id: data["games"] for match_id, data in results.items()} if is_series else {},
        sideless=planned_since if is_series else (),
        sides=_sides_then(session, tournament, states, winner_ids) if is_series and states else {},
    )


def counts(session: Session, tournaments: Sequence[Tournament]) -> dict[int, tuple[int, int]]:
    """Matches played, and matches that the public does not know to be off, by frozen tournament; two statements."""
    frozen = {tournament.id: tournament.frozen_seq for tournament in tournaments if tournament.frozen_seq is not None}
    if not frozen:
        return {}
    done: dict[int, set[int | None]] = {tournament_id: set() for tournament_id in frozen}
    off_since: dict[int, set[int | None]] = {tournament_id: set() for tournament_id in frozen}
    events = session.execute(
        select(Event.tournament_id, Event.seq, Event.type, Event.match_id)
        .where(Event.tournament_id.in_(frozen), Event.type.in_((*_ENDS, *_TAKEN_OUT)))
        .order_by(Event.tournament_id, Event.seq)
    )
    for tournament_id, seq, kind, match_id in events:
        if seq > frozen[tournament_id]:
            if kind in _TAKEN_OUT:
                off_since[tournament_id].add(match_id)
        elif kind in _ENDS:
            done[tournament_id].add(match_id)
        else:
            done[tournament_id].discard(match_id)
    planned = dict(
        session.execute(
            select(Match.tournament_id, func.count())
            .where(Match.tournament_id.in_(frozen), Match.state != "cancelled")
            .group_by(Match.tournament_id)
        ).all()
    )
    return {
        tournament_id: (len(done[tournament_id]), planned.get(tournament_id, 0) + len(off_since[tournament_id]))
        for tournament_id in frozen
    }


def _states(
    session: Session, kinds: Mapping[int, Collection[str]], results: Mapping[int, Mapping[str, Any]]
) -> dict[int, str]:
    states = {match_id: _DONE if match_id in results else HIDDEN for match_id in kinds}
    decided = {*_ENDS, "match_resolved"}
    still_open = [match_id for match_id, seen in kinds.items() if match_id not in results and not decided & {*seen}]
    rows = session.execute(select(Match.id, Match.started_at, Match.state).where(Match.id.in_(still_open)))
    for match_id, started_at, state in rows if still_open else ():
        is_off = state == "cancelled"
        states[match_id] = state if not is_off else "scheduled" if started_at is None else "live"
    return states


def _scored(tournament: Tournament, results: Mapping[int, Mapping[str, Any]]) -> dict[int, Sequence[ScoredLine]]:
    if not results:
        return {}
    rules = standings.rules_of(tournament)
    return {
        match_id: score_match([lines_from_data(line) for line in data["results"]], rules)
        for match_id, data in results.items()
    }


def _planned_since(session: Session, tournament: Tournament, then: int) -> set[int]:
    """Matches of two sides that nothing said of up to that number."""
    if tournament.format == "battle-royale":
        return set()
    told = session.execute(
        select(Event.type, Event.data).where(
            Event.tournament_id == tournament.id,
            Event.type.in_(("match_scheduled", *_OF_BRACKETS)),
            Event.seq <= then,
        )
    ).all()
    known = {match_id for kind, data in told if kind == "match_scheduled" for match_id in data["match_ids"]}
    node_ids = {node_id for kind, data in told if kind in _OF_BRACKETS for node_id in data["node_ids"]}
    nodes = select(BracketNode.id, BracketNode.match_id).where(BracketNode.tournament_id == tournament.id)
    known |= {match_id for node_id, match_id in session.execute(nodes) if node_id in node_ids}
    ids = session.scalars(select(Match.id).where(Match.tournament_id == tournament.id))
    return set(ids) - known


def _sides_then(
    session: Session, tournament: Tournament, states: Mapping[int, str], winner_ids: Mapping[int, int | None]
) -> dict[int, tuple[int | None, int | None]]:
    """Who was in matches that winners or losers of those come to of which the public knows less than is stored."""
    nodes = session.execute(
        select(
            BracketNode.stage_id, BracketNode.key, BracketNode.match_id, BracketNode.source_a, BracketNode.source_b,
            Match.side_a_id, Match.side_b_id,
        )
        .join(Match, Match.id == BracketNode.match_id)
        .where(BracketNode.tournament_id == tournament.id)
        .order_by(BracketNode.id)
    ).all()  # fmt: skip
    # Nodes are numbered so that nobody is in one before they can play it: what leads to a node is known by then.
    match_of: dict[tuple[int, str], int] = {}
    sides: dict[int, tuple[int | None, int | None]] = {}
    changed: dict[int, tuple[int | None, int | None]] = {}
    for stage_id, key, match_id, source_a, source_b, side_a_id, side_b_id in nodes:
        match_of[stage_id, key] = match_id
        then: list[int | None] = []
        for text, stored in ((source_a, side_a_id), (source_b, side_b_id)):
            source = Source.parse(text)
            before = match_of.get((stage_id, source.of)) if source.kind in _COME_FROM_MATCHES else None
            if before is None or before not in states:
                then.append(stored)
            else:
                winner_id = winner_ids.get(before) if states[before] == _DONE else None
                then.append(_came(source.kind, winner_id, sides[before]))
        sides[match_id] = (then[0], then[1])
        if sides[match_id] != (side_a_id, side_b_id):
            changed[match_id] = sides[match_id]
    return changed


def _came(kind: str, winner_id: int | None, sides: tuple[int | None, int | None]) -> int | None:
    """Who came out of a match with that winner, as its winner or as its loser; None while it has none."""
    if winner_id is None or kind == "winner":
        return winner_id
    return sides[0] if winner_id == sides[1] else sides[1]
