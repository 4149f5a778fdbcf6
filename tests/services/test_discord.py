"""Channels on Discord: who has one, what each is sent of notifications and of a tournament's log, and when."""

import uuid
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import orjson
import pytest
from flask import Flask
from sqlalchemy import select

from tests.arenas import OPENED_AT, Arena, ended_at, open_battle_royale, open_league
from tests.personas import Persona, persona
from tests.services.test_announcements import DATA
from tests.statements import count_statements
from tests.trail import trail
from webapp.domain.errors import Conflict, LoginRequired, NotFound
from webapp.domain.events import CATALOGUE, MATCH_ROOM
from webapp.domain.notifications.discord import EVENTS, USUAL_EVENTS, DiscordAddressError
from webapp.domain.webhooks.offered import OFFERED
from webapp.models import (
    Announcement,
    Event,
    Match,
    Notification,
    Tournament,
    TournamentOfficial,
    WebhookDelivery,
    WebhookEndpoint,
)  # fmt: skip
from webapp.services.live import freezes
from webapp.services.notifications import discord, discord_channels, discord_events
from webapp.services.notifications.discord_words import SENTENCES
from webapp.services.operations import flags
from webapp.services.spine import log
from webapp.services.spine.actors import SYSTEM, Actor
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.webhooks import endpoints, sealing
from webapp.services.webhooks.endpoints import Draft

TOKEN = "quelea-" + "t" * 61
NOW = ended_at(1)


def url(number: int) -> str:
    return f"https://discord.com/api/webhooks/{10_000_000 + number}/{TOKEN}"


@pytest.fixture(autouse=True)
def _switched_on(app: Flask) -> None:
    flags.set_flag(discord.FLAG, is_on=True, actor=SYSTEM, now=OPENED_AT)


@pytest.fixture
def players(app: Flask) -> list[Persona]:
    return [persona(app, name) for name in ("pat", "una", "vera")]


def sent() -> list[WebhookDelivery]:
    with read_snapshot() as session:
        rows = list(session.scalars(select(WebhookDelivery).order_by(WebhookDelivery.id)))
        session.expunge_all()
        return rows


def embed_of(delivery: WebhookDelivery) -> dict[str, Any]:
    assert delivery.body is not None
    message = orjson.loads(delivery.body)
    assert message["allowed_mentions"] == {"parse": []}
    (embed,) = message["embeds"]
    return dict(embed)


# -- a person's own channel


def test_a_channel_is_entered_once_and_its_address_is_kept_sealed(pat: Persona) -> None:
    assert discord_channels.own(pat.user_id) is None
    with trail() as found:
        endpoint_id = discord_channels.enter_own(url(1), actor=pat.actor, now=NOW)
    made = {"endpoint_id": endpoint_id, "kind": "discord", "scope": "person"}
    assert found.audited == [("webhook.created", made)]
    with read_snapshot() as session:
        row = session.get_one(WebhookEndpoint, endpoint_id)
        assert TOKEN not in row.url_sealed
        assert sealing.unseal(row.url_sealed) == url(1)
    shown = discord_channels.own(pat.user_id)
    assert shown is not None
    assert (shown.endpoint_id, shown.host, shown.hint, shown.created_at) == (endpoint_id, "discord.com", "0001", NOW)
    assert TOKEN not in repr(shown)
    with trail() as found:
        assert discord_channels.enter_own(url(1), actor=pat.actor, now=ended_at(2)) == endpoint_id
    assert found.audited == []


def test_another_address_takes_the_place_of_the_one_before_and_what_waited_for_it_is_given_up(pat: Persona) -> None:
    first = discord_channels.enter_own(url(1), actor=pat.actor, now=NOW)
    discord_channels.test_own(actor=pat.actor, now=NOW)
    with trail() as found:
        second = discord_channels.enter_own(url(2), actor=pat.actor, now=ended_at(2))
    assert [action for action, _ in found.audited] == ["webhook.deleted", "webhook.created"]
    assert [delivery.state for delivery in sent()] == ["failed"]
    with read_snapshot() as session:
        before = session.get_one(WebhookEndpoint, first)
        assert (before.deleted_at, before.url_sealed) == (ended_at(2), "")
    # And the first is free again.
    assert discord_channels.enter_own(url(1), actor=pat.actor, now=ended_at(3)) not in {first, second}
    discord_channels.remove_own(actor=pat.actor, now=ended_at(4))
    discord_channels.remove_own(actor=pat.actor, now=ended_at(5))
    assert discord_channels.own(pat.user_id) is None


