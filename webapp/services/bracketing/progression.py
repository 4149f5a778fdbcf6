"""What the end of a match does to the matches after it, in the transaction that ends it.

A result that is corrected or taken out goes the same way: places are filled again or become empty. What has begun is
never changed silently.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import Select, bindparam, exists, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from webapp.domain.awards import WALK_OVER
from webapp.domain.brackets import progress
from webapp.domain.brackets.structure import Section, Source
from webapp.domain.errors import Conflict, FieldError
from webapp.models import BracketNode, Match, Stage, Tournament
from webapp.services.bracketing import league_progress, stages
from webapp.services.matches import walk_overs
from webapp.services.spine import log
from webapp.services.spine.actors import Actor
from webapp.services.spine.log import Fact

_OPEN: Final = ("scheduled", "ready", "live", "pending_result", "disputed")
_NOT_BEGUN: Final = ("scheduled", "ready", "cancelled")
_OVER: Final = ("completed", "forfeit", "cancelled")
_OUT_OF_MATCHES: Final = ("winner", "loser")
_OF_LEAGUES: Final = (Section.GROUP, Section.SWISS)


class Dependent(NamedTuple):
    """A match that another one's result has reached, or can reach."""

    match_id: int
    number: int
    key: str
    state: str
    sides: frozenset[str]
    """The sides, `a` and `b`, whose participants come out of that other match."""
    is_played: bool
    """Whether it has begun, so that a change of its sides has to be decided about."""


def after_end(
    session: Session,
    tournament: Tournament,
    match: Match,
    *,
    actor: Actor,
    now: datetime,
    keep: Collection[int] = (),
) -> list[int]:
    """Send winner and loser of a match on, or take back what its older result sent; ids of the matches that changed.

    To be called whenever a match gets, changes or loses its winner. A second grand final is called off or put back, and
    where nobody can come any more whoever waits there goes on. Matches in `keep` stay as they are. Raises Conflict
    (`bracket_moved_on`) naming every other one that has begun and would get another side.
    """
    if match.stage_id is None:
        return []
    node = session.scalar(_NODE_OF_MATCH, {"match_id": match.id})
    if node is None:
        return []
    run = _Run(session, tournament, match.stage_id, actor, now, frozenset(keep))
    run.settle(_Place(node, match))
    run.finish(is_over=match.state in _OVER)
    if node.section in _OF_LEAGUES:
        session.flush()
        league_progress.after_end(session, tournament, run.stage, actor=actor, now=now)
    reached = [found for match_id, found in run.changed.items() if match_id not in run.keep]
    walked_over = _walked_over(session, tournament, reached, actor=actor, now=now, keep=keep)
    return sorted(run.changed.keys() | walked_over)


def _walked_over(
    session: Session, tournament: Tournament, reached: Collection[Match], *, actor: Actor, now: datetime,
    keep: Collection[int],
) -> set[int]:  # fmt: skip
    """Whoever has come to a match of somebody who plays no more goes on at once; the matches that this changes."""
    changed: set[int] = set()
    for match in walk_overs.due_among(session, reached):
        walk_overs.give(session, tournament, match, actor=actor, now=now)
        changed |= {match.id, *after_end(session, tournament, match, actor=actor, now=now, keep=keep)}
    return changed


def downstream(session: Session, match: Match) -> list[Dependent]:
    """The matches to which winner or loser of this one come, and those after them, in the bracket's order."""
    if match.stage_id is None:
        return []
    rows = session.execute(_PLACES.where(BracketNode.stage_id == match.stage_id).order_by(BracketNode.id)).all()
    matches = {node.key: found for node, found in rows}
    nodes = {node.key: stages.node_of(node) for node, _ in rows}
    key = next((node.key for node, found in rows if found.id == match.id), None)
    if key is None:
        return []
    return [
        Dependent(found.id, found.number, reached, found.state, sides, _has_begun(found))
        for reached, sides in progress.reached(nodes, key)
        for found in (matches[reached],)
    ]


