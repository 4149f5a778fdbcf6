"""Games as data."""

from typing import Any

from pydantic import Field, RootModel

from webapp.views.api.schemas.base import Told


class GameTold(Told):
    """A game; `config` is of the schema that is served beside it."""

    slug: str
    config: dict[str, Any] = Field(description="Sides, player ids, scores, drafts, preset: what its file says.")


class GameSchema(RootModel[dict[str, Any]]):
    """A JSON Schema (2020-12)."""
