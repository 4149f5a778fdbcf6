"""What a request holds, validated: a query, a JSON body. What is wrong is named field by field."""

import hashlib
from collections import Counter
from collections.abc import Collection
from typing import Final, TypeVar

from flask import request
from pydantic import BaseModel, ValidationError

from webapp.domain.errors import DomainError, FieldError
from webapp.views.api.schemas.base import WITHOUT_CONTROLS
from webapp.views.files import sent_file

MULTIPART: Final = "multipart/form-data"
LARGEST_BODY: Final = 64 * 1024
"""Bytes. Nothing that the API takes comes near it."""

Model = TypeVar("Model", bound=BaseModel)


class InvalidRequest(DomainError):
    """A request that can be read and is wrong; the fields say where."""

    default_code = "invalid_request"


class UnreadableRequest(DomainError):
    """A request that cannot be read at all."""

    default_code = "unreadable_json"


class UnsupportedBody(DomainError):
    """A body of a type that is not read here."""

    default_code = "unsupported_media_type"


def query_of(model: type[Model]) -> Model:
    """The query of the request. Raises InvalidRequest, which names unknown and repeated parameters too."""
    counts = Counter(name for name, _ in request.args.items(multi=True))
    repeated = [FieldError(name, "is given more than once") for name, count in counts.items() if count > 1]
    if repeated:
        raise InvalidRequest.listing("The query is wrong", repeated)
    try:
        return model.model_validate(request.args.to_dict())
    except ValidationError as error:
        raise _invalid("The query is wrong", error, model) from error


def body_of(model: type[Model], *, may_be_left_out: bool = False) -> Model:
    """The JSON body of the request. Raises UnsupportedBody, UnreadableRequest, InvalidRequest.

    One that may be left out is as good as `{}` where nothing came.
    """
    content = raw_body()
    if may_be_left_out and not content and not request.mimetype:
        return model()
    if request.mimetype != "application/json":
        raise UnsupportedBody("Send JSON, with Content-Type: application/json.")
    return _checked(model, content)


def _checked(model: type[Model], content: bytes) -> Model:
    try:
        return model.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        if first["type"] == "json_invalid":
            raise UnreadableRequest(f"The body is not JSON: {first['ctx']['error']}.") from error
        raise _invalid("The body is wrong", error, model) from error


def is_in_parts() -> bool:
    """Whether the request brings its JSON and a file as parts of a form."""
    return request.mimetype == MULTIPART


def parts_of(model: type[Model]) -> tuple[Model, bytes | None, bytes]:
    """The part `body` (JSON; none is `{}`), the part `file` if there is one, and what tells both from others.

    Raises UnreadableRequest, InvalidRequest.
    """
    _refuse_strangers(
        {*request.form} - {"body"} | {*request.files} - {"file"}, "is no part of it: send body (JSON) and file (a file)"
    )
    text = _body_part()
    file = sent_file()
    return _checked(model, text), file, hashlib.sha256(file or b"").digest() + text


def named_parts_of(model: type[Model], under: str) -> tuple[Model, dict[str, bytes], bytes]:
    """The same where several files may come: by the key that follows `under` in the names of their parts."""
    _refuse_strangers(
        {*request.form} - {"body"} | {name for name in request.files if not name.startswith(under)},
        f"is no part of it: send body (JSON), and files as {under}KEY",
    )
    text = _body_part()
    found = {name.removeprefix(under): sent_file(name) for name in sorted(request.files)}
    files = {key: raw for key, raw in found.items() if raw is not None}
    known_by = hashlib.sha256()
    for key, raw in files.items():
        known_by.update(hashlib.sha256(key.encode()).digest() + hashlib.sha256(raw).digest())
    return _checked(model, text), files, known_by.digest() + text


def file_of() -> tuple[bytes, bytes]:
    """The part `file`, which is all that comes, and what tells it from others. None is empty, and no file at all.

    Raises UnsupportedBody, InvalidRequest.
    """
    if not is_in_parts():
        raise UnsupportedBody("Send the file as the part file of a form, with Content-Type: multipart/form-data.")
    _refuse_strangers({*request.form} | {*request.files} - {"file"}, "is no part of it: send file (a file) alone")
    file = sent_file() or b""
    return file, hashlib.sha256(file).digest()


def _refuse_strangers(names: Collection[str], message: str) -> None:
    if names:
        raise InvalidRequest.listing("The form is wrong", [FieldError(name, message) for name in sorted(names)])


def _body_part() -> bytes:
    text = request.form.get("body", "{}").encode()
    if len(text) > LARGEST_BODY:
        raise InvalidRequest.listing("The form is wrong", [FieldError("body", "has more than 64 KiB")])
    return text


def raw_body() -> bytes:
    """The bytes of the body; 413 for more than LARGEST_BODY."""
    request.max_content_length = LARGEST_BODY
    return request.get_data(cache=True)


def _invalid(subject: str, error: ValidationError, model: type[BaseModel]) -> InvalidRequest:
    names = ", ".join(field.alias or name for name, field in model.model_fields.items())
    fields = []
    for problem in error.errors(include_url=False, include_input=False):
        path = ".".join(str(part) for part in problem["loc"])
        kind = problem["type"]
        if kind == "extra_forbidden":
            message = f"is not known here; known are {names}" if names else "is not known here"
        elif kind == "missing":
            message = "is missing"
        elif kind == "string_pattern_mismatch" and problem["ctx"]["pattern"] == WITHOUT_CONTROLS:
            message = "holds a control character; leave it out"
        else:
            message = str(problem["msg"])
        fields.append(FieldError(path, message))
    return InvalidRequest.listing(subject, fields)
