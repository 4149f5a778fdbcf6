"""Live tournaments for tests of services, jobs and whole sites, opened through the services that people use."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import update

from webapp.domain.rules import parse_ruleset
from webapp.domain.scoring import BattleRoyaleLine
from webapp.models import Registration
from webapp.services.matches import matches, results
from webapp.services.matches.matches import Fixture
from webapp.services.operations import flags
from webapp.services.registration import registrations
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import transaction
from webapp.services.tournaments import tournaments

OPENED_AT: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
"""Before any clock of today, so that what is asked for then is due now."""
REASON: Final = "The referee read the wrong line"
ENGINE_FLAGS: Final = ("LEADERBOARDS_COMPUTE_ENABLED", "LEADERBOARDS_ENGINE_V2_ENABLED")
PLAIN_RULES: Final[Mapping[str, Any]] = {"placement_points": [12, 9, 7, 5, 4, 3, 2, 1], "points_per_kill": 1}


@dataclass(frozen=True)
class Arena:
    """A live tournament with its participants and the matches to be played."""

    tournament_id: int
    participant_ids: tuple[int, ...]
    match_ids: tuple[int, ...]

    def lines(self, match_id: int) -> list[BattleRoyaleLine]:
        """How a match ends: always the same for the same match."""
        chance = random.Random(match_id)
        order = list(self.participant_ids)
        chance.shuffle(order)
        return [BattleRoyaleLine(who, place, chance.randint(0, 6)) for place, who in enumerate(order, start=1)]


def turn_on_the_engine(*, cache: bool = False) -> None:
    names = [*ENGINE_FLAGS, "LEADERBOARDS_CACHE_ENABLED"] if cache else ENGINE_FLAGS
    for name in names:
        flags.set_flag(name, is_on=True, actor=SYSTEM, now=OPENED_AT)


def open_battle_royale(
    rules: Mapping[str, Any] = PLAIN_RULES, *, squads: int = 6, lobbies: int = 4, name: str = "Cup", **details: Any
) -> Arena:
    tournament_id = _open(name, "pubgm", "battle-royale", rules, details)
    ids = registrations.register(tournament_id, names(squads), actor=SYSTEM, now=OPENED_AT)
    tournaments.start(tournament_id, actor=SYSTEM, now=OPENED_AT)
    match_ids = schedule(tournament_id, [Fixture(label=f"Match {number}") for number in range(1, lobbies + 1)])
    return Arena(tournament_id, tuple(ids), tuple(match_ids))


def open_league(
    game: str, rules: Mapping[str, Any], pairs: Sequence[tuple[int, int]], *, sides: int, best_of: int, name: str
) -> Arena:
    """`pairs` are places in the list of participants, one a match."""
    tournament_id = _open(name, game, "round-robin", rules, {})
    ids = registrations.register(tournament_id, names(sides), actor=SYSTEM, now=OPENED_AT)
    tournaments.start(tournament_id, actor=SYSTEM, now=OPENED_AT)
    fixtures = [
        Fixture(label=f"Match {number}", side_a_id=ids[a], side_b_id=ids[b], best_of=best_of)
        for number, (a, b) in enumerate(pairs, start=1)
    ]
    return Arena(tournament_id, tuple(ids), tuple(schedule(tournament_id, fixtures)))


def play_undecided(arena: Arena, *, now: datetime = OPENED_AT) -> None:
    """One lobby in which nobody placed or killed anybody, between squads without seeds: nobody leads by any rule."""
    with transaction() as session:
        session.execute(update(Registration).where(Registration.tournament_id == arena.tournament_id).values(seed=None))
    (match_id,) = schedule(arena.tournament_id, [Fixture(label="Nobody scores")])
    lines = [BattleRoyaleLine(who, None, 0) for who in arena.participant_ids]
    results.confirm(match_id, lines, actor=SYSTEM, now=now)


def complete_undecided(arena: Arena, *, now: datetime = OPENED_AT) -> None:
    """End it after such a lobby."""
    play_undecided(arena, now=now)
    tournaments.complete(arena.tournament_id, actor=SYSTEM, now=now)


def names(count: int, *, first: int = 1) -> list[str]:
    return [f"Squad {number:02}" for number in range(first, first + count)]


def schedule(tournament_id: int, fixtures: Sequence[Fixture]) -> list[int]:
    return matches.schedule(tournament_id, fixtures, actor=SYSTEM, now=OPENED_AT)


def ended_at(number: int) -> datetime:
    """When the n-th thing happens: to the microsecond, and where careless rounding would make it the next second."""
    return OPENED_AT + timedelta(minutes=number, microseconds=999_999 - number)


def _open(name: str, game: str, form: str, rules: Mapping[str, Any], details: Mapping[str, Any]) -> int:
    ruleset = parse_ruleset(rules, name="arena")
    return tournaments.create(name, game=game, format=form, ruleset=ruleset, actor=SYSTEM, now=OPENED_AT, **details)
