"""The reader's language: what an address asks for, else what the browser remembers, else what it prefers.

A public fragment is the same for everybody who asks its address, so there the address alone decides (`?lang=`).
docs/decisions/0014-languages.md has the reasons.
"""

from contextlib import AbstractContextManager
from typing import Final
from urllib.parse import urlencode, urlsplit, urlunsplit

from flask import Flask, Response, has_request_context, request
from flask_babel import Babel, force_locale
from markupsafe import Markup

from webapp.domain.wording import N_
from webapp.languages import DEFAULT, LANGUAGES, language, told
from webapp.views.htmx import wants_fragment

PARAMETER: Final = "lang"
COOKIE: Final = "dc_lang"
_REMEMBERED_S: Final = 365 * 24 * 3600
_ENGLISH_AREAS: Final = frozenset({"organizer", "staff", "me", "unsubscribe", "api"})
"""Where people work with the site, where mails are stopped, and where programs read: English only, and said to be."""
_BY_ADDRESS_ALONE: Final = frozenset({"overlay", "embed"})
"""What stands inside somebody else's page or stream: no cookie of the person there counts."""


def init_locales(app: Flask, *, production: bool) -> None:
    """Give templates `_` and `ngettext`, every request its language, and browsers the memory of what they asked for."""
    app.config.update(BABEL_DEFAULT_LOCALE=DEFAULT, BABEL_TRANSLATION_DIRECTORIES="webapp/translations")
    Babel(app, locale_selector=_selected)
    environment = app.jinja_env
    environment.policies["ext.i18n.trimmed"] = True
    environment.globals["N_"] = N_
    environment.filters.update(told=told, in_language=in_language)
    app.context_processor(_of_templates)

    @app.after_request
    def _remember(response: Response) -> Response:
        asked = request.args.get(PARAMETER)
        if asked in LANGUAGES and _is_whole_page(response) and request.cookies.get(COOKIE) != asked:
            # Nothing but a word of this list is ever read from it.
            response.set_cookie(COOKIE, asked, max_age=_REMEMBERED_S, samesite="Lax", secure=production, httponly=True)
        return response


def of_address() -> AbstractContextManager[None]:
    """Answer in the language that the address asks for, whoever asks it."""
    context: AbstractContextManager[None] = force_locale(language_of_address())
    return context


def language_of_address() -> str:
    """The code of the language that the address asks for."""
    return _asked() or DEFAULT


def is_known_address() -> bool:
    """Whether the address asks for a language that there is, or for none: others are English, and worth no copy."""
    return request.args.get(PARAMETER) in {None, *LANGUAGES}


def in_language(url: str, code: str | None = None) -> str:
    """The address of a page or fragment in a language, by default this answer's. English is the plain address."""
    code = code or language()
    # What a macro makes is markup, with its ampersands escaped.
    parts = urlsplit(url.unescape() if isinstance(url, Markup) else url)
    query = [pair for pair in parts.query.split("&") if pair and pair.partition("=")[0] != PARAMETER]
    if code != DEFAULT:
        query.append(f"{PARAMETER}={code}")
    return urlunsplit(parts._replace(query="&".join(query)))


def _of_templates() -> dict[str, object]:
    """What every template knows: the language, and where else this page can be read."""
    is_translated = has_request_context() and request.blueprint not in _ENGLISH_AREAS
    return {"language": language(), "languages": LANGUAGES if is_translated else {}, "query_in": _query_in}


def _query_in(code: str) -> str:
    """The query of this page in a language, for a link to the same page that is to be remembered."""
    kept = [(name, value) for name, value in request.args.items(multi=True) if name != PARAMETER]
    return f"?{urlencode([*kept, (PARAMETER, code)])}"


def _asked() -> str | None:
    asked = request.args.get(PARAMETER, "")
    return asked if asked in LANGUAGES else None


def _selected() -> str:
    if request.blueprint in _ENGLISH_AREAS:
        return DEFAULT
    asked = _asked()
    if asked is not None or request.blueprint in _BY_ADDRESS_ALONE:
        return asked or DEFAULT
    remembered = request.cookies.get(COOKIE, "")
    if remembered in LANGUAGES:
        return remembered
    return request.accept_languages.best_match(LANGUAGES) or DEFAULT


def _is_whole_page(response: Response) -> bool:
    """Whether this is a page of a person's own: not a part of one, nor what stands in somebody else's page."""
    is_page = response.mimetype == "text/html" and response.status_code < 400 and not wants_fragment()
    return is_page and request.blueprint not in _ENGLISH_AREAS | _BY_ADDRESS_ALONE
