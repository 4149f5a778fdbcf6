"""Real workers and schedulers on the database and the Redis of a test."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest
from flask import Flask

from tests.arenas import Arena, open_battle_royale, turn_on_the_engine
from tests.conftest import TEST_SECRET_KEY
from tests.servers.process import ServerProcess
from webapp.config import ROOT, Settings
from webapp.services.spine import redis_link


class StartProcess(Protocol):
    """Starts `python -m module words`, with more of the environment if wanted; all are ended after the test."""

    def __call__(self, module: str, *words: str, **environment: str) -> ServerProcess: ...


@pytest.fixture
def environment(settings: Settings, app: Flask) -> dict[str, str]:
    """The environment of a process that works beside the test."""
    url = redis_link.link().url
    return {
        **os.environ,
        "DATABASE_URL": settings.database_url,
        "DELTACROWN_INSTANCE": str(settings.instance_path),
        "SECRET_KEY": TEST_SECRET_KEY,
        **({"REDIS_URL": url} if url else {}),
    }


@pytest.fixture
def start_process(environment: dict[str, str], tmp_path: Path) -> Iterator[StartProcess]:
    started: list[ServerProcess] = []

    def start(module: str, *words: str, **more: str) -> ServerProcess:
        command = [sys.executable, "-m", module, *words]
        log = tmp_path / f"{module}-{len(started)}.log"
        started.append(ServerProcess(command, log, environment={**environment, **more}, folder=ROOT))
        return started[-1]

    yield start
    for process in started:
        process.stop()


@pytest.fixture
def arena(app: Flask) -> Arena:
    turn_on_the_engine()
    return open_battle_royale(squads=6, lobbies=60)
