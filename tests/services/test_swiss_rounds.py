"""The rounds of a Swiss: paired when the one before is over, never with a rematch, byes counted once."""

import pytest
from flask import Flask

from tests.arenas import REASON, ended_at, turn_on_the_engine
from tests.personas import Persona
from tests.services.league_play import League, drawn
from tests.trail import trail
from webapp.domain.errors import BracketError, Conflict, DomainError, NotFound
from webapp.services.bracketing import league_progress, swiss_rounds
from webapp.services.matches import series
from webapp.services.ranking import ranking, scopes
from webapp.services.ranking.board_store import load
from webapp.services.spine.actors import SYSTEM, Actor
from webapp.services.spine.transaction import read_snapshot

NOW = ended_at(1000)


@pytest.fixture
def swiss(app: Flask) -> League:
    turn_on_the_engine()
    return drawn("swiss", 7, {"rounds": 3})


def next_round(league: League, **more: object) -> list[int]:
    return swiss_rounds.next_round(league.tournament_id, actor=SYSTEM, now=NOW, **more)  # type: ignore[arg-type]  # as named there


def test_a_swiss_is_played_to_its_end_without_a_rematch(swiss: League) -> None:
    for number in (1, 2, 3):
        if number > 1:
            next_round(swiss, number=number)
        swiss.play(swiss.stronger)

    duels = swiss.duels()
    pairs = [{duel.a, duel.b} for duel in duels if duel.b is not None]
    assert [duel.round for duel in duels] == [1] * 4 + [2] * 4 + [3] * 4
    assert all(pairs.count(pair) == 1 for pair in pairs)
    assert len({duel.a for duel in duels if duel.b is None}) == 3
    assert {duel.state for duel in duels} == {"completed"}
    assert swiss.stage().state == "completed"
    (table,) = swiss.tables()
    assert table.group is None
    assert [row.matches_played for row in table.rows] == [3] * 7
    assert table.rows[0].participant_id == swiss.ids[0]
    with pytest.raises(Conflict, match="Round 3 was the last one") as refused:
        next_round(swiss)
    assert refused.value.code == "rounds_over"


def test_a_bye_counts_from_the_first_result_on_and_on_the_board(swiss: League) -> None:
    bye = next(duel for duel in swiss.duels() if duel.b is None)
    assert (bye.a, bye.state) == (swiss.ids[6], "scheduled")

    first = swiss.open_duels()[0]
    with trail() as found:
        swiss.confirm(first, (2, 1))
    (told,) = [row for row in found.rows if row.match_id == bye.match_id]
    assert told.type == "match_completed"
    assert told.data["winner_id"] == swiss.ids[6]
    assert told.data["sides"] == [swiss.ids[6], None]

    ranking.rank_due(swiss.tournament_id, now=NOW)
    with read_snapshot() as session:
        published = load(session, scopes.tournament(swiss.tournament_id), "public")
    assert published is not None
    points = dict(
        zip(
            published.board.standings.participant_id.tolist(),
            published.board.standings.columns["points"].tolist(),
            strict=True,
        )
    )
    assert points[swiss.ids[6]] == 3
    assert sum(points.values()) == 6


def test_the_next_round_waits_for_every_match_of_the_one_before(swiss: League) -> None:
    first, *_, last = swiss.open_duels()
    swiss.confirm(first, (1, 0))

    with pytest.raises(Conflict, match="Round 1 is not over: matches 2, 3 are still open") as refused:
        next_round(swiss)
    assert refused.value.code == "round_open"

    swiss.play(swiss.stronger)
    ids = next_round(swiss, number=2)
    with trail() as found:
        assert next_round(swiss, number=2) == ids
        assert next_round(swiss, number=1) == [duel.match_id for duel in swiss.duels() if duel.round == 1]
    assert not found.rows
    assert not found.audited
    with pytest.raises(Conflict, match="Round 3 comes next"):
        next_round(swiss, number=4)
    # A match whose result is taken out is off: it holds nothing up.
    swiss.play(swiss.stronger)
    series.void(last.match_id, reason=REASON, actor=SYSTEM, now=NOW)
    assert next_round(swiss)


def test_what_a_round_leaves_behind(swiss: League) -> None:
    swiss.play(swiss.stronger)
    with trail() as found:
        ids = next_round(swiss)

    kinds = [kind for kind, _ in found.events]
    assert kinds == ["match_scheduled", "bracket_generated"]
    assert found.events[0][1] == {"match_ids": ids}
    stage_id = swiss.stage().id
    assert (
        "bracket.round_paired",
        {"stage_id": stage_id, "round": 2, "match_ids": ids, "by_hand": False},
    ) in found.audited


