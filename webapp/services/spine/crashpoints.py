"""Named places at which a test ends the process as `kill -9` would, to see that nothing is lost or done twice."""

import os
from typing import Final

CRASHPOINTS: Final = (
    "before_commit",
    "after_commit",
    "after_dispatch_claim",
    "after_enqueue",
    "after_lease",
    "before_board_write",
    "after_board_write",
    "before_done",
    "after_done",
    "before_publish",
    "after_publish",
    "after_schedule_claim",
    "in_import",
)
"""Every name that `crashpoint` is called with."""

_ARMED = os.environ.get("DELTACROWN_CRASH_AT", "")


def crashpoint(name: str) -> None:
    """End the process at once when `DELTACROWN_CRASH_AT` names this place; else do nothing."""
    if name == _ARMED:
        os._exit(9)
