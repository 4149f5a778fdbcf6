"""The audit: sensitive actions in hash chains, one per tournament and one for the rest of the site."""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import orjson
import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models import AuditEntry, AuditHead
from webapp.services.spine.actors import Actor
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
    head = _locked_head(session, chain)
    entry = AuditEntry(
        chain=chain,
        number=head.number + 1,
        action=action,
        actor_id=actor.user_id,
        data=data,
        request_id=structlog.contextvars.get_contextvars().get("request_id"),
        at=now.astimezone(UTC),
        previous_hash=head.hash,
    )
    entry.hash = _hash(entry)
    session.add(entry)
    head.number, head.hash = entry.number, entry.hash


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
        elif entry.hash != _hash(entry):
            yield BrokenLink(entry.chain, entry.number, "its content was changed")
        expected[entry.chain] = (entry.number, entry.hash)
    heads = {head.chain: (head.number, head.hash) for head in session.scalars(select(AuditHead))}
    for chain in sorted(expected.keys() | heads.keys()):
        if heads.get(chain) != expected.get(chain):
            yield BrokenLink(chain, expected.get(chain, (0, ""))[0] + 1, "entries at the end are missing")


def _locked_head(session: Session, chain: str) -> AuditHead:
    find = select(AuditHead).where(AuditHead.chain == chain).with_for_update()
    head = session.scalar(find)
    if head is None:
        insert_ignoring_conflicts(session, AuditHead, [{"chain": chain, "number": 0, "hash": GENESIS}])
        head = session.scalars(find).one()
    return head


def _hash(entry: AuditEntry) -> str:
    content: Mapping[str, Any] = {
        "chain": entry.chain,
        "number": entry.number,
        "action": entry.action,
        "actor_id": entry.actor_id,
        "data": entry.data,
        "request_id": entry.request_id,
        "at": entry.at.isoformat(),
        "previous_hash": entry.previous_hash,
    }
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()
