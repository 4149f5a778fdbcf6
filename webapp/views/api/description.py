"""The API's description, OpenAPI 3.1, made of what the operations declare and validate by."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final, NamedTuple

from flask import Flask, current_app
from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema
from werkzeug.routing import Rule

from webapp.domain.token_scopes import SCOPES
from webapp.domain.uploads import RULES
from webapp.views import access
from webapp.views.access import Door
from webapp.views.api.operation import API_FLAG, IDEMPOTENCY_KEY, REPLAY_FIELD, REPLAYED, Operation, operation_of
from webapp.views.api.requests import MULTIPART
from webapp.views.api.schemas.base import LARGEST_ID
from webapp.views.api.schemas.problems import Problem

VERSION: Final = "1"
_REF: Final = "#/components/schemas/{model}"
_ANYTHING: Final = "application/octet-stream"
_BYTES: Final[Mapping[str, str]] = {"type": "string", "format": "binary"}
_PROBLEM: Final = "application/problem+json"
_MODELS: Final = re.compile(r"#/components/schemas/(\w+)")
_CONVERTER: Final = re.compile(r"<(?:[^:<>]+:)?(\w+)>")
_PATH_WORDS: Final[Mapping[str, str]] = {
    "tournament_id": "The tournament's id.",
    "action_id": "The number of what was done.",
    "announcement_id": "The announcement's id.",
    "delivery_id": "The number of what was sent.",
    "dispute_id": "The dispute's id.",
    "evidence_id": "The evidence's id.",
    "field_id": "The question's id.",
    "game_number": "The number of the game in its series.",
    "game": "The game's short name, such as valorant.",
    "invite_id": "The invitation's id.",
    "key": "The key of the question.",
    "match_id": "The match's id.",
    "number": "The number of the version.",
    "participant_id": "The participant's id: that of its registration.",
    "payment_id": "The payment's id.",
    "report_id": "The report's id.",
    "registration_id": "The registration's id; in messages and boards it is the participant's.",
    "team_id": "The team's id.",
    "template_id": "The template's id.",
    "user_id": "The person's id.",
}
_FAMILIES: Final[Mapping[str, str]] = {
    "Boards": "Boards, what changed on them, series and histories. Answers hold ids; names come from the resolvers.",
    "Brackets": "Stages with their nodes: who meets whom, where winner and loser go; drawn and locked by organizers.",
    "Check-in": "Saying that one is there, for oneself or, as an official, for others.",
    "Corrections": "What counted already, changed: looked at on a copy, done with a reason, taken back in ten minutes.",
    "Disputes": "Objections to results, and the decisions about them. What people wrote stays on the pages.",
    "Games": "What a side is, how a match goes and what is asked for in each game.",
    "Log": "What happened, in order.",
    "Matches": "Schedule, lobbies, reports of the sides, and what officials do to a match.",
    "Names": "The names behind ids.",
    "Payments": "Entry fees: submitted by the payer, decided by organizers. Proofs are kept as files.",
    "Registration": "Registering, withdrawing, what organizers decide and ask, whom they add and take out.",
    "Staff": "For staff. Up also while the leaderboard API is switched off.",
    "Teams": "Teams, their members and invitations, by ids; names come from the resolvers.",
    "Templates": "Settings saved for the next tournament.",
    "Tokens": "Access and refresh tokens for apps.",
    "Tournaments": "Finding, making and changing them, their versions, officials, announcements and winners.",
}
_WORDS: Final[Mapping[int, str]] = {
    400: "It cannot be read: the body is not JSON.",
    401: "Nobody is logged in, or the token is not good; the code says why.",
    403: "The role does not reach, or the token's scopes do not (`scope_missing`).",
    404: "It is not there, or not yours to know of.",
    409: "Not in this state.",
    413: "The body is larger than 64 KiB.",
    415: "The body is not application/json.",
    422: "It can be read and is wrong; `errors` names each field.",
    429: "Too often; `Retry-After` says when to ask again.",
    503: f"Switched off (`FEATURE_DISABLED`, flag {API_FLAG}), or the database is away.",
}
_INTRODUCTION: Final = (
    "Boards, their deltas and histories, and what staff do with them. Bodies and answers are JSON, times ISO 8601 in"
    " UTC, errors RFC 9457 problem documents with a stable `code`. Answers hold ids alone; the family Names says what"
    " they are called."
)


_REPLAY: Final[Mapping[str, Any]] = {
    "const": True,
    "description": f"There only in an answer that is given again, to an {IDEMPOTENCY_KEY} that came before.",
}


class Described(NamedTuple):
    """An operation with where it is reached."""

    path: str
    method: str
    door: Door
    operation: Operation


@cache
def document_of(app: Flask) -> dict[str, Any]:
    """The whole description; made once an application."""
    found = list(operations_of(app))
    paths: dict[str, dict[str, Any]] = {}
    for one in found:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one)
    return {
        "openapi": "3.1.0",
        "info": {"title": "DeltaCrown", "version": VERSION, "description": _INTRODUCTION},
        "servers": [{"url": app.config["SETTINGS"].base_url}],
        "tags": [{"name": name, "description": words} for name, words in _FAMILIES.items()],
        "security": [{"token": []}, {"session": []}],
        "paths": paths,
        "components": {"schemas": _schemas(found), "securitySchemes": _security_schemes()},
    }


def operations_of(app: Flask) -> Iterator[Described]:
    """Every operation of the application, by path."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        declared = operation_of(app.view_functions[rule.endpoint])
        if declared is not None:
            (method,) = (rule.methods or set()) - {"HEAD", "OPTIONS"}
            yield Described(_path(rule), method, access.door_of(app, rule.endpoint), declared)


