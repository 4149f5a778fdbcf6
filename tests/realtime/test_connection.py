"""One socket over a real connection: handshakes, frames as they come, slow and silent peers, and how it ends."""

import contextlib
import os
import socket
import struct
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import psutil
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Close, Frame, Opcode
from websockets.sync.client import ClientConnection, connect

from tests.realtime.small_server import PATH, PAYLOAD_BYTES, Person, SmallServer
from webapp.realtime import connection as connections
from webapp.realtime.listener import QUEUED_AT_MOST
from webapp.realtime.messages import close_frame, text_frame

HANDSHAKE = (
    "GET {path} HTTP/1.1\r\nHost: cup.example.org\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: {version}\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{more}\r\n"
)
ACCEPTED = b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


def nothing(_environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    start_response("204 No Content", [])
    return []


@pytest.fixture(scope="module")
def module_server() -> Iterator[SmallServer]:
    with SmallServer(nothing) as server:
        yield server


@pytest.fixture
def server(module_server: SmallServer) -> SmallServer:
    module_server.door.__init__()  # type: ignore[misc]  # as new, with the server that is up
    return module_server


def client(server: SmallServer, path: str = PATH, **options: Any) -> ClientConnection:
    options = {"legacy": True, "compression": None, "proxy": None, "close_timeout": 3, "max_size": None} | options
    return connect(f"ws://127.0.0.1:{server.port}{path}", **options)


def wait_for(is_so: Callable[[], Any], seconds: float = 10) -> Any:
    give_up_at = time.monotonic() + seconds
    while not (found := is_so()):
        assert time.monotonic() < give_up_at
        time.sleep(0.005)
    return found


def first(server: SmallServer) -> Person:
    wait_for(lambda: server.door.people)
    return server.door.people[0]


def sent(opcode: Opcode, data: bytes, *, fin: bool = True) -> bytes:
    """A frame as a client sends it."""
    return Frame(opcode, data, fin).serialize(mask=True)


def shake_hands(connection: socket.socket, *, path: str = PATH, version: int = 13, more: str = "") -> bytes:
    """The head of the answer."""
    connection.sendall(HANDSHAKE.format(path=path, version=version, more=more).encode())
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        piece = connection.recv(1)
        assert piece, head
        head += piece
    return head


def frames_of(data: bytes) -> list[tuple[int, bytes]]:
    """Opcodes and contents of a server's frames, the last one whole."""
    frames = []
    while data:
        length, start = data[1] & 127, 2
        if length == 126:
            (length,), start = struct.unpack("!H", data[2:4]), 4
        elif length == 127:
            (length,), start = struct.unpack("!Q", data[2:10]), 10
        assert len(data) >= start + length, "a frame is cut off"
        frames.append((data[0], data[start : start + length]))
        data = data[start + length :]
    return frames


def read_until(connection: socket.socket, end: bytes) -> bytes:
    data = b""
    while not data.endswith(end):
        piece = connection.recv(2**18)
        assert piece, "it ended before"
        data += piece
    return data


def read_all(connection: socket.socket) -> bytes:
    data = b""
    with contextlib.suppress(ConnectionError):
        while piece := connection.recv(2**18):
            data += piece
    return data


# -- handshakes


def test_a_handshake_is_answered_as_the_standard_says_and_the_visit_is_told(server: SmallServer) -> None:
    with server.connect() as connection:
        more = "Origin: https://cup.example.org\r\nSec-WebSocket-Protocol: bearer, dc_x\r\nCookie: a=1\r\n"
        head = shake_hands(connection, path=f"{PATH}?audience=public", more=more)
        assert head.startswith(b"HTTP/1.1 101 ")
        assert ACCEPTED in head
        assert b"Sec-WebSocket-Protocol: bearer\r\n" in head
        assert b"Extensions" not in head
        (visit,) = server.door.visits
        assert (visit.path, visit.query, visit.subprotocols, visit.peer) == (
            PATH, "audience=public", ("bearer", "dc_x"), "127.0.0.1",
        )  # fmt: skip
        assert visit.headers[b"origin"] == b"https://cup.example.org"
        assert visit.headers[b"cookie"] == b"a=1"


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"path": "/ws/nowhere/1/"}, b"404"), ({"version": 12}, b"400"), ({"more": f"X: {'x' * 9000}\r\n"}, b"431"),
        ({"more": "X: y\r\n" * 200}, b"431"),
    ],
)  # fmt: skip
def test_a_handshake_that_is_none_is_refused_and_closed(
    server: SmallServer, options: dict[str, Any], status: bytes
) -> None:
    with server.connect() as connection:
        assert shake_hands(connection, **options).split(b" ")[1] == status
        read_all(connection)
        assert server.door.visits == []


