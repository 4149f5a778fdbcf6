"""Finding tournaments: what the public may find, narrowed by filters; the list of pages and the API use the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Select, and_, case, false, func, literal, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from webapp.domain.money import UNUSUAL_DIGITS, USUAL_DIGITS
from webapp.domain.names import name_key
from webapp.domain.search_text import words_of
from webapp.models import Tournament, TournamentOfficial, User
from webapp.services.live import visibility
from webapp.services.spine.transaction import read_snapshot

PUBLIC_STATUSES: Final = (
    "registration_open", "registration_closed", "live", "completed", "archived", "cancelled",
)  # fmt: skip
UPCOMING: Final = ("registration_open", "registration_closed")
begins: Final = func.coalesce(Tournament.started_at, Tournament.starts_at, Tournament.created_at)
ORDERS: Final[Mapping[str, tuple[ColumnElement[Any], ...]]] = {
    "-starts_at": (begins.desc(), Tournament.id.desc()),
    "starts_at": (begins.asc(), Tournament.id.asc()),
    "name": (func.lower(Tournament.name).asc(), Tournament.id.asc()),
    "-prize_pool": (Tournament.prize_pool.desc(), Tournament.id.desc()),
    "prize_pool": (Tournament.prize_pool.asc(), Tournament.id.asc()),
    "entry_fee": (Tournament.entry_fee.asc(), Tournament.id.asc()),
    "-entry_fee": (Tournament.entry_fee.desc(), Tournament.id.desc()),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What is looked for; None, an empty text and False leave a filter out. Money is in smallest units."""

    search: str = ""
    game: str = ""
    statuses: Sequence[str] = ()
    format: str = ""
    min_prize: int | None = None
    max_prize: int | None = None
    min_fee: int | None = None
    max_fee: int | None = None
    free_only: bool = False
    start_after: datetime | None = None
    start_before: datetime | None = None
    is_official: bool | None = None
    is_featured: bool | None = None
    organizer: str = ""
    """A handle."""


def listed() -> Select[Tournament]:
    """What the public finds: neither drafts nor unlisted, private or deleted ones."""
    return select(Tournament).where(
        Tournament.visibility == "public", Tournament.status.in_(PUBLIC_STATUSES), Tournament.deleted_at.is_(None)
    )


def _listed_for(user_id: int) -> Select[Tournament]:
    """What the public finds, and the drafts of one who organizes."""
    helped = select(TournamentOfficial.tournament_id).where(
        TournamentOfficial.user_id == user_id, TournamentOfficial.role == "co_organizer"
    )
    is_own_draft = and_(
        Tournament.status == "draft", or_(Tournament.organizer_id == user_id, Tournament.id.in_(helped))
    )
    return select(Tournament).where(
        Tournament.visibility == "public",
        or_(Tournament.status.in_(PUBLIC_STATUSES), is_own_draft),
        Tournament.deleted_at.is_(None),
    )


def text_conditions(text: str) -> list[ColumnElement[bool]]:
    """The conditions for tournaments in which each word that is looked for begins a word of their text."""
    words = words_of(text)
    if text.strip() and not words:
        # Nothing but signs: no text has a word of them.
        return [false()]
    return [Tournament.search_text.contains(f" {word}", autoescape=True) for word in words]


def conditions(filters: Filters) -> list[ColumnElement[bool]]:
    """The conditions of all filters together."""
    found = text_conditions(filters.search)
    equal = {Tournament.game: filters.game, Tournament.format: filters.format}
    found += [column == value for column, value in equal.items() if value]
    if filters.statuses:
        found.append(visibility.status_column().in_(filters.statuses))
    for column, least, most in (
        (Tournament.prize_pool, filters.min_prize, filters.max_prize),
        (Tournament.entry_fee, filters.min_fee, filters.max_fee),
    ):
        found += [] if least is None else [column >= least]
        found += [] if most is None else [column <= most]
    if filters.free_only:
        found.append(Tournament.entry_fee == 0)
    found += [] if filters.start_after is None else [begins >= filters.start_after.astimezone(UTC)]
    found += [] if filters.start_before is None else [begins <= filters.start_before.astimezone(UTC)]
    for flag, wanted in (
        (Tournament.is_official, filters.is_official), (Tournament.is_featured, filters.is_featured)
    ):  # fmt: skip
        found += [] if wanted is None else [flag.is_(wanted)]
    if filters.organizer:
        owner = select(User.id).where(User.handle_key == name_key(filters.organizer))
        found.append(Tournament.organizer_id.in_(owner))
    return found


def money_conditions(
    column: InstrumentedAttribute[int], least: int | None, most: int | None
) -> list[ColumnElement[bool]]:
    """The conditions for amounts from `least` to `most`, in whole units of each tournament's own currency."""
    by_digits = [(Tournament.currency.in_(currencies), 10**digits) for digits, currencies in UNUSUAL_DIGITS.items()]
    unit = case(*by_digits, else_=10**USUAL_DIGITS)
    # Bounds may be beyond what an amount can be.
    found = [] if least is None else [column >= literal(least, BigInteger) * unit]
    return found if most is None else [*found, column <= literal(most, BigInteger) * unit]


def discover(
    filters: Filters, *, ordering: str, limit: int, offset: int, organizer_id: int | None = None
) -> dict[str, Any]:
    """One page of the tournaments that fit: ids, numbers and states; names come by the resolvers.

    Drafts are found by `organizer_id` alone, who runs them or helps to.
    """
    found = listed() if organizer_id is None else _listed_for(organizer_id)
    statement = found.where(*conditions(filters))
    with read_snapshot() as session:
        total = session.scalar(select(func.count()).select_from(statement.subquery())) or 0
        page = session.scalars(statement.order_by(*ORDERS[ordering]).limit(limit).offset(offset)).all()
        return {"count": total, "results": [_told(tournament) for tournament in page]}


def _told(tournament: Tournament) -> dict[str, Any]:
    status = visibility.status_of(tournament)
    return {
        "id": tournament.id,
        "slug": tournament.slug,
        "game": tournament.game,
        "format": tournament.format,
        "status": status,
        "starts_at": tournament.starts_at,
        "started_at": tournament.started_at,
        "completed_at": tournament.completed_at if status == tournament.status else None,
        "registration_opens_at": tournament.registration_opens_at,
        "registration_closes_at": tournament.registration_closes_at,
        "places": tournament.places,
        "entry_fee": tournament.entry_fee,
        "prize_pool": tournament.prize_pool,
        "currency": tournament.currency or None,
        "region": tournament.region,
        "season": tournament.season,
        "is_official": tournament.is_official,
        "is_featured": tournament.is_featured,
        "organizer_id": tournament.organizer_id,
    }
