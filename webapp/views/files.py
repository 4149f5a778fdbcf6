"""Files of people: forms that bring one, and answers that give one back without a browser running anything of it."""

from collections.abc import Callable
from typing import Final, TypeVar

from flask import Flask, Response, current_app, make_response, request
from werkzeug.datastructures import FileStorage

from webapp.domain.uploads import ENDINGS, MEGABYTE, RULES
from webapp.errors import WORDS, Problem, error_response
from webapp.services.files.uploads import FileContent

_MARK: Final = "takes_files"
_FORM_AROUND: Final = 256 * 1024
_PICTURE_POLICY: Final = "default-src 'none'; sandbox; frame-ancestors 'none'"

View = TypeVar("View")


def takes_file(kind: str, *, most: int = 1) -> Callable[[View], View]:
    """Declare that a view takes files of that kind, at most so many at once: its requests may be as large as those."""

    def mark(view: View) -> View:
        setattr(view, _MARK, (RULES[kind].largest, most))
        return view

    return mark


def init_files(app: Flask) -> None:
    """Let forms that bring files, and no others, be as large; say what is too large before reading it."""

    def limit() -> Response | None:
        takes = getattr(current_app.view_functions.get(request.endpoint or ""), _MARK, None)
        if takes is None or request.method not in {"POST", "PUT", "PATCH"}:
            return None
        largest, most = takes
        # A file a little over its limit comes in, so that the form can say so with everything else that was typed.
        request.max_content_length = 2 * largest * most + _FORM_AROUND
        if (request.content_length or 0) > request.max_content_length:
            words = WORDS[413]._replace(message=f"A file may have {largest // MEGABYTE} MB here.")
            return error_response(Problem(413, "file_too_large", words))
        return None

    # Ahead of everything that reads the form, the check of its token first.
    app.before_request_funcs.setdefault(None, []).insert(0, limit)


def sent_file(name: str = "file") -> bytes | None:
    """The bytes of the file that the form brought in that field; None where none was chosen."""
    file: FileStorage | None = request.files.get(name)
    if file is None or not file.filename:
        return None
    with file.stream as stream:
        return bytes(stream.read())


def give(content: FileContent, *, called: str, is_public: bool = False, is_saved: bool = False) -> Response:
    """The file as an answer: a picture to be shown, everything else to be saved as `called` with its ending.

    With `is_saved` pictures are to be saved too.

    The type is what the content was found to be and no browser may guess another; as a page of its own it runs
    nothing. A public one never changes under its address, which has to name the version.
    """
    response = make_response(content.data)
    response.headers["Content-Type"] = content.content_type
    shown = "inline" if content.is_picture and not is_saved else "attachment"
    response.headers["Content-Disposition"] = f'{shown}; filename="{called}{ENDINGS[content.content_type]}"'
    response.headers["Content-Security-Policy"] = _PICTURE_POLICY
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if is_public else "private, no-store"
    return response
