"""What channels on Discord are told while the board is frozen: nothing from which a hidden result could be read."""

from collections import defaultdict
from datetime import timedelta

import orjson
import pytest
from flask import Flask
from sqlalchemy import select

from tests.arenas import OPENED_AT
from tests.knockouts import Knockout, open_knockout
from tests.notified import route
from tests.personas import Persona
from tests.statements import count_statements
from webapp.models import Event, Tournament, WebhookDelivery
from webapp.services.live import freezes
from webapp.services.matches import matches, schedules
from webapp.services.notifications import discord
from webapp.services.notifications.discord_words import body_of_event
from webapp.services.operations import flags
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot
from webapp.services.webhooks import endpoints
from webapp.services.webhooks.endpoints import Draft

SOON = OPENED_AT + timedelta(hours=1)


@pytest.fixture
def knockout(app: Flask, sam: Persona) -> Knockout:
    """Four sides; staff have a channel that hears of everything that is usually told."""
    flags.set_flag(discord.FLAG, is_on=True, actor=SYSTEM, now=OPENED_AT)
    draft = Draft("https://discord.com/api/webhooks/10000001/quelea-" + "t" * 61, kind="discord")
    endpoints.create(draft, scope="site", actor=sam.actor, now=OPENED_AT)
    return open_knockout(sides=4)


def told(knockout: Knockout) -> dict[tuple[str, str], list[str]]:
    """What the channel was written since the log was worked off last, by type and whether it goes out or is held."""
    with read_snapshot() as session:
        before = {row.id for row in session.scalars(select(WebhookDelivery))}
    route(knockout.tournament_id)
    found = defaultdict(list)
    with read_snapshot() as session:
        for row in session.scalars(select(WebhookDelivery).order_by(WebhookDelivery.id)):
            if row.id not in before and row.body is not None:
                found[row.type, row.state].append(orjson.loads(row.body)["embeds"][0]["description"])
    return dict(found)


def starts(match: str) -> str:
    return f"{match}: <t:{int(SOON.timestamp())}:F>"


def test_who_has_come_to_the_final_is_not_told_before_the_semi_finals_are_shown(knockout: Knockout) -> None:
    ids = knockout.match_ids()
    semi, other, final = list(ids)[:3]
    told(knockout)
    freezes.freeze_now(knockout.tournament_id, actor=SYSTEM, now=OPENED_AT)
    schedules.set_times(knockout.tournament_id, {ids[semi]: SOON}, actor=SYSTEM, now=OPENED_AT)
    said = told(knockout)
    assert said["match_scheduled", "pending"] == [starts("Squad 01 – Squad 04")]
    knockout.win(semi, 1)
    knockout.win(other, 2)
    schedules.set_times(knockout.tournament_id, {ids[final]: SOON}, actor=SYSTEM, now=OPENED_AT)
    matches.start_match(ids[final], actor=SYSTEM, now=OPENED_AT)
    said = told(knockout)
    assert said.pop(("match_completed", "held")) == [
        "Squad 01 – Squad 04: **Squad 01** won 1–0.",
        "Squad 02 – Squad 03: **Squad 02** won 1–0.",
    ], "the reveal tells them by their names"
    assert said == {
        ("match_scheduled", "pending"): [starts("Final")],
        ("match_started", "pending"): ["Final has started."],
    }


def test_a_finalist_who_was_known_before_the_freeze_keeps_the_name(knockout: Knockout) -> None:
    semi, other, final = list(knockout.match_ids())[:3]
    knockout.win(semi, 1)
    told(knockout)
    freezes.freeze_now(knockout.tournament_id, actor=SYSTEM, now=OPENED_AT)
    knockout.win(other, 2)
    matches.start_match(knockout.match_ids()[final], actor=SYSTEM, now=OPENED_AT)
    assert told(knockout)["match_started", "pending"] == ["Squad 01 – (to be decided) has started."]
    freezes.unfreeze(knockout.tournament_id, actor=SYSTEM, now=OPENED_AT)
    with read_snapshot() as session:
        tournament = session.get_one(Tournament, knockout.tournament_id)
        event = session.scalars(select(Event).where(Event.type == "match_started")).one()
        assert b"Squad 01 \xe2\x80\x93 Squad 02 has started." in (body_of_event(session, tournament, event) or b"")


def test_what_is_known_of_matches_is_asked_for_only_while_the_board_is_frozen(knockout: Knockout) -> None:
    counted = []
    for freeze in (False, True):
        if freeze:
            freezes.freeze_now(knockout.tournament_id, actor=SYSTEM, now=OPENED_AT)
        with read_snapshot() as session:
            tournament = session.get_one(Tournament, knockout.tournament_id)
            event = session.scalars(select(Event).where(Event.type == "match_scheduled")).first()
            assert event is not None
            with count_statements() as statements:
                body_of_event(session, tournament, event)
        counted.append(len(statements))
    assert counted[0] == 2
    assert counted[1] > 2
