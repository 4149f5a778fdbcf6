"""Brackets for programs: stages and nodes with ids, numbers and states."""

from typing import Any

from sqlalchemy import select

from webapp.models import BracketNode, Match
from webapp.services.bracketing import stages
from webapp.services.matches import match_reads
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot


def of_tournament(tournament_id: int, *, actor: Actor) -> dict[str, Any]:
    """Every stage with its nodes in their order; raises NotFound for a hidden tournament.

    While the board is frozen all but officials are told of sides, states and winners what the public knows, and
    nothing of how a stage was seeded that was drawn since.
    """
    with read_snapshot() as session:
        tournament, known = match_reads.opened(session, tournament_id, actor)
        rows = session.execute(
            select(BracketNode, Match)
            .join(Match, Match.id == BracketNode.match_id)
            .where(BracketNode.tournament_id == tournament.id)
            .order_by(BracketNode.id)
        ).all()
        nodes: dict[int, list[dict[str, Any]]] = {}
        unsure: set[int] = set()
        drawn_since: set[int] = set()
        for node, match in rows:
            nodes.setdefault(node.stage_id, []).append(_node(node, known.of(match)))
            unsure |= {node.stage_id} if match.id in known.states else set()
            drawn_since |= {node.stage_id} if match.id in known.sideless else set()
        told = []
        for stage in stages.of_tournament(session, tournament.id):
            is_kept = stage.id in drawn_since
            is_over = stage.state == "completed" and stage.id not in unsure | drawn_since
            told.append(
                {
                    "id": stage.id,
                    "number": stage.number,
                    "name": stage.name,
                    "format": stage.format,
                    "state": stage.state if is_over or stage.state != "completed" else "generated",
                    "seeding": stage.seeding,
                    "random_seed": stage.seeding_seed,
                    "seeds": None if is_kept else list(stage.seeds),
                    "nodes": nodes.get(stage.id, []),
                }
            )
        return {"tournament_id": tournament.id, "stages": told}


def _node(node: BracketNode, seen: Match) -> dict[str, Any]:
    return {
        "id": node.id,
        "key": node.key,
        "section": node.section,
        "group": node.group,
        "round": node.round,
        "position": node.position,
        "source_a": node.source_a,
        "source_b": node.source_b,
        "winner_to": node.winner_to,
        "loser_to": node.loser_to,
        "is_conditional": node.is_conditional,
        "match_id": node.match_id,
        "state": seen.state,
        "side_a_id": seen.side_a_id,
        "side_b_id": seen.side_b_id,
        "winner_id": seen.winner_id,
    }
