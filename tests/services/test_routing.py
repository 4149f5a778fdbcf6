"""Working off a log: what is written for whom by which channel, in portions, once, whoever does it and dies meanwhile."""

import time
import uuid
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from tests.entering import OPENED_AT, enter, open_tournament
from tests.notified import (
    choose,
    cursor_of,
    heard,
    mails,
    notifications,
    people,
    route,
    wish,
)
from tests.services.contenders import PROCESSES, Contenders, route_at_once
from tests.statements import count_statements
from tests.trail import trail
from webapp.config import Settings
from webapp.models import (
    Event,
    Mail,
    Notification,
    OutboxItem,
    Tournament,
    User,
    WebhookDelivery,
    WebhookEndpoint,
)
from webapp.services.notifications import routing, steps, telling
from webapp.services.operations import flags
from webapp.services.spine import log, outbox, precedence
from webapp.services.spine.actors import SYSTEM, Actor
from webapp.services.spine.precedence import Piece
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.tournaments import organizer_notices

NOW = OPENED_AT


@pytest.fixture
def emailing(app: Flask) -> None:
    """In the database, where other processes see it."""
    flags.set_flag("NOTIFICATIONS_EMAIL_ENABLED", is_on=True, actor=SYSTEM, now=NOW)


def crowd(count: int) -> tuple[int, list[Actor]]:
    """A tournament in which that many play, all of it told."""
    tournament_id = open_tournament()
    players = people(count)
    for player in players:
        enter(tournament_id, player)
    route(tournament_id)
    return tournament_id, players


def announce(tournament_id: int) -> None:
    organizer_notices.publish(tournament_id, "Lunch at noon", audience="all", actor=SYSTEM, now=NOW)


def counts_of(tournament_id: int) -> list[dict[str, Any]]:
    with read_snapshot() as session:
        rows = select(Event.data).where(Event.tournament_id == tournament_id, Event.type == "notifications_sent")
        return list(session.scalars(rows.order_by(Event.seq)))


# -- channels


