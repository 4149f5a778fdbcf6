"""Whether answers stay right under load: a tag never names other bytes, nothing goes back, and news arrives."""

import http.client
import re
import threading
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, Self
from urllib.parse import urlsplit

CONNECTIONS: Final = 6
_VERSION: Final = re.compile(rb'data-version="(\d+)"\s+data-seq="(\d+)"')


class WrongAnswer(AssertionError):
    """What a reader must never see."""


@dataclass(slots=True)
class Reader(threading.Thread):
    """Polls over one kept connection, every second time with the tag it has, and remembers what it saw."""

    url: str
    headers: Mapping[str, str]
    stop: threading.Event
    bodies: dict[str, str]
    polls: int = 0
    seen: list[tuple[float, int]] = field(default_factory=list)
    error: BaseException | None = None

    def __post_init__(self) -> None:
        threading.Thread.__init__(self, daemon=True)

    def __hash__(self) -> int:
        return id(self)

    def run(self) -> None:
        try:
            self._read()
        except BaseException as error:  # noqa: BLE001  (whatever it is, whoever waits for the reader must know)
            self.error = error

    def _read(self) -> None:
        parts = urlsplit(self.url)
        assert parts.hostname is not None
        with closing(http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)) as connection:
            self._poll(connection, parts.path)

    def _poll(self, connection: http.client.HTTPConnection, path: str) -> None:
        tag, last_seq = "", 0
        while not self.stop.is_set():
            self.polls += 1
            sent = tag if self.polls % 2 else ""
            connection.request("GET", path, headers={**self.headers, **({"If-None-Match": sent} if sent else {})})
            answer = connection.getresponse()
            body = answer.read()
            now = time.monotonic()
            answered = answer.headers["ETag"] or ""
            if answer.status == 304:
                if answered != sent or body:
                    raise WrongAnswer(f"304 for {sent} with the tag {answered} and {len(body)} bytes")
                continue
            version, seq = shown(body)
            if answer.status != 200 or not answered.strip('"').startswith(f"{seq}-"):
                raise WrongAnswer(f"status {answer.status}, tag {answered}, log number {seq}")
            if self.bodies.setdefault(answered, sha256(body).hexdigest()) != sha256(body).hexdigest():
                raise WrongAnswer(f"{answered} names two bodies")
            if seq < last_seq:
                raise WrongAnswer(f"log number {seq} after {last_seq} on one connection")
            tag, last_seq = answered, seq
            self.seen.append((now, version))


class Watch:
    """Readers of one address, for as long as the block lasts."""

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        self._stop = threading.Event()
        bodies: dict[str, str] = {}
        self.readers = [Reader(url, headers, self._stop, bodies) for _ in range(CONNECTIONS)]

    def __enter__(self) -> Self:
        for reader in self.readers:
            reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for reader in self.readers:
            reader.join(timeout=15)
        errors = [reader.error for reader in self.readers if reader.error is not None]
        if errors:
            raise errors[0]

    def wait_for(self, version: int, *, since: float, seconds: float) -> float:
        """Seconds from `since` until the last reader saw `version`; raises WrongAnswer when time is up."""
        give_up_at = time.monotonic() + seconds
        while time.monotonic() < give_up_at:
            first = [next((at for at, shown in reader.seen if shown >= version), None) for reader in self.readers]
            arrived = [at for at in first if at is not None]
            if len(arrived) == len(self.readers):
                return max(arrived) - since
            time.sleep(0.01)
        raise WrongAnswer(f"version {version} did not reach every reader within {seconds} s")

    @property
    def polls(self) -> int:
        return sum(reader.polls for reader in self.readers)


def shown(body: bytes) -> tuple[int, int]:
    """The version of the board and the log number that a fragment shows."""
    found = _VERSION.search(body)
    if found is None:
        raise WrongAnswer(f"an answer without version and log number: {body[:200]!r}")
    return int(found[1]), int(found[2])
