"""Endpoints: who makes and changes them, what is kept of them, what the audit says."""

from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, select, text

from tests.arenas import OPENED_AT, open_battle_royale
from tests.personas import Persona
from tests.trail import trail
from tests.webhooked import deliver
from webapp.domain.errors import Conflict, DomainError, Forbidden, NotFound
from webapp.models import Tournament, WebhookDelivery, WebhookEndpoint
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.tournaments import officials
from webapp.services.webhooks import claims, deliveries, endpoints, environment, results, sealing
from webapp.services.webhooks.endpoints import Draft, EndpointError

PUBLIC = "https://203.0.114.7/hooks?key=hush"
NOW = OPENED_AT
SOON = NOW + timedelta(minutes=1)


def kept(endpoint_id: int) -> WebhookEndpoint:
    with read_snapshot() as session:
        endpoint = session.get_one(WebhookEndpoint, endpoint_id)
        session.expunge(endpoint)
        return endpoint


def made(who: Persona, draft: Draft | None = None, *, scope: str = "tournaments") -> int:
    return endpoints.create(draft or Draft(PUBLIC), scope=scope, actor=who.actor, now=NOW).endpoint_id


def test_one_is_made_with_a_secret_that_is_shown_once_and_sealed_like_the_address(app: Flask, olga: Persona) -> None:
    draft = Draft(PUBLIC, "  Results\tto the club ", ("match_completed", "rank_update"))
    with trail() as left:
        new = endpoints.create(draft, scope="tournaments", actor=olga.actor, now=NOW)
    assert new.secret.startswith("whsec_")
    endpoint = kept(new.endpoint_id)
    assert (endpoint.scope, endpoint.owner_id, endpoint.kind, endpoint.host) == (
        "tournaments", olga.user_id, "webhook", "203.0.114.7",
    )  # fmt: skip
    assert endpoint.description == "Results to the club"
    # In the order of the catalogue, so that the same choice is the same row.
    assert endpoint.event_types == ["rank_update", "match_completed"]
    assert sealing.unseal(endpoint.url_sealed) == PUBLIC
    assert sealing.unseal(endpoint.secret_sealed) == new.secret
    with read_snapshot() as session:
        row = str(session.execute(text("SELECT * FROM webhook_endpoints")).one())
    assert "hush" not in row
    assert new.secret.removeprefix("whsec_") not in row
    facts = {
        "endpoint_id": new.endpoint_id, "kind": "webhook", "scope": "tournaments", "of_tournament_id": None,
        "event_types": ["rank_update", "match_completed"],
    }  # fmt: skip
    assert left.audited == [("webhook.created", facts)]


def test_secrets_differ_from_endpoint_to_endpoint(app: Flask, olga: Persona) -> None:
    secrets = {endpoints.create(Draft(PUBLIC), scope="tournaments", actor=olga.actor, now=NOW).secret for _ in range(5)}
    assert len(secrets) == 5


def test_who_may_make_one_of_which_scope(app: Flask, olga: Persona, pat: Persona, sam: Persona) -> None:
    for who, scope in ((pat, "tournaments"), (pat, "site"), (olga, "site")):
        with pytest.raises(Forbidden):
            made(who, scope=scope)
    made(sam, scope="site")
    made(sam)


@pytest.mark.parametrize(
    ("draft", "fields"),
    [
        (Draft(""), {"url"}),
        (Draft("ftp://example.org/"), {"url"}),
        (Draft("http://127.0.0.1/"), {"url"}),
        (Draft("https://[::ffff:10.0.0.1]/"), {"url"}),
        (Draft("not an address"), {"url"}),
        (Draft(PUBLIC, "d" * 81), {"description"}),
        (Draft(PUBLIC, event_types=("nothing_such",)), {"event_types"}),
        (Draft(PUBLIC, event_types=("team_created",)), {"event_types"}),
        (Draft(PUBLIC, tournament_id=999_999), {"tournament_id"}),
        (Draft("nowhere", "d" * 81, ("nothing_such",)), {"url", "description", "event_types"}),
        (Draft(PUBLIC, kind="discord"), {"url"}),
        (Draft("https://discord.com/api/webhooks/123456/" + "t" * 40, "", ("draft_updated",), kind="discord"),
         {"event_types"}),
    ],
)  # fmt: skip
def test_what_cannot_be_kept_is_named_field_by_field(app: Flask, olga: Persona, draft: Draft, fields: set[str]) -> None:
    with trail() as left, pytest.raises(EndpointError) as caught:
        made(olga, draft)
    assert {problem.path for problem in caught.value.fields} == fields
    assert left.audited == []


