import json
import logging
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient

from webapp.config import Settings
from webapp.domain.errors import Conflict
from webapp.logging import configure_logging

ReadEvents = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def configure(settings: Settings) -> Iterator[Callable[..., None]]:
    def change(**changes: Any) -> None:
        values = {name: getattr(settings, name) for name in Settings.__dataclass_fields__}
        configure_logging(Settings(**(values | changes)))

    yield change
    configure_logging(settings)


@pytest.fixture
def events(app: Flask, capsys: pytest.CaptureFixture[str]) -> ReadEvents:
    """The JSON lines logged since the last call; a line that is not JSON is an error."""
    capsys.readouterr()
    return lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Logging knows no database; one kind is enough here."""
    return sqlite_url


def test_an_event_is_one_json_object_with_its_time_in_utc(events: ReadEvents) -> None:
    structlog.get_logger("x").info("match_confirmed", match_id=7, rows=3, queue="ranking")
    (line,) = events()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", line.pop("timestamp"))
    assert line == {"level": "info", "event": "match_confirmed", "match_id": 7, "rows": 3, "queue": "ranking"}


@pytest.mark.parametrize(
    "value",
    [
        "olga@example.org",
        "from 192.0.2.7",
        "2001:db8::7:1",
        "https://discord.com/api/webhooks/1/secret",
        "x" * 201,
        ["fine", "sam@example.org"],
        {"key": "10.0.0.1"},
        object(),
        list(range(51)),
    ],
)
def test_a_value_that_may_be_private_is_withheld(events: ReadEvents, value: object) -> None:
    structlog.get_logger("x").info("something_happened", reason=value, match_id=1)
    (line,) = events()
    assert "reason" not in line
    assert line["withheld"] == ["reason"]
    assert line["match_id"] == 1


def test_a_field_that_nobody_allowed_is_withheld_and_named(events: ReadEvents) -> None:
    structlog.get_logger("x").info("user_created", user_id=1, email="olga", real_name="Olga", password="p")
    (line,) = events()
    assert line["withheld"] == ["email", "password", "real_name"]
    assert "olga" not in json.dumps(line).lower()


def test_an_exception_keeps_type_code_and_place_but_not_its_words(events: ReadEvents) -> None:
    try:
        try:
            int("olga@example.org")
        except ValueError as error:
            raise Conflict("olga@example.org was faster", code="stale_version") from error
    except Conflict:
        structlog.get_logger("x").exception("change_failed")
    (line,) = events()
    assert (line["error"], line["code"], line["cause"]) == ("Conflict", "stale_version", "ValueError")
    assert line["trace"][-1].startswith("tests/house/test_logging.py:")
    assert "olga" not in json.dumps(line)


def test_an_error_about_code_keeps_its_words(events: ReadEvents) -> None:
    try:
        structlog.get_logger("x").nothing_of_this_name()
    except AttributeError:
        structlog.get_logger("x").exception("page_failed")
    assert "nothing_of_this_name" in events()[0]["reason"]


def test_an_os_error_tells_its_number(events: ReadEvents) -> None:
    try:
        Path("/nowhere/at/all").read_bytes()
    except OSError:
        structlog.get_logger("x").exception("file_missing")
    assert events()[0]["code"] == "2"


def test_libraries_speak_from_warning_on_and_without_their_arguments(events: ReadEvents) -> None:
    logging.getLogger("rq.worker").info("default: jobs.mail.send('olga@example.org') (7)")
    logging.getLogger("rq.worker").warning("job %s failed for %s", 7, "olga@example.org")
    (line,) = events()
    assert line["logger"] == "rq.worker"
    assert line["reason"] == "job %s failed for %s"
    assert line["level"] == "warning"


def test_the_level_is_the_settings(events: ReadEvents, configure: Callable[..., None]) -> None:
    structlog.get_logger("x").debug("quiet")
    configure(log_level="DEBUG")
    structlog.get_logger("x").debug("loud")
    configure(log_level="ERROR")
    structlog.get_logger("x").warning("quiet")
    assert [line["event"] for line in events()] == ["loud"]


def test_text_holds_the_same_fields_on_one_line(
    app: Flask, configure: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    configure(log_format="text")
    structlog.get_logger("x").warning("outbox_late", lag_s=31, email="olga@example.org")
    line = capsys.readouterr().err
    assert re.fullmatch(r"\S+Z warning outbox_late lag_s=31 withheld=\['email'\]\n", line)


def test_a_request_is_logged_without_address_or_query(client: FlaskClient, events: ReadEvents) -> None:
    answer = client.get("/nowhere?email=olga@example.org", environ_base={"REMOTE_ADDR": "192.0.2.7"})
    (line,) = [line for line in events() if line["event"] == "request_finished"]
    assert line["request_id"] == answer.headers["X-Request-ID"]
    assert {"method": "GET", "endpoint": None, "status": 404}.items() <= line.items()
    assert line["duration_ms"] >= 0
    assert line.keys() == {"timestamp", "level", "event", "method", "endpoint", "status", "duration_ms", "request_id"}


@pytest.mark.parametrize("given", ["abc-123", "Root=1-5759e988-bd862e3fe1be46a994272793", "x" * 64])
def test_the_callers_request_id_is_kept(client: FlaskClient, given: str) -> None:
    assert client.get("/healthz", headers={"X-Request-ID": given}).headers["X-Request-ID"] == given


@pytest.mark.parametrize("given", ["", "x" * 65, "a b", "olga@example.org", '"><script>', "ü", "a\tb"])
def test_a_request_id_that_is_none_is_replaced(client: FlaskClient, given: str) -> None:
    ids = {client.get("/healthz", headers={"X-Request-ID": given}).headers["X-Request-ID"] for _ in range(2)}
    assert len(ids) == 2
    assert all(re.fullmatch(r"[0-9a-f]{32}", each) for each in ids)


def test_a_request_leaves_no_id_behind(app: Flask, events: ReadEvents) -> None:
    # In the test's own context, as a web server's thread keeps one from request to request.
    FlaskClient(app).get("/healthz")
    structlog.get_logger("x").info("later")
    assert "request_id" not in events()[-1]


def test_probes_are_quiet_while_they_are_content(client: FlaskClient, events: ReadEvents) -> None:
    client.get("/healthz")
    client.get("/readiness")
    assert events() == []
