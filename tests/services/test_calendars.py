"""Schedules as calendars read them: what is written is read back, and an entry stays the same entry."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from tests.arenas import OPENED_AT, REASON, open_battle_royale, open_league
from tests.personas import Persona
from tests.statements import count_statements
from tests.views.organizer.pages import draft
from webapp.domain.errors import NotFound
from webapp.models import Tournament
from webapp.services.live.calendar_files import schedule_file
from webapp.services.matches import match_details, matches
from webapp.services.matches.matches import Fixture
from webapp.services.pages.calendar_reads import read_schedule
from webapp.services.pages.calendar_view import CalendarEntry, Revision, ScheduleView
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import transaction
from webapp.services.tournaments import tournaments

BASE = "https://play.example"
PLAY = OPENED_AT + timedelta(days=3)


def slug_of(tournament_id: int) -> str:
    with transaction() as session:
        return session.get_one(Tournament, tournament_id).slug


def events_of(tournament_id: int, *, actor: Any = None) -> dict[str, Any]:
    """What a calendar reads, by the entries' UIDs."""
    written = schedule_file(read_schedule(slug_of(tournament_id), actor=actor), base_url=BASE)
    read: Any = Calendar.from_ical(written)
    return {str(event["uid"]): event for event in read.walk("VEVENT")}


def cup_with_times(**details: Any) -> tuple[int, list[int]]:
    arena = open_battle_royale(squads=3, lobbies=1, starts_at=PLAY, **details)
    fixtures = [
        Fixture(f"Lobby {number}", scheduled_at=PLAY + timedelta(hours=number), map="Erangel") for number in (1, 2)
    ]
    return arena.tournament_id, matches.schedule(arena.tournament_id, fixtures, actor=SYSTEM, now=OPENED_AT)


def test_it_holds_the_tournament_and_every_match_that_has_a_time(app: Flask) -> None:
    tournament_id, (first, second) = cup_with_times()
    events = events_of(tournament_id)
    keys = [f"tournament-{tournament_id}", f"match-{first}", f"match-{second}"]
    assert list(events) == [f"{key}@play.example" for key in keys]
    match = events[f"match-{first}@play.example"]
    assert match["dtstart"].dt == PLAY + timedelta(hours=1)
    assert (str(match["summary"]), str(match["description"])) == ("Cup: Lobby 1", "Lobby 1 · Erangel")
    assert str(match["url"]) == f"{BASE}/spectator/matches/{first}/"
    assert (match["sequence"], str(match["status"])) == (0, "CONFIRMED")
    assert match["dtstamp"].dt == match["last-modified"].dt == OPENED_AT


def test_a_match_that_is_moved_stays_the_same_entry(app: Flask) -> None:
    tournament_id, (first, second) = cup_with_times()
    before = events_of(tournament_id)
    for hours in (5, 6):
        at = OPENED_AT + timedelta(minutes=hours)
        match_details.update(
            first, label="Lobby 1", map_name="Erangel", stream_url="", scheduled_at=PLAY + timedelta(hours=hours),
            actor=SYSTEM, now=at,
        )  # fmt: skip
    after = events_of(tournament_id)
    assert list(after) == list(before)
    moved = after[f"match-{first}@play.example"]
    assert (moved["sequence"], moved["dtstart"].dt) == (2, PLAY + timedelta(hours=6))
    assert moved["last-modified"].dt == moved["dtstamp"].dt == OPENED_AT + timedelta(minutes=6)
    other = f"match-{second}@play.example"
    assert after[other].to_ical() == before[other].to_ical()


def test_what_is_called_off_is_said_to_be(app: Flask) -> None:
    tournament_id, (first, second) = cup_with_times()
    matches.cancel_match(first, reason=REASON, actor=SYSTEM, now=OPENED_AT + timedelta(hours=1))
    events = events_of(tournament_id)
    told = {uid: (str(event["status"]), event["sequence"]) for uid, event in events.items()}
    assert told[f"match-{first}@play.example"] == ("CANCELLED", 1)
    assert told[f"match-{second}@play.example"] == ("CONFIRMED", 0)
    tournaments.cancel(tournament_id, reason=REASON, actor=SYSTEM, now=OPENED_AT + timedelta(hours=2))
    ended = events_of(tournament_id)
    assert {str(event["status"]) for event in ended.values()} == {"CANCELLED"}
    assert all(event["sequence"] > events[uid]["sequence"] for uid, event in ended.items())


