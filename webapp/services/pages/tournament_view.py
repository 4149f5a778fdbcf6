"""Tournaments as a reader sees them: cards, the head of a page, rules, lists."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final, NamedTuple

from markupsafe import Markup

from webapp.services.pages.board_view import BoardView, Medal
from webapp.services.pages.bracket_view import BracketView
from webapp.services.pages.feed_view import FeedView
from webapp.services.pages.leaders_chart_view import LeadersChartView
from webapp.services.pages.match_view import MatchCard, MatchListView
from webapp.services.pages.notice_reads import NoticeLine
from webapp.services.pages.paging import Paging
from webapp.services.pages.podium_view import Podium
from webapp.services.pages.share_reads import ShareView

_ADDRESS: Final = re.compile(r"(https?://[^\s<>\"']*[^\s<>\"'.,;:!?)\]])")
"""An address of the web inside a sentence; what ends the sentence is none of it."""


class TournamentPhase(StrEnum):
    """What a status means to a reader."""

    UPCOMING = "upcoming"
    LIVE = "live"
    DONE = "done"
    CANCELLED = "cancelled"


PHASES: Mapping[str, TournamentPhase] = {
    "registration_open": TournamentPhase.UPCOMING,
    "registration_closed": TournamentPhase.UPCOMING,
    "live": TournamentPhase.LIVE,
    "completed": TournamentPhase.DONE,
    "archived": TournamentPhase.DONE,
    "cancelled": TournamentPhase.CANCELLED,
}
"""Status of a tournament (04) -> its phase; a draft has none, since nobody but its officials sees it."""


@dataclass(frozen=True, slots=True)
class Leader:
    """A row of the short board on a card."""

    rank: int
    medal: Medal | None
    name: str
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TournamentCard:
    """A tournament in a list. `leaders` are the first three of its published board, once something was played.

    `winners` are those that were declared; nobody before the end, or while they wait for an official's word.
    """

    id: int
    slug: str
    name: str
    game_title: str
    format: str
    status: str
    phase: TournamentPhase
    starts_at: datetime | None
    completed_at: datetime | None
    participant_count: int
    matches_done: int
    matches_total: int
    leaders: tuple[Leader, ...]
    winners: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TournamentHead:
    """What every page of one tournament says first."""

    id: int
    slug: str
    name: str
    game_title: str
    format: str
    status: str
    phase: TournamentPhase
    is_public: bool
    """Listed and fit for search engines; unlisted ones are reached by their address alone."""
    is_series: bool
    is_official: bool
    season: str | None
    region: str | None
    starts_at: datetime | None
    started_at: datetime | None
    completed_at: datetime | None
    participant_count: int
    is_frozen: bool = False
    """Whether what is shown is as of an earlier moment: results go on, and are revealed later."""


@dataclass(frozen=True, slots=True)
class HomeView:
    """The front page."""

    live: tuple[TournamentCard, ...]
    upcoming: tuple[TournamentCard, ...]
    featured: tuple[TournamentCard, ...]
    champions: tuple[TournamentCard, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """An option of a filter."""

    value: str
    title: str

    @property
    def pair(self) -> tuple[str, str]:
        """Value and title, as a list of options takes them."""
        return self.value, self.title


class Span(NamedTuple):
    """From one number to another, both counted; None leaves an end open."""

    least: int | None = None
    most: int | None = None


WHATEVER: Final = Span()


@dataclass(frozen=True, slots=True)
class TournamentQuery:
    """What a reader looks for; empty strings mean all."""

    text: str = ""
    game: str = ""
    status: str = ""
    format: str = ""
    order: str = "newest"
    is_free: bool = False
    is_official: bool = False
    fee: Span = WHATEVER
    prize: Span = WHATEVER
    """In whole units of whatever currency a tournament names."""
    starts_from: date | None = None
    starts_to: date | None = None
    """The last day that counts, of the calendar that times are told in without a time zone: UTC."""
    organizer: str = ""
    """A handle."""

    def parameters(self, page: int = 1) -> dict[str, str | int]:
        """The query as URL parameters, defaults left out, so that one search has one address."""
        given = {"q": self.text, "game": self.game, "status": self.status, "format": self.format}
        if self.order != "newest":
            given["order"] = self.order
        given |= {name: "1" for name, asked in (("free", self.is_free), ("official", self.is_official)) if asked}
        given |= {name: str(value) for name, value in self.further.items()}
        parameters: dict[str, str | int] = {name: value for name, value in given.items() if value}
        return parameters | ({"page": page} if page > 1 else {})

    @property
    def is_narrow(self) -> bool:
        """Whether anything is filtered out."""
        first = self.text or self.game or self.status or self.format or self.is_free or self.is_official
        return bool(first or self.further)

    @property
    def further(self) -> dict[str, int | str | date]:
        """The filters of the second row that are set, by the names of their fields."""
        values = {
            "organizer": self.organizer or None,
            "fee_min": self.fee.least, "fee_max": self.fee.most,
            "prize_min": self.prize.least, "prize_max": self.prize.most,
            "from": self.starts_from, "to": self.starts_to,
        }  # fmt: skip
        return {name: value for name, value in values.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class TournamentListView:
    """One page of the tournaments that fit a query, with what can be chosen."""

    query: TournamentQuery
    games: tuple[Choice, ...]
    cards: tuple[TournamentCard, ...]
    paging: Paging


@dataclass(frozen=True, slots=True)
class BandLine:
    """Points for a span of numbers; `high` None is "and more"."""

    low: int
    high: int | None
    points: int


@dataclass(frozen=True, slots=True)
class SourcePart:
    """A piece of the words that say where rules come from; `address` where it is one to follow."""

    text: str
    address: str | None


@dataclass(frozen=True, slots=True)
class CascadeStep:
    """One tie-break: the key's name, its direction, and whether only results among the tied count."""

    key: str
    ascending: bool
    among_tied: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesView:
    """The rules of a tournament as people read them, and the fingerprint of what machines used."""

    name: str
    title: str
    version: int
    source: str
    confidence: str
    hash: str
    is_series: bool
    points_per_kill: int
    placement_points: tuple[BandLine, ...]
    """From the 1st place on; neighbours with the same points are one line."""
    kill_cap: int | None
    kill_bands: tuple[BandLine, ...]
    points_per_kill_by_placement: tuple[BandLine, ...]
    match_point_threshold: int | None
    match_point_cap: int | None
    win_points: int
    draw_points: int
    loss_points: int
    cascade: tuple[CascadeStep, ...]
    shares_ranks: bool
    count_best: int | None
    lobby_size: int | None

    @property
    def source_parts(self) -> tuple[SourcePart, ...]:
        """The source, with addresses of the web apart."""
        pieces = enumerate(_ADDRESS.split(self.source))
        return tuple(SourcePart(text, text if index % 2 else None) for index, text in pieces if text)


