"""The forms of teams."""

from typing import Any, Final

from wtforms import FileField, SelectField, StringField, TextAreaField

from webapp.domain.teams import ASSIGNED, LONGEST_DESCRIPTION, LONGEST_LINE_UP_NAME, LONGEST_NAME, team_games
from webapp.domain.uploads import RULES
from webapp.services.accounts.users import LONGEST_HANDLE
from webapp.views.forms import Form

ROLES: Final = {role: role.capitalize() for role in ASSIGNED}
IN_LINE_UP: Final = {"": "Does not play", "player": "Player", "substitute": "Substitute", "coach": "Coach"}
_LOGO: Final = RULES["logo"]


class TeamForm(Form):
    """What a team is called."""

    name = StringField("Name", render_kw={"maxlength": LONGEST_NAME, "autocomplete": "off"})
    tag = StringField(
        "Tag", description="2 to 5 letters or digits that stand for the name; not needed.",
        render_kw={"maxlength": 5, "autocomplete": "off"},
    )  # fmt: skip
    description = TextAreaField(
        "About the team", description="Everybody reads it. A blank line starts a new paragraph.",
        render_kw={"rows": 4, "maxlength": LONGEST_DESCRIPTION},
    )  # fmt: skip


class NewTeamForm(TeamForm):
    """A new team; its game stays."""

    game = SelectField(
        "Game", validate_choice=False, description="A team plays one game, and you are in one team of it."
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.game.choices = {slug: game.title for slug, game in team_games().items()}


class LogoForm(Form):
    """A picture."""

    file = FileField("Picture", description=f"{_LOGO.words}.", render_kw={"accept": _LOGO.accept})


class InviteForm(Form):
    """Whom to ask, and as what."""

    handle = StringField(
        "Handle", description="As its owner writes it; capitals do not matter.",
        render_kw={"maxlength": LONGEST_HANDLE, "autocomplete": "off", "autocapitalize": "none"},
    )  # fmt: skip
    role = SelectField("As", choices=ROLES, default="player", validate_choice=False)


class LineUpForm(Form):
    """The name of a line-up; who plays as what comes beside it, a field a member."""

    name = StringField("Name", render_kw={"maxlength": LONGEST_LINE_UP_NAME, "autocomplete": "off"})