def test_one_webhook_stands_here_once_whoever_enters_it(pat: Persona, olga: Persona, otto: Persona) -> None:
    discord_channels.enter_own(url(1), actor=pat.actor, now=NOW)
    for person in (olga, otto):
        with pytest.raises(Conflict) as refused:
            discord_channels.enter_own(url(1).replace("discord.com", "discordapp.com"), actor=person.actor, now=NOW)
        assert refused.value.code == "discord_in_use"
        assert [field.path for field in refused.value.fields] == ["discord_url"]
    with pytest.raises(Conflict):
        endpoints.create(Draft(url(1), kind="discord"), scope="tournaments", actor=olga.actor, now=NOW)


def test_what_is_no_webhook_of_discord_is_refused_at_its_field(pat: Persona) -> None:
    with pytest.raises(DiscordAddressError) as refused:
        discord_channels.enter_own("https://example.org/hook", actor=pat.actor, now=NOW)
    assert [field.path for field in refused.value.fields] == ["discord_url"]
    with pytest.raises(LoginRequired):
        discord_channels.enter_own(url(1), actor=SYSTEM, now=NOW)


def test_a_test_message_is_sent_to_a_channel_that_stands(pat: Persona) -> None:
    with pytest.raises(NotFound):
        discord_channels.test_own(actor=pat.actor, now=NOW)
    endpoint_id = discord_channels.enter_own(url(1), actor=pat.actor, now=NOW)
    with trail() as found:
        discord_channels.test_own(actor=pat.actor, now=NOW)
    assert found.audited == [("webhook.tested", {"endpoint_id": endpoint_id, "kind": "discord"})]
    assert found.wanted == [("webhooks", "all")]
    (delivery,) = sent()
    assert (delivery.type, delivery.is_manual, delivery.state) == ("webhook_test", True, "pending")
    assert embed_of(delivery)["title"] == "It works"


def test_a_channel_that_was_refused_is_taken_up_again_by_entering_it_again(pat: Persona) -> None:
    endpoint_id = discord_channels.enter_own(url(1), actor=pat.actor, now=NOW)
    with transaction() as session:
        row = session.get_one(WebhookEndpoint, endpoint_id)
        row.disabled_at, row.disabled_reason, row.circuit = NOW, "refused", "open"
    with pytest.raises(Conflict):
        discord_channels.test_own(actor=pat.actor, now=NOW)
    shown = discord_channels.own(pat.user_id)
    assert shown is not None
    assert shown.disabled_reason == "refused"
    with trail() as found:
        assert discord_channels.enter_own(url(1), actor=pat.actor, now=ended_at(2)) == endpoint_id
    assert [action for action, _ in found.audited] == ["webhook.enabled"]
    discord_channels.test_own(actor=pat.actor, now=ended_at(2))


# -- notifications


class Told(NamedTuple):
    notification_id: int
    user_id: int
    not_before: datetime


def tell(user_ids: list[int], *, not_before: datetime = NOW, times: int = 1) -> list[Told]:
    """What routing has written for people who want Discord."""
    told = []
    for _ in range(times):
        event_id = uuid.uuid4()
        with transaction() as session:
            for user_id in user_ids:
                row = Notification(
                    user_id=user_id, event_id=event_id, kind="sanction_applied", data={}, is_in_app=True, created_at=NOW
                )
                session.add(row)
                session.flush()
                told.append(Told(row.id, user_id, not_before))
    return told


def write_down(told: list[Told], now: datetime = NOW) -> int:
    with transaction() as session:
        return discord.of_notifications(session, told, now=now)


def test_a_notification_becomes_one_message_for_who_has_a_channel(players: list[Persona]) -> None:
    pat, una, vera = players
    one = discord_channels.enter_own(url(1), actor=pat.actor, now=NOW)
    other = discord_channels.enter_own(url(2), actor=una.actor, now=NOW)
    told = tell([pat.user_id, una.user_id, vera.user_id])
    with trail() as found:
        assert write_down(told) == 2
    assert found.wanted == [("webhooks", "all")]
    with trail() as found:
        assert write_down(told) == 0
    assert found.wanted == []
    assert [(row.endpoint_id, row.type, row.state, row.next_at) for row in sent()] == [
        (one, "sanction_applied", "pending", NOW),
        (other, "sanction_applied", "pending", NOW),
    ]
    embed = embed_of(sent()[0])
    assert embed["url"].startswith("http")
    assert embed["title"]
    assert embed["color"] == 0xC81E2B