def test_a_discord_channel_has_no_secret_and_is_told_once(app: Flask, olga: Persona, otto: Persona) -> None:
    address = "https://discord.com/api/webhooks/123456789/" + "t" * 60
    new = endpoints.create(Draft(address, kind="discord"), scope="tournaments", actor=olga.actor, now=NOW)
    assert (new.secret, kept(new.endpoint_id).secret_sealed) == ("", "")
    with pytest.raises(Conflict) as caught:
        made(otto, Draft(address.replace("discord.com", "discordapp.com"), kind="discord"))
    assert caught.value.code == "discord_in_use"
    endpoints.edit(new.endpoint_id, Draft(address, "Ours"), actor=olga.actor, now=SOON)
    with pytest.raises(Conflict):
        endpoints.rotate(new.endpoint_id, actor=olga.actor, now=SOON)
    endpoints.delete(new.endpoint_id, actor=olga.actor, now=SOON)
    made(otto, Draft(address, kind="discord"))


def test_only_those_who_run_a_tournament_can_choose_it(app: Flask, olga: Persona, otto: Persona) -> None:
    arena = open_battle_royale(squads=2, lobbies=1)
    with transaction() as session:
        session.get_one(Tournament, arena.tournament_id).organizer_id = olga.user_id
    draft = Draft(PUBLIC, tournament_id=arena.tournament_id)
    with pytest.raises(EndpointError):
        made(otto, draft)
    endpoint_id = made(olga, draft)
    assert kept(endpoint_id).tournament_id == arena.tournament_id
    officials.appoint(arena.tournament_id, "Otto", "referee", actor=olga.actor, now=NOW)
    with pytest.raises(EndpointError):
        made(otto, draft)
    # It keeps the one that it has, whatever has become of that, and cannot come to have it.
    other = made(olga)
    with transaction() as session:
        session.get_one(Tournament, arena.tournament_id).deleted_at = SOON
    kept_one = Draft("", "Of the past", tournament_id=arena.tournament_id)
    endpoints.edit(endpoint_id, kept_one, actor=olga.actor, now=SOON)
    changed = kept(endpoint_id)
    assert (changed.description, changed.tournament_id) == ("Of the past", arena.tournament_id)
    with pytest.raises(EndpointError):
        endpoints.edit(other, kept_one, actor=olga.actor, now=SOON)


def test_twenty_are_enough_for_one_person(app: Flask, olga: Persona, otto: Persona) -> None:
    ids = [made(olga) for _ in range(endpoints.AT_MOST)]
    with pytest.raises(EndpointError) as caught:
        made(olga)
    assert caught.value.code == "webhook_limit"
    made(otto)
    endpoints.delete(ids[0], actor=olga.actor, now=SOON)
    made(olga)


def test_nobody_elses_is_there_for_anybody_but_staff(app: Flask, olga: Persona, otto: Persona, sam: Persona) -> None:
    of_olga, of_site = made(olga), made(sam, scope="site")
    for who, endpoint_id in ((otto, of_olga), (olga, of_site), (olga, 999_999)):
        for refused in (endpoints.pause, endpoints.resume, endpoints.rotate, endpoints.delete):
            with pytest.raises(NotFound):
                refused(endpoint_id, actor=who.actor, now=SOON)
    endpoints.pause(of_olga, actor=sam.actor, now=SOON)
    endpoints.resume(of_olga, actor=olga.actor, now=SOON)
    endpoints.delete(of_olga, actor=olga.actor, now=SOON)
    with pytest.raises(NotFound):
        endpoints.pause(of_olga, actor=sam.actor, now=SOON)


