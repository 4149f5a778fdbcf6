"""The organizer is told when those who are drawn are not those who take part."""

from flask import Flask

from tests.arenas import OPENED_AT, ended_at, turn_on_the_engine
from tests.knockouts import Knockout, open_knockout
from tests.statements import count_statements
from webapp.models import Tournament
from webapp.services.bracketing import brackets, drawn_field
from webapp.services.registration import registrations
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot
from webapp.services.tournaments import tournaments


def told(cup: Knockout) -> tuple[list[str], list[str]]:
    with read_snapshot() as session:
        found = drawn_field.difference(session, session.get_one(Tournament, cup.tournament_id))
        return sorted(found.gone.values()), sorted(found.left_out.values())


def join(cup: Knockout, *names: str) -> None:
    registrations.register(cup.tournament_id, names, actor=SYSTEM, now=OPENED_AT)


def leave(cup: Knockout, seed: int) -> None:
    registrations.withdraw(cup.seed(seed), actor=SYSTEM, now=OPENED_AT)


def test_who_leaves_or_comes_after_the_draw_is_told_until_it_is_drawn_again(app: Flask) -> None:
    turn_on_the_engine()
    cup = open_knockout(sides=5, is_live=False)
    assert told(cup) == ([], [])
    leave(cup, 1)
    join(cup, "Late One", "Late Two")
    assert told(cup) == (["Squad 01"], ["Late One", "Late Two"])
    brackets.generate(cup.tournament_id, actor=SYSTEM, now=OPENED_AT)
    assert told(cup) == ([], [])


def test_who_leaves_in_the_middle_is_no_news_once_the_others_go_on(app: Flask) -> None:
    turn_on_the_engine()
    cup = open_knockout(sides=4)
    cup.win(next(iter(cup.match_ids())), 1)
    leave(cup, 2)
    leave(cup, 4)
    assert told(cup) == ([], [])
    join(cup, "Late One")
    assert told(cup) == ([], ["Late One"])
    cup.play()
    tournaments.complete(cup.tournament_id, actor=SYSTEM, now=ended_at(1))
    assert told(cup) == ([], [])


def test_it_costs_as_much_for_one_as_for_three(app: Flask) -> None:
    counts = []
    for number in (1, 3):
        cup = open_knockout(sides=8, is_live=False, name=f"Cup {number}")
        for seed in range(1, number + 1):
            leave(cup, seed)
            join(cup, f"Late {number} {seed}")
        with count_statements() as statements:
            assert len(told(cup)[0]) == number
        counts.append(len(statements))
    assert counts[0] == counts[1]