def test_quiet_hours_and_switches_are_kept(players: list[Persona]) -> None:
    pat = players[0]
    endpoint_id = discord_channels.enter_own(url(1), actor=pat.actor, now=NOW)
    later = NOW + timedelta(hours=7)
    assert write_down(tell([pat.user_id], not_before=later)) == 1
    assert [row.next_at for row in sent()] == [later]
    flags.set_flag(discord.FLAG, is_on=False, actor=SYSTEM, now=NOW)
    assert write_down(tell([pat.user_id])) == 0
    flags.set_flag(discord.FLAG, is_on=True, actor=SYSTEM, now=NOW)
    with transaction() as session:
        session.get_one(WebhookEndpoint, endpoint_id).disabled_at = NOW
    assert write_down(tell([pat.user_id])) == 0
    assert len(sent()) == 1


def test_many_notifications_are_written_down_by_as_many_statements_as_few(players: list[Persona]) -> None:
    for number, person in enumerate(players):
        discord_channels.enter_own(url(number), actor=person.actor, now=NOW)
    everybody = [person.user_id for person in players]
    counts = []
    for told in (tell(everybody[:1]), tell(everybody), tell(everybody, times=4)):
        with count_statements() as statements:
            write_down(told)
        counts.append(len(statements))
    assert counts[0] == counts[1] == counts[2]


# -- a tournament's log


@pytest.fixture
def arena(app: Flask, olga: Persona) -> Arena:
    arena = open_league("fc26", {"cascade": ["points", "lot"]}, [(0, 1)], sides=2, best_of=3, name="Zanzibar *Cup*")
    with transaction() as session:
        session.get_one(Tournament, arena.tournament_id).organizer_id = olga.user_id
        session.get_one(Match, arena.match_ids[0]).scheduled_at = NOW
        session.add(
            Announcement(
                id=16, tournament_id=arena.tournament_id, author_id=olga.user_id, audience="all", created_at=NOW,
                text="Doors open at **nine**",
            )
        )  # fmt: skip
    return arena


def channel(actor: Actor, number: int, *, scope: str = "tournaments", **details: Any) -> int:
    draft = Draft(url(number), kind="discord", **details)
    return endpoints.create(draft, scope=scope, actor=actor, now=NOW).endpoint_id


def record(arena: Arena, name: str, **changes: Any) -> int:
    """An event of that name as the catalogue knows it, about the arena's one match."""
    kind = CATALOGUE[name]
    one, other = arena.participant_ids
    known = DATA | {
        "winner_id": other, "sides": [one, other], "games": [[1, 2, 0, one], [2, 0, 1, other], [3, 1, 3, other]],
        "match_ids": list(arena.match_ids), "registration_ids": [one, other], "status": "published",
    }  # fmt: skip
    about: dict[str, Any] = {"match_id": arena.match_ids[0]} if MATCH_ROOM in kind.rooms else {}
    if kind.names_participant:
        about["registration_id"] = one
    with transaction() as session:
        tournament = log.lock_tournament(session, arena.tournament_id)
        data = {field: known[field] for field in kind.fields} | changes
        return log.record(session, tournament, name, data, actor=SYSTEM, now=NOW, **about)


def route(arena: Arena, seq: int) -> int:
    with transaction() as session:
        tournament = session.get_one(Tournament, arena.tournament_id)
        event = session.scalars(select(Event).where(Event.tournament_id == arena.tournament_id, Event.seq == seq)).one()
        return discord_events.of_events(session, tournament, [event], now=NOW)


def test_there_is_a_sentence_for_every_event_that_can_be_chosen() -> None:
    assert tuple(SENTENCES) == EVENTS
    assert set(EVENTS) <= set(OFFERED)
    assert {CATALOGUE[name].audience for name in USUAL_EVENTS} == {"public"}


def test_every_event_has_its_message(arena: Arena, olga: Persona) -> None:
    channel(olga.actor, 1, event_types=EVENTS)
    texts = {}
    for name in EVENTS:
        if not CATALOGUE[name].has_cause:
            continue
        assert route(arena, record(arena, name)) == 1, name
        embed = embed_of(sent()[-1])
        assert embed["title"] == r"Zanzibar \*Cup\*"
        assert "/spectator/" in embed["url"]
        texts[name] = embed["description"]
    assert texts["match_completed"] == "Squad 01 – Squad 02: **Squad 02** won 2–1."
    assert texts["tournament_completed"] == "🏆 **Squad 02** has won the tournament."
    assert texts["announcement"] == r"📣 Doors open at \*\*nine\*\*"
    assert texts["match_scheduled"] == f"Squad 01 – Squad 02: <t:{int(NOW.timestamp())}:F>"
    assert texts["registration_created"] == "Registered: Squad 01, Squad 02."
    assert texts["match_started"] == "Squad 01 – Squad 02 has started."
    assert "Somebody" not in repr(texts)
    assert len(set(texts.values())) == len(texts)


