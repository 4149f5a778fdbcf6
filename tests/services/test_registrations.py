import threading
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.arenas import OPENED_AT, REASON, complete_undecided, ended_at, open_battle_royale, turn_on_the_engine
from tests.invariants import assert_all_is_well
from tests.trail import trail
from webapp.domain.errors import Conflict, NotFound, ResultError, TransitionError
from webapp.models import Registration, Team, Tournament, User
from webapp.services.boards import history
from webapp.services.matches import results
from webapp.services.ranking import ranking
from webapp.services.registration import registrations
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.tournaments import tournaments


def create(game: str = "pubgm", form: str = "battle-royale") -> int:
    return tournaments.create(
        "Cup", game=game, format=form, ruleset={"points_per_kill": 1}, actor=SYSTEM, now=OPENED_AT
    )


def register(tournament_id: int, *names: str, seeded: bool = True) -> list[int]:
    return registrations.register(tournament_id, names, actor=SYSTEM, now=OPENED_AT, seeded=seeded)


def seeds_of(tournament_id: int) -> dict[int, int | None]:
    with read_snapshot() as session:
        rows = session.execute(
            select(Registration.id, Registration.seed).where(Registration.tournament_id == tournament_id)
        )
        return dict(rows.all())


def test_registering_adds_teams_and_participants_in_the_order_of_the_names(app: Flask) -> None:
    tournament_id = create()
    with trail() as found:
        ids = register(tournament_id, "Beta", " Alpha ", "Gamma")
    assert ids == sorted(ids)
    assert seeds_of(tournament_id) == {ids[0]: 1, ids[1]: 2, ids[2]: 3}
    with read_snapshot() as session:
        named = select(Registration.id, Team.name, Team.game).join(Team, Team.id == Registration.team_id)
        assert session.execute(named.order_by(Registration.id)).all() == [
            (ids[0], "Beta", "pubgm"), (ids[1], "Alpha", "pubgm"), (ids[2], "Gamma", "pubgm")
        ]  # fmt: skip
    assert found.events == [("registration_created", {"registration_ids": ids, "status": "approved"})]
    assert found.audited == [("registration.created", {"registration_ids": ids})]
    key = str(tournament_id)
    assert found.wanted == [("publish", key), ("rank", key), ("route", key)]


def test_who_takes_part_already_keeps_its_place_and_seeds_go_on(app: Flask) -> None:
    tournament_id = create()
    alpha, beta = register(tournament_id, "Alpha", "Beta")
    with trail() as found:
        ids = register(tournament_id, "Beta", "Gamma", "Alpha", "Gamma")
    gamma = ids[1]
    assert ids == [beta, gamma, alpha, gamma]
    assert seeds_of(tournament_id) == {alpha: 1, beta: 2, gamma: 3}
    assert found.events == [("registration_created", {"registration_ids": [gamma], "status": "approved"})]
    with trail() as found:
        assert register(tournament_id, "Alpha") == [alpha]
    assert (found.events, found.audited, found.wanted) == ([], [], [])
    (unseeded,) = register(tournament_id, "Delta", seeded=False)
    assert seeds_of(tournament_id)[unseeded] is None


def test_a_team_is_one_in_all_tournaments_of_its_game_and_another_in_other_games(app: Flask) -> None:
    for game, form in (("pubgm", "battle-royale"), ("pubgm", "battle-royale"), ("valorant", "swiss")):
        register(create(game, form), "Alpha", "alpha")
    with read_snapshot() as session:
        assert session.execute(select(Team.game, Team.name).order_by(Team.id)).all() == [
            ("pubgm", "Alpha"), ("pubgm", "alpha"), ("valorant", "Alpha"), ("valorant", "alpha")
        ]  # fmt: skip


def test_a_solo_player_is_known_by_the_handle_in_any_case_and_width(app: Flask) -> None:
    tournament_id = create("fc26", "swiss")
    first, second = register(tournament_id, "Straße", "Nova")
    assert register(tournament_id, "STRASSE", "ｎｏｖａ", "nova") == [first, second, second]
    with read_snapshot() as session:
        assert session.scalars(select(User.handle).order_by(User.id)).all() == ["Nova", "Straße"]
        assert session.scalars(select(Registration.team_id)).all() == [None, None]


def test_names_that_cannot_be_used_are_named_together(app: Flask) -> None:
    tournament_id = create()
    with pytest.raises(ResultError) as refused:
        register(tournament_id, "Alpha", "  ", "x" * 81, "evil\u202ename")
    assert [error.path for error in refused.value.fields] == ["name 2", "name 3", "name 4"]
    assert seeds_of(tournament_id) == {}


