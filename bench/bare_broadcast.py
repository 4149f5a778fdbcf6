"""The least that a broadcast can be: `websockets` on asyncio, one process, and nothing else.

`python -m bench.bare_broadcast PORT` greets who comes, and sends all what lines on its standard input tell.
"""

import asyncio
import sys

from websockets.asyncio.server import ServerConnection, broadcast, serve

_connected: set[ServerConnection] = set()


async def _welcome(connection: ServerConnection) -> None:
    _connected.add(connection)
    try:
        await connection.send('{"type":"hello"}')
        await connection.wait_closed()
    finally:
        _connected.discard(connection)


async def _run(port: int) -> None:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    async with serve(_welcome, "127.0.0.1", port, compression=None, ping_interval=None, backlog=2048):
        print("up", flush=True)
        while line := await reader.readline():
            broadcast(_connected, line.decode().rstrip("\n"))


if __name__ == "__main__":
    asyncio.run(_run(int(sys.argv[1])))
