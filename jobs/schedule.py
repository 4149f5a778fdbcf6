"""What runs when (UTC). Every period of every job is claimed in the database: it runs once, however many schedulers."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Periodic:
    """A job that is due whenever `cron` says (UTC); `handler` names an entry of the outbox's handlers."""

    handler: str
    cron: str


SCHEDULE: Final = (
    Periodic("snapshot_tournaments", "*/30 * * * *"),
    Periodic("snapshot_seasons", "0 0 * * *"),
    Periodic("snapshot_all_time", "30 0 * * *"),
    Periodic("recompute", "0 2 * * *"),
    Periodic("clear_away", "40 3 * * *"),
    Periodic("team_points", "0 2 * * *"),
    Periodic("compact", "0 3 * * 0"),
    Periodic("expire_invites", "20 */6 * * *"),
    Periodic("expire_sponsors", "0 3 * * *"),
    Periodic("turn_promotions", "0 * * * *"),
    Periodic("stale_boards", "*/5 * * * *"),
    Periodic("begin_freezes", "* * * * *"),
    Periodic("pass_on_offers", "*/5 * * * *"),
    Periodic("result_timeouts", "*/5 * * * *"),
    Periodic("dispute_deadlines", "*/5 * * * *"),
    Periodic("wrap_up", "15 * * * *"),
    Periodic("open_checkins", "*/5 * * * *"),
    Periodic("stale_routes", "*/5 * * * *"),
    Periodic("due_digests", "*/15 * * * *"),  # full hours of zones that are a half or a quarter of an hour off
    Periodic("forget_notifications", "50 3 * * *"),
    Periodic("forget_deliveries", "55 3 * * *"),
)
