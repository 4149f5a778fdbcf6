"""Errors, as RFC 9457 documents."""

from typing import Annotated

from pydantic import Field

from webapp.views.api.schemas.base import Told


class ProblemField(Told):
    """One wrong value."""

    path: str
    message: str


class Problem(Told):
    """What went wrong, for people and for programs."""

    type: str
    title: str
    status: Annotated[int, Field(ge=400, le=599)]
    detail: str
    code: str = Field(description="Stable; programs go by it.")
    errors: list[ProblemField] = Field(description="Each wrong value with its path; empty when the whole is refused.")
    what_to_do: str
    request_id: str = Field(description="Also in the header X-Request-ID; tell it to who looks after the site.")
    retry_after_seconds: int | None = Field(default=None, description="With 429 and 503: when to ask again.")
