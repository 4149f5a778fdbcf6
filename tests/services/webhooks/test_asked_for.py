"""Deliveries that somebody asks for: tests, redeliveries, replays; and what is forgotten in the end."""

from datetime import datetime, timedelta

import orjson
import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from tests.arenas import OPENED_AT, Arena, ended_at, open_battle_royale
from tests.personas import Persona
from tests.servers.receiver import Receiver, status
from tests.trail import trail
from tests.webhooked import Clock, attempts, change, deliveries, endpoint, states
from webapp.domain.errors import Conflict, NotFound
from webapp.models import Event, Tournament, WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookMessage
from webapp.services.live import freezes
from webapp.services.matches import results
from webapp.services.operations import flags
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.webhooks import deliveries as asked
from webapp.services.webhooks import endpoints, fan_out, forgetting, replays, sender
from webapp.services.webhooks.endpoints import Draft
from webapp.services.webhooks.replays import ReplayError

NOW = OPENED_AT + timedelta(hours=3)
pytestmark = pytest.mark.usefixtures("sending")


@pytest.fixture
def cup(app: Flask, olga: Persona) -> Arena:
    """A cup of olga's with two matches played."""
    arena = open_battle_royale(squads=3, lobbies=3)
    with transaction() as session:
        session.get_one(Tournament, arena.tournament_id).organizer_id = olga.user_id
    for number in (1, 2):
        match_id = arena.match_ids[number - 1]
        results.confirm(match_id, arena.lines(match_id), actor=SYSTEM, now=ended_at(number))
    return arena


def made(who: Persona, receiver: Receiver, *, scope: str = "tournaments", **draft: object) -> int:
    wanted = Draft(receiver.at("/"), **draft)  # type: ignore[arg-type]  # fields by name
    return endpoints.create(wanted, scope=scope, actor=who.actor, now=OPENED_AT - timedelta(days=1)).endpoint_id


def send(now: datetime = NOW) -> None:
    sender.deliver_due(clock=lambda: now)


def route(arena: Arena, *, now: datetime = NOW) -> None:
    with transaction() as session:
        tournament = session.get_one(Tournament, arena.tournament_id)
        log = select(Event).where(Event.tournament_id == arena.tournament_id).order_by(Event.seq)
        fan_out.of_events(session, tournament, session.scalars(log).all(), now=now)


def log_of(arena: Arena) -> list[str]:
    """The ids of the events of its log, in its order."""
    with read_snapshot() as session:
        ids = select(Event.id).where(Event.tournament_id == arena.tournament_id).order_by(Event.seq)
        return [str(event_id) for event_id in session.scalars(ids)]


def heard(receiver: Receiver) -> list[str]:
    """What a receiver knows that goes by the ids, in the order of the log."""
    bodies = {request.headers["webhook-id"]: orjson.loads(request.body) for request in receiver.requests}
    return sorted(bodies, key=lambda message_id: bodies[message_id]["data"]["seq"])


def test_a_test_is_sent_at_once_and_audited(app: Flask, olga: Persona, receiver: Receiver) -> None:
    endpoint_id = made(olga, receiver)
    with trail() as left:
        delivery_id = asked.send_test(endpoint_id, actor=olga.actor, now=NOW)
    assert left.audited == [("webhook.tested", {"endpoint_id": endpoint_id, "delivery_id": delivery_id})]
    assert left.wanted == [("webhooks", "all")]
    send()
    (request,) = receiver.requests
    message = orjson.loads(request.body)
    assert (message["type"], message["data"]) == ("webhook_test", {"endpoint_id": endpoint_id})
    assert request.headers["webhook-id"] == message["id"]
    (delivery,) = deliveries(endpoint_id)
    assert (delivery.state, delivery.is_manual, delivery.tournament_id) == ("delivered", True, None)


