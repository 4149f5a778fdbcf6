"""Invented tournaments of any size, the same at every run."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import bindparam, text, update

from webapp.domain.rules import parse_ruleset
from webapp.domain.ruleset import Ruleset
from webapp.domain.scoring import BattleRoyaleLine, score_match
from webapp.extensions import db
from webapp.models import Match, Result, Standing
from webapp.services.matches import matches, results
from webapp.services.ranking import ranking, standings
from webapp.services.registration import registrations
from webapp.services.spine import log
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.bulk import insert_rows
from webapp.services.spine.transaction import transaction
from webapp.services.tournaments import tournaments

NOW: Final = datetime(2026, 5, 2, 18, tzinfo=UTC)
GAME: Final = "freefire"
RULES: Final[Ruleset] = parse_ruleset(
    {
        "name": "bench", "title": "Bench", "cascade": "engine", "points_per_kill": 1,
        "placement_points": [12, 9, 8, 7, 6, 5, 4, 3, 2, 1],
    }
)  # fmt: skip
"""The engine's cascade: six keys, the id included."""
MOST_KILLS: Final = 8


@dataclass(frozen=True, slots=True)
class Seeded:
    """A live tournament: its participants, and matches that are still to be played."""

    tournament_id: int
    participant_ids: list[int]
    open_match_ids: list[int]


def open_tournament(name: str, participants: int, match_count: int, *, season: str | None = None) -> Seeded:
    """A live tournament without results, opened through the services that people use."""
    tournament_id = tournaments.create(
        name, game=GAME, format="battle-royale", ruleset=RULES, actor=SYSTEM, now=NOW, season=season, starts_at=NOW
    )
    names = [f"{name} {number}" for number in range(1, participants + 1)]
    ids = registrations.register(tournament_id, names, actor=SYSTEM, now=NOW)
    tournaments.start(tournament_id, actor=SYSTEM, now=NOW)
    fixtures = [matches.Fixture(f"Match {number}") for number in range(1, match_count + 1)]
    return Seeded(tournament_id, ids, matches.schedule(tournament_id, fixtures, actor=SYSTEM, now=NOW))


def lines_of(ids: Sequence[int], chance: random.Random) -> list[BattleRoyaleLine]:
    """A whole lobby's result, the first id winning."""
    return [BattleRoyaleLine(who, place, chance.randrange(MOST_KILLS)) for place, who in enumerate(ids, 1)]


def played_tournament(participants: int, rounds: int, lobby: int, still_open: int) -> Seeded:
    """A tournament in which everybody has played `rounds` matches in lobbies of `lobby`, ranked once."""
    lobbies = participants // lobby
    seeded = open_tournament("Squad", participants, rounds * lobbies + still_open)
    chance = random.Random(7)
    ends = {}
    rows: list[dict[str, Any]] = []
    match_ids = iter(seeded.open_match_ids)
    for number in range(rounds):
        order = seeded.participant_ids.copy()
        chance.shuffle(order)
        for first in range(0, lobbies * lobby, lobby):
            match = Match(id=next(match_ids), tournament_id=seeded.tournament_id)
            ends[match.id] = NOW + timedelta(minutes=30 * number, seconds=chance.randrange(1200))
            rows += results.result_rows(match, score_match(lines_of(order[first : first + lobby], chance), RULES))
    _write(seeded.tournament_id, rows, ends)
    return Seeded(seeded.tournament_id, seeded.participant_ids, list(match_ids))


def _write(tournament_id: int, rows: list[dict[str, Any]], ends: dict[int, datetime]) -> None:
    """Results by the ten thousand, past the services, which take one match at a time."""
    rows.sort(key=lambda row: (row["registration_id"], row["match_id"]))
    table: Any = Match.__table__
    is_over = {"state": "completed", "revision": 1, "completed_at": bindparam("ended_at")}
    data: dict[str, Any] = {
        "number": 1,
        "revision": 1,
        "winner_id": None,
        "completed_at": NOW.isoformat(),
        "decided_by": None,
        "sides": [],
        "results": [],
        "games": [],
    }
    facts = [log.Fact("match_completed", data, match_id=match_id) for match_id in ends]
    with transaction() as session:
        tournament = log.lock_tournament(session, tournament_id)
        insert_rows(session, Result, rows)
        session.connection().execute(
            update(table).where(table.c.id == bindparam("match_id")).values(is_over),
            [{"match_id": match_id, "ended_at": ended_at} for match_id, ended_at in ends.items()],
        )
        log.record_many(session, tournament, facts, actor=SYSTEM, now=NOW)
        board = ranking.compute_board(session, tournament, RULES)
        insert_rows(session, Standing, standings.rows(tournament_id, board.standings, seq=tournament.results_seq))
    ranking.compute_tournament_rankings(tournament_id, now=NOW)
    gather_statistics()


def gather_statistics() -> None:
    """What a database that has run for a day knows about its tables."""
    with db.engine.begin() as connection:
        connection.execute(text("ANALYZE"))
