"""Whatever is done to a bracket, in any order: who stands where is what the results say, and nobody is stuck."""

import random
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from tests.arenas import REASON, ended_at
from tests.invariants import assert_log_is_whole, assert_standings_are_right
from tests.knockouts import Knockout, games, open_knockout
from webapp.domain.brackets.progress import Sides, end_of, needs_reset
from webapp.domain.brackets.structure import Source
from webapp.domain.errors import DomainError
from webapp.models import Match, Stage
from webapp.services.bracketing import stages
from webapp.services.matches import awards, match_resets, matches, series
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot

OVER = ("completed", "forfeit", "cancelled")
REFUSALS = {
    "bracket_moved_on", "nothing_to_correct", "illegal_transition", "already_confirmed", "match_has_result",
    "invalid_result",
}  # fmt: skip
STEPS = 60


def matches_by_key(knockout: Knockout) -> dict[str, Match]:
    with read_snapshot() as session:
        found = {key: session.get_one(Match, match_id) for key, match_id in knockout.match_ids().items()}
        session.expunge_all()
        return found


def expected_side(source: Source, found: dict[str, Match]) -> int | None:
    match = found[source.of]
    if match.state not in OVER:
        return None
    end = end_of((match.side_a_id, match.side_b_id), match.winner_id)
    return end.winner if source.kind == "winner" else end.loser


def assert_all_stand_where_results_say(knockout: Knockout) -> None:
    found = matches_by_key(knockout)
    with read_snapshot() as session:
        stage = session.scalars(select(Stage).where(Stage.tournament_id == knockout.tournament_id)).one()
        bracket, state = stages.bracket_of(session, stage), stage.state
    for node in bracket.nodes:
        match = found[node.key]
        sides: Sides = (match.side_a_id, match.side_b_id)
        if node.is_conditional:
            final = found["GF"]
            is_needed = needs_reset((final.side_a_id, final.side_b_id), final.winner_id)
            assert sides == ((final.side_a_id, final.side_b_id) if is_needed else (None, None))
            assert is_needed or final.state not in OVER or match.state == "cancelled"
            continue
        expected = tuple(
            knockout.seed(int(source.of)) if source.kind == "seed" else expected_side(source, found)
            for source in (node.a, node.b)
        )
        assert sides == expected, node.key
        waits_for = [source for source, who in zip((node.a, node.b), sides, strict=True) if who is None]
        is_forsaken = bool(waits_for) and all(found[source.of].state in OVER for source in waits_for)
        assert not is_forsaken or match.state in OVER, f"nobody can come to {node.key} any more"
        assert is_forsaken or match.decided_by != "walk_over" or match.state != "cancelled", f"{node.key} can be played"
    assert (state == "completed") == all(match.state in OVER for match in found.values())


def one_step(knockout: Knockout, chance: random.Random, step: int) -> None:
    key = chance.choice([*knockout.match_ids()])
    match = matches_by_key(knockout)[key]
    side_ids = [who for who in (match.side_a_id, match.side_b_id) if who is not None]
    if len(side_ids) < 2:
        return
    winner = chance.choice(side_ids)
    now = ended_at(step)

    def confirm() -> object:
        return series.confirm(match.id, games(match.id, winner), actor=SYSTEM, now=now)

    ways: list[Callable[[], object]] = [
        confirm, confirm, confirm, confirm,
        lambda: series.correct(match.id, games(match.id, winner), reason=REASON, actor=SYSTEM, now=now),
        lambda: series.void(match.id, reason=REASON, actor=SYSTEM, now=now),
        lambda: match_resets.reset(match.id, reason=REASON, actor=SYSTEM, now=now),
        lambda: matches.cancel_match(match.id, reason=REASON, actor=SYSTEM, now=now),
        lambda: awards.forfeit(match.id, winner, reason=REASON, actor=SYSTEM, now=now),
    ]  # fmt: skip
    try:
        chance.choice(ways)()
    except DomainError as refusal:
        if refusal.code not in REFUSALS:
            raise


@pytest.mark.parametrize("form", ["single-elimination", "double-elimination"])
def test_any_history_leaves_everybody_where_the_results_say(app: Flask, form: str) -> None:
    settings = {"third_place": True} if form == "single-elimination" else {}
    knockout = open_knockout(form, sides=7, settings=settings)
    chance = random.Random(form)
    for step in range(STEPS):
        one_step(knockout, chance, step)
        assert_all_stand_where_results_say(knockout)
    assert_standings_are_right(knockout.tournament_id)
    assert_log_is_whole(knockout.tournament_id)
