"""Jobs of teams: invitations that ran out, sponsors and promotions, ranking points."""

from jobs.context import outbox_job
from webapp.services.spine.clock import utc_now
from webapp.services.teams import promotions, sponsors, team_invites, team_points


@outbox_job
def expire_invites(_key: str) -> None:
    """Close invitations whose time has passed."""
    team_invites.expire(now=utc_now())


@outbox_job
def expire_sponsors(_key: str) -> None:
    """End sponsors whose last day has passed."""
    sponsors.expire(now=utc_now())


@outbox_job
def turn_promotions(_key: str) -> None:
    """Start and end promotions whose time has come."""
    promotions.turn(now=utc_now())


@outbox_job
def recompute_points(_key: str) -> None:
    """Let every team's ranking points fade by a day, and take up corrections."""
    team_points.recompute_all(now=utc_now())


@outbox_job
def count_tournament(key: str) -> None:
    """Give the teams of a tournament that has ended their points."""
    team_points.recompute_of(int(key), now=utc_now())