def test_nothing_of_a_result_is_in_it(app: Flask) -> None:
    league = open_league("valorant", {"win_points": 3}, [(0, 1)], sides=2, best_of=3, name="League")
    match_id = league.match_ids[0]
    match_details.update(
        match_id, label="Final", map_name=None, stream_url="", scheduled_at=PLAY, actor=SYSTEM, now=OPENED_AT
    )
    before = events_of(league.tournament_id)
    (event,) = before.values()
    assert str(event["summary"]) == "League: Squad 01 vs Squad 02"
    matches.start_match(match_id, actor=SYSTEM, now=PLAY)
    matches.update_score(match_id, [[1, 13, 7]], actor=SYSTEM, now=PLAY)
    after = events_of(league.tournament_id)
    assert [event.to_ical() for event in after.values()] == [event.to_ical() for event in before.values()]


def test_who_is_in_a_final_planned_while_the_board_is_frozen_is_not_told(app: Flask) -> None:
    league = open_league("valorant", {"win_points": 3}, [(0, 1)], sides=2, best_of=3, name="League")
    with transaction() as session:
        tournament = session.get_one(Tournament, league.tournament_id)
        tournament.frozen_seq = tournament.log_seq
    one, other = league.participant_ids
    final = Fixture("Final", side_a_id=one, side_b_id=other, best_of=3, scheduled_at=PLAY)
    matches.schedule(league.tournament_id, [final], actor=SYSTEM, now=OPENED_AT)
    (event,) = events_of(league.tournament_id).values()
    assert str(event["summary"]) == "League: Final"


def test_an_unlisted_one_is_read_by_its_address_and_a_private_one_by_its_officials(
    app: Flask, olga: Persona, otto: Persona
) -> None:
    unlisted, _ = cup_with_times(visibility="unlisted")
    assert len(events_of(unlisted)) == 3
    private = draft(olga, "Secret Cup", starts_at=PLAY, visibility="private")
    assert len(events_of(private, actor=olga.actor)) == 1
    for actor in (None, otto.actor):
        with pytest.raises(NotFound):
            events_of(private, actor=actor)


def test_it_asks_as_much_for_three_matches_as_for_one(app: Flask) -> None:
    counts = []
    tournament_id, _ = cup_with_times()
    slug = slug_of(tournament_id)
    for _ in range(2):
        with count_statements() as statements:
            read_schedule(slug, actor=None)
        counts.append(len(statements))
        matches.schedule(tournament_id, [Fixture("More", scheduled_at=PLAY)] * 2, actor=SYSTEM, now=OPENED_AT)
    assert counts[0] == counts[1]


MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  (the strategy adds the zone)
WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=200)
ENTRIES = st.builds(
    CalendarEntry, key=st.from_regex(r"match-[1-9][0-9]{0,8}", fullmatch=True), title=WORDS, details=WORDS,
    path=st.just("/spectator/matches/1/"), starts_at=MOMENTS, is_cancelled=st.booleans(),
    revision=st.builds(Revision, st.integers(0, 10**6), MOMENTS),
)  # fmt: skip


@given(st.lists(ENTRIES, max_size=5), WORDS)
def test_what_is_written_is_read_back(entries: list[CalendarEntry], name: str) -> None:
    view = ScheduleView(tournament_id=1, log_number=1, slug="cup", name=name, is_listed=True, entries=tuple(entries))
    written = schedule_file(view, base_url=BASE)
    assert written == schedule_file(view, base_url=BASE)
    assert max(map(len, written.split(b"\r\n"))) <= 75
    read: Any = Calendar.from_ical(written)
    assert str(read["x-wr-calname"]) == name
    assert [
        (
            str(event["uid"]), str(event["summary"]), str(event["description"]), event["dtstart"].dt,
            event["sequence"], event["last-modified"].dt, str(event["status"]) == "CANCELLED",
        )
        for event in read.walk("VEVENT")
    ] == [
        (
            f"{entry.key}@play.example", entry.title, entry.details, entry.starts_at.replace(microsecond=0),
            entry.revision.number, entry.revision.at.replace(microsecond=0), entry.is_cancelled,
        )
        for entry in entries
    ]  # fmt: skip
