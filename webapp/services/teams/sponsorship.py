"""What sponsors and promotions of teams have in common: the decision of staff, withdrawing, the end."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from webapp.domain.errors import Conflict, NotFound
from webapp.domain.permissions import Action
from webapp.domain.sponsorship import MOST_OPEN, PROMOTION, SPONSOR, Course
from webapp.models import Team, TeamPromotion, TeamSponsor
from webapp.services.spine import permissions
from webapp.services.spine.actors import Actor
from webapp.services.spine.reasons import checked_reason
from webapp.services.spine.transaction import transaction
from webapp.services.teams import team_log

Proposed = TeamSponsor | TeamPromotion
TABLES: Final[Mapping[Course, type[Any]]] = {SPONSOR: TeamSponsor, PROMOTION: TeamPromotion}


def approve(course: Course, item_id: int, *, revision: int, actor: Actor, now: datetime) -> None:
    """Let it be shown, once its time has come; for staff. Twice is the same as once.

    Raises NotFound, Forbidden, Conflict: `sponsorship_changed` where it is another one than was read (`revision`),
    `sponsorship_decided`, `sponsorship_over`, `team_disbanded`.
    """
    permissions.ensure_on_site(actor, Action.APPROVE_SPONSORS)
    with transaction() as session:
        team, item = _locked(session, course, item_id)
        if item.state in course.open and item.state != "pending" and item.revision == revision:
            return
        _ensure_waits(team, item, revision)
        if is_over(item, now):
            raise Conflict(f"The time of the {course.name} is over.", code="sponsorship_over")
        item.state, item.reason = course.approved, ""
        item.decided_by_id, item.decided_at = actor.user_id, now
        event = "sponsor_approved" if course == SPONSOR else "promotion_updated"
        note(session, course, team, item, event, "approved", actor=actor, now=now)


def reject(course: Course, item_id: int, *, revision: int, reason: str, actor: Actor, now: datetime) -> None:
    """Say no, and why; for staff, who may also take down what is shown. Twice is the same as once.

    Raises NotFound, Forbidden, ResultError for a reason that says too little, Conflict: `sponsorship_changed`,
    `sponsorship_decided`, `team_disbanded`.
    """
    permissions.ensure_on_site(actor, Action.APPROVE_SPONSORS)
    why = checked_reason(reason)
    with transaction() as session:
        team, item = _locked(session, course, item_id)
        if item.state == "rejected" and item.revision == revision:
            return
        _ensure_waits(team, item, revision, may_be=course.open)
        item.state, item.reason = "rejected", why
        item.decided_by_id, item.decided_at = actor.user_id, now
        note(session, course, team, item, f"{course.name}_updated", "rejected", actor=actor, now=now, reason=why)


def withdraw(course: Course, team_id: int, item_id: int, *, actor: Actor, now: datetime) -> None:
    """Take it back, shown or not; for the captain and staff. What is over already stays as it is."""
    with transaction() as session:
        team = team_log.lock_for_captain(session, team_id, actor)
        item = of_team(session, course, team_id, item_id)
        if item.state in (*course.open, "rejected"):
            item.state = course.withdrawn
            note(session, course, team, item, f"{course.name}_updated", course.withdrawn, actor=actor, now=now)


def end(session: Session, course: Course, team: Team, item: Proposed, *, actor: Actor, now: datetime) -> None:
    """Its time has passed; in the caller's transaction, under the team's lock."""
    item.state = course.over
    note(session, course, team, item, f"{course.name}_updated", course.over, actor=actor, now=now)


def withdraw_all(session: Session, team_id: int) -> None:
    """Of a team that is disbanded nothing is shown any more; in the caller's transaction, which records its end."""
    for course, table in TABLES.items():
        gone = update(table).where(table.team_id == team_id, table.state.in_(course.open))
        session.execute(gone.values(state=course.withdrawn).execution_options(synchronize_session=False))


def of_team(session: Session, course: Course, team_id: int, item_id: int) -> Proposed:
    """The team's own; raises NotFound for every other one."""
    item: Proposed | None = session.get(TABLES[course], item_id, populate_existing=True)
    if item is None or item.team_id != team_id:
        raise _missing(course, item_id)
    return item


def ensure_room(session: Session, course: Course, team_id: int) -> None:
    """Nothing while the team has room for another one; Conflict (`too_many_sponsorships`) otherwise."""
    table = TABLES[course]
    held = session.scalar(select(func.count()).where(table.team_id == team_id, table.state.in_(course.open)))
    if (held or 0) >= MOST_OPEN:
        raise Conflict(
            f"A team has at most {MOST_OPEN} {course.name}s at a time; withdraw one first.",
            code="too_many_sponsorships",
        )


def propose_again(item: Proposed, *, actor: Actor, now: datetime) -> None:
    """Whatever was decided was decided about something else: it waits for staff."""
    item.state, item.reason = "pending", ""
    item.revision += 1
    item.proposed_by_id, item.proposed_at = actor.user_id, now
    item.decided_by_id = item.decided_at = None


def note(
    session: Session, course: Course, team: Team, item: Proposed, event: str, done: str, *, actor: Actor,
    now: datetime, reason: str | None = None,
) -> None:  # fmt: skip
    """Record what was done to it, in the log of the locked team and in the audit."""
    data = {f"{course.name}_id": item.id, "status": item.state}
    team_log.record(session, team, event, f"{course.name}_{done}", data, actor=actor, now=now, reason=reason)


def is_over(item: Proposed, now: datetime) -> bool:
    """Whether its time has passed."""
    return item.ends_on < now.date() if isinstance(item, TeamSponsor) else item.ends_at <= now


def _locked(session: Session, course: Course, item_id: int) -> tuple[Team, Proposed]:
    table = TABLES[course]
    team_id = session.scalar(select(table.team_id).where(table.id == item_id))
    if team_id is None:
        raise _missing(course, item_id)
    team = team_log.lock_team(session, team_id)
    return team, of_team(session, course, team_id, item_id)


def _ensure_waits(team: Team, item: Proposed, revision: int, *, may_be: tuple[str, ...] = ("pending",)) -> None:
    team_log.ensure_there(team)
    if item.state not in may_be:
        raise Conflict(f"It is {item.state} already; read it again.", code="sponsorship_decided")
    if item.revision != revision:
        raise Conflict("The captain has changed it meanwhile; read it again.", code="sponsorship_changed")


def _missing(course: Course, item_id: int) -> NotFound:
    return NotFound(f"There is no {course.name} {item_id}.", code=f"{course.name}_not_found")
