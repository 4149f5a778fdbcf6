from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from tests.arenas import OPENED_AT, complete_undecided, ended_at, open_battle_royale
from tests.entering import enter, open_tournament, players
from tests.personas import Persona, persona
from tests.statements import count_statements
from webapp.models import Payment, Tournament, TournamentOfficial
from webapp.services.matches import matches, results
from webapp.services.organizer_pages.control_reads import read_facts
from webapp.services.organizer_pages.dashboard import DashboardView, read_dashboard
from webapp.services.organizer_pages.waiting_counts import waiting_in
from webapp.services.registration import payments, registrations
from webapp.services.spine.actors import SYSTEM, Actor
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.tournaments import tournaments

NOW = OPENED_AT + timedelta(days=1)


@pytest.fixture
def olga(app: Flask) -> Persona:
    return persona(app, "olga")


def dashboard(actor: Actor, page: int = 1) -> DashboardView:
    return read_dashboard(actor, page=page, now=NOW)


def draft(owner: Persona, name: str = "Draft", **details: object) -> int:
    given: dict[str, object] = {"game": "pubgm", "format": "battle-royale", "ruleset": {"points_per_kill": 1}}
    return tournaments.create(name, actor=owner.actor, now=OPENED_AT, **(given | details))  # type: ignore[arg-type]  # details of all kinds


def appoint(who: Persona, tournament_id: int, role: str) -> None:
    with transaction() as session:
        session.add(
            TournamentOfficial(tournament_id=tournament_id, user_id=who.user_id, role=role, created_at=OPENED_AT)
        )


def set_values(tournament_id: int, **values: object) -> None:
    with transaction() as session:
        tournament = session.get_one(Tournament, tournament_id)
        for name, value in values.items():
            setattr(tournament, name, value)


def needs(view: DashboardView) -> list[tuple[str, str]]:
    return [(need.value, card.name) for need, card in view.needs]


def test_a_new_organizer_has_nothing_yet(app: Flask, olga: Persona) -> None:
    view = dashboard(olga.actor)
    assert (view.is_empty, view.needs) == (True, ())


def test_tournaments_are_grouped_and_each_says_what_it_needs_first(app: Flask, olga: Persona) -> None:
    playing = open_battle_royale(name="Playing", squads=3, lobbies=2, organizer_id=olga.user_id)
    results.confirm(playing.match_ids[0], playing.lines(playing.match_ids[0]), actor=SYSTEM, now=ended_at(1))
    played = open_battle_royale(name="Played", squads=3, lobbies=1, organizer_id=olga.user_id)
    results.confirm(played.match_ids[0], played.lines(played.match_ids[0]), actor=SYSTEM, now=ended_at(1))
    over = open_battle_royale(name="Over", squads=2, lobbies=1, organizer_id=olga.user_id)
    results.confirm(over.match_ids[0], over.lines(over.match_ids[0]), actor=SYSTEM, now=ended_at(1))
    tournaments.complete(over.tournament_id, actor=SYSTEM, now=ended_at(1))
    set_values(over.tournament_id, requires_review=True)
    due = draft(olga, "Due", starts_at=OPENED_AT)
    registrations.register(due, ["Alpha"], actor=SYSTEM, now=OPENED_AT)
    matches.schedule(due, [matches.Fixture("One")], actor=SYSTEM, now=OPENED_AT)
    tournaments.open_registration(due, actor=SYSTEM, now=OPENED_AT)
    ready = draft(olga, "Ready")
    registrations.register(ready, ["Alpha"], actor=SYSTEM, now=OPENED_AT)
    matches.schedule(ready, [matches.Fixture("One")], actor=SYSTEM, now=OPENED_AT)
    draft(olga, "Bare")
    view = dashboard(olga.actor)
    names = [[card.name for card in group] for group in (view.live, view.open, view.drafts, view.past)]
    assert names == [["Played", "Playing"], ["Due"], ["Bare", "Ready"], ["Over"]]
    assert needs(view) == [
        ("review", "Over"), ("enter_result", "Playing"), ("complete", "Played"), ("start", "Due"),
        ("add_participants", "Bare"), ("open", "Ready"),
    ]  # fmt: skip
    card = view.live[1]
    assert (card.participants, card.matches_done, card.matches_total, card.role) == (3, 1, 2, "owner")
    assert card.next_match is not None
    assert (card.next_match.id, card.next_match.number) == (playing.match_ids[1], 2)


