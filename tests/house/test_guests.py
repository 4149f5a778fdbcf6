"""No request of one test is left when the next one begins."""

import threading
from wsgiref.types import StartResponse, WSGIEnvironment

from werkzeug.test import Client

from tests.servers.guests import Guests


def test_the_end_waits_for_a_request_and_lets_no_other_in() -> None:
    entered, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    def slow(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        entered.set()
        may_end.wait(20)
        start_response("200 OK", [])
        ended.set()
        return [b"done"]

    guests = Guests(slow)
    asking = threading.Thread(target=Client(guests).get)
    asking.start()
    assert entered.wait(20)
    leaving = threading.Thread(target=guests.leave)
    leaving.start()
    leaving.join(0.2)
    assert leaving.is_alive()
    may_end.set()
    leaving.join(20)
    asking.join(20)
    assert not leaving.is_alive()
    assert ended.is_set()
    assert Client(guests).get().status_code == 503
