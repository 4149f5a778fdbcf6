"""The forms of sponsors and promotions."""

from datetime import UTC, datetime
from typing import Final

from wtforms import BooleanField, DateField, DateTimeLocalField, FileField, StringField, TextAreaField
from wtforms.validators import InputRequired

from webapp.domain.sponsorship import (
    LONGEST_LINK,
    LONGEST_NAME,
    LONGEST_TEXT,
    LONGEST_TITLE,
    PromotionDraft,
    SponsorDraft,
)
from webapp.domain.uploads import RULES
from webapp.views.forms import Form

_LOGO: Final = RULES["logo"]
_DAY: Final = "Write a day, such as 2026-11-21."
_TIME: Final = "Write day and time, such as 2026-11-21T18:30."


class _Day(DateField):  # type: ignore[misc]  # WTForms ships no types
    """A day."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read it, or say how it is written."""
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(_DAY) from None


class _Time(DateTimeLocalField):  # type: ignore[misc]  # WTForms ships no types
    """A moment of UTC."""

    data: datetime | None

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read it, or say how it is written."""
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(_TIME) from None
        if self.data is not None:
            self.data = self.data.replace(tzinfo=UTC)


def _time(label: str) -> _Time:
    formats = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
    return _Time(label, format=formats, validators=[InputRequired(_TIME)])


class SponsorForm(Form):
    """Who supports the team, and from when to when."""

    name = StringField(
        "Name", validators=[InputRequired("Name is empty; write a name.")],
        render_kw={"maxlength": LONGEST_NAME, "autocomplete": "off"},
    )  # fmt: skip
    link = StringField(
        "Link", description="Their site; begins with https://.",
        render_kw={"type": "url", "maxlength": LONGEST_LINK, "autocomplete": "off"},
    )  # fmt: skip
    starts_on = _Day("First day", validators=[InputRequired(_DAY)])
    ends_on = _Day("Last day", description="Days are those of UTC.", validators=[InputRequired(_DAY)])
    file = FileField("Logo", description=f"{_LOGO.words}; not needed.", render_kw={"accept": _LOGO.accept})
    drops_logo = BooleanField("Show no logo any more")

    def draft(self) -> SponsorDraft:
        """What was typed, once the days are days."""
        return SponsorDraft(self.name.data or "", self.link.data or "", self.starts_on.data, self.ends_on.data)


class PromotionForm(Form):
    """What the team advertises, and from when to when."""

    title = StringField(
        "Title", validators=[InputRequired("Title is empty; write a title.")],
        render_kw={"maxlength": LONGEST_TITLE, "autocomplete": "off"},
    )  # fmt: skip
    text = TextAreaField(
        "Text", validators=[InputRequired("Text is empty; write what it is about.")],
        render_kw={"rows": 4, "maxlength": LONGEST_TEXT},
    )  # fmt: skip
    link = StringField(
        "Link", description="Begins with https://; not needed.",
        render_kw={"type": "url", "maxlength": LONGEST_LINK, "autocomplete": "off"},
    )  # fmt: skip
    starts_at = _time("Starts at (UTC)")
    ends_at = _time("Ends at (UTC)")

    def draft(self) -> PromotionDraft:
        """What was typed, once the times are times."""
        starts_at, ends_at = self.starts_at.data, self.ends_at.data
        assert starts_at is not None
        assert ends_at is not None
        return PromotionDraft(
            self.title.data or "", self.text.data or "", self.link.data or "", starts_at, ends_at
        )  # fmt: skip