@dataclass(frozen=True, slots=True)
class ParticipantLine:
    """Who takes part."""

    id: int
    name: str
    seed: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryFacts:
    """What somebody wants to know before they take part; amounts are written out, empty where there is none."""

    places: int | None
    fee: str
    prize_pool: str
    prizes: tuple[tuple[int, str], ...]
    """Place and amount."""
    registration_opens_at: datetime | None
    registration_closes_at: datetime | None
    checkin_opens_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TournamentPageView:
    """The page about a tournament."""

    head: TournamentHead
    description: Markup
    rules_text: Markup
    """What the organizers say of who may play, and how."""
    entry: EntryFacts
    notices: tuple[NoticeLine, ...]
    rules: RulesView
    schedule: tuple[MatchCard, ...]
    matches_total: int
    participants: tuple[ParticipantLine, ...]
    """The first of them; `head.participant_count` says how many there are."""
    share: ShareView | None
    podium: Podium | None


@dataclass(frozen=True, slots=True)
class SpectatorView:
    """The page that follows a tournament."""

    head: TournamentHead
    board: BoardView
    matches: MatchListView
    feed: FeedView
    rules: RulesView
    chart: LeadersChartView
    share: ShareView | None
    bracket: BracketView | None
    """That of an elimination that is drawn; a league's page has its board."""
    podium: Podium | None
    """Who has won; with a bracket on the page it stands there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantMatch:
    """What one match gave a participant: placement and kills in a battle royale, else opponent and games."""

    match_id: int
    number: int
    label: str
    map: str | None
    completed_at: datetime | None
    placement: int | None = None
    """None in a battle royale is a DNF."""
    placement_high: int | None = None
    kills: int = 0
    placement_points: int = 0
    kill_points: int = 0
    opponent: str | None = None
    """None in a series is a bye."""
    games_for: int = 0
    games_against: int = 0
    outcome: str | None = None
    """`win`, `draw` or `loss` in a series."""
    is_counted: bool = True
    """Whether its points are among those that count, where only the best matches do."""

    @property
    def points(self) -> int:
        """The points of a battle-royale match."""
        return self.placement_points + self.kill_points
