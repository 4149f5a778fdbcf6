"""How endpoints of each kind are sent to: limits, patience, and what their answers mean."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from webapp.domain.notifications import discord
from webapp.domain.webhooks.schedule import SLOW_LANE_S
from webapp.domain.webhooks.statuses import retry_after_s
from webapp.services.operations import flags

SPARE: Final = timedelta(seconds=5)
"""A lease outlives the deadline of its attempt by so much: time to write down what came of it."""

Pause = Callable[[int, Mapping[str, str], bytes, datetime], float | None]


def _asked_pause(status: int, headers: Mapping[str, str], _body: bytes, now: datetime) -> float | None:
    """What Retry-After says, on answers that are no success."""
    return None if 200 <= status < 300 else retry_after_s(headers, now=now)


def _asked_by_discord(status: int, headers: Mapping[str, str], body: bytes, now: datetime) -> float | None:
    """What Discord says in its own way, also when it has taken a message; else what anybody may say."""
    told = discord.pause_s(status, headers, body)
    return _asked_pause(status, headers, body, now) if told is None else told


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules for one kind of endpoint."""

    flag: str
    """While it is off nothing is sent."""
    timeout_s: float = 10.0
    """For an attempt as a whole, by the clock on the wall."""
    delays_s: tuple[float, ...] = (1, 5, 25)
    has_slow_lane: bool = True
    rate: float = 10.0
    """Sendings a second in the long run, and at once."""
    burst: int = 20
    most_in_flight: int = 100
    is_signed: bool = True
    tells_people: bool = False
    """What was taken back before it went out is not told to people; programs get the log as it is."""
    disables_at: frozenset[int] = frozenset({410})
    """Statuses after which nothing is sent there any more, and the reason that is kept for them."""
    disabled_reason: str = "gone"
    pause_s: Pause = _asked_pause
    """How long an answer asks for quiet: of its status, headers (by lower-case name), body and the instant."""

    @property
    def lease(self) -> timedelta:
        """How long a sender may keep a delivery to itself."""
        return timedelta(seconds=self.timeout_s) + SPARE

    def delays(self) -> tuple[float, ...]:
        """Seconds until each further attempt, as the flags are now."""
        slow = SLOW_LANE_S if self.has_slow_lane and flags.is_on("WEBHOOK_SLOW_LANE") else ()
        return (*self.delays_s, *slow)


POLICIES: Final[dict[str, Policy]] = {
    "webhook": Policy("NOTIFICATIONS_WEBHOOK_ENABLED"),
    # Discord takes five in two seconds: at this rate the sixth always comes later, by a margin for the way there.
    "discord": Policy(
        "NOTIFICATIONS_DISCORD_ENABLED", timeout_s=5.0, has_slow_lane=False, rate=2.2, burst=1, most_in_flight=1,
        is_signed=False, tells_people=True, disables_at=discord.REFUSALS, disabled_reason="refused",
        pause_s=_asked_by_discord,
    ),
}  # fmt: skip
"""By kind of endpoint."""


def connect(*, delays_s: tuple[int, ...], timeout_s: int) -> None:
    """Try again and wait as the settings say from now on, in this process."""
    POLICIES["webhook"] = replace(POLICIES["webhook"], delays_s=tuple(delays_s), timeout_s=float(timeout_s))


def kinds_that_send() -> list[str]:
    """The kinds of endpoints whose flag is on."""
    return [kind for kind, policy in POLICIES.items() if flags.is_on(policy.flag)]
