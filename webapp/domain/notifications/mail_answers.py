"""What the answers of a mail server mean for a mail, and when one that was not taken is tried again."""

import re
from datetime import timedelta
from enum import StrEnum
from typing import Final

RETRY_AFTER: Final = tuple(
    timedelta(seconds=seconds)
    for seconds in (1, 5, 25, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 10 * 3600)
)  # fmt: skip
"""The pauses after each time that a server said "later"; after the last one the mail has failed."""
AWAY_AFTER: Final = tuple(timedelta(seconds=seconds) for seconds in (1, 5, 25, 5 * 60))
"""The pauses while a server cannot be reached; the last one over and over, for as long as it takes."""

_ENHANCED: Final = re.compile(r"\s*[245]\.(\d{1,3})\.\d{1,3}\b")
_CLOSING: Final = 421
_STORAGE: Final = 552
_ABOUT_ADDRESS: Final = "1"
_ABOUT_POLICY: Final = frozenset({"3", "4", "5", "7"})
"""Classes of RFC 3463 that blame the system, the network, the protocol or what the sender may do: never the address."""
_SENDER_UNKNOWN: Final = frozenset({530, 535})


class Stage(StrEnum):
    """What the server answered to."""

    SENDER = "sender"
    RECIPIENT = "recipient"
    CONTENT = "content"


class Verdict(StrEnum):
    """What follows from an answer."""

    AWAY = "away"
    """The server takes nothing from anybody now: as if it could not be reached, and no fault of the mail."""
    LATER = "later"
    """This mail is to be tried again, a limited number of times."""
    REFUSED = "refused"
    """This mail is not taken, now or ever."""
    BOUNCED = "bounced"
    """The address does not exist, or takes no mail: nothing more is written to it."""


def verdict(stage: Stage, code: int, text: str) -> Verdict:
    """What the answer `code text` at a stage means.

    An address is given up only where the answer is about the address. A server that blocks us by policy says no to
    every mail; taken for bounces, one bad hour would silence everybody.
    """
    if code == _CLOSING or stage is Stage.SENDER or code in _SENDER_UNKNOWN:
        return Verdict.AWAY
    if code < 500:
        return Verdict.LATER
    found = _ENHANCED.match(text)
    subject = found[1] if found else None
    if stage is Stage.RECIPIENT:
        if code == _STORAGE or (subject == "2" and "full" in text.lower()):
            return Verdict.LATER
        return Verdict.REFUSED if subject in _ABOUT_POLICY else Verdict.BOUNCED
    return Verdict.BOUNCED if subject == _ABOUT_ADDRESS else Verdict.REFUSED


def retry_after(attempts: int) -> timedelta | None:
    """How long to wait after the server has said "later" so many times; None: no longer."""
    return RETRY_AFTER[attempts - 1] if attempts <= len(RETRY_AFTER) else None


def away_after(delays: int) -> timedelta:
    """How long to wait after the server was away so many times in a row."""
    return AWAY_AFTER[min(delays, len(AWAY_AFTER)) - 1]
