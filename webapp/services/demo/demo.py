"""The demo of `make run`: a finished tournament, two live ones, an upcoming one. All of it is invented."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select

from webapp.domain.presets import preset
from webapp.domain.rules import parse_ruleset
from webapp.domain.ruleset import Ruleset
from webapp.domain.scoring import BattleRoyaleLine
from webapp.domain.series import SeriesGame
from webapp.models import Match, Tournament, User
from webapp.services.matches import matches, results
from webapp.services.operations import flags
from webapp.services.ranking import adjustments, ranking
from webapp.services.registration import registrations
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot
from webapp.services.tournaments import tournaments

FLAGS: Final = (
    "LEADERBOARDS_COMPUTE_ENABLED",
    "LEADERBOARDS_CACHE_ENABLED",
    "LEADERBOARDS_API_ENABLED",
    "LEADERBOARDS_ENGINE_V2_ENABLED",
)
SQUADS: Final = (
    "Copper Kites", "Night Ferry", "Salt & Thunder", "Paper Tigers", "Orbit Nine", "Low Tide", "Monsoon Unit",
    "Glass Cannon Co.", "Second Breakfast", "Rook & Rabbit", "Static Bloom", "Velvet Hammer", "Ghost Pepper",
    "Quiet Riot Club", "Ironwood", "Last Bus Home",
)  # fmt: skip
LEAGUE_TEAMS: Final = ("Aurora Six", "Brick City", "Cinder Foxes", "Delta Crew", "Ember Row", "Fathom")
ORGANIZER_EMAIL: Final = "organizer@demo.example"
FINISHED_NAME: Final = "Monsoon Crown"
UPCOMING_NAME: Final = "Northwind Masters"
LIVE_NAME: Final = "Harbor Lights Open"
LEAGUE_NAME: Final = "Copperline League"
LIVE_MATCHES: Final = 24
MATCH_LENGTH: Final = timedelta(seconds=30)
"""The demo plays in fast motion."""
BATTLE_MAPS: Final = ("Old Harbor", "Saltworks", "Ridge Nine", "Causeway")
SERIES_MAPS: Final = ("Foundry", "Terrace", "Undertow")


def ensure_demo(*, now: datetime | None = None) -> bool:
    """Load the demo into an empty installation and turn the boards on; False when there is something.

    Every step finds what is there already, so that a start that was cut off is carried on by the next one.
    """
    now = now or utc_now()
    with read_snapshot() as session:
        there = set(session.scalars(select(Tournament.name)))
        last_step = select(Match.id).join(Tournament, Tournament.id == Match.tournament_id).limit(1)
        is_whole = session.scalar(last_step.where(Tournament.name == UPCOMING_NAME)) is not None
    if is_whole or (there and FINISHED_NAME not in there):
        return False
    for name in FLAGS:
        flags.set_flag(name, is_on=True, actor=SYSTEM, now=now)
    _finished(now)
    open_live_tournament(1, now=now)
    open_league(1, now=now)
    _upcoming(now)
    return True


def open_live_tournament(edition: int, *, now: datetime) -> int:
    """A battle royale that has just begun; the simulator plays it."""
    rules = parse_ruleset({"extends": "ffws", "name": "harbor-lights", "title": "Harbor Lights", "confidence": "house"})
    tournament_id = _battle_royale(
        _edition(LIVE_NAME, edition), "freefire", rules, SQUADS[:12], now=now,
        description="Twelve squads, twenty-four matches, one evening. Every match counts.", is_featured=True,
    )  # fmt: skip
    tournaments.start(tournament_id, actor=SYSTEM, now=now)
    _schedule_lobbies(tournament_id, LIVE_MATCHES, first_at=now, every=timedelta(seconds=32))
    return tournament_id


def open_league(edition: int, *, now: datetime) -> int:
    """A round robin of best-of-three series that has just begun; the simulator plays it."""
    rules = parse_ruleset(
        {
            "name": "copperline", "title": "Copperline League", "source": "House rules of the demo",
            "cascade": ["points", "head_to_head", "score_difference", "games_won"],
        }
    )  # fmt: skip
    tournament_id = opened(
        _edition(LEAGUE_NAME, edition), game="valorant", format="round-robin", ruleset=rules, now=now,
        season="2026_S4", starts_at=now, region="South Asia",
        description="Six teams meet once each, best of three. Three points for a win.",
    )  # fmt: skip
    ids = registrations.register(tournament_id, LEAGUE_TEAMS, actor=SYSTEM, now=now)
    tournaments.start(tournament_id, actor=SYSTEM, now=now)
    fixtures = [
        matches.Fixture(
            label=f"Round {round_number}", round=round_number, side_a_id=side_a, side_b_id=side_b, best_of=3,
            scheduled_at=now + timedelta(minutes=2 * round_number),
        )
        for round_number, pairs in enumerate(_circle(ids), start=1)
        for side_a, side_b in pairs
    ]  # fmt: skip
    _scheduled(tournament_id, fixtures, now=now)
    return tournament_id


def battle_lines(match_id: int, registration_ids: Sequence[int]) -> list[BattleRoyaleLine]:
    """How a demo lobby ends: always the same for the same match, so that nothing has to be remembered while it runs."""
    chance = random.Random(match_id)  # noqa: S311  (a game of chance, not a secret)
    # Some squads are better than others, so that the board tells a story.
    strength = {registration_id: 1.6 - place * 0.08 for place, registration_id in enumerate(registration_ids)}
    ordered = sorted(registration_ids, key=lambda who: chance.gauss(0, 1) - strength[who])
    return [
        BattleRoyaleLine(
            who, place, max(0, round(chance.gauss(6.5 - 0.4 * place, 2.2))), time_alive_s=1500 - 90 * place
        )
        for place, who in enumerate(ordered, start=1)
    ]


def series_games(match_id: int, side_a: int, side_b: int) -> list[SeriesGame]:
    """How a demo series ends, always the same for the same match."""
    chance = random.Random(match_id)  # noqa: S311  (a game of chance, not a secret)
    games: list[SeriesGame] = []
    wins = {side_a: 0, side_b: 0}
    while max(wins.values()) < 2:
        winner = chance.choice((side_a, side_b))
        loser = side_b if winner == side_a else side_a
        games.append(SeriesGame(len(games) + 1, {winner: 13, loser: chance.randint(3, 11)}, SERIES_MAPS[len(games)]))
        wins[winner] += 1
    return games


def _finished(now: datetime) -> None:
    began = now - timedelta(days=1, hours=4)
    tournament_id = _battle_royale(
        FINISHED_NAME, "pubgm", preset("super"), SQUADS, now=began, season="2026_S4",
        description="Sixteen squads over twelve matches: the first crown of the season.",
    )  # fmt: skip
    with read_snapshot() as session:
        if session.get_one(Tournament, tournament_id).status == "completed":
            return
    tournaments.start(tournament_id, actor=SYSTEM, now=began)
    match_ids = _schedule_lobbies(tournament_id, 12, first_at=began, every=timedelta(minutes=30))
    ids = registrations.register(tournament_id, SQUADS, actor=SYSTEM, now=began)
    for place, match_id in enumerate(match_ids, start=1):
        ended = began + timedelta(minutes=30 * place)
        results.confirm(match_id, battle_lines(match_id, ids), actor=SYSTEM, now=ended, completed_at=ended)
        ranking.rank_due(tournament_id, now=ended)
    adjustments.adjust(
        tournament_id, ids[4], kind="penalty", points=-3, reason="Late to the lobby in two matches",
        actor=SYSTEM, now=ended,
    )  # fmt: skip
    ranking.rank_due(tournament_id, now=ended)
    tournaments.complete(tournament_id, actor=SYSTEM, now=ended)


def _upcoming(now: datetime) -> None:
    starts_at = (now + timedelta(days=3)).replace(hour=16, minute=0, second=0, microsecond=0)
    rules = parse_ruleset({"extends": "algs", "name": "northwind", "match_point": {"threshold": 50, "cap": 10}})
    tournament_id = _battle_royale(
        UPCOMING_NAME, "pubgm", rules, SQUADS[:10], now=now, starts_at=starts_at,
        description="Match point at 50: reach it, then win a match to take the title.",
    )  # fmt: skip
    tournaments.open_registration(tournament_id, actor=SYSTEM, now=now)
    _schedule_lobbies(tournament_id, 6, first_at=starts_at, every=timedelta(minutes=35))


def opened(name: str, *, now: datetime, **details: Any) -> int:
    """The tournament of this name, made when it is not there: the demo organizer's, if there is one yet."""
    with read_snapshot() as session:
        found = session.scalar(select(Tournament.id).where(Tournament.name == name))
        owner = session.scalar(select(User.id).where(User.email == ORGANIZER_EMAIL))
    return found or tournaments.create(name, actor=SYSTEM, now=now, organizer_id=owner, **details)


