"""What a tournament asks at registration."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from webapp.domain.custom_fields import LONGEST_HELP, LONGEST_LABEL, MOST_CHOICES, MOST_FIELDS
from webapp.views.api.schemas.base import Sent, Text, Told
from webapp.views.api.schemas.staff import whole_number

Kind = Literal["text", "number", "dropdown", "url", "toggle", "date", "media"]
Label = Annotated[Text, Field(min_length=1, max_length=LONGEST_LABEL)]
Help = Annotated[Text, Field(max_length=LONGEST_HELP)]
Choices = Annotated[list[Annotated[Text, Field(max_length=LONGEST_LABEL)]], Field(max_length=MOST_CHOICES)]
End = Annotated[int, BeforeValidator(whole_number)] | Annotated[Text, Field(max_length=40)]
Steps = Annotated[int, Field(ge=-MOST_FIELDS, le=MOST_FIELDS), BeforeValidator(whole_number)]


class LimitsSent(Sent):
    """`min` and `max` of a text's length, a number or a day; the `choices` of a dropdown."""

    min: End | None = None
    max: End | None = None
    choices: Choices | None = None


class QuestionBody(Sent):
    """One more question."""

    key: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$", description="Under which answers are kept.")]
    label: Label
    kind: Kind
    is_required: bool = False
    help: Help = ""
    limits: LimitsSent = Field(default_factory=LimitsSent)


class QuestionChanges(Sent):
    """What is to be different; what is left out stays. Key and kind stay always."""

    label: Label | None = None
    is_required: bool | None = None
    help: Help | None = None
    limits: LimitsSent | None = None


class MoveBody(Sent):
    """How many places down; up where it is negative."""

    step: Steps


class QuestionTold(Told):
    """A question at registration."""

    id: int
    key: str
    label: str
    kind: Kind
    is_required: bool
    help: str
    limits: dict[str, Any]


class QuestionList(Told):
    """What a tournament asks, in order."""

    tournament_id: int
    custom_fields: list[QuestionTold]
