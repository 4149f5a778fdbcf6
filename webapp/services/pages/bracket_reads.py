"""Reads of brackets: every stage of a tournament as the public knows it."""

from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from webapp.models import Tournament
from webapp.services.live import known_matches, visibility
from webapp.services.live.known_matches import KnownMatches
from webapp.services.pages.bracket_cells import StageNodes, cells_of, nodes_of
from webapp.services.pages.bracket_drawings import sections_of, shown_of
from webapp.services.pages.bracket_leagues import groups_of
from webapp.services.pages.bracket_view import BracketView, StageView
from webapp.services.pages.podiums import podium_of
from webapp.services.pages.share_reads import ShareView, share_of
from webapp.services.pages.tournament_reads import find_visible, head_of
from webapp.services.pages.tournament_view import TournamentHead
from webapp.services.spine.transaction import read_snapshot


@dataclass(frozen=True, slots=True)
class BracketPageView:
    """The page of a tournament's bracket."""

    head: TournamentHead
    bracket: BracketView
    share: ShareView | None


def read_bracket_page(tournament_id: int, *, part: str) -> BracketPageView:
    """The bracket with what stands around it. Raises NotFound for a tournament that the public does not see."""
    with read_snapshot() as session:
        tournament = find_visible(session, tournament_id)
        return BracketPageView(
            head_of(session, tournament), with_podium(session, tournament, part=part), share_of(session, tournament)
        )


def read_bracket(tournament_id: int, *, part: str) -> BracketView:
    """The bracket alone. Raises NotFound for a tournament that the public does not see."""
    with read_snapshot() as session:
        return with_podium(session, find_visible(session, tournament_id), part=part)


def with_podium(session: Session, tournament: Tournament, *, part: str = "") -> BracketView:
    """The bracket as the public knows it, and who has won."""
    return replace(bracket_of(session, tournament, part=part), podium=podium_of(session, tournament))


def bracket_of(
    session: Session, tournament: Tournament, *, part: str = "", audience: str = visibility.PUBLIC
) -> BracketView:
    """All stages of a tournament as the audience knows them; `part` is which part of a large one is looked at."""
    is_public = audience == visibility.PUBLIC
    known = known_matches.of_tournament(session, tournament) if is_public else known_matches.EVERYTHING
    found = nodes_of(session, tournament.id, known)
    return BracketView(
        tournament_id=tournament.id,
        log_number=tournament.log_seq,
        stages=tuple(_stage(session, tournament, stage, known, part, audience) for stage in found),
    )


def _stage(
    session: Session, tournament: Tournament, found: StageNodes, known: KnownMatches, part: str, audience: str
) -> StageView:
    stage, is_league = found.stage, found.is_league
    shown = shown_of(found, part)
    keys = list(found.entries) if is_league else shown.keys
    cells = cells_of(session, found, keys, known)
    return StageView(
        id=stage.id,
        number=stage.number,
        name=stage.name,
        format=stage.format,
        is_planned=not found.entries,
        sections=() if is_league else sections_of(found, shown, cells),
        groups=groups_of(session, tournament, found, cells, audience) if is_league else (),
        parts=shown.parts,
    )
