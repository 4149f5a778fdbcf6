"""Jobs of the queues `ranking` and `default`: boards."""

from contextlib import suppress

from jobs.context import outbox_job
from webapp.domain.errors import NotFound
from webapp.services.ranking import ranking, season_ranking
from webapp.services.spine.clock import utc_now


@outbox_job
def rank_tournament(key: str) -> None:
    """Bring a tournament's board up to its newest result; one that was deleted meanwhile needs none."""
    with suppress(NotFound):
        ranking.rank_due(int(key), now=utc_now())


@outbox_job
def rank_season(key: str) -> None:
    """Compute the board of a season, named `game:season`."""
    game, _, season = key.partition(":")
    season_ranking.compute_season_rankings(game, season, now=utc_now())


@outbox_job
def rank_all_time(key: str) -> None:
    """Compute a game's all-time board."""
    season_ranking.compute_all_time_rankings(key, now=utc_now())
