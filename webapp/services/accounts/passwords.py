"""Passwords: what is taken, how they are hashed, and how many are hashed at once."""

import threading
from functools import cache
from typing import Final

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from webapp.domain.errors import FieldError, TooMany
from webapp.domain.wording import N_, worded
from webapp.services.accounts.password_advice import advice_of

SHORTEST: Final = 8
LONGEST: Final = 1024
_GUESSES: Final = 10_000
"""What a guesser with word lists finds within so many attempts is refused (OWASP ASVS 5, 6.2.4: the first 3,000)."""
_JUDGED: Final = 72
"""Characters that are looked at for the score; the estimate takes long over long texts, which are strong anyway."""
_AT_ONCE: Final = 2
"""Hashes at the same time in a process: each takes its memory and a core (goal S3: four at once for two processes)."""
_PATIENCE_S: Final = 5.0

# argon2id by RFC 9106, and above OWASP's least parameters: about 150 ms on a small server (goal S3: 100 to 300 ms).
_hasher: Final = PasswordHasher(time_cost=3, memory_cost=48 * 1024, parallelism=1, type=Type.ID)
_places: Final = threading.BoundedSemaphore(_AT_ONCE)


def hash_password(password: str) -> str:
    """The argon2id hash of a password, with its parameters. Raises TooMany when too many are being hashed."""
    with _Place():
        return _hasher.hash(password)


def is_right(password_hash: str | None, password: str) -> bool:
    """Whether it is the password; takes as long for an account that is not there (None). Raises TooMany."""
    with _Place():
        try:
            _hasher.verify(password_hash or _nobodys(), password[: LONGEST + 1])
        except (VerificationError, InvalidHashError):
            return False
    return password_hash is not None


def needs_new_hash(password_hash: str) -> bool:
    """Whether the hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(password_hash)


def length_problems(password: str, *, field: str = "password") -> list[FieldError]:
    """What is wrong with a password's length."""
    if len(password) < SHORTEST:
        return [FieldError(field, worded("is too short; at least %(count)s characters are needed", count=SHORTEST))]
    if len(password) > LONGEST:
        return [FieldError(field, worded("is too long; at most %(count)s characters are taken", count=LONGEST))]
    return []


def problems(password: str, *, context: tuple[str, ...] = (), field: str = "password") -> list[FieldError]:
    """What is wrong with a password that somebody wants: too short, too long, or easily guessed.

    `context` are words that guessers try first: handle, address, the name of the site.
    """
    if wrong_length := length_problems(password, field=field):
        return wrong_length
    from zxcvbn import zxcvbn  # noqa: PLC0415  (its word lists would slow the start of every process, for this alone)

    found = zxcvbn(password[:_JUDGED], user_inputs=[*context, "deltacrown"])
    if found["guesses"] > _GUESSES:
        return []
    return [FieldError(field, worded("is easily guessed. %(advice)s", advice=advice_of(found["feedback"])))]


@cache
def _nobodys() -> str:
    """What an unknown account's password is held against, so that it takes as long as a known one's."""
    return _hasher.hash("nobody has this password")


class _Place:
    """A place among those who hash at the moment."""

    def __enter__(self) -> None:
        if not _places.acquire(timeout=_PATIENCE_S):
            raise TooMany(N_("Too many people are logging in at this moment; try again in a few seconds."))

    def __exit__(self, *_: object) -> None:
        _places.release()
