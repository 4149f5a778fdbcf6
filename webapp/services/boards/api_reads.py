"""What programs read beside pages of boards: deltas, histories, series, the log. Ids, numbers and states alone."""

from datetime import date, datetime
from typing import Any, Final, NamedTuple

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.errors import FieldError, Forbidden, NotFound, ResultError
from webapp.domain.events import CATALOGUE, OFFICIAL, PUBLIC
from webapp.domain.games import load_games
from webapp.domain.seasons import SEASON_SLUG
from webapp.models import Event, Match, Registration
from webapp.services.boards import boards, history, leaderboards
from webapp.services.boards.filtered_boards import RoundFilter
from webapp.services.boards.leaderboards import Page
from webapp.services.live import announcements, grants, known_matches, rooms, visibility
from webapp.services.matches import series
from webapp.services.pages.tournament_reads import find_visible
from webapp.services.ranking import ranking, scopes
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot

EVENTS_AT_ONCE: Final = 500
_PUBLIC_EVENTS: Final = tuple(name for name, event in CATALOGUE.items() if event.audience == PUBLIC)


class ScopeQuery(NamedTuple):
    """Which board is asked for, and which tournaments count for it."""

    kind: str
    tournament_id: int | None = None
    game: str | None = None
    season: str | None = None
    region: str | None = None
    first_day: date | None = None
    last_day: date | None = None


def deltas_since(tournament_id: int, since: int, *, now: datetime) -> dict[str, Any]:
    """Everything that changed on the public board after version `since`, as one change.

    While boards come from the plain service, or from nobody, there are no versions and no deltas. Raises NotFound for
    a version that there has not been.
    """
    with read_snapshot() as session:
        tournament = find_visible(session, tournament_id)
        published = boards.of_tournament(session, tournament, PUBLIC, now=now)
        listed: list[dict[str, Any]] = []
        if published.source == ranking.ENGINE_SOURCE:
            changes = history.changes_since(session, tournament_id, since, up_to=published.version)
            listed = leaderboards.deltas(published.board, changes.as_columns())
            _add_teams_of_the_gone(session, listed)
        return {
            "scope": "tournament",
            "count": len(listed),
            "deltas": listed,
            "metadata": {
                "tournament_id": tournament_id,
                "source": published.source,
                "since": since,
                "version": published.version,
                "entries_count": len(published.board),
            },
        }


def scoped_document(query: ScopeQuery, wanted: Page, *, now: datetime) -> bytes:
    """A page of the board of any scope. Raises NotFound for an unknown game, ResultError for what does not fit."""
    _ensure_fitting(query)
    if query.tournament_id is not None:
        return leaderboards.page_document(query.tournament_id, wanted, audience=PUBLIC, now=now)
    game = str(query.game)
    if game not in load_games():
        raise NotFound(f"There is no game {game}; the games are {', '.join(load_games())}.", code="game_unknown")
    scope = scopes.season(game, query.season) if query.season is not None else scopes.all_time(game)
    rounds = RoundFilter(query.region, query.first_day, query.last_day)
    return leaderboards.scoped_document(scope, wanted, rounds=rounds, audience=PUBLIC, now=now)


def participant_history(participant_id: int) -> dict[str, Any]:
    """Rank and points of a participant by version and by tournament. Raises NotFound for one that nobody sees."""
    with read_snapshot() as session:
        found = history.participant_history(session, participant_id)
        find_visible(session, found.tournament_id)
        registration = session.get_one(Registration, participant_id)
        return {
            "participant_id": participant_id,
            "tournament_id": found.tournament_id,
            "subject_id": registration.team_id or registration.user_id,
            "team_id": registration.team_id,
            "versions": [row._asdict() for row in found.versions],
            "tournaments": [
                {
                    "tournament_id": row.tournament_id,
                    "participant_id": row.participant_id,
                    "status": row.status,
                    "began_at": row.began_at,
                    "version": row.place.version if row.place else None,
                    "rank": row.place.rank if row.place else None,
                    "points": row.place.points if row.place else None,
                    "entries_count": row.place.entries_count if row.place else None,
                }
                for row in found.tournaments
            ],
        }


