from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, text

from tests.entering import OPENED_AT, STARTS_AT, enter, line_up, open_tournament, players, seeds, solo, statuses, team
from tests.services import contenders
from tests.services.contenders import PROCESSES, Contenders
from tests.trail import trail
from webapp.config import Settings
from webapp.domain.custom_fields import FieldRule
from webapp.domain.errors import Conflict, DomainError, Forbidden, NotFound, ResultError, TransitionError
from webapp.domain.registration import LinedUp
from webapp.models import PlayerId, Registration, RegistrationPlayer, Tournament, User
from webapp.services.live import visibility
from webapp.services.registration import custom_fields, entries, entry_decisions, registrations, waitlist
from webapp.services.registration.entries import Entry
from webapp.services.spine.actors import SYSTEM, Actor
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.tournaments import tournaments

REASON = "The line-up is not of this region"
MINUTE = timedelta(minutes=1)


def refused(tournament_id: int, entry: Entry, actor: Actor) -> str:
    with trail() as found, pytest.raises(DomainError) as caught:
        entries.register(tournament_id, entry, actor=actor, now=OPENED_AT)
    assert (found.events, found.audited) == ([], [])
    return caught.value.code


def test_a_player_registers_alone_and_takes_part(app: Flask) -> None:
    tournament_id = open_tournament()
    one, two = players(2)
    with trail() as found:
        entered = enter(tournament_id, one)
    ids = [entered.registration_id]
    assert entered.status == "approved"
    assert found.events == [("registration_created", {"registration_ids": ids, "status": "approved"})]
    assert found.audited == [("registration.created", {"registration_ids": ids, "status": "approved"})]
    other = enter(tournament_id, two)
    assert seeds(tournament_id) == {entered.registration_id: 1, other.registration_id: 2}
    with read_snapshot() as session:
        player = session.scalars(select(RegistrationPlayer).order_by(RegistrationPlayer.id)).first()
        assert player is not None
        assert (player.player_id, player.identity) == (f"Striker{one.user_id}", f"striker{one.user_id}")
        kept = select(PlayerId.player_id).where(PlayerId.user_id == one.user_id, PlayerId.game == "fc26")
        assert session.scalar(kept) == f"Striker{one.user_id}"


def test_a_captain_registers_the_team_with_its_line_up(app: Flask) -> None:
    tournament_id = open_tournament("valorant")
    people = players(7)
    team_id = team(people[0], people[1:])
    entry = Entry(team_id=team_id, players=[*line_up(people[:5]), LinedUp(people[6].user_id or 0, "coach")])
    entered = entries.register(tournament_id, entry, actor=people[0], now=OPENED_AT)
    with read_snapshot() as session:
        registration = session.get_one(Registration, entered.registration_id)
        assert (registration.team_id, registration.registered_by_id) == (team_id, people[0].user_id)
        roles = select(RegistrationPlayer.role).order_by(RegistrationPlayer.id)
        assert session.scalars(roles).all() == ["player"] * 5 + ["coach"]
    assert refused(tournament_id, entry, people[1]) == "not_captain"
    assert refused(tournament_id, entry, people[0]) == "already_registered"


def test_every_refusal_of_a_state_or_a_window_has_its_own_code(app: Flask) -> None:
    (one,) = players(1)
    entry = solo(one)
    for code, tournament_id in {
        "tournament_draft": open_tournament(opened=False),
        "registration_not_open": open_tournament(registration_opens_at=OPENED_AT + MINUTE),
        "registration_closed": open_tournament(registration_closes_at=OPENED_AT - MINUTE),
        "tournament_not_found": open_tournament(visibility="private"),
    }.items():
        assert refused(tournament_id, entry, one) == code
    spectator = one._replace(role="spectator")
    assert refused(open_tournament(), entry, spectator) == "forbidden"


