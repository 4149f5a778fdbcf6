"""Corrections: what a program sends, what would change, what was done, and what can be taken back."""

from typing import Annotated, Final, Literal

from pydantic import Field

from webapp.views.api.schemas.base import LARGEST_ID, Instant, Sent, Told
from webapp.views.api.schemas.disputes import ChoiceSent
from webapp.views.api.schemas.matches import Games, Lines, Reason, Revision
from webapp.views.api.schemas.staff import BodyId

_MOST_CHOICES: Final = 2048
Kind = Literal["correct", "void", "replay", "forfeit"]
Choices = Annotated[
    list[ChoiceSent], Field(max_length=_MOST_CHOICES, description="What becomes of matches played on the old outcome.")
]


class ChangeBody(Sent):
    """What is to happen to the match."""

    kind: Kind = Field(
        default="correct", description="`correct` takes games or lines; `forfeit` takes lost_by; `void` takes it out."
    )
    games: Games | None = None
    lines: Lines | None = None
    lost_by: BodyId | None = Field(default=None, description="The side that loses, for forfeit.")
    choices: Choices = Field(default_factory=list)


class CorrectionBody(ChangeBody):
    """What is to happen to the match, and why."""

    reason: Reason
    revision: Revision | None = Field(default=None, description="The match's revision that was seen.")


class Corrected(Told):
    """What was done."""

    match_id: int
    revision: int
    changed: bool = Field(description="False: it was so already.")
    undo_id: int | None = Field(description="By which it can be taken back for ten minutes.")


class SideOfMatch(Told):
    """A match at one moment."""

    state: str
    side_a_id: int | None
    side_b_id: int | None
    winner_id: int | None
    decided_by: str | None
    revision: Annotated[int, Field(ge=0, le=LARGEST_ID)]


class MatchChange(Told):
    """A match that would be different."""

    match_id: int
    number: int
    before: SideOfMatch
    after: SideOfMatch


class RankMove(Told):
    """A participant whose rank or points would be different; null where it has no rank."""

    participant_id: int
    rank_before: int | None
    rank_after: int | None
    points_before: int
    points_after: int


class MatchInDoubt(Told):
    """A match that was played on the old outcome."""

    match_id: int
    number: int
    state: str
    choice: Literal["replay", "keep", "void"]
    is_chosen: bool = Field(description="False: nobody has said so; it was only assumed.")


class EventTold(Told):
    """Something that everybody concerned would be told."""

    event: str
    match_number: int | None


class ImpactTold(Told):
    """Everything that would change. Nothing has."""

    match_id: int
    needs_choice: bool = Field(description="Somebody has to say what becomes of matches in doubt.")
    matches: list[MatchChange]
    ranks: list[RankMove]
    in_doubt: list[MatchInDoubt]
    events: list[EventTold]


class ActionTold(Told):
    """Something that was done and can be taken back."""

    action_id: int
    action: str
    created_at: Instant
    expires_at: Instant


class Actions(Told):
    """What one has done to the tournament and can take back, the newest first."""

    count: int
    results: list[ActionTold]


class UndoneTold(Told):
    """What was taken back."""

    action_id: int
    action: str
    changed: bool = Field(description="False: it was taken back before.")
