"""From groups or a Swiss into the bracket that follows: who advances, with which seed, and who decides where rules do not."""

from collections.abc import Sequence

import pytest
from flask import Flask

from tests.arenas import ended_at, turn_on_the_engine
from tests.personas import Persona
from tests.services.league_play import Duel, League, drawn
from tests.statements import count_statements
from tests.trail import trail
from webapp.domain.errors import BracketError, Conflict, DomainError, SeriesError
from webapp.models import Tournament
from webapp.services.bracketing import group_tables, league_progress, next_stages, stages, swiss_rounds
from webapp.services.disputes import change_previews, dispute_decisions, disputes
from webapp.services.disputes.corrections import Change
from webapp.services.disputes.dispute_decisions import REJECT, Decision
from webapp.services.live import freezes
from webapp.services.organizer_pages.overview import NextStep, read_overview
from webapp.services.registration import registrations
from webapp.services.spine.actors import SYSTEM, Actor
from webapp.services.spine.transaction import read_snapshot
from webapp.services.tournaments import tournaments

NOW = ended_at(1000)
GROUPS = {"groups": 2, "advance": 2, "then": {"format": "single-elimination", "third_place": True}}


@pytest.fixture
def groups(app: Flask) -> League:
    return drawn("round-robin", 8, GROUPS)


def start(league: League, **more: object) -> int:
    return next_stages.start(league.tournament_id, actor=SYSTEM, now=NOW, **more)  # type: ignore[arg-type]  # as named there


def all_even(_duel: Duel) -> tuple[int, int]:
    return 1, 1


def test_two_of_each_group_go_into_the_bracket_and_are_kept_apart(groups: League) -> None:
    with pytest.raises(Conflict, match="The first stage is not over: matches 1, 2") as refused:
        start(groups)
    assert refused.value.code == "stage_open"
    groups.play(groups.stronger)
    assert groups.stage().state == "completed"

    with trail() as found:
        stage_id = start(groups)

    # The snake: 1, 4, 5, 8 are group A, 2, 3, 6, 7 group B.
    one, two, three, four = (groups.ids[seed - 1] for seed in (1, 2, 4, 3))
    assert groups.stage(2).seeds == [one, two, three, four]
    assert [(duel.a, duel.b) for duel in groups.duels(2)][:2] == [(one, four), (two, three)]
    assert ("bracket.stage_started", {"stage_id": stage_id, "seeds": [one, two, three, four], "by_hand": False}) in (
        found.audited
    )
    with trail() as again:
        assert start(groups) == stage_id
    assert not again.rows
    assert not again.audited


@pytest.mark.parametrize("decision", [REJECT, "approve_original"])
def test_groups_that_wait_for_a_dispute_alone_are_over_when_the_result_stands(groups: League, decision: str) -> None:
    first = groups.open_duels()[0]
    groups.confirm(first, groups.stronger(first))
    dispute_id = disputes.open_dispute(
        first.match_id,
        reason_code="wrong_score",
        text="It ended two to one.",
        actor=SYSTEM,
        now=ended_at(first.match_id),
    )
    groups.play(groups.stronger)
    assert groups.stage().state != "completed"
    dispute_decisions.decide(
        dispute_id, Decision(decision), reason="The log has it so.", actor=SYSTEM, now=ended_at(first.match_id)
    )
    assert groups.stage().state == "completed"
    start(groups)


def test_a_bracket_after_groups_is_played_on_and_knows_no_draw(groups: League) -> None:
    groups.play(groups.stronger)
    start(groups)

    with pytest.raises(SeriesError, match="one side has to win"):
        groups.confirm(groups.open_duels(2)[0], (1, 1))
    groups.play(groups.stronger, number=2)

    final = groups.duels(2)[-1]
    assert final.winner_id == groups.ids[0]
    assert groups.stage(2).state == "completed"
    # What is played in the bracket is no part of the groups' tables.
    assert {row.matches_played for table in groups.tables() for row in table.rows} == {3}


