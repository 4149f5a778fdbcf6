"""Sponsors and promotions as readers, captains and staff see them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class Showing:
    """A sponsor (with days) or a promotion (with times and a text) of a team."""

    kind: str
    id: int
    team_id: int
    team_name: str
    title: str
    text: str
    link: str
    logo_id: int | None
    begins: date | datetime
    ends: date | datetime
    state: str
    revision: int
    reason: str
    proposed_at: datetime

    @property
    def host(self) -> str:
        """Where the link leads."""
        return urlsplit(self.link).hostname or ""

    @property
    def is_decided(self) -> bool:
        """Whether staff have nothing to say to it any more."""
        return self.state not in {"pending", "approved", "scheduled", "active"}


@dataclass(frozen=True, slots=True)
class Showings:
    """Those of one team, sponsors and promotions."""

    sponsors: tuple[Showing, ...] = ()
    promotions: tuple[Showing, ...] = ()


@dataclass(frozen=True, slots=True)
class Edited:
    """One of a team that is being written: what its form holds at first."""

    team_name: str
    values: Mapping[str, Any]
    state: str
    logo_id: int | None = None
