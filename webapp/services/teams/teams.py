"""Teams: founded by their captain, changed, disbanded."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.domain.errors import Conflict, FieldError
from webapp.domain.names import quoted
from webapp.domain.registration import OUT
from webapp.domain.teams import CAPTAIN, checked
from webapp.models import Registration, StoredFile, Team, TeamInvite, TeamMember, Tournament
from webapp.services.files import uploads
from webapp.services.registration import entry_moves, waitlist
from webapp.services.spine import audit, log
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.teams import sponsorship, team_log, team_rosters

CHANGED: Final = ("name", "tag", "description")
"""What can be changed of a team; its game stays."""
_BEFORE_START: Final = ("draft", "registration_open", "registration_closed")


def create(*, name: str, tag: str | None, game: str, description: str, actor: Actor, now: datetime) -> int:
    """Found a team with the actor as its captain, and return its id.

    Raises TeamError with everything that is wrong, Conflict: `team_name_taken`, `in_another_team`.
    """
    values = checked({"name": name, "tag": tag, "game": game, "description": description})
    assert actor.user_id is not None
    with transaction() as session:
        _ensure_name_free(session, values["game"], values["name"])
        ensure_in_no_team(session, actor.user_id, values["game"])
        team = Team(**values, captain_id=actor.user_id, created_at=now)
        session.add(team)
        try:
            session.flush()
            session.add(TeamMember(team_id=team.id, user_id=actor.user_id, game=team.game, role=CAPTAIN, joined_at=now))
            session.flush()
        except IntegrityError as error:
            raise Conflict(
                "The name was taken, or you joined another team, a moment ago.", code="team_taken"
            ) from error
        team_log.record(
            session, team, "team_created", "created", {"captain_id": actor.user_id}, actor=actor, now=now
        )  # fmt: skip
        return team.id


def change(team_id: int, changes: Mapping[str, Any], *, actor: Actor, now: datetime) -> bool:
    """Change name, tag or description; False when nothing was different. For the captain and staff.

    Raises TeamError with everything that is wrong, Conflict (`team_name_taken`, `team_disbanded`).
    """
    values = checked({name: value for name, value in changes.items() if name in CHANGED})
    with transaction() as session:
        team = team_log.lock_for_captain(session, team_id, actor)
        changed = sorted(name for name, value in values.items() if getattr(team, name) != value)
        if not changed:
            return False
        if "name" in changed:
            _ensure_name_free(session, team.game, values["name"], but=team.id)
        for name in changed:
            setattr(team, name, values[name])
        try:
            session.flush()
        except IntegrityError as error:
            raise _name_taken(values["name"]) from error
        team_log.record(session, team, "team_updated", "updated", {"changed": changed}, actor=actor, now=now)
        return True


def set_logo(team_id: int, raw: bytes | None, *, actor: Actor, now: datetime) -> None:
    """Give the team another logo, or with None take it away; what it has already changes nothing.

    For the captain and staff. Raises UploadError for a bad file.
    """
    with read_snapshot() as session:
        # Nobody else makes the site draw pictures.
        known = session.get(Team, team_id)
        if known is not None:
            team_log.ensure_captain(known, actor)
    received = None if raw is None else uploads.receive(raw, "logo")
    with transaction() as session:
        team = team_log.lock_for_captain(session, team_id, actor)
        before = team.logo_id
        kept = None if before is None else session.get_one(StoredFile, before)
        if (kept and kept.sha256) == (received and received.sha256):
            return
        team.logo_id = None if received is None else uploads.add(session, received, actor=actor, now=now).id
        session.flush()
        if kept is not None:
            # Its bytes are swept away later.
            session.delete(kept)
        team_log.record(session, team, "team_updated", "updated", {"changed": ["logo_id"]}, actor=actor, now=now)


def disband(team_id: int, *, actor: Actor, now: datetime) -> None:
    """End a team: its members are free, open invitations and registrations for what has not begun are withdrawn.

    Its results stay, and its name with them. For the captain and staff; twice is the same as once. Raises Conflict
    (`team_in_live_tournament`) while it takes part in a tournament that is under way.
    """
    with transaction() as session:
        upcoming = _locked_tournaments(session, team_id)
        team = team_log.lock_team(session, team_id)
        team_log.ensure_captain(team, actor)
        if team.disbanded_at is not None:
            return
        _ensure_in_none_live(session, team_id)
        for tournament in upcoming:
            _withdraw(session, tournament, team_id, actor=actor, now=now)
        team.disbanded_at, team.captain_id = now, None
        session.execute(
            update(TeamMember).where(TeamMember.team_id == team_id, TeamMember.left_at.is_(None)).values(left_at=now)
        )
        session.execute(
            update(TeamInvite)
            .where(TeamInvite.team_id == team_id, TeamInvite.state == "pending")
            .values(state="withdrawn", answered_at=now)
        )
        sponsorship.withdraw_all(session, team_id)
        team_log.record(session, team, "team_disbanded", "disbanded", {"status": "disbanded"}, actor=actor, now=now)


def ensure_in_no_team(session: Session, user_id: int, game: str) -> None:
    """Nothing for who is in no team of the game; Conflict (`in_another_team`) otherwise."""
    other = team_rosters.team_in_game(session, user_id, game)
    if other is not None:
        raise Conflict(
            f"A player is in one team of a game at a time; leave {quoted(other.name)} first.", code="in_another_team"
        )


def _ensure_name_free(session: Session, game: str, name: str, *, but: int = 0) -> None:
    namesake = select(Team.id).where(Team.game == game, func.lower(Team.name) == name.lower(), Team.id != but)
    exact = select(Team.id).where(Team.game == game, Team.name == name, Team.id != but)
    # SQLite knows lower case of ASCII alone.
    if session.scalar(namesake.limit(1)) is not None or session.scalar(exact) is not None:
        raise _name_taken(name)


def _name_taken(name: str) -> Conflict:
    problem = FieldError("name", "is taken in this game; choose another")
    return Conflict(
        f"The name {quoted(name)} is taken in this game; choose another.", [problem], code="team_name_taken"
    )


def _locked_tournaments(session: Session, team_id: int) -> list[Tournament]:
    """The tournaments that it is registered for and that have not begun, locked in one order everywhere."""
    ids = session.scalars(
        select(Tournament.id)
        .join(Registration, Registration.tournament_id == Tournament.id)
        .where(
            Registration.team_id == team_id,
            Registration.status.not_in((*OUT, "no_show")),
            Tournament.status.in_(_BEFORE_START),
            Tournament.deleted_at.is_(None),
        )
        .order_by(Tournament.id)
    ).all()
    return [log.lock_tournament(session, tournament_id) for tournament_id in ids]


def _ensure_in_none_live(session: Session, team_id: int) -> None:
    live = session.scalar(
        select(Tournament.name)
        .join(Registration, Registration.tournament_id == Tournament.id)
        .where(
            Registration.team_id == team_id,
            Registration.status == "approved",
            Tournament.status == "live",
            Tournament.deleted_at.is_(None),
        )
        .limit(1)
    )
    if live is not None:
        raise Conflict(
            f"The team takes part in {quoted(live)}, which is under way; it can be disbanded afterwards.",
            code="team_in_live_tournament",
        )


def _withdraw(session: Session, tournament: Tournament, team_id: int, *, actor: Actor, now: datetime) -> None:
    registration = session.scalars(
        select(Registration)
        .where(Registration.tournament_id == tournament.id, Registration.team_id == team_id)
        .execution_options(populate_existing=True)
    ).one()
    if tournament.status not in _BEFORE_START or registration.status in (*OUT, "no_show"):
        return
    before = entry_moves.move(
        session, tournament, registration, "withdrawn", actor=actor, now=now, reason="The team was disbanded."
    )
    audit.record(
        session, actor, "registration.withdrawn", now=now, tournament_id=tournament.id,
        registration_id=registration.id, before=before, after="withdrawn",
    )  # fmt: skip
    waitlist.fill(session, tournament, actor=actor, now=now)
