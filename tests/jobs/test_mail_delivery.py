"""Mail by real processes: a worker answers the bell, and where there is none the scheduler sends."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from tests import mailed
from tests.jobs.conftest import StartProcess
from tests.personas import Persona
from tests.servers.redis import RedisServer
from webapp.models import Mail
from webapp.services.spine import relay
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import transaction


def be_due_in(seconds: float) -> None:
    """As after quiet hours: nobody is told when it comes due."""
    with transaction() as session:
        session.execute(
            update(Mail).where(Mail.state == "pending").values(next_at=utc_now() + timedelta(seconds=seconds))
        )


@pytest.mark.timeout(120)
def test_a_scheduler_alone_sends_what_comes_due(app: Flask, pat: Persona, start_process: StartProcess) -> None:
    with mailed.served() as smtp:
        scheduler = start_process("jobs.scheduler", MAIL_URL=smtp.url)
        mailed.tell(pat.user_id, now=utc_now())
        scheduler.wait_until(lambda: len(smtp.messages) == 1, seconds=60)
        mailed.tell(pat.user_id, kind=mailed.GROUPED, now=utc_now())
        be_due_in(2)
        scheduler.wait_until(lambda: len(smtp.messages) == 2, seconds=60)
        assert {address for address, _ in smtp.messages} == {pat.email}
        scheduler.wait_until(lambda: {state for _, state, *_ in mailed.states()} == {"sent"}, seconds=20)
        assert pat.email not in scheduler.output


@pytest.mark.timeout(120)
def test_a_worker_answers_the_bell(
    redis_server: RedisServer, app: Flask, pat: Persona, start_process: StartProcess
) -> None:
    with mailed.served() as smtp:
        worker = start_process("jobs.worker", "email", MAIL_URL=smtp.url, LOG_LEVEL="DEBUG")
        mailed.tell(pat.user_id, now=utc_now())

        def has_come() -> bool:
            relay.sweep(clock=utc_now, may_work=False)
            return len(smtp.messages) == 1

        worker.wait_until(has_come, seconds=60)
        assert smtp.messages[0][0] == pat.email
        assert pat.email not in worker.output
