"""Officials in several browsers at the same moment: a dispute is decided once, an action is undone once."""

import pytest
from flask import Flask

from tests.disputed import AT, REASON, TEXT, Duel, confirm, dispute_now, entries, match_now, open_duel
from tests.invariants import assert_log_is_whole
from tests.personas import Persona, persona
from tests.services import contenders
from tests.services.contenders import PROCESSES, Contenders
from webapp.config import Settings
from webapp.services.disputes import corrections, disputes
from webapp.services.disputes.corrections import Change
from webapp.services.spine.actors import SYSTEM


@pytest.fixture
def duel(app: Flask, pat: Persona) -> Duel:
    duel = open_duel(pat, persona(app, "una"))
    confirm(duel, "aa")
    return duel


def test_officials_who_decide_at_once_decide_once(rivals: Contenders, settings: Settings, duel: Duel) -> None:
    dispute_id = disputes.open_dispute(
        duel.match_id, reason_code="other", text=TEXT, claim=entries("bb"), actor=SYSTEM, now=AT
    )
    ways = ["approve_dispute", "approve_original", "replay", "reject"]
    outcomes = rivals.at_once(settings, [(contenders.decide, (dispute_id, way)) for way in ways])
    assert sorted(map(str, outcomes)) == ["True"] + ["dispute_decided"] * (PROCESSES - 1)
    way = ways[outcomes.index(True)]
    expected = {"approve_dispute": duel.sides[1], "replay": None}.get(way, duel.sides[0])
    assert match_now(duel.match_id).winner_id == expected
    assert dispute_now(dispute_id).resolution == (None if way == "reject" else way)
    assert_log_is_whole(duel.arena.tournament_id)


def test_a_correction_that_is_undone_at_once_is_undone_once(rivals: Contenders, settings: Settings, duel: Duel) -> None:
    done = corrections.apply(
        duel.match_id, Change("correct", entries("bb")), reason=REASON, actor=SYSTEM, now=contenders.ENTERED_AT
    )
    outcomes = rivals.at_once(settings, [(contenders.take_back, (done.undo_id,))] * PROCESSES)
    assert sorted(outcomes) == [False] * (PROCESSES - 1) + [True]
    assert (match_now(duel.match_id).winner_id, match_now(duel.match_id).revision) == (duel.sides[0], 4)
    assert_log_is_whole(duel.arena.tournament_id)
