"""The grid's form as it comes in: three fields a row, named by the participant."""

import re
from typing import Final

from flask import abort, request

from webapp.domain.grid import Cells
from webapp.services.matches.grid_view import Typed
from webapp.views.forms import id_of

_FIELD: Final = re.compile(r"(placement|kills|time)-([1-9][0-9]{0,9})")
_LONGEST_CELL: Final = 200


def typed() -> Typed:
    """Everything that was typed; a request without a revision is none of our forms (400)."""
    cells: dict[int, dict[str, str]] = {}
    for name, value in request.form.items():
        field = _FIELD.fullmatch(name)
        if field:
            cells.setdefault(int(field[2]), {})[field[1]] = value[:_LONGEST_CELL]
    rows = [
        Cells(participant_id, found.get("placement", ""), found.get("kills", ""), found.get("time", ""))
        for participant_id, found in cells.items()
    ]
    return Typed(
        rows=rows,
        revision=revision(),
        accepts_warnings="accepts_warnings" in request.form,
        pasted=request.form.get("pasted", ""),
        first_id=request.form.get("first_id", type=id_of),
    )


def revision() -> int:
    """The revision of the match that the form was opened with."""
    found = request.form.get("revision", type=int)
    if found is None or found < 0:
        abort(400)
    return found


def reason() -> str:
    """Why something is changed, as it was written."""
    return request.form.get("reason", "")


def was_sent() -> bool:
    """Whether the form comes with this request."""
    return request.method == "POST"