def test_by_default_a_notice_is_in_the_list_and_a_mail_and_without_the_flag_no_mail(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    tournament_id, _ = crowd(2)
    announce(tournament_id)
    route(tournament_id)
    assert mails() == []
    monkeypatch.setenv("NOTIFICATIONS_EMAIL_ENABLED", "on")
    announce(tournament_id)
    with trail() as found:
        route(tournament_id)
    rows = notifications()[-2:]
    assert [(row.notification_id, row.user_id, row.kind, row.next_at, row.state) for row in mails()] == [
        (row.id, row.user_id, "announcement", NOW, "pending") for row in rows
    ]
    assert ("mails", outbox.EVERYTHING) in found.wanted


def test_preferences_and_opt_outs_decide_by_which_channel(app: Flask, emailing: None) -> None:
    tournament_id, players = crowd(5)
    before = len(mails())
    choose(players[0], "announcement", "email", is_on=False)
    choose(players[1], "announcement", "in_app", is_on=False)
    wish(players[2], is_email_on=False)
    wish(players[3], is_in_app_on=False, is_email_on=False)
    announce(tournament_id)
    route(tournament_id)
    rows = {row.user_id: row.is_in_app for row in notifications() if row.kind == "announcement"}
    assert rows == {
        players[0].user_id: True, players[1].user_id: False, players[2].user_id: True, players[4].user_id: True
    }  # fmt: skip
    assert [row.user_id for row in mails()[before:]] == [players[1].user_id, players[4].user_id]
    (counted,) = counts_of(tournament_id)
    assert counted == {**counted, "recipient_count": 5, "created": 4, "skipped": 1, "email_sent": 2}


def test_an_address_that_is_not_known_to_be_theirs_or_does_not_work_gets_no_mail(app: Flask, emailing: None) -> None:
    tournament_id, players = crowd(3)
    before = len(mails())
    with transaction() as session:
        session.get_one(User, players[0].user_id).email_verified_at = None
    wish(players[1], email_stopped_at=NOW)
    announce(tournament_id)
    assert len(heard(route(tournament_id), "announcement")) == 3
    assert [row.user_id for row in mails()[before:]] == [players[2].user_id]


def test_in_quiet_hours_mails_wait_for_their_end_and_what_is_urgent_does_not(app: Flask, emailing: None) -> None:
    tournament_id, players = crowd(2)
    before = len(mails())
    noon = NOW.hour * 60
    wish(players[0], quiet_from=noon - 60, quiet_until=noon + 90)
    announce(tournament_id)
    route(tournament_id)
    with transaction() as session:
        telling.tell(session, "checkin_open", [players[0].user_id or 0], event_id=uuid.uuid4(), now=NOW)
    assert [(row.kind, row.next_at - NOW) for row in mails()[before:]] == [
        ("announcement", timedelta(minutes=90)),
        ("announcement", timedelta()),
        ("checkin_open", timedelta()),
    ]


def test_mails_of_a_grouped_kind_wait_for_each_other(app: Flask, emailing: None) -> None:
    (player,) = people(1)
    with transaction() as session:
        telling.tell(session, "bracket_generated", [player.user_id or 0], event_id=uuid.uuid4(), now=NOW)
    assert [row.next_at for row in mails()] == [NOW + timedelta(seconds=30)]


def test_what_happened_days_ago_stands_in_the_list_and_is_sent_to_nobody(app: Flask, emailing: None) -> None:
    tournament_id, _ = crowd(1)
    before = len(mails())
    announce(tournament_id)
    route(tournament_id, NOW + telling.SENT_WITHIN + timedelta(seconds=1))
    assert notifications()[-1].kind == "announcement"
    assert len(mails()) == before


# -- once


def test_the_same_again_tells_nobody_and_an_empty_log_is_no_work(app: Flask) -> None:
    tournament_id, _ = crowd(3)
    announce(tournament_id)
    assert routing.route_tournament(tournament_id, now=NOW) > 0
    told = notifications()
    with trail() as found:
        assert routing.route_tournament(tournament_id, now=NOW) == 0
    assert (found.rows, found.wanted) == ([], [])
    assert [row.id for row in notifications()] == [row.id for row in told]


def test_many_at_once_do_the_work_of_one(app: Flask, settings: Settings, rivals: Contenders, emailing: None) -> None:
    tournament_id, _ = crowd(30)
    announce(tournament_id)
    rivals.at_once(settings, [(route_at_once, (tournament_id,))] * PROCESSES)
    rows = [row for row in notifications() if row.kind == "announcement"]
    assert len(rows) == 30
    assert len({row.user_id for row in rows}) == 30
    (counted,) = counts_of(tournament_id)
    assert (counted["recipient_count"], counted["created"]) == (30, 30)


# -- portions


def test_a_crowd_is_told_in_portions_and_who_dies_between_two_is_followed_where_it_stood(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    tournament_id, players = crowd(25)
    monkeypatch.setattr(steps, "PEOPLE_AT_ONCE", 10)
    announce(tournament_id)
    stopped_at: list[tuple[int, int]] = []

    def die(name: str) -> None:
        if name == "after_route_write":
            stopped_at.append(cursor_of(f"tournament:{tournament_id}"))
            raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(routing, "crashpoint", die)
        for _ in range(2):
            with pytest.raises(KeyboardInterrupt):
                routing.route_tournament(tournament_id, now=NOW)
    seq = stopped_at[0][0]
    assert stopped_at == [(seq, players[9].user_id), (seq, players[19].user_id)]
    assert len([row for row in notifications() if row.kind == "announcement"]) == 20
    assert counts_of(tournament_id) == []
    route(tournament_id)
    told = [row.user_id for row in notifications() if row.kind == "announcement"]
    assert told == [player.user_id for player in players]
    (counted,) = counts_of(tournament_id)
    assert (counted["recipient_count"], counted["created"], counted["skipped"]) == (25, 25, 0)


def test_a_transaction_that_is_not_committed_leaves_nothing(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    tournament_id, _ = crowd(3)
    announce(tournament_id)
    before = (len(notifications()), cursor_of(f"tournament:{tournament_id}"))

    def die(name: str) -> None:
        if name == "before_route_write":
            raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(routing, "crashpoint", die)
        with pytest.raises(KeyboardInterrupt):
            routing.route_tournament(tournament_id, now=NOW)
    assert (len(notifications()), cursor_of(f"tournament:{tournament_id}")) == before
    assert len(heard(route(tournament_id), "announcement")) == 3


def test_a_long_run_asks_for_another_one(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    tournament_id, _ = crowd(12)
    monkeypatch.setattr(steps, "PEOPLE_AT_ONCE", 5)
    monkeypatch.setattr(routing, "LONGEST_RUN_S", 0.0)
    announce(tournament_id)
    with trail() as found:
        routing.route_tournament(tournament_id, now=NOW)
    assert ("route", str(tournament_id)) in found.wanted
    for _ in range(5):
        routing.route_tournament(tournament_id, now=NOW)
    assert len([row for row in notifications() if row.kind == "announcement"]) == 12


@pytest.mark.usefixtures("polite")
def test_it_gives_way_to_a_ranking_and_not_for_ever(app: Flask) -> None:
    tournament_id, _ = crowd(1)
    announce(tournament_id)
    with transaction() as session:
        outbox.want(session, "rank", str(tournament_id), now=NOW)
    began = time.monotonic()
    routing.route_tournament(tournament_id, now=NOW)
    assert time.monotonic() - began >= precedence.LONGEST_S
    assert len([row for row in notifications() if row.kind == "announcement"]) == 1


def test_many_people_are_much_from_the_second_portion_on(
    app: Flask, pieces: list[tuple[bool, Piece]], monkeypatch: pytest.MonkeyPatch
) -> None:
    tournament_id, _ = crowd(12)
    pieces.clear()
    monkeypatch.setattr(steps, "PEOPLE_AT_ONCE", 5)
    announce(tournament_id)
    routing.route_tournament(tournament_id, now=NOW)
    assert len([row for row in notifications() if row.kind == "announcement"]) == 12
    assert [(is_much, piece.share) for is_much, piece in pieces] == [
        (False, 1.0),
        (True, 1.0),
        (True, 0.4),
        (False, 0.1),  # the note of how many those were
    ]


def test_many_events_are_much_until_a_few_are_left(app: Flask, pieces: list[tuple[bool, Piece]]) -> None:
    tournament_id, _ = crowd(1)
    pieces.clear()
    facts = [log.Fact("tournament_updated", {"changed": []})] * 23
    with transaction() as session:
        tournament = log.lock_tournament(session, tournament_id)
        log.record_many(session, tournament, facts, actor=SYSTEM, now=NOW)
    assert routing.route_tournament(tournament_id, now=NOW) == 23
    assert [(is_much, piece.share) for is_much, piece in pieces] == [(True, 1.0), (True, 1.0), (False, 0.3)]
    assert routing.route_tournament(tournament_id, now=NOW) == 0
    assert len(pieces) == 3, "who is done waits for no turn"


def test_what_has_waited_for_long_stands_back_for_rankings_alone(app: Flask, pieces: list[tuple[bool, Piece]]) -> None:
    tournament_id, _ = crowd(1)
    facts = [log.Fact("tournament_updated", {"changed": []})] * 20
    for waited, is_much in ((steps.LATE, True), (steps.LATE + timedelta(seconds=1), False)):
        pieces.clear()
        with transaction() as session:
            tournament = log.lock_tournament(session, tournament_id)
            log.record_many(session, tournament, facts, actor=SYSTEM, now=NOW)
        assert routing.route_tournament(tournament_id, now=NOW + waited) == 20
        assert [much for much, _ in pieces] == [is_much, is_much]


@pytest.mark.usefixtures("emailing", "pieces")
def test_ten_are_told_by_as_many_statements_as_two(app: Flask) -> None:
    # How often it looks for a ranking that nobody makes here is a matter of time; what is only noted does not look.
    counted = []
    for number in (2, 10):
        with transaction() as session:
            session.execute(update(Tournament).values(name="Other"))
        tournament_id = open_tournament()
        for player in people(number, prefix=f"Crowd{number}x"):
            enter(tournament_id, player)
        route(tournament_id)
        announce(tournament_id)
        with count_statements() as statements:
            routing.route_tournament(tournament_id, now=NOW)
        counted.append(len(statements))
    assert counted[0] == counted[1]


# -- what is behind


def test_what_nobody_has_routed_is_asked_for_again(app: Flask) -> None:
    tournament_id, _ = crowd(1)
    with transaction() as session:
        session.execute(update(OutboxItem).values(done=OutboxItem.wanted))
    assert routing.request_stale(now=NOW) == 0
    announce(tournament_id)
    with trail() as found:
        assert routing.request_stale(now=NOW) == 1
    assert found.wanted == [("route", str(tournament_id))]


def test_telling_somebody_apart_from_a_log_obeys_their_wishes(app: Flask, emailing: None) -> None:
    first, second = people(2)
    wish(second, is_email_on=False, is_in_app_on=False)
    with transaction() as session:
        ids = [first.user_id or 0, second.user_id or 0, first.user_id or 0]
        counts = telling.tell(session, "webhook_disabled", ids, event_id=uuid.uuid4(), data={"endpoint_id": 3}, now=NOW)
    assert counts == (2, 1, 1, 1)
    (row,) = notifications()
    assert (row.kind, row.data, row.tournament_id) == ("webhook_disabled", {"endpoint_id": 3}, None)
    with read_snapshot() as session:
        assert session.scalar(select(func.count()).select_from(Mail)) == 1
        assert session.scalar(select(func.count()).select_from(Notification)) == 1


def test_every_event_is_handed_on_to_webhooks_once_with_the_move_of_the_cursor(app: Flask) -> None:
    tournament_id, _ = crowd(2)
    flags.set_flag("NOTIFICATIONS_WEBHOOK_ENABLED", is_on=True, actor=SYSTEM, now=NOW)
    with transaction() as session:
        session.add(
            WebhookEndpoint(
                scope="site", url_sealed="", host="example.org", created_at=NOW, in_flight_limit=4, openings=[]
            )
        )
    announce(tournament_id)
    route(tournament_id)
    with read_snapshot() as session:
        found = session.scalars(select(WebhookDelivery.type).order_by(WebhookDelivery.seq))
        assert found.all() == ["announcement", "notifications_sent"]
    routing.route_tournament(tournament_id, now=NOW)
    with read_snapshot() as session:
        assert session.scalar(select(func.count()).select_from(WebhookDelivery)) == 2