def test_every_refusal_of_content_has_its_own_code(app: Flask) -> None:
    tournament_id = open_tournament("valorant")
    custom_fields.add(
        tournament_id, FieldRule("discord", "Discord", "text", is_required=True), actor=SYSTEM, now=OPENED_AT
    )
    people = players(12)
    first, second = team(people[0], people[1:6]), team(people[6], people[7:], name="Copper Kites")
    answers = {"discord": "ferry"}
    good = Entry(team_id=first, players=line_up(people[:5]), answers=answers)
    entries.register(tournament_id, good, actor=people[0], now=OPENED_AT)
    captain, five = people[6], line_up(people[6:11])
    with transaction() as session:
        session.get_one(User, people[11].user_id).disabled_at = OPENED_AT
    of_first = LinedUp(people[10].user_id or 0, "player", f"RIDER {people[0].user_id}#euw1")
    barred = LinedUp(people[11].user_id or 0, "player", "Shut Out#EUW1")
    for code, entry in {
        "team_missing": Entry(players=five, answers=answers),
        "wrong_team": Entry(team_id=10_000, players=five, answers=answers),
        "wrong_team_size": Entry(team_id=second, players=five[:4], answers=answers),
        "bad_player_id": Entry(team_id=second, players=[*five[:4], five[4]._replace(player_id="x")], answers=answers),
        "duplicate_player_id": Entry(team_id=second, players=[*five[:4], of_first], answers=answers),
        "missing_custom_field": Entry(team_id=second, players=five),
        "invalid_custom_field": Entry(team_id=second, players=five, answers=answers | {"size": "M"}),
        "player_sanctioned": Entry(team_id=second, players=[*five[:4], barred], answers=answers),
        "not_a_member": Entry(team_id=second, players=[*five[:4], line_up(people[:1])[0]], answers=answers),
    }.items():
        assert refused(tournament_id, entry, captain) == code
    assert len(statuses(tournament_id)) == 1


def test_a_player_is_in_one_registration_at_a_time(app: Flask) -> None:
    tournament_id = open_tournament("valorant")
    people = players(6)
    first = team(people[0], people[1:5])
    second = team(people[5], [], name="Copper Kites")
    entered = entries.register(
        tournament_id, Entry(team_id=first, players=line_up(people[:5])), actor=people[0], now=OPENED_AT
    )
    move_to = "UPDATE team_members SET team_id = :team WHERE user_id = :who"
    with transaction() as session:
        for person in people[1:5]:
            session.execute(text(move_to), {"team": second, "who": person.user_id})
    entry = Entry(team_id=second, players=line_up(people[1:6], tag="NEW1"))
    assert refused(tournament_id, entry, people[5]) == "player_registered"
    entries.withdraw(entered.registration_id, actor=people[0], now=OPENED_AT)
    assert entries.register(tournament_id, entry, actor=people[5], now=OPENED_AT).status == "approved"


def test_a_full_tournament_offers_the_waitlist_and_withdrawals_promote_it_in_order(app: Flask) -> None:
    tournament_id = open_tournament(places=2)
    people = players(5)
    first, second = (enter(tournament_id, person).registration_id for person in people[:2])
    assert refused(tournament_id, solo(people[2]), people[2]) == "tournament_full"
    third = enter(tournament_id, people[2], waitlist=True)
    fourth = enter(tournament_id, people[3], waitlist=True, now=OPENED_AT + MINUTE)
    assert (third.status, fourth.status) == ("waitlisted", "waitlisted")
    with trail() as found:
        entries.withdraw(first, actor=people[0], now=OPENED_AT)
    assert [kind for kind, _ in found.events] == [
        "registration_withdrawn",
        "waitlist_promoted",
        "registration_approved",
    ]
    assert [action for action, _ in found.audited] == ["registration.withdrawn", "waitlist.promoted"]
    assert list(statuses(tournament_id).values()) == ["withdrawn", "approved", "approved", "waitlisted"]
    with trail() as found:
        entries.withdraw(first, actor=people[0], now=OPENED_AT)
    assert found.events == []
    registrations.withdraw(second, actor=SYSTEM, now=OPENED_AT)
    assert statuses(tournament_id)[fourth.registration_id] == "approved"
    back = enter(tournament_id, people[0], waitlist=True)
    assert (back.registration_id, back.status) == (first, "waitlisted")


