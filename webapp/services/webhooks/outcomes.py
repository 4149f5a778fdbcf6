"""An attempt that has been made, and what its answer means."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from webapp.domain.webhooks import statuses
from webapp.domain.webhooks.statuses import Meaning
from webapp.services.webhooks.claims import Claim
from webapp.services.webhooks.http import Answer
from webapp.services.webhooks.policies import POLICIES

UNREADABLE: Final = "unreadable"
"""The error of what could not be sent at all: its address or its message is lost."""
INTERNAL: Final = "internal"
"""The error of what a fault of our own kept from being sent; the log has more."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """An attempt that has been made: of which claim, when, with which headers, and what came of it."""

    claim: Claim
    at: datetime
    headers: Mapping[str, str]
    """Those that were sent, without secrets and signatures."""
    answer: Answer

    @property
    def meaning(self) -> Meaning:
        """What the answer means; one that broke off is none."""
        if self.answer.error == UNREADABLE:
            return Meaning.PERMANENT
        status = None if self.answer.error else self.answer.status
        return statuses.meaning(status, disables_at=POLICIES[self.claim.kind].disables_at)

    def pause_s(self, now: datetime) -> float | None:
        """Seconds for which the receiver asks to be left alone."""
        if self.answer.status is None:
            return None
        policy = POLICIES[self.claim.kind]
        return policy.pause_s(self.answer.status, self.answer.headers, self.answer.body, now)