def test_nothing_is_asked_for_while_nothing_is_sent(
    app: Flask, olga: Persona, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint_id = made(olga, receiver)
    codes = []
    for name, value in (("paused_at", NOW), ("disabled_at", NOW)):
        change(endpoint_id, **{name: value})
        for work in (
            lambda: asked.send_test(endpoint_id, actor=olga.actor, now=NOW),
            lambda: asked.redeliver_failed(endpoint_id, since=OPENED_AT, actor=olga.actor, now=NOW),
            lambda: replays.replay(endpoint_id, 1, from_seq=1, actor=olga.actor, now=NOW),
        ):
            with pytest.raises(Conflict) as caught:
                work()
            codes.append(caught.value.code)
        change(endpoint_id, **{name: None})
    assert codes == ["webhook_paused"] * 3 + ["webhook_disabled"] * 3
    monkeypatch.setenv("NOTIFICATIONS_WEBHOOK_ENABLED", "off")
    flags.forget()
    with pytest.raises(Conflict) as caught:
        asked.send_test(endpoint_id, actor=olga.actor, now=NOW)
    assert caught.value.code == "sending_off"


def test_a_redelivery_keeps_the_id_and_the_bytes_and_is_marked(app: Flask, olga: Persona, receiver: Receiver) -> None:
    endpoint_id = made(olga, receiver)
    receiver.behave("/", status(400), status(200))
    asked.send_test(endpoint_id, actor=olga.actor, now=NOW)
    send()
    (failed,) = deliveries(endpoint_id)
    assert failed.state == "failed"
    with transaction() as session:
        session.execute(update(WebhookDelivery).values(is_manual=False))
    with trail() as left:
        asked.redeliver(endpoint_id, failed.id, actor=olga.actor, now=NOW)
    facts = {"endpoint_id": endpoint_id, "delivery_id": failed.id, "before": "failed"}
    assert left.audited == [("webhook.redelivered", facts)]
    (begun,) = deliveries(endpoint_id)
    assert (begun.state, begun.delivered_at) == ("pending", None)
    send()
    one, other = receiver.requests
    assert one.body == other.body
    assert one.headers["webhook-id"] == other.headers["webhook-id"]
    assert states(endpoint_id) == ["delivered"]
    assert [attempt.is_manual for attempt in attempts(endpoint_id)][-1] is True


def test_what_had_arrived_is_not_delivered_any_more_once_it_begins_anew(
    app: Flask, olga: Persona, cup: Arena, receiver: Receiver
) -> None:
    endpoint_id = made(olga, receiver)
    route(cup)
    send_all(endpoint_id)
    first = deliveries(endpoint_id)[0]
    assert first.delivered_at is not None
    asked.redeliver(endpoint_id, first.id, actor=olga.actor, now=NOW)
    receiver.behave("/", status(404))
    send(NOW + timedelta(minutes=2))
    again = deliveries(endpoint_id)[0]
    assert (again.state, again.delivered_at) == ("failed", None)
    replays.replay(endpoint_id, cup.tournament_id, from_seq=1, actor=olga.actor, now=NOW)
    assert {(one.state, one.delivered_at) for one in deliveries(endpoint_id)} == {("pending", None)}


def test_what_is_held_under_way_or_of_another_is_not_sent_again(
    app: Flask, olga: Persona, otto: Persona, receiver: Receiver
) -> None:
    endpoint_id, of_otto = made(olga, receiver), made(otto, receiver)
    delivery_id = asked.send_test(endpoint_id, actor=olga.actor, now=NOW)
    codes = []
    for changed in ({"state": "held"}, {"state": "pending", "lease_until": NOW + timedelta(seconds=9)}):
        with transaction() as session:
            session.execute(update(WebhookDelivery).values(**changed))
        with pytest.raises(Conflict) as caught:
            asked.redeliver(endpoint_id, delivery_id, actor=olga.actor, now=NOW)
        codes.append(caught.value.code)
    assert codes == ["delivery_held", "delivery_under_way"]
    for who, its in ((otto, endpoint_id), (otto, of_otto)):
        with pytest.raises(NotFound):
            asked.redeliver(its, delivery_id, actor=who.actor, now=NOW)


def test_all_that_failed_since_a_time_goes_out_once_more(
    app: Flask, olga: Persona, cup: Arena, receiver: Receiver
) -> None:
    endpoint_id = made(olga, receiver)
    receiver.behave("/", status(404))
    asked.send_test(endpoint_id, actor=olga.actor, now=NOW - timedelta(hours=1))
    send(NOW - timedelta(hours=1))
    route(cup)
    with transaction() as session:
        endpoints.start_afresh(session.get_one(WebhookEndpoint, endpoint_id), now=NOW)
        session.execute(update(WebhookDelivery).values(state="exhausted"))
    receiver.forget()
    receiver.behave("/", status(200))
    with trail() as left:
        count = asked.redeliver_failed(endpoint_id, since=NOW, actor=olga.actor, now=NOW)
    assert count == len(log_of(cup))
    facts = {"endpoint_id": endpoint_id, "since": NOW.isoformat(), "count": count}
    assert left.audited == [("webhook.failed_redelivered", facts)]
    send_all(endpoint_id)
    assert heard(receiver) == log_of(cup)
    assert states(endpoint_id) == ["exhausted"] + ["delivered"] * count


def send_all(endpoint_id: int, *, since: datetime = NOW) -> None:
    """However few its bucket lets through at once."""
    for seconds in range(60):
        send(since + timedelta(seconds=seconds))
        if "pending" not in states(endpoint_id):
            return


def test_a_receiver_that_was_away_ends_up_equal_by_a_replay_from_a_number(
    app: Flask, olga: Persona, cup: Arena, receiver: Receiver
) -> None:
    # The first of the log arrived, then it was away, and the rest was never meant for it or given up.
    endpoint_id = made(olga, receiver)
    route(cup)
    with transaction() as session:
        session.execute(update(WebhookDelivery).where(WebhookDelivery.seq > 2).values(state="exhausted"))
        session.execute(
            update(WebhookDelivery).where(WebhookDelivery.seq == 4).values(endpoint_id=made_for_nobody(session))
        )
    send_all(endpoint_id)
    assert heard(receiver) == log_of(cup)[:2]
    with trail() as left:
        done = replays.replay(endpoint_id, cup.tournament_id, from_seq=2, actor=olga.actor, now=NOW)
    assert done == (len(log_of(cup)) - 1, len(log_of(cup)), True)
    ((action, facts),) = left.audited
    assert (action, facts["from_seq"], facts["count"]) == ("webhook.replayed", 2, done.events)
    send_all(endpoint_id)
    assert heard(receiver) == log_of(cup)
    # What had arrived came once more, under its id and with its bytes.
    twice = [request for request in receiver.requests if request.headers["webhook-id"] == log_of(cup)[1]]
    assert len(twice) == 2
    assert twice[0].body == twice[1].body


def made_for_nobody(session: Session) -> int:
    other = WebhookEndpoint(scope="site", url_sealed="", host="", created_at=NOW, deleted_at=NOW)
    session.add(other)
    session.flush()
    return other.id


def test_a_replay_is_of_chosen_events_and_of_logs_that_the_endpoint_is_told(
    app: Flask, olga: Persona, otto: Persona, sam: Persona, cup: Arena, receiver: Receiver
) -> None:
    chosen = made(olga, receiver, event_types=("match_completed",))
    assert replays.replay(chosen, cup.tournament_id, from_seq=1, actor=olga.actor, now=NOW).events == 2
    assert {delivery.type for delivery in deliveries(chosen)} == {"match_completed"}
    foreign = made(otto, receiver)
    with pytest.raises(ReplayError):
        replays.replay(foreign, cup.tournament_id, from_seq=1, actor=otto.actor, now=NOW)
    other_alone = made(olga, receiver, tournament_id=cup.tournament_id)
    second = open_battle_royale(squads=2, lobbies=1, name="Second")
    with transaction() as session:
        session.get_one(Tournament, second.tournament_id).organizer_id = olga.user_id
    with pytest.raises(ReplayError):
        replays.replay(other_alone, second.tournament_id, from_seq=1, actor=olga.actor, now=NOW)
    of_site = made(sam, receiver, scope="site")
    done = replays.replay(of_site, second.tournament_id, from_seq=3, actor=sam.actor, now=NOW)
    assert (done.events, done.is_all) == (len(log_of(second)) - 2, True)


def test_a_long_log_is_replayed_in_parts(
    app: Flask, olga: Persona, cup: Arena, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replays, "_A_BATCH", 2)
    monkeypatch.setattr(replays, "AT_MOST", 5)
    endpoint_id, total = made(olga, receiver), len(log_of(cup))
    done = replays.replay(endpoint_id, cup.tournament_id, from_seq=1, actor=olga.actor, now=NOW)
    assert done == (5, 5, False)
    done = replays.replay(endpoint_id, cup.tournament_id, from_seq=total - 4, actor=olga.actor, now=NOW)
    assert done == (5, total, True)
    assert {delivery.seq for delivery in deliveries(endpoint_id)} == {1, 2, 3, 4, 5, *range(total - 4, total + 1)}


def test_a_replay_holds_back_what_the_public_may_not_know(
    app: Flask, olga: Persona, cup: Arena, receiver: Receiver
) -> None:
    endpoint_id = made(olga, receiver)
    freezes.freeze_now(cup.tournament_id, actor=olga.actor, now=NOW)
    results.confirm(cup.match_ids[2], cup.lines(cup.match_ids[2]), actor=SYSTEM, now=NOW)
    replays.replay(endpoint_id, cup.tournament_id, from_seq=1, actor=olga.actor, now=NOW)
    held = [delivery.type for delivery in deliveries(endpoint_id) if delivery.state == "held"]
    assert "match_completed" in held
    assert "board_frozen" not in held
    send_all(endpoint_id)
    assert receiver.requests
    freezes.unfreeze(cup.tournament_id, actor=olga.actor, now=NOW)
    route(cup)
    send_all(endpoint_id)
    assert heard(receiver) == log_of(cup)


@pytest.mark.parametrize("is_replayed", [True, False])
def test_a_disabled_one_is_enabled_with_what_it_missed_or_without(
    app: Flask, olga: Persona, cup: Arena, receiver: Receiver, *, is_replayed: bool
) -> None:
    endpoint_id = made(olga, receiver)
    since = ended_at(1)
    # What happened minutes before may not have been routed by then.
    change(
        endpoint_id, disabled_at=NOW, disabled_reason="failing", missed_since=since + timedelta(minutes=5),
        circuit="open", circuit_since=NOW, failures_in_a_row=9,
    )  # fmt: skip
    with trail() as left:
        count = replays.enable(endpoint_id, is_replayed=is_replayed, actor=olga.actor, now=NOW).events
        again = replays.enable(endpoint_id, is_replayed=is_replayed, actor=olga.actor, now=NOW).events
    facts = {"endpoint_id": endpoint_id, "before": "failing", "is_replayed": is_replayed}
    assert left.audited == [("webhook.enabled", facts)]
    found = endpoint(endpoint_id)
    assert (found.disabled_at, found.missed_since, found.circuit, found.failures_in_a_row) == (None, None, "closed", 0)
    with read_snapshot() as session:
        missed = session.scalar(select(func.count()).where(Event.created_at >= since)) or 0
    assert (count, again) == (missed if is_replayed else 0, 0)
    send_all(endpoint_id)
    assert len(heard(receiver)) == count


def test_one_that_was_gone_is_sent_the_queue_behind_it_each_once(
    app: Flask, olga: Persona, cup: Arena, receiver: Receiver
) -> None:
    clock = Clock(NOW)
    endpoint_id = made(olga, receiver)
    change(endpoint_id, in_flight_limit=1)
    receiver.behave("/", status(410))
    route(cup, now=clock())
    clock.forward(3)
    sender.deliver_due(clock=clock)
    gone = endpoint(endpoint_id)
    assert (gone.disabled_at, gone.missed_since) == (clock(), NOW)
    # What happened before it was disabled may come to be routed after it.
    before = log_of(cup)
    results.confirm(cup.match_ids[2], cup.lines(cup.match_ids[2]), actor=SYSTEM, now=NOW - timedelta(seconds=1))
    route(cup, now=clock())
    assert len(log_of(cup)) > len(before) == len(deliveries(endpoint_id))
    assert set(states(endpoint_id)) == {"exhausted", "failed"}
    receiver.forget()
    receiver.behave("/", status(200))
    enabled = replays.enable(endpoint_id, is_replayed=True, actor=olga.actor, now=clock.forward(3600))
    assert enabled == (len(log_of(cup)), ())
    send_all(endpoint_id, since=clock())
    # Each once: what fails and what the log tells overlap in nothing.
    assert sorted(request.headers["webhook-id"] for request in receiver.requests) == sorted(log_of(cup))


def test_what_is_missed_and_too_much_for_once_is_named_with_where_it_goes_on(
    app: Flask, olga: Persona, cup: Arena, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replays, "_A_BATCH", 2)
    monkeypatch.setattr(replays, "AT_MOST", 5)
    second = open_battle_royale(squads=2, lobbies=1, name="Second")
    with transaction() as session:
        session.get_one(Tournament, second.tournament_id).organizer_id = olga.user_id
    endpoint_id = made(olga, receiver)
    change(endpoint_id, disabled_at=NOW, missed_since=OPENED_AT - timedelta(hours=1))
    enabled = replays.enable(endpoint_id, is_replayed=True, actor=olga.actor, now=NOW)
    assert enabled.events == 5
    assert [(rest.tournament_id, rest.from_seq) for rest in enabled.rest] == [
        (cup.tournament_id, 6), (second.tournament_id, 1),
    ]  # fmt: skip
    for rest in enabled.rest:
        replays.replay(endpoint_id, rest.tournament_id, from_seq=rest.from_seq, actor=olga.actor, now=NOW)


def test_what_ended_a_month_ago_is_forgotten_and_what_waits_is_not(
    app: Flask, olga: Persona, cup: Arena, receiver: Receiver
) -> None:
    endpoint_id = made(olga, receiver)
    route(cup)
    send_all(endpoint_id)
    with transaction() as session:
        session.execute(update(WebhookDelivery).where(WebhookDelivery.seq == 1).values(state="pending"))
    count = len(log_of(cup))
    assert forgetting.forget_old(now=NOW + forgetting.KEPT) == 0
    assert forgetting.forget_old(now=NOW + forgetting.KEPT + timedelta(seconds=1)) == count - 1
    assert states(endpoint_id) == ["pending"]
    with read_snapshot() as session:
        kept = {table: session.scalar(select(func.count()).select_from(table)) for table in _TABLES}
    assert kept == {WebhookMessage: 1, WebhookAttempt: 1}


_TABLES = (WebhookMessage, WebhookAttempt)
