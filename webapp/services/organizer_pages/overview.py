"""One tournament as its officials see it: how far it is, what comes next, its board, its matches."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.domain.lifecycle import TOURNAMENT
from webapp.domain.permissions import Action
from webapp.models import Match, Registration, Tournament
from webapp.services.bracketing import drawn_field, league_progress
from webapp.services.bracketing.drawn_field import Difference
from webapp.services.organizer_pages.managed import ManagedHead, find_managed, head_of
from webapp.services.organizer_pages.matches import ManagedMatch, managed_matches
from webapp.services.pages.board_reads import board_view
from webapp.services.pages.board_view import BoardView
from webapp.services.pages.tournament_reads import rules_view
from webapp.services.pages.tournament_view import RulesView
from webapp.services.ranking import standings
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot

SHOWN_ROWS: Final = 8
SHOWN_MATCHES: Final = 12
_SHOWN_PLAYED: Final = 3
STEPS: Final = ("draft", "registration_open", "live", "completed")
"""What an organizer walks through; closing registration is a part of starting."""
UNCONFIRMED: Final = ("scheduled", "ready", "live", "pending_result", "disputed")


class NextStep(StrEnum):
    """What leads on from here."""

    OPEN = "open"
    START = "start"
    ENTER_RESULT = "enter_result"
    ADD_MATCHES = "add_matches"
    GO_ON = "go_on"
    """The next round, or the bracket after the first stage, is to be drawn."""
    COMPLETE = "complete"
    ARCHIVE = "archive"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewView:
    """The overview. `missing` says what an official should know before the next step."""

    head: ManagedHead
    description: str
    step: NextStep
    next_match: ManagedMatch | None
    missing: tuple[str, ...]
    participants: int
    matches_open: int
    matches_done: int
    deciding_match: int | None
    """The number of the match that has decided it by the match-point rule, before the schedule is played out."""
    matches: tuple[ManagedMatch, ...]
    """Those around the next one."""
    matches_total: int
    board: BoardView
    rules: RulesView
    requires_review: bool
    difference: Difference
    """Who is drawn and takes part no more, or takes part and is not drawn."""

    @property
    def can_be_cancelled(self) -> bool:
        """Whether it can still be called off."""
        return "cancelled" in TOURNAMENT.moves_from(self.head.status)

    @property
    def reached(self) -> int:
        """How many of `STEPS` are behind it; the one it stands at is not."""
        status = "registration_open" if self.head.status == "registration_closed" else self.head.status
        return STEPS.index(status) if status in STEPS else len(STEPS)


def read_overview(tournament_id: int, *, actor: Actor, now: datetime) -> OverviewView:
    """The overview of a tournament for one of its officials. Raises NotFound, Forbidden."""
    with read_snapshot() as session:
        tournament = find_managed(session, tournament_id, actor, Action.SEE_OFFICIAL_BOARD)
        participants = _approved(session, tournament_id)
        states = dict(
            session.execute(
                select(Match.state, func.count()).where(Match.tournament_id == tournament_id).group_by(Match.state)
            ).all()
        )
        matches_open = sum(states.get(state, 0) for state in UNCONFIRMED)
        done = states.get("completed", 0) + states.get("forfeit", 0)
        earlier = max(done - _SHOWN_PLAYED, 0) if matches_open else 0
        matches = managed_matches(session, tournament_id, limit=SHOWN_MATCHES, offset=earlier)
        head = head_of(session, tournament, actor)
        deciding_match = standings.deciding_match_of(session, tournament) if tournament.status == "live" else None
        return OverviewView(
            head=head,
            description=tournament.description,
            step=_next_step(session, tournament, 0 if deciding_match else matches_open, done),
            next_match=_first_open(session, tournament_id) if tournament.status == "live" else None,
            missing=_missing(tournament.status, participants, matches_open + done),
            participants=participants,
            matches_open=matches_open,
            matches_done=done,
            deciding_match=deciding_match,
            matches=matches,
            matches_total=sum(states.values()),
            board=board_view(session, tournament, audience="official", page=1, now=now),
            rules=rules_view(tournament, standings.rules_of(tournament)),
            requires_review=tournament.requires_review,
            difference=drawn_field.difference(session, tournament),
        )


def _approved(session: Session, tournament_id: int) -> int:
    taking_part = (Registration.tournament_id == tournament_id, Registration.status == "approved")
    return session.scalar(select(func.count()).select_from(Registration).where(*taking_part)) or 0


def _first_open(session: Session, tournament_id: int) -> ManagedMatch | None:
    return next(iter(managed_matches(session, tournament_id, limit=1, states=UNCONFIRMED)), None)


def _next_step(session: Session, tournament: Tournament, matches_open: int, done: int) -> NextStep:
    if tournament.status == "live":
        if matches_open:
            return NextStep.ENTER_RESULT
        if not done:
            return NextStep.ADD_MATCHES
        return NextStep.GO_ON if league_progress.going_on(session, [tournament.id]) else NextStep.COMPLETE
    return {
        "draft": NextStep.OPEN,
        "registration_open": NextStep.START,
        "registration_closed": NextStep.START,
        "completed": NextStep.ARCHIVE,
        "cancelled": NextStep.ARCHIVE,
    }.get(tournament.status, NextStep.NONE)


def _missing(status: str, participants: int, matches: int) -> tuple[str, ...]:
    if status not in ("draft", "registration_open", "registration_closed"):
        return ()
    missing = []
    if participants < 2:
        missing.append("participants")
    if not matches:
        missing.append("matches")
    return tuple(missing)
