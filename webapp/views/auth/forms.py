"""What people type to get in. Rules of passwords and handles are the services'."""

from typing import Final

from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, Length

from webapp.domain.wording import N_, worded
from webapp.services.accounts.passwords import LONGEST, SHORTEST
from webapp.services.accounts.users import LONGEST_EMAIL, LONGEST_HANDLE
from webapp.views.forms import Form

_EMAIL: Final = {"autocomplete": "username", "inputmode": "email", "autocapitalize": "none", "spellcheck": "false"}
_NEW: Final = {"autocomplete": "new-password"}
_CHOOSE: Final = worded("At least %(count)s characters; several words are best.", count=SHORTEST)


def _email() -> StringField:
    return StringField(
        N_("Email address"),
        [InputRequired(N_("Type your address.")), Length(max=LONGEST_EMAIL)],
        filters=[lambda typed: typed.strip() if typed else typed],
        render_kw=_EMAIL,
    )


def new_password(label: str) -> PasswordField:
    """A field for a password that is being chosen."""
    wanted = [InputRequired(N_("Choose a password.")), Length(max=LONGEST)]
    return PasswordField(label, wanted, description=_CHOOSE, render_kw=_NEW)


class LoginForm(Form):
    """Address and password; `next` is where to go afterwards."""

    email = _email()
    password = PasswordField(
        N_("Password"),
        [InputRequired(N_("Type your password.")), Length(max=LONGEST)],
        render_kw={"autocomplete": "current-password"},
    )
    next = HiddenField()


class RegisterForm(Form):
    """A new account."""

    handle = StringField(
        N_("Handle"),
        [InputRequired(N_("Choose the name that everybody sees.")), Length(max=LONGEST_HANDLE)],
        description=N_("Your public name. Results, boards and teams show it; your address stays private."),
        render_kw={"autocomplete": "nickname", "spellcheck": "false"},
    )
    email = _email()
    password = new_password(N_("Password"))
    next = HiddenField()


class ForgotForm(Form):
    """Where to send the link."""

    email = _email()


class NewPasswordForm(Form):
    """The new password."""

    password = new_password(N_("New password"))


class ChangePasswordForm(Form):
    """The present password and the new one."""

    current = PasswordField(
        "Present password",
        [InputRequired("Type your present password."), Length(max=LONGEST)],
        render_kw={"autocomplete": "current-password"},
    )
    new = new_password("New password")