def test_nobody_joins_a_tournament_that_is_over(app: Flask) -> None:
    arena = open_battle_royale(lobbies=0)
    complete_undecided(arena)
    with pytest.raises(Conflict, match="is completed; nobody can join any more"):
        register(arena.tournament_id, "Late")


def test_a_withdrawal_takes_the_row_off_the_board_and_keeps_the_results(app: Flask) -> None:
    turn_on_the_engine()
    arena = open_battle_royale(squads=4, lobbies=2)
    first_match, second_match = arena.match_ids
    results.confirm(first_match, arena.lines(first_match), actor=SYSTEM, now=ended_at(1))
    ranking.rank_due(arena.tournament_id, now=ended_at(1))
    gone = arena.participant_ids[1]
    with trail() as found:
        registrations.withdraw(gone, actor=SYSTEM, now=ended_at(2))
    assert found.events == [("registration_withdrawn", {"status": "withdrawn"})]
    assert found.rows[0].registration_id == gone
    assert found.audited == [
        ("registration.withdrawn", {"registration_id": gone, "before": "approved", "after": "withdrawn"})
    ]
    key = str(arena.tournament_id)
    assert found.wanted == [("publish", key), ("rank", key), ("route", key)]
    computed = ranking.rank_due(arena.tournament_id, now=ended_at(2))
    assert computed is not None
    assert gone not in computed.board.standings.participant_id.tolist()
    changes = computed.deltas.as_columns()
    assert dict(zip(changes["participant_id"], changes["current_rank"], strict=True))[gone] == 0
    # A correction of what it had played changes no row that is still there, and must not harm one.
    results.correct(first_match, arena.lines(second_match), reason=REASON, actor=SYSTEM, now=ended_at(3))
    ranking.rank_due(arena.tournament_id, now=ended_at(3))
    assert_all_is_well(arena.tournament_id)
    with read_snapshot() as session:
        tournament = session.get_one(Tournament, arena.tournament_id)
        assert len(history.board_at(session, tournament, 1)[0]) == 4
        assert len(history.board_at(session, tournament, 2)[0]) == 3
    with trail() as found:
        registrations.withdraw(gone, actor=SYSTEM, now=ended_at(4))
    assert found.events == []


def test_who_withdrew_can_come_back_to_its_results(app: Flask) -> None:
    turn_on_the_engine()
    arena = open_battle_royale(squads=3, lobbies=1)
    results.confirm(arena.match_ids[0], arena.lines(arena.match_ids[0]), actor=SYSTEM, now=ended_at(1))
    before = ranking.rank_due(arena.tournament_id, now=ended_at(1))
    registrations.withdraw(arena.participant_ids[0], actor=SYSTEM, now=ended_at(2))
    ranking.rank_due(arena.tournament_id, now=ended_at(2))
    with trail() as found:
        assert register(arena.tournament_id, "Squad 01") == [arena.participant_ids[0]]
    assert found.events == [
        ("registration_created", {"registration_ids": [arena.participant_ids[0]], "status": "approved"})
    ]
    after = ranking.rank_due(arena.tournament_id, now=ended_at(3))
    assert before is not None
    assert after is not None
    assert after.board.same_as(before.board)
    assert_all_is_well(arena.tournament_id)


def test_withdrawals_that_cannot_be_are_refused(app: Flask) -> None:
    arena = open_battle_royale(squads=2, lobbies=0)
    with pytest.raises(NotFound, match="There is no registration 999"):
        registrations.withdraw(999, actor=SYSTEM, now=OPENED_AT)
    rejected = arena.participant_ids[1]
    with transaction() as session:
        session.get_one(Registration, rejected).status = "rejected"
    with pytest.raises(TransitionError, match="A registration that is rejected cannot become withdrawn"):
        registrations.withdraw(rejected, actor=SYSTEM, now=OPENED_AT)
    complete_undecided(replace(arena, participant_ids=arena.participant_ids[:1]))
    with pytest.raises(Conflict, match="is completed; nobody can withdraw any more"):
        registrations.withdraw(arena.participant_ids[0], actor=SYSTEM, now=OPENED_AT)


def test_the_same_new_teams_can_join_two_tournaments_at_once(app: Flask) -> None:
    """More names than one statement looks up, given in opposite orders."""
    names = [f"Squad {number:03}" for number in range(1200)]
    tournament_ids = [create(), create()]
    found: dict[int, list[int]] = {}

    def join(tournament_id: int, given: list[str]) -> None:
        with app.app_context():
            found[tournament_id] = register(tournament_id, *given)

    threads = [
        threading.Thread(target=join, args=(tournament_id, given))
        for tournament_id, given in zip(tournament_ids, (names, names[::-1]), strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {len(ids) for ids in found.values()} == {1200}
    with read_snapshot() as session:
        assert session.scalar(select(func.count()).select_from(Team)) == 1200
