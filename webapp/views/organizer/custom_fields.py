"""What organizers ask at registration: the list of questions and their editor."""

from typing import Any, Final

from flask import Blueprint, Response, flash, request, url_for
from wtforms import BooleanField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice

from webapp.domain.custom_fields import KINDS, LONGEST_HELP, LONGEST_LABEL, FieldRule
from webapp.domain.errors import Conflict, DomainError, NotFound
from webapp.services.organizer_pages.managed import ensure_custom_field_of
from webapp.services.organizer_pages.questions import QuestionsView, read_questions
from webapp.services.registration import custom_fields as questions
from webapp.services.spine.clock import utc_now
from webapp.views import access
from webapp.views.forms import Form, take_errors
from webapp.views.htmx import page, see_other
from webapp.views.once import once

_ALL: Final = "/tournaments/<int(max=2147483647):tournament_id>/questions/"
_ONE: Final = _ALL + "<int(max=2147483647):field_id>/"
_KINDS: Final = {
    "text": "Text",
    "number": "Number",
    "dropdown": "One of several choices",
    "url": "Address of a page",
    "toggle": "Yes or no",
    "date": "Day",
    "media": "Picture or PDF",
}


class QuestionForm(Form):
    """A question. Least and most are a length, a value or a day; choices stand one a line."""

    label = StringField("Question", render_kw={"maxlength": LONGEST_LABEL, "autocomplete": "off"})
    key = StringField(
        "Name in tables", description="Small letters, digits and _, such as discord_name. It stays.",
        render_kw={"maxlength": 40, "autocomplete": "off", "spellcheck": "false"},
    )  # fmt: skip
    kind = SelectField("Answer", choices=[SelectChoice(kind, _KINDS[kind]) for kind in KINDS], validate_choice=False)
    help = StringField("Hint", description="Stands below the question.", render_kw={"maxlength": LONGEST_HELP})
    is_required = BooleanField("Nobody registers without an answer")
    least = StringField("At least", description="Characters, value or day.", render_kw={"autocomplete": "off"})
    most = StringField("At most", render_kw={"autocomplete": "off"})
    choices = TextAreaField("Choices", description="One a line.", render_kw={"rows": 3})

    def rule(self) -> FieldRule:
        """What the form says, limits only of the kind they belong to."""
        kind = self.kind.data or ""
        limits: dict[str, Any] = {}
        if kind == "dropdown":
            lines = (self.choices.data or "").splitlines()
            limits["choices"] = [line.strip() for line in lines if line.strip()]
        elif kind in ("text", "number", "date"):
            ends = (("min", self.least.data), ("max", self.most.data))
            limits = {name: value.strip() for name, value in ends if value and value.strip()}
        return FieldRule(
            (self.key.data or "").strip(), self.label.data or "", kind, bool(self.is_required.data),
            self.help.data or "", questions.plain_limits(kind, limits),
        )  # fmt: skip

    def take(self, error: DomainError) -> None:
        """What is wrong with a limit stands beside the field that it was written in."""
        places = {"limits.min": "least", "limits.max": "most", "limits.choices": "choices"}
        error.fields = tuple(one._replace(path=places.get(one.path, one.path)) for one in error.fields)
        take_errors(self, error)


def register(bp: Blueprint) -> None:
    """Serve these pages."""
    bp.add_url_rule(_ALL, "questions", list_questions, methods=("GET", "POST"))
    bp.add_url_rule(_ONE, "question", change_question, methods=("GET", "POST"))
    bp.add_url_rule(_ONE + "move/", "move_question", move_question, methods=("POST",))
    bp.add_url_rule(_ONE + "remove/", "remove_question", remove_question, methods=("POST",))


@access.open_to(access.ORGANIZER)
def list_questions(tournament_id: int) -> Response | tuple[Response, int]:
    """All questions in order, and a form for one more."""
    form = QuestionForm()
    if form.validate_on_submit():
        try:
            return once(lambda: _added(tournament_id, form))
        except NotFound:
            raise
        except DomainError as error:
            form.take(error)
            return _page(tournament_id, form), 409 if isinstance(error, Conflict) else 422
    return _page(tournament_id, form), 422 if form.has_come() else 200


@access.open_to(access.ORGANIZER)
def change_question(tournament_id: int, field_id: int) -> Response | tuple[Response, int]:
    """One of them, in the same form."""
    ensure_custom_field_of(tournament_id, field_id)
    view = read_questions(tournament_id, actor=access.actor())
    form = QuestionForm(data=_as_data(view, field_id))
    if form.validate_on_submit():
        try:
            questions.change(field_id, form.rule(), actor=access.actor(), now=utc_now())
        except DomainError as error:
            form.take(error)
        else:
            flash("The question is changed.", "done")
            return _back(tournament_id)
    return _page(tournament_id, form, field_id), 422 if form.has_come() else 200


@access.open_to(access.ORGANIZER)
def move_question(tournament_id: int, field_id: int) -> Response:
    """One place up or down."""
    ensure_custom_field_of(tournament_id, field_id)
    step = -1 if request.form.get("to") == "up" else 1
    questions.reorder(field_id, step, actor=access.actor(), now=utc_now())
    return _back(tournament_id)


@access.open_to(access.ORGANIZER)
def remove_question(tournament_id: int, field_id: int) -> Response:
    """It is asked no more."""
    ensure_custom_field_of(tournament_id, field_id)
    questions.remove(field_id, actor=access.actor(), now=utc_now())
    flash("The question is gone.", "done")
    return _back(tournament_id)


def _added(tournament_id: int, form: QuestionForm) -> str:
    questions.add(tournament_id, form.rule(), actor=access.actor(), now=utc_now())
    flash("It is asked from now on.", "done")
    return url_for("organizer.questions", tournament_id=tournament_id)


def _as_data(view: QuestionsView, field_id: int) -> dict[str, Any]:
    rule = next(question.rule for question in view.questions if question.id == field_id)
    return rule._asdict() | {
        "least": str(rule.limits.get("min", "")),
        "most": str(rule.limits.get("max", "")),
        "choices": "\n".join(rule.limits.get("choices", ())),
    }


def _back(tournament_id: int) -> Response:
    return see_other(url_for("organizer.questions", tournament_id=tournament_id))


def _page(tournament_id: int, form: QuestionForm, editing: int | None = None) -> Response:
    view = read_questions(tournament_id, actor=access.actor())
    return page("organizer/questions.html", view=view, managed=view.head, form=form, editing=editing, kinds=_KINDS)
