"""The names behind ids: what clients show to people. Only names that their owners chose to be public."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import func, select

from webapp.domain.permissions import Relation
from webapp.models import Match, Team, User
from webapp.services.live import known_matches, visibility
from webapp.services.pages.tournament_reads import participant_count
from webapp.services.ranking import standings
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot
from webapp.services.tournaments.tournament_facts import find_readable


def profiles(ids: Collection[int]) -> list[dict[str, Any]]:
    """Handles of these people, by id; ids of nobody are left out."""
    with read_snapshot() as session:
        rows = session.execute(select(User.id, User.handle).where(User.id.in_(sorted(set(ids)))).order_by(User.id))
        return [{"id": row.id, "handle": row.handle} for row in rows]


def teams(ids: Collection[int]) -> list[dict[str, Any]]:
    """Names of these teams, by id; ids of none are left out."""
    statement = select(Team.id, Team.name, Team.tag, Team.game).where(Team.id.in_(sorted(set(ids)))).order_by(Team.id)
    with read_snapshot() as session:
        return [
            {"id": row.id, "name": row.name, "tag": row.tag, "game": row.game} for row in session.execute(statement)
        ]


def of_tournament(tournament_id: int, *, limit: int, offset: int, actor: Actor) -> dict[str, Any]:
    """What a tournament and its matches are called and its words, a page of matches at a time.

    Ways to pay are for its officials here; who registers reads them there. Raises NotFound for one unseen.
    """
    with read_snapshot() as session:
        tournament, relation = find_readable(session, tournament_id, actor)
        rules = standings.rules_of(tournament)
        known = known_matches.of_tournament(session, tournament)
        is_over_for_all = tournament.frozen_seq is None
        count = session.scalar(select(func.count()).where(Match.tournament_id == tournament_id)) or 0
        rows = session.execute(
            select(Match.id, Match.number, Match.label, Match.map, Match.state)
            .where(Match.tournament_id == tournament_id)
            .order_by(Match.number)
            .limit(limit)
            .offset(offset)
        )
        return {
            "id": tournament.id,
            "slug": tournament.slug,
            "name": tournament.name,
            "description": tournament.description,
            "rules_text": tournament.rules,
            "payment_methods": None if relation is Relation.NONE else tournament.payment_methods,
            "game": tournament.game,
            "format": tournament.format,
            "status": visibility.status_of(tournament),
            "season": tournament.season,
            "region": tournament.region,
            "starts_at": tournament.starts_at,
            "started_at": tournament.started_at,
            "completed_at": tournament.completed_at if is_over_for_all else None,
            "participant_count": participant_count(session, tournament),
            "rules": {"name": rules.title or rules.name, "version": rules.version, "hash": rules.hash},
            "match_count": count,
            "matches": [
                {"match_id": row.id, "number": row.number, "label": row.label, "map": row.map}
                | {"state": known.states.get(row.id, row.state)}
                for row in rows
            ],
        }
