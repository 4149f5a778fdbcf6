"""Who is sent what: whose endpoints, which events, when; and what waits while a board is frozen."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from flask import Flask
from standardwebhooks import Webhook

from tests.contests import Contest, open_contest
from tests.personas import Persona
from tests.servers.receiver import Receiver
from tests.webhooked import SECRET, STARTED_AT, Clock, deliver, deliveries, endpoint_at, policy, states
from webapp.models import Event, Tournament, TournamentOfficial, WebhookEndpoint
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import transaction
from webapp.services.webhooks import endpoints, fan_out, sender, signing
from webapp.services.webhooks.claims import take

pytestmark = pytest.mark.usefixtures("sending")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def contest(app: Flask) -> Contest:
    return open_contest()


def route(contest: Contest, event_type: str, *, seq: int = 1000, at: datetime = STARTED_AT) -> None:
    """As the routing does it with an event of this type."""
    with transaction() as session:
        tournament = session.get_one(Tournament, contest.tournament_id)
        event = Event(
            id=uuid4(), type=event_type, tournament_id=tournament.id, seq=seq, match_id=None, registration_id=None,
            actor_id=None, data={}, created_at=at,
        )  # fmt: skip
        fan_out.of_events(session, tournament, [event], now=at)


def test_those_who_run_the_tournament_and_staff_hear_of_it(
    contest: Contest, olga: Persona, otto: Persona, pat: Persona
) -> None:
    with transaction() as session:
        session.get_one(Tournament, contest.tournament_id).organizer_id = olga.user_id
        for persona, role in ((otto, "co_organizer"), (pat, "referee")):
            official = TournamentOfficial(tournament_id=contest.tournament_id, user_id=persona.user_id, role=role)
            session.add(official)
    other = open_contest(name="Other")
    wanted = {
        "staff": endpoint_at("http://127.0.0.1:9/", now=LONG_AGO),
        "organizer": endpoint_at("http://127.0.0.1:9/", now=LONG_AGO, scope="tournaments", owner_id=olga.user_id),
        "co-organizer": endpoint_at("http://127.0.0.1:9/", now=LONG_AGO, scope="tournaments", owner_id=otto.user_id),
        "for this one": endpoint_at("http://127.0.0.1:9/", now=LONG_AGO, scope="tournaments", owner_id=olga.user_id,
                                    tournament_id=contest.tournament_id),
        "of this type": endpoint_at("http://127.0.0.1:9/", now=LONG_AGO, event_types=["match_started"]),
        "paused": endpoint_at("http://127.0.0.1:9/", now=LONG_AGO, paused_at=STARTED_AT),
    }  # fmt: skip
    endpoint_at("http://127.0.0.1:9/", now=LONG_AGO, scope="tournaments", owner_id=pat.user_id)
    endpoint_at("http://127.0.0.1:9/", now=LONG_AGO, tournament_id=other.tournament_id)
    endpoint_at("http://127.0.0.1:9/", now=LONG_AGO, event_types=["match_completed"])
    endpoint_at("http://127.0.0.1:9/", now=LONG_AGO, disabled_at=STARTED_AT)
    endpoint_at("http://127.0.0.1:9/", now=LONG_AGO, deleted_at=STARTED_AT)
    endpoint_at("http://127.0.0.1:9/", now=STARTED_AT + timedelta(seconds=1))
    endpoint_at("http://127.0.0.1:9/", now=LONG_AGO, kind="discord")
    endpoint_at("http://127.0.0.1:9/", now=LONG_AGO, scope="person", owner_id=olga.user_id)
    route(contest, "match_started")
    assert {delivery.endpoint_id for delivery in deliveries()} == set(wanted.values())


def test_while_the_flag_is_off_nothing_is_written(contest: Contest, monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint_at("http://127.0.0.1:9/", now=LONG_AGO)
    monkeypatch.setenv("NOTIFICATIONS_WEBHOOK_ENABLED", "off")
    route(contest, "match_started")
    assert deliveries() == []


def test_while_the_board_is_frozen_results_wait_and_all_else_goes_out(contest: Contest) -> None:
    endpoint_at("http://127.0.0.1:9/", now=LONG_AGO)
    with transaction() as session:
        session.get_one(Tournament, contest.tournament_id).frozen_seq = 500
    route(contest, "match_completed", seq=499)
    route(contest, "match_started", seq=501)
    route(contest, "match_completed", seq=502)
    route(contest, "rank_update", seq=503)
    assert states() == ["pending", "pending", "held", "held"]
    assert [claim.type for claim in take(now=STARTED_AT, limit=10).claims] == ["match_completed", "match_started"]
    with transaction() as session:
        session.get_one(Tournament, contest.tournament_id).frozen_seq = None
    route(contest, "board_unfrozen", seq=504)
    assert states() == ["pending"] * 5
    types = {claim.type for claim in take(now=STARTED_AT, limit=10).claims}
    assert types == {"match_completed", "rank_update", "board_unfrozen"}


def test_across_a_change_of_the_secret_no_receiver_refuses_anything(app: Flask, receiver: Receiver) -> None:
    endpoint_id = endpoint_at(receiver.at("/"), now=utc_now())
    new = signing.new_secret()
    clock = Clock(utc_now())
    with policy(rate=100_000.0, burst=100_000):
        for round_ in range(4):
            deliver(endpoint_id, count=250, now=clock())
            if round_ == 1:
                with transaction() as session:
                    endpoints.change_secret(session.get_one(WebhookEndpoint, endpoint_id), new, now=clock())
            assert sender.deliver_due(clock=clock) == 250
    assert len(receiver.requests) == 1000
    for number, request in enumerate(receiver.requests):
        # Who has not changed yet still reads all, and who has reads all from then on.
        Webhook(SECRET).verify(request.body, dict(request.headers))
        if number >= 250:
            Webhook(new).verify(request.body, dict(request.headers))
    clock.forward(24 * 3600)
    deliver(endpoint_id, now=clock())
    sender.deliver_due(clock=clock)
    assert len(receiver.requests[-1].headers["webhook-signature"].split()) == 1
