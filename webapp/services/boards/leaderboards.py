"""Boards as programs read them: envelope and entries of spec 02, a page at a time, cached by version."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import orjson
from sqlalchemy.orm import Session

from webapp.domain.board import Board
from webapp.domain.cascades import ENGINE, CascadeKey
from webapp.domain.columns import MISSING
from webapp.domain.errors import NotFound
from webapp.domain.explain import shown
from webapp.domain.ranking import decider_name
from webapp.models import Tournament
from webapp.services.boards import boards, filtered_boards, history, match_boards
from webapp.services.boards.filtered_boards import RoundFilter
from webapp.services.live import heads, visibility
from webapp.services.operations import cache, flags
from webapp.services.pages.tournament_reads import find_visible
from webapp.services.ranking import board_store, ranking, scopes, standings
from webapp.services.ranking.board_store import FrozenNote, PublishedBoard
from webapp.services.spine.transaction import read_snapshot

LARGEST_PAGE: Final = 200
EVERY_TOURNAMENT: Final = RoundFilter()
_NOT_CACHED: Final = b'"cache_hit":false}}'
_CACHED: Final = b'"cache_hit":true}}'
_COUNTS: Final = (
    "points", "kills", "wins", "losses", "draws", "matches_played", "best_placement", "avg_placement",
    "placement_points", "kill_points", "earliest_win_at", "last_completed_at",
)  # fmt: skip


class Page(NamedTuple):
    """Which part of a board is wanted, and how.

    `address` is what the addresses of the next and the previous page begin with (it ends in `?` or `&`); without one
    they are given as offsets.
    """

    limit: int
    offset: int
    explain: bool = False
    address: str | None = None

    @property
    def key(self) -> str:
        """What tells this page from others in the cache."""
        return f"{self.limit}:{self.offset}:{self.explain:d}:{self.address or ''}"

    def in_bounds(self) -> "Page":
        """The page with `limit` brought between 1 and 200, `offset` to 0 or more."""
        return self._replace(limit=min(max(self.limit, 1), LARGEST_PAGE), offset=max(self.offset, 0))


def page(
    tournament_id: int, *, audience: str, limit: int, offset: int, now: datetime, explain: bool = False
) -> dict[str, Any]:
    """`page_document`, read."""
    wanted = Page(limit, offset, explain)
    document: dict[str, Any] = orjson.loads(page_document(tournament_id, wanted, audience=audience, now=now))
    return document


def scoped_page(scope: scopes.Scope, *, audience: str, limit: int, offset: int, now: datetime) -> dict[str, Any]:
    """`scoped_document`, read."""
    document: dict[str, Any] = orjson.loads(scoped_document(scope, Page(limit, offset), audience=audience, now=now))
    return document


def page_document(tournament_id: int, wanted: Page, *, audience: str, now: datetime) -> bytes:
    """The envelope of a page of a tournament's board; `metadata.cache_hit` says whether it came from the cache.

    While the engine is switched off the envelope has the plain service's form: `entries` in place of `rankings` and
    `deltas`. Raises NotFound, to the public also for what only officials see.
    """
    wanted = wanted.in_bounds()
    is_engine_on = flags.is_on("LEADERBOARDS_ENGINE_V2_ENABLED")

    def compute() -> dict[str, Any]:
        with read_snapshot() as session:
            tournament = _found(session, tournament_id, audience)
            published = boards.shown(session, tournament, audience, now=now)
            return _paged(published, tournament, last_changes(session, published), wanted)

    key = f"board:{tournament_id}:{audience}:{_number(tournament_id)}:{flags.board_flags()}:{wanted.key}"
    return _cached(key, cache.TOURNAMENT_TTL_S if is_engine_on else cache.PLAIN_SERVICE_TTL_S, compute)


def past_document(tournament_id: int, version: int, wanted: Page, *, audience: str, now: datetime) -> bytes:
    """Like `page_document`, as a past version showed it. Raises NotFound, which names the versions there are.

    While computing is switched off it is empty like the present one.
    """
    wanted = wanted.in_bounds()

    def compute() -> dict[str, Any]:
        with read_snapshot() as session:
            tournament = _found(session, tournament_id, audience)
            if not flags.is_on("LEADERBOARDS_COMPUTE_ENABLED"):
                published = boards.of_tournament(session, tournament, audience, now=now)
                return _paged(published, tournament, None, wanted)
            published, changes = past(session, tournament, version, audience=audience)
            return _paged(published, tournament, changes, wanted)

    number = _number(tournament_id)
    key = f"board:{tournament_id}:{audience}:{number}@{version}:{flags.board_flags()}:{wanted.key}"
    return _cached(key, cache.TOURNAMENT_TTL_S, compute)


def matches_document(
    tournament_id: int, numbers: Sequence[int], wanted: Page, *, audience: str, now: datetime
) -> bytes:
    """Like `page_document`, of the results of these matches alone (their numbers in the tournament).

    Raises NotFound for a tournament, ResultError for numbers that it has no match of.
    """
    wanted, numbers = wanted.in_bounds(), sorted(set(numbers))

    def compute() -> dict[str, Any]:
        with read_snapshot() as session:
            tournament = _found(session, tournament_id, audience)
            is_paused = not flags.is_on("LEADERBOARDS_COMPUTE_ENABLED")
            published = (
                boards.of_tournament(session, tournament, audience, now=now)
                if is_paused
                else match_boards.of_matches(session, tournament, numbers, audience=audience, now=now)
            )
            return _paged(published, tournament, None, wanted)

    only = ",".join(map(str, numbers))
    key = f"board:{tournament_id}:{audience}:{_number(tournament_id)}/{only}:{flags.board_flags()}:{wanted.key}"
    return _cached(key, cache.TOURNAMENT_TTL_S, compute)


def scoped_document(
    scope: scopes.Scope, wanted: Page, *, audience: str, now: datetime, rounds: RoundFilter = EVERY_TOURNAMENT
) -> bytes:
    """Like `page_document`, for a season or all time, of the tournaments that `rounds` leaves."""
    wanted = wanted.in_bounds()
    with read_snapshot() as session:
        state = str(board_store.version_of(session, scope, audience))
        if rounds.is_narrow:
            state += "/" + filtered_boards.state(session, scope, rounds, audience)

    def compute() -> dict[str, Any]:
        with read_snapshot() as session:
            published = filtered_boards.of_scope(session, scope, rounds, audience, now=now)
            return _with_addresses(
                envelope(published, ENGINE, None, limit=wanted.limit, offset=wanted.offset, explain=wanted.explain),
                wanted,
            )

    key = f"board:{scope}:{audience}:{state}:{flags.board_flags()}:{wanted.key}"
    return _cached(key, cache.SEASON_TTL_S if scope.kind == "season" else cache.ALL_TIME_TTL_S, compute)


def past(
    session: Session, tournament: Tournament, version: int, *, audience: str
) -> tuple[PublishedBoard, dict[str, list[int]]]:
    """The board as a past version showed it, folded from the log, and what that version changed.

    Raises NotFound, which names the versions that the audience knows of.
    """
    known = visibility.known_seq(tournament, audience)
    board, event = history.board_at(session, tournament, version, known_seq=known)
    published = PublishedBoard(
        str(scopes.tournament(tournament.id)), audience, version, event.seq, standings.rules_of(tournament).hash,
        "snapshot", event.created_at, 0, board, boards.note_for(session, tournament, audience),
    )  # fmt: skip
    return published, event.data["changes"]


def _number(tournament_id: int) -> int:
    number = heads.current(tournament_id)
    if number is None:
        raise NotFound(f"There is no tournament {tournament_id}.", code="tournament_not_found")
    return number


def _found(session: Session, tournament_id: int, audience: str) -> Tournament:
    return (find_visible if audience == "public" else boards.find_tournament)(session, tournament_id)


def _paged(
    published: PublishedBoard, tournament: Tournament, changes: dict[str, list[int]] | None, wanted: Page
) -> dict[str, Any]:
    cascade = standings.rules_of(tournament).cascade
    whole = envelope(
        published, cascade, changes, limit=wanted.limit, offset=wanted.offset, explain=wanted.explain
    )  # fmt: skip
    document = _with_addresses(whole, wanted)
    return document if flags.is_on("LEADERBOARDS_ENGINE_V2_ENABLED") else _plain(document)


def _with_addresses(document: dict[str, Any], wanted: Page) -> dict[str, Any]:
    if wanted.address is not None:
        for name in ("next", "previous"):
            if document[name] is not None:
                document[name] = f"{wanted.address}limit={wanted.limit}&offset={document[name]}"
    return document


def _cached(key: str, ttl_s: int, compute: Callable[[], dict[str, Any]]) -> bytes:
    """The document's bytes. What says whether they were cached stands at their very end, and is set without reading."""

    def write() -> bytes:
        document = compute()
        document["metadata"] |= {"cache_hit": False}
        written = orjson.dumps(document)
        if not written.endswith(_NOT_CACHED):
            raise AssertionError("the metadata come last in a document")
        return written

    value, was_there = cache.through(key, ttl_s=ttl_s, compute=write)
    return value[: -len(_NOT_CACHED)] + _CACHED if was_there else value


