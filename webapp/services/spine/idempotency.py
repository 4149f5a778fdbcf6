"""Requests that may come twice: the first does the work, the others get its answer.

The key is claimed before the work and its answer stored after it. A process that dies in between leaves a claim without
an answer; after `TAKEN_OVER_AFTER` the same request may claim it again. What the work itself did by then it does not do
twice: every use case that the API opens changes nothing when it is asked for what is so already.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import Select, delete, select, update
from sqlalchemy.orm import Session

from webapp.domain.errors import Conflict, DomainError, FieldError
from webapp.models import IdempotencyKey
from webapp.services.spine.transaction import transaction
from webapp.services.spine.upserts import insert_ignoring_conflicts

LONGEST_KEY: Final = 255
KEPT: Final = timedelta(hours=48)
TAKEN_OVER_AFTER: Final = timedelta(seconds=60)
"""No request takes that long: whoever claimed the key before is dead."""


class IdempotencyError(DomainError):
    """A key that cannot be used, or was used for something else."""

    default_code = "idempotency_key_invalid"


class Request(NamedTuple):
    """What is asked, by whom, under which key. A key belongs to its person and `route`, the address without its ids."""

    user_id: int
    key: str
    method: str
    path: str
    body: bytes
    route: str = ""

    @property
    def stored_key(self) -> str:
        """The key of this person at this route."""
        return hashlib.sha256(f"{self.method} {self.route}\n{self.key}".encode()).hexdigest()

    @property
    def body_hash(self) -> str:
        """What tells this body from another one."""
        return hashlib.sha256(self.body).hexdigest()


class Answer(NamedTuple):
    """An answer that is given again."""

    status: int
    content_type: str
    body: bytes


def claim(request: Request, *, now: datetime) -> Answer | None:
    """The stored answer to that request; None when the caller has to do the work, and to `keep` or `release` after.

    Raises IdempotencyError for an impossible key, or one that came with another request (`idempotency_key_reused`);
    Conflict (`idempotency_running`) while the same request is at work.
    """
    _ensure_usable(request.key)
    with transaction() as session:
        if insert_ignoring_conflicts(session, IdempotencyKey, [_row(request, now)]):
            return None
        kept = session.scalars(_find(request).with_for_update()).one()
        if kept.created_at + KEPT <= now:
            _begin_again(session, request, now)
            return None
        if (kept.method, kept.path, kept.body_hash) != (request.method, request.path, request.body_hash):
            raise IdempotencyError(
                "This Idempotency-Key came before with another request; take a new key for a new request.",
                code="idempotency_key_reused",
            )
        if kept.status is not None and kept.content_type is not None and kept.body is not None:
            return Answer(kept.status, kept.content_type, kept.body)
        if kept.created_at + TAKEN_OVER_AFTER > now:
            raise Conflict(
                "The first request with this Idempotency-Key is still at work; ask again in a moment.",
                code="idempotency_running",
            )
        _begin_again(session, request, now)
        return None


def keep(request: Request, answer: Answer) -> None:
    """Store the answer that the same request gets from now on."""
    with transaction() as session:
        session.execute(
            update(IdempotencyKey)
            .where(IdempotencyKey.user_id == request.user_id, IdempotencyKey.key == request.stored_key)
            .values(status=answer.status, content_type=answer.content_type, body=answer.body)
        )


def release(request: Request) -> None:
    """Give the key back: the request was refused and changed nothing, or broke; it may come again as if it were new."""
    with transaction() as session:
        session.execute(
            delete(IdempotencyKey).where(
                IdempotencyKey.user_id == request.user_id,
                IdempotencyKey.key == request.stored_key,
                IdempotencyKey.status.is_(None),
            )
        )


def forget_old(*, now: datetime) -> int:
    """Drop keys that are two days old; returns how many."""
    with transaction() as session:
        old = IdempotencyKey.created_at <= now - KEPT
        count = len(list(session.scalars(select(IdempotencyKey.key).where(old))))
        session.execute(delete(IdempotencyKey).where(old))
    return count


def _ensure_usable(key: str) -> None:
    if not (1 <= len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
        problem = FieldError("Idempotency-Key", f"must be 1 to {LONGEST_KEY} printable ASCII characters")
        raise IdempotencyError.listing("The key cannot be used", [problem])


def _find(request: Request) -> Select[IdempotencyKey]:
    return select(IdempotencyKey).where(
        IdempotencyKey.user_id == request.user_id, IdempotencyKey.key == request.stored_key
    )


def _row(request: Request, now: datetime) -> dict[str, object]:
    return {
        "user_id": request.user_id,
        "key": request.stored_key,
        "method": request.method,
        "path": request.path,
        "body_hash": request.body_hash,
        "created_at": now,
    }


def _begin_again(session: Session, request: Request, now: datetime) -> None:
    changes = _row(request, now) | {"status": None, "content_type": None, "body": None}
    session.execute(
        update(IdempotencyKey)
        .where(IdempotencyKey.user_id == request.user_id, IdempotencyKey.key == request.stored_key)
        .values(**changes)
    )
