"""Who may open which address: every view says the least role that it is for, and nobody else reaches it.

What belongs to somebody is asked about by the services (`services.permissions`); this is the door before it.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, Final, TypeVar

import structlog
from flask import Flask, Response, current_app, g, request
from flask_login import LoginManager, UserMixin, current_user

from webapp.domain.errors import Forbidden, LoginRequired
from webapp.domain.permissions import reaches
from webapp.services.accounts import sessions
from webapp.services.accounts.sessions import Person
from webapp.services.spine.actors import Actor
from webapp.services.spine.clock import utc_now


class Door(StrEnum):
    """The least that somebody must be to pass."""

    EVERYBODY = "everybody"
    LOGGED_IN = "spectator"
    PLAYER = "player"
    ORGANIZER = "organizer"
    ADMIN = "admin"


EVERYBODY: Final = Door.EVERYBODY
LOGGED_IN: Final = Door.LOGGED_IN
PLAYER: Final = Door.PLAYER
ORGANIZER: Final = Door.ORGANIZER
ADMIN: Final = Door.ADMIN

COOKIE: Final = "dc_session"
_MARK: Final = "door"
_BEARER: Final = "bearer_loader"
_NOT_OURS: Final = frozenset({"static"})

View = TypeVar("View", bound=Callable[..., Any])
BearerLoader = Callable[[str], Person]


class _Account(UserMixin):  # type: ignore[misc]  # Flask-Login ships no types
    """The person, as Flask-Login holds it."""

    def __init__(self, person: Person) -> None:
        self.id = person.user_id
        self.person = person


def open_to(door: Door) -> Callable[[View], View]:
    """Declare the least role that a view is for; every view has this, or the application does not start."""

    def mark(view: View) -> View:
        setattr(view, _MARK, door)
        return view

    return mark


def door_of(app: Flask, endpoint: str) -> Door:
    """What the view behind an endpoint declares."""
    if endpoint in _NOT_OURS:
        return EVERYBODY
    door: Door = getattr(app.view_functions[endpoint], _MARK)
    return door


def init_access(app: Flask) -> None:
    """Know who is logged in, and let nobody through a door that is not theirs."""
    manager = LoginManager()
    # Its own guard compares browsers by what they say of themselves, and sets a cookie for it.
    manager.session_protection = None
    manager.request_loader(_load)
    # init_app would also look at the session's cookie after every request, even of fragments, which are the same for
    # everybody and must not vary by it.
    app.login_manager = manager  # type: ignore[attr-defined]  # where Flask-Login looks for it
    app.before_request(_check_door)
    app.after_request(_keep_private)
    app.jinja_env.globals["person"] = person
    app.jinja_env.globals["has_page"] = app.view_functions.__contains__
    app.jinja_env.tests["role_at_least"] = lambda who, least: who is not None and reaches(who.role, least)


def use_bearer(app: Flask, load: BearerLoader) -> None:
    """Let `load` say whose an `Authorization` header under /api/ is; it raises LoginRequired for nobody's."""
    app.extensions[_BEARER] = load


def ensure_declared(app: Flask) -> None:
    """Raises RuntimeError naming the views that do not say whom they are for."""
    silent = [name for name, view in app.view_functions.items() if name not in _NOT_OURS and not hasattr(view, _MARK)]
    if silent:
        raise RuntimeError(f"say whom these views are open to, by @access.open_to(…): {', '.join(sorted(silent))}")


def person() -> Person | None:
    """Who is logged in; None for an anonymous visitor."""
    account = current_user._get_current_object()  # noqa: SLF001  (Werkzeug's way to the object behind a proxy)
    return account.person if isinstance(account, _Account) else None


def actor() -> Actor:
    """Who is logged in, as services know them. Raises LoginRequired."""
    who = person()
    if who is None:
        raise LoginRequired("Log in first.")
    return who.actor


def is_bearer() -> bool:
    """Whether the request carries a token of its own, and so needs no proof that a browser meant it."""
    return request.path.startswith("/api/") and "Authorization" in request.headers


def log_in(response: Response, secret: str) -> Response:
    """Give the browser its session's cookie."""
    response.set_cookie(
        _cookie_name(), secret, max_age=sessions.LONGEST, httponly=True, samesite="Lax", secure=_is_secure()
    )
    return response


def log_out(response: Response) -> Response:
    """Take the cookie away."""
    response.delete_cookie(_cookie_name(), httponly=True, samesite="Lax", secure=_is_secure())
    return response


def person_of_cookie(secret: str | None) -> Person | None:
    """Who holds the secret of a session's cookie."""
    return sessions.find(secret, now=utc_now()) if secret else None


def _load(_request: object) -> _Account | None:
    if is_bearer() and _BEARER in current_app.extensions:
        load: BearerLoader = current_app.extensions[_BEARER]
        who: Person | None = load(request.headers["Authorization"])
    else:
        who = person_of_cookie(request.cookies.get(_cookie_name()))
    if who is None:
        return None
    g.is_personal = True
    structlog.contextvars.bind_contextvars(user_id=who.user_id)
    return _Account(who)


def _check_door() -> None:
    if request.endpoint is None:
        return
    door = door_of(current_app, request.endpoint)
    if door is EVERYBODY:
        return
    who = person()
    if who is None:
        raise LoginRequired("This page is for people who are logged in.")
    if not reaches(who.role, door.value):
        raise Forbidden(f"This is for the role {door.value}; yours is {who.role}.")


def _keep_private(response: Response) -> Response:
    """What was made for one person is kept by nobody (goal S5)."""
    if g.get("is_personal"):
        response.headers["Cache-Control"] = "no-store"
    return response


def _cookie_name() -> str:
    return f"__Host-{COOKIE}" if _is_secure() else COOKIE


def _is_secure() -> bool:
    return bool(current_app.config["SESSION_COOKIE_SECURE"])
