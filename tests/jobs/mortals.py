"""Processes that die where they are told to, forked from one that has imported everything: a death costs a blink."""

import multiprocessing
import os
from collections.abc import Mapping
from multiprocessing.process import BaseProcess
from typing import Final

from jobs.context import application
from tests.jobs.doomed import DEEDS
from webapp.services.spine import crashpoints

DIED: Final = 9
PATIENCE_S: Final = 60


def end_of(words: tuple[str, ...], point: str, environment: Mapping[str, str]) -> int | None:
    """The exit code of a process that does one of the deeds of `doomed` with this environment, and dies at `point`."""
    return end(begin(words, point, environment))


def begin(words: tuple[str, ...], point: str, environment: Mapping[str, str]) -> BaseProcess:
    """Such a process, under way; without a point it lives on until it is done."""
    nursery = multiprocessing.get_context("forkserver")
    nursery.set_forkserver_preload([__name__])
    process = nursery.Process(target=_live, args=(words, point, dict(environment)))
    process.start()
    return process


def end(process: BaseProcess) -> int | None:
    """Its exit code, once it has ended."""
    process.join(PATIENCE_S)
    if process.exitcode is None:
        process.kill()
        process.join()
    return process.exitcode


def _live(words: tuple[str, ...], point: str, environment: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    crashpoints.arm(point)
    with application().app_context():
        DEEDS[words[0]](*words[1:])
