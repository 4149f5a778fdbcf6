"""Open matches as the control room shows them, each with the one thing to press next."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from webapp.models import Dispute, Match, ResultSubmission, Tournament
from webapp.services.organizer_pages.control_reads import Facts, OpenMatch
from webapp.services.pages.match_reads import running_games
from webapp.services.pages.match_view import PHASES, MatchPhase

BEFORE_PLAY: Final = ("scheduled", "ready")


class Step(StrEnum):
    """The one thing to press next for a match."""

    START = "start"
    CONFIRM = "confirm"
    """Let the only report count."""
    COMPARE = "compare"
    """There are reports, and they are not the same or of a lobby."""
    DECIDE = "decide"
    ENTER = "enter"
    LOOK = "look"


@dataclass(frozen=True, slots=True)
class Report:
    """What a side says of a match between two: games won by each."""

    side: str
    wins: tuple[int, int]
    is_overdue: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlMatch:
    """An open match. `score`: games won so far, or the running score of a single game."""

    id: int
    number: int
    title: str
    state: str
    phase: MatchPhase
    is_lobby: bool
    sides: tuple[str | None, ...]
    score: tuple[int, int] | None
    reports: tuple[Report, ...]
    """Those that are open, the oldest first."""
    sides_reported: int
    """How many have reported, of a lobby's many."""
    report_revision: int
    dispute_id: int | None
    is_with_staff: bool
    """Whether the dispute is decided by the staff, which the reader is not."""
    scheduled_at: datetime | None
    started_at: datetime | None
    step: Step

    @property
    def is_forfeit(self) -> bool:
        """What has no result is none."""
        return False

    @property
    def is_playable(self) -> bool:
        """Whether everybody who plays it is known, and it has not begun."""
        return self.state in BEFORE_PLAY and (self.is_lobby or all(self.sides))


def matches_of(tournament: Tournament, facts: Facts, *, is_staff: bool) -> dict[int, ControlMatch]:
    """The open matches in the order of their numbers, by id."""
    said = facts.said
    found = {}
    for match in facts.matches:
        dispute = said.disputes.get(match.row.id)
        reports = _reports(match, said.reports.get(match.row.id, ()))
        is_with_staff = dispute is not None and dispute.state == "escalated" and not is_staff
        one = _match(tournament, match, reports, dispute, is_with_staff=is_with_staff)
        found[one.id] = replace(one, sides_reported=len(said.reports.get(one.id, ()))) if one.is_lobby else one
    return found


def _match(
    tournament: Tournament, match: OpenMatch, reports: tuple[Report, ...], dispute: Dispute | None, *,
    is_with_staff: bool,
) -> ControlMatch:  # fmt: skip
    row, is_lobby = match.row, tournament.format == "battle-royale"
    can_start = tournament.status == "live" and tournament.paused_at is None and (is_lobby or all(match.sides))
    return ControlMatch(
        id=row.id,
        number=row.number,
        title=row.label or f"Match {row.number}",
        state=row.state,
        phase=PHASES[row.state],
        is_lobby=is_lobby,
        sides=() if is_lobby else tuple(None if side is None else side.name for side in match.sides),
        score=_score(row),
        reports=reports,
        sides_reported=0,
        report_revision=row.report_revision,
        dispute_id=None if dispute is None else dispute.id,
        is_with_staff=is_with_staff,
        scheduled_at=row.scheduled_at,
        started_at=row.started_at,
        step=Step.LOOK if is_with_staff else _step(row, reports, dispute, is_lobby=is_lobby, can_start=can_start),
    )


def _step(row: Match, reports: tuple[Report, ...], dispute: Dispute | None, *, is_lobby: bool, can_start: bool) -> Step:
    if dispute is not None:
        return Step.DECIDE
    if row.state in BEFORE_PLAY:
        return Step.START if can_start else Step.LOOK
    if not reports or is_lobby:
        return Step.ENTER
    return Step.CONFIRM if len(reports) == 1 else Step.COMPARE


def _reports(match: OpenMatch, reports: Sequence[ResultSubmission]) -> tuple[Report, ...]:
    names = {side.id: side.name for side in match.sides if side is not None}
    if not names or len(names) < len(match.sides):
        return ()
    return tuple(
        Report(
            names.get(report.registration_id, ""),
            (
                sum(entry[1] > entry[2] for entry in report.entries),
                sum(entry[2] > entry[1] for entry in report.entries),
            ),
            report.overdue_at is not None,
        )
        for report in reports
    )


def _score(row: Match) -> tuple[int, int] | None:
    games = running_games(row)
    if not games:
        return None
    if row.best_of == 1:
        return games[-1].score_a, games[-1].score_b
    return sum(game.winner == "a" for game in games), sum(game.winner == "b" for game in games)
