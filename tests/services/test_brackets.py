"""Drawing brackets: seeded, drawn again, locked, seeds changed."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.arenas import OPENED_AT, REASON, ended_at
from tests.knockouts import Knockout, open_knockout, registered
from tests.personas import Persona
from tests.trail import trail
from webapp.domain.errors import BracketError, Conflict, DomainError, Forbidden, NotFound
from webapp.models import BracketNode, Match, Registration, Stage, Team, Tournament
from webapp.services.bracketing import bracket_placements, brackets
from webapp.services.matches import matches
from webapp.services.registration import registrations
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.tournaments import tournaments


@pytest.fixture
def five(app: Flask) -> Knockout:
    return registered(sides=5)


def generate(knockout: Knockout, **how: object) -> int:
    return brackets.generate(knockout.tournament_id, actor=SYSTEM, now=OPENED_AT, **how)  # type: ignore[arg-type]  # checked at the call


def stage_of(knockout: Knockout) -> Stage:
    with read_snapshot() as session:
        stage = session.scalars(select(Stage).where(Stage.tournament_id == knockout.tournament_id)).one()
        session.expunge(stage)
        return stage


def change(knockout: Knockout, **values: object) -> None:
    with transaction() as session:
        tournament = session.get_one(Tournament, knockout.tournament_id)
        for name, value in values.items():
            setattr(tournament, name, value)


def test_a_drawn_bracket_is_stage_nodes_matches_events_and_audit_in_one(five: Knockout) -> None:
    with trail() as found:
        stage_id = generate(five)
    stage = stage_of(five)
    assert (stage.id, stage.state, stage.format, stage.seeding) == (
        stage_id, "generated", "single-elimination", "slot",
    )  # fmt: skip
    assert tuple(stage.seeds) == five.participant_ids
    assert five.sides() == {"W1-2": (4, 5), "W2-1": (1, None), "W2-2": (2, 3), "W3-1": (None, None)}
    with read_snapshot() as session:
        rows = session.execute(
            select(Match.number, Match.label, Match.round, Match.state, Match.best_of, Match.stage_id)
        ).all()
        node_ids = list(session.scalars(select(BracketNode.id).order_by(BracketNode.id)))
    assert rows == [
        (1, "Quarter-final", 1, "scheduled", 1, stage_id), (2, "Semi-final 1", 2, "scheduled", 1, stage_id),
        (3, "Semi-final 2", 2, "scheduled", 1, stage_id), (4, "Final", 3, "scheduled", 1, stage_id),
    ]  # fmt: skip
    assert found.events == [
        ("match_scheduled", {"match_ids": [*five.match_ids().values()]}),
        ("bracket_generated", {"stage_id": stage_id, "node_ids": node_ids}),
    ]
    assert found.audited == [
        (
            "bracket.generated",
            {"stage_id": stage_id, "seeding": "slot", "random_seed": "", "seeds": list(five.participant_ids)},
        )
    ]
    assert found.wanted == [("publish", str(five.tournament_id)), ("route", str(five.tournament_id))]


def test_drawing_what_is_there_changes_nothing(five: Knockout) -> None:
    first = generate(five)
    with trail() as found:
        assert generate(five) == first
    assert (found.events, found.audited) == ([], [])


def test_series_are_as_long_as_the_tournament_says_of_their_round(five: Knockout) -> None:
    generate(five)
    change(five, best_of_by_round={"default": 3, "final": 5, "W1": 1})
    generate(five)
    with read_snapshot() as session:
        assert list(session.scalars(select(Match.best_of).order_by(Match.number))) == [1, 3, 3, 5]


def test_drawn_again_matches_keep_their_plans_where_the_places_are_the_same(five: Knockout) -> None:
    generate(five)
    ids = five.match_ids()
    with transaction() as session:
        for match_id in ids.values():
            match = session.get_one(Match, match_id)
            match.scheduled_at, match.stream_url, match.ready_a_at = ended_at(5), "https://example.org/", ended_at(1)
    order = five.participant_ids[::-1]
    with trail() as found:
        generate(five, seeding="manual", order=order)
    assert five.match_ids() == ids
    assert five.sides()["W2-2"] == (4, 3)
    assert [name for name, _ in found.audited] == ["bracket.regenerated"]
    with read_snapshot() as session:
        rows = session.execute(select(Match.scheduled_at, Match.stream_url, Match.ready_a_at)).all()
    assert rows == [(ended_at(5), "https://example.org/", None)] * 4
    # Others take part: the places are others, and what was planned for them means nothing.
    registrations.register(five.tournament_id, ["Late", "Later"], actor=SYSTEM, now=OPENED_AT)
    generate(five)
    with read_snapshot() as session:
        assert set(session.scalars(select(Match.scheduled_at))) == {None}
        assert set(session.scalars(select(Match.number))) == {1, 2, 3, 4, 5, 6}


def test_matches_left_over_are_called_off_and_used_again(five: Knockout) -> None:
    generate(five)
    for who in five.participant_ids[3:]:
        registrations.withdraw(who, actor=SYSTEM, now=OPENED_AT)
    with trail() as found:
        generate(five)
    assert five.sides() == {"W1-2": (2, 3), "W2-1": (1, None)}
    assert [kind for kind, _ in found.events].count("match_cancelled") == 2
    registrations.register(five.tournament_id, ["Squad 04", "Squad 05"], actor=SYSTEM, now=OPENED_AT)
    generate(five)
    with read_snapshot() as session:
        states = session.execute(select(Match.state, func.count()).group_by(Match.state)).all()
    assert states == [("scheduled", 4)]


def test_a_random_draw_can_be_repeated_from_its_seed(five: Knockout) -> None:
    generate(five, seeding="random")
    drawn = stage_of(five)
    assert drawn.seeding_seed
    assert sorted(drawn.seeds) == sorted(five.participant_ids)
    again = brackets.preview(
        five.tournament_id, seeding="random", random_seed=drawn.seeding_seed, actor=SYSTEM, now=OPENED_AT
    )
    assert list(again.seeds) == drawn.seeds


def test_a_ranked_draw_goes_by_points_and_names_who_has_none(five: Knockout) -> None:
    with transaction() as session:
        for points, team in enumerate(session.scalars(select(Team).order_by(Team.id))):
            team.points = 100 * points
    with pytest.raises(BracketError, match=r"by hand: Squad 01\.") as refused:
        generate(five, seeding="ranked")
    assert refused.value.code == "unranked_teams"
    generate(five, seeding="ranked", unranked_last=True)
    assert stage_of(five).seeds == [*five.participant_ids[::-1]]


def test_players_have_no_ranking(app: Flask) -> None:
    solo = registered(sides=3, game="efootball")
    with pytest.raises(BracketError, match="Only teams have ranking points"):
        generate(solo, seeding="ranked")


@pytest.mark.parametrize("sides", [0, 1])
def test_a_bracket_needs_two(app: Flask, sides: int) -> None:
    with pytest.raises(BracketError, match="a bracket needs two at least"):
        generate(registered(sides=sides))


def test_a_preview_shows_what_would_be_drawn_and_writes_nothing(five: Knockout) -> None:
    with trail() as found:
        shown = brackets.preview(
            five.tournament_id, seeding="manual", order=five.participant_ids[::-1], actor=SYSTEM, now=OPENED_AT
        )
    assert (shown.seeds, len(shown.bracket.nodes)) == (five.participant_ids[::-1], 4)
    assert (found.events, found.audited, five.match_ids()) == ([], [], {})


def test_who_is_not_there_at_the_start_is_out_of_the_draw(five: Knockout) -> None:
    change(five, has_checkin=True, starts_at=ended_at(10), status="registration_closed")
    with transaction() as session:
        for who in five.participant_ids[1:]:
            session.get_one(Registration, who).checked_in_at = ended_at(3)
    shown = brackets.preview(five.tournament_id, actor=SYSTEM, now=ended_at(11))
    brackets.generate(five.tournament_id, actor=SYSTEM, now=ended_at(11))
    assert tuple(stage_of(five).seeds) == shown.seeds == five.participant_ids[1:]
    with read_snapshot() as session:
        assert session.get_one(Registration, five.participant_ids[0]).status == "no_show"


def test_drawing_while_check_in_is_open_closes_it_with_the_waitlist(five: Knockout) -> None:
    *field, last = five.participant_ids
    change(five, has_checkin=True, starts_at=ended_at(10), checkin_opens_at=ended_at(2), status="registration_closed")
    with transaction() as session:
        session.get_one(Tournament, five.tournament_id).places = 4
        for who in (*field[1:], last):
            session.get_one(Registration, who).checked_in_at = ended_at(3)
        session.get_one(Registration, last).status = "waitlisted"
    early = brackets.preview(five.tournament_id, actor=SYSTEM, now=ended_at(1))
    assert early.seeds == tuple(field)
    shown = brackets.preview(five.tournament_id, actor=SYSTEM, now=ended_at(4))
    assert shown.seeds == (*field[1:], last)
    with trail() as found:
        brackets.generate(five.tournament_id, actor=SYSTEM, now=ended_at(4))
    assert tuple(stage_of(five).seeds) == shown.seeds
    assert [name for name, _ in found.audited] == ["checkin.closed", "bracket.generated"]
    with read_snapshot() as session:
        states = [session.get_one(Registration, who).status for who in five.participant_ids]
    assert states == ["no_show", "approved", "approved", "approved", "approved"]


def test_a_finalized_bracket_stays_until_it_is_opened_again(five: Knockout) -> None:
    generate(five)
    with trail() as found:
        for _ in range(2):
            brackets.finalize(five.tournament_id, actor=SYSTEM, now=OPENED_AT)
    assert [name for name, _ in found.audited] == ["bracket.finalized"]
    assert [kind for kind, _ in found.events] == ["bracket_updated"]
    for change_it in (
        lambda: generate(five, seeding="random"),
        lambda: brackets.swap_seeds(five.tournament_id, 1, 2, actor=SYSTEM, now=OPENED_AT),
    ):
        with pytest.raises(Conflict) as refused:
            change_it()
        assert refused.value.code == "bracket_finalized"
    for _ in range(2):
        brackets.unfinalize(five.tournament_id, actor=SYSTEM, now=OPENED_AT)
    generate(five, seeding="random")
    assert stage_of(five).finalized_at is None


def test_once_a_match_has_begun_the_bracket_stays(five: Knockout) -> None:
    generate(five)
    tournaments.start(five.tournament_id, actor=SYSTEM, now=OPENED_AT)
    matches.start_match(five.match_ids()["W2-2"], actor=SYSTEM, now=OPENED_AT)
    for change_it in (
        lambda: generate(five, seeding="random"),
        lambda: brackets.swap_seeds(five.tournament_id, 1, 2, actor=SYSTEM, now=OPENED_AT),
    ):
        with pytest.raises(Conflict, match="Match 3 has begun") as refused:
            change_it()
        assert refused.value.code == "bracket_begun"
    # It can still be locked, and the same draw is what is there.
    generate(five)
    brackets.finalize(five.tournament_id, actor=SYSTEM, now=OPENED_AT)


def test_two_seeds_change_places_and_back(five: Knockout) -> None:
    generate(five)
    ids, (one, *_, last) = five.match_ids(), five.participant_ids
    with trail() as found:
        brackets.swap_seeds(five.tournament_id, 1, 5, actor=SYSTEM, now=OPENED_AT)
    assert five.sides() == {"W1-2": (4, 1), "W2-1": (5, None), "W2-2": (2, 3), "W3-1": (None, None)}
    assert found.events[0][1]["advanced"] == [[ids["W1-2"], "b", one], [ids["W2-1"], "a", last]]
    assert [name for name, _ in found.audited] == ["bracket.seeds_swapped"]
    brackets.swap_seeds(five.tournament_id, 5, 1, actor=SYSTEM, now=OPENED_AT)
    assert five.sides()["W2-1"] == (1, None)
    with pytest.raises(BracketError, match="there is no seed 6"):
        brackets.swap_seeds(five.tournament_id, 6, 1, actor=SYSTEM, now=OPENED_AT)


def test_what_cannot_be_drawn_is_said(app: Flask) -> None:
    lobby = registered("battle-royale", sides=4, game="pubgm")
    knockout = registered(sides=4, name="Bad", settings={"legs": 2})
    over = open_knockout(sides=2, name="Over")
    tournaments.cancel(over.tournament_id, reason=REASON, actor=SYSTEM, now=OPENED_AT)
    cases: list[tuple[Callable[[], object], str]] = [
        (lambda: generate(lobby), "no_bracket"),
        (lambda: generate(knockout), "invalid_bracket"),
        (lambda: generate(over, seeding="random"), "tournament_over"),
        (lambda: brackets.finalize(knockout.tournament_id, actor=SYSTEM, now=OPENED_AT), "no_bracket_yet"),
        (lambda: brackets.preview(999, actor=SYSTEM, now=OPENED_AT), "tournament_not_found"),
    ]
    for wrong, code in cases:
        with pytest.raises(DomainError) as refused:
            wrong()
        assert refused.value.code == code


def test_only_organizers_draw(five: Knockout, olga: Persona, pat: Persona) -> None:
    for actor, error in ((pat.actor, Forbidden), (olga.actor, NotFound)):
        for call in (brackets.generate, brackets.preview, brackets.finalize, brackets.unfinalize):
            with pytest.raises(error):
                call(five.tournament_id, actor=actor, now=OPENED_AT)
        with pytest.raises(error):
            brackets.swap_seeds(five.tournament_id, 1, 2, actor=actor, now=OPENED_AT)


# -- places


def test_places_of_a_bracket_become_known_from_below(app: Flask) -> None:
    knockout = open_knockout(sides=8)
    knockout.play(until="W3-1")
    with read_snapshot() as session:
        stage = session.get_one(Stage, stage_of(knockout).id)
        found = bracket_placements.of_stage(session, stage)
        tournament = session.get_one(Tournament, knockout.tournament_id)
        assert bracket_placements.of_tournament(session, tournament) is None
    assert (found.champion_id, found.open_numbers) == (None, (7,))
    assert [(knockout.participant_ids.index(one.participant_id) + 1, one.first, one.last) for one in found[0]] == [
        (3, 3, 4), (4, 3, 4), (5, 5, 8), (6, 5, 8), (7, 5, 8), (8, 5, 8),
    ]  # fmt: skip
    knockout.play()
    with read_snapshot() as session:
        tournament = session.get_one(Tournament, knockout.tournament_id)
        groups = bracket_placements.of_tournament(session, tournament)
    assert groups is not None
    assert [[knockout.participant_ids.index(who) + 1 for who in group] for group in groups] == [
        [1], [2], [3, 4], [5, 6, 7, 8],
    ]  # fmt: skip


@pytest.mark.parametrize("seed", [1, 2])
def test_places_of_a_double_elimination_with_and_without_a_second_final(app: Flask, seed: int) -> None:
    knockout = open_knockout("double-elimination", sides=4)
    knockout.play(until="GF")
    knockout.win("GF", seed)
    if seed == 2:
        with read_snapshot() as session:
            tournament = session.get_one(Tournament, knockout.tournament_id)
            assert bracket_placements.of_tournament(session, tournament) is None
        knockout.win("GF2", 2)
    with read_snapshot() as session:
        tournament = session.get_one(Tournament, knockout.tournament_id)
        groups = bracket_placements.of_tournament(session, tournament)
    assert groups is not None
    assert [[knockout.participant_ids.index(who) + 1 for who in group] for group in groups] == [
        [seed], [3 - seed], [3], [4],
    ]  # fmt: skip
