"""Reads of the pages of teams."""

from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, aliased

from webapp.domain.teams import team_games
from webapp.models import StoredFile, Team, TeamInvite, TeamMember, Tournament, User
from webapp.services.boards import subject_results
from webapp.services.boards.subject_results import Subject
from webapp.services.files import uploads
from webapp.services.files.uploads import FileContent
from webapp.services.pages import sponsorship_reads
from webapp.services.pages.paging import Paging
from webapp.services.pages.subject_reads import nobody, read_subject
from webapp.services.pages.team_view import (
    KeptLineUp,
    ManagedTeam,
    OpenInvite,
    OwnTeam,
    OwnTeams,
    PointsPart,
    TeamCard,
    TeamHead,
    TeamPage,
    TeamsView,
)
from webapp.services.pages.tournament_reads import game_title
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot
from webapp.services.teams import line_ups, team_log, team_rosters

TEAMS_A_PAGE: Final = 20


def read_teams(text: str, game: str, *, page: int) -> TeamsView:
    """The teams that somebody leads, the most ranking points first, then the oldest."""
    wanted: list[ColumnElement[bool]] = [Team.captain_id.is_not(None), Team.disbanded_at.is_(None)]
    if text:
        shown = (func.lower(column).contains(text.lower(), autoescape=True) for column in (Team.name, Team.tag))
        wanted.append(or_(*shown))
    if game:
        wanted.append(Team.game == game)
    with read_snapshot() as session:
        total = session.scalar(select(func.count()).select_from(Team).where(*wanted)) or 0
        paging = Paging.of(page, size=TEAMS_A_PAGE, total=total)
        order = (Team.points.desc(), Team.created_at, Team.id)
        found = session.scalars(
            select(Team).where(*wanted).order_by(*order).limit(paging.size).offset(paging.offset)
        ).all()
        counts = _counts(session, [team.id for team in found])
        cards = tuple(
            TeamCard(team=head_of(team), place=place if team.points else None, members=counts.get(team.id, 0))
            for place, team in enumerate(found, start=paging.offset + 1)
        )
    games = tuple((slug, each.title) for slug, each in team_games().items())
    return TeamsView(cards, paging, text, game, games)


def read_team(team_id: int, *, viewer: Actor | None, audience: str, page: int, now: datetime) -> TeamPage:
    """A team's page. Raises NotFound for none, and for one known from results that are not public."""
    with read_snapshot() as session:
        team = session.get(Team, team_id)
        subject = Subject("team", team_id)
        has_results = subject_results.count_of(session, subject) > 0
        if team is None or not (has_results or team.log_seq):
            raise nobody(subject)
        members = tuple(team_rosters.members_of(session, team_id))
        is_captain = viewer is not None and team.captain_id is not None and viewer.user_id == team.captain_id
        return TeamPage(
            team=head_of(team),
            description=team.description,
            members=members,
            parts=_parts(session, team),
            points_at=team.points_at,
            results=read_subject(subject, audience=audience, page=page) if has_results else None,
            may_manage=_may_manage(team, viewer),
            is_member=viewer is not None and any(member.user_id == viewer.user_id for member in members),
            is_captain=is_captain,
            showings=sponsorship_reads.shown_of(session, team, now=now),
        )


def read_managed(team_id: int, *, actor: Actor, now: datetime) -> ManagedTeam:
    """A team for its captain or staff. Raises NotFound, Forbidden, Conflict for one that was disbanded."""
    with read_snapshot() as session:
        team = session.get(Team, team_id)
        if team is None:
            raise nobody(Subject("team", team_id))
        team_log.ensure_captain(team, actor)
        team_log.ensure_there(team)
        members = tuple(team_rosters.members_of(session, team_id))
        return ManagedTeam(
            team=head_of(team),
            values={"name": team.name, "tag": team.tag or "", "description": team.description},
            members=members,
            invites=_waiting(session, TeamInvite.team_id == team_id, now),
            line_ups=_line_ups(session, team_id),
            captain_id=team.captain_id,
            showings=sponsorship_reads.all_of(session, team),
        )