def test_who_is_refused_hears_why_and_the_code(server: SmallServer) -> None:
    server.door.refuses_with = 4003
    with client(server) as ear:
        assert ear.recv(timeout=5) == "no"
        with pytest.raises(ConnectionClosed) as closed:
            ear.recv(timeout=5)
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4003, "refused")


def test_who_goes_before_it_is_let_in_is_told_to_nobody_twice(server: SmallServer) -> None:
    with server.connect() as connection:
        shake_hands(connection)
    person = first(server)
    assert wait_for(lambda: person.end) == (1006, "")


# -- what is said


def test_what_is_said_before_the_door_opens_is_not_lost(server: SmallServer) -> None:
    with server.connect() as connection:
        shake_hands(connection)
        connection.sendall(sent(Opcode.TEXT, b"early"))
        person = first(server)
        assert wait_for(lambda: person.said) == ["early"]


def test_messages_come_whole_however_they_are_cut(server: SmallServer) -> None:
    text = "অক্ষর" * 500
    data = (
        sent(Opcode.TEXT, text.encode()[:1001], fin=False)
        + sent(Opcode.PING, b"between")
        + sent(Opcode.CONT, b"", fin=False)
        + sent(Opcode.CONT, text.encode()[1001:])
        + sent(Opcode.BINARY, b"\x00\x01")
        + sent(Opcode.PONG, b"unasked")
        + sent(Opcode.TEXT, b"")
        + sent(Opcode.TEXT, b"x" * PAYLOAD_BYTES)
    )
    wanted = [text, None, "", "x" * PAYLOAD_BYTES]
    for size in (1, 7, 1000, len(data)):
        with server.connect() as connection:
            shake_hands(connection)
            person = wait_for(lambda: server.door.people)[-1]
            for start in range(0, len(data), size):
                connection.sendall(data[start : start + size])
            wait_for(lambda person=person: len(person.said) == len(wanted))  # type: ignore[misc]  # this turn's person
            assert person.said == wanted
            assert connection.recv(100) == Frame(Opcode.PONG, b"between").serialize(mask=False)
        server.door.people.clear()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (sent(Opcode.TEXT, b"\xff\xfe"), 1007),
        (Frame(Opcode.TEXT, b"bare").serialize(mask=False), 1002),
        (sent(Opcode.CONT, b"of nothing"), 1002),
        (b"\xc1\x80\x00\x00\x00\x00", 1002),
        (b"\x83\x80\x00\x00\x00\x00", 1002),
        (sent(Opcode.PING, b"x", fin=True)[:1] + b"\xfe\x00\x7e" + bytes(4 + 126), 1002),
        (sent(Opcode.CLOSE, b"\x03"), 1002),
    ],
    ids=["not UTF-8", "unmasked", "continuation", "reserved bit", "unknown opcode", "long ping", "half a code"],
)  # fmt: skip
def test_who_breaks_the_protocol_is_closed_with_its_code(server: SmallServer, data: bytes, code: int) -> None:
    with server.connect() as connection:
        shake_hands(connection)
        person = first(server)
        connection.sendall(data)
        opcode, said = frames_of(connection.recv(4096))[0]
        assert (opcode, Close.parse(said).code) == (0x88, code)
    assert wait_for(lambda: person.end)[0] == code
    assert person.said == []


def test_a_message_too_big_is_not_waited_for(server: SmallServer) -> None:
    with server.connect() as connection:
        shake_hands(connection)
        person = first(server)
        # The head of a frame of a gigabyte, of which nothing ever comes.
        connection.sendall(b"\x81\xff" + struct.pack("!Q", 2**30) + bytes(4))
        assert frames_of(connection.recv(4096))[0] == (0x81, b"too big")
        connection.close()
    assert wait_for(lambda: person.end)[0] == 4009
    with client(server) as ear:
        ear.send(["x" * 9000, "x" * 9000])
        assert ear.recv(timeout=5) == "too big"
    assert wait_for(lambda: server.door.people[-1].end)[0] == 4009


def test_who_says_too_much_is_not_heard(server: SmallServer) -> None:
    with client(server) as ear:
        person = first(server)
        person.may = False
        ear.send("unheard")
        ear.send(["un", "heard"])
        ear.ping().wait(5)
        person.may = True
        ear.send("echo")
        assert ear.recv(timeout=5) == "echo"
    assert person.said == ["echo"]


# -- how it ends


def test_the_end_is_told_with_the_code_from_whichever_side_it_came(server: SmallServer) -> None:
    for close, wanted in (
        (lambda _, ear: ear.close(4321, "enough"), (4321, "enough")),
        (lambda person, _: server.call(lambda: person.listener.close(4004, "nothing heard")), (4004, "nothing heard")),
        (lambda _, ear: ear.socket.shutdown(socket.SHUT_RDWR), (1006, "")),
    ):
        with client(server) as ear:
            person = wait_for(lambda: server.door.people)[-1]
            close(person, ear)
            with pytest.raises(ConnectionClosed):
                ear.recv(timeout=5)
        assert wait_for(lambda person=person: person.end) == wanted  # type: ignore[misc]  # this turn's person
        server.door.people.clear()


