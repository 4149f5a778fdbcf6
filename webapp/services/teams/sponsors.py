"""Sponsors of teams: proposed and changed by the captain, over when their last day has passed."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.errors import Conflict
from webapp.domain.sponsorship import SPONSOR, SponsorDraft, checked_sponsor
from webapp.models import StoredFile, Team, TeamSponsor
from webapp.services.files import uploads
from webapp.services.files.uploads import Received
from webapp.services.spine.actors import SYSTEM, Actor
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.teams import sponsorship, team_log


def propose(team_id: int, draft: SponsorDraft, logo: bytes | None, *, actor: Actor, now: datetime) -> int:
    """Ask staff to let a sponsor be shown; its id. For the captain and staff.

    Raises SponsorshipError with everything that is wrong, UploadError for a bad logo, Conflict
    (`too_many_sponsorships`, `team_disbanded`).
    """
    values = checked_sponsor(draft, today=now.date())
    received = _received(team_id, logo, actor)
    with transaction() as session:
        team = team_log.lock_for_captain(session, team_id, actor)
        sponsorship.ensure_room(session, SPONSOR, team_id)
        sponsor = TeamSponsor(
            **values._asdict(), team_id=team_id, state="pending", proposed_by_id=actor.user_id, proposed_at=now
        )
        if received is not None:
            sponsor.logo_id = uploads.add(session, received, actor=actor, now=now).id
        session.add(sponsor)
        session.flush()
        sponsorship.note(session, SPONSOR, team, sponsor, "sponsor_updated", "proposed", actor=actor, now=now)
        return sponsor.id


def change(
    team_id: int, sponsor_id: int, draft: SponsorDraft, logo: bytes | None = None, *, drops_logo: bool = False,
    actor: Actor, now: datetime,
) -> bool:  # fmt: skip
    """Write a sponsor anew, which then waits for staff again; False when nothing was different.

    Without `logo` the one that is there stays, unless it is dropped. For the captain and staff. Raises like `propose`,
    NotFound, and Conflict (`sponsorship_over`) for one that was withdrawn.
    """
    values = checked_sponsor(draft, today=now.date())
    received = _received(team_id, logo, actor)
    with transaction() as session:
        team = team_log.lock_for_captain(session, team_id, actor)
        sponsor = sponsorship.of_team(session, SPONSOR, team_id, sponsor_id)
        assert isinstance(sponsor, TeamSponsor)
        if sponsor.state == SPONSOR.withdrawn:
            raise Conflict("The sponsor was withdrawn; propose it anew.", code="sponsorship_over")
        changed = {name: value for name, value in values._asdict().items() if getattr(sponsor, name) != value}
        has_new_logo = _changes_logo(session, sponsor, received, drops_logo=drops_logo)
        if not changed and not has_new_logo:
            return False
        if sponsor.state not in SPONSOR.open:
            sponsorship.ensure_room(session, SPONSOR, team_id)
        for name, value in changed.items():
            setattr(sponsor, name, value)
        if has_new_logo:
            _set_logo(session, sponsor, received, actor=actor, now=now)
        sponsorship.propose_again(sponsor, actor=actor, now=now)
        sponsorship.note(session, SPONSOR, team, sponsor, "sponsor_updated", "changed", actor=actor, now=now)
        return True


def expire(*, now: datetime) -> int:
    """End the sponsors whose last day has passed; returns how many. They were not shown any more before."""
    over = (TeamSponsor.state.in_(SPONSOR.open), TeamSponsor.ends_on < now.date())
    with read_snapshot() as session:
        found = session.execute(
            select(TeamSponsor.id, TeamSponsor.team_id).where(*over).order_by(TeamSponsor.team_id, TeamSponsor.id)
        ).all()
    ended = 0
    for sponsor_id, team_id in found:
        with transaction() as session:
            team = team_log.lock_team(session, team_id)
            sponsor = sponsorship.of_team(session, SPONSOR, team_id, sponsor_id)
            if sponsor.state in SPONSOR.open and sponsorship.is_over(sponsor, now):
                sponsorship.end(session, SPONSOR, team, sponsor, actor=SYSTEM, now=now)
                ended += 1
    return ended


def _received(team_id: int, raw: bytes | None, actor: Actor) -> Received | None:
    """The picture, once it is known that its sender may send one: nobody else makes the site draw pictures."""
    if raw is None:
        return None
    with read_snapshot() as session:
        known = session.get(Team, team_id)
        if known is not None:
            team_log.ensure_captain(known, actor)
    return uploads.receive(raw, "logo")


def _changes_logo(session: Session, sponsor: TeamSponsor, received: Received | None, *, drops_logo: bool) -> bool:
    if received is None:
        return drops_logo and sponsor.logo_id is not None
    kept = None if sponsor.logo_id is None else session.get_one(StoredFile, sponsor.logo_id)
    return kept is None or kept.sha256 != received.sha256


def _set_logo(
    session: Session, sponsor: TeamSponsor, received: Received | None, *, actor: Actor, now: datetime
) -> None:
    before = sponsor.logo_id
    sponsor.logo_id = None if received is None else uploads.add(session, received, actor=actor, now=now).id
    session.flush()
    if before is not None:
        # Its bytes are swept away later.
        session.delete(session.get_one(StoredFile, before))
