"""Named places at which a test ends the process as `kill -9` would, to see that nothing is lost or done twice."""

import os
from typing import Final

OF_THE_SPINE: Final = (
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
OF_CHANNELS: Final = (
    "before_route_write",
    "after_route_write",
    "after_mail_lease",
    "before_mail_send",
    "after_mail_send",
    "before_mail_mark",
    "after_mail_mark",
    "in_digest",
    "after_delivery_claim",
    "before_delivery_send",
    "after_delivery_send",
    "before_delivery_mark",
    "after_delivery_mark",
)
CRASHPOINTS: Final = OF_THE_SPINE + OF_CHANNELS
"""Every name that `crashpoint` is called with: where changes are written and served, and where people are told."""


class _Armed:
    name = os.environ.get("DELTACROWN_CRASH_AT", "")


def arm(name: str) -> None:
    """From now on this process dies at the place of that name."""
    _Armed.name = name


def crashpoint(name: str) -> None:
    """End the process at once when `DELTACROWN_CRASH_AT` names this place; else do nothing."""
    if name == _Armed.name:
        os._exit(9)
