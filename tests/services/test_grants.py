"""Who may go on listening: asked about everybody at once, and answered no as soon as what let them in is gone."""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

import pytest
from flask import Flask

from tests.arenas import open_battle_royale
from tests.personas import Persona
from tests.statements import count_statements
from webapp.models import TokenFamily, Tournament, TournamentOfficial, User
from webapp.services.accounts import app_tokens, sessions, tokens, user_admin
from webapp.services.live import grants, overlay_tokens
from webapp.services.live.grants import Ending, Grant, Kind
from webapp.services.spine.actors import SYSTEM, Actor
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import transaction


class World(NamedTuple):
    """A cup of Olga's with somebody of every kind listening."""

    cup: int
    anonymous: Grant
    browser: Grant
    program: Grant
    app: Grant
    overlay: Grant
    owner: Grant
    referee: Grant
    user_id: int
    referee_id: int

    @property
    def everybody(self) -> list[Grant]:
        return [each for each in self if isinstance(each, Grant)]


def session_of(person: Persona) -> str:
    found = sessions.find(person.secret, now=utc_now())
    assert found is not None
    return str(found.session_id)


@pytest.fixture
def world(app: Flask, pat: Persona, olga: Persona, otto: Persona) -> World:
    cup, now = open_battle_royale(organizer_id=olga.user_id).tournament_id, utc_now()
    token = tokens.create("Program", scopes=["read"], days=7, actor=pat.actor, now=now)
    pair = app_tokens.log_in(pat.user_id, ["read"], secret_key="k" * 40, now=now)
    family = app_tokens.identify(pair.access, secret_key="k" * 40, now=now)
    link = overlay_tokens.create(cup, "Stage", actor=SYSTEM, now=now)
    with transaction() as session:
        session.add(TournamentOfficial(tournament_id=cup, user_id=otto.user_id, role="referee"))
    return World(
        cup,
        Grant(cup),
        Grant(cup, Kind.SESSION, session_of(pat), pat.user_id, "player"),
        Grant(cup, Kind.PERSONAL, str(token.id), pat.user_id, "player", expires_at=token.expires_at),
        Grant(cup, Kind.ACCESS, family.key, pat.user_id, "player", expires_at=pair.access_expires_at),
        Grant(cup, Kind.OVERLAY, str(link.id), None, "overlay"),
        Grant(cup, Kind.SESSION, session_of(olga), olga.user_id, "organizer", is_official=True),
        Grant(cup, Kind.SESSION, session_of(otto), otto.user_id, "organizer", is_official=True),
        pat.user_id,
        otto.user_id,
    )


def log_out(world: World, now: datetime) -> None:
    sessions.end(int(world.browser.key), user_id=world.user_id, now=now)


def disable(world: World, now: datetime) -> None:
    user_admin.disable(world.user_id, actor=SYSTEM, now=now)


def change_password(world: World, now: datetime) -> None:
    with transaction() as session:
        session.get_one(User, world.user_id).credentials_changed_at = now + timedelta(seconds=1)


def change_role(world: World, now: datetime) -> None:
    user_admin.set_role(world.user_id, "organizer", actor=SYSTEM, now=now)


def revoke_token(world: World, now: datetime) -> None:
    tokens.revoke(int(world.program.key), actor=Actor(world.user_id, "player"), now=now)


def end_app(world: World, now: datetime) -> None:
    with transaction() as session:
        session.get_one(TokenFamily, uuid.UUID(world.app.key)).revoked_at = now


def take_link_back(world: World, now: datetime) -> None:
    overlay_tokens.revoke(world.cup, int(world.overlay.key), actor=SYSTEM, now=now)


def relieve_referee(world: World, now: datetime) -> None:
    with transaction() as session:
        session.delete(session.get_one(TournamentOfficial, (world.cup, world.referee_id)))


def make_private(world: World, now: datetime) -> None:
    with transaction() as session:
        session.get_one(Tournament, world.cup).visibility = "private"


def delete_tournament(world: World, now: datetime) -> None:
    with transaction() as session:
        session.get_one(Tournament, world.cup).deleted_at = now


PATS = {"browser", "program", "app"}
EVERYBODY = {"anonymous", *PATS, "overlay", "owner", "referee"}


@pytest.mark.parametrize(
    ("happens", "goes"),
    [
        (None, set()),
        (log_out, {"browser"}),
        (disable, PATS),
        (change_password, PATS),
        (change_role, PATS),
        (revoke_token, {"program"}),
        (end_app, {"app"}),
        (take_link_back, {"overlay"}),
        (relieve_referee, {"referee"}),
        (make_private, {"anonymous", *PATS}),
        (delete_tournament, EVERYBODY),
    ],
)
def test_who_may_listen_no_more_is_found_and_nobody_else(
    world: World, happens: Callable[[World, datetime], None] | None, goes: set[str]
) -> None:
    now = utc_now()
    if happens is not None:
        happens(world, now)
    ended = grants.ended(world.everybody, now=now)
    assert set(ended) == {getattr(world, name) for name in goes}
    assert set(ended.values()) <= {Ending.ENDED}


def test_what_runs_out_has_expired(world: World) -> None:
    assert grants.ended(world.everybody, now=utc_now() + timedelta(days=8)) == {
        world.browser: Ending.ENDED,
        world.program: Ending.EXPIRED,
        world.app: Ending.EXPIRED,
        world.owner: Ending.ENDED,
        world.referee: Ending.ENDED,
    }


def test_it_costs_as_much_for_many_listeners_as_for_one(world: World, olga: Persona) -> None:
    tournaments = [world.cup, *(open_battle_royale(name=f"Cup {number}").tournament_id for number in range(4))]
    asked = []
    for cups in (tournaments[:1], tournaments):
        held = [
            Grant(cup, *about)
            for cup in cups
            for about in ((), world.browser[1:], world.program[1:], world.overlay[1:])
        ]
        with count_statements() as statements:
            assert grants.ended(held, now=utc_now()) == {}
        asked.append(len(statements))
    assert asked[0] == asked[1] <= 5