def test_a_change_is_audited_by_ids_and_the_same_again_is_none(app: Flask, olga: Persona) -> None:
    endpoint_id = made(olga)
    with transaction() as session:
        endpoint = session.get_one(WebhookEndpoint, endpoint_id)
        endpoint.circuit, endpoint.failures_in_a_row = "open", 7
    with trail() as left:
        endpoints.edit(endpoint_id, Draft("", "Club", ("rank_update",)), actor=olga.actor, now=SOON)
        endpoints.edit(endpoint_id, Draft("", "Club", ("rank_update",)), actor=olga.actor, now=SOON)
    before, after = ({"of_tournament_id": None, "event_types": types} for types in ([], ["rank_update"]))
    facts = {"endpoint_id": endpoint_id, "is_moved": False, "before": before, "after": after}
    assert left.audited == [("webhook.edited", facts)]
    assert sealing.unseal(kept(endpoint_id).url_sealed) == PUBLIC
    assert kept(endpoint_id).circuit == "open"
    with trail() as left:
        endpoints.edit(endpoint_id, Draft("https://203.0.114.8/", "Club", ("rank_update",)), actor=olga.actor, now=SOON)
    assert [data["is_moved"] for _, data in left.audited] == [True]
    moved = kept(endpoint_id)
    assert (moved.host, moved.circuit, moved.failures_in_a_row) == ("203.0.114.8", "closed", 0)
    with pytest.raises(EndpointError):
        endpoints.edit(endpoint_id, Draft("http://10.0.0.1/"), actor=olga.actor, now=SOON)


@pytest.mark.usefixtures("sending")
def test_a_new_secret_leaves_the_old_one_a_day(app: Flask, olga: Persona) -> None:
    first = endpoints.create(Draft(PUBLIC), scope="tournaments", actor=olga.actor, now=NOW)
    with trail() as left:
        second = endpoints.rotate(first.endpoint_id, actor=olga.actor, now=SOON)
    endpoint = kept(first.endpoint_id)
    assert sealing.unseal(endpoint.secret_sealed) == second.secret != first.secret
    assert second.before_ends_at == SOON + timedelta(hours=24)
    assert left.audited == [("webhook.secret_rotated", {"endpoint_id": first.endpoint_id})]
    assert keys_at(first.endpoint_id, SOON) == (second.secret, first.secret)
    assert keys_at(first.endpoint_id, SOON + timedelta(hours=24)) == (second.secret,)


def keys_at(endpoint_id: int, now: datetime) -> tuple[str, ...]:
    """The secrets that sign what is sent then."""
    deliver(endpoint_id, now=now)
    (claim,) = claims.take(now=now, limit=1).claims
    results.release([claim], now=now)
    with transaction() as session:
        session.execute(delete(WebhookDelivery))
    return claim.keys


@pytest.mark.usefixtures("sending")
def test_every_secret_of_the_last_day_signs_however_often_it_was_changed(app: Flask, olga: Persona) -> None:
    made_first = endpoints.create(Draft(PUBLIC), scope="tournaments", actor=olga.actor, now=NOW)
    endpoint_id, secrets = made_first.endpoint_id, [made_first.secret]
    for minutes in (0, 0, 600):
        at = NOW + timedelta(minutes=minutes)
        secrets.append(endpoints.rotate(endpoint_id, actor=olga.actor, now=at).secret)
    first, second, third, current = secrets
    assert keys_at(endpoint_id, NOW + timedelta(hours=23)) == (current, third, second, first)
    assert keys_at(endpoint_id, NOW + timedelta(hours=24)) == (current, third)
    assert keys_at(endpoint_id, NOW + timedelta(hours=34)) == (current,)
    later = NOW + timedelta(days=3)
    secrets = [endpoints.rotate(endpoint_id, actor=olga.actor, now=later).secret for _ in range(7)]
    assert keys_at(endpoint_id, later) == tuple(reversed(secrets[1:]))
    with read_snapshot() as session:
        row = str(session.execute(text("SELECT * FROM webhook_endpoints")).one())
    assert not any(secret.removeprefix("whsec_") in row for secret in secrets)


@pytest.mark.usefixtures("sending")
def test_a_former_secret_that_cannot_be_read_any_more_stops_nothing(app: Flask, olga: Persona) -> None:
    endpoint_id = made(olga)
    new = endpoints.rotate(endpoint_id, actor=olga.actor, now=NOW)
    with transaction() as session:
        endpoint = session.get_one(WebhookEndpoint, endpoint_id)
        endpoint.former_secrets = [["of another key", until] for _, until in endpoint.former_secrets]
    assert keys_at(endpoint_id, SOON) == (new.secret,)


