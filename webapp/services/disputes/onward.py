"""What a change in groups or a Swiss does to the bracket that was drawn of them, in the caller's transaction."""

from collections.abc import Collection
from typing import Final, NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from webapp.domain.brackets import multi_stage
from webapp.domain.brackets.structure import Source
from webapp.models import BracketNode, Match, Stage, Tournament
from webapp.services.bracketing import next_stages, stages
from webapp.services.matches.confirmation import Case
from webapp.services.ranking import standings
from webapp.services.spine import log

_BEGUN: Final = ("live", "pending_result", "disputed", "completed", "forfeit")
_SEED: Final = "seed"


class Drawn(NamedTuple):
    """The bracket that was drawn of a stage, and who went on to it before the change, as far as rules can say."""

    stage: Stage
    going_on: tuple[int, ...] | None


class Seating(NamedTuple):
    """What the change means for it: who is to stand there by seed, and the begun matches whose seats it concerns.

    `seeds` is None while nobody can say who goes on: nobody is seated anew, and all that was begun is in doubt.
    """

    stage: Stage
    seeds: tuple[int, ...] | None
    begun: tuple[Match, ...]


class _Seat(NamedTuple):
    """A side of a match to which a seed came, not the winner or loser of another."""

    seed: int
    side: str
    node_id: int
    match: Match


def drawn_of(session: Session, tournament: Tournament, match: Match) -> Drawn | None:
    """The bracket that follows the stage of a match; None where none is drawn yet."""
    first, following = (stages.the(session, tournament.id, number) for number in (1, 2))
    if first is None or match.stage_id != first.id or following is None or following.state == "planned":
        return None
    return Drawn(following, next_stages.going_on(session, tournament))


def begun_in(session: Session, drawn: Drawn | None) -> set[int]:
    """The ids of all matches of it that have begun."""
    if drawn is None:
        return set()
    return set(session.scalars(select(Match.id).where(Match.stage_id == drawn.stage.id, Match.state.in_(_BEGUN))))


def seating_after(session: Session, tournament: Tournament, drawn: Drawn | None) -> Seating | None:
    """What the change that was written meanwhile means for it; None where it means nothing."""
    if drawn is None:
        return None
    after, seeds = next_stages.going_on(session, tournament), tuple(drawn.stage.seeds)
    if after == drawn.going_on:
        return None
    is_known = after is not None and len(after) == len(seeds)
    wanted = multi_stage.changed_seats(seeds, drawn.going_on, after) if after is not None and is_known else None
    if wanted == seeds:
        return None
    moved = set(range(1, len(seeds) + 1)) if wanted is None else _differing(seeds, wanted)
    begun = {
        seat.match.id: seat.match
        for seat in _seats(session, drawn.stage)
        if seat.match.state in _BEGUN and seat.seed in moved
    }
    return Seating(drawn.stage, wanted, tuple(begun.values()))


def seat(case: Case, seating: Seating, keeps: Collection[int]) -> None:
    """Seat those who go on now; matches in `keeps` stay as they are. What else was begun must be set back by now."""
    if seating.seeds is None:
        return
    session, tournament, stage = case.session, case.tournament, seating.stage
    session.flush()
    places, drawn = _seats(session, stage), tuple(stage.seeds)
    kept = {place.seed for place in places if place.match.id in keeps}
    seeds = multi_stage.seated_around(drawn, seating.seeds, kept)
    changed = _differing(drawn, seeds)
    moved = [place for place in places if place.seed in changed]
    if not moved:
        return
    for place in moved:
        setattr(place.match, f"side_{place.side}_id", seeds[place.seed - 1])
        place.match.ready_a_at = place.match.ready_b_at = None
        if place.match.state == "ready":
            place.match.state = "scheduled"
    stage.seeds = list(seeds)
    session.flush()
    advanced = [[place.match.id, place.side, seeds[place.seed - 1]] for place in moved]
    data = {"stage_id": stage.id, "node_ids": sorted({place.node_id for place in moved}), "advanced": advanced}
    seq = log.record(session, tournament, "bracket_updated", data, actor=case.actor, now=case.now)
    affected = {who for seed in changed for who in (drawn[seed - 1], seeds[seed - 1])}
    standings.refresh(session, tournament, case.rules, affected, seq=seq)


def _differing(one: tuple[int, ...], other: tuple[int, ...]) -> set[int]:
    return {seed for seed, pair in enumerate(zip(one, other, strict=True), start=1) if pair[0] != pair[1]}


def _seats(session: Session, stage: Stage) -> list[_Seat]:
    rows = session.execute(
        select(BracketNode, Match)
        .join(Match, Match.id == BracketNode.match_id)
        .where(
            BracketNode.stage_id == stage.id,
            or_(BracketNode.source_a.startswith(f"{_SEED}:"), BracketNode.source_b.startswith(f"{_SEED}:")),
        )
        .order_by(Match.number)
    )
    return [
        _Seat(int(source.of), side, node.id, match)
        for node, match in rows
        for side, source in (("a", Source.parse(node.source_a)), ("b", Source.parse(node.source_b)))
        if source.kind == _SEED
    ]
