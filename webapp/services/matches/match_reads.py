"""Matches for programs: ids, states and scores; what officials and sides alone know only where they ask."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session, load_only

from webapp.domain.errors import NotFound, ResultError
from webapp.domain.logged_lines import lines_from_data
from webapp.domain.permissions import Action
from webapp.models import Match, ResultSubmission, Tournament
from webapp.services.boards import boards
from webapp.services.live import known_matches
from webapp.services.live.known_matches import EVERYTHING, KnownMatches
from webapp.services.matches import sides
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
                _report(report, is_lobby=match.side_a_id is None)
                for report in _reports(session, tournament, match, actor)
            ],
        }


def sides_of(match_id: int, *, actor: Actor) -> tuple[int, int]:
    """The two sides of a match, for one of them or an official.

    Raises NotFound for everybody else, ResultError for a lobby of many, Conflict while they are not both known.
    """
    with read_snapshot() as session:
        found = session.execute(_SIDES, {"match_id": match_id}).one_or_none()
        if found is None or not _is_close(session, found[1], found[0], actor):
            raise NotFound(f"There is no match {match_id} of yours.", code="match_not_found")
        match, tournament = found
        if tournament.format == "battle-royale":
            raise ResultError(f"Match {match.number} is a lobby and has no two sides: give lines, or your own place.")
        return sides.both_of(match)


# Every result that comes by the API asks this before it waits for the tournament: it reads what it needs.
_SIDES: Final = (
    select(Match, Tournament)
    .join(Tournament, Tournament.id == Match.tournament_id)
    .where(Match.id == bindparam("match_id"))
    .options(
        load_only(Match.tournament_id, Match.number, Match.side_a_id, Match.side_b_id),
        load_only(Tournament.organizer_id, Tournament.format),
    )
)


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
    return permissions.may(session, actor, Action.SEE_OFFICIAL_BOARD, tournament)


def _is_close(session: Session, tournament: Tournament, match: Match, actor: Actor) -> bool:
    if _is_official(session, tournament, actor):
        return True
    try:
        sides.ensure_side(session, actor, match)
    except NotFound:
        return False
    return True


def _reports(session: Session, tournament: Tournament, match: Match, actor: Actor) -> list[ResultSubmission]:
    """The reports that wait: of a lobby, in which sides do not answer each other, a side is told of its own alone."""
    found = open_of(session, match.id) if match.report_revision else []
    if match.side_a_id is not None or _is_official(session, tournament, actor):
        return found
    own = sides.spoken_for(session, actor.user_id or 0, {report.registration_id for report in found})
    return [report for report in found if report.registration_id in own]


def _report(report: ResultSubmission, *, is_lobby: bool) -> dict[str, Any]:
    line = lines_from_data(report.entries[0]) if is_lobby else None
    return {
        "id": report.id,
        "participant_id": report.registration_id,
        "report_revision": report.revision,
        "state": report.state,
        "games": [] if is_lobby else _games(report.entries),
        "place": None if line is None else {"placement": line.placement, "kills": line.kills},
        "answer_due_at": report.answer_due_at,
        "is_overdue": report.overdue_at is not None,
        "has_screenshot": report.screenshot_id is not None,
    }


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
