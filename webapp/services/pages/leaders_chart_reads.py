"""Reads of the chart of the leaders' ranks: a few versions of the public board, however many there are."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from webapp.models import Tournament
from webapp.services.boards import boards
from webapp.services.pages.board_stops import Stop, stops_of, thinned
from webapp.services.pages.leaders_chart import NARROW, STYLES, WIDE, Leader, Ranks, draw
from webapp.services.pages.leaders_chart_view import ChartRow, LeadersChartView
from webapp.services.pages.tournament_reads import find_visible
from webapp.services.ranking import board_tops
from webapp.services.ranking.board_tops import Top
from webapp.services.registration.participant_names import names_of
from webapp.services.spine.transaction import read_snapshot

LEADERS: Final = STYLES
STOPS_AT_MOST: Final = WIDE.most_stops


def read_leaders_chart(tournament_id: int, *, audience: str, now: datetime) -> LeadersChartView:
    """The chart of a tournament's leaders. Raises NotFound for a tournament that the public does not see."""
    with read_snapshot() as session:
        return leaders_chart(session, find_visible(session, tournament_id), audience=audience, now=now)


def leaders_chart(session: Session, tournament: Tournament, *, audience: str, now: datetime) -> LeadersChartView:
    """The chart of those who lead the tournament's board as `audience` sees it: nothing newer than that board."""
    published = boards.of_tournament(session, tournament, audience, now=now)
    stops = _shown(stops_of(session, tournament, up_to=published.version, audience=audience))
    tops = board_tops.of_versions(session, tournament.id, [stop.version for stop in stops])
    # Versions older than the table of tops have none: then the lines begin with the first that has one.
    stops = [stop for stop in stops if stop.version in tops]
    ranks = [dict(zip(top.participant_id.tolist(), top.rank.tolist(), strict=True)) for _, top in sorted(tops.items())]
    leaders = _leaders(session, tops[stops[-1].version]) if len(stops) > 1 else ()
    is_by_match = bool(stops) and stops[0].after is not None
    labels = [stop.after if is_by_match and stop.after is not None else stop.version for stop in stops]
    told = list(zip(labels, ranks, strict=True))
    return LeadersChartView(
        tournament_id=tournament.id,
        tournament_name=tournament.name,
        log_number=tournament.log_seq,
        version=published.version,
        leaders=leaders,
        rows=tuple(_row(stop, then, leaders) for stop, then in zip(stops, ranks, strict=True)),
        drawings=tuple(draw(size, leaders, told) for size in (WIDE, NARROW)) if leaders else (),
        is_by_match=is_by_match,
    )


def _shown(stops: Sequence[Stop]) -> list[Stop]:
    """What is worth a place: before the first match everybody stands where registration put them."""
    played = [stop for stop in stops if stop.after is not None]
    return thinned(played if len(played) > 1 else stops, STOPS_AT_MOST)


def _leaders(session: Session, top: Top) -> tuple[Leader, ...]:
    ids = top.participant_id[:LEADERS].tolist()
    names = names_of(session, ids)
    ranks, points = top.rank.tolist(), top.points.tolist()
    return tuple(Leader(who, names.get(who, f"#{who}"), ranks[at], points[at]) for at, who in enumerate(ids))


def _row(stop: Stop, ranks: Ranks, leaders: Sequence[Leader]) -> ChartRow:
    return ChartRow(stop, tuple(ranks.get(leader.participant_id) for leader in leaders))