def test_a_pause_lets_wait_and_ends_by_asking_for_what_waited(app: Flask, olga: Persona) -> None:
    endpoint_id = made(olga)
    with trail() as left:
        endpoints.pause(endpoint_id, actor=olga.actor, now=NOW)
        endpoints.pause(endpoint_id, actor=olga.actor, now=SOON)
    assert kept(endpoint_id).paused_at == NOW
    assert (left.audited, left.wanted) == ([("webhook.paused", {"endpoint_id": endpoint_id})], [])
    with trail() as left:
        endpoints.resume(endpoint_id, actor=olga.actor, now=SOON)
        endpoints.resume(endpoint_id, actor=olga.actor, now=SOON)
    assert left.audited == [("webhook.resumed", {"endpoint_id": endpoint_id})]
    assert left.wanted == [("webhooks", "all")]


def test_a_deleted_one_forgets_address_and_secrets_and_gives_up_what_waits(
    app: Flask, olga: Persona, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFICATIONS_WEBHOOK_ENABLED", "on")
    endpoint_id = made(olga)
    endpoints.rotate(endpoint_id, actor=olga.actor, now=NOW)
    deliveries.send_test(endpoint_id, actor=olga.actor, now=NOW)
    with trail() as left:
        endpoints.delete(endpoint_id, actor=olga.actor, now=SOON)
    endpoint = kept(endpoint_id)
    assert (endpoint.url_sealed, endpoint.secret_sealed, endpoint.former_secrets) == ("", "", [])
    assert [action for action, _ in left.audited] == ["webhook.deleted"]
    with read_snapshot() as session:
        assert session.scalars(select(WebhookDelivery.state)).all() == ["failed"]


def test_the_endpoint_of_the_settings_is_made_changed_and_ended(app: Flask, sam: Persona) -> None:
    secret = "of-the-settings-" * 3
    with trail() as left:
        environment.keep(PUBLIC, secret, now=NOW)
        environment.keep(PUBLIC, secret, now=SOON)
    (endpoint_id,) = [data["endpoint_id"] for _, data in left.audited]
    endpoint = kept(endpoint_id)
    assert (endpoint.scope, endpoint.owner_id, endpoint.is_from_environment) == ("site", None, True)
    assert sealing.unseal(endpoint.secret_sealed) == secret
    for refused in (endpoints.rotate, endpoints.delete):
        with pytest.raises(Conflict) as caught:
            refused(endpoint_id, actor=sam.actor, now=SOON)
        assert caught.value.code == "webhook_from_settings"
    endpoints.pause(endpoint_id, actor=sam.actor, now=SOON)
    environment.keep("https://203.0.114.9/", secret, now=SOON)
    assert kept(endpoint_id).host == "203.0.114.9"
    environment.keep("http://192.168.0.1/", secret, now=SOON)
    assert kept(endpoint_id).host == "203.0.114.9"
    environment.keep(None, "", now=SOON)
    assert kept(endpoint_id).deleted_at == SOON
    environment.keep(PUBLIC, secret, now=SOON)
    with read_snapshot() as session:
        assert len(session.scalars(select(WebhookEndpoint.id)).all()) == 2


def test_an_endpoint_whose_seal_is_broken_is_sealed_anew_from_the_settings(app: Flask) -> None:
    environment.keep(PUBLIC, "s" * 40, now=NOW)
    with transaction() as session:
        session.scalars(select(WebhookEndpoint)).one().url_sealed = "of another key"
    environment.keep(PUBLIC, "s" * 40, now=SOON)
    with read_snapshot() as session:
        assert sealing.unseal(session.scalars(select(WebhookEndpoint.url_sealed)).one()) == PUBLIC


def test_the_refusal_of_an_address_says_what_to_do(app: Flask, olga: Persona) -> None:
    with pytest.raises(DomainError) as caught:
        made(olga, Draft("https://127.0.0.1/"))
    (problem,) = caught.value.fields
    assert problem.message.endswith(".")
