"""The forms of pages about webhooks."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from wtforms import (
    DateTimeLocalField,
    IntegerField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, NumberRange
from wtforms.widgets import CheckboxInput, ListWidget

from webapp.domain.webhooks.offered import OFFERED
from webapp.services.webhooks.endpoints import LONGEST_DESCRIPTION, Draft
from webapp.views.forms import Form, id_of

_LARGEST: Final = 2**31 - 1
_KINDS: Final = {
    "webhook": "A program of yours: signed JSON by HTTP",
    "discord": "A Discord channel: messages that people read",
}
_ALL: Final = ""


def _tournament(value: Any) -> int | None:
    return None if value in {None, _ALL, "None"} else id_of(str(value))


class WebhookForm(Form):
    """Where events are sent to, and which."""

    kind = RadioField("What receives it", choices=_KINDS, default="webhook")
    url = StringField("Address", render_kw={"inputmode": "url", "autocomplete": "off", "spellcheck": "false"})
    description = StringField(
        "What it is for", description="To know it by; the address's host stands for one without.",
        render_kw={"maxlength": LONGEST_DESCRIPTION, "autocomplete": "off"},
    )  # fmt: skip
    tournament_id = SelectField("Which tournament", coerce=_tournament, validate_choice=False)
    event_types = SelectMultipleField(
        "Which events", widget=ListWidget(prefix_label=False), option_widget=CheckboxInput(), validate_choice=False
    )

    def __init__(self, tournaments: Sequence[tuple[int, str]], everything: str, **more: Any) -> None:
        """Offers these tournaments, and all of them in the words of `everything`."""
        super().__init__(**more)
        named = [SelectChoice(str(number), name) for number, name in tournaments]
        self.tournament_id.choices = [SelectChoice(_ALL, everything), *named]
        self.event_types.choices = [SelectChoice(name, name) for name in OFFERED]

    def draft(self) -> Draft:
        """What was asked for."""
        return Draft(
            url=self.url.data or "", description=self.description.data or "",
            event_types=tuple(self.event_types.data or ()), tournament_id=self.tournament_id.data,
            kind=self.kind.data or "webhook",
        )  # fmt: skip


class PasswordForm(Form):
    """That it is really they who ask."""

    password = PasswordField(
        "Your password", validators=[InputRequired("Write your password.")],
        render_kw={"autocomplete": "current-password"},
    )  # fmt: skip


class SinceForm(Form):
    """From when on."""

    since = DateTimeLocalField(
        "Since (UTC)", format=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        validators=[InputRequired("Write day and time, such as 2026-11-21T18:30.")],
    )  # fmt: skip

    @property
    def instant(self) -> datetime:
        """What was written, as a moment."""
        since: datetime = self.since.data
        return since.replace(tzinfo=UTC)


class ReplayForm(Form):
    """Which log, and from which of its numbers on."""

    tournament_id = SelectField("Tournament", coerce=id_of, validate_choice=False)
    from_seq = IntegerField(
        "From number", default=1, validators=[InputRequired("Write a number."), NumberRange(1, _LARGEST)],
        render_kw={"min": 1, "inputmode": "numeric"},
    )  # fmt: skip

    def offer(self, tournaments: Sequence[tuple[int, str]]) -> "ReplayForm":
        """List the logs there are."""
        self.tournament_id.choices = [SelectChoice(str(number), name) for number, name in tournaments]
        return self
