"""Reads of the page of a team or a player."""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.errors import NotFound
from webapp.domain.wording import N_, worded
from webapp.models import Team, Tournament, User
from webapp.services.boards import subject_results
from webapp.services.boards.subject_results import Subject, TournamentResult
from webapp.services.pages import season_reads
from webapp.services.pages.board_view import medal_of
from webapp.services.pages.paging import Paging
from webapp.services.pages.season_view import wider_scope
from webapp.services.pages.subject_view import ResultLine, ScopeLine, SubjectView
from webapp.services.pages.tournament_reads import game_title
from webapp.services.pages.tournament_view import PHASES, TournamentPhase
from webapp.services.ranking.scopes import Scope
from webapp.services.spine.transaction import read_snapshot

RESULTS_A_PAGE: Final = 20


def read_subject(subject: Subject, *, audience: str, page: int) -> SubjectView:
    """A team or a player by its public results.

    Raises NotFound for nobody, and for who is in no public tournament: that an account or a team exists is not for
    everybody to know.
    """
    with read_snapshot() as session:
        total = subject_results.count_of(session, subject)
        row = _row(session, subject)
        if not total or row is None:
            raise nobody(subject)
        paging = Paging.of(page, size=RESULTS_A_PAGE, total=total)
        results = subject_results.results_of(
            session, subject, audience=audience, limit=paging.size, offset=paging.offset
        )
        scopes = subject_results.wider_scopes(session, subject)
        return SubjectView(
            subject=subject,
            name=row[0],
            tag=row[1],
            game_titles=tuple(game_title(scope.key) for scope in scopes if scope.kind == "all_time"),
            standings=_standings(session, subject, scopes, audience),
            results=_lines(_tournaments(session, results), results),
            paging=paging,
        )


def _row(session: Session, subject: Subject) -> tuple[str, str | None] | None:
    """Name and tag."""
    if subject.kind == "team":
        team = session.get(Team, subject.id)
        return (team.name, team.tag) if team else None
    user = session.get(User, subject.id)
    return (user.handle, None) if user else None


def _standings(session: Session, subject: Subject, scopes: Sequence[Scope], audience: str) -> tuple[ScopeLine, ...]:
    places = subject_results.places_of(session, subject, scopes, audience=audience)
    return tuple(
        ScopeLine(
            wider_scope(scope, game_title(scope.key.partition(":")[0])),
            places[scope],
            (places[scope].rank - 1) // season_reads.ROWS_A_PAGE + 1,
        )
        for scope in scopes
        if scope in places
    )


def _tournaments(session: Session, results: Sequence[TournamentResult]) -> Mapping[int, Tournament]:
    ids = [result.tournament_id for result in results]
    return {
        tournament.id: tournament for tournament in session.scalars(select(Tournament).where(Tournament.id.in_(ids)))
    }


def _lines(tournaments: Mapping[int, Tournament], results: Sequence[TournamentResult]) -> tuple[ResultLine, ...]:
    return tuple(
        ResultLine(
            tournament_id=result.tournament_id,
            tournament_slug=tournaments[result.tournament_id].slug,
            tournament_name=tournaments[result.tournament_id].name,
            game_title=game_title(tournaments[result.tournament_id].game),
            phase=PHASES.get(result.status, TournamentPhase.UPCOMING),
            began_at=result.began_at,
            participant_id=result.participant_id,
            place=result.place,
            medal=medal_of(result.place.rank) if result.place else None,
        )
        for result in results
    )


def nobody(subject: Subject) -> NotFound:
    """The error for a team or a player that the public cannot know of."""
    pattern = {
        "team": N_("There is no team %(id)s with public results."),
        "player": N_("There is no player %(id)s with public results."),
    }[subject.kind]
    return NotFound(worded(pattern, id=subject.id), code=f"{subject.kind}_not_found")
