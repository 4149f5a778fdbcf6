import traceback
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import insert, select

from jobs import context
from tests.arenas import OPENED_AT
from tests.kept_apps import close
from webapp.config import Settings
from webapp.models import OutboxItem, User
from webapp.services.spine import outbox
from webapp.services.spine.transaction import read_snapshot, transaction

SECRET = "nobody@example.org"


@pytest.fixture
def worker(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """The application as a worker builds it, from the environment."""
    monkeypatch.setenv("SECRET_KEY", settings.secret_key)
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("DELTACROWN_INSTANCE", str(settings.instance_path))
    context.application.cache_clear()
    yield context.application()
    close(context.application())
    context.application.cache_clear()


def wanted(worker: Flask) -> int:
    with worker.app_context():
        with transaction() as session:
            outbox.want(session, "rank", "7", now=OPENED_AT)
        with read_snapshot() as session:
            return session.scalars(select(OutboxItem.id)).one()


def row(worker: Flask) -> tuple[int, int, str | None]:
    with worker.app_context(), read_snapshot() as session:
        item = session.scalars(select(OutboxItem)).one()
        return item.done, item.attempts, item.last_error


def test_a_job_works_with_the_key_of_its_row_and_marks_it_done(worker: Flask) -> None:
    seen: list[str] = []
    job = context.outbox_job(seen.append)
    item_id = wanted(worker)
    job(item_id)
    job(item_id)
    assert (seen, row(worker)) == (["7"], (1, 0, None))


def test_an_error_is_kept_by_its_kind_and_what_rq_and_the_log_get_quotes_no_row(
    worker: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    @context.outbox_job
    def write_half_a_login(_key: str) -> None:
        with transaction() as session:
            session.execute(
                insert(User).values(handle="x", handle_key="x", email=SECRET, email_key=SECRET, role="player")
            )

    with pytest.raises(context.JobFailedError, match=r"^IntegrityError$") as refused:
        write_half_a_login(wanted(worker))
    assert row(worker) == (0, 1, "IntegrityError")
    told = "".join(traceback.format_exception(refused.value))
    logged = capsys.readouterr().err
    assert "outbox_run_failed" in logged
    assert SECRET not in told + logged
