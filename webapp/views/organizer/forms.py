"""The forms of an organizer's pages."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final
from zoneinfo import ZoneInfo, available_timezones

from wtforms import (
    BooleanField,
    DateTimeLocalField,
    Field,
    FileField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import NumberRange, Optional

from webapp.domain.names import NAME_LIMIT
from webapp.domain.registration import LONGEST_REASON
from webapp.services.matches.match_details import LONGEST_ADDRESS
from webapp.services.matches.matches import Fixture
from webapp.views.forms import Form

MOST_LOBBIES: Final = 100
_MINUTE: Final = "%Y-%m-%dT%H:%M"
_YEARS: Final = range(2000, 2101)
_REASON: Final = "10 to 500 characters; it stays on record."


class TimeField(DateTimeLocalField):  # type: ignore[misc]  # WTForms ships no types
    """A moment as a clock on the wall shows it; the form's `zone` says where the wall is."""

    data: datetime | None

    def __init__(self, label: str, **options: Any) -> None:
        formats = [_MINUTE, f"{_MINUTE}:%S"]
        super().__init__(label, format=formats, validators=[Optional()], render_kw={"data-local-time": ""}, **options)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read it, or say how it is written."""
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError("Write day and time, such as 2026-11-21T18:30.") from None
        if self.data is not None and self.data.year not in _YEARS:
            self.data = None
            raise ValueError(f"Write a year from {_YEARS.start} to {_YEARS.stop - 1}.")


class ZoneField(SelectField):  # type: ignore[misc]  # WTForms ships no types
    """Where the times of the form are meant."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            "Time zone", choices=_zones(), default="UTC", render_kw={"data-zone-of-times": ""}, **options
        )  # fmt: skip


class ScheduleForm(Form):
    """Some matches, one after the other."""

    count = IntegerField("How many", default=1, validators=[NumberRange(1, MOST_LOBBIES)])
    first_at = TimeField("First at")
    zone = ZoneField()
    every_minutes = IntegerField("Minutes between", default=30, validators=[Optional(), NumberRange(0, 7 * 24 * 60)])
    maps = StringField("Maps", description="By comma; they go round: Erangel, Miramar, Sanhok.")

    def fixtures(self, after: int) -> list[Fixture]:
        """The matches to be scheduled, labelled after the `after` ones that are there."""
        maps = [name.strip() for name in (self.maps.data or "").split(",") if name.strip()]
        first_at = in_utc(self.first_at.data, self.zone.data)
        return planned(self.count.data, first_at, self.every_minutes.data or 0, maps, after=after)


class MatchForm(Form):
    """What is said of one match."""

    label = StringField("Label", render_kw={"maxlength": NAME_LIMIT, "autocomplete": "off"})
    map = StringField("Map", render_kw={"maxlength": NAME_LIMIT, "autocomplete": "off"})
    stream_url = StringField(
        "Stream", description="Where spectators can watch it: an address that begins with https://.",
        render_kw={"type": "url", "maxlength": LONGEST_ADDRESS, "autocomplete": "off"},
    )  # fmt: skip
    scheduled_at = TimeField("Begins")
    zone = ZoneField()


class ReasonForm(Form):
    """Why something is done that cannot be taken back unseen."""

    reason = TextAreaField("Reason", description=_REASON, render_kw={"rows": 2, "maxlength": 500})


class WithdrawForm(Form):
    """Why somebody is taken out; who is in a hurry says nothing."""

    reason = TextAreaField(
        "Reason", description="If you like: who is taken out reads it, and the other officials.",
        render_kw={"rows": 2, "maxlength": LONGEST_REASON},
    )  # fmt: skip


class AdjustForm(ReasonForm):
    """Points beside the results."""

    kind = RadioField(
        "Kind", choices={"penalty": "Penalty: points taken off", "bonus": "Bonus: points added"}, default="penalty"
    )
    points = IntegerField("Points", validators=[NumberRange(1, 100_000)], description="Without a sign.")

    def signed_points(self) -> int:
        """The points with the sign of their kind."""
        return -self.points.data if self.kind.data == "penalty" else int(self.points.data)


class ParticipantsForm(Form):
    """A pasted list of participants."""

    names = TextAreaField("Names", render_kw={"rows": 8, "spellcheck": "false", "autocomplete": "off"})


class ImportForm(Form):
    """A file of results, or its rows pasted."""

    file = FileField("CSV file", render_kw={"accept": ".csv,.tsv,.txt,text/csv"})
    pasted = TextAreaField("Or paste the rows", render_kw={"rows": 8, "spellcheck": "false", "wrap": "off"})
    adds_participants = BooleanField("Add participants who are not registered yet")
    numbers_on = RadioField(
        "Which matches they are",
        choices={"": "By number or label: match 3 of the file is match 3", "yes": "The next ones that are open"},
        default="",
    )


def planned(
    number: int, first_at: datetime | None, every_minutes: int, maps: list[str], *, after: int = 0
) -> list[Fixture]:
    """Matches one after the other, `every_minutes` apart; without a first instant none has a time."""
    return [
        Fixture(
            label=f"Match {after + place + 1}",
            scheduled_at=first_at and first_at + timedelta(minutes=every_minutes * place),
            map=maps[place % len(maps)] if maps else None,
        )
        for place in range(number)
    ]


def in_utc(wall: datetime | None, zone: str) -> datetime | None:
    """What a clock in a zone shows, as an instant."""
    return None if wall is None else wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def to_the_minute(wanted: datetime | None, kept: datetime | None) -> datetime | None:
    """What a field of times says; what it cannot show of the instant that is kept does not count as a change."""
    is_same = wanted is not None and kept is not None and kept.replace(second=0, microsecond=0) == wanted
    return kept if is_same else wanted


def on_the_wall(instant: datetime | None) -> datetime | None:
    """An instant for a field of times, in UTC; the page's script moves it to the reader's zone."""
    return None if instant is None else instant.astimezone(UTC).replace(tzinfo=None)


def messages(form: Form) -> Iterator[str]:
    """Every message of a form with the name of its field, for where there is no room beside the fields."""
    yield from form.base_errors
    field: Field
    for field in form:
        yield from (f"{field.label.text}: {message}" for message in field.errors)


@cache
def _zones() -> dict[str, str]:
    named = {zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "SystemV/"))}
    return {zone: zone.replace("_", " ") for zone in ("UTC", *sorted(named))}
