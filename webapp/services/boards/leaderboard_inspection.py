"""A board taken apart for staff: raw totals a participant, counts, versions, flags, and what is cached of it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

import redis
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.domain.board import Board
from webapp.domain.columns import MISSING, NOWHERE, column, positions_of
from webapp.domain.explain import shown
from webapp.domain.permissions import Action
from webapp.models import Board as BoardRow
from webapp.models import BoardVersion, Match, OutboxItem, Registration, Result, Standing, Tournament
from webapp.services.boards import boards
from webapp.services.operations import cache, flags
from webapp.services.ranking import board_store, override_reads, ranking, scopes, standings
from webapp.services.spine import permissions
from webapp.services.spine.actors import Actor
from webapp.services.spine.redis_link import link
from webapp.services.spine.transaction import read_snapshot

LARGEST_PAGE: Final = 200
_FARTHEST: Final = 2**31 - 1
_PLAYED: Final = ("completed", "forfeit")


class InspectedRow(NamedTuple):
    """One participant. `stored` are the totals kept with its results, `published` those of the board (None: not there).

    `is_consistent`: both say the same, as they must while the board is not behind.
    """

    participant_id: int
    team_id: int | None
    subject_id: int | None
    rank: int | None
    computed_rank: int | None
    is_override: bool
    results: int
    changed_seq: int | None
    stored: dict[str, int | float | str | None]
    published: dict[str, int | float | str | None] | None
    is_consistent: bool


class ShownVersion(NamedTuple):
    """Which version an audience sees."""

    audience: str
    version: int
    seq: int
    computed_at: datetime
    duration_ms: float
    source: str
    entries_count: int
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What staff look at when a board looks wrong.

    `is_behind`: results are newer than the board, so that a ranking is due. `due` says how its outbox row stands: None
    where nothing waits. `cache_keys` counts what is cached of the tournament, None while Redis is away.
    """

    tournament_id: int
    status: str
    rules_hash: str
    log_seq: int
    results_seq: int
    roster_seq: int
    is_behind: bool
    overrides: dict[int, int]
    matches: dict[str, int]
    versions: tuple[ShownVersion, ...]
    flags: dict[str, bool]
    due: dict[str, Any] | None
    cache_keys: int | None
    participants_count: int
    rows: tuple[InspectedRow, ...]

    def as_data(self) -> dict[str, Any]:
        """The inspection for the API: ids, numbers and states."""
        document = {name: getattr(self, name) for name in self.__dataclass_fields__}
        document["versions"] = [
            version._asdict() | {"computed_at": version.computed_at.isoformat()} for version in self.versions
        ]
        document["rows"] = [row._asdict() for row in self.rows]
        document["overrides"] = [{"participant_id": who, "rank": rank} for who, rank in self.overrides.items()]
        return document


def inspect(tournament_id: int, *, actor: Actor, limit: int = LARGEST_PAGE, offset: int = 0) -> Inspection:
    """A tournament's board taken apart; `limit` of its participants (200 at the most), the first by id after `offset`.

    Raises Forbidden to everybody but staff, NotFound.
    """
    with read_snapshot() as session:
        tournament = boards.find_tournament(session, tournament_id)
        permissions.ensure(session, actor, Action.INSPECT_LEADERBOARDS, tournament)
        rules = standings.rules_of(tournament)
        versions, published_seq = _versions(session, tournament_id)
        board = _board(session, tournament)
        rows, count = _rows(
            session, tournament, board, min(max(limit, 1), LARGEST_PAGE), min(max(offset, 0), _FARTHEST)
        )
        return Inspection(
            tournament_id=tournament_id,
            status=tournament.status,
            rules_hash=rules.hash,
            log_seq=tournament.log_seq,
            results_seq=tournament.results_seq,
            roster_seq=tournament.roster_seq,
            is_behind=published_seq < tournament.results_seq,
            overrides=override_reads.in_force(session, tournament_id),
            matches=_counts_of_matches(session, tournament_id),
            versions=versions,
            flags={name: flags.is_on(name) for name in flags.BOARD_FLAGS},
            due=_due(session, tournament_id),
            cache_keys=_cache_keys(tournament_id),
            participants_count=count,
            rows=rows,
        )


def _versions(session: Session, tournament_id: int) -> tuple[tuple[ShownVersion, ...], int]:
    """The versions that audiences see, and the log number up to which the officials' one has results in it."""
    rows = session.execute(
        select(
            BoardRow.audience, BoardRow.seq, BoardRow.version, BoardVersion.computed_at, BoardVersion.duration_us,
            BoardVersion.source, BoardVersion.entries_count, func.length(BoardVersion.payload).label("bytes"),
        )
        .join(BoardVersion, BoardVersion.id == BoardRow.board_version_id)
        .where(BoardRow.scope == str(scopes.tournament(tournament_id)))
        .order_by(BoardRow.audience.desc())
    ).all()  # fmt: skip
    versions = tuple(
        ShownVersion(
            row.audience, row.version, row.seq, row.computed_at, row.duration_us / 1000, row.source,
            row.entries_count, row.bytes,
        )
        for row in rows
    )  # fmt: skip
    return versions, max((row.seq for row in rows if row.audience == ranking.OFFICIAL), default=0)


