"""Everything that somebody runs, and what of it needs them now; a fixed number of queries however much it is."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import Select, case, func, or_, select
from sqlalchemy.orm import Session

from webapp.models import Match, Registration, Tournament, TournamentOfficial
from webapp.services.bracketing import league_progress
from webapp.services.organizer_pages.waiting_counts import Waiting, waiting_in
from webapp.services.pages.paging import Paging
from webapp.services.pages.tournament_reads import game_title
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot

PAST_A_PAGE: Final = 12
MOST_ACTIVE: Final = 200
_OPEN: Final = ("registration_open", "registration_closed")
_ACTIVE: Final = ("live", *_OPEN, "draft")
_UNCONFIRMED: Final = ("scheduled", "ready", "live", "pending_result", "disputed")
_PLAYED: Final = ("completed", "forfeit")


class Need(StrEnum):
    """What a tournament asks of its officials, the most pressing first."""

    REVIEW = "review"
    """The winners are tied or changed: an official's word is needed."""
    DISPUTES = "disputes"
    RESULTS = "results"
    """Reported and not confirmed."""
    ENTER_RESULT = "enter_result"
    GO_ON = "go_on"
    """The next round, or the bracket after the first stage, is to be drawn."""
    COMPLETE = "complete"
    """Every match is confirmed."""
    START = "start"
    """Its time has come."""
    PAYMENTS = "payments"
    ENTRIES = "entries"
    UNSCHEDULED = "unscheduled"
    ADD_MATCHES = "add_matches"
    ADD_PARTICIPANTS = "add_participants"
    OPEN = "open"
    """A draft with participants and matches."""


_COUNTED: Final = {
    Need.DISPUTES: "disputes",
    Need.RESULTS: "results",
    Need.PAYMENTS: "payments",
    Need.ENTRIES: "entries",
    Need.UNSCHEDULED: "unscheduled",
}
"""What waits in numbers, by the field of `Waiting` that says how much."""
_REFEREES: Final = frozenset({Need.DISPUTES, Need.RESULTS, Need.UNSCHEDULED})


@dataclass(frozen=True, slots=True)
class NextMatch:
    """The first match of a live tournament that has no confirmed result."""

    id: int
    number: int
    label: str
    state: str
    scheduled_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedCard:
    """A tournament on the dashboard. `role`: `owner`, `co_organizer` or `referee`."""

    id: int
    name: str
    game_title: str
    status: str
    role: str
    starts_at: datetime | None
    completed_at: datetime | None
    is_battle_royale: bool
    participants: int
    matches_done: int
    matches_total: int
    next_match: NextMatch | None
    needs: tuple[Need, ...]
    waiting: Waiting

    def count_of(self, need: Need) -> int:
        """How much waits for it."""
        number: int = getattr(self.waiting, _COUNTED[need]) if need in _COUNTED else 0
        return number


@dataclass(frozen=True, slots=True, kw_only=True)
class DashboardView:
    """The dashboard: what is live, open, in the making and over."""

    live: tuple[ManagedCard, ...]
    open: tuple[ManagedCard, ...]
    drafts: tuple[ManagedCard, ...]
    past: tuple[ManagedCard, ...]
    past_paging: Paging

    @property
    def needs(self) -> tuple[tuple[Need, ManagedCard], ...]:
        """What needs the reader, the most pressing first; of each tournament what waits, and the first other thing."""
        found = []
        for card in (*self.live, *self.past, *self.open, *self.drafts):
            steps = [need for need in card.needs if need not in _COUNTED]
            found += [(need, card) for need in (*(need for need in card.needs if need in _COUNTED), *steps[:1])]
        return tuple(sorted(found, key=lambda entry: list(Need).index(entry[0])))

    @property
    def is_empty(self) -> bool:
        """Whether there is no tournament at all."""
        return not (self.live or self.open or self.drafts or self.past_paging.total)


def read_dashboard(actor: Actor, *, page: int, now: datetime) -> DashboardView:
    """The tournaments that the actor owns, organizes together with others, or referees."""
    with read_snapshot() as session:
        mine = _mine(actor)
        over = mine.where(Tournament.status.not_in(_ACTIVE))
        total = session.scalar(select(func.count()).select_from(over.subquery())) or 0
        paging = Paging.of(page, size=PAST_A_PAGE, total=total)
        recent = over.order_by(Tournament.created_at.desc(), Tournament.id.desc())
        past = session.execute(recent.offset(paging.offset).limit(paging.size)).all()
        soonest = (Tournament.starts_at.is_(None), Tournament.starts_at, Tournament.id.desc())
        active = session.execute(mine.where(Tournament.status.in_(_ACTIVE)).order_by(*soonest).limit(MOST_ACTIVE)).all()
        cards = _cards(session, [(row[0], str(row[1])) for row in (*active, *past)], now)
    return DashboardView(
        live=_in(cards[: len(active)], ("live",)),
        open=_in(cards[: len(active)], _OPEN),
        drafts=_in(cards[: len(active)], ("draft",)),
        past=tuple(cards[len(active) :]),
        past_paging=paging,
    )


