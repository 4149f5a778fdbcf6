"""The way out of mails: the page behind the link in each of them, and the one click of mail programs (RFC 8058)."""

from flask import Blueprint, Flask, Response

from webapp.services.accounts.links import LinkError
from webapp.services.notifications import unsubscribing
from webapp.services.spine.clock import utc_now
from webapp.views import access
from webapp.views.htmx import page

bp = Blueprint("unsubscribe", __name__, url_prefix="/unsubscribe")


@access.open_to(access.EVERYBODY)
def ask(token: str) -> Response | tuple[Response, int]:
    """Ask whether to stop; nothing changes, since programs that look into mail open every link."""
    try:
        return page("unsubscribe/ask.html", target=unsubscribing.look(token))
    except LinkError as error:
        return page("unsubscribe/dead.html", message=error.message), 410


@access.open_to(access.EVERYBODY)
def stop(token: str) -> Response | tuple[Response, int]:
    """Stop the mails. The signed address is all that counts: no cookie, no form's token, no redirect."""
    try:
        return page("unsubscribe/done.html", target=unsubscribing.unsubscribe(token, now=utc_now()))
    except LinkError as error:
        return page("unsubscribe/dead.html", message=error.message), 410


bp.add_url_rule("/<token>/", "ask", ask)
bp.add_url_rule("/<token>/", "stop", stop, methods=("POST",))


def register(app: Flask) -> None:
    """Serve these pages."""
    app.register_blueprint(bp)
