"""The tables, one module an aggregate."""

from webapp.models.boards import Board, BoardVersion, Snapshot, Standing
from webapp.models.log import AuditEntry, AuditHead, Event, OutboxItem
from webapp.models.matches import Match, MatchGame, Result
from webapp.models.operations import FeatureFlag, Heartbeat, ScheduleClaim
from webapp.models.people import Team, User
from webapp.models.tournaments import Adjustment, ImportedFile, Registration, Season, Tournament

__all__ = [
    "Adjustment",
    "AuditEntry",
    "AuditHead",
    "Board",
    "BoardVersion",
    "Event",
    "FeatureFlag",
    "Heartbeat",
    "ImportedFile",
    "Match",
    "MatchGame",
    "OutboxItem",
    "Registration",
    "Result",
    "ScheduleClaim",
    "Season",
    "Snapshot",
    "Standing",
    "Team",
    "Tournament",
    "User",
]