def path(session: Session, stage: Stage, participant_id: int) -> list[Match]:
    """The matches of a participant in a stage, in the order in which they are played."""
    found = _PLACES.where(
        BracketNode.stage_id == stage.id,
        (Match.side_a_id == participant_id) | (Match.side_b_id == participant_id),
    )
    return [match for _, match in session.execute(found.order_by(BracketNode.id))]


_NODE_OF_MATCH: Final = select(BracketNode).where(BracketNode.match_id == bindparam("match_id"))
_PLACES: Final = select(BracketNode, Match).join(Match, Match.id == BracketNode.match_id)
_TARGETS: Final = aliased(BracketNode)


def _sources(column: InstrumentedAttribute[str]) -> Select[str]:
    # `winner:W1-3` and `loser:W1-3` both come from W1-3; what is no match (`seed:5`) finds none.
    key = func.replace(func.replace(column, "winner:", ""), "loser:", "")
    return select(key).where(
        _TARGETS.stage_id == bindparam("stage_id"), _TARGETS.key.in_(bindparam("keys", expanding=True))
    )


_PLACES_AT: Final = _PLACES.where(
    BracketNode.stage_id == bindparam("stage_id"),
    BracketNode.key.in_(bindparam("keys", expanding=True))
    | BracketNode.key.in_(_sources(_TARGETS.source_a))
    | BracketNode.key.in_(_sources(_TARGETS.source_b)),
)


class _Place(NamedTuple):
    node: BracketNode
    match: Match

    @property
    def sides(self) -> progress.Sides:
        return self.match.side_a_id, self.match.side_b_id


def _has_begun(match: Match) -> bool:
    return match.state not in _NOT_BEGUN


