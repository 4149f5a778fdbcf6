"""The three kinds of types: what comes in a query, what comes in a body, what goes out."""

from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

LARGEST_ID: Final = 2**31 - 1
"""The database's integers end there."""
LARGEST_PAGE: Final = 200
LARGEST_OFFSET: Final = 10_000_000
_LONGEST_NUMBER: Final = 10


class Asked(BaseModel):
    """Parameters of a query; one that is not known is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Sent(BaseModel):
    """A JSON body; a field that is not known is refused, and nothing is converted."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Told(BaseModel):
    """What is answered."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def digits(value: Any) -> Any:
    """A number as it stands in a query: digits alone, no blanks, signs, fractions or digits of other scripts."""
    if isinstance(value, str):
        if not (value.isascii() and value.isdecimal() and len(value) <= _LONGEST_NUMBER):
            raise PydanticCustomError("whole_number", "must be a whole number, written in digits")
        return int(value)
    return value


def _switch(value: Any) -> Any:
    """Yes or no as programs write it in a query."""
    if isinstance(value, str):
        known = {"0": 0, "1": 1, "false": 0, "true": 1}.get(value.lower())
        if known is None:
            raise PydanticCustomError("switch", "write 1 for yes or 0 for no")
        return known
    return value


def _listed(value: Any) -> Any:
    return value.split(",") if isinstance(value, str) else value


# The bounds come first: pydantic describes as bounds only what stands before a function that converts.
Id = Annotated[int, Field(ge=1, le=LARGEST_ID), BeforeValidator(digits)]
IdList = Annotated[list[Id], Field(min_length=1, max_length=100), BeforeValidator(_listed)]
"""Ids of a query, with commas between them."""
NumberList = Annotated[list[Id], Field(min_length=1, max_length=200), BeforeValidator(_listed)]
Switch = Annotated[
    int,
    Field(ge=0, le=1),
    BeforeValidator(_switch),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 0, "maximum": 1}, {"type": "boolean"}]}),
]
"""1 or true for yes, 0 or false for no."""
Limit = Annotated[
    int, Field(ge=1, le=LARGEST_PAGE), BeforeValidator(digits), Field(description="How many entries a page has.")
]
Offset = Annotated[
    int,
    Field(ge=0, le=LARGEST_OFFSET),
    BeforeValidator(digits),
    Field(description="How many entries come before the page."),
]
Number = Annotated[int, Field(ge=0, le=LARGEST_ID), BeforeValidator(digits)]
"""A version, or a number of the log; 0 before the first."""
# PostgreSQL keeps no NUL, and nobody needs control characters in a sentence.
WITHOUT_CONTROLS: Final = r"^[^\u0000-\u0008\u000b-\u001f\u007f-\u009f]*$"
Text = Annotated[str, Field(pattern=WITHOUT_CONTROLS)]
"""Words of a person: of any script, without control characters."""


def _with_plain_ends(value: Any) -> Any:
    return value.replace("\r\n", "\n") if isinstance(value, str) else value


Passage = Annotated[Text, BeforeValidator(_with_plain_ends)]
"""Text of several lines, whatever its lines end with."""
Instant = Annotated[
    datetime,
    PlainSerializer(datetime.isoformat, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization"),
]
"""An instant in an answer, written as boards write theirs."""
