"""Several officials who pair a round or start a stage at the same moment: it is done once."""

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.services import league_play
from tests.services.contenders import PROCESSES, Contenders
from tests.services.league_play import drawn
from webapp.config import Settings
from webapp.models import AuditEntry
from webapp.services.spine.transaction import read_snapshot

FOUR = {"groups": 2, "advance": 1, "then": {"format": "single-elimination"}}


def times_audited(action: str) -> int:
    with read_snapshot() as session:
        return session.scalar(select(func.count()).where(AuditEntry.action == action)) or 0


def test_a_round_is_paired_once(rivals: Contenders, settings: Settings, app: Flask) -> None:
    swiss = drawn("swiss", 8)
    swiss.play(swiss.stronger)

    outcomes = rivals.at_once(settings, [(league_play.pair_round, (swiss.tournament_id, 2))] * PROCESSES)

    second = [duel.match_id for duel in swiss.duels() if duel.round == 2]
    assert outcomes == [second] * PROCESSES
    assert len(second) == 4
    assert times_audited("bracket.round_paired") == 1
    outcomes = rivals.at_once(settings, [(league_play.pair_round, (swiss.tournament_id, None))] * PROCESSES)
    assert outcomes == ["round_open"] * PROCESSES


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_a_stage_is_started_once(rivals: Contenders, settings: Settings, app: Flask) -> None:
    groups = drawn("round-robin", 4, FOUR)
    groups.play(groups.stronger)

    outcomes = rivals.at_once(settings, [(league_play.start_next, (groups.tournament_id,))] * PROCESSES)

    assert outcomes == [groups.stage(2).id] * PROCESSES
    assert len(groups.duels(2)) == 1
    assert times_audited("bracket.stage_started") == 1
