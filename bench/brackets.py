"""A bracket of 1,024: drawn, and one result of it after the other."""

from collections.abc import Iterator, Sequence
from typing import Final

from sqlalchemy import select

from bench.context import Bench, Place
from bench.measurement import timed, timed_after
from bench.rows import Row, timing_row
from bench.seeding import NOW, gather_statistics
from tests.statements import count_statements
from webapp.domain.brackets.elimination import double
from webapp.domain.rules import parse_ruleset
from webapp.domain.series import SeriesGame
from webapp.models import Match
from webapp.services.bracketing import brackets
from webapp.services.matches import series
from webapp.services.registration import registrations
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot
from webapp.services.tournaments import tournaments

SIDES: Final = 1024
MUST_CONFIRM_MS: Final = {"sqlite": 50, "postgres": 30}


def run(bench: Bench) -> Iterator[Row]:
    """The rules alone, then both on every database."""
    sides = bench.pick(SIDES, 32)
    yield timing_row(
        "bracket/rules", f"double elimination of {sides:,} drawn by the rules alone",
        timed(lambda: double(sides), bench.pick(20, 3)), limits=bench.limits(1000, None),
    )  # fmt: skip
    for kind in bench.databases:
        with bench.place(kind, "brackets") as place:
            tournament_id = opened_bracket(sides)
            yield _drawn(bench, place, tournament_id, sides)
            gather_statistics()
            yield _confirmed(bench, place, tournament_id, sides)


def opened_bracket(sides: int) -> int:
    """A live double elimination of so many, not drawn yet; its id."""
    rules = parse_ruleset({"cascade": "engine"}, name="bench")
    tournament_id = tournaments.create(
        "Knockout", game="dota2", format="double-elimination", ruleset=rules, actor=SYSTEM, now=NOW
    )
    names = [f"Side {number}" for number in range(1, sides + 1)]
    registrations.register(tournament_id, names, actor=SYSTEM, now=NOW)
    tournaments.start(tournament_id, actor=SYSTEM, now=NOW)
    return tournament_id


def _drawn(bench: Bench, place: Place, tournament_id: int, sides: int) -> Row:
    seeds = iter(range(100))

    def draw(seed: int) -> None:
        brackets.generate(tournament_id, seeding="random", random_seed=str(seed), actor=SYSTEM, now=NOW)

    timing = timed_after(lambda: next(seeds), draw, bench.pick(5, 2))
    what = f"double elimination of {sides:,} drawn again: matches, nodes, log, {place.title}"
    return timing_row(f"bracket_draw/{place.database}", what, timing)


def _confirmed(bench: Bench, place: Place, tournament_id: int, sides: int) -> Row:
    """The second round of the winners: one side goes on, the other one drops to somebody else."""
    for match_id, side_ids in playable(tournament_id):
        series.confirm(match_id, _two_nil(side_ids), actor=SYSTEM, now=NOW)
    waiting = iter(playable(tournament_id))

    def confirm(match: tuple[int, Sequence[int]]) -> None:
        series.confirm(match[0], _two_nil(match[1]), actor=SYSTEM, now=NOW)

    timing = timed_after(lambda: next(waiting), confirm, bench.pick(200, 3))
    with count_statements() as statements:
        confirm(next(waiting))
    return Row(
        key=f"bracket_confirm/{place.database}",
        what=f"result in a double elimination of {sides:,}, winner and loser sent on, p95, {place.title}",
        figure=timing.p95, p95=timing.p95, best=timing.best, runs=len(timing.runs_ms),
        note=f"median {timing.median:.1f} ms; {len(statements)} statements",
        limits=bench.limits(MUST_CONFIRM_MS[place.database], None),
    )  # fmt: skip


def playable(tournament_id: int) -> list[tuple[int, tuple[int, int]]]:
    """Ids of the matches that can begin, in their order, and of their sides."""
    with read_snapshot() as session:
        rows = session.execute(
            select(Match.id, Match.side_a_id, Match.side_b_id)
            .where(
                Match.tournament_id == tournament_id, Match.state == "scheduled",
                Match.side_a_id.is_not(None), Match.side_b_id.is_not(None),
            )
            .order_by(Match.number)
        )  # fmt: skip
        return [(match_id, (a, b)) for match_id, a, b in rows if a is not None and b is not None]


def _two_nil(side_ids: Sequence[int]) -> list[SeriesGame]:
    winner, loser = side_ids
    return [SeriesGame(1, {winner: 1, loser: 0})]