def _battle_royale(
    name: str,
    game: str,
    rules: Ruleset,
    squads: Sequence[str],
    *,
    now: datetime,
    description: str,
    starts_at: datetime | None = None,
    season: str | None = None,
    is_featured: bool = False,
) -> int:
    tournament_id = opened(
        name, game=game, format="battle-royale", ruleset=rules, now=now, starts_at=starts_at or now,
        description=description, season=season, is_featured=is_featured, region="South Asia",
    )  # fmt: skip
    registrations.register(tournament_id, squads, actor=SYSTEM, now=now)
    return tournament_id


def _schedule_lobbies(tournament_id: int, count: int, *, first_at: datetime, every: timedelta) -> list[int]:
    fixtures = [
        matches.Fixture(
            label=f"Match {place + 1}", map=BATTLE_MAPS[place % len(BATTLE_MAPS)], scheduled_at=first_at + place * every
        )
        for place in range(count)
    ]
    return _scheduled(tournament_id, fixtures, now=first_at)


def _scheduled(tournament_id: int, fixtures: Sequence[matches.Fixture], *, now: datetime) -> list[int]:
    """The tournament's matches, made of `fixtures` when there are none."""
    with read_snapshot() as session:
        found = list(
            session.scalars(select(Match.id).where(Match.tournament_id == tournament_id).order_by(Match.number))
        )
    return found or matches.schedule(tournament_id, fixtures, length=MATCH_LENGTH, actor=SYSTEM, now=now)


def _circle(ids: Sequence[int]) -> list[list[tuple[int, int]]]:
    """Rounds in which everybody meets everybody once: one stays, the others turn round."""
    fixed, others = ids[0], list(ids[1:])
    rounds = []
    for _ in others:
        table = [fixed, *others]
        rounds.append([(table[place], table[-1 - place]) for place in range(len(table) // 2)])
        others = others[-1:] + others[:-1]
    return rounds


def _edition(name: str, edition: int) -> str:
    return name if edition == 1 else f"{name} #{edition}"
