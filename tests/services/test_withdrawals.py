"""Somebody leaves in the middle: what is still to be played goes to the others, and the bracket goes on."""

import pytest
from flask import Flask
from sqlalchemy import select

from tests.arenas import REASON, ended_at, open_battle_royale, turn_on_the_engine
from tests.contests import player
from tests.invariants import assert_all_is_well
from tests.knockouts import Knockout, games, open_knockout
from tests.services.league_play import drawn
from tests.trail import trail
from webapp.domain.errors import Conflict
from webapp.models import Match, Registration, TournamentOutcome
from webapp.services.bracketing import swiss_rounds
from webapp.services.disputes import corrections
from webapp.services.disputes.corrections import Change
from webapp.services.matches import matches, reporting
from webapp.services.ranking import ranking
from webapp.services.registration import registrations
from webapp.services.spine import undo
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.tournaments import tournaments

NOW = ended_at(500)


@pytest.fixture(autouse=True)
def _engine(app: Flask) -> None:
    turn_on_the_engine()


def leave(participant_id: int) -> int | None:
    return registrations.withdraw(participant_id, actor=SYSTEM, now=NOW)


def all_is_well(cup: Knockout) -> None:
    ranking.rank_due(cup.tournament_id, now=NOW)
    assert_all_is_well(cup.tournament_id)


def ends(cup: Knockout) -> dict[str, tuple[str, str | None, int | None]]:
    """By node: state, how it was decided, the winner's seed."""
    seed_of = {who: seed for seed, who in enumerate(cup.participant_ids, start=1)}
    with read_snapshot() as session:
        rows = {key: session.get_one(Match, match_id) for key, match_id in cup.match_ids().items()}
        return {
            key: (row.state, row.decided_by, None if row.winner_id is None else seed_of[row.winner_id])
            for key, row in rows.items()
        }  # fmt: skip


def test_who_leaves_loses_what_is_open_and_the_other_side_goes_on() -> None:
    cup = open_knockout(sides=4)
    first, second, final = cup.match_ids()
    assert cup.sides()[first] == (1, 4)
    with trail() as found:
        leave(cup.seed(1))
    assert ends(cup)[first] == ("forfeit", "walk_over", 4)
    assert cup.sides()[final] == (4, None)
    kinds = [kind for kind, _ in found.events]
    assert kinds == ["registration_withdrawn", "match_completed", "bracket_updated"]
    assert [action for action, _ in found.audited] == ["registration.withdrawn", "match.walked_over"]
    with trail() as found:
        leave(cup.seed(1))
    assert (found.events, found.audited) == ([], [])
    cup.win(second, 2)
    assert ends(cup)[final] == ("scheduled", None, None)
    all_is_well(cup)


def test_in_a_double_elimination_whoever_comes_to_them_later_goes_on_as_well() -> None:
    cup = open_knockout("double-elimination", sides=8)
    leave(cup.seed(1))
    cup.play()
    states = ends(cup)
    assert not [key for key, (state, *_) in states.items() if state in ("scheduled", "ready")]
    with read_snapshot() as session:
        lost = select(Match.decided_by).where(Match.forfeited_by_id == cup.seed(1))
        assert session.scalars(lost).all() == ["walk_over"] * 2
    tournaments.complete(cup.tournament_id, actor=SYSTEM, now=NOW)
    with read_snapshot() as session:
        assert session.get_one(TournamentOutcome, cup.tournament_id).winner_id == cup.seed(2)
    all_is_well(cup)


def test_half_of_a_bracket_may_leave_and_it_still_has_a_winner() -> None:
    cup = open_knockout("double-elimination", sides=4)
    for seed in (1, 4, 3):
        leave(cup.seed(seed))
    assert {state for state, *_ in ends(cup).values()} <= {"forfeit", "cancelled"}
    tournaments.complete(cup.tournament_id, actor=SYSTEM, now=NOW)
    with read_snapshot() as session:
        assert session.get_one(TournamentOutcome, cup.tournament_id).winner_id == cup.seed(2)


