"""The forms about how one is told: which kinds by which channel, when not, and where on Discord."""

from collections.abc import Iterable
from datetime import time
from typing import Any, Final, Self

from wtforms import BooleanField, HiddenField, SelectField, SelectMultipleField, StringField, TimeField
from wtforms.validators import Optional

from webapp.domain.notifications.kinds import DISCORD, EMAIL, IN_APP
from webapp.services.notifications.preferences import EVERY, Choice, Preferences, zones
from webapp.views.forms import Form

_BETWEEN: Final = ":"
_LONGEST_ADDRESS: Final = 300


class ClockField(TimeField):  # type: ignore[misc]  # WTForms ships no types
    """A time of the day, to the minute."""

    data: time | None

    def __init__(self, label: str, **options: Any) -> None:
        super().__init__(label, format=["%H:%M", "%H:%M:%S"], validators=[Optional()], **options)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read it, or say how it is written."""
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError("Write hours and minutes, such as 22:30.") from None

    @property
    def minute(self) -> int | None:
        """In minutes since midnight."""
        return None if self.data is None else self.data.hour * 60 + self.data.minute


class PreferencesForm(Form):
    """How somebody wants to be told. `on` holds `kind:channel` of every checked box of the table."""

    about = HiddenField(default="preferences")
    on = SelectMultipleField("By which channel")
    in_app = BooleanField("The bell")
    email = BooleanField("By email")
    discord = BooleanField("On Discord")
    time_zone = SelectField("Your time zone")
    quiet_from = ClockField("Quiet from", description="Blank: no quiet hours.")
    quiet_until = ClockField("Quiet until", description="May be on the next morning.")
    has_digest = BooleanField("Once a day, send me what I have not read")
    digest_minute = ClockField("At", description="In your time zone.")

    def __init__(self, **more: Any) -> None:
        """Offers every kind by every channel, and all zones."""
        super().__init__(**more)
        self.on.choices = [(_name(pair), "") for pair in sorted(EVERY)]
        self.time_zone.choices = [(zone, zone.replace("_", " ")) for zone in zones()]

    @classmethod
    def of(cls, preferences: Preferences) -> Self:
        """The form with what counts now. Who has chosen nothing yet is offered the zone of the browser."""
        choice = preferences.choice
        form = cls(
            formdata=None,
            data={
                "on": [_name(pair) for pair in choice.on], "in_app": IN_APP in choice.channels,
                "email": EMAIL in choice.channels, "discord": DISCORD in choice.channels,
                "time_zone": choice.time_zone, "quiet_from": _clock(choice.quiet_from),
                "quiet_until": _clock(choice.quiet_until), "has_digest": choice.has_digest,
                "digest_minute": _clock(choice.digest_minute),
            },
        )  # fmt: skip
        if not preferences.is_chosen:
            form.time_zone.render_kw = {"data-zone-of-times": ""}
        return form

    def is_on(self, kind: str, channel: str) -> bool:
        """Whether the box of a kind and channel is checked."""
        return _name((kind, channel)) in (self.on.data or ())

    def choice(self) -> Choice:
        """What was chosen."""
        chosen = {IN_APP: self.in_app.data, EMAIL: self.email.data, DISCORD: self.discord.data}
        digest_minute = self.digest_minute.minute
        return Choice(
            on=frozenset(_pairs(self.on.data or ())),
            channels=frozenset(name for name, is_on in chosen.items() if is_on),
            time_zone=self.time_zone.data, quiet_from=self.quiet_from.minute, quiet_until=self.quiet_until.minute,
            has_digest=bool(self.has_digest.data),
            digest_minute=Choice().digest_minute if digest_minute is None else digest_minute,
        )  # fmt: skip


class DiscordForm(Form):
    """Where on Discord somebody wants to be told."""

    discord_url = StringField(
        "Address of your Discord webhook",
        description="In Discord: Edit channel, Integrations, Webhooks, Copy webhook URL. Nobody sees it here again.",
        render_kw={
            "maxlength": _LONGEST_ADDRESS, "inputmode": "url", "autocomplete": "off", "spellcheck": "false",
            "placeholder": "https://discord.com/api/webhooks/…",
        },
    )  # fmt: skip


def _name(pair: tuple[str, str]) -> str:
    return _BETWEEN.join(pair)


def _pairs(names: Iterable[str]) -> Iterable[tuple[str, str]]:
    for name in names:
        kind, _, channel = name.partition(_BETWEEN)
        yield kind, channel


def _clock(minute: int | None) -> time | None:
    return None if minute is None else time(minute // 60, minute % 60)