def test_a_round_can_be_paired_by_hand(swiss: League) -> None:
    swiss.play(swiss.stronger)
    one, two, three, four, five, six, seven = swiss.ids

    next_round(swiss, pairs=[(two, one), (seven, three), (five, six)])

    second = [duel for duel in swiss.duels() if duel.round == 2]
    assert [(duel.a, duel.b) for duel in second] == [(two, one), (seven, three), (five, six), (four, None)]
    assert [duel.state for duel in second] == ["scheduled"] * 4


def test_a_round_that_waits_can_be_paired_again(swiss: League) -> None:
    one, two, three, four, five, six, seven = swiss.ids
    pairs = [(one, two), (seven, three), (five, six)]
    with trail() as found:
        ids = next_round(swiss, number=1, pairs=pairs)

    assert [(duel.a, duel.b) for duel in swiss.duels()] == [*pairs, (four, None)]
    assert [duel.match_id for duel in swiss.duels()] == ids
    ((kind, data),) = found.events
    assert kind == "bracket_updated"
    assert [ids[0], "b", two] in data["advanced"]
    assert [ids[3], "a", four] in data["advanced"]
    with trail() as again:
        assert next_round(swiss, number=1, pairs=pairs) == ids
    assert not again.rows
    assert not again.audited

    swiss.confirm(swiss.open_duels()[0], (1, 0))
    with pytest.raises(Conflict, match="Round 1 has begun: matches 1, 4 are not waiting any more") as refused:
        next_round(swiss, number=1, pairs=[(one, four), (two, three), (five, six)])
    assert refused.value.code == "round_begun"


def test_a_pairing_by_hand_that_cannot_be_is_refused_with_everything_wrong(swiss: League) -> None:
    swiss.play(swiss.stronger)
    one, two, three, four, five, six, seven = swiss.ids

    with pytest.raises(BracketError) as refused:
        next_round(swiss, pairs=[(one, four), (two, two), (three, 10**6)])
    assert [str(error) for error in refused.value.fields] == [
        f"pair 1: participants {one} and {four} have met already",
        "pair 3: participant 1000000 does not play this round",
        f"pairs: participant {two} is paired 2 times",
        f"pairs: participants {seven}, {five}, {six} have no opponent",
    ]
    with pytest.raises(BracketError, match=f"participant {seven} has had the bye already"):
        next_round(swiss, pairs=[(one, two), (three, four), (five, six)])


def test_who_has_the_wins_or_losses_plays_on_no_more(app: Flask) -> None:
    swiss = drawn("swiss", 8, {"wins_out": 2, "losses_out": 2})
    for number in (1, 2, 3):
        if number > 1:
            next_round(swiss)
        swiss.play(swiss.stronger)

    assert [sum(duel.round == number for duel in swiss.duels()) for number in (1, 2, 3)] == [4, 4, 2]
    (table,) = swiss.tables()
    assert (
        sorted((row.wins, row.losses) for row in table.rows)
        == [(0, 2)] * 2 + [(1, 2)] * 2 + [(2, 0)] * 2 + [(2, 1)] * 2
    )
    assert swiss.stage().state == "completed"


def test_officials_of_the_tournament_alone_pair_a_round(swiss: League, olga: Persona, pat: Persona) -> None:
    swiss.play(swiss.stronger)
    for persona in (olga, pat):
        with pytest.raises(DomainError) as refused:
            swiss_rounds.next_round(swiss.tournament_id, actor=Actor(persona.user_id, persona.role), now=NOW)
        assert refused.value.code in {"tournament_not_found", "forbidden"}


def test_rounds_are_a_swiss_that_is_drawn(app: Flask) -> None:
    robin = drawn("round-robin", 4)
    with pytest.raises(Conflict, match="is no Swiss"):
        next_round(robin)
    with pytest.raises(NotFound, match="no stage 2 yet"):
        next_round(robin, stage_number=2)


def test_a_swiss_is_over_once_nobody_is_left_to_be_paired(app: Flask) -> None:
    league = drawn("swiss", 3, {"rounds": 3, "wins_out": 1})
    assert going_on(league)
    # One has won, one had the bye, and the third has nobody to meet.
    league.play(league.stronger)
    assert league.stage().state == "completed"
    assert not going_on(league)
    with pytest.raises(Conflict) as refused:
        next_round(league)
    assert refused.value.code == "rounds_over"


def going_on(league: League) -> bool:
    with read_snapshot() as session:
        return bool(league_progress.going_on(session, [league.tournament_id]))
