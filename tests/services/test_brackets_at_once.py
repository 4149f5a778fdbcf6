"""Several processes at one bracket at the same moment."""

from collections import Counter

from flask import Flask
from sqlalchemy import select

from tests.arenas import OPENED_AT
from tests.knockouts import Knockout, games, open_knockout, registered
from tests.services.contenders import PROCESSES, Contenders
from webapp.config import Settings
from webapp.domain.series import SeriesGame
from webapp.models import Event
from webapp.services.bracketing import brackets
from webapp.services.matches import series
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot


def draw(tournament_id: int) -> int:
    return brackets.generate(tournament_id, seeding="random", random_seed="x", actor=SYSTEM, now=OPENED_AT)


def confirm(match_id: int, played: list[SeriesGame]) -> bool:
    return series.confirm(match_id, played, actor=SYSTEM, now=utc_now()).changed


def events_of(knockout: Knockout) -> Counter[str]:
    with read_snapshot() as session:
        return Counter(session.scalars(select(Event.type).where(Event.tournament_id == knockout.tournament_id)))


def test_four_who_draw_at_once_draw_one_bracket(rivals: Contenders, settings: Settings, app: Flask) -> None:
    knockout = registered(sides=8)
    drawn = rivals.at_once(settings, [(draw, (knockout.tournament_id,))] * PROCESSES)
    assert len(set(drawn)) == 1
    assert events_of(knockout)["bracket_generated"] == 1
    assert len(knockout.match_ids()) == 7


def test_results_at_the_same_moment_fill_both_sides_of_the_next_match(
    rivals: Contenders, settings: Settings, app: Flask
) -> None:
    knockout = open_knockout("double-elimination", sides=8)
    calls = []
    for number in range(1, PROCESSES + 1):
        match_id = knockout.match_ids()[f"W1-{number}"]
        better = min(who for who in knockout.sides()[f"W1-{number}"] if who is not None)
        calls.append((confirm, (match_id, games(match_id, knockout.seed(better)))))
    assert rivals.at_once(settings, calls) == [True] * PROCESSES
    sides = knockout.sides()
    assert (sides["W2-1"], sides["W2-2"], sides["L1-1"], sides["L1-2"]) == ((1, 4), (2, 3), (8, 5), (7, 6))
