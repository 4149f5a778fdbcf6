"""The form that plans a freeze."""

from datetime import datetime
from typing import TypedDict

from wtforms import IntegerField, RadioField
from wtforms.validators import NumberRange, Optional

from webapp.services.live.freezes import MOST_LAST_MATCHES
from webapp.views.forms import Form
from webapp.views.organizer.forms import TimeField, ZoneField, in_utc

BY_MATCHES = "matches"
BY_TIME = "time"


class PlannedFor(TypedDict):
    """What the service takes: one of the two."""

    starts_at: datetime | None
    last_matches: int | None


class PlanForm(Form):
    """When the board is to be frozen by itself."""

    begins = RadioField(
        "When it begins",
        choices={BY_MATCHES: "Before the last matches", BY_TIME: "At a time"},
        default=BY_MATCHES,
    )
    last_matches = IntegerField(
        "How many of the last matches are kept", default=2,
        validators=[Optional(), NumberRange(1, MOST_LAST_MATCHES)],
        description="The board freezes with the result that leaves so many to be played.",
    )  # fmt: skip
    starts_at = TimeField("Time")
    zone = ZoneField()

    def plan(self) -> PlannedFor:
        """What is planned; what belongs to the other choice does not count."""
        by_time = self.begins.data == BY_TIME
        return {
            "starts_at": in_utc(self.starts_at.data, self.zone.data) if by_time else None,
            "last_matches": None if by_time else self.last_matches.data,
        }
