"""The participants of a tournament as its officials see them."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.domain.permissions import Action
from webapp.models import Adjustment, Registration, Team, User
from webapp.services.organizer_pages.managed import ManagedHead, find_managed, head_of
from webapp.services.pages.paging import Paging
from webapp.services.registration.participant_names import name_column
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot

PARTICIPANTS_A_PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """Signed points beside the results, with their reason."""

    kind: str
    points: int
    reason: str


@dataclass(frozen=True, slots=True)
class ManagedParticipant:
    """A registration in a list of officials."""

    id: int
    name: str
    seed: int | None
    status: str
    reason: str
    """Why somebody takes part no more, where it was said."""
    ledger: tuple[LedgerLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantsView:
    """One page of a tournament's participants; `search` is a part of the name."""

    head: ManagedHead
    search: str
    participants: tuple[ManagedParticipant, ...]
    paging: Paging
    taking_part: int


def read_participants(tournament_id: int, *, actor: Actor, search: str, page: int) -> ParticipantsView:
    """The participants of a tournament for one of its officials. Raises NotFound, Forbidden."""
    search = "".join(character for character in search if character.isprintable()).strip()
    with read_snapshot() as session:
        tournament = find_managed(session, tournament_id, actor, Action.ADJUST_POINTS)
        statement = (
            select(
                Registration.id,
                name_column().label("name"),
                Registration.seed,
                Registration.status,
                Registration.decision_reason,
            )
            .outerjoin(Team, Team.id == Registration.team_id)
            .outerjoin(User, User.id == Registration.user_id)
            .where(Registration.tournament_id == tournament_id)
        )
        if search:
            statement = statement.where(name_column().icontains(search, autoescape=True))
        total = session.scalar(select(func.count()).select_from(statement.subquery())) or 0
        paging = Paging.of(page, size=PARTICIPANTS_A_PAGE, total=total)
        in_order = statement.order_by(
            Registration.status != "approved", Registration.seed.is_(None), Registration.seed, Registration.id
        )
        rows = session.execute(in_order.offset(paging.offset).limit(paging.size)).all()
        ledgers = _ledgers(session, tournament_id, [row.id for row in rows])
        approved = (Registration.tournament_id == tournament_id, Registration.status == "approved")
        return ParticipantsView(
            head=head_of(session, tournament, actor),
            search=search,
            participants=tuple(
                ManagedParticipant(row.id, row.name, row.seed, row.status, row.decision_reason, ledgers.get(row.id, ()))
                for row in rows
            ),
            paging=paging,
            taking_part=session.scalar(select(func.count()).select_from(Registration).where(*approved)) or 0,
        )


def _ledgers(session: Session, tournament_id: int, ids: list[int]) -> dict[int, tuple[LedgerLine, ...]]:
    rows = session.execute(
        select(Adjustment.registration_id, Adjustment.kind, Adjustment.points, Adjustment.reason)
        .where(Adjustment.tournament_id == tournament_id, Adjustment.registration_id.in_(ids))
        .order_by(Adjustment.id)
    )
    ledgers: dict[int, tuple[LedgerLine, ...]] = {}
    for registration_id, kind, points, reason in rows:
        ledgers[registration_id] = (*ledgers.get(registration_id, ()), LedgerLine(kind, points, reason))
    return ledgers
