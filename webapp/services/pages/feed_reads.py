"""Reads of the feed: the newest public facts of a tournament's log, with the names that they are told with."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from webapp.domain.errors import NotFound
from webapp.domain.events import CATALOGUE
from webapp.domain.logged_lines import lines_from_data
from webapp.domain.wording import worded
from webapp.models import Event, Match, Tournament
from webapp.services.live import known_matches
from webapp.services.live.known_matches import KnownMatches
from webapp.services.pages.feed_view import FeedLine, FeedMatch, FeedView
from webapp.services.pages.match_view import GameLine
from webapp.services.pages.tournament_reads import find_visible
from webapp.services.registration.participant_names import names_of
from webapp.services.spine.transaction import read_snapshot

SHOWN_LINES: Final = 20
_READ_AT_MOST: Final = 80
"""Running scores are many; of each match the newest one is told, so that some more must be read."""
_RUNNING: Final = "score_updated"
TOLD: Final = frozenset(
    {
        "tournament_started", "tournament_completed", "tournament_cancelled", "match_scheduled", "match_started",
        "match_cancelled", "match_completed", "match_disputed", "match_resolved", "result_corrected", "result_voided",
        "placement_overridden", "adjustment_recorded", "board_frozen", "board_unfrozen", _RUNNING,
    }
)  # fmt: skip
"""Facts that have words; a new board has none, for its rows are the news."""


def read_feed(tournament_id: int, *, match_id: int | None = None) -> FeedView:
    """What happened last. Raises NotFound for a tournament that the public does not see."""
    with read_snapshot() as session:
        return feed_of(session, find_visible(session, tournament_id), match_id=match_id)


def read_match_feed(match_id: int) -> FeedView:
    """What happened last in a match. Raises NotFound for one that the public does not see."""
    with read_snapshot() as session:
        match = session.get(Match, match_id)
        if match is None:
            raise NotFound(worded("There is no match %(id)s.", id=match_id), code="match_not_found")
        return feed_of(session, find_visible(session, match.tournament_id), match_id=match_id)


def feed_of(session: Session, tournament: Tournament, *, match_id: int | None = None) -> FeedView:
    """The newest lines about a tournament or one of its matches, as the public may know them."""
    events = _newest_running_only(_events(session, tournament, match_id))[:SHOWN_LINES]
    known = known_matches.of_tournament(session, tournament)
    matches = _matches(session, {event.match_id for event in events if event.match_id is not None}, known)
    names = names_of(session, {who for event in events for who in _whom(event, matches)})
    return FeedView(
        tournament_id=tournament.id,
        log_number=tournament.log_seq,
        match_id=match_id,
        lines=tuple(_line(event, matches, names) for event in events),
    )


def _events(session: Session, tournament: Tournament, match_id: int | None) -> Sequence[Event]:
    kinds = [name for name in sorted(TOLD) if name in CATALOGUE and CATALOGUE[name].audience == "public"]
    statement = select(Event).where(Event.tournament_id == tournament.id, Event.type.in_(kinds))
    if match_id is not None:
        statement = statement.where(Event.match_id == match_id)
    if tournament.frozen_seq is not None:
        # What the public's board does not show yet, no line tells.
        harmless = [name for name in kinds if CATALOGUE[name].told_while_frozen]
        statement = statement.where(or_(Event.seq <= tournament.frozen_seq, Event.type.in_(harmless)))
    return session.scalars(statement.order_by(Event.seq.desc()).limit(_READ_AT_MOST)).all()


def _newest_running_only(events: Iterable[Event]) -> list[Event]:
    """Of the running scores of a match the newest alone, and none once its result is there."""
    kept, scored = [], set()
    for event in events:
        if event.type == _RUNNING and event.match_id in scored:
            continue
        if event.type in {_RUNNING, "match_completed"}:
            scored.add(event.match_id)
        kept.append(event)
    return kept


def _matches(session: Session, match_ids: set[int], known: KnownMatches) -> Mapping[int, Match]:
    rows = session.scalars(select(Match).where(Match.id.in_(sorted(match_ids)))) if match_ids else ()
    return {match.id: known.of(match) for match in rows}


def _whom(event: Event, matches: Mapping[int, Match]) -> set[int]:
    """Everybody whom the line of an event names."""
    match = matches.get(event.match_id or 0)
    sides = (match.side_a_id, match.side_b_id) if match else ()
    return {who for who in (_subject(event), *sides) if who is not None}


def _subject(event: Event) -> int | None:
    subject: int | None = event.registration_id or event.data.get("winner_id") or event.data.get("participant_id")
    return subject


def _line(event: Event, matches: Mapping[int, Match], names: Mapping[int, str]) -> FeedLine:
    match = matches.get(event.match_id or 0)
    subject = _subject(event)
    more = _MORE[event.type](event.data, match) if event.type in _MORE else {}
    return FeedLine(
        seq=event.seq,
        kind=event.type,
        at=event.created_at,
        match=None if match is None else _match(match, names),
        participant_id=subject,
        name=None if subject is None else names.get(subject),
        **more,
    )


def _match(match: Match, names: Mapping[int, str]) -> FeedMatch:
    sides = [names[side] for side in (match.side_a_id, match.side_b_id) if side is not None and side in names]
    return FeedMatch(match.id, match.number, match.label, tuple(sides) if len(sides) == 2 else ())


def _completed(data: Mapping[str, Any], match: Match | None) -> dict[str, Any]:
    """Kills of the winner of a lobby, or games won by the sides."""
    if data["games"] and match is not None:
        winners = [game[3] for game in data["games"]]
        return {"score": (winners.count(match.side_a_id), winners.count(match.side_b_id))}
    winner = next((line for line in map(lines_from_data, data["results"]) if line.placement == 1), None)
    return {} if winner is None else {"kills": winner.kills}


def _running(data: Mapping[str, Any], _match_of_line: Match | None) -> dict[str, Any]:
    if data["games"]:
        number, score_a, score_b = max(data["games"])
        return {"running_game": GameLine(number, None, score_a, score_b, None)}
    return {"playing_count": sum(placement < 0 for _, placement, _ in data["lines"])}


def _placed(data: Mapping[str, Any], _match_of_line: Match | None) -> dict[str, Any]:
    ranks = {name: data[name] for name in ("previous_rank", "new_rank") if data[name] is not None}
    return {"numbers": {**ranks, "is_restored": int(data["is_restored"])}}


def _adjusted(data: Mapping[str, Any], _match_of_line: Match | None) -> dict[str, Any]:
    return {"numbers": {"points": data["points"]}}


def _scheduled(data: Mapping[str, Any], _match_of_line: Match | None) -> dict[str, Any]:
    return {"numbers": {"count": len(data["match_ids"])}}


_MORE: Final[Mapping[str, Callable[[Mapping[str, Any], Match | None], dict[str, Any]]]] = {
    "match_completed": _completed,
    "result_corrected": _completed,
    _RUNNING: _running,
    "placement_overridden": _placed,
    "adjustment_recorded": _adjusted,
    "match_scheduled": _scheduled,
}
