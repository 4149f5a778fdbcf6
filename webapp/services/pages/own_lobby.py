"""A battle-royale lobby for one of its sides: what it has reported of itself, and whether it can."""

from dataclasses import dataclass
from datetime import datetime

from webapp.domain.errors import NotFound
from webapp.models import Match, Tournament
from webapp.services.matches import lobby_reports, sides
from webapp.services.matches.lobby_reports import LobbyReport
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot


@dataclass(frozen=True, slots=True)
class OwnLobby:
    """`report` is the own side's open one."""

    can_report: bool
    report: LobbyReport | None


def read_own_lobby(match_id: int, *, actor: Actor, now: datetime) -> OwnLobby:
    """What the side has said and may say of a lobby. Raises NotFound for everybody else."""
    with read_snapshot() as session:
        match = session.get(Match, match_id)
        if match is None:
            raise NotFound(f"There is no match {match_id} of yours.", code="match_not_found")
        own_id = sides.ensure_side(session, actor, match)
        tournament = session.get_one(Tournament, match.tournament_id)
        reports = lobby_reports.of_match(session, match)
        own = next((report for report in reports if report.participant_id == own_id), None)
        return OwnLobby(lobby_reports.can_report(session, tournament, match, now), own)
