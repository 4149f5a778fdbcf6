"""Boards say what may change while results are disputed, and nothing that a freeze keeps."""

import pytest
from flask import Flask

from tests.disputed import AT, REASON, TEXT, Duel, confirm, open_duel
from tests.personas import Persona, persona
from webapp.services.disputes import dispute_decisions, disputes
from webapp.services.disputes.dispute_decisions import REJECT, Decision
from webapp.services.live import freezes
from webapp.services.pages.board_reads import read_board
from webapp.services.pages.board_view import BoardView
from webapp.services.ranking import ranking
from webapp.services.spine.actors import SYSTEM

pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture
def duel(app: Flask, pat: Persona) -> Duel:
    duel = open_duel(pat, persona(app, "una"))
    confirm(duel, "aa")
    confirm(duel, "aa", match_id=duel.arena.match_ids[1])
    return duel


def dispute(duel: Duel) -> int:
    return disputes.open_dispute(duel.match_id, reason_code="other", text=TEXT, actor=SYSTEM, now=AT)


def seen(duel: Duel, audience: str = "public") -> BoardView:
    ranking.rank_due(duel.arena.tournament_id, now=AT)
    return read_board(duel.arena.tournament_id, audience=audience, page=1, now=AT)


def marked(view: BoardView) -> set[int]:
    return {row.participant_id for row in view.rows if row.may_change}


def test_the_sides_of_a_disputed_match_are_marked_until_it_is_decided(duel: Duel) -> None:
    assert (seen(duel).disputed, marked(seen(duel))) == ((), set())
    dispute_id = dispute(duel)
    assert (seen(duel).disputed, marked(seen(duel))) == ((1,), set(duel.sides))
    dispute_decisions.decide(dispute_id, Decision(REJECT), reason=REASON, actor=SYSTEM, now=AT)
    assert (seen(duel).disputed, marked(seen(duel))) == ((), set())


def test_a_frozen_board_says_what_was_disputed_when_it_was_frozen(duel: Duel) -> None:
    freezes.freeze_now(duel.arena.tournament_id, actor=SYSTEM, now=AT)
    dispute_id = dispute(duel)
    assert (seen(duel).disputed, seen(duel, "official").disputed) == ((), (1,))
    freezes.unfreeze(duel.arena.tournament_id, actor=SYSTEM, now=AT)
    freezes.freeze_now(duel.arena.tournament_id, actor=SYSTEM, now=AT)
    dispute_decisions.decide(dispute_id, Decision(REJECT), reason=REASON, actor=SYSTEM, now=AT)
    assert (seen(duel).disputed, seen(duel, "official").disputed) == ((1,), ())
