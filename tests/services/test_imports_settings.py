"""What settings and names do to an import: teams and players, rules, match point, times, warnings."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.services.imported import CUP, NOW, row_counts, rules, standing_of, take_in
from webapp.domain.errors import DomainError, NotFound, ResultError, RulesError
from webapp.domain.rules import Ruleset
from webapp.extensions import db
from webapp.models import (
    Adjustment,
    Event,
    ImportedFile,
    Match,
    Registration,
    Team,
    Tournament,
    User,
)
from webapp.services.accounts import users
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot

pytestmark = pytest.mark.usefixtures("engine")


def test_teams_are_known_by_game_and_exact_name(app: Flask) -> None:
    take_in()
    take_in(name="Second", raw=CUP.replace(b"Gamma", b"gamma"))
    take_in(name="Third", game="freefire")
    with read_snapshot() as session:
        teams = [tuple(row) for row in session.execute(select(Team.game, Team.name).order_by(Team.id))]
        slugs = session.scalars(select(Tournament.slug).order_by(Tournament.id)).all()
    assert teams == [
        ("pubgm", "Alpha"), ("pubgm", "Beta"), ("pubgm", "Gamma"), ("pubgm", "gamma"),
        ("freefire", "Alpha"), ("freefire", "Beta"), ("freefire", "Gamma"),
    ]  # fmt: skip
    assert list(slugs) == ["spring-cup", "second", "third"]


def test_the_same_name_twice_gets_an_address_of_its_own(app: Flask) -> None:
    take_in()
    take_in(CUP.replace(b",7,", b",8,"))
    with read_snapshot() as session:
        assert set(session.scalars(select(Tournament.slug))) == {"spring-cup", "spring-cup-2"}


def test_a_new_name_that_looks_like_a_known_one_is_pointed_out(app: Flask) -> None:
    take_in()
    outcome = take_in(CUP.replace(b"Alpha", "Аlpha".encode()), name="Second")
    assert [str(warning) for warning in outcome.warnings] == [
        "line 2: participant: “Аlpha” looks like “Alpha”, who is known here; they are taken as two participants"
    ]
    assert take_in(name="Third").warnings == ()


def test_players_of_solo_games_are_users_without_a_login(app: Flask) -> None:
    ann = users.create_user(
        email="ann@example.org", handle="Ann", role="player", password="correct horse", actor=SYSTEM, now=NOW
    )
    raw = b"match,participant,placement,kills\n1,ann,1,0\n1,Bob,2,0\n1,bob,3,0\n"
    outcome = take_in(raw, game="efootball")
    with read_snapshot() as session:
        players = session.execute(select(User.id, User.handle, User.email, User.role).order_by(User.id)).all()
        registered = session.execute(select(Registration.user_id, Registration.team_id).order_by(Registration.id)).all()
    assert [row[1:] for row in players] == [
        ("Ann", "ann@example.org", "player"), ("Bob", None, "player"), ("bob (2)", None, "player"),
    ]  # fmt: skip
    assert [tuple(row) for row in registered] == [(row.id, None) for row in players]
    assert players[0].id == ann
    assert any("it is taken as “bob (2)”" in warning.message for warning in outcome.warnings)


def test_head_starts_and_penalties_are_on_the_ledger_and_in_the_points(app: Flask) -> None:
    tournament_id = take_in(ruleset=rules(head_start={"Gamma": 10, "Alpha": 0})).tournament_id or 0
    assert standing_of(tournament_id) == {"Beta": (1, 23), "Gamma": (2, 22), "Alpha": (3, 19)}
    with read_snapshot() as session:
        ledger = session.execute(
            select(Adjustment.kind, Adjustment.points, Adjustment.match_id, Adjustment.seq).order_by(Adjustment.seq)
        ).all()
        recorded = session.scalars(
            select(Event.data).where(Event.type == "adjustment_recorded").order_by(Event.seq)
        ).all()  # fmt: skip
        first_match = session.scalar(select(Match.id).order_by(Match.number).limit(1))
    assert [tuple(row)[:3] for row in ledger] == [("head_start", 10, None), ("penalty", -2, first_match)]
    assert [(data["kind"], data["points"]) for data in recorded] == [("head_start", 10), ("penalty", -2)]


@pytest.mark.parametrize(
    ("ruleset", "path"),
    [
        (rules(head_start={"Delta": 5}), "head_start.Delta"),
        (rules(head_start=[5, 3]), "head_start"),
    ],
)
def test_rules_that_do_not_fit_the_file_are_refused(app: Flask, ruleset: Ruleset, path: str) -> None:
    before = row_counts()
    with pytest.raises(RulesError) as refusal:
        take_in(ruleset=ruleset)
    assert [field.path for field in refusal.value.fields] == [path]
    assert row_counts() == before


@pytest.mark.parametrize(
    ("match_point", "status", "first"),
    [
        ({"threshold": 12}, "live", "Beta"),
        ({"threshold": 12, "cap": 2}, "completed", "Beta"),
        ({"threshold": 11}, "completed", "Beta"),
        ({"threshold": 10, "cap": 3}, "completed", "Beta"),
        ({"threshold": 50, "cap": 3}, "live", "Beta"),
    ],
)
def test_a_race_to_match_point_is_over_when_somebody_has_won_or_at_the_cap(
    app: Flask, match_point: dict[str, int], status: str, first: str
) -> None:
    """After match 1 Alpha has 13 points and Beta 11; Beta wins match 2."""
    tournament_id = take_in(ruleset=rules(match_point=match_point)).tournament_id or 0
    with read_snapshot() as session:
        assert session.get_one(Tournament, tournament_id).status == status
    standing = standing_of(tournament_id)
    assert standing[first][0] == 1


@pytest.mark.parametrize(
    ("changes", "kind", "told"),
    [
        ({"game": "chess"}, NotFound, "chess"),
        ({"name": "  "}, ResultError, "name: is empty; give the tournament a name"),
        ({"name": "x" * 121}, ResultError, "name: is 121 characters long; shorten it to at most 120"),
        ({"season": "2026 S1"}, ResultError, "season: “2026 S1” cannot name a season"),
        ({"season": "a:b"}, ResultError, "season: “a:b” cannot name a season"),
    ],
)
def test_settings_that_cannot_be_used_are_refused(
    app: Flask, changes: dict[str, Any], kind: type[DomainError], told: str
) -> None:
    with pytest.raises(kind) as refusal:
        take_in(**changes)
    assert told in refusal.value.message


def test_without_times_the_order_of_the_matches_is_kept(app: Flask) -> None:
    take_in(b"match,participant,placement,kills\n2,A,1,0\n1,A,1,0\n10,A,1,0\n")
    with read_snapshot() as session:
        ends = session.execute(select(Match.number, Match.completed_at).order_by(Match.number)).all()
    assert [tuple(row) for row in ends] == [
        (1, NOW), (2, NOW + timedelta(milliseconds=1)), (10, NOW + timedelta(milliseconds=2)),
    ]  # fmt: skip


def test_a_crowded_lobby_and_a_cascade_that_needs_seeds_are_pointed_out(app: Flask) -> None:
    rows = "".join(f"{match},Team {number},{number},0\n" for match in (1, 2) for number in range(1, 27))
    raw = b"match,participant,placement,kills\n" + rows.encode()
    outcome = take_in(raw, ruleset=rules(cascade=["points", "seed"]))
    assert [str(warning) for warning in outcome.warnings] == [
        "match “1” and 1 more: more than the 25 that a PUBG Mobile lobby holds",
        "cascade: a file of results has no seeds, so the key seed settles nothing",
    ]
    with pytest.raises(ResultError, match="wrong"):
        take_in(raw, name="Strict", ruleset=rules(lobby_size=25))


def test_an_imported_file_row_goes_with_its_tournament(app: Flask) -> None:
    tournament_id = take_in().tournament_id
    assert db.session.scalars(select(ImportedFile.tournament_id)).one() == tournament_id
