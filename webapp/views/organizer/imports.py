"""Taking a file of results into a tournament: choose it, look at what it would do, confirm.

Between the look and the confirmation the file travels in the form, packed; it is read and checked anew when it comes
back, and the digest of what was seen comes with it, so that nobody confirms what was not shown.
"""

import base64
import binascii
import zlib
from typing import Final

from flask import Flask, Response, flash, request, url_for

from webapp.domain.errors import Conflict, ResultError
from webapp.errors import WORDS, Problem, error_response
from webapp.services.imports.import_into import IntoOptions, IntoPreview, import_into, preview_into
from webapp.services.organizer_pages.imports import problems_in, read_import_page
from webapp.services.spine.clock import utc_now
from webapp.views import access
from webapp.views.htmx import page, see_other
from webapp.views.organizer.forms import ImportForm

LARGEST_UPLOAD: Final = 2 * 1024 * 1024
"""Bytes of a file; some hundred matches of a full lobby. Operators' `import-results` takes more."""
_FORM_AROUND: Final = 64 * 1024
_EDITABLE: Final = 64 * 1024
"""A file up to this size can be corrected on the page itself."""
ENDPOINT: Final = "organizer.import_results"
CONFIRM: Final = "confirm"


def init_uploads(app: Flask) -> None:
    """Let the import's form, and no other, be as large as a file, and say what is too large before reading it."""

    def limit() -> Response | None:
        if request.endpoint != ENDPOINT or request.method != "POST":
            return None
        # A pasted file may be half as large again by the way that forms write it.
        most = LARGEST_UPLOAD * 3 + _FORM_AROUND
        request.max_content_length = most
        request.max_form_memory_size = most
        if (request.content_length or 0) > most:
            return too_large()
        return None

    # Ahead of everything that reads the form, the check of its token first.
    app.before_request_funcs.setdefault(None, []).insert(0, limit)


def too_large() -> Response:
    """The answer to a file that is larger than is taken here."""
    words = WORDS[413]._replace(
        message=f"A file of results may have {LARGEST_UPLOAD // 1024 // 1024} MB here.",
        what_to_do="Divide it by matches, or ask the operator of the site, whose import-results takes 32 MB.",
    )
    return error_response(Problem(413, "file_too_large", words))


@access.open_to(access.ORGANIZER)
def import_results(tournament_id: int) -> Response | tuple[Response, int]:
    """Choose a file, look at it, take it in."""
    form = ImportForm()
    if not form.has_come():
        return _page(tournament_id, form)
    raw = _sent_file(form)
    if len(raw) > LARGEST_UPLOAD:
        return too_large()
    if not raw.strip():
        form.file.errors = ["Choose a file, or paste its rows below."]
        return _page(tournament_id, form), 422
    options = IntoOptions(
        adds_participants=bool(form.adds_participants.data),
        numbers_on=form.numbers_on.data == "yes",
        digest=request.form.get("digest") if CONFIRM in request.form else None,
    )
    try:
        if CONFIRM in request.form:
            return _done(tournament_id, import_into(tournament_id, raw, options, actor=access.actor(), now=utc_now()))
        seen = preview_into(tournament_id, raw, options, actor=access.actor())
    except (Conflict, ResultError) as error:
        return _refused(tournament_id, form, raw, error)
    return _page(tournament_id, form, preview=seen, packed=_packed(raw))


def _sent_file(form: ImportForm) -> bytes:
    """The file of this request: chosen, pasted, or come back from the preview."""
    if CONFIRM in request.form:
        return _unpacked(request.form.get("packed", ""))
    if form.file.data:
        with form.file.data.stream as stream:
            return bytes(stream.read())
    return (form.pasted.data or "").encode()


def _done(tournament_id: int, done: IntoPreview) -> Response:
    if done.is_nothing:
        flash("These results are here already; nothing is changed.", "done")
    else:
        written = sum(place.is_to_be_written for place in done.places)
        flash(f"Taken in: {done.results} results of {written} {'match' if written == 1 else 'matches'}.", "done")
    return see_other(url_for("organizer.tournament", tournament_id=tournament_id))


def _refused(tournament_id: int, form: ImportForm, raw: bytes, error: Conflict | ResultError) -> tuple[Response, int]:
    if isinstance(error, ResultError):
        if len(raw) <= _EDITABLE:
            form.pasted.data = raw.decode("utf-8-sig", errors="replace")
        problems = problems_in(raw, error.fields)
        more = len(error.fields) - len(problems)
        return _page(tournament_id, form, refusal=error, problems=problems, more=more), 422
    flash(error.message, "refused")
    form.pasted.data = raw.decode("utf-8-sig", errors="replace") if len(raw) <= _EDITABLE else ""
    return _page(tournament_id, form), 409


def _page(tournament_id: int, form: ImportForm, **context: object) -> Response:
    view = read_import_page(tournament_id, actor=access.actor())
    given = {"preview": None, "packed": "", "refusal": None, "problems": (), "more": 0} | context
    return page("organizer/import.html", view=view, managed=view.head, form=form, **given)


def _packed(raw: bytes) -> str:
    return base64.b64encode(zlib.compress(raw)).decode()


def _unpacked(text: str) -> bytes:
    """What `_packed` packed; nothing for anything else, and never more than a file may have."""
    try:
        return zlib.decompressobj().decompress(base64.b64decode(text, validate=True), LARGEST_UPLOAD + 1)
    except (binascii.Error, zlib.error, ValueError):
        return b""
