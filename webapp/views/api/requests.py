"""What a request holds, validated: a query, a JSON body. What is wrong is named field by field."""

import hashlib
from collections import Counter
from typing import Final, TypeVar

from flask import request
from pydantic import BaseModel, ValidationError

from webapp.domain.errors import DomainError, FieldError
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


def body_of(model: type[Model]) -> Model:
    """The JSON body of the request. Raises UnsupportedBody, UnreadableRequest, InvalidRequest."""
    content = raw_body()
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
    strangers = [
        FieldError(name, "is no part of it: send body (JSON) and file (a file)")
        for name in {*request.form} - {"body"} | {*request.files} - {"file"}
    ]
    if strangers:
        raise InvalidRequest.listing("The form is wrong", strangers)
    text = request.form.get("body", "{}").encode()
    if len(text) > LARGEST_BODY:
        raise InvalidRequest.listing("The form is wrong", [FieldError("body", "has more than 64 KiB")])
    file = sent_file()
    known_by = hashlib.sha256(file or b"").digest() + text
    return _checked(model, text), file, known_by


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
        else:
            message = str(problem["msg"])
        fields.append(FieldError(path, message))
    return InvalidRequest.listing(subject, fields)
