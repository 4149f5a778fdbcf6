"""Register, log in, log out."""

from collections.abc import Callable
from typing import Any, Final

from flask import Response, flash, request, session, url_for
from flask_babel import gettext

from webapp.domain.errors import DomainError
from webapp.services.accounts import accounts, sessions
from webapp.services.spine.clock import utc_now
from webapp.views import access
from webapp.views.auth.forms import LoginForm, RegisterForm
from webapp.views.devices import device_name
from webapp.views.forms import take_errors
from webapp.views.htmx import page, see_other
from webapp.views.limits import by_account, by_account_and_address, by_address, failed, limiter, remember_browser
from webapp.views.local_paths import is_local

_POST: Final = ["POST"]


def login_limits(view: Callable[..., Any]) -> Callable[..., Any]:
    """How often somebody may try passwords (goal S3): by account and address, by address, and by account alone.

    Only wrong attempts count, so that a right password is never refused for how often it is used; and what others try
    against an account stops nobody whose browser has been logged in to it before.
    """
    for rate, key in (("5/minute", by_account_and_address), ("100/hour", by_address), ("20/hour", by_account)):
        # Shared: whoever tries by the page and by the API has no more attempts than by one of them.
        view = limiter.shared_limit(rate, scope="login", key_func=key, methods=_POST, deduct_when=failed)(view)
    return view


@access.open_to(access.EVERYBODY)
@login_limits
def login() -> Response | tuple[Response, int]:
    """The login form; a right password opens a session of its own and leads to where one wanted to go."""
    form = LoginForm(next=request.args.get("next", ""))
    if form.validate_on_submit():
        try:
            secret = accounts.log_in(form.email.data, form.password.data, device=_device(), now=utc_now())
        except accounts.LoginError as error:
            take_errors(form, error)
        else:
            return _welcomed(secret, form.next.data)
    return page("auth/login.html", form=form), 422 if form.has_come() else 200


@access.open_to(access.EVERYBODY)
@limiter.limit("20/hour", key_func=by_address, methods=_POST, deduct_when=lambda answer: answer.status_code == 303)
def register() -> Response | tuple[Response, int]:
    """The form for a new account; who fills it in is logged in at once."""
    form = RegisterForm(next=request.args.get("next", ""))
    if form.validate_on_submit():
        try:
            secret = accounts.register(
                email=form.email.data, handle=form.handle.data, password=form.password.data,
                device=_device(), now=utc_now(),
            )  # fmt: skip
        except DomainError as error:
            take_errors(form, error)
        else:
            flash(gettext("Welcome. A message with a link to confirm your address is on its way."), "done")
            return _welcomed(secret, form.next.data)
    return page("auth/register.html", form=form), 422 if form.has_come() else 200


@access.open_to(access.EVERYBODY)
def logout() -> Response:
    """End the session on the server, and take the cookie away."""
    who = access.person()
    if who is not None and who.session_id is not None:
        sessions.end(who.session_id, user_id=who.user_id, now=utc_now())
    session.clear()
    flash(gettext("You are logged out."), "done")
    return access.log_out(see_other(url_for("public.home")))


def _welcomed(secret: str, wanted: str | None) -> Response:
    # Forms of before the login are of another visitor.
    kept = session.get("_flashes")
    session.clear()
    if kept:
        session["_flashes"] = kept
    target = wanted if wanted and is_local(wanted) else url_for("me.start")
    return remember_browser(access.log_in(see_other(target), secret))


def _device() -> str:
    return device_name(request.headers.get("User-Agent", ""))
