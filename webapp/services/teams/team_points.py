"""Ranking points of teams, computed from the places of public tournaments that are over and shown in full.

What is frozen, hidden or still waits for an official's word earns nothing yet, so that points tell no secret.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import chain
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.team_points import EARNED, FORGOTTEN_AFTER, Finish, breakdown
from webapp.models import Registration, Team, Tournament, TournamentOutcome
from webapp.services.bracketing import bracket_placements
from webapp.services.ranking import board_store, scopes
from webapp.services.spine.transaction import read_snapshot, transaction

_OVER: Final = ("completed", "archived")
_TOGETHER: Final = 200


def recompute_all(*, now: datetime) -> int:
    """Compute the points of every team that has, or had, any; returns how many changed."""
    with read_snapshot() as session:
        finishes = _finishes(session, None, now)
        had = session.scalars(select(Team.id).where(Team.points > 0)).all()
    return _write(finishes, {*finishes, *had}, now)


def recompute_of(tournament_id: int, *, now: datetime) -> int:
    """Compute the points of the teams of one tournament, as after its end; returns how many changed."""
    with read_snapshot() as session:
        ids = session.scalars(
            select(Registration.team_id).where(
                Registration.tournament_id == tournament_id, Registration.team_id.is_not(None)
            )
        ).all()
        teams = {team_id for team_id in ids if team_id is not None}
        finishes = _finishes(session, teams, now)
    return _write(finishes, teams, now)


def _finishes(session: Session, teams: Collection[int] | None, now: datetime) -> dict[int, list[Finish]]:
    """The places of teams, by team; of these teams alone, or of all."""
    counted = select(Tournament).where(
        Tournament.status.in_(_OVER),
        Tournament.visibility == "public",
        Tournament.deleted_at.is_(None),
        Tournament.frozen_seq.is_(None),
        Tournament.requires_review.is_(False),
        Tournament.completed_at > now - FORGOTTEN_AFTER,
    )
    if teams is not None:
        theirs = select(Registration.tournament_id).where(Registration.team_id.in_(sorted(teams)))
        counted = counted.where(Tournament.id.in_(theirs))
    found: dict[int, list[Finish]] = defaultdict(list)
    for tournament in session.scalars(counted.order_by(Tournament.id)).all():
        assert tournament.completed_at is not None
        places = _places(session, tournament)
        team_of = _teams_of(session, places)
        for registration_id, place in places.items():
            team_id = team_of.get(registration_id)
            if team_id is not None and (teams is None or team_id in teams):
                found[team_id].append(Finish(tournament.id, place, tournament.is_official, tournament.completed_at))
    return found


def _teams_of(session: Session, registration_ids: Collection[int]) -> dict[int, int]:
    rows = session.execute(
        select(Registration.id, Registration.team_id).where(
            Registration.id.in_(sorted(registration_ids)), Registration.team_id.is_not(None)
        )
    )
    return {row.id: row.team_id for row in rows}


def _places(session: Session, tournament: Tournament) -> dict[int, int]:
    """The places that earn anything, by registration: of the bracket, else of the board; the declared winners first."""
    groups = bracket_placements.of_tournament(session, tournament) or _groups_of_board(session, tournament)
    outcome = session.get(TournamentOutcome, tournament.id)
    if outcome is not None:
        podium = [outcome.winner_id, outcome.runner_up_id, outcome.third_place_id]
        groups = _with_podium(groups, [winner for winner in podium if winner is not None])
    places: dict[int, int] = {}
    for group in groups:
        place = len(places) + 1
        places |= dict.fromkeys(group, place)
    return {registration_id: place for registration_id, place in places.items() if place <= len(EARNED)}


def _with_podium(groups: Sequence[Sequence[int]], podium: Sequence[int]) -> list[Sequence[int]]:
    """The groups with the declared winners in front, where they are not there already."""
    if list(chain.from_iterable(groups))[: len(podium)] == list(podium):
        return list(groups)
    others = [[one for one in group if one not in podium] for group in groups]
    return [*([winner] for winner in podium), *(group for group in others if group)]


def _groups_of_board(session: Session, tournament: Tournament) -> list[Sequence[int]]:
    published = board_store.load(session, scopes.tournament(tournament.id), "public")
    if published is None or not published.board.standings.columns["matches_played"].any():
        return []
    board = published.board
    rows = board.rows_by_rank(0, len(EARNED))
    groups: dict[int, list[int]] = defaultdict(list)
    for row in rows.tolist():
        groups[int(board.ranking.ranks[row])].append(int(board.standings.participant_id[row]))
    return [groups[rank] for rank in sorted(groups)]


def _write(finishes: dict[int, list[Finish]], teams: Collection[int], now: datetime) -> int:
    ids, changed = sorted(teams), 0
    for start in range(0, len(ids), _TOGETHER):
        with transaction() as session:
            some = select(Team).where(Team.id.in_(ids[start : start + _TOGETHER])).order_by(Team.id).with_for_update()
            for team in session.scalars(some.execution_options(populate_existing=True)):
                parts = breakdown(finishes.get(team.id, []), now=now)
                if parts != team.points_breakdown:
                    changed += 1
                    team.points_breakdown = parts
                    team.points = sum(part["counted"] for part in parts)
                team.points_at = now
    return changed
