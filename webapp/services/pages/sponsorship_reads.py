"""Reads of sponsors and promotions: for the page of a team, and for its captain."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import case, select
from sqlalchemy.orm import Session

from webapp.domain.sponsorship import COURSES, PROMOTION, SPONSOR, Course
from webapp.models import StoredFile, Team, TeamPromotion, TeamSponsor
from webapp.services.files import uploads
from webapp.services.files.uploads import FileContent
from webapp.services.pages.sponsorship_view import Edited, Showing, Showings
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot
from webapp.services.teams import sponsorship, team_log
from webapp.services.teams.sponsorship import TABLES, Proposed

_KEPT_IN_SIGHT: Final = 40


def shown_of(session: Session, team: Team, *, now: datetime) -> Showings:
    """What everybody sees on the page of a team: what staff have approved, while its time lasts."""
    today = now.date()
    sponsors = select(TeamSponsor).where(
        TeamSponsor.team_id == team.id,
        TeamSponsor.state == SPONSOR.approved,
        TeamSponsor.starts_on <= today,
        TeamSponsor.ends_on >= today,
    )
    promotions = select(TeamPromotion).where(
        TeamPromotion.team_id == team.id, TeamPromotion.state == "active", TeamPromotion.ends_at > now
    )
    return Showings(
        tuple(showing(row, team.name) for row in session.scalars(sponsors.order_by(TeamSponsor.id))),
        tuple(showing(row, team.name) for row in session.scalars(promotions.order_by(TeamPromotion.ends_at))),
    )


def all_of(session: Session, team: Team) -> Showings:
    """What the captain sees: all that is not withdrawn, what is over last."""
    return Showings(_listed(session, team, SPONSOR), _listed(session, team, PROMOTION))


def read_edited(kind: str, team_id: int, item_id: int | None, *, actor: Actor) -> Edited:
    """What the form of one holds, or of a new one. For the captain and staff.

    Raises NotFound, Forbidden, Conflict for a team that was disbanded.
    """
    course = COURSES[kind]
    with read_snapshot() as session:
        team = team_log.team_for_captain(session, team_id, actor)
        if item_id is None:
            return Edited(team.name, {}, "")
        item = sponsorship.of_team(session, course, team_id, item_id)
        if isinstance(item, TeamSponsor):
            values = {name: getattr(item, name) for name in ("name", "link", "starts_on", "ends_on")}
            return Edited(team.name, values, item.state, item.logo_id)
        values = {name: getattr(item, name) for name in ("title", "text", "link", "starts_at", "ends_at")}
        return Edited(team.name, values, item.state)


def read_logo(
    team_id: int, sponsor_id: int, logo_id: int, *, viewer: Actor | None, now: datetime
) -> tuple[FileContent, bool]:
    """The logo that a sponsor has now, and whether everybody sees it; its captain and staff do before that.

    Raises NotFound for any other file, and for who may not see it.
    """
    is_shown = False

    def may_read(session: Session, stored: StoredFile) -> bool:
        nonlocal is_shown
        sponsor = session.get(TeamSponsor, sponsor_id)
        if sponsor is None or (sponsor.team_id, sponsor.logo_id) != (team_id, stored.id):
            return False
        is_shown = sponsor.state == SPONSOR.approved and sponsor.starts_on <= now.date() <= sponsor.ends_on
        if is_shown or viewer is None:
            return is_shown
        captain_id = session.scalar(select(Team.captain_id).where(Team.id == sponsor.team_id))
        return viewer.role == "admin" or (viewer.user_id is not None and viewer.user_id == captain_id)

    return uploads.read(logo_id, may_read=may_read), is_shown


def showing(item: Proposed, team_name: str) -> Showing:
    """A row as pages show it."""
    own: dict[str, Any]
    if isinstance(item, TeamSponsor):
        own = {
            "kind": "sponsors", "title": item.name, "text": "", "logo_id": item.logo_id, "begins": item.starts_on,
            "ends": item.ends_on,
        }  # fmt: skip
    else:
        own = {
            "kind": "promotions", "title": item.title, "text": item.text, "logo_id": None, "begins": item.starts_at,
            "ends": item.ends_at,
        }  # fmt: skip
    return Showing(
        id=item.id, team_id=item.team_id, team_name=team_name, link=item.link, state=item.state,
        revision=item.revision, reason=item.reason, proposed_at=item.proposed_at, **own,
    )  # fmt: skip


def _listed(session: Session, team: Team, course: Course) -> tuple[Showing, ...]:
    table = TABLES[course]
    is_over = case((table.state.in_(course.open), 0), else_=1)
    found = select(table).where(table.team_id == team.id, table.state != course.withdrawn)
    rows = session.scalars(found.order_by(is_over, table.id.desc()).limit(_KEPT_IN_SIGHT))
    return tuple(showing(row, team.name) for row in rows)