def test_nobody_passes_the_waitlist(app: Flask) -> None:
    tournament_id = open_tournament(places=2)
    people = players(4)
    for person in people[:3]:
        enter(tournament_id, person, waitlist=True)
    with transaction() as session:
        session.get_one(Tournament, tournament_id).places = 3
    assert refused(tournament_id, solo(people[3]), people[3]) == "tournament_full"


def test_without_a_waitlist_a_full_tournament_says_so(app: Flask) -> None:
    tournament_id = open_tournament(places=2, has_waitlist=False)
    people = players(3)
    for person in people[:2]:
        enter(tournament_id, person)
    assert refused(tournament_id, solo(people[2], waitlist=True), people[2]) == "waitlist_closed"


def test_only_the_owner_withdraws_and_only_before_the_start(app: Flask) -> None:
    tournament_id = open_tournament()
    one, two = players(2)
    entered = enter(tournament_id, one)
    with pytest.raises(NotFound):
        entries.withdraw(entered.registration_id, actor=two, now=OPENED_AT)
    with pytest.raises(Conflict) as caught:
        entries.withdraw(entered.registration_id, actor=one, now=STARTS_AT)
    assert caught.value.code == "tournament_started"
    tournaments.start(tournament_id, actor=SYSTEM, now=OPENED_AT)
    with pytest.raises(Conflict):
        entries.withdraw(entered.registration_id, actor=one, now=OPENED_AT)


def test_a_reason_for_leaving_is_kept_and_nobody_has_to_give_one(app: Flask) -> None:
    tournament_id = open_tournament()
    one, two = players(2)
    mine, theirs = (enter(tournament_id, person).registration_id for person in (one, two))
    for wrong in ("x" * 501, "a\x00b"):
        with pytest.raises(ResultError, match="at most 500 characters"):
            entries.withdraw(mine, reason=wrong, actor=one, now=OPENED_AT)
        with pytest.raises(ResultError, match="at most 500 characters"):
            registrations.withdraw(theirs, reason=wrong, actor=SYSTEM, now=OPENED_AT)
    assert set(statuses(tournament_id).values()) == {"approved"}
    with trail() as found:
        entries.withdraw(mine, reason=" Our ferry\r\nis late ", actor=one, now=OPENED_AT)
        registrations.withdraw(theirs, reason="No word", actor=SYSTEM, now=OPENED_AT)
    assert [entry["reason"] for _, entry in found.audited] == ["Our ferry\nis late", "No word"]
    with read_snapshot() as session:
        assert session.get_one(Registration, mine).decision_reason == "Our ferry\nis late"
    enter(tournament_id, one)
    registrations.register(tournament_id, ["Player02"], actor=SYSTEM, now=OPENED_AT)
    with read_snapshot() as session:
        assert [session.get_one(Registration, each).decision_reason for each in (mine, theirs)] == ["", ""]


def test_an_organizer_decides_where_the_tournament_asks_for_it(app: Flask) -> None:
    tournament_id = open_tournament(asks_approval=True, places=2)
    people = players(3)
    first, second = (enter(tournament_id, person) for person in people[:2])
    assert first.status == "submitted"
    third = enter(tournament_id, people[2], waitlist=True)
    with trail() as found:
        assert entry_decisions.decide(first.registration_id, "approve", actor=SYSTEM, now=OPENED_AT)
    assert found.events == [("registration_approved", {"status": "approved"})]
    assert seeds(tournament_id)[first.registration_id] == 1
    assert not entry_decisions.decide(first.registration_id, "approve", actor=SYSTEM, now=OPENED_AT)
    entry_decisions.decide(second.registration_id, "reject", reason=REASON, actor=SYSTEM, now=OPENED_AT)
    assert list(statuses(tournament_id).values()) == ["approved", "rejected", "submitted"]
    assert refused(tournament_id, solo(people[1]), people[1]) == "registration_rejected"
    with pytest.raises(Conflict) as caught:
        entry_decisions.decide(second.registration_id, "approve", actor=SYSTEM, now=OPENED_AT)
    assert caught.value.code == "tournament_full"
    with pytest.raises(ResultError):
        entry_decisions.decide(third.registration_id, "override", actor=SYSTEM, now=OPENED_AT)
    with trail() as found:
        assert entry_decisions.decide(third.registration_id, "override", reason=REASON, actor=SYSTEM, now=OPENED_AT)
    assert [action for action, _ in found.audited] == ["registration.overridden"]
    assert list(statuses(tournament_id).values()) == ["approved", "rejected", "approved"]
    with pytest.raises(TransitionError):
        entry_decisions.decide(first.registration_id, "reject", reason=REASON, actor=SYSTEM, now=OPENED_AT)
    with pytest.raises(Forbidden):
        entry_decisions.decide(third.registration_id, "approve", actor=people[2], now=OPENED_AT)