@pytest.mark.parametrize(
    ("name", "changes", "text"),
    [
        ("match_completed", {"games": [[1, 0, 3, 2]]}, "Squad 01 – Squad 02: **Squad 02** won 3–0."),
        ("match_completed", {"games": [], "winner_id": None}, "Squad 01 – Squad 02: the result is in."),
        ("tournament_completed", {"winner_id": None}, "The tournament is over. Who has won is still to be found."),
        (
            "tournament_completed",
            {"requires_review": True},
            "🏆 **Squad 02** has won the tournament. The result is still being reviewed.",
        ),
        ("announcement", {"status": "withdrawn"}, None),
        ("match_resolved", {}, "The dispute about Squad 01 – Squad 02 is decided."),
    ],
)
def test_what_is_unlike_the_usual_is_said_as_it_is(
    arena: Arena, olga: Persona, name: str, changes: dict[str, Any], text: str | None
) -> None:
    channel(olga.actor, 1)
    assert route(arena, record(arena, name, **changes)) == (text is not None)
    assert [embed_of(row)["description"] for row in sent()] == ([] if text is None else [text])


def test_of_many_matches_the_first_are_named_and_of_those_without_a_time_nothing_is_said(
    arena: Arena, olga: Persona
) -> None:
    channel(olga.actor, 1)
    (match_id,) = arena.match_ids
    assert route(arena, record(arena, "match_scheduled", match_ids=[match_id, *range(1000, 1007)])) == 1
    assert embed_of(sent()[0])["description"].endswith(":F>\n… and 7 more")
    with transaction() as session:
        session.get_one(Match, match_id).scheduled_at = None
    assert route(arena, record(arena, "match_scheduled")) == 0


@pytest.mark.parametrize("audience", ["participants", "all"])
def test_an_announcement_reaches_a_channel_only_if_it_is_for_everybody(
    arena: Arena, olga: Persona, audience: str
) -> None:
    channel(olga.actor, 1)
    with transaction() as session:
        session.get_one(Announcement, 16).audience = audience
    assert route(arena, record(arena, "announcement")) == (audience == "all")


def test_each_channel_hears_what_it_wants_of_the_tournaments_that_are_its_owners(
    arena: Arena, olga: Persona, otto: Persona, sam: Persona
) -> None:
    other = open_battle_royale(name="Another")
    usual = channel(olga.actor, 1)
    chosen = channel(olga.actor, 2, event_types=("registration_created",), tournament_id=arena.tournament_id)
    of_site = channel(sam.actor, 3, scope="site", event_types=("match_started", "registration_created"))
    channel(sam.actor, 4, scope="site", tournament_id=other.tournament_id)
    ottos = channel(otto.actor, 5)
    started, registered = record(arena, "match_started"), record(arena, "registration_created")
    assert (route(arena, started), route(arena, registered)) == (2, 2)
    assert [(row.endpoint_id, row.type) for row in sent()] == [
        (usual, "match_started"),
        (of_site, "match_started"),
        (chosen, "registration_created"),
        (of_site, "registration_created"),
    ]
    assert (route(arena, started), len(sent())) == (0, 4)
    with transaction() as session:
        session.add(TournamentOfficial(tournament_id=arena.tournament_id, user_id=otto.user_id, role="co_organizer"))
    assert route(arena, started) == 1
    assert sent()[-1].endpoint_id == ottos
    flags.set_flag(discord.FLAG, is_on=False, actor=SYSTEM, now=NOW)
    assert route(arena, record(arena, "match_started")) == 0


def test_what_a_frozen_board_keeps_from_the_public_is_held(arena: Arena, olga: Persona) -> None:
    channel(olga.actor, 1)
    before = record(arena, "match_completed")
    freezes.freeze_now(arena.tournament_id, actor=SYSTEM, now=NOW)
    hidden = record(arena, "match_completed", revision=2)
    for seq in (before, hidden, record(arena, "match_started")):
        route(arena, seq)
    assert [(row.type, row.state) for row in sent()] == [
        ("match_completed", "pending"),
        ("match_completed", "held"),
        ("match_started", "pending"),
    ]
