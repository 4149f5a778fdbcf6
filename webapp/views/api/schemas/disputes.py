"""Disputes: what programs read of them, and what they do to them. Ids, numbers and states; words stay on the pages."""

from typing import Annotated, Literal

from pydantic import Field

from webapp.views.api.schemas.base import Asked, Instant, Limit, Offset, Sent, Text, Told
from webapp.views.api.schemas.matches import Games, Lines, Reason, Revision
from webapp.views.api.schemas.staff import BodyId

DisputeState = Literal["open", "under_review", "escalated", "resolved", "rejected"]
ReasonCode = Literal["wrong_score", "wrong_players", "rules_broken", "cheating", "no_show", "technical", "other"]
Resolution = Literal["approve_original", "approve_dispute", "custom_result", "replay", "forfeit"]


class DisputeBody(Sent):
    """An objection. The games are the result as it was, if the side can say it."""

    reason_code: ReasonCode
    text: Annotated[Text, Field(min_length=10, max_length=2000)]
    games: Games | None = None
    report_revision: Revision | None = Field(default=None, description="The report that it objects to.")
    revision: Revision | None = Field(default=None, description="The match's revision that the writer saw.")


class ChoiceSent(Sent):
    """What becomes of a match that was played on the old outcome."""

    match_id: BodyId
    choice: Literal["replay", "keep", "void"]


class RulingBody(Sent):
    """A decision about the match's open dispute; `reject` turns it down."""

    resolution: Resolution | Literal["reject"]
    games: Games | None = Field(default=None, description="The result of a series, for custom_result.")
    lines: Lines | None = Field(default=None, description="The result of a lobby, for custom_result.")
    lost_by: BodyId | None = Field(default=None, description="The side that loses, for forfeit.")
    choices: list[ChoiceSent] = Field(default_factory=list, max_length=500)


class ResolveBody(RulingBody):
    """The decision about the match's open dispute, and why; `reject` turns it down."""

    reason: Reason
    dispute_revision: Revision | None = Field(default=None, description="The dispute's revision that was seen.")


class CommentBody(Sent):
    """Something said about a dispute."""

    text: Annotated[Text, Field(min_length=1, max_length=2000)]
    is_internal: bool = Field(default=False, description="A note that officials alone read.")


class Commented(Told):
    """The comment's id; its words stay on the pages."""

    dispute_id: int
    comment_id: int


class TakeBody(Sent):
    """Who looks after it from now on: oneself."""

    dispute_revision: Revision | None = None


class EscalateBody(Sent):
    """Why the staff are to decide."""

    reason: Reason
    dispute_revision: Revision | None = None


class EvidenceBody(Sent):
    """A link; or none, where a picture comes with it."""

    url: Annotated[Text, Field(max_length=500)] | None = None


class Shown(Told):
    """The evidence's id; the same again is the one that is there."""

    dispute_id: int
    evidence_id: int


class OneEvidence(Told):
    """A picture or a link, and who showed it."""

    evidence_id: int
    author_id: int | None
    kind: Literal["picture", "link"]
    created_at: Instant


class EvidenceTold(Told):
    """Everything that was shown, the oldest first."""

    dispute_id: int
    evidence: list[OneEvidence]


class DisputeTold(Told):
    """A dispute."""

    id: int
    tournament_id: int
    match_id: int
    participant_id: int | None = Field(description="The side that objects; null for an official.")
    reason_code: ReasonCode
    state: DisputeState
    revision: int = Field(description="What a decision has to name.")
    match_revision: int = Field(description="The result that it objects to; 0 where none was confirmed.")
    assigned_to_id: int | None
    deadline_at: Instant | None
    created_at: Instant
    resolution: Resolution | None
    resolved_at: Instant | None


class DisputesQuery(Asked):
    """Disputes of one tournament, the newest first."""

    state: DisputeState | None = None
    limit: Limit = 50
    offset: Offset = 0


class Disputes(Told):
    """A page of disputes, and how many there are in each state."""

    count: int
    next: str | None
    previous: str | None
    counts: dict[DisputeState, int]
    results: list[DisputeTold]


class Resolved(Told):
    """What came of the dispute."""

    dispute_id: int
    state: DisputeState
    match_id: int
    match_state: str
    match_revision: int
