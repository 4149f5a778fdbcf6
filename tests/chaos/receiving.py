"""Receivers of webhooks who answer badly now and then, as a process that is there at once: it imports nothing of ours.

`python -m tests.chaos.receiving PORT FILE SEED`. Of a hundred requests ten are answered 500 and five not at all, their
reply being lost after the request was taken; but no message meets that more than twice, so that four attempts suffice.
With the word `kind` after these they answer all requests well, but those of paths that begin with `/dead` never.
"""

import asyncio
import hashlib
import random
import sys
from collections import Counter
from pathlib import Path
from typing import Final

REFUSED_OF_100: Final = 10
LOST_OF_100: Final = 5
BAD_TURNS_AT_MOST: Final = 2
DEAD: Final = "/dead"


class _Server:
    def __init__(self, file: Path, seed: str, *, is_kind: bool) -> None:
        self._seed, self._is_kind = seed, is_kind
        self._bad_turns: Counter[tuple[str, str]] = Counter()
        self._turns: Counter[tuple[str, str]] = Counter()
        self._file = file.open("a", encoding="ascii")

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                path, headers = _parsed(await reader.readuntil(b"\r\n\r\n"))
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                outcome = self._take(path, headers, body)
                if outcome == "lost":
                    break
                if path.startswith(DEAD):
                    await reader.read()
                    break
                writer.write(f"HTTP/1.1 {outcome} -\r\nContent-Length: 0\r\n\r\n".encode())
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _take(self, path: str, headers: dict[str, str], body: bytes) -> str:
        digest = hashlib.sha256(body).hexdigest()
        # Discord's messages have no id of their own.
        message_id = headers.get("webhook-id", digest)
        outcome = self._outcome(path, message_id)
        self._file.write(f"{path}\t{message_id}\t{digest}\t{outcome}\n")
        self._file.flush()
        return outcome

    def _outcome(self, path: str, message_id: str) -> str:
        key = (path, message_id)
        self._turns[key] += 1
        drawn = random.Random(f"{self._seed} {key} {self._turns[key]}").randrange(100)
        if self._is_kind or drawn >= REFUSED_OF_100 + LOST_OF_100 or self._bad_turns[key] >= BAD_TURNS_AT_MOST:
            return "204"
        self._bad_turns[key] += 1
        return "500" if drawn < REFUSED_OF_100 else "lost"


def _parsed(head: bytes) -> tuple[str, dict[str, str]]:
    first, *lines = head.decode("latin-1").split("\r\n")
    named = (line.partition(":") for line in lines if line)
    return first.split(" ")[1], {name.lower(): value.strip() for name, _, value in named}


async def _listen(port: int, server: _Server) -> None:
    listening = await asyncio.start_server(server.serve, "127.0.0.1", port)
    print("listening", flush=True)
    await listening.serve_forever()


if __name__ == "__main__":
    asyncio.run(_listen(int(sys.argv[1]), _Server(Path(sys.argv[2]), sys.argv[3], is_kind="kind" in sys.argv[4:])))
