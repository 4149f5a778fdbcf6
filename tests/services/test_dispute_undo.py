"""A decision is taken back: match, board and reports are what they were, and the dispute waits again."""

import pytest
from flask import Flask
from sqlalchemy import select

from tests.arenas import open_battle_royale
from tests.disputed import AT, REASON, TEXT, Duel, confirm, dispute_now, entries, match_now, open_duel, report
from tests.invariants import assert_board_is_right, assert_log_is_whole, assert_standings_are_right
from tests.knockouts import games, open_knockout
from tests.personas import Persona, persona
from tests.trail import trail
from webapp.domain.errors import Conflict, Forbidden
from webapp.models import ResultSubmission
from webapp.services.disputes import dispute_decisions, disputes
from webapp.services.disputes.dispute_decisions import REJECT, Decision
from webapp.services.matches import results, series
from webapp.services.ranking import ranking
from webapp.services.spine import undo
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot

pytestmark = pytest.mark.usefixtures("engine")
DECISIONS = (
    Decision("approve_original"), Decision(REJECT), Decision("approve_dispute"),
    Decision("custom_result", entries("aba")), Decision("replay"), Decision("forfeit", lost_by=0),
)  # fmt: skip


@pytest.fixture
def duel(app: Flask, pat: Persona, olga: Persona) -> Duel:
    return open_duel(pat, persona(app, "una"), organizer=olga)


def dispute(duel: Duel) -> int:
    return disputes.open_dispute(
        duel.match_id, reason_code="wrong_score", text=TEXT, claim=entries("bb"), actor=SYSTEM, now=AT
    )


def decide(duel: Duel, dispute_id: int, decision: Decision) -> int:
    if decision.lost_by is not None:
        decision = Decision("forfeit", lost_by=duel.sides[decision.lost_by])
    return dispute_decisions.decide(dispute_id, decision, reason=REASON, actor=SYSTEM, now=AT).undo_id


def points(tournament_id: int) -> dict[int, int]:
    ranking.rank_due(tournament_id, now=AT)
    board = assert_board_is_right(tournament_id).board
    assert_standings_are_right(tournament_id)
    assert_log_is_whole(tournament_id)
    return dict(zip(board.standings.participant_id.tolist(), board.standings.columns["points"].tolist(), strict=True))


def reports() -> list[tuple[int, str]]:
    with read_snapshot() as session:
        return [(row.id, row.state) for row in session.scalars(select(ResultSubmission).order_by(ResultSubmission.id))]


@pytest.mark.parametrize("is_confirmed", [True, False])
@pytest.mark.parametrize("decision", DECISIONS, ids=lambda decision: decision.resolution)
def test_every_decision_can_be_undone_and_taken_anew(
    duel: Duel, pat: Persona, decision: Decision, is_confirmed: bool
) -> None:
    if is_confirmed:
        confirm(duel, "aa")
    else:
        report(duel, pat, "aa")
    dispute_id = dispute(duel)
    before = match_now(duel.match_id)
    told, board = reports(), points(duel.arena.tournament_id)
    undo_id = decide(duel, dispute_id, decision)
    with trail() as found:
        assert undo.undo(undo_id, actor=SYSTEM, now=AT).changed
        assert not undo.undo(undo_id, actor=SYSTEM, now=AT).changed
    assert [action for action, _ in found.audited][-2:] == ["dispute.reopened", "action.undone"]
    after = match_now(duel.match_id)
    assert (after.state, after.winner_id, after.decided_by) == ("disputed", before.winner_id, before.decided_by)
    assert (dispute_now(dispute_id).state, dispute_now(dispute_id).resolution) == ("open", None)
    assert (reports(), points(duel.arena.tournament_id)) == (told, board)

    decide(duel, dispute_id, Decision("approve_dispute"))
    assert match_now(duel.match_id).winner_id == duel.sides[1]
    assert points(duel.arena.tournament_id)[duel.sides[1]] == 3


def test_the_result_that_was_disputed_comes_back_when_it_stands_after_all(duel: Duel) -> None:
    confirm(duel, "aa")
    dispute_id = dispute(duel)
    undo.undo(decide(duel, dispute_id, Decision("custom_result", entries("bb"))), actor=SYSTEM, now=AT)
    decide(duel, dispute_id, Decision(REJECT))
    match = match_now(duel.match_id)
    assert (match.state, match.winner_id) == ("completed", duel.sides[0])
    assert points(duel.arena.tournament_id)[duel.sides[0]] == 3


def test_a_lobby_comes_back_whole(app: Flask) -> None:
    arena = open_battle_royale()
    match_id = arena.match_ids[0]
    lines = arena.lines(match_id)
    results.confirm(match_id, lines, actor=SYSTEM, now=AT)
    stood = points(arena.tournament_id)
    dispute_id = disputes.open_dispute(match_id, reason_code="wrong_score", text=TEXT, actor=SYSTEM, now=AT)
    other = [[line.participant_id, len(lines) + 1 - (line.placement or 0), -1, 0, -1] for line in lines]
    decided = dispute_decisions.decide(
        dispute_id, Decision("custom_result", sorted(other)), reason=REASON, actor=SYSTEM, now=AT
    )
    assert points(arena.tournament_id) != stood
    undo.undo(decided.undo_id, actor=SYSTEM, now=AT)
    assert set(points(arena.tournament_id).values()) == {0}
    dispute_decisions.decide(dispute_id, Decision(REJECT), reason=REASON, actor=SYSTEM, now=AT)
    assert points(arena.tournament_id) == stood


def test_the_bracket_goes_back_with_it_and_what_was_played_since_stops_it(app: Flask) -> None:
    cup = open_knockout(sides=4)
    first, second, final = cup.match_ids()
    cup.win(first, 1)
    cup.win(second, 2)
    match_id = cup.match_ids()[first]
    dispute_id = disputes.open_dispute(match_id, reason_code="wrong_score", text=TEXT, actor=SYSTEM, now=AT)
    sides = cup.sides()
    decision = Decision("forfeit", lost_by=cup.seed(1))

    def decide_it() -> int:
        return dispute_decisions.decide(dispute_id, decision, reason=REASON, actor=SYSTEM, now=AT).undo_id

    undo_id = decide_it()
    assert cup.sides()[final] == (4, 2)
    undo.undo(undo_id, actor=SYSTEM, now=AT)
    assert (cup.sides(), cup.states()[first]) == (sides, "disputed")
    undo_id = decide_it()
    final_id = cup.match_ids()[final]
    series.confirm(final_id, games(final_id, cup.seed(4)), actor=SYSTEM, now=AT)
    with pytest.raises(Conflict) as refused:
        undo.undo(undo_id, actor=SYSTEM, now=AT)
    assert refused.value.code == "undo_overtaken"
    assert dispute_now(dispute_id).state == "resolved"


def test_what_the_staff_decided_they_alone_undo(duel: Duel, olga: Persona) -> None:
    confirm(duel, "aa")
    dispute_id = dispute(duel)
    disputes.escalate(dispute_id, reason=REASON, actor=olga.actor, now=AT)
    undo_id = decide(duel, dispute_id, Decision("replay"))
    with pytest.raises(Forbidden):
        undo.undo(undo_id, actor=olga.actor, now=AT)
    undo.undo(undo_id, actor=SYSTEM, now=AT)
    assert dispute_now(dispute_id).state == "escalated"
