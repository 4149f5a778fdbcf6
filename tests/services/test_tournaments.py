import re
import threading

import pytest
from flask import Flask
from sqlalchemy import select

from tests.arenas import (
    OPENED_AT,
    REASON,
    Arena,
    complete_undecided,
    ended_at,
    open_battle_royale,
    play_undecided,
    turn_on_the_engine,
)
from tests.invariants import assert_all_is_well
from tests.trail import trail
from webapp.domain.cascades import CASCADES
from webapp.domain.errors import Conflict, NotFound, ResultError, RulesError, TransitionError
from webapp.domain.presets import preset
from webapp.domain.rules import parse_ruleset
from webapp.models import Snapshot, Tournament
from webapp.services.matches import matches, results
from webapp.services.operations import flags
from webapp.services.ranking import ranking, standings
from webapp.services.registration import registrations
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot
from webapp.services.tournaments import tournaments

PLAIN = {"points_per_kill": 1, "placement_points": [10, 6]}


def create(name: str = "Cup", **settings: object) -> int:
    given: dict[str, object] = {"game": "pubgm", "format": "battle-royale", "ruleset": PLAIN}
    return tournaments.create(name, actor=SYSTEM, now=OPENED_AT, **(given | settings))  # type: ignore[arg-type]  # settings of all kinds


def stored(tournament_id: int) -> Tournament:
    with read_snapshot() as session:
        tournament = session.get_one(Tournament, tournament_id)
        session.expunge(tournament)
        return tournament


def cascade_of(tournament_id: int) -> object:
    return standings.rules_of(stored(tournament_id)).cascade


def play_all(arena: Arena) -> None:
    for place, match_id in enumerate(arena.match_ids, start=1):
        results.confirm(match_id, arena.lines(match_id), actor=SYSTEM, now=ended_at(place))


# -- creating


def test_a_new_tournament_is_a_draft_with_a_log_of_its_own_and_an_address(app: Flask) -> None:
    with trail() as found:
        tournament_id = create("  Élan   Cup ", season="2026_S1", ruleset=preset("super"))
    tournament = stored(tournament_id)
    assert (tournament.name, tournament.slug, tournament.status, tournament.log_seq) == (
        "Élan Cup",
        "elan-cup",
        "draft",
        1,
    )
    assert tournament.ruleset == preset("super").to_mapping()
    assert found.events == [("tournament_created", {"status": "draft"})]
    assert found.audited == [("tournament.created", {})]
    assert found.wanted == [("route", str(tournament_id))]
    assert [stored(create(name)).slug for name in ("Elan cup!", "élan-cup", "東京", "東京杯")] == [
        "elan-cup-2", "elan-cup-3", "tournament", "tournament-2"
    ]  # fmt: skip


