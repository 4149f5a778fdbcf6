"""Forms: what a page asks, with what the services found wrong beside the field that it is about."""

from typing import Final

from flask import request
from flask_wtf import FlaskForm
from wtforms import Field

from webapp.domain.errors import DomainError

_LARGEST_ID: Final = 2**31 - 1
"""The database's integers end there."""


class Form(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """A form of a page. `base_errors` are about the whole of it."""

    @property
    def base_errors(self) -> list[str]:
        """What is wrong with the form as a whole."""
        errors: list[str] = list(self.form_errors)
        return errors

    def has_come(self) -> bool:
        """Whether this request sends the form."""
        return request.method == "POST"


class ConfirmForm(Form):
    """A button alone: it carries nothing but the proof that it was pressed on a page of ours."""


def take_errors(form: Form, error: DomainError) -> None:
    """Put every wrong value that `error` names beside its field; what belongs to none is said above the form."""
    homeless = []
    for problem in error.fields:
        field: Field | None = form._fields.get(problem.path)  # WTForms' own mapping of names to fields
        if field is None:
            homeless.append(str(problem))
        else:
            field.errors = [*field.errors, problem.message]
    if homeless or not error.fields:
        form.form_errors.extend(homeless or [error.message])


def id_of(text: str) -> int:
    """An id as a form or an address brings it; ValueError for what is no id of anything."""
    number = int(text)
    if not 0 < number <= _LARGEST_ID:
        raise ValueError("no id")
    return number