def _path(rule: Rule) -> str:
    return _CONVERTER.sub(r"{\1}", rule.rule)


def _operation(one: Described) -> dict[str, Any]:
    what = one.operation
    described: dict[str, Any] = {
        "operationId": what.name,
        "tags": [what.family],
        "summary": what.summary,
        "description": " ".join(filter(None, [what.description, _brings(what), _answers(what), _needs(one)])),
        "parameters": _parameters(one),
        "responses": {"200": _success(one)} | _refusals(one),
    }
    if what.scope is None:
        described["security"] = []
    if what.body is not None or what.file is not None:
        described["requestBody"] = {"required": what.needs_body, "content": _contents(what)}
    return described


def _contents(what: Operation) -> dict[str, Any]:
    """The body as JSON; with a file, also as a form whose part `body` is that JSON."""
    if what.body is None:
        return {MULTIPART: _form({"file": _BYTES}, needed=["file"], named=False)}
    schema = {"$ref": _REF.format(model=what.body.__name__)}
    contents: dict[str, Any] = {"application/json": {"schema": schema}}
    if what.file is not None:
        needed = ["body"] if any(field.is_required() for field in what.body.model_fields.values()) else []
        parts = {"body": schema} | ({} if what.files_under else {"file": _BYTES})
        contents[MULTIPART] = _form(parts, needed=needed, named=bool(what.files_under))
    return contents


def _form(parts: Mapping[str, Any], *, needed: list[str], named: bool) -> dict[str, Any]:
    others = _BYTES if named else False
    schema = {"type": "object", "properties": parts, "required": needed, "additionalProperties": others}
    types = {"body": "application/json", "file": _ANYTHING}
    return {"schema": schema, "encoding": {name: {"contentType": types[name]} for name in parts}}


def _brings(what: Operation) -> str:
    if what.file is None:
        return ""
    words = RULES[what.file].words
    if what.body is None:
        return f"The file ({words}) comes as the part `file` of a form (`multipart/form-data`)."
    if what.files_under:
        return (
            f"Files may come with it ({words} each): send `multipart/form-data` with the JSON as the part `body` and"
            f" each file as the part `{what.files_under}KEY`."
        )
    return (
        f"A file may come with it ({words}): send `multipart/form-data` with the JSON as the part `body` and the file"
        " as the part `file`."
    )


def _answers(what: Operation) -> str:
    return "" if what.gives_file is None else "Answers with the file, to be saved."


def _needs(one: Described) -> str:
    what = one.operation
    if what.scope is None:
        return f"Needs no token. Rate: {what.rate.words}."
    role = f"the role {one.door.value} and " if one.door is not access.LOGGED_IN else ""
    return f"Needs {role}the scope `{what.scope}` of a token. Rate: {what.rate.words}."


