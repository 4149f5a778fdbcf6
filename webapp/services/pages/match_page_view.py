"""The page of one match, as a reader sees it."""

from dataclasses import dataclass

from webapp.services.pages.feed_view import FeedView
from webapp.services.pages.match_view import ScoreboardView


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchPageView:
    """The page of one match."""

    tournament_id: int
    tournament_slug: str
    tournament_name: str
    game_title: str
    is_public: bool
    scoreboard: ScoreboardView
    feed: FeedView
    previous_id: int | None
    following_id: int | None
