"""The forms of disputes and corrections: the same for the sides of a match, its officials and the staff."""

from collections.abc import Sequence
from typing import Any, Final

from flask import request
from wtforms import BooleanField, FileField, RadioField, SelectField, StringField, TextAreaField

from webapp.domain.disputes import COMMENT_LENGTH, LONGEST_LINK, REASONS, RESOLUTIONS, TEXT_LENGTH
from webapp.domain.errors import FieldError, ResultError
from webapp.domain.uploads import RULES
from webapp.services.disputes.dispute_decisions import REJECT, Decision
from webapp.services.pages.dispute_view import DisputeView, LobbyLine
from webapp.services.pages.report_views import ReportedGame
from webapp.views.forms import Form
from webapp.views.series_form import GamesForm

_CHOICE: Final = "choice-"
_NONE: Final = -1


class ObjectionForm(GamesForm):
    """Why a result is disputed, and what it was."""

    reason_code = SelectField("What is wrong", choices=dict(REASONS), validate_choice=False)
    text = TextAreaField(
        "What happened", description="10 to 2,000 characters. The other side and the officials read it.",
        render_kw={"rows": 5, "maxlength": TEXT_LENGTH.stop - 1},
    )  # fmt: skip


class CommentForm(Form):
    """Something to be said."""

    text = TextAreaField("Your comment", render_kw={"rows": 3, "maxlength": COMMENT_LENGTH.stop - 1})
    is_internal = BooleanField("A note for officials alone")


class EvidenceForm(Form):
    """A picture or a link."""

    file = FileField(
        "Picture", description=RULES["evidence"].words, render_kw={"accept": RULES["evidence"].accept}
    )  # fmt: skip
    url = StringField(
        "Or a link", render_kw={"type": "url", "maxlength": LONGEST_LINK, "autocomplete": "off",
                                "placeholder": "https://"},
    )  # fmt: skip


class DecisionForm(GamesForm):
    """How a dispute is decided."""

    resolution = RadioField(
        "The decision", choices={**RESOLUTIONS, REJECT: "The objection is turned down; the result stands"},
        validate_choice=False,
    )  # fmt: skip
    lost_by = RadioField("Which side loses", coerce=int, validate_choice=False)
    reason = TextAreaField(
        "Reason", description="10 to 500 characters; both sides read it, and it stays on record.",
        render_kw={"rows": 3, "maxlength": 500},
    )  # fmt: skip

    def decision(self, view: DisputeView) -> Decision:
        """What services take; raises ResultError for a number that is none."""
        entries = self.entries() if view.is_series else sent_lines(view.lines)
        return Decision(self.resolution.data or "", entries, self.lost_by.data, sent_choices())

    def entries(self) -> list[list[Any]]:
        """The games that have scores, as plain entries."""
        return plain_games(self)


class CorrectionForm(GamesForm):
    """What becomes of a result that counted."""

    kind = RadioField(
        "What is to be done",
        choices={
            "correct": "The result is another one",
            "void": "The result is taken out",
            "replay": "The match is played again",
        },
        default="correct",
        validate_choice=False,
    )
    reason = TextAreaField(
        "Reason", description="10 to 500 characters; it stays on record.", render_kw={"rows": 3, "maxlength": 500}
    )


def plain_games(form: GamesForm) -> list[list[Any]]:
    """The games of a form that have scores, as plain entries (`services.result_entries`)."""
    return [
        [number, row.score_a.data or 0, row.score_b.data or 0, (row.map.data or "").strip() or None]
        for number, row in enumerate(form.games, start=1)
        if not row.form.is_empty
    ]


def filled(games: Sequence[ReportedGame], best_of: int) -> list[dict[str, Any]]:
    """Rows for the games of a form that begins with what is known."""
    rows: list[dict[str, Any]] = [
        {"score_a": game.score_a, "score_b": game.score_b, "map": game.map} for game in games[:best_of]
    ]
    return rows + [{} for _ in range(best_of - len(rows))]


def sent_choices() -> dict[int, str]:
    """What the form says of matches played on the old outcome, by the match's id."""
    return {
        int(name.removeprefix(_CHOICE)): value
        for name, value in request.form.items()
        if name.startswith(_CHOICE) and name.removeprefix(_CHOICE).isdecimal()
    }


def sent_lines(lines: Sequence[LobbyLine]) -> list[list[int]]:
    """The lines of a lobby as the form has them; raises ResultError for what is no number."""
    errors: list[FieldError] = []
    entries = []
    for line in lines:
        placement = _number(f"placement-{line.participant_id}", errors, blank=_NONE)
        kills = _number(f"kills-{line.participant_id}", errors, blank=0)
        entries.append([line.participant_id, placement, _NONE, kills, _NONE])
    if errors:
        raise ResultError.listing("The result cannot be read", errors)
    return entries


def _number(name: str, errors: list[FieldError], *, blank: int) -> int:
    typed = request.form.get(name, "").strip()
    if not typed:
        return blank
    if not typed.isdecimal():
        errors.append(FieldError(name, f"{typed[:20]!r} is no number"))
        return blank
    return int(typed)
