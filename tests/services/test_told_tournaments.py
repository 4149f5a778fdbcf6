"""Who is told of what happens to a whole tournament, and of moves on its board."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from tests.arenas import OPENED_AT, REASON, Arena, ended_at, names, open_battle_royale
from tests.entering import enter, open_tournament
from tests.knockouts import open_knockout, registered
from tests.notified import heard, lined_up, mails, people, route
from tests.services.placements import RULES, played, put, rank_now
from tests.statements import count_statements
from webapp.domain.events import CATALOGUE
from webapp.domain.notifications.moves import AT_MOST_ONCE_IN
from webapp.models import Event, Tournament
from webapp.services.bracketing import brackets
from webapp.services.live import freezes
from webapp.services.matches import matches
from webapp.services.notifications import logs
from webapp.services.notifications.posts import Posts
from webapp.services.ranking import overrides, ranking
from webapp.services.registration import registrations
from webapp.services.spine.actors import SYSTEM, Actor
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.tournaments import organizer_notices, tournaments

FIRST = [0, 1, 2, 3, 4, 5]
TURNED = [5, 4, 3, 2, 1, 0]


def sixfold(app: Flask) -> tuple[Arena, list[Actor]]:
    """Six squads of one person each, in a battle royale."""
    arena = open_battle_royale(RULES, squads=6, lobbies=4)
    players = people(6)
    for registration_id, player in zip(arena.participant_ids, players, strict=True):
        lined_up(registration_id, [player])
    route(arena.tournament_id)
    return arena, players


def events_of(tournament_id: int, kind: str) -> list[Event]:
    with read_snapshot() as session:
        rows = session.scalars(
            select(Event).where(Event.tournament_id == tournament_id, Event.type == kind).order_by(Event.seq)
        ).all()
        session.expunge_all()
        return list(rows)


def test_start_and_cancellation_are_told_to_all_and_the_end_with_the_final_rank(engine: None, app: Flask) -> None:
    arena, _ = sixfold(app)
    played(arena, order=FIRST)
    for match_id in arena.match_ids[1:]:
        matches.cancel_match(match_id, reason=REASON, actor=SYSTEM, now=ended_at(2))
    route(arena.tournament_id, ended_at(2))
    tournaments.complete(arena.tournament_id, actor=SYSTEM, now=ended_at(3))
    said = route(arena.tournament_id, ended_at(3))
    assert [one.kind for one in said] == ["tournament_completed"] * 6
    assert [one.data["rank"] for one in said] == [1, 2, 3, 4, 5, 6]


def test_the_final_rank_of_a_bracket_is_the_brackets(app: Flask) -> None:
    knockout = open_knockout(sides=4)
    for registration_id, player in zip(knockout.participant_ids, people(4), strict=True):
        lined_up(registration_id, [player])
    knockout.play(max)
    tournaments.complete(knockout.tournament_id, actor=SYSTEM, now=OPENED_AT)
    said = [one for one in route(knockout.tournament_id) if one.kind == "tournament_completed"]
    assert [one.data["rank"] for one in said] == [3, 3, 2, 1]


def test_a_draw_is_told_to_all_and_its_matches_only_once_they_have_a_time(app: Flask) -> None:
    knockout = registered(sides=4)
    tournaments.open_registration(knockout.tournament_id, actor=SYSTEM, now=OPENED_AT)
    (player,) = people(1)
    lined_up(knockout.participant_ids[0], [player])
    route(knockout.tournament_id)
    tournaments.close_registration(knockout.tournament_id, actor=SYSTEM, now=OPENED_AT)
    brackets.generate(knockout.tournament_id, actor=SYSTEM, now=OPENED_AT)
    (said,) = route(knockout.tournament_id)
    assert (said.kind, list(said.data)) == ("bracket_generated", ["stage_id"])


def test_a_cancellation_reaches_those_who_wait_as_well(app: Flask) -> None:
    tournament_id = open_tournament(places=2)
    for player in people(3):
        enter(tournament_id, player, waitlist=True)
    route(tournament_id)
    tournaments.cancel(tournament_id, reason=REASON, actor=SYSTEM, now=OPENED_AT)
    assert heard(route(tournament_id), "tournament_cancelled") == ["Person01", "Person02", "Person03"]


def test_an_announcement_goes_to_those_who_take_part_and_the_log_says_to_how_many(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFICATIONS_EMAIL_ENABLED", "on")
    tournament_id = open_tournament(places=2)
    players = people(3)
    for player in players:
        enter(tournament_id, player, waitlist=True)
    route(tournament_id)
    before = len(mails())
    announcement_id = organizer_notices.publish(
        tournament_id, "Lunch at noon", audience="participants", actor=SYSTEM, now=OPENED_AT
    )
    assert route(tournament_id) == [
        (who, "announcement", {"announcement_id": announcement_id}) for who in ("Person01", "Person02")
    ]
    (of,) = events_of(tournament_id, "announcement")
    (counted,) = events_of(tournament_id, "notifications_sent")
    assert counted.data == {"of_seq": of.seq, "recipient_count": 2, "created": 2, "skipped": 0, "email_sent": 2}
    assert counted.data.keys() == CATALOGUE["notifications_sent"].fields
    assert len(mails()) == before + 2
    assert route(tournament_id) == []
    assert len(events_of(tournament_id, "notifications_sent")) == 1


def test_an_announcement_that_was_withdrawn_by_then_is_not_told(app: Flask) -> None:
    tournament_id = open_tournament()
    enter(tournament_id, people(1)[0])
    route(tournament_id)
    gone = organizer_notices.publish(tournament_id, "Lunch", audience="all", actor=SYSTEM, now=OPENED_AT)
    organizer_notices.withdraw(tournament_id, gone, actor=SYSTEM, now=OPENED_AT)
    assert route(tournament_id) == []
    assert events_of(tournament_id, "notifications_sent") == []


def test_who_announces_is_not_told_what_they_wrote(app: Flask) -> None:
    tournament_id = open_tournament()
    author, other = people(2, role="organizer")
    for player in (author, other):
        enter(tournament_id, player)
    with transaction() as session:
        session.get_one(Tournament, tournament_id).organizer_id = author.user_id
    route(tournament_id)
    organizer_notices.publish(tournament_id, "Lunch", audience="all", actor=author, now=OPENED_AT)
    assert heard(route(tournament_id), "announcement") == ["Person02"]


def test_a_move_is_told_where_it_is_far_or_about_the_first_three_and_once_in_ten_minutes(
    engine: None, app: Flask
) -> None:
    arena, _ = sixfold(app)
    played(arena, order=FIRST)
    assert heard(route(arena.tournament_id, ended_at(1)), "ranking_changed") == [], "nobody was anywhere before"
    # 12 9 7 5 4 3 and twice as much the other way round.
    played(arena, number=2, order=TURNED)
    played(arena, number=3, order=TURNED)
    now = ended_at(3)
    said = [one for one in route(arena.tournament_id, now) if one.kind == "ranking_changed"]
    assert [(one.handle, one.data["previous_rank"], one.data["new_rank"]) for one in said] == [
        ("Person03", 3, 5), ("Person06", 6, 2),
        # By the third match; Person03 has heard of a move a moment ago.
        ("Person01", 1, 4), ("Person02", 3, 5), ("Person04", 6, 3), ("Person05", 4, 2),
    ]  # fmt: skip
    told = {one.handle for one in said}
    played(arena, number=4, order=FIRST)
    soon = route(arena.tournament_id, now + AT_MOST_ONCE_IN - timedelta(seconds=1))
    assert not told & set(heard(soon, "ranking_changed"))


@pytest.mark.parametrize("events_at_once", [1, 10])
def test_of_several_moves_that_are_routed_together_a_person_hears_of_the_first(
    engine: None, app: Flask, monkeypatch: pytest.MonkeyPatch, events_at_once: int
) -> None:
    monkeypatch.setattr(logs, "EVENTS_AT_ONCE", events_at_once)
    arena, _ = sixfold(app)
    for number, order in enumerate((FIRST, TURNED, TURNED, FIRST), start=1):
        played(arena, number=number, order=order)
    said = [one for one in route(arena.tournament_id, ended_at(4)) if one.kind == "ranking_changed"]
    assert [(one.handle, one.data["previous_rank"], one.data["new_rank"]) for one in said] == [
        ("Person03", 3, 5), ("Person06", 6, 2),
        ("Person01", 1, 4), ("Person02", 3, 5), ("Person04", 6, 3), ("Person05", 4, 2),
    ]  # fmt: skip


def test_a_board_on_which_nothing_was_played_moves_nobody(engine: None, app: Flask) -> None:
    arena, _ = sixfold(app)
    rank_now(arena)
    assert len(events_of(arena.tournament_id, "rank_update")) == 1, "everybody without points, by their ids"
    played(arena, order=TURNED)
    assert len(events_of(arena.tournament_id, "rank_update")) == 2
    assert heard(route(arena.tournament_id, ended_at(2)), "ranking_changed") == []
    played(arena, number=2, order=FIRST)
    played(arena, number=3, order=FIRST)
    assert "Person06" in heard(route(arena.tournament_id, ended_at(3)), "ranking_changed")


def test_a_withdrawal_before_the_start_moves_nobody(engine: None, app: Flask) -> None:
    tournament_id = open_tournament()
    ids = registrations.register(tournament_id, names(10), actor=SYSTEM, now=OPENED_AT)
    for registration_id, player in zip(ids, people(10), strict=True):
        lined_up(registration_id, [player])
    ranking.rank_due(tournament_id, now=OPENED_AT)
    registrations.withdraw(ids[0], actor=SYSTEM, now=OPENED_AT)
    ranking.rank_due(tournament_id, now=OPENED_AT)
    moves = [event.data["changes"]["current_rank"] for event in events_of(tournament_id, "rank_update")]
    assert (len(moves), len(moves[1])) == (2, 10), "everybody behind moves up"
    assert heard(route(tournament_id), "ranking_changed") == []


def test_as_many_statements_find_the_moves_that_are_told_however_many_boards_were_ranked(
    engine: None, app: Flask
) -> None:
    arena, _ = sixfold(app)
    rank_now(arena)
    for number in (1, 2, 3, 4):
        played(arena, number=number, order=FIRST if number % 2 else TURNED)
    with read_snapshot() as session:
        tournament = session.get_one(Tournament, arena.tournament_id)
        events = session.scalars(select(Event).where(Event.tournament_id == tournament.id).order_by(Event.seq)).all()
        ranked = [event for event in events if event.type == "rank_update"]
        counted = []
        for some in (ranked[2:3], ranked):
            with count_statements() as statements:
                found = Posts(session, tournament, 0)
                for event in some:
                    found.of(event)
            counted.append(len(statements))
    assert (len(ranked), counted[0]) == (5, counted[1])


def test_an_override_is_told_to_the_participant_and_the_organizers(engine: None, app: Flask) -> None:
    arena, _ = sixfold(app)
    (owner,) = people(1, prefix="Owner", role="organizer")
    with transaction() as session:
        session.get_one(Tournament, arena.tournament_id).organizer_id = owner.user_id
    played(arena, order=FIRST)
    route(arena.tournament_id)
    done = put(arena, 4, 2)
    said = [one for one in route(arena.tournament_id) if one.kind == "placement_overridden"]
    about = {
        "override_id": done.override_id, "participant_id": arena.participant_ids[4], "previous_rank": 5, "new_rank": 2,
        "is_restored": False,
    }  # fmt: skip
    assert said == [(who, "placement_overridden", about) for who in ("Person05", "Owner01")]
    overrides.restore(done.override_id, actor=SYSTEM, now=ended_at(11))
    said = [one for one in route(arena.tournament_id) if one.kind == "placement_overridden"]
    assert {one.data["is_restored"] for one in said} == {True}


def test_while_the_board_is_frozen_nothing_of_results_is_told_and_all_of_it_once_it_is_shown(
    engine: None, app: Flask
) -> None:
    arena, _ = sixfold(app)
    played(arena, order=FIRST)
    route(arena.tournament_id, ended_at(1))
    freezes.freeze_now(arena.tournament_id, actor=SYSTEM, now=ended_at(2))
    played(arena, number=2, order=TURNED)
    put(arena, 5, 1)
    rank_now(arena)
    for match_id in arena.match_ids[2:]:
        matches.cancel_match(match_id, reason=REASON, actor=SYSTEM, now=ended_at(20))
    tournaments.complete(arena.tournament_id, actor=SYSTEM, now=ended_at(21))
    kinds = {one.kind for one in route(arena.tournament_id, ended_at(22))}
    assert kinds == {"match_completed"}, "who played knows that, and no score is told"
    freezes.unfreeze(arena.tournament_id, actor=SYSTEM, now=ended_at(40))
    said = route(arena.tournament_id, ended_at(41))
    assert sorted({one.kind for one in said}) == ["placement_overridden", "tournament_completed"]
    ranks = {one.handle: one.data["rank"] for one in said if one.kind == "tournament_completed"}
    assert ranks["Person06"] == 1
    (of,) = events_of(arena.tournament_id, "tournament_completed")
    assert [one.data["of_seq"] for one in events_of(arena.tournament_id, "notifications_sent")][-1] == of.seq
    assert route(arena.tournament_id, ended_at(42)) == []


def test_what_was_kept_for_days_is_news_on_the_day_on_which_it_is_shown(
    engine: None, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFICATIONS_EMAIL_ENABLED", "on")
    arena, _ = sixfold(app)
    played(arena, order=FIRST)
    freezes.freeze_now(arena.tournament_id, actor=SYSTEM, now=ended_at(2))
    put(arena, 5, 1)
    route(arena.tournament_id, ended_at(11))
    before = len(mails())
    later = ended_at(2) + timedelta(days=3)
    freezes.unfreeze(arena.tournament_id, actor=SYSTEM, now=later)
    assert "Person06" in heard(route(arena.tournament_id, later), "placement_overridden")
    assert [mail.kind for mail in mails()[before:]] == ["placement_overridden"]


def test_the_moves_of_a_freeze_are_one_move_when_the_board_is_shown(engine: None, app: Flask) -> None:
    arena, _ = sixfold(app)
    played(arena, order=FIRST)
    route(arena.tournament_id, ended_at(1))
    freezes.freeze_now(arena.tournament_id, actor=SYSTEM, now=ended_at(2))
    played(arena, number=2, order=TURNED)
    played(arena, number=3, order=TURNED)
    assert {one.kind for one in route(arena.tournament_id, ended_at(4))} == {"match_completed"}
    freezes.unfreeze(arena.tournament_id, actor=SYSTEM, now=ended_at(5))
    said = route(arena.tournament_id, ended_at(5))
    told = {one.handle: (one.data["previous_rank"], one.data["new_rank"]) for one in said}
    assert {one.kind for one in said} == {"ranking_changed"}
    assert told["Person06"] == (6, 1)
    assert told["Person01"] == (1, 4)
    assert len(said) == len(told)


def test_a_freeze_before_the_first_match_shows_no_move_from_where_nobody_had_played(engine: None, app: Flask) -> None:
    arena, _ = sixfold(app)
    rank_now(arena)
    route(arena.tournament_id, OPENED_AT)
    freezes.freeze_now(arena.tournament_id, actor=SYSTEM, now=OPENED_AT)
    played(arena, order=TURNED)
    freezes.unfreeze(arena.tournament_id, actor=SYSTEM, now=ended_at(2))
    assert heard(route(arena.tournament_id, ended_at(3)), "ranking_changed") == []
    freezes.freeze_now(arena.tournament_id, actor=SYSTEM, now=ended_at(4))
    played(arena, number=2, order=FIRST)
    played(arena, number=3, order=FIRST)
    freezes.unfreeze(arena.tournament_id, actor=SYSTEM, now=ended_at(5))
    assert "Person06" in heard(route(arena.tournament_id, ended_at(5)), "ranking_changed")