def test_a_winner_waits_for_the_bracket_after_the_groups(groups: League) -> None:
    groups.play(groups.stronger)
    assert step(groups) is NextStep.GO_ON
    with pytest.raises(Conflict, match="is still to be drawn and played") as refused:
        tournaments.complete(groups.tournament_id, actor=SYSTEM, now=NOW)
    assert refused.value.code == "stage_open"

    start(groups)
    assert step(groups) is NextStep.ENTER_RESULT
    groups.play(groups.stronger, number=2)
    assert step(groups) is NextStep.COMPLETE
    tournaments.complete(groups.tournament_id, actor=SYSTEM, now=NOW)


def step(league: League) -> NextStep:
    return read_overview(league.tournament_id, actor=SYSTEM, now=NOW).step


def test_tables_say_who_advances(groups: League) -> None:
    groups.play(groups.stronger)

    first, second = groups.tables()
    assert (first.group, second.group) == ("A", "B")
    assert [groups.ids.index(row.participant_id) + 1 for row in first.rows] == [1, 4, 5, 8]
    assert [groups.ids.index(row.participant_id) + 1 for row in second.rows] == [2, 3, 6, 7]
    assert [(row.rank, row.points, row.wins, row.losses, row.advances) for row in first.rows] == [
        (1, 9, 3, 0, True), (2, 6, 2, 1, True), (3, 3, 1, 2, False), (4, 0, 0, 3, False),
    ]  # fmt: skip
    assert [(row.score_for, row.score_against) for row in first.rows] == [(3, 0), (2, 1), (1, 2), (0, 3)]


def test_where_the_rules_leave_open_who_advances_a_person_decides(groups: League) -> None:
    groups.play(all_even)

    with pytest.raises(Conflict, match="The rules leave open who advances") as refused:
        start(groups)
    assert refused.value.code == "tie_at_cut"
    assert [error.path for error in refused.value.fields] == ["group A", "group B"]
    with pytest.raises(BracketError, match="group B: 2 of the participants"):
        start(groups, order=[groups.ids[seed - 1] for seed in (1, 4, 5, 2)])

    chosen = [groups.ids[seed - 1] for seed in (8, 7, 1, 2)]
    with trail() as found:
        start(groups, order=chosen)
    assert groups.stage(2).seeds == chosen
    assert next(data["by_hand"] for action, data in found.audited if action == "bracket.stage_started")


def test_another_order_draws_the_bracket_anew_until_it_has_begun(groups: League) -> None:
    groups.play(groups.stronger)
    start(groups)
    one, two, three, four = groups.stage(2).seeds

    start(groups, order=[four, three, two, one])
    assert [(duel.a, duel.b) for duel in groups.duels(2)][:2] == [(four, one), (three, two)]

    groups.confirm(groups.open_duels(2)[0], (1, 0))
    with pytest.raises(Conflict, match="has begun") as refused:
        start(groups)
    assert refused.value.code == "bracket_begun"


def test_the_best_of_a_swiss_go_on_in_their_order(app: Flask) -> None:
    swiss = drawn("swiss", 8, {"rounds": 2, "advance": 4, "then": {"format": "double-elimination"}})
    swiss.play(swiss.stronger)
    with pytest.raises(Conflict, match="rounds are still to be paired"):
        start(swiss)
    swiss_rounds.next_round(swiss.tournament_id, actor=SYSTEM, now=NOW)
    swiss.play(swiss.stronger)
    with pytest.raises(Conflict) as refused:
        start(swiss)
    assert refused.value.code == "tie_at_cut"

    (table,) = swiss.tables()
    first = [row.participant_id for row in table.rows if row.wins == 2]
    level = [row.participant_id for row in table.rows if row.wins == 1]
    start(swiss, order=[*first, *level[:2]])
    assert swiss.stage(2).format == "double-elimination"
    assert len(swiss.duels(2)) == 7