def _plain(document: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in document.items() if name not in ("rankings", "deltas", "metadata")}
    return kept | {"entries": document["rankings"], "metadata": document["metadata"]}


def envelope(
    published: PublishedBoard,
    cascade: Sequence[CascadeKey],
    changes: dict[str, list[int]] | None,
    *,
    limit: int | None,
    offset: int,
    explain: bool,
) -> dict[str, Any]:
    """`{scope, count, next, previous, rankings, deltas, metadata}`; next and previous are offsets, None at the ends.

    A page (`limit` given) has at most 200 deltas, the best ranks first; `metadata.delta_count` says how many there are.
    """
    count = len(published.board)
    stop = count if limit is None else min(offset + limit, count)
    kind, _, key = published.scope.partition(":")
    return {
        "scope": kind,
        "count": count,
        "next": stop if stop < count else None,
        "previous": max(offset - (limit or count), 0) if offset else None,
        "rankings": entries(published, cascade, offset, stop, explain=explain),
        "deltas": deltas(published.board, changes, at_most=None if limit is None else LARGEST_PAGE),
        "metadata": {
            f"{kind}_id" if kind == "tournament" else "key": int(key) if kind == "tournament" else key,
            "source": published.source,
            "version": published.version,
            "seq": published.seq,
            "computed_at": published.computed_at.isoformat(),
            "duration_ms": published.duration_us / 1000,
            "entries_count": count,
            "delta_count": len(changes["participant_id"]) if changes else 0,
            "rules_hash": published.rules_hash,
            "cascade": [key.name for key in cascade],
            "champion_id": published.board.standings.champion,
        }
        | _frozen_as_data(published.frozen),
    }


