"""What processes do to teams at the same moment."""

from webapp.services.spine.actors import Actor
from webapp.services.spine.clock import utc_now
from webapp.services.teams import team_invites, teams


def join(invite_id: int, user_id: int) -> str:
    """Accept an invitation."""
    team_invites.accept(invite_id, actor=Actor(user_id, "player"), now=utc_now())
    return "joined"


def found(name: str, user_id: int) -> str:
    """Found a team."""
    teams.create(name=name, tag=None, game="cs2", description="", actor=Actor(user_id, "player"), now=utc_now())
    return "founded"
