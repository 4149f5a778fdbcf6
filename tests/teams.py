"""Teams of the personas, as services make them."""

from collections.abc import Sequence

from tests.personas import Persona
from webapp.services.spine.clock import utc_now
from webapp.services.teams import team_invites, teams


def team_of(
    captain: Persona, members: Sequence[Persona] = (), *, name: str = "Night Ferry", game: str = "valorant"
) -> int:
    """A team that the first leads and the others have joined."""
    now = utc_now()
    team_id = teams.create(name=name, tag="NF", game=game, description="", actor=captain.actor, now=now)
    for member in members:
        invite_id = team_invites.invite(team_id, member.name, actor=captain.actor, now=now)
        team_invites.accept(invite_id, actor=member.actor, now=now)
    return team_id
