"""The sender: a thread with an event loop that claims what is due, sends it all at once, and writes down what came.

Rows say what is due, so any number of senders in any number of processes share the work, and one that dies leaves
leases that run out. RQ only wakes the one of its process; without a bell each looks by itself.
"""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Final, TypeVar

import aiohttp
import structlog

from webapp.models import WebhookDelivery
from webapp.services.spine import leases, precedence
from webapp.services.webhooks import attempts, claims, http, policies, results
from webapp.services.webhooks.claims import Claim, Taken
from webapp.services.webhooks.outcomes import Outcome

MOST_AT_ONCE: Final = 512
LOOK_EVERY_S: Final = 1.0
BATCH: Final = 25
"""Claimed, or written down, in one transaction: a ranking may wait for one."""
LOOK_FOR_DEAD_EVERY_S: Final = 2.0

Result = TypeVar("Result")
InApp = Callable[[Callable[[], object]], object]
"""Runs a piece of work with the application around it, and cleans up after it."""

log = structlog.get_logger(__name__)


class Sender:
    """Sends in a thread of its own until it is stopped, or has had nothing to do for `idle_s`."""

    def __init__(self, in_app: InApp, *, clock: Callable[[], datetime], idle_s: float | None = None) -> None:
        self._in_app = in_app
        self._clock = clock
        self._idle_s = idle_s
        self._loop = asyncio.new_event_loop()
        self._bell = asyncio.Event()
        self._stop_at: float | None = None
        self._flying: dict[asyncio.Task[None], Claim] = {}
        self._outcomes: list[Outcome] = []
        self._busy_at = time.monotonic()
        self._is_much = False
        # One thread for the database: what is claimed and what is written down never wait for each other's locks.
        self._database = ThreadPoolExecutor(1, thread_name_prefix="webhook-rows")
        self._thread = threading.Thread(target=self._main, name="webhook-sender", daemon=True)
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether it still works."""
        return self._thread.is_alive()

    def wake(self) -> None:
        """Look at once."""
        with suppress(RuntimeError):  # it has ended meanwhile
            self._loop.call_soon_threadsafe(self._bell.set)

    def stop(self, *, within_s: float) -> None:
        """Claim nothing more, and end once everything on its way has arrived; give back what is not there in time."""
        self._stop_at = time.monotonic() + within_s
        self.wake()
        self._thread.join(within_s + 5)

    # -- inside the thread

    def _main(self) -> None:
        try:
            self._loop.run_until_complete(self._run())
        except Exception:
            log.exception("webhook_sender_failed")
        finally:
            self._database.shutdown()
            self._loop.close()

    async def _run(self) -> None:
        async with http.opened() as session:
            looked_for_dead = 0.0
            while self._stop_at is None and not self._is_idle():
                self._bell.clear()
                wait_s = LOOK_EVERY_S
                try:
                    if time.monotonic() - looked_for_dead >= LOOK_FOR_DEAD_EVERY_S:
                        looked_for_dead = time.monotonic()
                        await self._ask(lambda: leases.release_of_dead(WebhookDelivery, now=self._clock()))
                    await self._write_down()
                    wait_s = await self._send_due(session)
                except Exception:
                    # A database that is away comes back; what came of attempts is kept until it is written down.
                    log.exception("webhook_round_failed")
                await self._wait(wait_s)
            await self._finish()

    async def _send_due(self, session: aiohttp.ClientSession) -> float:
        """Claim and send; how many seconds there is nothing more to do, unless the bell rings."""
        now = self._clock()
        room = min(BATCH, MOST_AT_ONCE - len(self._flying))
        sending, taken = await self._ask(partial(_looked, now, room), lambda found: len(found[1].claims))
        # Who switches a channel off waits for no receiver that is slow to answer.
        await self._call_back([task for task, claim in self._flying.items() if claim.kind not in sending])
        flying = {claim.delivery_id for claim in self._flying.values()}
        for claim in taken.claims:
            if claim.delivery_id in flying:
                # Its lease ran out while it is still on its way: what comes of that counts.
                continue
            task = self._loop.create_task(self._send(session, claim))
            self._flying[task] = claim
        # An endpoint that bears no more at the moment leaves a claim less than full.
        self._is_much = 2 * len(taken.claims) >= room
        if taken.claims:
            self._busy_at = time.monotonic()
        if taken.next_at is None:
            return LOOK_EVERY_S
        return min((taken.next_at - self._clock()).total_seconds(), LOOK_EVERY_S)

    async def _send(self, session: aiohttp.ClientSession, claim: Claim) -> None:
        try:
            self._outcomes.append(await attempts.make(session, claim, clock=self._clock))
        finally:
            task = asyncio.current_task()
            if task is not None:
                self._flying.pop(task, None)
            self._bell.set()

    async def _write_down(self) -> None:
        while self._outcomes:
            self._busy_at = time.monotonic()
            outcomes = self._outcomes[:BATCH]
            await self._ask(partial(_written, outcomes, self._clock()), lambda count: count)
            del self._outcomes[: len(outcomes)]

    async def _finish(self) -> None:
        while self._flying and time.monotonic() < (self._stop_at or 0.0):
            await asyncio.wait(self._flying, timeout=0.2, return_when=asyncio.FIRST_COMPLETED)
            await self._write_down()
        await self._write_down()
        await self._call_back(list(self._flying))

    async def _call_back(self, tasks: Sequence[asyncio.Task[None]]) -> None:
        """Break off what is on its way: it waits where it was, and nobody counts that as an attempt."""
        if not tasks:
            return
        unfinished = [self._flying[task] for task in tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._write_down()
        await self._ask(lambda: results.release(unfinished, now=self._clock()))

    async def _wait(self, seconds: float) -> None:
        if seconds > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._bell.wait(), seconds)

    def _is_idle(self) -> bool:
        if self._idle_s is None or self._flying or self._outcomes:
            return False
        return time.monotonic() - self._busy_at > self._idle_s

    def _ask(self, work: Callable[[], Result], size_of: Callable[[Result], int] = lambda _: 0) -> Awaitable[Result]:
        """Have the database do this; `size_of` tells from what it gave how many deliveries that was about."""
        in_app: Callable[[Callable[[], Result]], Result] = self._in_app  # type: ignore[assignment]  # gives back what it got
        # Who is to end has no time to stand back.
        wanted = partial(_sparingly, work, size_of, is_much=self._is_much) if self._stop_at is None else work
        return self._loop.run_in_executor(self._database, in_app, wanted)


def _looked(now: datetime, limit: int) -> tuple[Sequence[str], Taken]:
    """The kinds that are switched on, and what is to be sent of them."""
    return policies.kinds_that_send(), claims.take(now=now, limit=limit)


def _written(outcomes: Sequence[Outcome], now: datetime) -> int:
    results.write(outcomes, now=now)
    return len(outcomes)


def _sparingly(work: Callable[[], Result], size_of: Callable[[Result], int], *, is_much: bool) -> Result:
    with precedence.sparingly(is_much=is_much) as piece:
        result = work()
        piece.share = size_of(result) / BATCH
        return result


class _OfProcess:
    """What this process has one of."""

    make: Callable[[], Sender] | None = None
    sender: Sender | None = None
    lock = threading.Lock()


def connect(in_app: InApp, *, clock: Callable[[], datetime], idle_s: float | None = None) -> None:
    """Let this process have a sender, from the first time on that it is woken."""
    _OfProcess.make = lambda: Sender(in_app, clock=clock, idle_s=idle_s)


def wake() -> bool:
    """Let the sender of this process look at once; False in a process that may have none."""
    with _OfProcess.lock:
        if _OfProcess.make is None:
            return False
        if _OfProcess.sender is None or not _OfProcess.sender.is_alive:
            _OfProcess.sender = _OfProcess.make()
        _OfProcess.sender.wake()
        return True


def stop(*, within_s: float) -> None:
    """End the sender of this process, if it has one; it is not started again."""
    with _OfProcess.lock:
        sender, _OfProcess.sender, _OfProcess.make = _OfProcess.sender, None, None
    if sender is not None:
        sender.stop(within_s=within_s)


def deliver_due(*, clock: Callable[[], datetime]) -> int:
    """Send in this thread what can be sent now, until nothing is left; how many attempts that was."""
    return asyncio.run(_deliver(clock))


async def _deliver(clock: Callable[[], datetime]) -> int:
    made = 0
    async with http.opened() as session:
        while taken := claims.take(now=clock(), limit=BATCH).claims:
            outcomes = await asyncio.gather(*(attempts.make(session, claim, clock=clock) for claim in taken))
            results.write(outcomes, now=clock())
            made += len(outcomes)
    return made
