"""How commands talk: refusals line by line on standard error, a progress bar for whoever waits at a terminal."""

import functools
import sys
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Final, ParamSpec, Self, TypeVar

import click
from flask.cli import with_appcontext
from sqlalchemy.exc import DBAPIError

from webapp.domain.errors import DomainError, FieldError

REFUSED: Final = 1
"""Exit code of a command that was understood and could not be carried out; wrong usage is 2."""
_BAR_AFTER_S: Final = 1.0
_STEPS: Final = 1_000

Parameters = ParamSpec("Parameters")
Answer = TypeVar("Answer")


def operator_command(name: str, *, epilog: str) -> Callable[[Callable[..., None]], click.Command]:
    """A click command that runs inside the application and tells refusals instead of raising them."""

    def decorated(function: Callable[..., None]) -> click.Command:
        inside: Callable[..., None] = with_appcontext(telling_refusals(function))
        return click.command(name, epilog=epilog)(inside)

    return decorated


def telling_refusals(function: Callable[Parameters, Answer]) -> Callable[Parameters, Answer]:
    """Turns what the rules refuse, and a database that does not answer, into words and the exit code 1."""

    @functools.wraps(function)
    def told(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Answer:
        try:
            return function(*args, **kwargs)
        except DomainError as error:
            click.echo(error.message, err=True)
            # Short refusals list their fields in the sentence already.
            if error.fields and str(error.fields[0]) not in error.message:
                say_lines(error.fields)
        except DBAPIError as error:
            kind = type(error.orig).__name__
            click.echo(
                f"The database does not do what is asked ({kind}). Is it running, and is it at the newest migration "
                "(flask --app wsgi db upgrade)?",
                err=True,
            )
        sys.exit(REFUSED)

    return told


def say_lines(lines: Sequence[FieldError], *, prefix: str = "  ") -> None:
    """Each problem or warning on a line of its own, on standard error."""
    click.echo("\n".join(f"{prefix}{line}" for line in lines), err=True)


class ProgressBar:
    """Shows the share of work done on a terminal, once the work has lasted a second; nothing anywhere else."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._started = time.monotonic()
        self._bar: Any = None
        self._done = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.__exit__(kind, error, trace)

    def __call__(self, share: float) -> None:
        """Notes that `share` of the work (0 to 1) is done."""
        done = round(share * _STEPS)
        if self._bar is None:
            if not sys.stderr.isatty() or time.monotonic() - self._started < _BAR_AFTER_S:
                return
            self._bar = click.progressbar(length=_STEPS, label=self._label, file=sys.stderr).__enter__()
        self._bar.update(done - self._done)
        self._done = done
