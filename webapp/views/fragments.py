"""Answers of public fragments: the same bytes for every reader, tagged by the state that they show."""

from collections.abc import Callable
from hashlib import sha256
from typing import Final, Protocol, TypeVar

from flask import Flask, Response, current_app, make_response, request

from webapp.config import ROOT
from webapp.services.live import heads
from webapp.services.operations import cache, cache_counts, cache_epochs, flags
from webapp.views import locales
from webapp.views.fragment_layer import STATE_HEADER, FragmentLayer

PUBLIC_FOR_A_SECOND: Final = "public, max-age=1, stale-while-revalidate=5"
_MADE_OF: Final = (("templates", "*.html"), ("static", "*"), ("webapp", "*.py"), ("webapp/translations", "*.mo"))


class FragmentView(Protocol):
    """What a fragment shows: read in one database snapshot, in which the tournament's log stood at `log_number`."""

    @property
    def tournament_id(self) -> int: ...  # noqa: D102  (the class says it)

    @property
    def log_number(self) -> int: ...  # noqa: D102  (the class says it)


View = TypeVar("View", bound=FragmentView)


def register(app: Flask) -> None:
    """Put the layer ahead of the application."""

    def state_of(tournament_id: int) -> str | None:
        with app.app_context():
            number = heads.current(tournament_id)
            return None if number is None else _state(tournament_id, number, flags.board_flags())

    layer = FragmentLayer(app.wsgi_app, state_of, heads.generation, count=cache_counts.count_given)
    app.extensions["fragment_layer"] = layer
    app.wsgi_app = layer  # type: ignore[method-assign]  # the way Flask documents
    app.extensions["build_tag"] = _build_tag()


def respond(read: Callable[[], View], render: Callable[[View], str]) -> Response:
    """The fragment that `render` makes of what `read` gives, or 304 for a reader that has it."""
    view, board_flags = _read_under_steady_flags(read)
    state = _state(view.tournament_id, view.log_number, board_flags)
    etag = f"{state}-{_address()}"
    if request.if_none_match.contains_weak(etag):
        response = make_response(b"", 304)
    else:
        body, _ = cache.through(
            f"fragment:{view.tournament_id}:{etag}",
            ttl_s=cache.TOURNAMENT_TTL_S,
            compute=lambda: _rendered(render, view),
        )
        response = make_response(body)
        if locales.is_known_address():
            response.headers[STATE_HEADER] = f"{view.tournament_id}:{state}"
    response.set_etag(etag)
    response.headers["Cache-Control"] = PUBLIC_FOR_A_SECOND
    response.vary.add("HX-Request")
    return response


def _rendered(render: Callable[[View], str], view: View) -> bytes:
    with locales.of_address():
        return render(view).encode()


def _address() -> str:
    """What a fragment's bytes depend on beside the state: path, query and language, whatever `lang` is made to say."""
    query = sorted(pair for pair in request.args.items(multi=True) if pair[0] != locales.PARAMETER)
    return sha256(f"{request.path}?{query}{locales.language_of_address()}".encode()).hexdigest()[:12]


def _state(tournament_id: int, log_number: int, board_flags: str) -> str:
    """All that a tournament's public fragments depend on: log number, flags, what they are made of, and when staff
    last cleared what is kept of them.
    """
    epoch = cache_epochs.of_tournament(tournament_id)
    return f"{log_number}-{board_flags}-{current_app.extensions['build_tag']}{epoch and f'-{epoch}'}"


def _read_under_steady_flags(read: Callable[[], View]) -> tuple[View, str]:
    """What `read` gives, and the flags that stood all the while: a tag must not name others than the bytes show."""
    while True:
        before = flags.board_flags()
        view = read()
        if flags.board_flags() == before:
            return view, before


def _build_tag() -> str:
    """A short hash of everything that fragments are made of beside the data: a new release makes new tags."""
    digest = sha256()
    for folder, pattern in _MADE_OF:
        for path in sorted((ROOT / folder).rglob(pattern)):
            if path.is_file():
                digest.update(path.read_bytes())
    return digest.hexdigest()[:8]
