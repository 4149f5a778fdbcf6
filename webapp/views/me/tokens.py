"""One's own API tokens: made, shown once, listed, revoked."""

from typing import Any, Final

from flask import Response, flash, url_for
from wtforms import SelectField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.widgets import CheckboxInput, ListWidget

from webapp.domain.errors import DomainError
from webapp.domain.token_scopes import SCOPES, scopes_open_to
from webapp.services.accounts import tokens
from webapp.services.accounts.tokens import NewToken
from webapp.services.spine.clock import utc_now
from webapp.views import access
from webapp.views.forms import Form, take_errors
from webapp.views.htmx import page, see_other
from webapp.views.limits import by_user, limiter

_DEFAULT_DAYS: Final = 90


class TokenForm(Form):
    """What a new token is for, what it may do, and how long it lives."""

    name = StringField("Name", description="What it is for, such as “Stream overlay”. Only you see it.")
    scopes = SelectMultipleField(
        "What it opens", widget=ListWidget(prefix_label=False), option_widget=CheckboxInput(), default=["read"]
    )
    days = SelectField(
        "It expires after",
        coerce=int,
        choices=[SelectChoice(days, f"{days} days") for days in tokens.LIFETIMES_D],
        default=_DEFAULT_DAYS,
    )

    def __init__(self, role: str, **more: Any) -> None:
        """Offers the scopes that are open to the role."""
        super().__init__(**more)
        self.scopes.choices = [SelectChoice(name, f"{name}: {SCOPES[name].opens}") for name in scopes_open_to(role)]


@access.open_to(access.LOGGED_IN)
@limiter.limit("30/hour", key_func=by_user, methods=["POST"])
def own_tokens() -> Response | tuple[Response, int]:
    """The tokens there are, and a form for a new one.

    The secret of a new one is in that answer and nowhere else, so that there is nothing to be led to afterwards.
    """
    actor = access.actor()
    form = TokenForm(actor.role)
    if form.validate_on_submit():
        try:
            made = tokens.create(
                form.name.data or "", scopes=form.scopes.data, days=form.days.data, actor=actor, now=utc_now()
            )
        except DomainError as error:
            take_errors(form, error)
        else:
            return _page(TokenForm(actor.role, formdata=None), made)
    return _page(form), 422 if form.has_come() else 200


@access.open_to(access.LOGGED_IN)
def revoke_token(token_id: int) -> Response:
    """End one at once."""
    tokens.revoke(token_id, actor=access.actor(), now=utc_now())
    flash("The token is revoked: no program gets in by it any more.", "done")
    return see_other(url_for("me.tokens"))


def _page(form: TokenForm, made: NewToken | None = None) -> Response:
    listed = tokens.list_of(access.actor().user_id or 0, now=utc_now())
    return page("me/tokens.html", form=form, tokens=listed, made=made)
