"""What organizers and staff keep of tournaments: versions, announcements, what was deleted, how winners were found."""

from typing import Annotated, Any, Literal

from pydantic import Field

from webapp.services.tournaments.organizer_notices import LONGEST
from webapp.views.api.schemas.base import Instant, Sent, Told

Audience = Literal["all", "participants"]
# Line breaks and tabs are part of Markdown; other control characters are nobody's.
Markdown = Annotated[
    str, Field(min_length=1, max_length=LONGEST, pattern=r"^[^\u0000-\u0008\u000b-\u000c\u000e-\u001f\u007f-\u009f]*$")
]


class VersionTold(Told):
    """An edit: who, when, what changed."""

    tournament_id: int
    number: int
    author_id: int | None
    changed: list[str] = Field(description="The settings that it changed; none in the first version.")
    restored_from: int | None = Field(description="The version that it brought back.")
    created_at: Instant


class VersionsTold(Told):
    """A page of versions, the newest first."""

    count: int
    next: str | None
    previous: str | None
    results: list[VersionTold]


class VersionWhole(VersionTold):
    """A version with its settings, in the organizer's own words; head starts by name aside."""

    settings: dict[str, Any]
    differs: list[str] = Field(description="The settings that are others now.")
    fixed: list[str] = Field(description="Those of them that cannot be changed any more.")


class Restored(Told):
    """What going back changed."""

    tournament_id: int
    number: int
    changed: list[str] = Field(description="None: it was so already.")
    left: list[str] = Field(description="What differs and cannot be changed any more.")


class AnnouncementBody(Sent):
    """Something to be told."""

    text: Annotated[Markdown, Field(description="Markdown.")]
    audience: Audience = "all"


class AnnouncementTold(Told):
    """An announcement, in its author's words."""

    id: int
    tournament_id: int
    author_id: int | None
    audience: Audience
    text: str = Field(description="Markdown, as it was written.")
    created_at: Instant


class AnnouncementsTold(Told):
    """A page of announcements, the newest first."""

    count: int
    next: str | None
    previous: str | None
    results: list[AnnouncementTold]


class AnnouncementStands(Told):
    """Whether the announcement is shown from now on."""

    tournament_id: int
    announcement_id: int
    stands: bool


class DeletedOne(Told):
    """A tournament that was deleted."""

    id: int
    game: str
    status: str
    organizer_id: int | None
    deleted_at: Instant


class DeletedTold(Told):
    """A page of them, the latest first."""

    count: int
    next: str | None
    previous: str | None
    results: list[DeletedOne]


class BroughtBack(Told):
    """The tournament that is there again."""

    tournament_id: int


class Place(Told):
    """One of the first three, or one who shares the first place."""

    place: int
    participant_id: int


class WinnerStep(Told):
    """A rule that was applied, what it looked at, and what came of it."""

    rule: str
    data: dict[str, Any]
    outcome: str


class WinnersTold(Told):
    """How the winners were found, as the public knows it."""

    tournament_id: int
    is_over: bool
    requires_review: bool = Field(description="The winners wait for an official's word.")
    determination_method: str | None = Field(description="Null while the winners are not known.")
    places: list[Place]
    steps: list[WinnerStep]
    reviewed_at: Instant | None
