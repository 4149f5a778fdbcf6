"""Tournaments in which staff set placements, for tests of what becomes of them."""

from collections.abc import Mapping
from typing import Any, Final

from tests.arenas import OPENED_AT, REASON, Arena, ended_at
from webapp.domain.scoring import BattleRoyaleLine as Line
from webapp.models import Tournament, User
from webapp.services.boards import boards
from webapp.services.matches import results
from webapp.services.ranking import override_reads, overrides, ranking
from webapp.services.spine.actors import SYSTEM, Actor
from webapp.services.spine.transaction import read_snapshot, transaction

RULES: Final[Mapping[str, Any]] = {
    "placement_points": [12, 9, 7, 5, 4, 3],
    "points_per_kill": 1,
    "cascade": ["points", "kills"],
}
MATCH_POINT: Final[Mapping[str, Any]] = {**RULES, "match_point": {"threshold": 10}}


def person(handle: str, role: str) -> Actor:
    with transaction() as session:
        user = User(handle=handle, handle_key=handle, role=role, created_at=OPENED_AT)
        session.add(user)
        session.flush()
        return Actor(user.id, role)


def played(arena: Arena, *, number: int = 1, order: list[int] | None = None) -> Arena:
    places = order or list(range(len(arena.participant_ids)))
    lines = [Line(arena.participant_ids[who], place, 0) for place, who in enumerate(places, start=1)]
    results.confirm(arena.match_ids[number - 1], lines, actor=SYSTEM, now=ended_at(number))
    ranking.rank_due(arena.tournament_id, now=ended_at(number))
    return arena


def shown(arena: Arena, audience: str = "public") -> list[int]:
    """Places in the list of participants, best first, as readers have them."""
    with read_snapshot() as session:
        tournament = session.get_one(Tournament, arena.tournament_id)
        board = boards.of_tournament(session, tournament, audience, now=OPENED_AT).board
        order = board.standings.participant_id[board.ranking.order].tolist()
    return [arena.participant_ids.index(who) for who in order]


def put(arena: Arena, who: int, rank: int, *, actor: Actor = SYSTEM, now: int = 10) -> overrides.OverrideOutcome:
    return overrides.override(
        arena.tournament_id, arena.participant_ids[who], rank, reason=REASON, actor=actor, now=ended_at(now)
    )  # fmt: skip


def ranks_set(arena: Arena) -> Mapping[int, int]:
    with read_snapshot() as session:
        held = override_reads.in_force(session, arena.tournament_id)
    return {arena.participant_ids.index(who): rank for who, rank in held.items()}


def rank_now(arena: Arena) -> None:
    ranking.rank_due(arena.tournament_id, now=ended_at(20))