@dataclass
class _Run:
    """One pass through a stage, from a match that has ended."""

    session: Session
    tournament: Tournament
    stage_id: int
    actor: Actor
    now: datetime
    keep: frozenset[int]
    changed: dict[int, Match] = field(default_factory=dict)
    advanced: list[list[int | str | None]] = field(default_factory=list)
    node_ids: set[int] = field(default_factory=set)
    blocked: list[Match] = field(default_factory=list)
    is_at_the_end: bool = False

    @property
    def stage(self) -> Stage:
        return self.session.get_one(Stage, self.stage_id)

    def settle(self, place: _Place) -> None:
        """Fill or empty the places after a match, and those after them where that decides a match by itself."""
        node = stages.node_of(place.node)
        self.is_at_the_end |= node.winner_to is None or node.section is Section.FINAL
        keys = {slot.node for slot in (node.winner_to, node.loser_to) if slot is not None}
        around = self._around(keys)
        targets = {key: around[key] for key in sorted(keys)}
        again = next((target for target in targets.values() if target.node.is_conditional), None)
        moves = progress.moves(node, place.sides, place.match.winner_id, leads_to_reset=again is not None)
        for move in moves:
            self._take(targets[move.slot.node], move)
        if again is not None and again.match.id not in self.keep:
            is_over = place.match.state in _OVER
            self._call_off_or_put_back(
                again, is_off=is_over and not progress.needs_reset(place.sides, place.match.winner_id)
            )
        else:
            self._walk_through(targets.values(), around)

    def finish(self, *, is_over: bool) -> None:
        """The event, and the stage's end where nothing of it is open any more."""
        if self.blocked:
            listed = [FieldError(f"match {match.number}", f"{match.label} is {match.state}") for match in self.blocked]
            raise Conflict(
                "The bracket has moved on: " + "; ".join(f"{error.path} ({error.message})" for error in listed)
                + " would get other sides. Correct the result and choose what becomes of them.",
                listed,
                code="bracket_moved_on",
            )  # fmt: skip
        if self.node_ids:
            data = {"stage_id": self.stage_id, "node_ids": sorted(self.node_ids), "advanced": self.advanced}
            log.record(self.session, self.tournament, "bracket_updated", data, actor=self.actor, now=self.now)
        # A result that comes to the middle of a bracket ends nothing; one that goes may open again what had ended.
        if self.is_at_the_end or not is_over:
            self._complete()

    def _around(self, keys: Collection[str]) -> dict[str, _Place]:
        """The places of these keys, and those that send somebody there."""
        if not keys:
            return {}
        wanted = {"stage_id": self.stage_id, "keys": sorted(keys)}
        return {node.key: _Place(node, match) for node, match in self.session.execute(_PLACES_AT, wanted)}

    def _take(self, target: _Place, move: progress.Move) -> None:
        """Puts a participant, or nobody, to a place."""
        match, side = target.match, f"side_{move.slot.side}_id"
        if getattr(match, side) == move.participant_id or match.id in self.keep:
            return
        if _has_begun(match):
            if match not in self.blocked:
                self.blocked.append(match)
            return
        setattr(match, side, move.participant_id)
        match.ready_a_at = match.ready_b_at = None
        if match.state == "ready":
            match.state = "scheduled"
        self.advanced.append([match.id, move.slot.side, move.participant_id])
        self._note(target)

    def _call_off_or_put_back(self, again: _Place, *, is_off: bool) -> None:
        match = again.match
        if is_off and match.state in ("scheduled", "ready"):
            self._set_state(again, "cancelled")
        elif not is_off and match.state == "cancelled" and match.completed_at is None:
            self._set_state(again, "scheduled")

    def _walk_through(self, targets: Collection[_Place], around: Mapping[str, _Place]) -> None:
        """Whoever waits where nobody can come any more goes on; where somebody can again the match is put back."""
        for target in targets:
            awaited = list(_awaited(target))
            nobody_comes = [source.of in around and _sends_nobody(around[source.of], source) for source in awaited]
            if target.match.id not in self.keep and self._is_changed(target, bool(awaited) and all(nobody_comes)):
                self._note(target)
                self.session.flush()
                self.settle(target)

    def _is_changed(self, target: _Place, is_forsaken: bool) -> bool:
        """Ends a match that nobody can come to, or puts it back; whether that changed anything."""
        match = target.match
        is_walked = match.state == "cancelled" and match.decided_by == WALK_OVER
        goes_on = next((who for who in target.sides if who is not None), None)
        if is_forsaken and match.state in ("scheduled", "ready"):
            match.winner_id, match.decided_by = goes_on, WALK_OVER
            self._set_state(target, "cancelled")
        elif is_walked and not is_forsaken:
            match.winner_id = match.decided_by = None
            self._set_state(target, "scheduled")
        elif is_walked and match.winner_id != goes_on:
            match.winner_id = goes_on
        else:
            return False
        return True

    def _set_state(self, place: _Place, state: str) -> None:
        match = place.match
        match.state = state
        fact = (
            Fact("match_cancelled", {"number": match.number}, match.id)
            if state == "cancelled"
            else Fact("match_scheduled", {"match_ids": [match.id]}, match.id)
        )
        log.record_many(self.session, self.tournament, [fact], actor=self.actor, now=self.now, announce=True)
        self._note(place)

    def _note(self, place: _Place) -> None:
        self.changed[place.match.id] = place.match
        self.node_ids.add(place.node.id)

    def _complete(self) -> None:
        self.session.flush()
        is_open = self.session.scalar(select(exists().where(Match.stage_id == self.stage_id, Match.state.in_(_OPEN))))
        stage = self.stage
        # A Swiss ends with its last round, of which its matches know nothing.
        if not is_open and stage.format != "swiss":
            stage.state, stage.completed_at = "completed", stage.completed_at or self.now
        elif is_open and stage.state == "completed":
            stage.state = "generated" if stage.finalized_at is None else "finalized"
            stage.completed_at = None


def _awaited(place: _Place) -> Iterator[Source]:
    """Where those come from who are not there yet; nothing for a place that waits for nobody out of a match."""
    for text, who in zip((place.node.source_a, place.node.source_b), place.sides, strict=True):
        source = Source.parse(text)
        if who is None and source.kind in _OUT_OF_MATCHES:
            yield source


def _sends_nobody(place: _Place, source: Source) -> bool:
    if place.match.state not in _OVER:
        return False
    end = progress.end_of(place.sides, place.match.winner_id)
    return (end.winner if source.kind == "winner" else end.loser) is None
