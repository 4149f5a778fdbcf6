"""Reads of many tournaments: the front page and the list, with a fixed number of queries however long they are."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from webapp.domain.games import load_games
from webapp.models import Match, Registration, Tournament
from webapp.models.tournaments import FORMATS
from webapp.services.live import known_matches, visibility
from webapp.services.pages.leaders import leaders_of
from webapp.services.pages.paging import Paging
from webapp.services.pages.podium_view import Podium
from webapp.services.pages.podiums import podiums_of
from webapp.services.pages.tournament_reads import game_title
from webapp.services.pages.tournament_view import (
    PHASES,
    Choice,
    HomeView,
    Leader,
    TournamentCard,
    TournamentListView,
    TournamentPhase,
    TournamentQuery,
)
from webapp.services.spine.transaction import read_snapshot
from webapp.services.tournaments import discovery
from webapp.services.tournaments.discovery import Filters, begins

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
ORDERS: Final = ("newest", "oldest", "name", "prize")


def read_home() -> HomeView:
    """The front page."""
    with read_snapshot() as session:
        groups = [
            _some(session, _in_status("live").order_by(Tournament.is_featured.desc(), begins.desc()), HOME_LIVE),
            _some(session, _in_status("upcoming").order_by(Tournament.starts_at.is_(None), begins), HOME_UPCOMING),
            _some(session, _featured().order_by(begins.desc()), HOME_FEATURED + HOME_LIVE + HOME_UPCOMING),
            _some(session, _in_status("completed").order_by(Tournament.completed_at.desc()), HOME_CHAMPIONS),
        ]
        cards = _cards(session, [tournament for group in groups for tournament in group])
        live, upcoming, featured, champions = ([cards[found.id] for found in group] for group in groups)
        elsewhere = {card.id for card in (*live, *upcoming)}
        featured = [card for card in featured if card.id not in elsewhere][:HOME_FEATURED]
        champions = [card for card in champions if card.winners]
        return HomeView(tuple(live), tuple(upcoming), tuple(featured), tuple(champions))


def read_listing(query: TournamentQuery, *, page: int) -> TournamentListView:
    """One page of the tournaments that fit the query; filters with unknown values are left out."""
    query = _understood(query)
    statement = discovery.listed().where(*_conditions(query))
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


def _in_status(group: str) -> Select[Tournament]:
    return discovery.listed().where(visibility.status_column().in_(_STATUSES[group]))


def _featured() -> Select[Tournament]:
    return discovery.listed().where(Tournament.is_featured.is_(True))


def _understood(query: TournamentQuery) -> TournamentQuery:
    """The query without what cannot be meant: unknown games, formats, statuses, orders, and unprintable characters."""
    return TournamentQuery(
        text="".join(character for character in query.text if character.isprintable()),
        game=query.game if query.game in load_games() else "",
        status=query.status if query.status in _STATUSES else "",
        format=query.format if query.format in FORMATS else "",
        order=query.order if query.order in ORDERS else ORDERS[0],
        is_free=query.is_free,
        is_official=query.is_official,
        fee=query.fee,
        prize=query.prize,
        starts_from=query.starts_from,
        starts_to=query.starts_to,
        organizer="".join(character for character in query.organizer if character.isprintable()),
    )


def _conditions(query: TournamentQuery) -> list[ColumnElement[bool]]:
    filters = discovery.conditions(
        Filters(
            search=query.text,
            game=query.game,
            format=query.format,
            statuses=_STATUSES.get(query.status, ()),
            free_only=query.is_free,
            is_official=True if query.is_official else None,
            start_after=_midnight(query.starts_from),
            start_before=_midnight(query.starts_to, days=1),
            organizer=query.organizer,
        )
    )
    return [
        *filters,
        *discovery.money_conditions(Tournament.entry_fee, query.fee.least, query.fee.most),
        *discovery.money_conditions(Tournament.prize_pool, query.prize.least, query.prize.most),
    ]


def _midnight(day: date | None, *, days: int = 0) -> datetime | None:
    """The beginning of a day in UTC, or of one so many days after it."""
    if day is None:
        return None
    begins_at = datetime.combine(day, time(), tzinfo=UTC)
    # The last day of the calendar has no day after it.
    return begins_at if day == date.max else begins_at + timedelta(days=days)


def _order(query: TournamentQuery) -> tuple[ColumnElement[Any], ...]:
    if query.order == "name":
        return func.lower(Tournament.name).asc(), Tournament.id.asc()
    if query.order == "prize":
        return Tournament.prize_pool.desc(), Tournament.id.desc()
    return (begins.asc(), Tournament.id.asc()) if query.order == "oldest" else (begins.desc(), Tournament.id.desc())


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
    podiums = podiums_of(session, tournaments)
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
            winners=_winners(tournament, podiums, leaders.get(tournament.id, ())),
        )
        for tournament in tournaments
    }


def _winners(
    tournament: Tournament, podiums: Mapping[int, Podium | None], leaders: Sequence[Leader]
) -> tuple[str, ...]:
    """Who was declared; the first of the board where a tournament ended before winners were stored."""
    if visibility.status_of(tournament) not in _STATUSES["completed"]:
        return ()
    if tournament.id not in podiums:
        return tuple(leader.name for leader in leaders if leader.rank == 1)
    podium = podiums[tournament.id]
    return () if podium is None else podium.winners


def _start_of(tournament: Tournament) -> datetime | None:
    return tournament.started_at or tournament.starts_at


def _counts(
    session: Session, statement: Select[int, int], column: InstrumentedAttribute[int], ids: Sequence[int]
) -> dict[int, int]:
    return dict(session.execute(statement.where(column.in_(ids)).group_by(column)).all())
