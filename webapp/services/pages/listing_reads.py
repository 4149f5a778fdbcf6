"""Reads of many tournaments: the front page and the list, with a fixed number of queries however long they are."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from webapp.domain.games import load_games
from webapp.models import Match, Registration, Tournament
from webapp.models.tournaments import FORMATS
from webapp.services import known_matches, visibility
from webapp.services.pages.leaders import leaders_of
from webapp.services.pages.paging import Paging
from webapp.services.pages.tournament_reads import game_title
from webapp.services.pages.tournament_view import (
    PHASES,
    Choice,
    HomeView,
    TournamentCard,
    TournamentListView,
    TournamentPhase,
    TournamentQuery,
)
from webapp.services.transaction import read_snapshot

CARDS_A_PAGE: Final = 24
HOME_LIVE: Final = 6
HOME_UPCOMING: Final = 6
HOME_FEATURED: Final = 3
HOME_CHAMPIONS: Final = 6
_STATUSES: Final[Mapping[str, tuple[str, ...]]] = {
    "live": ("live",),
    "upcoming": ("registration_open", "registration_closed"),
    "completed": ("completed", "archived"),
}
ORDERS: Final = ("newest", "oldest", "name")
_WHEN: Final = func.coalesce(Tournament.started_at, Tournament.starts_at, Tournament.created_at)


def read_home() -> HomeView:
    """The front page."""
    with read_snapshot() as session:
        groups = [
            _some(session, _in_status("live").order_by(Tournament.is_featured.desc(), _WHEN.desc()), HOME_LIVE),
            _some(session, _in_status("upcoming").order_by(Tournament.starts_at.is_(None), _WHEN), HOME_UPCOMING),
            _some(session, _featured().order_by(_WHEN.desc()), HOME_FEATURED + HOME_LIVE + HOME_UPCOMING),
            _some(session, _in_status("completed").order_by(Tournament.completed_at.desc()), HOME_CHAMPIONS),
        ]
        cards = _cards(session, [tournament for group in groups for tournament in group])
        live, upcoming, featured, champions = ([cards[found.id] for found in group] for group in groups)
        elsewhere = {card.id for card in (*live, *upcoming)}
        featured = [card for card in featured if card.id not in elsewhere][:HOME_FEATURED]
        champions = [card for card in champions if card.leaders]
        return HomeView(tuple(live), tuple(upcoming), tuple(featured), tuple(champions))


def read_listing(query: TournamentQuery, *, page: int) -> TournamentListView:
    """One page of the tournaments that fit the query; filters with unknown values are left out."""
    query = _understood(query)
    statement = _listed().where(*_conditions(query))
    with read_snapshot() as session:
        total = session.scalar(select(func.count()).select_from(statement.subquery())) or 0
        paging = Paging.of(page, size=CARDS_A_PAGE, total=total)
        found = _some(session, statement.order_by(*_order(query)).offset(paging.offset), paging.size)
        cards = _cards(session, found)
        return TournamentListView(
            query=query,
            games=tuple(Choice(slug, game.title) for slug, game in load_games().items()),
            cards=tuple(cards[tournament.id] for tournament in found),
            paging=paging,
        )


def _listed() -> Select[Tournament]:
    """What the public finds: neither drafts nor unlisted, private or deleted ones."""
    return select(Tournament).where(
        Tournament.visibility == "public", Tournament.status.in_(PHASES), Tournament.deleted_at.is_(None)
    )


def _in_status(group: str) -> Select[Tournament]:
    return _listed().where(visibility.status_column().in_(_STATUSES[group]))


def _featured() -> Select[Tournament]:
    return _listed().where(Tournament.is_featured.is_(True))


def _understood(query: TournamentQuery) -> TournamentQuery:
    """The query without what cannot be meant: unknown games, formats, statuses, orders, and unprintable characters."""
    return TournamentQuery(
        text="".join(character for character in query.text if character.isprintable()),
        game=query.game if query.game in load_games() else "",
        status=query.status if query.status in _STATUSES else "",
        format=query.format if query.format in FORMATS else "",
        order=query.order if query.order in ORDERS else ORDERS[0],
    )


def _conditions(query: TournamentQuery) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if query.text:
        conditions.append(
            or_(
                Tournament.name.icontains(query.text, autoescape=True),
                Tournament.slug.icontains(query.text, autoescape=True),
            )
        )
    if query.game:
        conditions.append(Tournament.game == query.game)
    if query.format:
        conditions.append(Tournament.format == query.format)
    if query.status:
        conditions.append(visibility.status_column().in_(_STATUSES[query.status]))
    return conditions


def _order(query: TournamentQuery) -> tuple[ColumnElement[Any], ...]:
    if query.order == "name":
        return func.lower(Tournament.name).asc(), Tournament.id.asc()
    return (_WHEN.asc(), Tournament.id.asc()) if query.order == "oldest" else (_WHEN.desc(), Tournament.id.desc())


def _some(session: Session, statement: Select[Tournament], at_most: int) -> Sequence[Tournament]:
    return session.scalars(statement.limit(at_most)).all()


def _cards(session: Session, tournaments: Sequence[Tournament]) -> dict[int, TournamentCard]:
    """Cards by id; everything beside the tournaments themselves is read at once for all of them."""
    ids = [tournament.id for tournament in tournaments]
    participants = _counts(
        session,
        select(Registration.tournament_id, func.count()).where(Registration.status == "approved"),
        Registration.tournament_id,
        ids,
    )
    matches = select(Match.tournament_id, func.count())
    planned = _counts(session, matches.where(Match.state != "cancelled"), Match.tournament_id, ids)
    played = _counts(session, matches.where(Match.state.in_(("completed", "forfeit"))), Match.tournament_id, ids)
    for tournament_id, (known_played, known_planned) in known_matches.counts(session, tournaments).items():
        played[tournament_id], planned[tournament_id] = known_played, known_planned
    leaders = leaders_of(session, ids)
    return {
        tournament.id: TournamentCard(
            id=tournament.id,
            slug=tournament.slug,
            name=tournament.name,
            game_title=game_title(tournament.game),
            format=tournament.format,
            status=visibility.status_of(tournament),
            phase=PHASES.get(visibility.status_of(tournament), TournamentPhase.UPCOMING),
            starts_at=_start_of(tournament),
            completed_at=tournament.completed_at if tournament.frozen_seq is None else None,
            participant_count=participants.get(tournament.id, 0),
            matches_done=played.get(tournament.id, 0),
            matches_total=planned.get(tournament.id, 0),
            leaders=leaders.get(tournament.id, ()),
        )
        for tournament in tournaments
    }


def _start_of(tournament: Tournament) -> datetime | None:
    return tournament.started_at or tournament.starts_at


def _counts(
    session: Session, statement: Select[int, int], column: InstrumentedAttribute[int], ids: Sequence[int]
) -> dict[int, int]:
    return dict(session.execute(statement.where(column.in_(ids)).group_by(column)).all())
