"""Disputes by the services: who may open them and when, what counts meanwhile, how they are decided."""

from datetime import timedelta

import pytest
from flask import Flask

from tests.arenas import OPENED_AT, ended_at, open_battle_royale
from tests.disputed import AT, REASON, TEXT, Duel, confirm, dispute_now, entries, match_now, open_duel, report
from tests.invariants import assert_board_is_right, assert_log_is_whole, assert_standings_are_right
from tests.personas import Persona, persona
from tests.trail import trail
from webapp.domain.disputes import DECIDE_WITHIN, DISPUTABLE_FOR, DisputeError
from webapp.domain.errors import Conflict, Forbidden, NotFound, ResultError, SeriesError
from webapp.models import Tournament
from webapp.services.disputes import dispute_deadlines, dispute_decisions, disputes
from webapp.services.disputes.dispute_decisions import REJECT, Decision
from webapp.services.matches import awards, results
from webapp.services.ranking import ranking
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import transaction

pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture
def una(app: Flask) -> Persona:
    """A second player."""
    return persona(app, "una")


@pytest.fixture
def duel(pat: Persona, una: Persona, olga: Persona) -> Duel:
    """Pat's side against Una's, in Olga's league."""
    return open_duel(pat, una, organizer=olga)


def dispute(duel: Duel, by: Persona, claim: str | None = "bb", **more: int) -> int:
    return disputes.open_dispute(
        duel.match_id, reason_code="wrong_score", text=TEXT, claim=None if claim is None else entries(claim),
        actor=by.actor, now=AT, **more,
    )  # fmt: skip


def points(duel: Duel) -> dict[int, int]:
    """Points by participant, after everything that must hold of the tournament was looked at."""
    ranking.rank_due(duel.arena.tournament_id, now=AT)
    board = assert_board_is_right(duel.arena.tournament_id).board
    assert_standings_are_right(duel.arena.tournament_id)
    assert_log_is_whole(duel.arena.tournament_id)
    return dict(zip(board.standings.participant_id.tolist(), board.standings.columns["points"].tolist(), strict=True))


def test_a_disputed_result_counts_no_longer_and_comes_back_when_it_stands(
    duel: Duel, una: Persona, olga: Persona
) -> None:
    confirm(duel, "aa")
    side_a, side_b = duel.sides
    assert points(duel)[side_a] == 3
    with trail() as found:
        dispute_id = dispute(duel, una)
    assert [kind for kind, _ in found.events] == ["match_disputed"]
    assert [action for action, _ in found.audited] == ["dispute.opened"]
    assert match_now(duel.match_id).state == "disputed"
    assert points(duel)[side_a] == 0
    with trail() as found:
        decided = dispute_decisions.decide(
            dispute_id, Decision("approve_original"), reason=REASON, actor=olga.actor, now=AT
        )
    assert (decided.state, decided.match_state, decided.revision) == ("resolved", "completed", 1)
    expected = {"number": 1, "dispute_id": dispute_id, "revision": 1, "winner_id": side_a, "state": "completed"}
    assert found.events == [("match_resolved", expected)]
    assert points(duel) == {side_a: 3, side_b: 0} | dict.fromkeys(duel.arena.participant_ids[2:], 0)


def test_a_right_objection_changes_the_result_and_the_board(duel: Duel, una: Persona, olga: Persona) -> None:
    confirm(duel, "aa")
    dispute_id = dispute(duel, una, "bab")
    decided = dispute_decisions.decide(
        dispute_id, Decision("approve_dispute"), reason=REASON, expected_revision=1, actor=olga.actor, now=AT
    )
    assert (decided.match_state, decided.revision) == ("completed", 2)
    assert points(duel)[duel.sides[1]] == 3
    assert dispute_now(dispute_id).resolution == "approve_dispute"