def test_a_peer_that_vanishes_is_let_go_of_without_its_goodbye(
    server: SmallServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "GOODBYE_S", 0.2)
    with server.connect() as connection:
        shake_hands(connection)
        person = first(server)
        server.call(lambda: person.listener.close(4004, "nothing heard"))
        assert wait_for(lambda: person.end, 3) == (4004, "nothing heard")


def test_who_goes_on_talking_after_the_goodbye_costs_nothing(
    server: SmallServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "DEAF_GOODBYE_S", 0.2)
    with server.connect() as connection:
        shake_hands(connection)
        person = first(server)
        server.call(lambda: person.listener.close(4008, "too many messages"))
        with contextlib.suppress(ConnectionError):
            while person.end is None:
                connection.sendall(sent(Opcode.TEXT, b"more") * 1000)
    assert person.end == (4008, "too many messages")
    assert person.said == []


# -- slow peers


def test_a_slow_reader_gets_every_frame_bit_by_bit_or_is_closed_between_two(server: SmallServer) -> None:
    count, size = 5000, 4096
    frames = [text_frame(f"{number:08}".ljust(size, "x")) for number in range(count)]
    with server.connect(receive_buffer=8192) as slow, server.connect() as quick:
        for connection in (slow, quick):
            shake_hands(connection)
        wait_for(lambda: len(server.door.people) == 2)
        # What this test itself keeps is there before: only the server's part can grow.
        sent_bytes = b"".join(frames)
        got, filled = bytearray(b"?") * len(sent_bytes), 0
        before = psutil.Process(os.getpid()).memory_info().rss
        with memoryview(got) as room:
            for start in range(0, count, 50):
                server.put_all(frames[start : start + 50])
                wanted = sum(map(len, frames[: start + 50]))
                while filled < wanted:
                    filled += quick.recv_into(room[filled:wanted])
        grown = psutil.Process(os.getpid()).memory_info().rss - before
        assert got == sent_bytes
        assert grown < 2**20 + (QUEUED_AT_MOST + 1) * size
        heard = frames_of(read_until(slow, close_frame(4008, "too slow")))
    (closing, goodbye), messages = heard[-1], heard[:-1]
    assert (closing, Close.parse(goodbye).code) == (0x88, 4008)
    assert [text_frame(message.decode()) for _, message in messages] == frames[: len(messages)]
    assert len(messages) > QUEUED_AT_MOST / 4


def test_two_hundred_who_never_read_hold_up_nobody(server: SmallServer) -> None:
    with contextlib.ExitStack() as opened:
        for _ in range(200):
            shake_hands(opened.enter_context(server.connect(receive_buffer=4096)))
        quick = opened.enter_context(server.connect())
        shake_hands(quick)
        wait_for(lambda: len(server.door.people) == 201)
        frame = text_frame("x" * 4096)
        delays = []
        for _ in range(150):
            began = time.monotonic()
            server.put(frame)
            left = len(frame)
            while left:
                left -= len(quick.recv(left))
            delays.append(time.monotonic() - began)
        assert sorted(delays)[len(delays) * 95 // 100] < 0.25
        assert not server.door.people[-1].listener.is_closing


def test_frames_that_were_queued_follow_in_order(server: SmallServer) -> None:
    with server.connect(receive_buffer=4096) as slow:
        shake_hands(slow)
        person = first(server)
        texts = [f"{number:06}".ljust(4000, ".") for number in range(250)]
        server.call(lambda: person.listener.put_replay([text_frame(text) for text in texts]))
        server.put(text_frame("newest"))
        data = read_until(slow, b"newest")
        assert [message.decode() for _, message in frames_of(data)] == [*texts, "newest"]
        assert person.listener.backlog == 0


def test_a_server_that_stops_tells_everybody_and_waits_for_the_deaf_no_longer_than_it_may() -> None:
    with SmallServer(nothing) as own, client(own) as ear, own.connect() as deaf:
        shake_hands(deaf)
        wait_for(lambda: len(own.door.people) == 2)
        began = time.monotonic()
        own.stop()
        assert time.monotonic() - began < 4
        with pytest.raises(ConnectionClosed) as closed:
            ear.recv(timeout=5)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1012


def test_a_page_that_asks_for_nothing_is_no_socket(server: SmallServer) -> None:
    with pytest.raises(InvalidStatus):
        client(server, "/ws/nowhere/1/")