def test_nothing_follows_a_stage_that_says_nothing_of_it(app: Flask) -> None:
    robin = drawn("round-robin", 3)
    robin.play(robin.stronger)

    with pytest.raises(Conflict, match="Nothing follows") as refused:
        start(robin)
    assert refused.value.code == "no_next_stage"


def test_only_those_who_manage_the_bracket_start_the_next_stage(groups: League, olga: Persona, pat: Persona) -> None:
    groups.play(groups.stronger)
    for persona in (olga, pat):
        with pytest.raises(DomainError) as refused:
            next_stages.start(groups.tournament_id, actor=Actor(persona.user_id, persona.role), now=NOW)
        assert refused.value.code in {"tournament_not_found", "forbidden"}


def test_who_withdrew_is_in_no_table_and_does_not_advance(groups: League) -> None:
    groups.play(groups.stronger)
    registrations.withdraw(groups.ids[0], actor=SYSTEM, now=NOW)

    start(groups)
    assert groups.stage(2).seeds == [groups.ids[seed - 1] for seed in (4, 2, 5, 3)]
    assert groups.ids[0] not in {row.participant_id for table in groups.tables() for row in table.rows}


def test_frozen_tables_show_the_public_what_it_knew(app: Flask) -> None:
    turn_on_the_engine()
    groups = drawn("round-robin", 8, GROUPS)
    first, second, *_ = groups.open_duels()
    groups.confirm(first, (1, 0))
    before = groups.tables(audience="public")
    freezes.freeze_now(groups.tournament_id, actor=SYSTEM, now=NOW)
    groups.confirm(second, (1, 0))

    assert groups.tables(audience="public") == before
    assert groups.tables(audience="official") != before


@pytest.mark.parametrize("size", [4, 24])
def test_tables_take_as_many_statements_for_any_number_of_groups(app: Flask, size: int) -> None:
    groups = drawn("round-robin", size, {"groups": size // 4})
    with read_snapshot() as session:
        stage = stages.the(session, groups.tournament_id)
        tournament = session.get_one(Tournament, groups.tournament_id)
        assert stage is not None
        with count_statements() as statements:
            assert len(group_tables.of_stage(session, tournament, stage)) == size // 4
    assert len(statements) == 4


@pytest.mark.parametrize("begun", [False, True])
def test_a_correction_that_sends_others_on_says_so_before_it_is_done(groups: League, begun: bool) -> None:
    groups.play(groups.stronger)
    first = next(duel for duel in groups.duels() if {duel.a, duel.b} == {groups.ids[3], groups.ids[4]})
    assert seen(groups, first, groups.ids[4]).onward is None, "nothing is drawn yet"
    start(groups)
    if begun:
        groups.confirm(groups.open_duels(2)[0], (1, 0))
    assert seen(groups, first, groups.ids[3]).onward is None, "the same goes on"
    impact = seen(groups, first, groups.ids[4])
    # The fourth and the fifth seed have two wins each but for this match: 1, 5 go on in place of 1, 4.
    assert impact.onward == change_previews.Onward((groups.ids[4],), (groups.ids[3],), False, begun)
    replayed = change_previews.of_correction(first.match_id, Change("replay"), {}, actor=SYSTEM, now=NOW)
    assert replayed.onward == change_previews.Onward((), (), True, begun)
    assert groups.stage(2).seeds[2] == groups.ids[3]


def seen(groups: League, duel: Duel, winner: int) -> change_previews.Impact:
    entries = [[1, 2, 0, None] if winner == duel.a else [1, 0, 2, None]]
    return change_previews.of_correction(duel.match_id, Change("correct", entries), {}, actor=SYSTEM, now=NOW)


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ([3], "match 3 is"),
        ([3, 4], "matches 3, 4 are"),
        (range(1, 11), "matches 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 are"),
        (range(1, 43), "matches 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 32 more are"),
    ],
)
def test_many_matches_are_not_told_as_if_they_were_ten(numbers: Sequence[int], words: str) -> None:
    assert league_progress.listed(numbers) == words