def _board(session: Session, tournament: Tournament) -> Board | None:
    published = board_store.load(session, scopes.tournament(tournament.id), ranking.OFFICIAL)
    return None if published is None else published.board


def _rows(
    session: Session, tournament: Tournament, board: Board | None, limit: int, offset: int
) -> tuple[tuple[InspectedRow, ...], int]:
    """A page of those who take part or have totals, by id, and how many they are."""
    everybody = (
        select(Registration)
        .outerjoin(Standing, Standing.registration_id == Registration.id)
        .where(Registration.tournament_id == tournament.id)
        .where((Registration.status == "approved") | Standing.registration_id.is_not(None))
    )
    count = session.scalar(select(func.count()).select_from(everybody.subquery())) or 0
    registrations = session.scalars(everybody.order_by(Registration.id).limit(limit).offset(offset)).all()
    ids = [registration.id for registration in registrations]
    stored = {
        row.registration_id: row
        for row in session.scalars(
            select(Standing).where(Standing.tournament_id == tournament.id, Standing.registration_id.in_(ids))
        )
    }
    played = _results_by_participant(session, tournament, ids)
    places = _places(board, ids)
    return tuple(
        _row(registration, stored.get(registration.id), played.get(registration.id, 0), board, place)
        for registration, place in zip(registrations, places, strict=True)
    ), count


def _places(board: Board | None, ids: list[int]) -> list[int]:
    if board is None:
        return [NOWHERE] * len(ids)
    places: list[int] = positions_of(column(ids), board.standings.participant_id).tolist()
    return places


def _row(
    registration: Registration, stored: Standing | None, results: int, board: Board | None, place: int
) -> InspectedRow:
    totals = {} if stored is None else {name: getattr(stored, name) for name in standings.STORED}
    ranked = board.ranking if board is not None and place != NOWHERE else None
    shown_totals = None
    if board is not None and ranked is not None:
        shown_totals = {name: int(board.standings.columns[name][place]) for name in standings.STORED}
    zero = dict.fromkeys(standings.STORED, 0)
    raw = {name: MISSING if value is None else value for name, value in totals.items()}
    return InspectedRow(
        participant_id=registration.id,
        team_id=registration.team_id,
        subject_id=registration.team_id or registration.user_id,
        rank=None if ranked is None else int(ranked.ranks[place]),
        computed_rank=None if ranked is None else int(ranked.computed_ranks[place]),
        is_override=ranked is not None and bool(ranked.is_override[place]),
        results=results,
        changed_seq=None if stored is None else stored.changed_seq,
        stored={name: shown(name, value) for name, value in totals.items()},
        published=None if shown_totals is None else {name: shown(name, value) for name, value in shown_totals.items()},
        is_consistent=shown_totals is None or _counts(raw or zero) == _counts(shown_totals),
    )


def _counts(totals: Mapping[str, int]) -> dict[str, int]:
    """Totals as they are compared: who has no row of totals yet has none of anything."""
    return {name: 0 if value == MISSING else value for name, value in totals.items()}


def _results_by_participant(session: Session, tournament: Tournament, ids: list[int]) -> dict[int, int]:
    if tournament.format == "battle-royale":
        counted = select(Result.registration_id, func.count()).where(
            Result.tournament_id == tournament.id, Result.registration_id.in_(ids)
        )
        return dict(session.execute(counted.group_by(Result.registration_id)).all())
    played: Counter[int] = Counter()
    for side in (Match.side_a_id, Match.side_b_id):
        of_side = select(side, func.count()).where(
            Match.tournament_id == tournament.id, Match.state.in_(_PLAYED), side.in_(ids)
        )
        played.update({who: count for who, count in session.execute(of_side.group_by(side)) if who is not None})
    return dict(played)


def _counts_of_matches(session: Session, tournament_id: int) -> dict[str, int]:
    counted = select(Match.state, func.count()).where(Match.tournament_id == tournament_id).group_by(Match.state)
    return dict(sorted(session.execute(counted).all()))


def _due(session: Session, tournament_id: int) -> dict[str, Any] | None:
    item = session.scalar(
        select(OutboxItem).where(OutboxItem.handler == "rank", OutboxItem.key == str(tournament_id))
    )  # fmt: skip
    if item is None or item.wanted <= item.done:
        return None
    return {"waiting": item.wanted - item.done, "attempts": item.attempts, "last_error": item.last_error}


def _cache_keys(tournament_id: int) -> int | None:
    def count(client: redis.Redis) -> int:
        patterns = (f"{cache.PREFIX}{kind}:{tournament_id}:*" for kind in ("board", "fragment"))
        return sum(1 for pattern in patterns for _ in client.scan_iter(match=pattern, count=1000))

    try:
        return link().run(count)
    except redis.RedisError:
        return None
