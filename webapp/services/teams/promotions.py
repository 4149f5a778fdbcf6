"""Promotions of teams: written by the captain, started and ended by the clock."""

from datetime import datetime

from sqlalchemy import and_, or_, select

from webapp.domain.errors import Conflict
from webapp.domain.sponsorship import PROMOTION, PromotionDraft, checked_promotion
from webapp.models import TeamPromotion
from webapp.services.spine.actors import SYSTEM, Actor
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.teams import sponsorship, team_log


def propose(team_id: int, draft: PromotionDraft, *, actor: Actor, now: datetime) -> int:
    """Ask staff to let a promotion be shown; its id. For the captain and staff.

    Raises SponsorshipError with everything that is wrong, Conflict (`too_many_sponsorships`, `team_disbanded`).
    """
    values = checked_promotion(draft, now=now)
    with transaction() as session:
        team = team_log.lock_for_captain(session, team_id, actor)
        sponsorship.ensure_room(session, PROMOTION, team_id)
        promotion = TeamPromotion(
            **values._asdict(), team_id=team_id, state="pending", proposed_by_id=actor.user_id, proposed_at=now
        )
        session.add(promotion)
        session.flush()
        sponsorship.note(session, PROMOTION, team, promotion, "promotion_updated", "proposed", actor=actor, now=now)
        return promotion.id


def change(team_id: int, promotion_id: int, draft: PromotionDraft, *, actor: Actor, now: datetime) -> bool:
    """Write a promotion anew, which then waits for staff again; False when nothing was different.

    For the captain and staff. Raises like `propose`, NotFound, and Conflict (`sponsorship_over`) for one that was
    cancelled.
    """
    values = checked_promotion(draft, now=now)
    with transaction() as session:
        team = team_log.lock_for_captain(session, team_id, actor)
        promotion = sponsorship.of_team(session, PROMOTION, team_id, promotion_id)
        if promotion.state == PROMOTION.withdrawn:
            raise Conflict("The promotion was cancelled; propose it anew.", code="sponsorship_over")
        changed = {name: value for name, value in values._asdict().items() if getattr(promotion, name) != value}
        if not changed:
            return False
        if promotion.state not in PROMOTION.open:
            sponsorship.ensure_room(session, PROMOTION, team_id)
        for name, value in changed.items():
            setattr(promotion, name, value)
        sponsorship.propose_again(promotion, actor=actor, now=now)
        sponsorship.note(session, PROMOTION, team, promotion, "promotion_updated", "changed", actor=actor, now=now)
        return True


def turn(*, now: datetime) -> tuple[int, int]:
    """Start the promotions whose time has come and end those whose time has passed; how many of each."""
    due = or_(
        and_(TeamPromotion.state.in_(PROMOTION.open), TeamPromotion.ends_at <= now),
        and_(TeamPromotion.state == PROMOTION.approved, TeamPromotion.starts_at <= now),
    )
    with read_snapshot() as session:
        found = session.execute(
            select(TeamPromotion.id, TeamPromotion.team_id).where(due).order_by(TeamPromotion.team_id, TeamPromotion.id)
        ).all()
    turned = [_turned(promotion_id, team_id, now) for promotion_id, team_id in found]
    return turned.count("active"), turned.count(PROMOTION.over)


def _turned(promotion_id: int, team_id: int, now: datetime) -> str | None:
    """The state that the promotion has come into; None where somebody else was here before."""
    with transaction() as session:
        team = team_log.lock_team(session, team_id)
        promotion = sponsorship.of_team(session, PROMOTION, team_id, promotion_id)
        assert isinstance(promotion, TeamPromotion)
        if promotion.state in PROMOTION.open and sponsorship.is_over(promotion, now):
            sponsorship.end(session, PROMOTION, team, promotion, actor=SYSTEM, now=now)
        elif promotion.state == PROMOTION.approved and promotion.starts_at <= now:
            promotion.state = "active"
            sponsorship.note(session, PROMOTION, team, promotion, "promotion_started", "started", actor=SYSTEM, now=now)
        else:
            return None
        return promotion.state