def test_a_match_under_way_is_a_forfeit_and_what_was_played_stays() -> None:
    cup = open_knockout(sides=4)
    first, second, final = cup.match_ids()
    cup.win(first, 1)
    matches.start_match(cup.match_ids()[second], actor=SYSTEM, now=NOW)
    leave(cup.seed(2))
    assert ends(cup)[second] == ("forfeit", "forfeit", 3)
    leave(cup.seed(1))
    assert ends(cup)[first] == ("completed", None, 1)
    assert ends(cup)[final] == ("forfeit", "walk_over", 3)


def test_what_is_reported_is_left_to_the_officials() -> None:
    cup = open_knockout(sides=4)
    first = next(iter(cup.match_ids()))
    alice = player("alice")
    with transaction() as session:
        session.get_one(Registration, cup.seed(1)).registered_by_id = alice.user_id
    match_id = cup.match_ids()[first]
    reporting.submit(match_id, games(match_id, cup.seed(1)), actor=alice, now=NOW)
    leave(cup.seed(4))
    assert ends(cup)[first][0] == "pending_result"


def test_before_the_start_and_in_a_lobby_no_match_changes() -> None:
    cup = open_knockout(sides=4, is_live=False)
    leave(cup.seed(1))
    assert {state for state, *_ in ends(cup).values()} == {"scheduled"}
    arena = open_battle_royale(squads=3, lobbies=1)
    leave(arena.participant_ids[0])
    with read_snapshot() as session:
        assert session.get_one(Match, arena.match_ids[0]).state == "scheduled"


def test_a_league_counts_them_and_a_swiss_pairs_them_no_more() -> None:
    league = drawn("round-robin", 4)
    league.confirm(league.open_duels()[0], (1, 0))
    gone = league.ids[0]
    leave(gone)
    assert [duel for duel in league.open_duels() if gone in (duel.a, duel.b)] == []
    (table,) = league.tables()
    assert gone not in [row.participant_id for row in table.rows]
    other = league.ids[1]
    leave(other)
    both = [duel for duel in league.duels() if {duel.a, duel.b} == {gone, other}]
    assert [duel.state for duel in both] == ["forfeit"]

    swiss = drawn("swiss", 6, {"rounds": 3})
    leave(swiss.ids[0])
    swiss.play(swiss.stronger)
    swiss_rounds.next_round(swiss.tournament_id, actor=SYSTEM, now=NOW)
    assert [duel for duel in swiss.duels() if duel.round == 2 and swiss.ids[0] in (duel.a, duel.b)] == []


def test_it_can_be_undone_while_nothing_else_has_happened_to_the_matches() -> None:
    cup = open_knockout(sides=4)
    _, second, final = cup.match_ids()
    before, sides = ends(cup), cup.sides()
    undo_id = leave(cup.seed(1))
    assert undo_id is not None
    assert undo.undo(undo_id, actor=SYSTEM, now=NOW).changed
    assert (ends(cup), cup.sides()) == (before, sides)
    with read_snapshot() as session:
        back = session.get_one(Registration, cup.seed(1))
        assert (back.status, back.seed) == ("approved", 1)
    all_is_well(cup)

    undo_id = leave(cup.seed(1))
    assert undo_id is not None
    cup.win(second, 2)
    cup.win(final, 2)
    with pytest.raises(Conflict) as refused:
        undo.undo(undo_id, actor=SYSTEM, now=NOW)
    assert refused.value.code == "undo_overtaken"


def test_a_correction_that_sends_somebody_to_them_sends_them_on() -> None:
    cup = open_knockout(sides=4)
    first, second, final = cup.match_ids()
    cup.win(second, 2)
    leave(cup.seed(2))
    cup.win(first, 1)
    assert ends(cup)[final] == ("forfeit", "walk_over", 1)
    match_id = cup.match_ids()[first]
    entries = [[number, *((0, 1) if cup.sides()[first] == (1, 4) else (1, 0)), None] for number in (1, 2)]
    needed = {cup.match_ids()[final]: "replay"}
    with read_snapshot() as session:
        best_of = session.get_one(Match, match_id).best_of
    corrections.apply(
        match_id, Change("correct", entries[: best_of // 2 + 1]), reason=REASON, choices=needed, actor=SYSTEM, now=NOW
    )
    assert ends(cup)[final] == ("forfeit", "walk_over", 4)
    all_is_well(cup)
