"""Event loops for tests: each in a thread of its own, since the browser's driver keeps one running in the main thread."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

Result = TypeVar("Result")
PATIENCE_S = 60


def run(test: Coroutine[Any, Any, Result]) -> Result:
    """What the coroutine gives, from a loop of its own."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, asyncio.wait_for(test, PATIENCE_S)).result()
