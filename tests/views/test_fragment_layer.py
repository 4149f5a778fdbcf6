"""The layer by itself, before an application of a few lines; how it serves our fragments is in test_fragments.py."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from webapp.views import fragment_layer
from webapp.views.fragment_layer import STATE_HEADER, FragmentLayer

PATH = "/spectator/tournaments/7/leaderboard/fragment/"


class Site:
    """An application that counts its answers, and the state, generation and clock that the layer goes by."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.state_asked = 0
        self.state: str | None = "1-1111-abcd"
        self.generation = 0
        self.now = 100.0
        self.status = "200 OK"
        self.body = b"<section>board</section>"
        self.more_headers: list[tuple[str, str]] = []
        self.is_closed = False
        self.layer = FragmentLayer(self.answer, self.state_of, lambda: self.generation, lambda: self.now)

    def answer(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        self.asked.append(dict(environ))
        headers = [
            ("Content-Type", "text/html; charset=utf-8"),
            ("Content-Length", str(len(self.body))),
            ("Cache-Control", "public, max-age=1, stale-while-revalidate=5"),
            ("ETag", f'"{self.state}-{environ.get("QUERY_STRING", "")}"'),
            ("Vary", "HX-Request"),
            ("X-Request-ID", f"request-{len(self.asked)}"),
            *self.more_headers,
        ]
        if self.state is not None and not any(name == "no-state" for name, _ in self.more_headers):
            headers.append((STATE_HEADER, f"7:{self.state}"))
        start_response(self.status, [pair for pair in headers if pair[0] != "no-state"])
        return Body(self, self.body)

    def state_of(self, tournament_id: int) -> str | None:
        assert tournament_id == 7
        self.state_asked += 1
        return self.state

    def get(self, path: str = PATH, **environ: str) -> tuple[str, dict[str, str], bytes]:
        given = {"REQUEST_METHOD": "GET", "PATH_INFO": path, "HTTP_HX_REQUEST": "true"} | environ
        heard: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], _exc_info: object = None) -> Callable[..., Any]:
            heard[:] = [status, dict(headers)]
            # As a server may do, which must not reach what the layer keeps.
            headers.append(("X-Server", "added"))
            return lambda _: None

        body = b"".join(self.layer(given, start_response))
        return heard[0], heard[1], body


class Body:
    def __init__(self, site: Site, body: bytes) -> None:
        self._site, self._body = site, body

    def __iter__(self) -> Any:
        yield self._body[:5]
        yield self._body[5:]

    def close(self) -> None:
        self._site.is_closed = True


@pytest.fixture
def site() -> Site:
    return Site()


def test_the_application_answers_once_and_the_layer_from_then_on(site: Site) -> None:
    answers = [site.get() for _ in range(5)]
    assert len(site.asked) == 1
    assert site.is_closed
    assert {(status, body) for status, _, body in answers} == {("200 OK", site.body)}
    # The same bytes and headers for everybody: nothing of the request that happened to be the first.
    assert all(headers == answers[0][1] for _, headers, _ in answers)
    assert answers[0][1] == {
        "Content-Type": "text/html; charset=utf-8", "Content-Length": "24",
        "Cache-Control": "public, max-age=1, stale-while-revalidate=5", "ETag": '"1-1111-abcd-"', "Vary": "HX-Request",
    }  # fmt: skip


def test_who_has_the_bytes_gets_a_304_without_them(site: Site) -> None:
    etag = site.get()[1]["ETag"]
    for given in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        status, headers, body = site.get(HTTP_IF_NONE_MATCH=given)
        assert (status, body) == ("304 NOT MODIFIED", b"")
        assert headers == {
            "Cache-Control": "public, max-age=1, stale-while-revalidate=5", "ETag": etag, "Vary": "HX-Request"
        }  # fmt: skip
    assert site.get(HTTP_IF_NONE_MATCH='"other"')[0] == "200 OK"
    assert len(site.asked) == 1


