"""How the winners of a tournament were found, and an official's word where it is asked for."""

from flask import Blueprint, Response, flash, url_for
from wtforms import RadioField, SelectField, TextAreaField

from webapp.domain.errors import Conflict, ResultError
from webapp.services.organizer_pages.keeping import OutcomeView, read_outcome
from webapp.services.spine.clock import utc_now
from webapp.services.tournaments import outcome_reviews
from webapp.views import access
from webapp.views.forms import Form, take_errors
from webapp.views.htmx import page, see_other

_PLACES = ("winner_id", "runner_up_id", "third_place_id")


class ReviewForm(Form):
    """Who won, and why that is so."""

    decision = RadioField(
        "Decision",
        choices={
            outcome_reviews.CONFIRM: "What was declared stands",
            outcome_reviews.COMPUTED: "Take what is found now",
            outcome_reviews.BY_HAND: "Set them by hand",
        },
        default=outcome_reviews.CONFIRM,
        validate_choice=False,
    )
    winner_id = SelectField("First", validate_choice=False)
    runner_up_id = SelectField("Second", validate_choice=False)
    third_place_id = SelectField("Third", validate_choice=False)
    reason = TextAreaField(
        "Reason", description="10 to 500 characters; it stays on record.", render_kw={"rows": 2, "maxlength": 500}
    )

    def podium(self) -> outcome_reviews.Podium:
        """The three as chosen; what is no number is nobody."""
        first, second, third = (_number(self[name].data) for name in _PLACES)
        return first, second, third

    def offer(self, view: OutcomeView) -> None:
        """Let everybody who takes part be chosen, those of now first."""
        choices = [("", "Nobody"), *((str(who), name) for who, name in view.choices)]
        for name, who in zip(_PLACES, view.declared or (), strict=False):
            self[name].choices = choices
            if not self.has_come():
                self[name].data = str(who or "")


@access.open_to(access.ORGANIZER)
def winners(tournament_id: int) -> Response | tuple[Response, int]:
    """The rules that were applied in their order, and the form that decides."""
    form = ReviewForm()
    status = 422
    if form.has_come() and form.validate():
        try:
            return see_other(_reviewed(tournament_id, form))
        except Conflict as error:
            # There is no form before the end that could say it.
            flash(error.message, "refused")
            status = 409
        except ResultError as error:
            take_errors(form, error)
    view = read_outcome(tournament_id, actor=access.actor())
    form.offer(view)
    answer = page("organizer/winners.html", view=view, managed=view.head, form=form)
    return (answer, status) if form.has_come() else answer


def register(bp: Blueprint) -> None:
    """Serve this page."""
    bp.add_url_rule(
        "/tournaments/<int(max=2147483647):tournament_id>/winners/", "winners", winners, methods=("GET", "POST")
    )


def _reviewed(tournament_id: int, form: ReviewForm) -> str:
    is_changed = outcome_reviews.review(
        tournament_id, form.decision.data or "", podium=form.podium(), reason=form.reason.data or "",
        actor=access.actor(), now=utc_now(),
    )  # fmt: skip
    flash("The winners stand." if is_changed else "They were so already.", "done")
    return url_for("organizer.winners", tournament_id=tournament_id)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) <= 10 else None
