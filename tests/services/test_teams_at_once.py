"""Several processes at the same moment: nobody is in two teams of a game, and no name is taken twice."""

from flask import Flask
from sqlalchemy import func, select

from tests.personas import Persona, persona
from tests.services import team_contenders
from tests.services.contenders import PROCESSES, Contenders
from tests.teams import team_of
from webapp.config import Settings
from webapp.models import TeamMember
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot
from webapp.services.teams import team_invites


def test_of_many_teams_a_player_joins_one(rivals: Contenders, settings: Settings, app: Flask, pat: Persona) -> None:
    captains = [persona(app, name) for name in ("vera", "olga", "otto", "sam")][:PROCESSES]
    invites = []
    for captain in captains:
        team_id = team_of(captain, name=f"Team of {captain.name}")
        invites.append(team_invites.invite(team_id, "pat", actor=captain.actor, now=utc_now()))
    outcomes = rivals.at_once(settings, [(team_contenders.join, (invite, pat.user_id)) for invite in invites])
    assert sorted(outcomes) == ["in_another_team"] * (PROCESSES - 1) + ["joined"]
    with read_snapshot() as session:
        mine = select(func.count()).where(TeamMember.user_id == pat.user_id, TeamMember.left_at.is_(None))
        assert session.scalar(mine) == 1


def test_a_name_is_taken_once(rivals: Contenders, settings: Settings, app: Flask) -> None:
    founders = [persona(app, name).user_id for name in ("vera", "olga", "otto", "sam")][:PROCESSES]
    outcomes = rivals.at_once(settings, [(team_contenders.found, ("Night Ferry", founder)) for founder in founders])
    assert outcomes.count("founded") == 1
    assert set(outcomes) <= {"founded", "team_taken", "team_name_taken"}