def _frozen_as_data(note: FrozenNote | None) -> dict[str, Any]:
    """What programs are told of a frozen board: since which number and instant, how many places are still hidden."""
    if note is None:
        return {}
    return {"frozen": {"since_seq": note.since_seq, "at": note.at.isoformat(), "hidden": note.hidden}}


def entries(
    published: PublishedBoard, cascade: Sequence[CascadeKey], start: int, stop: int, *, explain: bool
) -> list[dict[str, Any]]:
    """Entries at positions start … stop - 1, each with every key of the active cascade."""
    board = published.board
    rows = board.rows_by_rank(start, stop)
    names = dict.fromkeys((*_COUNTS, *(key.name for key in cascade if key.name in board.standings.columns)))
    columns = {name: board.standings.columns[name][rows].tolist() for name in names}
    countback = board.standings.countback[rows].tolist()
    shows_countback = any(key.name == "countback" for key in cascade)
    ids = board.standings.participant_id[rows].tolist()
    teams, subjects = board.team_id[rows].tolist(), board.subject_id[rows].tolist()
    ranks, tied = board.ranking.ranks[rows].tolist(), board.ranking.tied[rows].tolist()
    is_override = board.ranking.is_override[rows].tolist()
    eligible = board.standings.eligible_since[rows].tolist()
    adjusted = board.standings.columns["adjustment"][rows].tolist()
    decided_by = board.ranking.decided_by[start:stop].tolist()
    listed = []
    for index, participant_id in enumerate(ids):
        entry = {
            "rank": ranks[index],
            "participant_id": participant_id,
            "subject_id": _optional(subjects[index]),
            "team_id": _optional(teams[index]),
            **{name: shown(name, values[index]) for name, values in columns.items()},
            "last_updated_at": published.computed_at.isoformat(),
            "is_override": is_override[index],
            "tied": tied[index],
            "adjustment": adjusted[index],
            "eligible_since": _optional(eligible[index]),
        }
        if shows_countback:
            entry["countback"] = countback[index]
        if explain:
            entry["decided_by"] = decider_name(decided_by[index], cascade)
        listed.append(entry)
    return listed


def deltas(board: Board, changes: dict[str, list[int]] | None, *, at_most: int | None = None) -> list[dict[str, Any]]:
    """The last version's changes: `{participant_id, team_id, previous_rank, current_rank, rank_change, points}`.

    The best ranks come first, then those who left the board.
    """
    if not changes:
        return []
    columns = [changes[name] for name in ("participant_id", "previous_rank", "current_rank", "points")]
    best_first = sorted(zip(*columns, strict=True), key=lambda change: (change[2] or MISSING, change[0]))[:at_most]
    teams = dict(zip(board.standings.participant_id.tolist(), board.team_id.tolist(), strict=True))
    return [
        {
            "participant_id": participant_id,
            "team_id": _optional(teams.get(participant_id, MISSING)),
            "previous_rank": previous or None,
            "current_rank": current or None,
            "rank_change": current - previous if current and previous else None,
            "points": points,
        }
        for participant_id, previous, current, points in best_first
    ]


def last_changes(session: Session, published: PublishedBoard) -> dict[str, list[int]] | None:
    """What the shown version of a tournament's board changed; None for a board that has no versions."""
    kind, _, key = published.scope.partition(":")
    if kind != "tournament" or published.source != ranking.ENGINE_SOURCE or not published.version:
        return None
    changes: dict[str, list[int]] = history.version_event(session, int(key), published.version).data["changes"]
    return changes


def _optional(value: int) -> int | None:
    return None if value == MISSING else value
