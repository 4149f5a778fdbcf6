from collections.abc import Callable

import pytest
from flask import Flask

from tests.arenas import OPENED_AT, REASON, Arena, ended_at, open_battle_royale, turn_on_the_engine
from tests.personas import Persona, persona
from webapp.domain.errors import DomainError, Forbidden, NotFound
from webapp.domain.permissions import Action
from webapp.models import Tournament, TournamentOfficial
from webapp.services.matches import matches, results
from webapp.services.operations import flags
from webapp.services.ranking import adjustments
from webapp.services.registration import registrations
from webapp.services.spine import permissions
from webapp.services.spine.actors import SYSTEM, Actor
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.tournaments import tournaments


@pytest.fixture
def arena(app: Flask, olga: Persona) -> Arena:
    """A tournament of olga's with one confirmed match; una is made its referee."""
    turn_on_the_engine()
    arena = open_battle_royale(squads=3, lobbies=3)
    results.confirm(arena.match_ids[0], arena.lines(arena.match_ids[0]), actor=SYSTEM, now=ended_at(1))
    with transaction() as session:
        session.get_one(Tournament, arena.tournament_id).organizer_id = olga.user_id
    return arena


def appoint(arena: Arena, user_id: int, role: str) -> None:
    with transaction() as session:
        session.add(
            TournamentOfficial(tournament_id=arena.tournament_id, user_id=user_id, role=role, created_at=OPENED_AT)
        )


def refusal(arena: Arena, actor: Actor, action: Action) -> type[DomainError] | None:
    with read_snapshot() as session:
        try:
            permissions.ensure(session, actor, action, session.get_one(Tournament, arena.tournament_id))
        except DomainError as error:
            return type(error)
    return None


def test_what_is_not_theirs_is_not_there_for_other_organizers_and_refused_to_players(
    app: Flask, arena: Arena, olga: Persona, otto: Persona, pat: Persona, sam: Persona
) -> None:
    for action in (Action.MANAGE_TOURNAMENT, Action.ENTER_RESULTS, Action.CORRECT_RESULTS):
        answers = {who.name: refusal(arena, who.actor, action) for who in (olga, otto, pat, sam)}
        assert answers == {"olga": None, "otto": NotFound, "pat": Forbidden, "sam": None}
    for who in (olga, otto, pat):
        assert refusal(arena, who.actor, Action.OVERRIDE_PLACEMENT) is Forbidden
    assert refusal(arena, SYSTEM, Action.OVERRIDE_PLACEMENT) is None


def test_a_referee_enters_and_corrects_but_does_not_manage(arena: Arena, otto: Persona, pat: Persona) -> None:
    appoint(arena, otto.user_id, "referee")
    appoint(arena, pat.user_id, "referee")
    assert refusal(arena, otto.actor, Action.ENTER_RESULTS) is None
    assert refusal(arena, otto.actor, Action.MANAGE_PARTICIPANTS) is Forbidden
    assert refusal(arena, pat.actor, Action.ENTER_RESULTS) is Forbidden


def test_a_co_organizer_manages(arena: Arena, otto: Persona) -> None:
    appoint(arena, otto.user_id, "co_organizer")
    assert refusal(arena, otto.actor, Action.MANAGE_TOURNAMENT) is None


def test_no_service_changes_a_tournament_for_a_stranger(app: Flask, arena: Arena) -> None:
    stranger = persona(app, "otto").actor
    done, planned = arena.match_ids[:2]
    now = ended_at(2)
    attempts: list[Callable[[], object]] = [
        lambda: tournaments.complete(arena.tournament_id, actor=stranger, now=now),
        lambda: tournaments.cancel(arena.tournament_id, reason=REASON, actor=stranger, now=now),
        lambda: registrations.register(arena.tournament_id, ["Late"], actor=stranger, now=now),
        lambda: registrations.withdraw(arena.participant_ids[0], actor=stranger, now=now),
        lambda: matches.schedule(arena.tournament_id, [matches.Fixture("Extra")], actor=stranger, now=now),
        lambda: matches.start_match(planned, actor=stranger, now=now),
        lambda: matches.cancel_match(planned, reason=REASON, actor=stranger, now=now),
        lambda: results.confirm(planned, arena.lines(planned), actor=stranger, now=now),
        lambda: results.correct(done, arena.lines(planned), reason=REASON, actor=stranger, now=now),
        lambda: results.void(done, reason=REASON, actor=stranger, now=now),
        lambda: adjustments.adjust(
            arena.tournament_id, arena.participant_ids[0], kind="penalty", points=-1, reason=REASON, actor=stranger, now=now
        ),
    ]  # fmt: skip
    before = log_number(arena)
    for attempt in attempts:
        with pytest.raises(NotFound):
            attempt()
    assert log_number(arena) == before


def test_flags_and_new_tournaments_want_their_roles(app: Flask, olga: Persona, pat: Persona) -> None:
    with pytest.raises(Forbidden):
        flags.set_flag("WEBHOOK_SLOW_LANE", is_on=True, actor=olga.actor, now=OPENED_AT)
    with pytest.raises(Forbidden):
        tournaments.create(
            "Cup", game="pubgm", format="battle-royale", ruleset={"extends": "algs"}, actor=pat.actor, now=OPENED_AT
        )


def log_number(arena: Arena) -> int:
    with read_snapshot() as session:
        return session.get_one(Tournament, arena.tournament_id).log_seq