def test_others_tournaments_are_there_only_for_who_has_a_part_in_them(app: Flask, olga: Persona) -> None:
    otto = persona(app, "otto")
    first, second = (open_battle_royale(name=name, lobbies=0, organizer_id=olga.user_id) for name in ("One", "Two"))
    assert dashboard(otto.actor).is_empty
    appoint(otto, first.tournament_id, "referee")
    appoint(otto, second.tournament_id, "co_organizer")
    view = dashboard(otto.actor)
    assert {card.name: card.role for card in view.live} == {"One": "referee", "Two": "co_organizer"}
    # A referee enters results; what the tournament needs beside is not theirs to do.
    assert needs(view) == [("add_matches", "Two")]
    set_values(first.tournament_id, deleted_at=OPENED_AT)
    assert len(dashboard(otto.actor).live) == 1


def test_more_tournaments_cost_no_more_queries(app: Flask, olga: Persona) -> None:
    def fill(name: str) -> None:
        arena = open_battle_royale(name=name, squads=3, lobbies=2, organizer_id=olga.user_id)
        results.confirm(arena.match_ids[0], arena.lines(arena.match_ids[0]), actor=SYSTEM, now=ended_at(1))
        draft(olga, f"{name} draft")
        over = open_battle_royale(name=f"{name} over", squads=2, lobbies=0, organizer_id=olga.user_id)
        complete_undecided(over, now=ended_at(1))

    fill("One")
    with count_statements() as with_one:
        dashboard(olga.actor)
    fill("Two")
    fill("Three")
    with count_statements() as with_three:
        view = dashboard(olga.actor)
    assert len(view.live) == 3
    assert len(with_one) == len(with_three) <= 7


def test_the_past_comes_in_pages(app: Flask, olga: Persona) -> None:
    for number in range(14):
        arena = open_battle_royale(name=f"Cup {number:02}", squads=1, lobbies=0, organizer_id=olga.user_id)
        set_values(arena.tournament_id, status="completed", completed_at=ended_at(1))
    assert [len(dashboard(olga.actor, page).past) for page in (1, 2, 99)] == [12, 2, 2]


def test_a_paid_registration_waits_once_as_a_payment(app: Flask, olga: Persona) -> None:
    free = open_tournament(organizer_id=olga.user_id, asks_approval=True)
    asked = open_tournament(organizer_id=olga.user_id, entry_fee=500, currency="BDT", asks_approval=True)
    people = players(3)
    enter(free, people[0])
    ids = [enter(asked, person).registration_id for person in people]
    with read_snapshot() as session:
        owed = dict(session.execute(select(Payment.registration_id, Payment.id)).all())
    for who, registration_id in zip(people[:2], ids, strict=False):
        payments.submit_proof(owed[registration_id], method="", reference="TX", proof=None, actor=who, now=OPENED_AT)
    payments.reject(owed[ids[1]], reason="Nothing has arrived here", actor=SYSTEM, now=OPENED_AT)
    with read_snapshot() as session:
        waiting = waiting_in(session, [free, asked])
        days = [read_facts(session, session.get_one(Tournament, each), SYSTEM, now=NOW).day for each in (free, asked)]
    assert [(waiting[each].payments, waiting[each].entries) for each in (free, asked)] == [(0, 1), (1, 0)]
    assert [(day.payments_waiting, day.entries_waiting) for day in days] == [(0, 1), (1, 0)]
    with transaction() as session:
        session.get_one(Payment, owed[ids[1]]).state = "refunded"
    with read_snapshot() as session:
        assert waiting_in(session, [asked])[asked].entries == 1
