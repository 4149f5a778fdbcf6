"""Pages behind links that come by mail: a new password, a verified address. Opening them changes nothing yet."""

from flask import Response, flash, url_for
from flask_babel import gettext

from webapp.domain.errors import DomainError
from webapp.services.accounts import accounts, links
from webapp.services.spine.clock import utc_now
from webapp.views import access
from webapp.views.auth.forms import ForgotForm, NewPasswordForm
from webapp.views.forms import ConfirmForm, take_errors
from webapp.views.htmx import page, see_other
from webapp.views.limits import by_account, by_address, limiter


@access.open_to(access.EVERYBODY)
@limiter.limit("20/hour", key_func=by_address, methods=["POST"])
@limiter.limit("5/hour", key_func=by_account, methods=["POST"])
def forgot() -> Response | tuple[Response, int]:
    """Ask for a link; the answer is the same for every address."""
    form = ForgotForm()
    if form.validate_on_submit():
        accounts.request_reset(form.email.data, now=utc_now())
        sent = gettext("If the address has an account, a message with a link is on its way. It is good for an hour.")
        flash(sent, "done")
        return see_other(url_for("auth.login"))
    return page("auth/forgot.html", form=form), 422 if form.has_come() else 200


@access.open_to(access.EVERYBODY)
@limiter.limit("60/hour", key_func=by_address)
def reset(token: str) -> Response | tuple[Response, int]:
    """Choose the new password that a link from a message allows."""
    form = NewPasswordForm()
    try:
        accounts.check_reset_link(token)
        if form.validate_on_submit():
            accounts.reset_password(token, form.password.data, now=utc_now())
            done = gettext("Your new password is set, and every session of the account has ended. Log in with it.")
            flash(done, "done")
            return see_other(url_for("auth.login"))
    except links.LinkError as error:
        return page("auth/dead_link.html", message=error.message), 410
    except DomainError as error:
        take_errors(form, error)
    return page("auth/reset.html", form=form), 422 if form.has_come() else 200


@access.open_to(access.EVERYBODY)
@limiter.limit("60/hour", key_func=by_address)
def verify(token: str) -> Response | tuple[Response, int]:
    """Confirm the address by a button: programs that look into mail open links, too."""
    form = ConfirmForm()
    try:
        links.read("email-verification", token)
        if form.validate_on_submit():
            accounts.verify_email(token, now=utc_now())
            flash(gettext("Your address is confirmed."), "done")
            return see_other(url_for("auth.login")) if access.person() is None else see_other(url_for("me.start"))
    except links.LinkError as error:
        return page("auth/dead_link.html", message=error.message), 410
    return page("auth/verify.html", form=form)