def test_many_are_decided_at_once_and_who_does_not_fit_is_named(app: Flask) -> None:
    tournament_id = open_tournament(places=2)
    people = players(4)
    ids = [enter(tournament_id, person, waitlist=True).registration_id for person in people]
    done = entry_decisions.decide_many(tournament_id, ids, "approve", actor=SYSTEM, now=OPENED_AT)
    assert (done.changed, [one for one, _ in done.refused]) == ((), ids[2:])
    done = entry_decisions.decide_many(tournament_id, ids[2:], "reject", reason=REASON, actor=SYSTEM, now=OPENED_AT)
    assert done.changed == tuple(ids[2:])


def test_an_offered_place_that_is_not_paid_in_time_goes_on_to_the_next(app: Flask) -> None:
    tournament_id = open_tournament(places=2, entry_fee=500, currency="BDT")
    people = players(4)
    ids = [
        enter(tournament_id, person, waitlist=True, now=OPENED_AT + number * MINUTE).registration_id
        for number, person in enumerate(people)
    ]
    assert list(statuses(tournament_id).values()) == ["pending", "pending", "waitlisted", "waitlisted"]
    entries.withdraw(ids[0], actor=people[0], now=OPENED_AT)
    assert statuses(tournament_id)[ids[2]] == "pending"
    later = OPENED_AT + waitlist.OFFER
    assert waitlist.pass_on(now=later - MINUTE) == []
    assert waitlist.pass_on(now=later) == [ids[2]]
    assert list(statuses(tournament_id).values()) == ["withdrawn", "pending", "waitlisted", "pending"]
    # Alone on the list one keeps the place: nobody else wants it.
    entries.withdraw(ids[2], actor=people[2], now=later)
    assert waitlist.pass_on(now=later + waitlist.OFFER) == []


def test_who_never_took_part_and_left_while_the_board_was_frozen_stays_unknown(app: Flask) -> None:
    tournament_id = open_tournament(asks_approval=True)
    one, two = players(2)
    first, second = (enter(tournament_id, person).registration_id for person in (one, two))
    with transaction() as session:
        tournament = session.get_one(Tournament, tournament_id)
        tournament.frozen_seq = tournament.log_seq
    entries.withdraw(first, actor=one, now=OPENED_AT)
    entry_decisions.decide(second, "approve", actor=SYSTEM, now=OPENED_AT)
    with read_snapshot() as session:
        roster = visibility.roster_of(session, session.get_one(Tournament, tournament_id))
    assert (set(roster.joined), set(roster.left)) == ({second}, set())


def test_a_flood_of_registrations_fills_the_places_and_not_one_more(
    app: Flask, settings: Settings, rivals: Contenders
) -> None:
    tournament_id = open_tournament(places=10)
    people = players(8 * PROCESSES)
    shares = [people[place::PROCESSES] for place in range(PROCESSES)]
    calls = [(contenders.enter_all, (tournament_id, [who.user_id for who in share])) for share in shares]
    told = [status for share in rivals.at_once(settings, calls) for status in share]
    assert sorted(told) == ["approved"] * 10 + ["tournament_full"] * (8 * PROCESSES - 10)
    assert list(statuses(tournament_id).values()) == ["approved"] * 10
    assert sorted(seed or 0 for seed in seeds(tournament_id).values()) == list(range(1, 11))
