import html
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask, abort
from flask.testing import FlaskClient
from flask.typing import ResponseReturnValue
from sqlalchemy import text

from tests.kept_apps import KeptApps
from webapp import create_app
from webapp.config import Settings
from webapp.domain.errors import Conflict, DomainError, FieldError, NotFound, ResultError, RulesError, TransitionError
from webapp.errors import WORDS
from webapp.extensions import db
from webapp.views import access

FIELDS = (FieldError("line 12: kills", "must be 0 or more"), FieldError("", "two rows for <b>Team</b>"))


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Error pages know no database; one kind is enough here."""
    return sqlite_url


@pytest.fixture
def kept_apps() -> KeptApps:
    """None from before: these tests add addresses to their application."""
    return KeptApps()


@pytest.fixture
def failing(app: Flask, client: FlaskClient) -> Callable[..., FlaskClient]:
    """A client of an application whose `/broken` and `/api/broken` fail in the given way."""

    def fail_with(fail: Callable[[], ResponseReturnValue]) -> FlaskClient:
        access.open_to(access.EVERYBODY)(fail)
        app.add_url_rule("/broken", "broken", fail, methods=["GET"])
        app.add_url_rule("/api/broken", "api_broken", fail, methods=["GET"])
        return client

    return fail_with


def raising(error: Exception) -> Callable[[], ResponseReturnValue]:
    def fail() -> ResponseReturnValue:
        raise error

    return fail


def break_every_template() -> dict[str, object]:
    raise ZeroDivisionError


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (NotFound("There is no tournament 7."), 404, "not_found"),
        (Conflict("The board moved on.", code="stale_version"), 409, "stale_version"),
        (TransitionError("A closed match stays closed."), 409, "illegal_transition"),
        (ResultError("Two rows are wrong.", FIELDS), 422, "invalid_result"),
        (RulesError("No points."), 422, "invalid_rules"),
        (DomainError("No."), 422, "refused"),
    ],
)
def test_a_refusal_is_a_page_a_fragment_or_a_problem_document(
    failing: Callable[..., FlaskClient], error: DomainError, status: int, code: str
) -> None:
    client = failing(raising(error))
    page = client.get("/broken")
    fragment = client.get("/broken", headers={"HX-Request": "true"})
    problem = client.get("/api/broken", headers={"X-Request-ID": "r-1"})
    assert [page.status_code, fragment.status_code, problem.status_code] == [status] * 3
    for markup in (page.text, fragment.text):
        assert error.message in markup
        assert WORDS[status].what_to_do in markup
    assert page.text.lstrip().lower().startswith("<!doctype html>")
    assert "<html" not in fragment.text
    assert {value.strip() for value in page.headers["Vary"].split(",")} == {"HX-Request", "Cookie"}
    assert page.headers["Cache-Control"] == "no-store"
    assert problem.content_type == "application/problem+json"
    assert problem.get_json() == {
        "type": "about:blank",
        "title": WORDS[status].title,
        "status": status,
        "detail": error.message,
        "code": code,
        "errors": [field._asdict() for field in error.fields],
        "what_to_do": WORDS[status].what_to_do,
        "request_id": "r-1",
    }


def test_wrong_values_are_listed_and_escaped(failing: Callable[..., FlaskClient]) -> None:
    markup = failing(raising(ResultError("<script>", FIELDS))).get("/broken").text
    assert "line 12: kills" in markup
    assert "&lt;b&gt;Team&lt;/b&gt;" in markup
    assert "&lt;script&gt;" in markup
    assert "<b>Team" not in markup


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 410, 413, 415, 418, 422, 429, 451, 500, 501, 503])
@pytest.mark.parametrize("path", ["/broken", "/api/broken"])
def test_every_status_says_what_to_do_next(failing: Callable[..., FlaskClient], status: int, path: str) -> None:
    answer = failing(lambda: abort(status)).get(path)
    assert answer.status_code == status
    told = answer.get_json()["what_to_do"] if path.startswith("/api/") else answer.text
    expected = WORDS.get(status) or WORDS[400 if status < 500 else 500]
    assert expected.what_to_do in html.unescape(told)


def test_headers_that_belong_to_a_status_are_kept(failing: Callable[..., FlaskClient]) -> None:
    answer = failing(lambda: "fine").post("/broken")
    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


def test_a_redirect_is_no_error(failing: Callable[..., FlaskClient], app: Flask) -> None:
    app.add_url_rule("/folder/", "folder", lambda: "fine")
    assert failing(lambda: "fine").get("/folder").status_code == 308


def test_history_restored_by_htmx_is_a_page(failing: Callable[..., FlaskClient]) -> None:
    headers = {"HX-Request": "true", "HX-History-Restore-Request": "true"}
    assert "<html" in failing(raising(NotFound("No."))).get("/broken", headers=headers).text


@pytest.mark.parametrize("path", ["/broken", "/api/broken"])
def test_a_bug_shows_nothing_of_itself(
    failing: Callable[..., FlaskClient], capsys: pytest.CaptureFixture[str], path: str
) -> None:
    answer = failing(raising(RuntimeError("olga@example.org"))).get(path, headers={"X-Request-ID": "r-2"})
    assert answer.status_code == 500
    assert "r-2" in answer.text
    assert "olga" not in answer.text
    assert "RuntimeError" not in answer.text
    logged = capsys.readouterr().err
    assert "request_failed" in logged
    assert "olga" not in logged


def test_the_page_of_a_bug_needs_no_template(app: Flask, failing: Callable[..., FlaskClient]) -> None:
    app.context_processor(break_every_template)
    answer = failing(raising(RuntimeError())).get("/broken")
    assert answer.status_code == 500
    assert WORDS[500].what_to_do in answer.text
    assert answer.headers["X-Request-ID"] in answer.text


def test_a_page_whose_layout_breaks_still_tells_its_message(app: Flask, failing: Callable[..., FlaskClient]) -> None:
    app.context_processor(break_every_template)
    answer = failing(raising(NotFound("There is no team <7>."))).get("/broken")
    assert answer.status_code == 404
    assert "There is no team &lt;7&gt;." in answer.text


def test_a_failed_statement_does_not_poison_the_next_request(failing: Callable[..., FlaskClient]) -> None:
    fail = failing(lambda: str(db.session.execute(text("SELECT * FROM nothing_of_this_name"))))
    assert fail.get("/broken").status_code == 500
    assert fail.get("/readiness").status_code == 200


def test_a_database_that_is_away_is_a_503_that_says_when_to_come_back(tmp_path: Path) -> None:
    away = f"postgresql+psycopg://nobody@/none?host={tmp_path}"
    app = create_app(Settings(secret_key="k" * 32, database_url=away, instance_path=tmp_path))
    ask = access.open_to(access.EVERYBODY)(lambda: str(db.session.execute(text("SELECT 1"))))
    app.add_url_rule("/broken", "broken", ask)
    answer = app.test_client().get("/broken")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert WORDS[503].what_to_do in answer.text
