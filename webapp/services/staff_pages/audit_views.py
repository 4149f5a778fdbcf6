"""The audit as staff read it: filters, pages by cursor, before and after in words, and whether the chains hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from webapp.domain.names import name_key
from webapp.domain.permissions import Action
from webapp.models import AuditEntry, AuditHead, Tournament, User
from webapp.services.spine import audit, permissions
from webapp.services.spine.actors import Actor
from webapp.services.spine.audit import BrokenLink
from webapp.services.spine.transaction import read_snapshot
from webapp.services.staff_pages.handles import handles_of

A_PAGE: Final = 50
_NEWEST: Final = 8
_LISTED_AT_MOST: Final = 12
_OF_TOURNAMENT: Final = "tournament:"


class AuditQuery(NamedTuple):
    """What is looked for; empty values look for everything. Days are those of UTC, both included."""

    action: str = ""
    actor: str = ""
    chain: str = ""
    since: date | None = None
    until: date | None = None


class Fact(NamedTuple):
    """One value of an entry; a change has both sides."""

    name: str
    value: str
    before: str | None = None
    is_change: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLine:
    """An entry with the names of who acted and where."""

    id: int
    number: int
    chain: str
    tournament_id: int | None
    where: str
    action: str
    by: str
    at: datetime
    facts: tuple[Fact, ...]
    reason: str
    request_id: str | None
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPage:
    """A page of entries, the newest first; `older` is the cursor of the next one. `actions` are all that occur."""

    lines: tuple[AuditLine, ...]
    older: int | None
    actions: tuple[str, ...]
    unknown_actor: bool


class Verification(NamedTuple):
    """What a walk over all chains found."""

    entries: int
    chains: int
    broken: tuple[BrokenLink, ...]


def read_audit(query: AuditQuery, *, actor: Actor, before: int | None = None) -> AuditPage:
    """Entries that fit the query, `before` an id. Raises Forbidden to everybody but staff."""
    permissions.ensure_on_site(actor, Action.READ_AUDIT)
    with read_snapshot() as session:
        actions = tuple(session.scalars(select(AuditEntry.action).distinct().order_by(AuditEntry.action)))
        conditions = _conditions(session, query)
        if conditions is None:
            return AuditPage(lines=(), older=None, actions=actions, unknown_actor=True)
        wanted = select(AuditEntry).where(*conditions)
        if before is not None:
            wanted = wanted.where(AuditEntry.id < before)
        entries = session.scalars(wanted.order_by(AuditEntry.id.desc()).limit(A_PAGE + 1)).all()
        older = entries[A_PAGE - 1].id if len(entries) > A_PAGE else None
        return AuditPage(lines=_lines(session, entries[:A_PAGE]), older=older, actions=actions, unknown_actor=False)


def newest(session: Session) -> tuple[AuditLine, ...]:
    """The last few entries of all chains."""
    entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(_NEWEST)).all()
    return _lines(session, entries)


def verify(*, actor: Actor) -> Verification:
    """Walk every chain from its first entry. Raises Forbidden to everybody but staff."""
    permissions.ensure_on_site(actor, Action.READ_AUDIT)
    with read_snapshot() as session:
        entries = session.scalar(select(func.count()).select_from(AuditEntry)) or 0
        chains = session.scalar(select(func.count()).select_from(AuditHead)) or 0
        return Verification(entries, chains, tuple(audit.verify(session)))


def _conditions(session: Session, query: AuditQuery) -> list[ColumnElement[bool]] | None:
    """None where nothing can fit: nobody has that handle."""
    conditions: list[ColumnElement[bool]] = []
    if query.action:
        conditions.append(AuditEntry.action == query.action)
    if query.actor:
        user_id = session.scalar(select(User.id).where(User.handle_key == name_key(query.actor)))
        if user_id is None:
            return None
        conditions.append(AuditEntry.actor_id == user_id)
    if query.chain:
        conditions.append(AuditEntry.chain == _chain(query.chain))
    if query.since:
        conditions.append(AuditEntry.at >= _start_of(query.since))
    if query.until:
        conditions.append(AuditEntry.at < _start_of(query.until) + timedelta(days=1))
    return conditions


def _chain(typed: str) -> str:
    """`7` and `#7` are what people type for the chain of tournament 7."""
    number = typed.strip().removeprefix("#")
    return f"{_OF_TOURNAMENT}{int(number)}" if number.isascii() and number.isdigit() else typed.strip().lower()


def _start_of(day: date) -> datetime:
    return datetime.combine(day, time(), timezone(timedelta(0)))


def _lines(session: Session, entries: Sequence[AuditEntry]) -> tuple[AuditLine, ...]:
    handles = handles_of(session, [entry.actor_id for entry in entries])
    tournaments = {entry.chain: _tournament_of(entry.chain) for entry in entries}
    ids = [tournament_id for tournament_id in tournaments.values() if tournament_id is not None]
    names: dict[int, str] = {}
    if ids:
        found = session.execute(select(Tournament.id, Tournament.name).where(Tournament.id.in_(ids)))
        names = dict(found.all())
    return tuple(
        AuditLine(
            id=entry.id,
            number=entry.number,
            chain=entry.chain,
            tournament_id=tournaments[entry.chain],
            where=names.get(tournaments[entry.chain] or 0, "Site" if entry.chain == audit.SITE_CHAIN else entry.chain),
            action=entry.action,
            by=handles.get(entry.actor_id, f"user {entry.actor_id}"),
            at=entry.at,
            facts=_facts(entry.data),
            reason=str(entry.data.get("reason") or ""),
            request_id=entry.request_id,
            hash=entry.hash,
        )
        for entry in entries
    )


def _tournament_of(chain: str) -> int | None:
    number = chain.removeprefix(_OF_TOURNAMENT)
    return int(number) if number != chain and number.isdigit() else None


def _facts(data: dict[str, Any]) -> tuple[Fact, ...]:
    """The values of an entry, changes first: what differs of `before` and `after` is one fact each."""
    facts: list[Fact] = []
    if "before" in data or "after" in data:
        facts += _changes(data.get("before"), data.get("after"))
    rest = ((name, value) for name, value in data.items() if name not in {"before", "after", "reason"})
    return (*facts, *(Fact(_words(name), _text(value)) for name, value in rest if value is not None))


def _changes(before: Any, after: Any) -> list[Fact]:
    if not isinstance(before, dict) or not isinstance(after, dict):
        return [Fact("", _text(after), _text(before), is_change=True)]
    names = [*after, *(name for name in before if name not in after)]
    return [
        Fact(_words(name), _text(after.get(name)), _text(before.get(name)), is_change=True)
        for name in names
        if before.get(name) != after.get(name)
    ]


def _words(name: str) -> str:
    return name.removesuffix("_id").replace("_", " ")


def _text(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{_words(name)} {_text(inner)}" for name, inner in value.items())
    if isinstance(value, list):
        return _listed(value)
    return str(value)


def _listed(values: list[Any]) -> str:
    if not values:
        return "none"
    if len(values) > _LISTED_AT_MOST or any(isinstance(value, list | dict) for value in values):
        return f"{len(values)} {'value' if len(values) == 1 else 'values'}"
    return ", ".join(map(_text, values))
