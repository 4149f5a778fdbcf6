"""Imports into a tournament that is there: all or nothing, once, as if each match had been confirmed by hand."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.arenas import OPENED_AT, REASON, Arena, complete_undecided, ended_at, open_battle_royale
from tests.invariants import assert_all_is_well
from tests.services.imported import row_counts, standing_of
from tests.trail import trail
from webapp.domain.errors import Conflict, Forbidden, NotFound, ResultError
from webapp.domain.scoring import BattleRoyaleLine
from webapp.extensions import db
from webapp.models import Adjustment, Match, Registration, User
from webapp.services.imports import import_into
from webapp.services.imports.import_into import IntoOptions, IntoPreview
from webapp.services.matches import matches, results
from webapp.services.ranking import ranking
from webapp.services.registration import registrations
from webapp.services.spine.actors import SYSTEM, Actor
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.tournaments import tournaments

pytestmark = pytest.mark.usefixtures("engine")

HEADER = "match,participant,placement,kills,map,penalty\n"
TWO = (
    HEADER + "1,Squad 01,1,5,Erangel,\n1,Squad 02,2,1,Erangel,\n1,Squad 03,,2,Erangel,2\n2,Squad 02,1,0,Miramar,\n2,Squad 01,2,3,Miramar,\n"
)  # fmt: skip


def take_in(arena: Arena, text: str = TWO, actor: Actor = SYSTEM, **options: Any) -> IntoPreview:
    return import_into.import_into(
        arena.tournament_id, text.encode(), IntoOptions(**options), actor=actor, now=ended_at(50)
    )


def preview(arena: Arena, text: str = TWO, actor: Actor = SYSTEM, **options: Any) -> IntoPreview:
    return import_into.preview_into(arena.tournament_id, text.encode(), IntoOptions(**options), actor=actor)


def matches_of(arena: Arena) -> list[tuple[Any, ...]]:
    with read_snapshot() as session:
        columns = (Match.number, Match.label, Match.state, Match.map, Match.revision)
        rows = session.execute(
            select(*columns).where(Match.tournament_id == arena.tournament_id).order_by(Match.number)
        )
        return [tuple(row) for row in rows]


def problems(arena: Arena, text: str, **options: Any) -> list[str]:
    before = row_counts()
    with pytest.raises(ResultError) as refused:
        take_in(arena, text, **options)
    with pytest.raises(ResultError) as foreseen:
        preview(arena, text, **options)
    assert refused.value.fields == foreseen.value.fields
    assert row_counts() == before
    return list(map(str, refused.value.fields))


def test_a_file_fills_the_matches_of_its_numbers_and_adds_what_is_missing(app: Flask) -> None:
    arena = open_battle_royale(squads=3, lobbies=1)
    foreseen = preview(arena)
    with trail() as found:
        done = take_in(arena)
    assert done == foreseen
    assert [(place.number, place.match_id, place.lines, place.winner) for place in done.places] == [
        (1, arena.match_ids[0], 3, "Squad 01"), (2, None, 2, "Squad 02"),
    ]  # fmt: skip
    assert (done.results, done.penalties, done.newcomers, done.is_nothing) == (5, 1, (), False)
    assert matches_of(arena) == [
        (1, "Match 1", "completed", "Erangel", 1), (2, "Match 2", "completed", "Miramar", 1)
    ]  # fmt: skip
    assert [event for event, _ in found.events] == ["match_completed", "adjustment_recorded", "match_completed"]
    ((action, data),) = found.audited
    assert (action, data["results"], data["participants_added"], len(data["match_ids"])) == (
        "results.imported",
        5,
        0,
        2,
    )
    key = str(arena.tournament_id)
    assert found.wanted == [("publish", key), ("rank", key), ("route", key)]
    ranking.rank_due(arena.tournament_id, now=ended_at(51))
    assert standing_of(arena.tournament_id) == {"Squad 01": (1, 29), "Squad 02": (2, 22), "Squad 03": (3, 0)}
    assert_all_is_well(arena.tournament_id)


def test_it_is_the_same_board_as_confirming_each_match(app: Flask) -> None:
    by_file, by_hand = (open_battle_royale(squads=3, lobbies=2, name=name) for name in ("File", "Hand"))
    text = "match,participant,placement,kills\n1,Squad 01,1,5\n1,Squad 02,2,1\n2,Squad 03,1,2\n2,Squad 02,2-3,0\n2,Squad 01,2-3,0\n"
    take_in(by_file, text)
    one, two, three = by_hand.participant_ids
    results.confirm(
        by_hand.match_ids[0], [BattleRoyaleLine(one, 1, 5), BattleRoyaleLine(two, 2, 1)], actor=SYSTEM, now=ended_at(50)
    )
    last = [BattleRoyaleLine(three, 1, 2), BattleRoyaleLine(two, 2, 0, 3), BattleRoyaleLine(one, 2, 0, 3)]
    results.confirm(by_hand.match_ids[1], last, actor=SYSTEM, now=ended_at(50) + timedelta(milliseconds=1))
    for arena in (by_file, by_hand):
        ranking.rank_due(arena.tournament_id, now=ended_at(51))
        assert_all_is_well(arena.tournament_id)
    assert standing_of(by_file.tournament_id) == standing_of(by_hand.tournament_id)


def test_the_same_file_again_changes_nothing_even_after_a_correction(app: Flask) -> None:
    arena = open_battle_royale(squads=3, lobbies=1)
    take_in(arena)
    results.void(arena.match_ids[0], reason=REASON, actor=SYSTEM, now=ended_at(60))
    before = row_counts()
    # Written otherwise, it is the same file all the same.
    again = take_in(arena, TWO.replace(",", ";"))
    assert (again.is_known, again.is_nothing, again.places) == (True, True, ())
    assert preview(arena).is_known
    assert row_counts() == before


def test_a_file_that_has_grown_adds_only_what_is_new(app: Flask) -> None:
    arena = open_battle_royale(squads=3, lobbies=0)
    take_in(arena)
    grown = TWO + "3,Squad 03,1,1,Sanhok,\n"
    assert [place.is_there for place in preview(arena, grown).places] == [True, True, False]
    done = take_in(arena, grown)
    assert (done.results, [place.number for place in done.places if place.is_to_be_written]) == (1, [3])
    assert take_in(arena, grown).is_known
    ranking.rank_due(arena.tournament_id, now=ended_at(51))
    assert_all_is_well(arena.tournament_id)


def test_a_match_that_holds_another_result_is_refused_or_comes_next_by_choice(app: Flask) -> None:
    arena = open_battle_royale(squads=3, lobbies=3)
    results.confirm(arena.match_ids[0], arena.lines(arena.match_ids[0]), actor=SYSTEM, now=ended_at(1))
    found = problems(arena, TWO)
    assert len(found) == 1
    assert found[0].startswith("line 2: match: match 1 has another result already; correct it there, or, if “1” is")
    done = take_in(arena, numbers_on=True)
    assert [(place.file_label, place.number) for place in done.places] == [("1", 2), ("2", 3)]
    more = take_in(arena, TWO.replace("Squad 03,,2", "Squad 03,,4"), numbers_on=True)
    assert [place.number for place in more.places] == [4, 5]
    assert [row[:3] for row in matches_of(arena)] == [
        (number, f"Match {number}", "completed") for number in range(1, 6)
    ]
    ranking.rank_due(arena.tournament_id, now=ended_at(51))
    assert_all_is_well(arena.tournament_id)


def test_a_changed_penalty_is_another_result(app: Flask) -> None:
    arena = open_battle_royale(squads=3, lobbies=1)
    take_in(arena)
    assert len(problems(arena, TWO.replace("Erangel,2", "Erangel,3"))) == 1


def test_labels_find_the_match_of_that_label(app: Flask) -> None:
    arena = open_battle_royale(squads=2, lobbies=0)
    matches.schedule(
        arena.tournament_id,
        [matches.Fixture(label="Opening"), matches.Fixture(label="Final")],
        actor=SYSTEM,
        now=OPENED_AT,
    )
    take_in(arena, "match,participant,placement,kills\nfinal,Squad 01,1,1\nExtra,Squad 02,1,1\n")
    assert [row[:3] for row in matches_of(arena)] == [
        (1, "Opening", "scheduled"), (2, "Final", "completed"), (3, "Extra", "completed")
    ]  # fmt: skip
    matches.cancel_match(arena_match(arena, 1), reason=REASON, actor=SYSTEM, now=OPENED_AT)
    assert problems(arena, "match,participant,placement,kills\nOpening,Squad 01,1,1\n") == [
        "line 2: match: match 1 is cancelled; it takes no result"
    ]


def arena_match(arena: Arena, number: int) -> int:
    with read_snapshot() as session:
        found = select(Match.id).where(Match.tournament_id == arena.tournament_id, Match.number == number)
        return session.scalars(found).one()


def test_who_is_unknown_is_a_wrong_line_unless_ticked(app: Flask) -> None:
    arena = open_battle_royale(squads=2, lobbies=1)
    text = "match,participant,placement,kills\n1,Squad 01,1,0\n1,Sqaud 02,2,x\n1,Nobody,3,0\n"
    assert problems(arena, text) == [
        "line 3: kills: “x” is not a whole number; write 0, 1, 2 …",
        "line 3: participant: “Sqaud 02” does not take part in this tournament; is “Squad 02” meant?",
        "line 4: participant: “Nobody” does not take part in this tournament",
    ]
    right = text.replace("Sqaud", "Squad").replace(",x", ",4")
    foreseen = preview(arena, right, adds_participants=True)
    assert foreseen.newcomers == ("Nobody",)
    with trail() as found:
        assert take_in(arena, right, adds_participants=True) == foreseen
    assert [event for event, _ in found.events] == ["registration_created", "match_completed"]
    with read_snapshot() as session:
        seeds = session.scalars(select(Registration.seed).order_by(Registration.id)).all()
    assert seeds == [1, 2, 3]
    ranking.rank_due(arena.tournament_id, now=ended_at(51))
    assert_all_is_well(arena.tournament_id)


def test_places_go_to_the_whole_field_and_who_withdrew_has_played(app: Flask) -> None:
    arena = open_battle_royale(squads=4, lobbies=1)
    registrations.withdraw(arena.participant_ids[3], actor=SYSTEM, now=OPENED_AT)
    text = "match,participant,placement,kills\n1,Squad 01,4,0\n1,Squad 04,1,1\n"
    assert problems(arena, text.replace("01,4", "01,5")) == [
        "line 2: placement: must be 1 to 4, or blank for a DNF, not 5"
    ]
    assert take_in(arena, text, adds_participants=True).newcomers == ()
    ranking.rank_due(arena.tournament_id, now=ended_at(51))
    assert_all_is_well(arena.tournament_id)
    assert list(standing_of(arena.tournament_id)) == ["Squad 01", "Squad 02", "Squad 03"]


def test_head_starts_reach_who_comes_with_a_file(app: Flask) -> None:
    arena = open_battle_royale({"placement_points": [3], "head_start": [1, 2, 7]}, squads=2, lobbies=1)
    take_in(arena, "match,participant,placement,kills\n1,Late,1,0\n", adds_participants=True)
    with read_snapshot() as session:
        points = session.scalars(select(Adjustment.points).order_by(Adjustment.id)).all()
    assert points == [1, 2, 7]
    ranking.rank_due(arena.tournament_id, now=ended_at(51))
    assert_all_is_well(arena.tournament_id)


def test_what_comes_after_the_deciding_match_is_refused_whole(app: Flask) -> None:
    arena = open_battle_royale({"placement_points": [10, 1], "match_point": {"threshold": 10}}, squads=2, lobbies=1)
    text = "match,participant,placement,kills\n" + "".join(f"{n},Squad 01,1,0\n{n},Squad 02,2,0\n" for n in (1, 2, 3))
    before = row_counts()
    with pytest.raises(ResultError, match="line 6: match: match 2 decides the tournament"):
        take_in(arena, text)
    assert row_counts() == before
    assert take_in(arena, text.partition("3,Squad")[0]).results == 4


@pytest.mark.parametrize("status", ["draft", "completed", "cancelled"])
def test_results_are_taken_in_while_it_is_live(app: Flask, status: str) -> None:
    arena = open_battle_royale(squads=3, lobbies=0)
    if status == "completed":
        complete_undecided(arena)
    if status == "cancelled":
        tournaments.cancel(arena.tournament_id, reason=REASON, actor=SYSTEM, now=OPENED_AT)
    if status == "draft":
        draft_id = tournaments.create(
            "D", game="pubgm", format="battle-royale", ruleset={}, actor=SYSTEM, now=OPENED_AT
        )
        arena = Arena(draft_id, (), ())
    for ask in (take_in, preview):
        with pytest.raises(Conflict, match=f"is {status}"):
            ask(arena)


def test_an_open_tournament_can_look_at_a_file_but_not_take_it(app: Flask) -> None:
    tournament_id = tournaments.create(
        "O", game="pubgm", format="battle-royale", ruleset={}, actor=SYSTEM, now=OPENED_AT
    )
    tournaments.open_registration(tournament_id, actor=SYSTEM, now=OPENED_AT)
    arena = Arena(tournament_id, (), ())
    assert len(preview(arena, adds_participants=True).newcomers) == 3
    with pytest.raises(Conflict, match="registration_open"):
        take_in(arena, adds_participants=True)


def test_only_its_organizers_import(app: Flask) -> None:
    people = []
    with transaction() as session:
        for handle, role in (("olga", "organizer"), ("otto", "organizer"), ("pat", "player")):
            people.append(User(handle=handle, handle_key=handle, role=role, created_at=OPENED_AT))
        session.add_all(people)
        session.flush()
        olga, otto, pat = (Actor(user.id, user.role) for user in people)
    arena = open_battle_royale(squads=3, lobbies=0, organizer_id=olga.user_id)
    for ask in (preview, take_in):
        with pytest.raises(NotFound):
            ask(arena, actor=otto)
        with pytest.raises(Forbidden):
            ask(arena, actor=pat)
    assert take_in(arena, actor=olga).results == 5


def test_two_at_once_take_it_in_once(app: Flask) -> None:
    arena = open_battle_royale(squads=3, lobbies=2)
    known: list[bool] = []

    def run() -> None:
        with app.app_context():
            known.append(take_in(arena).is_known)
            db.session.remove()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(known) == [False, True]
    ranking.rank_due(arena.tournament_id, now=ended_at(51))
    assert_all_is_well(arena.tournament_id)
