"""Teams: what makes and changes them, and what is told of them."""

from typing import Annotated, Literal

from pydantic import Field

from webapp.domain.teams import LONGEST_DESCRIPTION, LONGEST_NAME
from webapp.services.accounts.users import LONGEST_HANDLE
from webapp.views.api.schemas.base import Instant, Sent, Text, Told
from webapp.views.api.schemas.staff import BodyId

Name = Annotated[Text, Field(min_length=1, max_length=LONGEST_NAME)]
Tag = Annotated[Text, Field(max_length=10, description="2 to 5 letters or digits; empty for none.")]
Description = Annotated[Text, Field(max_length=LONGEST_DESCRIPTION)]
Role = Literal["player", "substitute", "coach"]


class TeamBody(Sent):
    """A new team; its game stays."""

    name: Name
    game: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")]
    tag: Tag = ""
    description: Description = ""


class TeamChanges(Sent):
    """What is to be different; what is left out stays."""

    name: Name | None = None
    tag: Tag | None = None
    description: Description | None = None


class InviteBody(Sent):
    """Whom to ask, by the handle, and as what."""

    handle: Annotated[Text, Field(min_length=1, max_length=LONGEST_HANDLE)]
    role: Role = "player"


class MemberBody(Sent):
    """Which member."""

    user_id: BodyId


class RoleBody(Sent):
    """Which member, and as what from now on."""

    user_id: BodyId
    role: Role


class MemberTold(Told):
    """Somebody in the team."""

    user_id: int
    role: str


class TeamTold(Told):
    """A team; its name is given by `/api/teams/?ids=`."""

    id: int
    game: str
    status: Literal["active", "disbanded"]
    captain_id: int | None
    logo: str | None = Field(description="The address on this site where the logo is; another logo, another address.")
    members: list[MemberTold]
    points: float = Field(description="Ranking points as of `points_at`.")
    points_at: Instant | None
    seq: int = Field(description="The last number of the team's own log; 0 for one known from results alone.")


class InviteTold(Told):
    """An invitation and where it stands."""

    id: int
    team_id: int
    user_id: int
    role: str
    status: str
    expires_at: Instant


class InvitesTold(Told):
    """The invitations that wait for one's answer."""

    count: int
    results: list[InviteTold]
