"""Boards, deltas, histories, series: what is asked and what is told."""

from datetime import date
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from webapp.views.api.schemas.base import Asked, Id, Instant, Limit, Number, NumberList, Offset, Switch, Text, Told

ScopeName = Literal["tournament", "season", "all_time"]
Slug = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9._-]+$")]


class BoardQuery(Asked):
    """Which part of a board."""

    limit: Limit = 50
    offset: Offset = 0
    at: Annotated[Id | None, Field(description="The board as this past version showed it.")] = None
    explain: Annotated[Switch, Field(description="1: each entry says which key put it behind the one before.")] = 0
    matches: Annotated[
        NumberList | None,
        Field(description="Only what these matches gave, by their numbers in the tournament, such as 1,2,3."),
    ] = None


class DeltasQuery(Asked):
    """From where on."""

    since: Annotated[Number, Field(description="The version that you have; 0 for none.")]


class ScopedQuery(Asked):
    """Which board. A tournament's needs `tournament_id`, a season's `game` and `season`, that of all time `game`."""

    scope: ScopeName
    tournament_id: Id | None = None
    game: Slug | None = None
    season: Slug | None = None
    region: Annotated[
        Annotated[Text, Field(min_length=1, max_length=40)] | None, Field(description="Only tournaments of it.")
    ] = None
    first_day: Annotated[
        date | None, Field(alias="from", description="Only tournaments that began on this day (UTC) or later.")
    ] = None
    last_day: Annotated[
        date | None, Field(alias="to", description="Only tournaments that began on this day (UTC) or before.")
    ] = None
    limit: Limit = 50
    offset: Offset = 0


class Entry(Told):
    """A row of a board: who, where, and every number that decided it, so that the order can be checked.

    Beside these it has every key of the active cascade under the key's name.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    rank: int
    participant_id: int
    subject_id: int | None = Field(description="The team or, for a solo player, the profile behind the participant.")
    team_id: int | None
    points: int
    kills: int
    wins: int
    losses: int
    draws: int
    matches_played: int
    best_placement: int | None
    avg_placement: float | None
    placement_points: int
    kill_points: int
    earliest_win_at: Instant | None
    last_completed_at: Instant | None = Field(description="The end of the match that brought the current points.")
    last_updated_at: Instant
    is_override: bool = Field(description="Staff set this rank.")
    tied: bool = Field(description="Only the id separates this row from a neighbour.")
    adjustment: int = Field(description="Signed points beside the results: penalties, bonuses, head starts.")
    eligible_since: int | None = Field(description="The first match that could win the tournament (match point).")
    decided_by: str | None = Field(default=None, description="With explain=1: what put it behind the row before.")


class Delta(Told):
    """What one participant's row changed by. Up is negative. A new one has no previous rank, a gone one no current."""

    participant_id: int
    team_id: int | None
    previous_rank: int | None
    current_rank: int | None
    rank_change: int | None
    points: int


class Frozen(Told):
    """A board that is held still for everybody but officials. Results go on, and are told later."""

    since_seq: int = Field(description="The last number of the log whose results are shown, when it was frozen.")
    at: Instant
    hidden: int = Field(description="Places at the top that are still to be revealed, where it is done row by row.")


class Metadata(Told):
    """Where a board comes from."""

    frozen: Frozen | None = Field(default=None, description="Set while something is kept for the reveal.")
    tournament_id: int | None = None
    key: str | None = Field(default=None, description="`game:season` or `game`, for boards of seasons and of all time.")
    source: Literal["engine_v2", "snapshot", "cache", "live", "disabled"] = Field(description="Who computed it.")
    version: int
    seq: int = Field(description="The number of the tournament's log up to which results are in it.")
    computed_at: Instant
    duration_ms: float
    entries_count: int
    delta_count: int
    rules_hash: str
    cascade: list[str] = Field(description="The keys that order it; the participant's id comes after them.")
    champion_id: int | None
    cache_hit: bool


class Board(Told):
    """A page of a board (V2). `next` and `previous` are addresses, null at the ends."""

    scope: ScopeName
    count: int
    next: str | None
    previous: str | None
    rankings: list[Entry]
    deltas: list[Delta] = Field(description="What the shown version changed; at most 200, the best ranks first.")
    metadata: Metadata


class PlainBoard(Told):
    """A page of a board while the engine is switched off (V1): no versions, no deltas."""

    scope: ScopeName
    count: int
    next: str | None
    previous: str | None
    entries: list[Entry]
    metadata: Metadata


class DeltasMetadata(Told):
    """Which versions the deltas lead from and to."""

    tournament_id: int
    source: Literal["engine_v2", "snapshot", "live", "disabled"]
    since: int
    version: int = Field(description="Ask with it next time.")
    entries_count: int


class Deltas(Told):
    """The whole change between two versions. Who applies it to version `since` has the board's `version`."""

    scope: Literal["tournament"]
    count: int
    deltas: list[Delta]
    metadata: DeltasMetadata


class SeriesGame(Told):
    """One game of a series."""

    number: int
    winner_id: int | None
    score: dict[str, int] = Field(description="By participant id.")
    map: str | None


class Series(Told):
    """A match of two sides and its games. Who has not won it yet is no winner."""

    match_id: int
    best_of: Literal[1, 3, 5, 7]
    status: Literal["pending", "live", "completed"]
    series_winner_id: int | None
    series_score: dict[str, int] = Field(description="Games won, by participant id.")
    games: list[SeriesGame]


class VersionRow(Told):
    """The participant on one version of its tournament's board."""

    version: int
    rank: int | None
    points: int
    at: Instant
    seq: int
    is_changed: bool


class TournamentRow(Told):
    """The participant's team or player in one tournament."""

    tournament_id: int
    participant_id: int
    status: str
    began_at: Instant
    version: int | None = Field(description="Of the board that the place is on; null before its first.")
    rank: int | None
    points: int | None
    entries_count: int | None


class History(Told):
    """Rank and points by version, the oldest first, and by tournament, the newest first."""

    participant_id: int
    tournament_id: int
    subject_id: int
    team_id: int | None
    versions: list[VersionRow]
    tournaments: list[TournamentRow]
