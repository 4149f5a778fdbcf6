"""The reader's language: what an address asks for, else what the browser remembers, else what it prefers.

A public fragment is the same for everybody who asks its address, so there the address alone decides (`?lang=`).
"""

from typing import Final

from flask import Flask, has_request_context, request
from flask_babel import Babel, get_locale

LANGUAGES: Final = {"en": "English", "bn": "বাংলা"}
"""What pages can be read in: code and own name. English is the language of the sources."""
COOKIE: Final = "dc_lang"


def init_locales(app: Flask) -> None:
    """Give templates `_` and `ngettext`, and every request its language."""
    app.config.update(BABEL_DEFAULT_LOCALE="en", BABEL_TRANSLATION_DIRECTORIES="translations")
    Babel(app, locale_selector=_selected)
    app.context_processor(lambda: {"language": language(), "languages": LANGUAGES})


def language() -> str:
    """The code of the language of this answer."""
    locale = get_locale() if has_request_context() else None
    return "en" if locale is None else locale.language


def _selected() -> str:
    asked = request.args.get("lang", "")
    if asked in LANGUAGES:
        return asked
    if request.path.endswith("/fragment/"):
        return "en"
    remembered = request.cookies.get(COOKIE, "")
    if remembered in LANGUAGES:
        return remembered
    return request.accept_languages.best_match(LANGUAGES) or "en"
