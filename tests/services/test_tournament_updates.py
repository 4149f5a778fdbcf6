"""Changing what is said of a tournament: what differs is written, logged and audited; what is frozen is refused."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.arenas import OPENED_AT, REASON, open_battle_royale
from tests.trail import trail
from webapp.domain.errors import Conflict, FieldError, Forbidden, NotFound, ResultError, RulesError
from webapp.domain.presets import preset
from webapp.models import Match, Tournament, User
from webapp.services.matches import matches
from webapp.services.spine.actors import SYSTEM, Actor
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.tournaments import tournaments

PLAIN = {"points_per_kill": 1, "placement_points": [10, 6]}


def person(handle: str, role: str = "organizer") -> Actor:
    with transaction() as session:
        user = User(handle=handle, handle_key=handle, role=role, created_at=OPENED_AT)
        session.add(user)
        session.flush()
        return Actor(user.id, role)


def create(actor: Actor = SYSTEM, **settings: Any) -> int:
    given: dict[str, Any] = {"game": "pubgm", "format": "battle-royale", "ruleset": PLAIN}
    return tournaments.create("Cup", actor=actor, now=OPENED_AT, **(given | settings))


def update(tournament_id: int, actor: Actor = SYSTEM, **changes: Any) -> tuple[str, ...]:
    return tournaments.update(tournament_id, actor=actor, now=OPENED_AT, **changes)


def stored(tournament_id: int) -> Tournament:
    with read_snapshot() as session:
        tournament = session.get_one(Tournament, tournament_id)
        session.expunge(tournament)
        return tournament


def test_what_differs_is_written_with_its_event_and_audit(app: Flask) -> None:
    tournament_id = create(season="2026_S1", description="Old")
    starts_at = OPENED_AT + timedelta(days=1)
    wanted: dict[str, Any] = {
        "name": "  Harbor   Cup ", "game": "freefire", "description": "Longer", "season": "2026_S1", "region": "Asia",
        "visibility": "unlisted", "starts_at": starts_at, "ruleset": preset("super"),
    }  # fmt: skip
    with trail() as found:
        changed = update(tournament_id, **wanted)
    names = ("description", "game", "name", "region", "ruleset", "starts_at", "visibility")
    assert changed == names
    tournament = stored(tournament_id)
    assert [getattr(tournament, name) for name in names] == [
        "Longer", "freefire", "Harbor Cup", "Asia", preset("super").to_mapping(), starts_at, "unlisted",
    ]  # fmt: skip
    # The address stays: it may be on a poster already.
    assert tournament.slug == "cup"
    assert found.events == [("tournament_updated", {"changed": list(names)})]
    ((action, data),) = found.audited
    assert action == "tournament.updated"
    assert data["before"] | {"ruleset": None} == {
        "description": 3, "game": "pubgm", "name": 3, "region": None, "ruleset": None, "starts_at": None,
        "visibility": "public",
    }  # fmt: skip
    assert data["after"]["starts_at"] == starts_at.isoformat()
    with trail() as again:
        assert update(tournament_id, **wanted) == ()
    assert (again.events, again.audited) == ([], [])


def test_rules_and_game_are_fixed_once_it_is_open_and_the_rest_is_not(app: Flask) -> None:
    tournament_id = create()
    tournaments.open_registration(tournament_id, actor=SYSTEM, now=OPENED_AT)
    with trail() as found, pytest.raises(Conflict) as refused:
        update(tournament_id, ruleset=preset("super"), game="freefire", region="Asia")
    assert [field.path for field in refused.value.fields] == ["ruleset", "game"]
    assert (found.events, found.audited) == ([], [])
    # The same rules under another title are no change: a form sends them along.
    settled = stored(tournament_id).ruleset
    assert update(tournament_id, ruleset={**settled, "title": "Ours"}, game="pubgm", region="Asia") == ("region",)
    assert stored(tournament_id).ruleset == settled
    assert update(tournament_id, starts_at=OPENED_AT) == ("starts_at",)
    tournaments.start(tournament_id, actor=SYSTEM, now=OPENED_AT)
    with pytest.raises(Conflict, match="begun already"):
        update(tournament_id, starts_at=None)
    assert update(tournament_id, description="On air") == ("description",)
    tournaments.cancel(tournament_id, reason=REASON, actor=SYSTEM, now=OPENED_AT)
    tournaments.archive(tournament_id, actor=SYSTEM, now=OPENED_AT)
    with pytest.raises(Conflict, match="archived"):
        update(tournament_id, description="Off air")


def test_values_that_cannot_be_are_named_together(app: Flask) -> None:
    tournament_id = create()
    wrong: dict[str, Any] = {
        "name": " ", "season": "no spaces", "region": "x" * 61, "visibility": "secret", "game": "valorant",
        "description": "x" * 10_001,
    }  # fmt: skip
    with pytest.raises(ResultError) as refused:
        update(tournament_id, **wrong)
    assert {field.path for field in refused.value.fields} == set(wrong)
    with pytest.raises(RulesError) as bad_rules:
        update(tournament_id, ruleset={"points_per_kill": -1})
    assert bad_rules.value.fields == (FieldError("points_per_kill", "must be 0 or more, not -1"),)
    with pytest.raises(NotFound):
        update(999, name="Nothing")


def test_a_season_that_changes_asks_for_both_boards(app: Flask) -> None:
    tournament_id = open_battle_royale(season="2026_S1").tournament_id
    with trail() as found:
        update(tournament_id, season="2026_S2")
    wanted = [row for row in found.wanted if row[0] == "season"]
    assert wanted == [("season", "pubgm:2026_S1"), ("season", "pubgm:2026_S2")]


def test_only_its_organizers_change_it(app: Flask) -> None:
    olga, otto, pat = person("olga"), person("otto"), person("pat", "player")
    tournament_id = create(olga)
    assert stored(tournament_id).organizer_id == olga.user_id
    assert update(tournament_id, olga, region="Asia") == ("region",)
    with pytest.raises(NotFound):
        update(tournament_id, otto, region="Europe")
    with pytest.raises(Forbidden):
        update(tournament_id, pat, region="Europe")


def test_a_tournament_can_come_with_its_first_matches(app: Flask) -> None:
    fixtures = [matches.Fixture(label=f"Match {number}") for number in (1, 2, 3)]
    with trail() as found:
        tournament_id = create(fixtures=fixtures)
    with read_snapshot() as session:
        rows = session.execute(select(Match.id, Match.number, Match.label).order_by(Match.number)).all()
    assert [row[1:] for row in rows] == [(1, "Match 1"), (2, "Match 2"), (3, "Match 3")]
    assert [event for event, _ in found.events] == ["tournament_created", "match_scheduled"]
    assert [action for action, _ in found.audited] == ["tournament.created", "match.scheduled"]
    assert stored(tournament_id).status == "draft"