@pytest.mark.parametrize(
    ("decision", "state", "winner"),
    [
        (Decision("approve_original"), "completed", 0),
        (Decision(REJECT), "completed", 0),
        (Decision("approve_dispute"), "completed", 1),
        (Decision("custom_result", entries("aba")), "completed", 0),
        (Decision("replay"), "scheduled", None),
        (Decision("forfeit", lost_by=0), "forfeit", 1),
    ],
)
@pytest.mark.parametrize("is_confirmed", [True, False])
def test_every_decision_ends_the_match_as_it_says(
    duel: Duel, pat: Persona, una: Persona, olga: Persona, decision: Decision, state: str, winner: int | None,
    is_confirmed: bool,
) -> None:  # fmt: skip
    if is_confirmed:
        confirm(duel, "aa")
    else:
        report(duel, pat, "aa")
    dispute_id = dispute(duel, una)
    if decision.lost_by is not None:
        decision = Decision("forfeit", lost_by=duel.sides[decision.lost_by])
    decided = dispute_decisions.decide(dispute_id, decision, reason=REASON, actor=olga.actor, now=AT)
    match = match_now(duel.match_id)
    assert (decided.match_state, match.state) == (state, state)
    assert match.winner_id == (None if winner is None else duel.sides[winner])
    assert sum(points(duel).values()) == (0 if winner is None else 3)
    assert dispute_now(dispute_id).state == ("rejected" if decision.resolution == REJECT else "resolved")
    with pytest.raises(Conflict) as refusal:
        dispute_decisions.decide(dispute_id, decision, reason=REASON, actor=olga.actor, now=AT)
    assert refusal.value.code == "dispute_decided"


def test_a_lobby_is_disputed_and_put_back_whole(app: Flask, olga: Persona) -> None:
    arena = open_battle_royale()
    first = arena.match_ids[0]
    results.confirm(first, arena.lines(first), actor=SYSTEM, now=ended_at(1))
    ranking.rank_due(arena.tournament_id, now=AT)
    before = assert_board_is_right(arena.tournament_id).board.standings.columns["points"].tolist()
    dispute_id = disputes.open_dispute(first, reason_code="cheating", text=TEXT, actor=SYSTEM, now=AT)
    ranking.rank_due(arena.tournament_id, now=AT)
    assert assert_board_is_right(arena.tournament_id).board.standings.columns["points"].sum() == 0
    dispute_decisions.decide(dispute_id, Decision(REJECT), reason=REASON, actor=SYSTEM, now=AT)
    ranking.rank_due(arena.tournament_id, now=AT)
    assert assert_board_is_right(arena.tournament_id).board.standings.columns["points"].tolist() == before
    assert match_now(first).winner_id is not None


def test_one_dispute_at_a_time(duel: Duel, pat: Persona, una: Persona) -> None:
    confirm(duel)
    dispute(duel, una)
    with pytest.raises(Conflict) as refusal:
        dispute(duel, pat)
    assert refusal.value.code == "dispute_open"


def test_a_result_is_disputed_within_a_day(duel: Duel, una: Persona) -> None:
    with pytest.raises(Conflict) as refusal:
        dispute(duel, una)
    assert refusal.value.code == "nothing_to_dispute"
    confirm(duel)
    late = ended_at(1) + DISPUTABLE_FOR + timedelta(seconds=1)
    with pytest.raises(Conflict) as refusal:
        disputes.open_dispute(duel.match_id, reason_code="other", text=TEXT, actor=una.actor, now=late)
    assert refusal.value.code == "dispute_too_late"
    assert disputes.open_dispute(
        duel.match_id, reason_code="other", text=TEXT, actor=una.actor, now=late - timedelta(seconds=1)
    )


def test_an_objection_to_an_older_result_or_report_is_a_conflict(duel: Duel, pat: Persona, una: Persona) -> None:
    revision = report(duel, pat, "aa")
    newer = report(duel, pat, "aba")
    assert newer > revision
    with pytest.raises(Conflict) as refusal:
        dispute(duel, una, report_revision=revision)
    assert refusal.value.code == "stale_revision"
    dispute_id = dispute(duel, una, report_revision=newer)
    assert dispute_now(dispute_id).submission_id is not None


def test_a_decision_about_what_changed_meanwhile_is_a_conflict(duel: Duel, una: Persona, olga: Persona) -> None:
    confirm(duel)
    dispute_id = dispute(duel, una)
    disputes.take(dispute_id, actor=olga.actor, now=AT)
    disputes.take(dispute_id, actor=olga.actor, now=AT)
    assert (dispute_now(dispute_id).state, dispute_now(dispute_id).revision) == ("under_review", 2)
    with pytest.raises(Conflict) as refusal:
        dispute_decisions.decide(
            dispute_id, Decision(REJECT), reason=REASON, expected_revision=1, actor=olga.actor, now=AT
        )
    assert refusal.value.code == "stale_revision"
    assert dispute_now(dispute_id).state == "under_review"