def test_tournaments_of_one_name_made_at_once_get_addresses_of_their_own(app: Flask) -> None:
    made: list[int] = []

    def make() -> None:
        with app.app_context():
            made.append(create("Twin Cup"))

    threads = [threading.Thread(target=make) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(stored(tournament_id).slug for tournament_id in made) == ["twin-cup", "twin-cup-2", "twin-cup-3"]


def test_settings_that_cannot_be_are_named_together(app: Flask) -> None:
    with pytest.raises(ResultError) as refused:
        create("", format="chess", season="no spaces")
    assert [error.path for error in refused.value.fields] == ["name", "format", "season"]
    with pytest.raises(ResultError, match="Valorant is not played as battle-royale"):
        create(game="valorant")
    with pytest.raises(NotFound, match="There is no game chess; the games are"):
        create(game="chess")
    with pytest.raises(RulesError, match="unknown key 'luck'"):
        create(ruleset=PLAIN | {"cascade": ["points", "luck"]})


@pytest.mark.parametrize(("is_engine_on", "expected"), [(True, "engine"), (False, "service")])
def test_rules_that_name_no_cascade_get_the_default_of_the_day_they_open(
    app: Flask, is_engine_on: bool, expected: str
) -> None:
    opened, started, named = create(), create(), create(ruleset=PLAIN | {"cascade": "pubgm"})
    extended = create(ruleset={"extends": "super", "title": "Ours"})
    assert "cascade" not in stored(opened).ruleset
    flags.set_flag("LEADERBOARDS_ENGINE_V2_ENABLED", is_on=is_engine_on, actor=SYSTEM, now=OPENED_AT)
    tournaments.open_registration(opened, actor=SYSTEM, now=OPENED_AT)
    tournaments.start(started, actor=SYSTEM, now=OPENED_AT)
    tournaments.start(named, actor=SYSTEM, now=OPENED_AT)
    tournaments.start(extended, actor=SYSTEM, now=OPENED_AT)
    flags.set_flag("LEADERBOARDS_ENGINE_V2_ENABLED", is_on=not is_engine_on, actor=SYSTEM, now=OPENED_AT)
    tournaments.start(opened, actor=SYSTEM, now=OPENED_AT)
    # Settled when it opened: no flag may change who wins.
    assert (cascade_of(opened), cascade_of(started)) == (CASCADES[expected], CASCADES[expected])
    assert (cascade_of(named), cascade_of(extended)) == (CASCADES["pubgm"], CASCADES["pubgm"])


def test_rules_given_whole_are_kept_as_they_are(app: Flask) -> None:
    tournament_id = create(ruleset=parse_ruleset(PLAIN))
    tournaments.start(tournament_id, actor=SYSTEM, now=OPENED_AT)
    assert stored(tournament_id).ruleset == parse_ruleset(PLAIN).to_mapping()


# -- from state to state


def test_a_tournament_goes_from_draft_to_archive_with_an_event_and_an_audit_row_a_step(app: Flask) -> None:
    tournament_id = create()
    steps = (
        (tournaments.open_registration, "registration_open", "tournament_updated", "tournament.opened"),
        (tournaments.start, "live", "tournament_started", "tournament.started"),
        (tournaments.complete, "completed", "tournament_completed", "tournament.completed"),
        (tournaments.archive, "archived", "tournament_updated", "tournament.archived"),
    )
    for change, status, event, action in steps:
        before = stored(tournament_id).status
        if action == "tournament.completed":
            ids = registrations.register(tournament_id, ["Alpha", "Beta"], actor=SYSTEM, now=OPENED_AT)
            play_undecided(Arena(tournament_id, tuple(ids), ()))
        with trail() as found:
            change(tournament_id, actor=SYSTEM, now=OPENED_AT)
        assert stored(tournament_id).status == status
        assert found.events[-1][0] == event
        assert found.audited[-1][0] == action
        if action != "tournament.completed":
            assert found.audited[-1][1] == {"before": before, "after": status}
        assert ("publish", str(tournament_id)) in found.wanted
        with trail() as found:
            change(tournament_id, actor=SYSTEM, now=OPENED_AT)
        assert (found.events, found.audited, found.wanted) == ([], [], [])


def test_illegal_steps_are_refused_with_what_is_possible(app: Flask) -> None:
    tournament_id = create()
    with pytest.raises(TransitionError, match="A tournament that is draft cannot become completed"):
        tournaments.complete(tournament_id, actor=SYSTEM, now=OPENED_AT)
    tournaments.cancel(tournament_id, reason=REASON, actor=SYSTEM, now=OPENED_AT)
    with pytest.raises(TransitionError, match="cancelled cannot become live; possible from here: archived"):
        tournaments.start(tournament_id, actor=SYSTEM, now=OPENED_AT)
    with pytest.raises(NotFound, match="There is no tournament 999"):
        tournaments.start(999, actor=SYSTEM, now=OPENED_AT)


def test_a_cancelled_tournament_keeps_its_reason_and_counts_for_no_season(app: Flask) -> None:
    tournament_id = create(season="2026_S1")
    tournaments.start(tournament_id, actor=SYSTEM, now=OPENED_AT)
    with trail() as found:
        tournaments.cancel(tournament_id, reason=REASON, actor=SYSTEM, now=OPENED_AT)
    assert found.events == [("tournament_cancelled", {"status": "cancelled"})]
    assert found.audited == [("tournament.cancelled", {"before": "live", "after": "cancelled", "reason": REASON})]
    key = str(tournament_id)
    assert found.wanted == [("publish", key), ("route", key), ("season", "pubgm:2026_S1")]


# -- lots


def test_lots_are_drawn_once_at_the_start_and_logged(app: Flask) -> None:
    tournament_id = create(ruleset=PLAIN | {"cascade": ["points", "lot"]})
    assert stored(tournament_id).lot_seed == ""
    with trail() as found:
        tournaments.start(tournament_id, actor=SYSTEM, now=OPENED_AT)
    seed = stored(tournament_id).lot_seed
    assert re.fullmatch(r"[0-9a-f]{32}", seed)
    assert ("lot_drawn", {"lot_seed": seed}) in found.events
    assert ("lot.drawn", {"lot_seed": seed}) in found.audited
    assert ("rank", str(tournament_id)) in found.wanted
    without = create()
    with trail() as found:
        tournaments.start(without, actor=SYSTEM, now=OPENED_AT)
    assert [name for name, _ in found.events] == ["tournament_started"]
    assert stored(without).lot_seed == ""


def test_a_tournament_that_begins_live_has_its_lots_and_its_cascade_at_once(app: Flask) -> None:
    with trail() as found:
        tournament_id = create(ruleset=PLAIN | {"cascade": ["points", "lot"]}, status="live")
    assert [name for name, _ in found.events] == ["tournament_created", "lot_drawn"]
    assert "cascade" in stored(create(status="live")).ruleset
    assert stored(tournament_id).lot_seed == found.events[1][1]["lot_seed"]


# -- completing


def test_completing_brings_the_board_up_declares_the_first_three_and_keeps_the_final_board(app: Flask) -> None:
    turn_on_the_engine()
    arena = open_battle_royale(lobbies=2)
    play_all(arena)
    with trail() as found:
        tournaments.complete(arena.tournament_id, actor=SYSTEM, now=ended_at(9))
    board = assert_all_is_well(arena.tournament_id)
    first_three = board.board.standings.participant_id[board.board.rows_by_rank(0, 3)].tolist()
    outcome = {
        "winner_id": first_three[0], "runner_up_id": first_three[1], "third_place_id": first_three[2],
        "determination_method": "normal", "requires_review": False,
    }  # fmt: skip
    assert [name for name, _ in found.events] == ["rank_update", "tournament_completed"]
    assert found.events[1][1] == {"status": "completed", **outcome}
    assert found.audited == [("tournament.completed", {"status": "completed", **outcome})]
    tournament = stored(arena.tournament_id)
    assert (tournament.status, tournament.completed_at, tournament.requires_review) == ("completed", ended_at(9), False)
    with read_snapshot() as session:
        rows = session.execute(select(Snapshot.audience, Snapshot.version, Snapshot.reason).order_by(Snapshot.audience))
        assert rows.all() == [("official", 1, "completed"), ("public", 1, "completed")]


def test_no_flag_keeps_a_tournament_from_its_end_or_changes_who_wins(app: Flask) -> None:
    arena = open_battle_royale(lobbies=2)
    play_all(arena)
    with trail() as found:
        tournaments.complete(arena.tournament_id, actor=SYSTEM, now=ended_at(9))
    assert [name for name, _ in found.events] == ["tournament_completed"]
    declared = found.events[0][1]["winner_id"]
    turn_on_the_engine()
    board = ranking.rank_due(arena.tournament_id, now=ended_at(10))
    assert board is not None
    assert declared == board.board.standings.participant_id[board.board.rows_by_rank(0, 1)][0]


def test_a_tournament_in_which_nothing_was_played_is_cancelled_not_completed(app: Flask) -> None:
    arena = open_battle_royale(lobbies=1)
    matches.cancel_match(arena.match_ids[0], reason=REASON, actor=SYSTEM, now=ended_at(1))
    with pytest.raises(Conflict, match="or cancel the tournament") as refused:
        tournaments.complete(arena.tournament_id, actor=SYSTEM, now=ended_at(2))
    assert (refused.value.code, stored(arena.tournament_id).status) == ("nothing_played", "live")
    tournaments.cancel(arena.tournament_id, reason=REASON, actor=SYSTEM, now=ended_at(3))
    assert stored(arena.tournament_id).status == "cancelled"


def test_a_tournament_with_open_matches_cannot_be_completed(app: Flask) -> None:
    arena = open_battle_royale(lobbies=3)
    results.confirm(arena.match_ids[0], arena.lines(arena.match_ids[0]), actor=SYSTEM, now=ended_at(1))
    with pytest.raises(Conflict, match=re.escape("Matches are still open: 2, 3. Confirm or cancel them")) as refused:
        tournaments.complete(arena.tournament_id, actor=SYSTEM, now=ended_at(2))
    assert refused.value.code == "matches_open"
    matches.cancel_match(arena.match_ids[1], reason=REASON, actor=SYSTEM, now=ended_at(3))
    matches.cancel_match(arena.match_ids[2], reason=REASON, actor=SYSTEM, now=ended_at(3))
    tournaments.complete(arena.tournament_id, actor=SYSTEM, now=ended_at(4))
    assert stored(arena.tournament_id).status == "completed"


def test_a_tie_that_only_the_id_breaks_among_the_first_three_asks_for_review(app: Flask) -> None:
    arena = open_battle_royale(squads=4, lobbies=0)
    with trail() as found:
        complete_undecided(arena, now=ended_at(1))
    assert found.events[-1][1]["requires_review"] is True
    assert stored(arena.tournament_id).requires_review is True
