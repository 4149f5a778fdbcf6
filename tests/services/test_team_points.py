"""Ranking points of teams: what public tournaments that are over earn them, and nothing that is not for everybody yet."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.arenas import Arena, ended_at, open_battle_royale, turn_on_the_engine
from webapp.domain.scoring import BattleRoyaleLine
from webapp.models import OutboxItem, Registration, Team, Tournament, TournamentOutcome
from webapp.services.matches import results
from webapp.services.ranking import ranking
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.teams import team_points
from webapp.services.tournaments import tournaments

END = ended_at(2)


@pytest.fixture
def played(app: Flask) -> Arena:
    """Ten squads, placed in the order of their registration."""
    turn_on_the_engine()
    arena = open_battle_royale(squads=10, lobbies=1)
    lines = [BattleRoyaleLine(who, place, 20 - place) for place, who in enumerate(arena.participant_ids, start=1)]
    results.confirm(arena.match_ids[0], lines, actor=SYSTEM, now=ended_at(1))
    ranking.rank_due(arena.tournament_id, now=ended_at(1))
    tournaments.complete(arena.tournament_id, actor=SYSTEM, now=END)
    return arena


def change(arena: Arena, **values: Any) -> None:
    with transaction() as session:
        tournament = session.get_one(Tournament, arena.tournament_id)
        for name, value in values.items():
            setattr(tournament, name, value)


def points(arena: Arena) -> list[int]:
    """Of the teams in the order of their registration."""
    with read_snapshot() as session:
        found = select(Team.points).join(Registration, Registration.team_id == Team.id)
        return list(session.scalars(found.order_by(Registration.id)))


def test_the_end_of_a_tournament_asks_for_the_points_of_its_teams(played: Arena) -> None:
    with read_snapshot() as session:
        asked = select(OutboxItem.key).where(OutboxItem.handler == "team_points_of")
        assert session.scalars(asked).all() == [str(played.tournament_id)]


def test_the_first_eight_places_earn_points_that_fade(played: Arena) -> None:
    assert team_points.recompute_of(played.tournament_id, now=END) == 8
    earned = [10_000, 6_000, 4_000, 3_000, 2_000, 1_500, 1_000, 800, 0, 0]
    assert points(played) == earned
    assert team_points.recompute_of(played.tournament_id, now=END) == 0
    assert team_points.recompute_all(now=END + timedelta(days=180)) == 8
    assert points(played) == [value // 2 for value in earned]
    with read_snapshot() as session:
        first = session.scalars(select(Team).order_by(Team.id).limit(1)).one()
        assert first.points_breakdown == [
            {"tournament_id": played.tournament_id, "placement": 1, "earned": 10_000, "is_official": False,
             "completed_at": END.isoformat(), "counted": 5_000}
        ]  # fmt: skip


def test_an_official_tournament_counts_double(played: Arena) -> None:
    change(played, is_official=True)
    team_points.recompute_all(now=END)
    assert points(played)[:3] == [20_000, 12_000, 8_000]


@pytest.mark.parametrize(
    "hidden",
    [{"visibility": "private"}, {"visibility": "unlisted"}, {"deleted_at": END}, {"frozen_seq": 1},
     {"requires_review": True}, {"status": "cancelled"}],
    ids=lambda values: next(iter(values)),
)  # fmt: skip
def test_what_is_not_for_everybody_earns_nothing_and_loses_what_it_earned(
    played: Arena, hidden: dict[str, Any]
) -> None:
    team_points.recompute_all(now=END)
    change(played, **hidden)
    team_points.recompute_all(now=END)
    assert points(played) == [0] * 10


def test_declared_winners_count_before_the_board(played: Arena) -> None:
    ids = played.participant_ids
    with transaction() as session:
        outcome = session.get_one(TournamentOutcome, played.tournament_id)
        outcome.winner_id, outcome.runner_up_id, outcome.third_place_id = ids[2], ids[0], ids[1]
    team_points.recompute_all(now=END)
    assert points(played)[:4] == [6_000, 4_000, 10_000, 3_000]