def series_of(tournament_id: int, match_id: int) -> dict[str, Any]:
    """The series summary of a match of that tournament. Raises NotFound, ResultError for a match without two sides."""
    with read_snapshot() as session:
        tournament = find_visible(session, tournament_id)
        home = session.scalar(select(Match.tournament_id).where(Match.id == match_id))
        if home != tournament_id:
            raise NotFound(f"Tournament {tournament_id} has no match {match_id}.", code="match_not_found")
        return series.summary(match_id, known=known_matches.of_tournament(session, tournament))


def events_since(tournament_id: int, since: int, *, limit: int) -> dict[str, Any]:
    """The public events of a tournament numbered above `since`, the oldest first.

    `next_since` is what to ask with next time; `has_more` says whether there is more already. Numbers that are left
    out belong to officials.
    """
    with read_snapshot() as session:
        tournament = find_visible(session, tournament_id)
        rows = session.scalars(
            select(Event)
            .where(
                Event.tournament_id == tournament_id,
                Event.seq > since,
                Event.type.in_(_PUBLIC_EVENTS),
                visibility.told(tournament),
            )
            .order_by(Event.seq)
            .limit(limit + 1)
        ).all()
        has_more, shown = len(rows) > limit, rows[:limit]
        return {
            "count": len(shown),
            "events": [_event(row) for row in shown],
            "next_since": shown[-1].seq if has_more else max(tournament.log_seq, since),
            "has_more": has_more,
        }


def messages_since(
    tournament_id: int, since: int, *, actor: Actor, audience: str | None, now: datetime
) -> dict[str, Any]:
    """What the sockets tell after number `since`, or one `reset` for who has to start over.

    Without an `audience` officials get what is for them. Raises NotFound, Forbidden for official ones to others.
    """
    with read_snapshot() as session:
        is_official = audience != PUBLIC and grants.may_hear_officials(session, actor, tournament_id)
        if audience == OFFICIAL and not is_official:
            raise Forbidden("Only officials of the tournament may hear what is for them.")
        if not is_official:
            find_visible(session, tournament_id)
    told, head = rooms.missed(tournament_id, since), rooms.head_of(tournament_id)
    if head is None:
        raise NotFound(f"There is no tournament {tournament_id}.", code="tournament_not_found")
    if since > head.seq or (told and told[0].is_reset):
        reset = announcements.envelope("reset", head.seq, tournament_id, now)
        messages, reached = [reset | {"role": actor.role, "version": head.version}], head.seq
    else:
        texts = [each.official if is_official and each.official else each.public for each in told]
        messages, reached = [orjson.loads(text) for text in texts], told[-1].seq if told else since
    return {"count": len(messages), "messages": messages, "next_since": reached, "has_more": False}


def _event(row: Event) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "type": row.type,
        "tournament_id": row.tournament_id,
        "seq": row.seq,
        "match_id": row.match_id,
        "participant_id": row.registration_id,
        "data": row.data,
        "created_at": row.created_at,
    }


def _ensure_fitting(query: ScopeQuery) -> None:
    needed = {"tournament": ("tournament_id",), "season": ("game", "season"), "all_time": ("game",)}[query.kind]
    possible = needed if query.kind == "tournament" else (*needed, "region", "first_day", "last_day")
    names = {"first_day": "from", "last_day": "to"}
    given = query._asdict()
    problems = [FieldError(name, f"is needed for scope={query.kind}") for name in needed if given[name] is None]
    problems += [
        FieldError(names.get(name, name), f"says nothing about scope={query.kind}")
        for name, value in given.items()
        if name not in ("kind", *possible) and value is not None
    ]
    if query.season is not None and not SEASON_SLUG.fullmatch(query.season):
        problems.append(FieldError("season", "is no name of a season, such as 2025_S1"))
    if query.first_day and query.last_day and query.last_day < query.first_day:
        problems.append(FieldError("to", "is before from"))
    if problems:
        raise ResultError("The query does not fit together.", problems, code="invalid_request")


def _add_teams_of_the_gone(session: Session, listed: list[dict[str, Any]]) -> None:
    """Who has left the board is not on it, so that the team is read where it registered."""
    gone = [row for row in listed if row["current_rank"] is None]
    if not gone:
        return
    teams: dict[int, int | None] = {}
    ids = [row["participant_id"] for row in gone]
    for start in range(0, len(ids), EVENTS_AT_ONCE):
        some = ids[start : start + EVENTS_AT_ONCE]
        teams |= dict(
            session.execute(select(Registration.id, Registration.team_id).where(Registration.id.in_(some))).all()
        )
    for row in gone:
        row["team_id"] = teams.get(row["participant_id"])
