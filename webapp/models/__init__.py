"""The tables, one module an aggregate."""

from webapp.models.accounts import ApiToken, IdempotencyKey, RefreshToken, TokenFamily, UserSession
from webapp.models.boards import Board, BoardTop, BoardVersion, Override, Snapshot, Standing
from webapp.models.brackets import BracketNode, Stage
from webapp.models.disputes import Dispute, DisputeComment, DisputeEvidence, ResultSubmission
from webapp.models.entries import CustomField, Payment, RegistrationPlayer
from webapp.models.log import AuditEntry, AuditHead, Event, OutboxItem
from webapp.models.matches import Match, MatchGame, Result
from webapp.models.notifications import EventCursor, Mail, Notification, NotificationPreference, NotificationSettings
from webapp.models.operations import FeatureFlag, Heartbeat, ScheduleClaim
from webapp.models.organizing import (
    Announcement,
    TournamentOutcome,
    TournamentTemplate,
    TournamentVersion,
    UndoableAction,
)
from webapp.models.people import PlayerId, StoredFile, User
from webapp.models.showing import Freeze, OverlayToken
from webapp.models.sponsorship import TeamPromotion, TeamSponsor
from webapp.models.teams import LineUp, Team, TeamEvent, TeamInvite, TeamMember
from webapp.models.tournaments import Adjustment, ImportedFile, Registration, Season, Tournament, TournamentOfficial
from webapp.models.webhooks import WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookMessage

__all__ = [
    "Adjustment",
    "Announcement",
    "ApiToken",
    "AuditEntry",
    "AuditHead",
    "Board",
    "BoardTop",
    "BoardVersion",
    "BracketNode",
    "CustomField",
    "Dispute",
    "DisputeComment",
    "DisputeEvidence",
    "Event",
    "EventCursor",
    "FeatureFlag",
    "Freeze",
    "Heartbeat",
    "IdempotencyKey",
    "ImportedFile",
    "LineUp",
    "Mail",
    "Match",
    "MatchGame",
    "Notification",
    "NotificationPreference",
    "NotificationSettings",
    "OutboxItem",
    "OverlayToken",
    "Override",
    "Payment",
    "PlayerId",
    "RefreshToken",
    "Registration",
    "RegistrationPlayer",
    "Result",
    "ResultSubmission",
    "ScheduleClaim",
    "Season",
    "Snapshot",
    "Stage",
    "Standing",
    "StoredFile",
    "Team",
    "TeamEvent",
    "TeamInvite",
    "TeamMember",
    "TeamPromotion",
    "TeamSponsor",
    "TokenFamily",
    "Tournament",
    "TournamentOfficial",
    "TournamentOutcome",
    "TournamentTemplate",
    "TournamentVersion",
    "UndoableAction",
    "User",
    "UserSession",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookMessage",
]