def read_own(user_id: int, *, now: datetime) -> OwnTeams:
    """The teams that somebody is in, and the invitations that wait for an answer."""
    with read_snapshot() as session:
        rows = session.execute(
            select(Team, TeamMember.role)
            .join(TeamMember, TeamMember.team_id == Team.id)
            .where(TeamMember.user_id == user_id, TeamMember.left_at.is_(None))
            .order_by(Team.game)
        ).all()
        own = tuple(OwnTeam(head_of(team), role) for team, role in rows)
        return OwnTeams(own, _waiting(session, TeamInvite.user_id == user_id, now, of_team=True))


def read_logo(team_id: int, logo_id: int) -> FileContent:
    """The logo that a team has now; NotFound for any other file."""

    def is_its_logo(session: Session, stored: StoredFile) -> bool:
        return session.scalar(select(Team.logo_id).where(Team.id == team_id)) == stored.id

    return uploads.read(logo_id, may_read=is_its_logo)


def head_of(team: Team) -> TeamHead:
    """What is said of a team wherever it is named."""
    return TeamHead(
        id=team.id, name=team.name, tag=team.tag, game=team.game, game_title=game_title(team.game),
        logo_id=team.logo_id, points=team.points, is_disbanded=team.disbanded_at is not None,
    )  # fmt: skip


def _may_manage(team: Team, viewer: Actor | None) -> bool:
    if viewer is None or team.disbanded_at is not None or team.captain_id is None:
        return False
    return viewer.user_id == team.captain_id or viewer.role == "admin"


def _counts(session: Session, team_ids: list[int]) -> dict[int, int]:
    counted = select(TeamMember.team_id, func.count()).where(
        TeamMember.team_id.in_(team_ids), TeamMember.left_at.is_(None)
    )
    return dict(session.execute(counted.group_by(TeamMember.team_id)).all())


def _parts(session: Session, team: Team) -> tuple[PointsPart, ...]:
    """The breakdown, but for tournaments that are not public any more; they leave the sum with the next computation."""
    ids = [part["tournament_id"] for part in team.points_breakdown]
    if not ids:
        return ()
    shown = {
        row.id: row
        for row in session.execute(
            select(Tournament.id, Tournament.slug, Tournament.name).where(
                Tournament.id.in_(ids),
                Tournament.visibility == "public",
                Tournament.deleted_at.is_(None),
                Tournament.frozen_seq.is_(None),
            )
        )
    }
    return tuple(
        PointsPart(
            slug=shown[part["tournament_id"]].slug,
            name=shown[part["tournament_id"]].name,
            placement=part["placement"],
            earned=part["earned"],
            is_official=part["is_official"],
            completed_at=datetime.fromisoformat(part["completed_at"]),
            counted=part["counted"],
        )
        for part in team.points_breakdown
        if part["tournament_id"] in shown
    )


def _waiting(
    session: Session, whose: ColumnElement[bool], now: datetime, *, of_team: bool = False
) -> tuple[OpenInvite, ...]:
    sender = aliased(User)
    rows = session.execute(
        select(TeamInvite, User.handle, Team, sender.handle.label("by"))
        .join(User, User.id == TeamInvite.user_id)
        .join(Team, Team.id == TeamInvite.team_id)
        .outerjoin(sender, sender.id == TeamInvite.invited_by_id)
        .where(whose, TeamInvite.state == "pending", TeamInvite.expires_at > now, Team.disbanded_at.is_(None))
        .order_by(TeamInvite.expires_at, TeamInvite.id)
    ).all()
    return tuple(
        OpenInvite(
            invite.id, team.name if of_team else handle, invite.role, invite.expires_at, team.id,
            game_title(team.game), by,
        )
        for invite, handle, team, by in rows
    )  # fmt: skip


def _line_ups(session: Session, team_id: int) -> tuple[KeptLineUp, ...]:
    kept = line_ups.line_ups_of(session, team_id)
    ids = {player["user_id"] for line_up in kept for player in line_up.players}
    handles = dict(session.execute(select(User.id, User.handle).where(User.id.in_(sorted(ids)))).all()) if ids else {}
    return tuple(
        KeptLineUp(
            line_up.id,
            line_up.name,
            tuple((handles.get(player["user_id"], ""), player["role"]) for player in line_up.players),
        )
        for line_up in kept
    )
