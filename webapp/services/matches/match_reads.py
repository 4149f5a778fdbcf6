"""Matches for programs: ids, states and scores; what officials and sides alone know only where they ask."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.domain import permissions as permission_table
from webapp.domain.errors import NotFound
from webapp.domain.permissions import Action
from webapp.models import Match, Tournament
from webapp.services.boards import boards
from webapp.services.live import known_matches
from webapp.services.live.known_matches import EVERYTHING, KnownMatches
from webapp.services.matches import awards, sides
from webapp.services.matches.reports import open_of
from webapp.services.pages.tournament_reads import find_visible
from webapp.services.spine import permissions
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot

_FIELDS: Final = (
    "id", "tournament_id", "number", "state", "revision", "best_of", "stage_id", "round", "side_a_id", "side_b_id",
    "winner_id", "decided_by", "forfeited_by_id", "scheduled_at", "started_at", "completed_at",
)  # fmt: skip


class MatchesWanted(NamedTuple):
    """Which matches of a tournament, and which part of them."""

    tournament_id: int
    state: str | None = None
    limit: int = 50
    offset: int = 0


def listed(wanted: MatchesWanted, *, actor: Actor) -> tuple[int, list[dict[str, Any]]]:
    """How many matches there are, and one page of them in their order. Raises NotFound for a hidden tournament."""
    with read_snapshot() as session:
        tournament, known = opened(session, wanted.tournament_id, actor)
        found = select(Match).where(Match.tournament_id == tournament.id)
        if wanted.state is not None:
            found = found.where(known.state() == wanted.state)
        count = session.scalar(select(func.count()).select_from(found.subquery())) or 0
        page = session.scalars(found.order_by(Match.number).offset(wanted.offset).limit(wanted.limit))
        return count, [_told(match, known) for match in page]


def one(match_id: int, *, actor: Actor) -> dict[str, Any]:
    """A match; for its officials and sides with its lobby and the reports that wait. Raises NotFound."""
    with read_snapshot() as session:
        match = session.get(Match, match_id)
        if match is None:
            raise NotFound(f"There is no match {match_id}.", code="match_not_found")
        try:
            tournament, known = opened(session, match.tournament_id, actor)
        except NotFound:
            raise NotFound(f"There is no match {match_id}.", code="match_not_found") from None
        told = _told(match, known)
        if not _is_close(session, tournament, match, actor):
            return told | {"lobby": None, "coordinator_id": None, "report_revision": None, "reports": None}
        return told | {
            "lobby": match.lobby,
            "coordinator_id": match.coordinator_id,
            "report_revision": match.report_revision,
            "reports": [
                {
                    "id": report.id,
                    "participant_id": report.registration_id,
                    "report_revision": report.revision,
                    "state": report.state,
                    "games": _games(report.entries),
                    "answer_due_at": report.answer_due_at,
                    "is_overdue": report.overdue_at is not None,
                }
                for report in (() if match.side_a_id is None else open_of(session, match.id))
            ],
        }


def sides_of(match_id: int, *, actor: Actor) -> tuple[int, int]:
    """The two sides of a match, for one of them or an official.

    Raises NotFound for everybody else, ResultError while they are not both known and for a lobby of many.
    """
    with read_snapshot() as session:
        match = session.get(Match, match_id)
        tournament = None if match is None else session.get(Tournament, match.tournament_id)
        if match is None or tournament is None or not _is_close(session, tournament, match, actor):
            raise NotFound(f"There is no match {match_id} of yours.", code="match_not_found")
        return awards.sides_of(match)


def opened(session: Session, tournament_id: int, actor: Actor) -> tuple[Tournament, KnownMatches]:
    """The tournament, and what the asker may know of its matches: officials everything, others what the public may."""
    tournament = boards.find_tournament(session, tournament_id)
    if _is_official(session, tournament, actor):
        return tournament, EVERYTHING
    visible = find_visible(session, tournament_id)
    return visible, known_matches.of_tournament(session, visible)


def told_whole(match: Match) -> dict[str, Any]:
    """A match with all that its officials know of it, its lobby and reports aside."""
    return _told(match, EVERYTHING) | {
        "coordinator_id": match.coordinator_id,
        "report_revision": match.report_revision,
    }


def _is_official(session: Session, tournament: Tournament, actor: Actor) -> bool:
    relation = permissions.relation_of(session, actor, tournament)
    return permission_table.allows(actor.role, relation, Action.SEE_OFFICIAL_BOARD)


def _is_close(session: Session, tournament: Tournament, match: Match, actor: Actor) -> bool:
    if _is_official(session, tournament, actor):
        return True
    try:
        sides.ensure_side(session, actor, match)
    except NotFound:
        return False
    return True


def _told(match: Match, known: KnownMatches) -> dict[str, Any]:
    seen = known.of(match)
    told: dict[str, Any] = {field: getattr(seen, field) for field in _FIELDS}
    # How often a result was changed since the board was frozen tells that it was.
    return told | {"revision": None if match.id in known.states else match.revision}


def _games(entries: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
    return [
        {"number": number, "score_a": score_a, "score_b": score_b, "map": map_name}
        for number, score_a, score_b, map_name in (entry[:4] for entry in entries)
    ]
