"""Jobs of the queue `maintenance`."""

from jobs.context import outbox_job
from webapp.services.accounts import app_tokens, sessions
from webapp.services.files import uploads
from webapp.services.operations import maintenance
from webapp.services.ranking import snapshots
from webapp.services.spine import idempotency
from webapp.services.spine.clock import utc_now


@outbox_job
def snapshot_tournaments(_key: str) -> None:
    """Store the boards of open and live tournaments."""
    snapshots.take_of_tournaments(reason="schedule", now=utc_now())


@outbox_job
def snapshot_seasons(_key: str) -> None:
    """Store the boards of all seasons."""
    snapshots.take_of_scopes("season", reason="schedule", now=utc_now())


@outbox_job
def snapshot_all_time(_key: str) -> None:
    """Store the all-time boards."""
    snapshots.take_of_scopes("all_time", reason="schedule", now=utc_now())


@outbox_job
def recompute_rankings(_key: str) -> None:
    """Compute every board of a running tournament from its results again."""
    maintenance.recompute_all(now=utc_now())


@outbox_job
def request_stale_boards(_key: str) -> None:
    """Ask for the ranking of boards that are behind their results."""
    maintenance.request_stale_boards(now=utc_now())


@outbox_job
def compact(_key: str) -> None:
    """Thin out old snapshots and served outbox rows."""
    snapshots.compact(now=utc_now())
    maintenance.purge_served(now=utc_now())


@outbox_job
def clear_away(_key: str) -> None:
    """Delete what ended long ago: sessions, logins of apps, kept answers to repeated requests, files of nobody."""
    sessions.clear_away(now=utc_now())
    app_tokens.forget_expired(now=utc_now())
    idempotency.forget_old(now=utc_now())
    uploads.sweep(now=utc_now())
