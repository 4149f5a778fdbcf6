"""The audit: sensitive actions in hash chains, one per tournament and one for the rest of the site."""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import orjson
import structlog
from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from webapp.models import AuditEntry, AuditHead
from webapp.services.spine.actors import Actor
from webapp.services.spine.bulk import insert_rows
from webapp.services.spine.upserts import insert_ignoring_conflicts

SITE_CHAIN: Final = "site"
GENESIS: Final = "0" * 64


class BrokenLink(NamedTuple):
    """Where a chain breaks and how."""

    chain: str
    number: int
    reason: str


def record(
    session: Session,
    actor: Actor,
    action: str,
    *,
    now: datetime,
    tournament_id: int | None = None,
    **data: Any,
) -> None:
    """Add an entry to its chain, in the caller's transaction. `data` holds ids, numbers, states and the reason."""
    chain = SITE_CHAIN if tournament_id is None else f"tournament:{tournament_id}"
    number, previous_hash = _locked_head(session, chain)
    content = {
        "chain": chain,
        "number": number + 1,
        "action": action,
        "actor_id": actor.user_id,
        "data": data,
        "request_id": structlog.contextvars.get_contextvars().get("request_id"),
        "at": now.astimezone(UTC),
        "previous_hash": previous_hash,
    }
    link = _hash(content)
    insert_rows(session, AuditEntry, [content | {"hash": link}])
    session.connection().execute(_MOVE_HEAD, {"of_chain": chain, "number": number + 1, "hash": link})


def verify(session: Session) -> list[BrokenLink]:
    """Walk every chain; an empty list means that no entry was altered, removed or added behind its chain's back."""
    return list(_broken_links(session))


def _broken_links(session: Session) -> Iterator[BrokenLink]:
    expected: dict[str, tuple[int, str]] = {}
    entries = select(AuditEntry).order_by(AuditEntry.chain, AuditEntry.number).execution_options(yield_per=1000)
    for entry in session.scalars(entries):
        number, previous_hash = expected.get(entry.chain, (0, GENESIS))
        if entry.number != number + 1:
            yield BrokenLink(entry.chain, number + 1, "the entry is missing")
        elif entry.previous_hash != previous_hash:
            yield BrokenLink(entry.chain, entry.number, "it does not follow the entry before it")
        elif entry.hash != _hash({name: getattr(entry, name) for name in _HASHED}):
            yield BrokenLink(entry.chain, entry.number, "its content was changed")
        expected[entry.chain] = (entry.number, entry.hash)
    heads = {chain: (number, link) for chain, number, link in session.execute(_HEADS)}
    for chain in sorted(expected.keys() | heads.keys()):
        if heads.get(chain) != expected.get(chain):
            yield BrokenLink(chain, expected.get(chain, (0, ""))[0] + 1, "entries at the end are missing")


_HASHED: Final = ("chain", "number", "action", "actor_id", "data", "request_id", "at", "previous_hash")
_HEADS: Final = select(AuditHead.chain, AuditHead.number, AuditHead.hash)
_LOCK_HEAD: Final = (
    select(AuditHead.number, AuditHead.hash).where(AuditHead.chain == bindparam("of_chain")).with_for_update()
)
_MOVE_HEAD: Final = update(AuditHead).where(AuditHead.chain == bindparam("of_chain"))


def _locked_head(session: Session, chain: str) -> tuple[int, str]:
    """The number and the hash of a chain's last entry, locked until the transaction ends."""
    connection, of_chain = session.connection(), {"of_chain": chain}
    head = connection.execute(_LOCK_HEAD, of_chain).one_or_none()
    if head is None:
        insert_ignoring_conflicts(session, AuditHead, [{"chain": chain, "number": 0, "hash": GENESIS}])
        head = connection.execute(_LOCK_HEAD, of_chain).one()
    return head.number, head.hash


def _hash(content: Mapping[str, Any]) -> str:
    written = {**content, "at": content["at"].isoformat()}
    return hashlib.sha256(orjson.dumps(written, option=orjson.OPT_SORT_KEYS)).hexdigest()
