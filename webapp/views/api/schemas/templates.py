"""Templates: settings saved for the next tournament."""

from typing import Annotated, Any, Literal

from pydantic import Field

from webapp.services.tournaments.tournament_templates import LONGEST_DESCRIPTION
from webapp.views.api.schemas.base import Instant, Sent, Switch, Text, Told
from webapp.views.api.schemas.staff import BodyId
from webapp.views.api.schemas.tournaments import PageQuery

Scope = Literal["private", "organization", "global"]
Name = Annotated[Text, Field(min_length=1, max_length=80)]
Description = Annotated[Text, Field(max_length=LONGEST_DESCRIPTION)]


class TemplatesQuery(PageQuery):
    """Which templates: by a part of the name, a game, who may read them, whether they can be used."""

    search: Annotated[Text, Field(max_length=80)] = ""
    game: Annotated[Text, Field(max_length=40)] = ""
    scope: Scope | None = None
    only_active: Switch = 0


class TemplateBody(Sent):
    """Which tournament's settings to save, and for whom."""

    tournament_id: BodyId
    name: Name
    description: Description = ""
    scope: Scope = Field(default="private", description="`organization`: who organizes the tournament; `global`: all.")


class TemplateChanges(Sent):
    """What is to be different; what is left out stays."""

    name: Name | None = None
    description: Description | None = None
    scope: Scope | None = None


class ApplyBody(Sent):
    """What is said already, as in a new tournament; it wins over what the template says."""

    settings: dict[str, Any] = Field(default_factory=dict)


class TemplateTold(Told):
    """A template in the list; its name is what its owner called it."""

    id: int
    name: str
    description: str
    scope: Scope
    owner_id: int | None
    tournament_id: int | None = Field(description="The tournament that it was made of.")
    game: str | None
    uses: int
    last_used_at: Instant | None
    is_active: bool
    created_at: Instant
    may_change: bool


class TemplatesTold(Told):
    """A page of templates, those used most first."""

    count: int
    next: str | None
    previous: str | None
    results: list[TemplateTold]


class TemplateWhole(TemplateTold):
    """A template with its settings: what a new tournament would be sent with."""

    settings: dict[str, Any]


class Applied(Told):
    """The settings of a template under what was given; sent to `/api/tournaments/` they make a tournament."""

    template_id: int
    settings: dict[str, Any]


class TemplateGone(Told):
    """The template that is on no list any more."""

    template_id: int
