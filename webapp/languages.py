"""The languages of the site, and sentences of the code in the one that this answer is in."""

from typing import Final

from flask import has_request_context
from flask_babel import get_locale, gettext

from webapp.domain.wording import Wording

LANGUAGES: Final = {"en": "English", "bn": "বাংলা"}
"""What pages can be read in: code and own name. English is the language of the sources."""
DEFAULT: Final = "en"


def language() -> str:
    """The code of the language of this answer."""
    locale = get_locale() if has_request_context() else None
    return DEFAULT if locale is None else locale.language


def told(text: str) -> str:
    """A sentence of the code in the reader's language; one that no catalogue knows stays as it is."""
    if isinstance(text, Wording):
        values = {name: told(value) if isinstance(value, Wording) else value for name, value in text.values.items()}
        return str(gettext(text.pattern)) % values
    return str(gettext(text)) if text else text
