"""An operation of the API: what it takes, gives, needs and costs, said once. Requests are checked by it.

The API's description is made of the same declarations (`description.py`), so that it cannot say anything else.
"""

import contextlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Final

import orjson
from flask import Response, current_app, g, request
from pydantic import BaseModel, TypeAdapter
from sqlalchemy.exc import SQLAlchemyError

from webapp.domain.errors import DomainError, FeatureDisabled, Forbidden
from webapp.services.operations import flags
from webapp.services.spine import idempotency
from webapp.services.spine.clock import utc_now
from webapp.services.tournaments import api_objects
from webapp.views import access, files
from webapp.views.api.rates import Rate
from webapp.views.api.requests import body_of, file_of, is_in_parts, named_parts_of, parts_of, query_of, raw_body

API_FLAG: Final = "LEADERBOARDS_API_ENABLED"
JSON: Final = "application/json"
ORGANIZERS: Final = "organize"
"""The scope of what officials do to their tournaments."""
IDEMPOTENCY_KEY: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"
WRONG_FILE: Final = "invalid_file, file_type_refused, file_unreadable, picture_too_large"
"""What a file may be refused for, its size aside."""
REPLAY_FIELD: Final = "idempotent_replay"
"""In an answer that is given again."""

View = Callable[..., Response]


class ScopeMissing(Forbidden):
    """A token that was not given the scope it needs here."""

    default_code = "scope_missing"

    def __init__(self, needed: str, given: Collection[str]) -> None:
        """Says which scopes there are, and which one is missing."""
        super().__init__(f"This token has the scopes {', '.join(sorted(given))}; this needs {needed}.")
        self.needed = needed


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What there is to say about one operation.

    `scope` is what a token needs (None: nobody is asked who they are). `is_switchable`: it answers 503 while the flag
    of the leaderboard API is off. `takes_key`: an Idempotency-Key is honoured.
    """

    name: str
    summary: str
    family: str
    scope: str | None
    rate: Rate
    gives: TypeAdapter[Any] | None = None
    """What it answers with; None where that is a file."""
    gives_file: str | None = None
    """The kind of file (`domain.uploads.RULES`) that it answers with."""
    description: str = ""
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    needs_body: bool = True
    """Whether it has to come; one that says nothing may be left out."""
    is_switchable: bool = False
    takes_key: bool = False
    file: str | None = None
    """The kind of file (`domain.uploads.RULES`) that may come with the body, as parts of a form; it is all that comes
    where there is no body."""
    files_under: str = ""
    """What the names of its parts begin with where several such files may come, each by a key of its own."""
    most_files: int = 1
    """How many of the largest files a request has room for."""
    problems: Mapping[int, str] = field(default_factory=dict)
    """What it refuses beside what every operation refuses: codes by status."""


def operation(**what: Any) -> Callable[[View], View]:
    """Declare a view to be an operation: it is called once the request is right, with `query` and `body` validated."""

    def declare(view: View) -> View:
        declared = Operation(name=view.__name__, **what)

        @wraps(view)
        def checked(**path: Any) -> Response:
            _ensure_reachable(declared)
            given: dict[str, Any] = path | _sent(declared, path)
            return _answered(declared, lambda: view(**given))

        checked.operation = declared  # type: ignore[attr-defined]  # a mark on the function, read by operation_of
        if declared.file is None:
            return checked
        return files.takes_file(declared.file, most=declared.most_files)(checked)

    return declare


def operation_of(view: object) -> Operation | None:
    """What a view declared; None for one that is no operation."""
    declared: Operation | None = getattr(view, "operation", None)
    return declared


def as_json(model: BaseModel, headers: Mapping[str, str] | None = None) -> Response:
    """The model as an answer."""
    return Response(model.model_dump_json(by_alias=True), headers=headers, content_type=JSON)


def secret_key() -> str:
    """What the site signs with."""
    return str(current_app.config["SECRET_KEY"])


def _ensure_reachable(declared: Operation) -> None:
    if declared.is_switchable and not flags.is_on(API_FLAG):
        raise FeatureDisabled("The leaderboard API is switched off at the moment.")
    if declared.scope is None:
        # Nobody is asked who they are: an app that refreshes may well send the token that has just expired.
        return
    who = access.person()
    if who is not None and who.scopes is not None and declared.scope not in who.scopes:
        raise ScopeMissing(declared.scope, who.scopes)


def _sent(declared: Operation, path: Mapping[str, Any]) -> dict[str, Any]:
    given: dict[str, Any] = {}
    try:
        if declared.query is not None:
            given["query"] = query_of(declared.query)
        if declared.file is not None and (declared.body is None or is_in_parts()):
            given |= _parts(declared)
        elif declared.body is not None:
            given["body"] = body_of(declared.body, may_be_left_out=not declared.needs_body)
    except DomainError:
        if declared.scope == ORGANIZERS:
            # Whose it is comes first: nobody learns by a wrong request that something of another's is there.
            api_objects.ensure_known(path, actor=access.actor())
        raise
    return given


def _parts(declared: Operation) -> dict[str, Any]:
    if declared.body is None:
        alone, g.known_by = file_of()
        return {"file": alone}
    if declared.files_under:
        body, named, g.known_by = named_parts_of(declared.body, declared.files_under)
        return {"body": body, "files": named}
    body, file, g.known_by = parts_of(declared.body)
    return {"body": body, "file": file}


def _answered(declared: Operation, work: Callable[[], Response]) -> Response:
    def counted() -> Response:
        declared.rate.count()
        return work()

    key = request.headers.get(IDEMPOTENCY_KEY)
    who = access.person() if key is not None and declared.takes_key else None
    if key is None or who is None:
        return counted()
    # The bytes of a form differ each time that it is sent: what it says is what counts.
    content = g.known_by if is_in_parts() and declared.file is not None else raw_body()
    asked = idempotency.Request(who.user_id, key, request.method, request.path, content, str(request.url_rule))
    kept = idempotency.claim(asked, now=utc_now())
    if kept is not None:
        told = orjson.dumps(orjson.loads(kept.body) | {REPLAY_FIELD: True})
        return Response(told, kept.status, {REPLAYED: "true"}, content_type=kept.content_type)
    try:
        response = counted()
        answer = idempotency.Answer(response.status_code, response.content_type or JSON, response.get_data())
    except BaseException:
        # Refused, or broken before anything was saved: it changed nothing, and may come again.
        with contextlib.suppress(SQLAlchemyError):
            idempotency.release(asked)
        raise
    idempotency.keep(asked, answer)
    return response
