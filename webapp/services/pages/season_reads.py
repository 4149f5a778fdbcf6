"""Reads of season and all-time boards: the list of them, and a page of one."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from webapp.domain.columns import MISSING
from webapp.domain.errors import NotFound
from webapp.domain.games import load_games
from webapp.domain.seasons import SEASON_SLUG
from webapp.domain.wording import worded
from webapp.models import Board as BoardRow
from webapp.models import BoardVersion, Tournament
from webapp.services.boards import boards, filtered_boards
from webapp.services.boards.days import began_at
from webapp.services.boards.subject_results import Subject, subject_names
from webapp.services.live import visibility
from webapp.services.pages.board_view import medal_of
from webapp.services.pages.leaders import leaders_of_scopes
from webapp.services.pages.paging import Paging
from webapp.services.pages.season_view import (
    ALL_TIME_SLUG,
    Round,
    ScopeCard,
    SeasonIndex,
    SeasonQuery,
    SeasonRow,
    SeasonView,
    WiderScope,
    wider_scope,
)
from webapp.services.pages.tournament_reads import game_title
from webapp.services.pages.tournament_view import PHASES
from webapp.services.ranking import scopes, season_ranking
from webapp.services.ranking.board_store import PublishedBoard
from webapp.services.ranking.scopes import Scope
from webapp.services.spine.transaction import read_snapshot

ROWS_A_PAGE: Final = 50
SHOWN_ROUNDS: Final = 30
AUDIENCE: Final = "public"


def read_index() -> SeasonIndex:
    """Every season and all-time board that somebody stands on, by game."""
    with read_snapshot() as session:
        found = _published(session)
        leaders = leaders_of_scopes(session, [scope for scope, _, _ in found])
        cards = [
            ScopeCard(
                scope=_for_people(scope),
                entries_count=entries_count,
                computed_at=computed_at,
                leaders=leaders.get(scope, ()),
            )
            for scope, entries_count, computed_at in found
        ]
    games = sorted({card.scope.game_title for card in cards})
    return SeasonIndex({title: tuple(card for card in cards if card.scope.game_title == title) for title in games})


def read_season(game: str, slug: str, query: SeasonQuery, *, page: int, now: datetime) -> SeasonView:
    """A page of the board of a season (`all-time` for all time), of the tournaments that fit the query.

    A region that no tournament has is left out. Raises NotFound for a game that is not played here, and for a season
    without a tournament.
    """
    with read_snapshot() as session:
        scope = _find(session, game, slug)
        regions = filtered_boards.regions_of(session, scope)
        query = replace(query, region=query.region if query.region in regions else None)
        published = filtered_boards.of_scope(session, scope, query.rounds, AUDIENCE, now=now)
        known = [_for_people(name) for name, _, _ in _published(session)]
        rounds, rounds_count = _rounds(session, scope, query)
        paging = Paging.of(page, size=ROWS_A_PAGE, total=len(published.board))
        played = load_games()[game]
        rule = season_ranking.rules_of(session, game, [slug])[slug]
        here = wider_scope(scope, played.title)
        return SeasonView(
            scope=here,
            query=query,
            regions=tuple(regions),
            other_scopes=tuple(other for other in known if other.game == game and other != here),
            other_games=_nearest(known, here),
            is_paused=published.source == boards.PAUSED,
            is_series=not played.is_battle_royale,
            shows_draws=played.draws,
            version=published.version,
            computed_at=published.computed_at if published.version else None,
            rows=_rows(session, published, paging),
            paging=paging,
            rounds=rounds,
            rounds_count=rounds_count,
            count_best=rule.count_best if scope.kind == "season" else None,
        )


def _find(session: Session, game: str, slug: str) -> Scope:
    if game not in load_games():
        raise NotFound(worded("There is no game %(name)s here.", name=game), code="game_unknown")
    if slug == ALL_TIME_SLUG:
        return scopes.all_time(game)
    scope = scopes.season(game, slug)
    # PostgreSQL refuses a statement with a NUL character in it; no season has one.
    is_there = SEASON_SLUG.fullmatch(slug) and session.scalar(
        select(Tournament.id).where(*filtered_boards.in_scope(scope)).limit(1)
    )
    if not is_there:
        raise NotFound(
            worded(
                "Nothing has been played in a season %(season)s of %(game)s.",
                season=slug,
                game=load_games()[game].title,
            ),
            code="season_unknown",
        )
    return scope


def _published(session: Session) -> list[tuple[str, int, datetime]]:
    """The wider boards that somebody stands on: name of the scope, rows, time; all time first, then newest season."""
    found = session.execute(
        select(BoardRow.scope, BoardVersion.entries_count, BoardVersion.computed_at)
        .join(BoardVersion, BoardVersion.id == BoardRow.board_version_id)
        .where(
            BoardRow.audience == AUDIENCE,
            or_(BoardRow.scope.startswith("season:"), BoardRow.scope.startswith("all_time:")),
            BoardVersion.entries_count > 0,
        )
    )
    rows = [(row.scope, row.entries_count, row.computed_at) for row in found]
    rows.sort(key=lambda row: row[0], reverse=True)
    return sorted(rows, key=lambda row: row[0].startswith("season:"))


def _for_people(name: str) -> WiderScope:
    kind, key = name.split(":", 1)
    return wider_scope(Scope(kind, key), game_title(key.partition(":")[0]))


def _nearest(known: Sequence[WiderScope], here: WiderScope) -> tuple[WiderScope, ...]:
    """Of each other game the same season, or else all time."""
    nearest: dict[str, WiderScope] = {}
    for other in known:
        if other.game != here.game and (other.season == here.season or other.season is None):
            is_same = other.season == here.season
            nearest[other.game] = other if is_same else nearest.get(other.game, other)
    return tuple(sorted(nearest.values(), key=lambda other: other.game_title))


def _rounds(session: Session, scope: Scope, query: SeasonQuery) -> tuple[tuple[Round, ...], int]:
    fitting = (*filtered_boards.in_scope(scope), *query.rounds.conditions())
    count = session.scalar(select(func.count()).select_from(Tournament).where(*fitting)) or 0
    rows = session.execute(
        select(Tournament.id, Tournament.name, visibility.status_column(), Tournament.region, began_at())
        .where(*fitting)
        .order_by(began_at().desc(), Tournament.id.desc())
        .limit(SHOWN_ROUNDS)
    )
    rounds = tuple(
        Round(tournament_id=id_, name=name, phase=PHASES[status], region=region, began_at=began)
        for id_, name, status, region, began in rows
    )
    return rounds, count


def _rows(session: Session, published: PublishedBoard, paging: Paging) -> tuple[SeasonRow, ...]:
    board = published.board
    at = board.rows_by_rank(paging.offset, paging.offset + paging.size)
    subjects = [
        Subject("player" if team_id == MISSING else "team", subject_id)
        for subject_id, team_id in zip(board.subject_id[at].tolist(), board.team_id[at].tolist(), strict=True)
    ]
    names = subject_names(session, subjects)
    totals = {name: values[at].tolist() for name, values in board.standings.columns.items()}
    ranks, tied = board.ranking.ranks[at].tolist(), board.ranking.tied[at].tolist()
    return tuple(
        SeasonRow(
            subject=subject,
            name=names.get(subject, f"#{subject.id}"),
            rank=ranks[index],
            medal=medal_of(ranks[index]),
            points=totals["points"][index],
            kills=totals["kills"][index],
            wins=totals["wins"][index],
            draws=totals["draws"][index],
            losses=totals["losses"][index],
            matches_played=totals["matches_played"][index],
            average_placement=_optional(totals["avg_placement"][index]),
            score_difference=totals["score_difference"][index],
            is_tied=tied[index],
        )
        for index, subject in enumerate(subjects)
    )


def _optional(value: int) -> int | None:
    return None if value == MISSING else value
