"""Reads of one participant of a tournament: its matches and its way through the versions of the board."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.errors import NotFound
from webapp.domain.events import CATALOGUE
from webapp.domain.wording import worded
from webapp.models import Event, Match, Registration, Tournament
from webapp.services.boards import boards, history
from webapp.services.boards.history import VersionRow
from webapp.services.boards.subject_results import Subject
from webapp.services.live import visibility
from webapp.services.pages.board_reads import ROWS_A_PAGE, adjustments_of
from webapp.services.pages.board_view import Movement
from webapp.services.pages.participant_matches import matches_of
from webapp.services.pages.participant_view import Cause, ParticipantPageView, VersionLine
from webapp.services.pages.rank_chart import rank_chart
from webapp.services.pages.standing_place import standing_of
from webapp.services.pages.tournament_reads import find_visible, head_of
from webapp.services.ranking import standings
from webapp.services.registration.participant_names import names_of
from webapp.services.spine.transaction import read_snapshot

SHOWN_VERSIONS: Final = 60
_BOARD_CHANGING: Final = tuple(name for name, event in CATALOGUE.items() if event.changes_board)


def read_participant(tournament_id: int, participant_id: int, *, audience: str, now: datetime) -> ParticipantPageView:
    """How a participant came to its points. Raises NotFound for one that does not take part."""
    with read_snapshot() as session:
        tournament = find_visible(session, tournament_id)
        registration = session.get(Registration, participant_id)
        if registration is None or not _takes_part(session, tournament, registration):
            raise NotFound(
                worded(
                    "Nobody takes part in tournament %(tournament)s as %(id)s.",
                    tournament=tournament_id,
                    id=participant_id,
                ),
                code="participant_not_found",
            )
        published = boards.of_tournament(session, tournament, audience, now=now)
        standing = standing_of(published.board, participant_id)
        # Where no board is shown there is none that the matches could be ahead of.
        up_to_seq = published.seq if len(published.board) else visibility.results_seq(tournament, audience)
        marks = adjustments_of(session, tournament.id, [participant_id], up_to_seq=published.seq)
        rules = standings.rules_of(tournament)
        rows = history.versions_of(session, tournament.id, participant_id, up_to=published.version)
        versions = _version_lines(session, tournament, participant_id, rows)
        return ParticipantPageView(
            head=head_of(session, tournament),
            participant_id=participant_id,
            name=names_of(session, [participant_id])[participant_id],
            subject=Subject.of(registration) if tournament.visibility == "public" else None,
            rank=standing.rank if standing else None,
            points=standing.points if standing else None,
            is_placed_by_staff=standing is not None and standing.is_placed_by_staff,
            board_page=standing.position // ROWS_A_PAGE + 1 if standing else 1,
            matches=matches_of(session, tournament, rules, participant_id, up_to_seq=up_to_seq),
            count_best=rules.count_best,
            adjustments=marks.get(participant_id, ()),
            chart=rank_chart([(row.version, row.rank) for row in rows]),
            versions=versions[:SHOWN_VERSIONS],
            earlier_count=max(0, len(versions) - SHOWN_VERSIONS),
        )


def _takes_part(session: Session, tournament: Tournament, registration: Registration) -> bool:
    """Whether it is in this tournament, as far as the public knows."""
    roster = visibility.roster_of(session, tournament)
    is_in = registration.status == "approved" or registration.id in roster.left
    return registration.tournament_id == tournament.id and is_in and registration.id not in roster.joined


def _version_lines(
    session: Session, tournament: Tournament, participant_id: int, rows: Sequence[VersionRow]
) -> tuple[VersionLine, ...]:
    causes = _causes(session, tournament.id, participant_id, rows)
    lines = [
        VersionLine(
            version=row.version,
            rank=row.rank,
            points=row.points,
            gained=row.points - before.points if before else None,
            movement=_movement(before, row),
            at=row.at,
            causes=causes.get(row.version, ()),
        )
        for before, row in zip([None, *rows], rows, strict=False)
        if row.is_changed
    ]
    return tuple(reversed(lines))


def _movement(before: VersionRow | None, row: VersionRow) -> Movement:
    if row.rank is None:
        return Movement(0)
    if before is None or before.rank is None:
        return Movement(0, is_new=True)
    return Movement(before.rank - row.rank)


def _causes(
    session: Session, tournament_id: int, participant_id: int, rows: Sequence[VersionRow]
) -> Mapping[int, tuple[Cause, ...]]:
    """What each version took in: the board-changing events between its own event and the one before it.

    Of the first version that a participant is on nothing is told but that.
    """
    if len(rows) < 2:
        return {}
    events = session.execute(
        select(Event.seq, Event.type, Event.match_id, Match.number, Event.registration_id)
        .outerjoin(Match, Match.id == Event.match_id)
        .where(
            Event.tournament_id == tournament_id,
            Event.type.in_(_BOARD_CHANGING),
            Event.seq > rows[0].seq,
            Event.seq < rows[-1].seq,
        )
        .order_by(Event.seq)
    )
    published_at = [row.seq for row in rows]
    causes: dict[int, tuple[Cause, ...]] = {}
    for seq, kind, match_id, number, registration_id in events:
        version = rows[bisect_left(published_at, seq)].version
        cause = Cause(kind, match_id, number, is_own=registration_id == participant_id)
        causes[version] = (*causes.get(version, ()), cause)
    return causes
