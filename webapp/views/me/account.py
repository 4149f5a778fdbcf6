"""One's own account: the address, the password, the sessions."""

from flask import Response, flash, request, url_for

from webapp.domain.errors import DomainError
from webapp.services.accounts import accounts, sessions
from webapp.services.pages.account_reads import read_account
from webapp.services.pages.own_entries import read_own_entries
from webapp.services.pages.own_matches import read_own_matches
from webapp.services.pages.own_notices import read_own_notices
from webapp.services.pages.team_reads import read_own
from webapp.services.spine.clock import utc_now
from webapp.views import access
from webapp.views.auth.forms import ChangePasswordForm
from webapp.views.devices import device_name
from webapp.views.forms import ConfirmForm, take_errors
from webapp.views.htmx import page, see_other
from webapp.views.limits import by_user, failed, limiter


@access.open_to(access.LOGGED_IN)
def start() -> Response:
    """What the site knows of the account, and where to go from here."""
    actor, now = access.actor(), utc_now()
    return page(
        "me/start.html",
        account=read_account(_user_id()),
        form=ConfirmForm(),
        invites=read_own(_user_id(), now=now).invites,
        notices=read_own_notices(actor),
        entries=[entry for entry in read_own_entries(actor, now=now) if entry.asks],
        matches=[match for match in read_own_matches(actor, page=1).matches if match.asks],
    )


@access.open_to(access.LOGGED_IN)
@limiter.limit("10/hour", key_func=by_user, methods=["POST"], deduct_when=failed)
def password() -> Response | tuple[Response, int]:
    """Change the password; all other browsers are logged out by it."""
    form = ChangePasswordForm()
    if form.validate_on_submit():
        device = device_name(request.headers.get("User-Agent", ""))
        try:
            secret = accounts.change_password(
                _user_id(), current=form.current.data, new=form.new.data, device=device, now=utc_now()
            )
        except DomainError as error:
            take_errors(form, error)
        else:
            flash("Your new password is set. Every other browser is logged out.", "done")
            return access.log_in(see_other(url_for("me.start")), secret)
    return page("me/password.html", form=form), 422 if form.has_come() else 200


@access.open_to(access.LOGGED_IN)
@limiter.limit("5/hour", key_func=by_user)
def send_verification() -> Response:
    """Send the link that confirms the address once more."""
    accounts.request_verification(_user_id(), now=utc_now())
    flash("A message with a link is on its way.", "done")
    return see_other(url_for("me.start"))


@access.open_to(access.LOGGED_IN)
def open_sessions() -> Response:
    """The browsers that are logged in."""
    who = access.person()
    listed = sessions.of_user(_user_id(), now=utc_now())
    return page("me/sessions.html", sessions=listed, here=who.session_id if who else None, form=ConfirmForm())


@access.open_to(access.LOGGED_IN)
def end_session(session_id: int) -> Response:
    """Log a browser out from afar."""
    sessions.end(session_id, user_id=_user_id(), now=utc_now())
    flash("That browser is logged out.", "done")
    return see_other(url_for("me.sessions"))


def _user_id() -> int:
    return access.actor().user_id or 0