def _in(cards: Sequence[ManagedCard], statuses: Sequence[str]) -> tuple[ManagedCard, ...]:
    return tuple(card for card in cards if card.status in statuses)


def _mine(actor: Actor) -> Select[Tournament, str]:
    role = case((Tournament.organizer_id == actor.user_id, "owner"), else_=TournamentOfficial.role)
    official = (TournamentOfficial.tournament_id == Tournament.id) & (TournamentOfficial.user_id == actor.user_id)
    return (
        select(Tournament, role)
        .outerjoin(TournamentOfficial, official)
        .where(
            Tournament.deleted_at.is_(None),
            or_(Tournament.organizer_id == actor.user_id, TournamentOfficial.role.is_not(None)),
        )
    )


def _cards(session: Session, found: Sequence[tuple[Tournament, str]], now: datetime) -> list[ManagedCard]:
    ids = [tournament.id for tournament, _ in found]
    participants = dict(
        session.execute(
            select(Registration.tournament_id, func.count())
            .where(Registration.tournament_id.in_(ids), Registration.status == "approved")
            .group_by(Registration.tournament_id)
        ).all()
    )
    states: dict[int, dict[str, int]] = {}
    by_state = select(Match.tournament_id, Match.state, func.count()).where(Match.tournament_id.in_(ids))
    for tournament_id, state, number in session.execute(by_state.group_by(Match.tournament_id, Match.state)):
        states.setdefault(tournament_id, {})[state] = number
    waiting = waiting_in(session, [tournament.id for tournament, _ in found if tournament.status in _ACTIVE])
    live = [tournament.id for tournament, _ in found if tournament.status == "live"]
    upcoming = _next_matches(session, live)
    going_on = league_progress.going_on(session, [one for one in live if one not in upcoming])
    return [
        _card(
            tournament, role, participants.get(tournament.id, 0), states.get(tournament.id, {}), upcoming,
            waiting.get(tournament.id, Waiting()), now, goes_on=tournament.id in going_on,
        )
        for tournament, role in found
    ]  # fmt: skip


def _next_matches(session: Session, live_ids: Sequence[int]) -> dict[int, NextMatch]:
    unconfirmed = (Match.tournament_id.in_(live_ids), Match.state.in_(_UNCONFIRMED))
    first = (
        select(Match.tournament_id, func.min(Match.number).label("number"))
        .where(*unconfirmed)
        .group_by(Match.tournament_id)
        .subquery()
    )
    rows = session.scalars(
        select(Match).join(first, (first.c.tournament_id == Match.tournament_id) & (first.c.number == Match.number))
    )
    return {
        match.tournament_id: NextMatch(match.id, match.number, match.label, match.state, match.scheduled_at)
        for match in rows
    }


def _card(
    tournament: Tournament,
    role: str,
    participants: int,
    states: Mapping[str, int],
    upcoming: Mapping[int, NextMatch],
    waiting: Waiting,
    now: datetime,
    *,
    goes_on: bool,
) -> ManagedCard:
    total = sum(number for state, number in states.items() if state != "cancelled")
    next_match = upcoming.get(tournament.id)
    return ManagedCard(
        id=tournament.id,
        name=tournament.name,
        game_title=game_title(tournament.game),
        status=tournament.status,
        role=role,
        starts_at=tournament.starts_at,
        completed_at=tournament.completed_at,
        is_battle_royale=tournament.format == "battle-royale",
        participants=participants,
        matches_done=sum(states.get(state, 0) for state in _PLAYED),
        matches_total=total,
        next_match=next_match,
        needs=(
            *_counted(waiting, organizes=role != "referee"),
            *(
                Need.GO_ON if goes_on and need is Need.COMPLETE else need
                for need in _needs(tournament, role, participants, total, next_match, now)
            ),
        ),
        waiting=waiting,
    )


def _counted(waiting: Waiting, *, organizes: bool) -> Iterator[Need]:
    for need, field in _COUNTED.items():
        if getattr(waiting, field) and (organizes or need in _REFEREES):
            yield need


def _needs(
    tournament: Tournament, role: str, participants: int, matches: int, next_match: NextMatch | None, now: datetime
) -> Iterator[Need]:
    organizes = role != "referee"
    status = tournament.status
    if tournament.requires_review and status == "completed" and organizes:
        yield Need.REVIEW
    if status == "live" and next_match is not None and tournament.format == "battle-royale":
        yield Need.ENTER_RESULT
    if not organizes:
        return
    if status == "live" and next_match is None:
        yield Need.COMPLETE if matches else Need.ADD_MATCHES
    if status in _OPEN and tournament.starts_at is not None and tournament.starts_at <= now:
        yield Need.START
    if status in (*_OPEN, "draft"):
        if not participants:
            yield Need.ADD_PARTICIPANTS
        if not matches and (status != "registration_open" or tournament.format == "battle-royale"):
            yield Need.ADD_MATCHES
    if status == "draft" and participants and matches:
        yield Need.OPEN
