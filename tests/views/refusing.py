"""A refusal as both ways in tell it: by a form and by a program, with one code and the same words."""

from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import orjson
from flask import Flask
from sqlalchemy import func, select
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from tests.personas import Persona
from tests.views.api.worlds import code_of, forget_rates, program_of
from tests.views.organizer.pages import said
from webapp.models import Event, TeamEvent, Tournament
from webapp.services.spine.transaction import read_snapshot, transaction


@dataclass
class World:
    """Who tries it: olga runs the tournament, pat plays in it."""

    olga: Persona
    pat: Persona


@dataclass
class Attempt:
    """What is tried by a form and by a program, and as what it is refused."""

    by: Persona
    tournament_id: int
    """0 where it is about none."""
    page: str
    api: str
    """Empty where programs have no such operation."""
    words: str
    form: dict[str, Any] = field(default_factory=dict)
    body: dict[str, Any] | None = None
    status: int = 409
    shown: str = ""
    """What the page says instead, where it offers no form at all, or has the message beside a field."""
    file: bytes | None = None
    method: str = "POST"
    """By which the program asks; forms know none but POST."""
    page_status: int = 0
    """As what the page is refused, where that differs."""


def own(world: World, tournament_id: int, **columns: Any) -> int:
    """Give a tournament to olga; other columns are set as they are."""
    with transaction() as session:
        tournament = session.get_one(Tournament, tournament_id)
        for name, value in ({"organizer_id": world.olga.user_id} | columns).items():
            setattr(tournament, name, value)
    return tournament_id


def assert_refused(app: Flask, attempt: Attempt, code: str) -> None:
    """Both say why, and nothing is written by either."""
    before = written()
    answer = _by_page(attempt)
    if answer.status_code == 303:
        shown = said(attempt.by.get(answer.headers["Location"]))
    else:
        shown = said(answer)
        assert answer.status_code == (attempt.page_status or attempt.status), f"{answer.status_code}: {shown}"
    assert (attempt.shown or attempt.words) in shown, shown
    if attempt.api:
        told = _by_api(app, attempt)
        assert (told.status_code, code_of(told)) == (attempt.status, code), told.text
        assert attempt.words in told.text, told.text
        assert attempt.shown or _is_told(told, shown), f"{told.text}\n{shown}"
    assert written() == before, "a refusal changes nothing"


def written() -> tuple[int | None, ...]:
    """How many facts there are, of tournaments and of teams."""
    with read_snapshot() as session:
        return tuple(session.scalar(select(func.count()).select_from(model)) for model in (Event, TeamEvent))


def _is_told(told: TestResponse, shown: str) -> bool:
    """Whether the page says all of what the program is told: the sentence, or everything that is wrong, by its field."""
    problem = told.get_json()
    wrong = [error["message"] for error in problem["errors"]]
    return _plain(problem["detail"]) in shown or (bool(wrong) and all(_plain(one) in shown for one in wrong))


def _plain(text: str) -> str:
    return " ".join(text.split()).removesuffix(".")


def _by_page(attempt: Attempt) -> TestResponse:
    if attempt.file is None:
        return attempt.by.post(attempt.page, attempt.form)
    return attempt.by.post(attempt.page, **_with_file(attempt.form, attempt.file))


def _by_api(app: Flask, attempt: Attempt) -> TestResponse:
    forget_rates()
    scopes = ("read", "play") if attempt.by.role == "player" else ("read", "play", "organize")
    program = program_of(app, attempt.by, *scopes)
    if attempt.file is None:
        return program.client.open(attempt.api, method=attempt.method, headers=program.headers, json=attempt.body)
    body = {} if attempt.body is None else {"body": orjson.dumps(attempt.body).decode()}
    sent = _with_file(body, attempt.file)
    return program.client.open(attempt.api, method=attempt.method, headers=program.headers, **sent)


def _with_file(parts: dict[str, Any], file: bytes) -> dict[str, Any]:
    """What the client sends, written here: by itself it keeps what is large in a file that it does not close."""
    boundary, sent = encode_multipart(parts | {"file": FileStorage(BytesIO(file), "shot.png")})
    return {"input_stream": BytesIO(sent), "content_type": f"multipart/form-data; boundary={boundary}"}
