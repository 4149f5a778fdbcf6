"""From an event of a tournament to a receiver that verifies it."""

import hashlib
import hmac
import tomllib
from datetime import UTC, datetime

import orjson
import pytest
from flask import Flask
from sqlalchemy import select
from standardwebhooks import Webhook

from tests.contests import open_contest
from tests.servers.receiver import Receiver, status
from tests.webhooked import SECRET, deliveries, endpoint_at, states
from webapp.config import ROOT
from webapp.models import Event, Tournament, WebhookMessage
from webapp.services.matches import series
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.webhooks import fan_out, sender


def route_all(tournament_id: int) -> int:
    with transaction() as session:
        tournament = session.get_one(Tournament, tournament_id)
        events = session.scalars(select(Event).where(Event.tournament_id == tournament_id).order_by(Event.seq)).all()
        return fan_out.of_events(session, tournament, events, now=utc_now())


@pytest.mark.usefixtures("sending")
def test_a_result_reaches_who_asked_for_it_signed_as_receivers_expect(app: Flask, receiver: Receiver) -> None:
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    contest = open_contest()
    wants = endpoint_at(receiver.at("/results"), now=long_ago, event_types=["match_completed"])
    other = endpoint_at(receiver.at("/starts"), now=long_ago, event_types=["tournament_started"])
    series.confirm(contest.match_id, contest.games(0, 0), actor=SYSTEM, now=utc_now())
    assert route_all(contest.tournament_id) >= 1
    assert states(wants) == ["pending"]
    assert sender.deliver_due(clock=utc_now) == len(deliveries())

    (request,) = receiver.of("/results")
    message = Webhook(SECRET).verify(request.body, dict(request.headers))
    (delivery,) = deliveries(wants)
    with read_snapshot() as session:
        event = session.get_one(Event, delivery.event_id)
        assert session.get_one(WebhookMessage, event.id).body == request.body
        data = {
            **event.data, "tournament_id": contest.tournament_id, "seq": event.seq, "match_id": contest.match_id,
        }  # fmt: skip
    assert orjson.dumps(message["data"], option=orjson.OPT_SORT_KEYS) == orjson.dumps(
        data, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS
    )
    assert (message["id"], message["type"]) == (str(event.id), "match_completed")
    assert datetime.fromisoformat(message["timestamp"]) == event.created_at
    assert request.method == "POST"
    headers = request.headers
    assert headers["webhook-id"] == str(event.id)
    assert headers["x-webhook-event"] == "match_completed"
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert headers["user-agent"] == f"DeltaCrown/{version}"
    assert headers["content-type"] == "application/json; charset=utf-8"
    assert headers["x-webhook-signature"] == hmac.new(SECRET.encode(), request.body, hashlib.sha256).hexdigest()
    assert (delivery.state, delivery.attempts, delivery.lease_token) == ("delivered", 1, None)
    assert states(other) == ["delivered"] * len(receiver.of("/starts"))


@pytest.mark.usefixtures("sending")
def test_the_same_event_routed_twice_is_delivered_once(app: Flask, receiver: Receiver) -> None:
    contest = open_contest()
    endpoint_at(receiver.at("/"), now=datetime(2020, 1, 1, tzinfo=UTC))
    receiver.behave("/", status(201))
    assert route_all(contest.tournament_id) == route_all(contest.tournament_id) > 0
    sender.deliver_due(clock=utc_now)
    route_all(contest.tournament_id)
    assert sender.deliver_due(clock=utc_now) == 0
    ids = [request.headers["webhook-id"] for request in receiver.requests]
    assert len(ids) == len(set(ids)) == len(deliveries())
