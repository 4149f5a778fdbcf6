"""Sponsors and promotions of all teams: what waits for staff first."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import case, func, select

from webapp.domain.permissions import Action
from webapp.domain.sponsorship import COURSES, PROMOTION, SPONSOR
from webapp.models import Team
from webapp.services.pages.paging import Paging
from webapp.services.pages.sponsorship_reads import showing
from webapp.services.pages.sponsorship_view import Showing
from webapp.services.spine import permissions
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot
from webapp.services.teams.sponsorship import TABLES

A_PAGE: Final = 20


@dataclass(frozen=True, slots=True)
class SponsorshipList:
    """One page of one kind, and how many of both kinds wait."""

    kind: str
    items: tuple[Showing, ...]
    waiting: dict[str, int]
    paging: Paging


def read_list(kind: str, *, page: int, actor: Actor) -> SponsorshipList:
    """A page of them: the waiting ones by age, then the newest. Raises Forbidden to everybody but staff."""
    permissions.ensure_on_site(actor, Action.APPROVE_SPONSORS)
    course = COURSES[kind]
    table = TABLES[course]
    waits = case((table.state == "pending", table.proposed_at))
    seen = (table.state != course.withdrawn, Team.disbanded_at.is_(None))
    found = select(table, Team.name).join(Team, Team.id == table.team_id).where(*seen)
    with read_snapshot() as session:
        counted = select(func.count()).select_from(table).join(Team, Team.id == table.team_id).where(*seen)
        paging = Paging.of(page, size=A_PAGE, total=session.scalar(counted) or 0)
        order = (case((table.state == "pending", 0), else_=1), waits, table.proposed_at.desc(), table.id.desc())
        rows = session.execute(found.order_by(*order).limit(paging.size).offset(paging.offset)).all()
        waiting = {
            name: session.scalar(select(func.count()).where(TABLES[each].state == "pending")) or 0
            for name, each in (("sponsors", SPONSOR), ("promotions", PROMOTION))
        }
        return SponsorshipList(kind, tuple(showing(item, name) for item, name in rows), waiting, paging)