def test_what_cannot_be_taken_is_refused_with_its_field(duel: Duel, una: Persona, olga: Persona) -> None:
    confirm(duel)
    for code, text, path in [
        ("bad_luck", TEXT, "reason_code"),
        ("other", "no", "text"),
        ("other", f"\x00{TEXT}", "text"),
    ]:
        with pytest.raises(DisputeError) as error:
            disputes.open_dispute(duel.match_id, reason_code=code, text=text, actor=una.actor, now=AT)
        assert [problem.path for problem in error.value.fields] == [path]
    with pytest.raises(SeriesError):
        dispute(duel, una, "ab")
    dispute_id = dispute(duel, una, None)
    for decision in (Decision("approve_dispute"), Decision("custom_result"), Decision("forfeit")):
        with pytest.raises(ResultError):
            dispute_decisions.decide(dispute_id, decision, reason=REASON, actor=olga.actor, now=AT)
    with pytest.raises(ResultError):
        dispute_decisions.decide(dispute_id, Decision(REJECT), reason="short", actor=olga.actor, now=AT)
    assert dispute_now(dispute_id).state == "open"


def test_strangers_know_nothing_and_sides_decide_nothing(
    duel: Duel, pat: Persona, una: Persona, otto: Persona, app: Flask
) -> None:
    confirm(duel)
    vera = persona(app, "vera")
    for stranger in (vera, otto):
        with pytest.raises(NotFound):
            dispute(duel, stranger)
    dispute_id = dispute(duel, una)
    for stranger in (vera, otto):
        with pytest.raises(NotFound):
            disputes.comment(dispute_id, "What is going on?", actor=stranger.actor, now=AT)
    with pytest.raises(Forbidden):
        dispute_decisions.decide(dispute_id, Decision(REJECT), reason=REASON, actor=pat.actor, now=AT)
    with pytest.raises(Forbidden):
        disputes.comment(dispute_id, "A note", is_internal=True, actor=pat.actor, now=AT)


def test_what_is_with_the_staff_they_alone_decide(duel: Duel, una: Persona, olga: Persona, sam: Persona) -> None:
    confirm(duel)
    dispute_id = dispute(duel, una)
    for _ in range(2):
        disputes.escalate(dispute_id, reason=REASON, actor=olga.actor, now=AT)
    assert (dispute_now(dispute_id).state, dispute_now(dispute_id).revision) == ("escalated", 2)
    with pytest.raises(Forbidden):
        dispute_decisions.decide(dispute_id, Decision(REJECT), reason=REASON, actor=olga.actor, now=AT)
    assert dispute_decisions.decide(
        dispute_id, Decision(REJECT), reason=REASON, actor=sam.actor, now=AT
    ).state == "rejected"  # fmt: skip


def test_what_officials_leave_undecided_goes_to_the_staff(duel: Duel, una: Persona) -> None:
    confirm(duel)
    dispute_id = dispute(duel, una)
    assert dispute_deadlines.escalate_overdue(now=AT + DECIDE_WITHIN - timedelta(seconds=1)) == []
    with transaction() as session:
        session.get_one(Tournament, duel.arena.tournament_id).paused_at = AT
    assert dispute_deadlines.escalate_overdue(now=AT + DECIDE_WITHIN) == []
    with transaction() as session:
        session.get_one(Tournament, duel.arena.tournament_id).paused_at = None
    assert dispute_deadlines.escalate_overdue(now=AT + DECIDE_WITHIN) == [dispute_id]
    assert dispute_deadlines.escalate_overdue(now=AT + DECIDE_WITHIN) == []
    assert dispute_now(dispute_id).state == "escalated"


def test_comments_are_said_once(duel: Duel, pat: Persona, una: Persona) -> None:
    confirm(duel)
    dispute_id = dispute(duel, una)
    first = disputes.comment(dispute_id, "Look at 12:30.", actor=pat.actor, now=AT)
    assert disputes.comment(dispute_id, " Look at 12:30. ", actor=pat.actor, now=AT) == first
    assert disputes.comment(dispute_id, "Look at 12:30.", actor=una.actor, now=AT) != first


def test_an_official_who_decides_the_match_by_other_means_ends_the_dispute(
    duel: Duel, pat: Persona, una: Persona
) -> None:
    report(duel, pat)
    dispute_id = dispute(duel, una)
    awards.force_win(duel.match_id, duel.sides[1], reason=REASON, actor=SYSTEM, now=AT)
    assert dispute_now(dispute_id).state == "resolved"
    assert points(duel)[duel.sides[1]] == 3


def test_nothing_is_disputed_in_an_archived_tournament_or_before_it_began(duel: Duel, una: Persona) -> None:
    with pytest.raises(Conflict):
        disputes.open_dispute(duel.match_id, reason_code="other", text=TEXT, actor=una.actor, now=OPENED_AT)
