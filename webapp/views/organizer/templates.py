"""Templates: settings saved for the next tournament."""

from flask import Blueprint, Response, flash, request, url_for
from wtforms import RadioField, StringField

from webapp.domain.errors import Forbidden, ResultError
from webapp.domain.games import load_games
from webapp.services.organizer_pages.keeping import read_officials, read_templates
from webapp.services.spine.clock import utc_now
from webapp.services.tournaments import tournament_templates
from webapp.views import access
from webapp.views.forms import Form, take_errors
from webapp.views.htmx import page, see_other
from webapp.views.once import once

_LONGEST_SEARCH = 80
_ONE = "/templates/<int(max=2147483647):template_id>/"


class TemplateForm(Form):
    """What a template is called, and who may use it."""

    name = StringField("Name", render_kw={"maxlength": 80, "autocomplete": "off"})
    description = StringField(
        "What it is for", render_kw={"maxlength": tournament_templates.LONGEST_DESCRIPTION, "autocomplete": "off"}
    )
    scope = RadioField(
        "Who may use it",
        choices={
            "private": "I alone",
            "organization": "The organizers of this tournament",
            "global": "Everybody (staff save these)",
        },
        default="private",
        validate_choice=False,
    )


@access.open_to(access.ORGANIZER)
def templates() -> Response:
    """The templates that somebody may use."""
    given = request.args
    search = "".join(char for char in given.get("q", "")[:_LONGEST_SEARCH] if char.isprintable()).strip()
    game = given.get("game", "") if given.get("game", "") in load_games() else ""
    lines = read_templates(actor=access.actor(), search=search, game=game, scope=given.get("scope", ""))
    games = [(slug, known.title) for slug, known in load_games().items()]
    return page(
        "organizer/templates.html", lines=lines, search=search, game=game, games=games, scope=given.get("scope", "")
    )


@access.open_to(access.ORGANIZER)
def save(tournament_id: int) -> Response | tuple[Response, int]:
    """Save a tournament's settings as a template."""
    form, status = TemplateForm(), 422
    if form.has_come() and form.validate():
        try:
            return once(lambda: _saved(tournament_id, form))
        except ResultError as error:
            take_errors(form, error)
        except Forbidden as error:
            status = 403
            form.form_errors.append(error.message)
    view = read_officials(tournament_id, actor=access.actor())
    answer = page("organizer/template_save.html", managed=view.head, form=form)
    return (answer, status) if form.has_come() else answer


@access.open_to(access.ORGANIZER)
def use(template_id: int) -> Response:
    """Begin a tournament with a template's settings."""
    tournament_templates.apply(template_id, {}, actor=access.actor(), now=utc_now())
    return see_other(url_for("organizer.new", template=template_id))


@access.open_to(access.ORGANIZER)
def switch(template_id: int) -> Response:
    """Switch a template on or off."""
    is_active = request.form.get("state") == "on"
    tournament_templates.set_active(template_id, is_active=is_active, actor=access.actor(), now=utc_now())
    flash("The template can be used." if is_active else "The template is switched off.", "done")
    return see_other(url_for("organizer.templates"))


@access.open_to(access.ORGANIZER)
def delete(template_id: int) -> Response:
    """Take a template off every list."""
    tournament_templates.delete(template_id, actor=access.actor(), now=utc_now())
    flash("The template is deleted.", "done")
    return see_other(url_for("organizer.templates"))


def register(bp: Blueprint) -> None:
    """Serve these pages."""
    bp.add_url_rule("/templates/", "templates", templates)
    bp.add_url_rule(
        "/tournaments/<int(max=2147483647):tournament_id>/template/", "save_template", save, methods=("GET", "POST")
    )
    bp.add_url_rule(_ONE + "use/", "use_template", use, methods=("POST",))
    bp.add_url_rule(_ONE + "switch/", "switch_template", switch, methods=("POST",))
    bp.add_url_rule(_ONE + "delete/", "delete_template", delete, methods=("POST",))


def _saved(tournament_id: int, form: TemplateForm) -> str:
    tournament_templates.save(
        tournament_id, form.name.data or "", description=form.description.data or "", scope=form.scope.data or "",
        actor=access.actor(), now=utc_now(),
    )  # fmt: skip
    flash("The template is saved.", "done")
    return url_for("organizer.templates")
