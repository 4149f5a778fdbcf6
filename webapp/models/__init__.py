"""The tables, one module an aggregate."""

from webapp.models.accounts import ApiToken, IdempotencyKey, RefreshToken, TokenFamily, UserSession
from webapp.models.boards import Board, BoardTop, BoardVersion, Override, Snapshot, Standing
from webapp.models.log import AuditEntry, AuditHead, Event, OutboxItem
from webapp.models.matches import Match, MatchGame, Result
from webapp.models.operations import FeatureFlag, Heartbeat, ScheduleClaim
from webapp.models.people import Team, User
from webapp.models.showing import Freeze, OverlayToken
from webapp.models.tournaments import Adjustment, ImportedFile, Registration, Season, Tournament, TournamentOfficial

__all__ = [
    "Adjustment",
    "ApiToken",
    "AuditEntry",
    "AuditHead",
    "Board",
    "BoardTop",
    "BoardVersion",
    "Event",
    "FeatureFlag",
    "Freeze",
    "Heartbeat",
    "IdempotencyKey",
    "ImportedFile",
    "Match",
    "MatchGame",
    "OutboxItem",
    "OverlayToken",
    "Override",
    "RefreshToken",
    "Registration",
    "Result",
    "ScheduleClaim",
    "Season",
    "Snapshot",
    "Standing",
    "Team",
    "TokenFamily",
    "Tournament",
    "TournamentOfficial",
    "User",
    "UserSession",
]
