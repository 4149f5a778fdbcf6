"""The garbage collector rests while the application's modules are loaded.

None of them is garbage, and to look at all again and again took a fifth of the start of every process.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_WAS_AT_WORK: Final = gc.isenabled()
gc.disable()


def resume() -> None:
    """Collect again, unless that was off before."""
    if _WAS_AT_WORK:
        gc.enable()


@contextmanager
def resting() -> Iterator[None]:
    """Collect nothing inside."""
    was_at_work = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_at_work:
            gc.enable()
