"""Errors: what the rules refuse and what breaks, as a page, a fragment or a problem document, with what to do next."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final, NamedTuple

import orjson
import structlog
from flask import Flask, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from markupsafe import escape
from sqlalchemy.exc import DataError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.exceptions import NotFound as NowhereError

from webapp.domain.errors import (
    Conflict,
    DomainError,
    FeatureDisabled,
    FieldError,
    Forbidden,
    LoginRequired,
    NotFound,
    TooMany,
    TransitionError,
)
from webapp.domain.wording import N_
from webapp.extensions import db
from webapp.languages import DEFAULT, language, told
from webapp.logging import request_id

log = structlog.get_logger(__name__)


class Words(NamedTuple):
    """What a person is told about a status: what it is, what happened, and what to do next."""

    title: str
    message: str
    what_to_do: str


WORDS: Final[Mapping[int, Words]] = {
    400: Words(
        N_("That request could not be read"),
        N_("Something in it is missing or garbled."),
        N_("Go back, reload the page and try once more."),
    ),
    401: Words(
        N_("Please log in"), N_("This page is for people who are logged in."), N_("Log in, then open the page again.")
    ),
    403: Words(
        N_("This is not open to you"),
        N_("Your role does not reach this page or action."),
        N_("Ask the organizer of the tournament, or log in with another account."),
    ),
    404: Words(
        N_("Nothing is here"),
        N_("The page does not exist, or it is not public yet."),
        N_("Check the address, or look for the tournament in the list of tournaments."),
    ),
    405: Words(
        N_("This address does not do that"),
        N_("The page exists, but not for this kind of request."),
        N_("Open it from its own link or form instead."),
    ),
    409: Words(
        N_("Somebody was here before you"),
        N_("What you wanted to change is no longer as you saw it."),
        N_("Reload the page, look at what changed, and decide again."),
    ),
    413: Words(
        N_("That is too large"),
        N_("The file or form is larger than allowed."),
        N_("Make it smaller and send it again."),
    ),
    415: Words(
        N_("That kind of file is not taken"),
        N_("The content is of a type that this address does not read."),
        N_("Send one of the types that the form or the API's description names."),
    ),
    422: Words(
        N_("That cannot be accepted"),
        N_("The request was understood, but the rules refuse it."),
        N_("Correct what is named and send it again."),
    ),
    429: Words(
        N_("Too many requests"), N_("You asked more often than is allowed."), N_("Wait a little, then try again.")
    ),
    500: Words(
        N_("Something broke on our side"),
        N_("The error is written down. Nothing half-done was saved."),
        N_("Try again in a moment. If it stays, tell the organizer the request id below."),
    ),
    503: Words(
        N_("Not available right now"),
        N_("A part of the site that this page needs does not answer."),
        N_("Wait a few seconds and reload. If it stays, tell the organizer the request id below."),
    ),
}

_STALE_FORM: Final = Words(
    N_("This form is no longer good"),
    N_("It was opened before you logged in or out, or by a browser that takes no cookies. Nothing was saved."),
    N_("Reload the page the form is on, and send it again."),
)
_STATUS_OF: Final[Mapping[type[DomainError], int]] = {
    LoginRequired: 401,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    TransitionError: 409,
    TooMany: 429,
    FeatureDisabled: 503,
}
_LARGEST_ID: Final = "2147483647"
_ON_AIR: Final = "/overlay/"
_INSIDE_OTHERS: Final[Mapping[str, str]] = {_ON_AIR: "overlay/nothing.html", "/embed/": "embed/nothing.html"}
"""What stands in a stream or in somebody else's page says little, and nothing there is ours to link to."""
_NUL: Final = "NUL (0x00)"
"""How PostgreSQL's driver calls the character."""
_DATABASE_AWAY: Final = (OperationalError, InterfaceError, PoolTimeoutError)
_LAST_RESORT: Final = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>
<body><h1>{title}</h1><p>{message}</p><p>{what_to_do}</p><p><a href="/">To the start page</a></p>
<p>Request id: <code>{request_id}</code></p></body></html>"""


class Problem(NamedTuple):
    """One error on its way to the client."""

    status: int
    code: str
    words: Words
    fields: tuple[FieldError, ...] = ()


def init_errors(app: Flask) -> None:
    """Answer every error of the application in the form that the client reads."""

    @app.errorhandler(DomainError)
    def _refused(error: DomainError) -> Response:
        return _refusal(error)

    @app.errorhandler(HTTPException)
    def _http(error: HTTPException) -> Response | HTTPException:
        if error.code is None or error.code < 400 or error.response is not None:
            return error  # a redirect, or an answer that is complete already
        if isinstance(error, MethodNotAllowed) and _names_no_id(request.path):
            # Where an address takes several methods, routing says this of an id that its converter refuses.
            error = NowhereError()
        response = error_response(_http_problem(error))
        for name, value in error.get_headers(request.environ):
            # Allow, Retry-After, WWW-Authenticate: part of what the status means.
            if name.lower() not in {"content-type", "content-length"}:
                response.headers[name] = value
        return response

    @app.errorhandler(Exception)
    def _broken(error: Exception) -> Response:
        _leave_session_clean()
        if isinstance(error, DataError) and _NUL in str(error.orig):
            # No text that anybody reads holds it; PostgreSQL keeps none, and refuses it in a search as well.
            return error_response(Problem(400, "bad_request", WORDS[400]))
        return _broke(error)


def _broke(error: Exception) -> Response:
    """What is told of an error of ours, which is written down; and of a database that is away."""
    is_away = isinstance(error, _DATABASE_AWAY) and not _is_wrong_statement(error)
    log.error("request_failed", endpoint=request.endpoint, exc_info=error)
    status, code = (503, "database_away") if is_away else (500, "internal_error")
    response = error_response(Problem(status, code, WORDS[status]))
    if is_away:
        response.headers["Retry-After"] = "5"
    return response


def error_response(problem: Problem) -> Response:
    """The problem as RFC 9457 JSON under `/api/`, as a fragment for HTMX, else as a page; never fails itself."""
    if request.path.startswith("/api/"):
        response = _problem_document(problem)
    else:
        response = Response(_markup(problem), problem.status, content_type="text/html; charset=utf-8")
        response.vary.add("HX-Request")
        if problem.status >= 500 and request.path.startswith(_ON_AIR):
            # Nobody is there to load the page of a stream again.
            response.headers["Refresh"] = "5"
    response.headers["Cache-Control"] = "no-store"
    return response


def _refusal(error: DomainError) -> Response:
    if isinstance(error, LoginRequired) and not request.path.startswith("/api/"):
        return _to_login()
    response = error_response(_problem_of(error))
    if isinstance(error, TooMany | FeatureDisabled):
        response.headers["Retry-After"] = str(error.retry_after_s)
    if isinstance(error, LoginRequired):
        response.headers["WWW-Authenticate"] = f'Bearer realm="DeltaCrown", error="{error.code}"'
    return response


def _names_no_id(path: str) -> bool:
    """Whether a number in the address is larger than any id; compared as text, since it may be of any length."""
    numbers = (part.lstrip("0") for part in path.split("/") if part.isascii() and part.isdecimal())
    return any((len(number), number) > (len(_LARGEST_ID), _LARGEST_ID) for number in numbers)


def _to_login() -> Response:
    """The login page, which leads back here; htmx is told to go there whole, lest the page lands in a part."""
    query = request.query_string.decode(errors="replace")
    came_from = (f"{request.path}?{query}" if query else request.path) if request.method == "GET" else None
    if request.headers.get("HX-Request") == "true":
        response = Response(status=401)
        response.headers["HX-Redirect"] = url_for("auth.login")
        return response
    if request.method != "GET":
        flash(gettext("You are not logged in any more, and nothing was saved. Log in, then send it again."), "refused")
    answer: Response = redirect(url_for("auth.login", next=came_from), 303)  # type: ignore[assignment]  # Werkzeug's class
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _problem_of(error: DomainError) -> Problem:
    status = next((_STATUS_OF[kind] for kind in type(error).__mro__ if kind in _STATUS_OF), 422)
    return Problem(status, error.code, WORDS[status]._replace(message=error.message), error.fields)


def _http_problem(error: HTTPException) -> Problem:
    if isinstance(error, CSRFError):
        return Problem(400, "form_token_missing", _STALE_FORM)
    status = error.code or 500
    name = HTTPStatus(status).phrase if status in {known.value for known in HTTPStatus} else "error"
    words = WORDS.get(status) or WORDS[500 if status >= 500 else 400]._replace(title=name)
    return Problem(status, name.lower().replace(" ", "_").replace("-", "_"), words)


def _problem_document(problem: Problem) -> Response:
    document = {
        "type": "about:blank",
        "title": problem.words.title,
        "status": problem.status,
        "detail": problem.words.message,
        "code": problem.code,
        "errors": [{"path": field.path, "message": field.message} for field in problem.fields],
        "what_to_do": problem.words.what_to_do,
        "request_id": request_id(),
    }
    return Response(orjson.dumps(document), problem.status, content_type="application/problem+json")


def _markup(problem: Problem) -> str:
    """The error's HTML. From 500 on the page stands alone, since what the layout needs may be what broke."""
    variables = {
        "status": problem.status,
        **problem.words._asdict(),
        "fields": problem.fields,
        "request_id": request_id(),
    }
    try:
        return render_template(_template(problem), **{**variables, **_for_readers(problem)._asdict()})
    except Exception:
        log.exception("error_page_failed", status=problem.status)
        return _LAST_RESORT.format_map({name: escape(value) for name, value in variables.items()})


def _template(problem: Problem) -> str:
    inside = next((name for prefix, name in _INSIDE_OTHERS.items() if request.path.startswith(prefix)), None)
    if inside is not None:
        return inside
    if request.headers.get("HX-Request") == "true" and "HX-History-Restore-Request" not in request.headers:
        return "errors/_error.html"
    return "errors/standalone.html" if problem.status >= 500 else "errors/error.html"


def _for_readers(problem: Problem) -> Words:
    """The words in the reader's language. What only this case says is English: others get what is always said."""
    words = problem.words
    usual = WORDS.get(problem.status)
    if usual is not None and language() != DEFAULT and told(words.message) == words.message:
        words = words._replace(message=usual.message)
    return Words(*map(told, words))


def _is_wrong_statement(error: Exception) -> bool:
    # SQLite calls a missing table an operational error too; waiting would not help.
    return getattr(getattr(error, "orig", None), "sqlite_errorname", None) == "SQLITE_ERROR"


def _leave_session_clean() -> None:
    try:
        db.session.rollback()
    except Exception:
        # The database may be what broke; the page is worth more than the rollback, which the pool repeats anyway.
        log.exception("rollback_failed")