def test_a_reader_with_an_old_tag_is_the_first_to_ask_and_gets_a_304_all_the_same(site: Site) -> None:
    status, _, body = site.get(HTTP_IF_NONE_MATCH='"1-1111-abcd-"')
    assert (status, body) == ("304 NOT MODIFIED", b"")
    # The application was asked for the whole answer, which the next reader may need.
    assert "HTTP_IF_NONE_MATCH" not in site.asked[0]
    assert site.get()[2] == site.body
    assert len(site.asked) == 1


def test_a_new_state_is_asked_about_after_a_quarter_of_a_second(site: Site) -> None:
    site.get()
    site.get()
    site.state, site.body = "2-1111-abcd", b"<section>moved</section>"
    site.now += 0.2
    assert site.get()[2] == b"<section>board</section>"
    site.now += 0.1
    assert site.get()[2] == b"<section>moved</section>"
    assert site.get()[1]["ETag"] == '"2-1111-abcd-"'
    assert len(site.asked) == 2


def test_a_commit_of_this_very_process_is_seen_at_once(site: Site) -> None:
    site.get()
    site.get()
    site.state, site.body = "2-1111-abcd", b"<section>moved</section>"
    site.generation += 1
    assert site.get()[2] == b"<section>moved</section>"


def test_while_a_state_stands_it_is_asked_for_four_times_a_second_at_most(site: Site) -> None:
    site.get()
    for _ in range(100):
        site.now += 0.01
        site.get()
    assert len(site.asked) == 1
    assert site.state_asked <= 5


def test_what_cannot_be_shown_any_more_is_the_applications_to_say(site: Site) -> None:
    site.get()
    site.state, site.status, site.body = None, "404 NOT FOUND", b"gone"
    site.now += 1
    for _ in range(2):
        assert site.get()[0::2] == ("404 NOT FOUND", b"gone")
    assert len(site.asked) == 3


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        ("200 OK", [("no-state", "")]),
        ("200 OK", [("Set-Cookie", "session=1")]),
        ("404 NOT FOUND", []),
        ("500 INTERNAL SERVER ERROR", []),
    ],
)
def test_only_public_answers_that_succeeded_are_kept(site: Site, status: str, headers: list[tuple[str, str]]) -> None:
    site.status, site.more_headers = status, headers
    for number in (1, 2):
        answer = site.get()
        assert answer[0] == status
        assert STATE_HEADER not in answer[1]
        assert answer[1]["X-Request-ID"] == f"request-{number}"
    assert len(site.asked) == 2


@pytest.mark.parametrize(
    "environ",
    [
        {"REQUEST_METHOD": "POST"},
        {"REQUEST_METHOD": "HEAD"},
        {"HTTP_HX_REQUEST": "false"},
        {"HTTP_HX_HISTORY_RESTORE_REQUEST": "true"},
        {"HTTP_HX_HISTORY_RESTORE_REQUEST": "false"},
        {"path": "/spectator/tournaments/7/"},
    ],
)
def test_everything_but_fragment_requests_passes_through(site: Site, environ: dict[str, str]) -> None:
    site.get()
    for _ in range(2):
        site.get(**environ)
    assert len(site.asked) == 3


def test_pages_and_hosts_are_kept_apart(site: Site) -> None:
    site.get()
    assert site.get(QUERY_STRING="page=2")[1]["ETag"] == '"1-1111-abcd-page=2"'
    site.get(HTTP_HOST="other.example")
    assert len(site.asked) == 3
    site.get(QUERY_STRING="page=2")
    assert len(site.asked) == 3


def test_a_flood_of_odd_requests_does_not_push_out_what_is_watched(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fragment_layer, "KEPT", 10)
    site.get()
    for number in range(50):
        site.now += 1
        site.get()
        site.get(QUERY_STRING=f"page={number}")
    assert sum(environ.get("QUERY_STRING", "") == "" for environ in site.asked) == 1
