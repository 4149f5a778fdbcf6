"""The names behind ids: what clients show to people. Only names that their owners chose to be public."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import func, select

from webapp.models import Match, Team, User
from webapp.services import known_matches, standings, visibility
from webapp.services.pages.tournament_reads import find_visible, participant_count
from webapp.services.transaction import read_snapshot


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


def of_tournament(tournament_id: int, *, limit: int, offset: int) -> dict[str, Any]:
    """What a tournament and its matches are called, a page of matches at a time. Raises NotFound for one unseen."""
    with read_snapshot() as session:
        tournament = find_visible(session, tournament_id)
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
