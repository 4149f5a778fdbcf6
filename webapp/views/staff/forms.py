"""What staff type. Every rule beyond "is it there" is the services'."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from wtforms import FieldList, FormField, IntegerField, SelectField, StringField, TextAreaField
from wtforms import Form as PlainForm
from wtforms.validators import Optional

from webapp.domain.errors import DomainError
from webapp.services.ranking.override_checks import AT_ONCE, Placement, RankTaken
from webapp.services.spine.reasons import REASON_LENGTH
from webapp.services.staff_pages.override_views import Choice
from webapp.views.forms import Form, take_errors

_PLACE: Final = re.compile(r"placements\[(\d+)\]\.(participant_id|new_rank)")


def _id_or_none(value: Any) -> int | None:
    return int(value) if value not in {None, "", "None"} else None


class PlacementForm(PlainForm):  # type: ignore[misc]  # WTForms ships no types
    """One line of the form: who, and on which rank."""

    participant_id = SelectField("Participant", coerce=_id_or_none, validate_choice=False)
    new_rank = IntegerField("New rank", [Optional()], render_kw={"min": 1, "inputmode": "numeric"})

    @property
    def is_blank(self) -> bool:
        """Whether nobody touched the line."""
        return self.participant_id.data is None and self.new_rank.data is None and not self.new_rank.errors


class OverrideForm(Form):
    """Placements that are to be set together, for one reason."""

    placements = FieldList(FormField(PlacementForm), min_entries=1, max_entries=AT_ONCE)
    reason = TextAreaField(
        "Reason",
        description=f"{REASON_LENGTH.start} to {REASON_LENGTH.stop - 1} characters. It stays on the record.",
        render_kw={"maxlength": REASON_LENGTH.stop - 1, "rows": 3},
    )

    def offer(self, choices: Sequence[Choice]) -> None:
        """List who can be chosen, by rank."""
        options = [("", "Choose …")] + [
            (str(choice.participant_id), f"{choice.rank}. {choice.name} ({choice.points} points)") for choice in choices
        ]
        for line in self.placements:
            line.participant_id.choices = options

    def more(self, participants: Sequence[int | None]) -> None:
        """Add a line for each of these, as long as there is room."""
        for participant_id in participants:
            if len(self.placements) < AT_ONCE:
                self.placements.append_entry({"participant_id": participant_id})

    @property
    def picked(self) -> list[int]:
        """Whom the lines name."""
        return [line.participant_id.data for line in self.placements if line.participant_id.data is not None]

    @property
    def filled(self) -> list[tuple[int, Placement]]:
        """The complete lines, each with its number in the form."""
        return [
            (number, Placement(line.participant_id.data, line.new_rank.data))
            for number, line in enumerate(self.placements)
            if line.participant_id.data is not None and line.new_rank.data is not None
        ]

    def check_lines(self) -> bool:
        """Whether every touched line is complete and one is; says what is missing beside it."""
        is_right = bool(self.validate())
        for line in self.placements:
            if line.is_blank:
                continue
            for field, message in ((line.participant_id, "Choose somebody."), (line.new_rank, "Type a rank.")):
                if field.data is None and not field.errors:
                    field.errors = [message]
                    is_right = False
        if is_right and not self.filled:
            self.placements[0].participant_id.errors = ["Choose who is to be placed."]
            is_right = False
        return is_right

    def take(self, error: DomainError, names: Mapping[int, str]) -> None:
        """Put what a service refused beside its line; `names` of those who hold a rank."""
        numbers = [number for number, _ in self.filled]
        left = []
        for problem in error.fields:
            place = _PLACE.fullmatch(problem.path)
            if place is None:
                left.append(problem)
                continue
            line = self.placements[numbers[int(place[1])]]
            message = problem.message
            if isinstance(error, RankTaken):
                holder = error.holders[line.new_rank.data]
                message = f"is held by {names.get(holder, f'participant {holder}')}: restore that override first"
            line[place[2]].errors = [*line[place[2]].errors, message]
        if left or not error.fields:
            take_errors(self, DomainError(error.message, left, code=error.code))

    @property
    def refusals(self) -> list[str]:
        """Everything that is wrong, each in one sentence, for where the fields are not at hand."""
        said = list(self.base_errors)
        for line in self.placements:
            for field in (line.participant_id, line.new_rank):
                said += [_sentence(field.label.text, message) for message in field.errors]
        return said


def _sentence(label: str, message: str) -> str:
    return f"{label} {message}" if message[:1].islower() else message


class RejectForm(Form):
    """Saying no."""

    reason = TextAreaField("Reason", description=f"{REASON_LENGTH.start} to {REASON_LENGTH.stop - 1} characters.")


class RestoreForm(Form):
    """Taking an override back."""

    reason = StringField(
        "Why is it taken back?",
        description="Optional; 10 characters or more. It goes to the audit.",
        render_kw={"maxlength": REASON_LENGTH.stop - 1},
    )
