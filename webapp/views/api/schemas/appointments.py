"""Officials of a tournament."""

from typing import Annotated, Literal

from pydantic import Field

from webapp.services.accounts.users import LONGEST_HANDLE
from webapp.views.api.schemas.base import Sent, Text, Told

OfficialRole = Literal["co_organizer", "referee"]


class AppointBody(Sent):
    """Whom, by the handle, and as what."""

    handle: Annotated[Text, Field(min_length=1, max_length=LONGEST_HANDLE)]
    role: OfficialRole


class OfficialTold(Told):
    """Somebody who helps."""

    user_id: int
    role: OfficialRole


class OfficialsTold(Told):
    """Who runs a tournament; their handles are given by `/api/profiles/?ids=`."""

    tournament_id: int
    owner_id: int | None
    officials: list[OfficialTold]