def _parameters(one: Described) -> list[dict[str, Any]]:
    number = {"type": "integer", "minimum": 0, "maximum": LARGEST_ID}
    parameters: list[dict[str, Any]] = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": _PATH_WORDS[name],
            "schema": number if name.endswith(("_id", "number")) else {"type": "string"},
        }
        for name in re.findall(r"{(\w+)}", one.path)
    ]
    if one.operation.query is not None:
        schema = one.operation.query.model_json_schema(ref_template=_REF)
        parameters += [
            _query_parameter(name, dict(told), is_required=name in schema.get("required", ()))
            for name, told in schema["properties"].items()
        ]
    if one.operation.takes_key:
        parameters.append(
            {
                "name": IDEMPOTENCY_KEY,
                "in": "header",
                "required": False,
                "description": "A value of your own, new for each new request. Sent again with the same request it"
                f" gets the same answer, with `{REPLAY_FIELD}: true` in it and `{REPLAYED}: true` in the head."
                " Kept for two days, by person and route.",
                "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
            }
        )
    return parameters


def _query_parameter(name: str, schema: dict[str, Any], *, is_required: bool) -> dict[str, Any]:
    # In a query there is no null: a parameter is there or not.
    options = [option for option in schema.pop("anyOf", ()) if option.get("type") != "null"]
    if options:
        schema = {key: value for key, value in schema.items() if key != "default"} | options[0]
    schema.pop("title", None)
    parameter = {"name": name, "in": "query", "required": is_required, "schema": schema}
    if "description" in schema:
        parameter["description"] = schema.pop("description")
    if schema.get("type") == "array":
        parameter |= {"style": "form", "explode": False}
    return parameter


def _success(one: Described) -> dict[str, Any]:
    if one.operation.gives is None:
        types = RULES[one.operation.gives_file or ""].types
        return {"description": one.operation.summary, "content": {kind: {"schema": _BYTES} for kind in types}}
    schema = one.operation.gives.json_schema(ref_template=_REF, mode="serialization")
    schema.pop("$defs", None)
    for noise in ("title", "description", "properties", "required", "type", "additionalProperties"):
        if "$ref" not in schema and "anyOf" not in schema:
            break
        schema.pop(noise, None)
    if "$ref" not in schema and "anyOf" not in schema:
        schema = {"$ref": _REF.format(model=_model_of(one.operation).__name__)}
    return {"description": one.operation.summary, "content": {"application/json": {"schema": schema}}}


def _refusals(one: Described) -> dict[str, Any]:
    what = one.operation
    statuses = {422, 429, 503} | set(what.problems)
    if what.scope is not None:
        statuses |= {401, 403}
    if what.body is not None or what.file is not None:
        statuses |= {400, 413, 415}
    if "{" in one.path:
        statuses.add(404)
    schema = {"$ref": _REF.format(model=Problem.__name__)}
    return {
        str(status): {
            "description": " ".join(
                filter(None, [_WORDS[status], f"Codes: {what.problems[status]}." if status in what.problems else ""])
            ),
            "content": {_PROBLEM: {"schema": schema}},
        }
        for status in sorted(statuses)
    }


def _schemas(found: list[Described]) -> dict[str, Any]:
    wanted: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {(Problem, "serialization"): None}
    for one in found:
        for model in _models_of(one.operation):
            wanted[model, "serialization"] = None
        if one.operation.body is not None:
            wanted[one.operation.body, "validation"] = None
    _, definitions = models_json_schema(list(wanted), ref_template=_REF, schema_generator=_Untitled)
    schemas: dict[str, Any] = definitions["$defs"]
    for one in found:
        for model in _models_of(one.operation) if one.operation.takes_key else ():
            schemas[model.__name__]["properties"][REPLAY_FIELD] = _REPLAY
    return dict(sorted(schemas.items()))


class _Untitled(GenerateJsonSchema):
    """Without the titles that only repeat a field's name."""

    def field_title_should_be_set(self, _schema: Any) -> bool:
        return False


def _models_of(what: Operation) -> list[type[BaseModel]]:
    if what.gives is None:
        return []
    kind = what.gives._type  # noqa: SLF001  (an adapter does not say otherwise what it adapts)
    return list(getattr(kind, "__args__", None) or [kind])


def _model_of(what: Operation) -> type[BaseModel]:
    return _models_of(what)[0]


def _security_schemes() -> dict[str, Any]:
    scopes = "; ".join(f"`{name}`: {scope.opens}" for name, scope in SCOPES.items())
    return {
        "token": {
            "type": "http",
            "scheme": "bearer",
            "description": f"A personal token (`dc_…`, from /me/tokens/) or an access token. Scopes: {scopes}.",
        },
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": access.COOKIE,
            "description": "The session of a browser; unsafe methods need the form token in `X-CSRFToken` too.",
        },
    }


def current() -> dict[str, Any]:
    """The description of the application that answers."""
    return document_of(current_app._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001  (Werkzeug's way to the object behind a proxy)
