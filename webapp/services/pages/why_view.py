"""Why a participant stands where it does, as a reader sees it."""

from dataclasses import dataclass
from datetime import datetime

from webapp.domain.ranking import ID_KEY, MATCH_POINT_KEY, OVERRIDE_KEY
from webapp.services.pages.board_view import AdjustmentMark
from webapp.services.pages.tournament_view import ParticipantMatch, TournamentHead

Shown = int | float | datetime | None
"""A value as people read it; None for no value."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Somebody on the board."""

    participant_id: int
    name: str
    rank: int
    points: int
    is_placed_by_staff: bool
    is_champion: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyStep:
    """One step of the cascade with the values of both sides.

    `among` names the tied whom alone the step looks at, `among_count` says how many they are. `attempt` grows each time
    the cascade has started again. `nth_best` says which best match a countback compared. `difference_us` is there for
    two instants that the clock shows alike.
    """

    key: str
    ascending: bool
    ahead: Shown
    behind: Shown
    is_decided: bool
    attempt: int
    nth_best: int | None
    among: tuple[str, ...]
    among_count: int
    difference_us: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two neighbours: why `behind` stands right behind `ahead`."""

    ahead: Placed
    behind: Placed
    decided_by: str
    steps: tuple[WhyStep, ...]

    @property
    def level(self) -> tuple[WhyStep, ...]:
        """The steps on which both are level."""
        return tuple(step for step in self.steps if not step.is_decided)

    @property
    def deciding(self) -> WhyStep | None:
        """The step that decided; None where no step did."""
        return self.steps[-1] if self.steps and self.steps[-1].is_decided else None

    @property
    def is_tied(self) -> bool:
        """Whether only the order of registration separates them, or nothing where ranks are shared."""
        return self.decided_by == ID_KEY

    @property
    def is_by_match_point(self) -> bool:
        """Whether the one ahead has won the tournament by match point."""
        return self.decided_by == MATCH_POINT_KEY

    @property
    def is_by_staff(self) -> bool:
        """Whether staff have set the rank of one of them."""
        return self.decided_by == OVERRIDE_KEY


@dataclass(frozen=True, slots=True)
class StaffPlacement:
    """A rank that staff have set. `reason` is None where the tournament keeps reasons to itself."""

    rank: int
    computed_rank: int
    reason: str | None
    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsView:
    """How the points came about."""

    total: int
    placement_points: int
    kill_points: int
    adjustment: int
    wins: int
    draws: int
    losses: int
    win_points: int
    draw_points: int
    loss_points: int
    matches: tuple[ParticipantMatch, ...]
    adjustments: tuple[AdjustmentMark, ...]
    count_best: int | None

    @property
    def counted_matches(self) -> int:
        """How many matches these points are of."""
        return sum(match.is_counted for match in self.matches)


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyView:
    """One row of the published board explained; everything in it is of one version."""

    head: TournamentHead
    tournament_id: int
    log_number: int
    version: int
    published_at: datetime
    participant: Placed
    board_page: int
    above: Comparison | None
    below: Comparison | None
    staff: StaffPlacement | None
    is_tied: bool
    shares_ranks: bool
    match_point_threshold: int | None
    eligible_since: int | None
    points: PointsView
