"""Settings that depend on one another, and the versions that are kept of every edit."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.arenas import OPENED_AT
from tests.services.test_tournament_updates import create, person, stored, update
from tests.trail import trail
from webapp.domain.errors import Conflict, Forbidden, NotFound, ResultError
from webapp.models import TournamentVersion
from webapp.services.spine.actors import SYSTEM, Actor
from webapp.services.spine.transaction import read_snapshot
from webapp.services.tournaments import tournament_edits, tournaments

DAY = timedelta(days=1)
CUP: dict[str, Any] = {"game": "valorant", "format": "single-elimination", "ruleset": {"cascade": ["points"]}}


def versions(tournament_id: int) -> list[tuple[int, list[str], int | None]]:
    with read_snapshot() as session:
        rows = session.execute(
            select(TournamentVersion.number, TournamentVersion.changed, TournamentVersion.restored_from)
            .where(TournamentVersion.tournament_id == tournament_id)
            .order_by(TournamentVersion.number)
        )
        return [(number, changed, restored) for number, changed, restored in rows]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"places": 1}, "places"),
        ({"places": 1025}, "places"),
        ({"team_size": 99}, "team_size"),
        ({"entry_fee": -1, "currency": "BDT"}, "entry_fee"),
        ({"entry_fee": 100}, "currency"),
        ({"currency": "taka"}, "currency"),
        ({"prize_distribution": [6000, 5000]}, "prize_distribution"),
        ({"prize_distribution": [0]}, "prize_distribution"),
        ({"payment_methods": [{"name": "", "instructions": "x"}]}, "payment_methods"),
        ({"bracket": {"legs": 2}}, "bracket.legs"),
        ({"best_of_by_round": {"final": 4}}, "best_of_by_round.final"),
        ({"rules": "x" * 30_001}, "rules"),
        ({"format": "battle-royale"}, "game"),
        ({"registration_opens_at": OPENED_AT + DAY, "starts_at": OPENED_AT}, "registration_opens_at"),
        ({"registration_closes_at": OPENED_AT + DAY, "starts_at": OPENED_AT}, "registration_closes_at"),
        ({"checkin_opens_at": OPENED_AT + DAY, "starts_at": OPENED_AT}, "checkin_opens_at"),
    ],
)
def test_a_setting_that_cannot_be_is_named(app: Flask, changes: dict[str, Any], path: str) -> None:
    tournament_id = create(**CUP)
    with pytest.raises(ResultError) as refused:
        update(tournament_id, **changes)
    assert [field.path for field in refused.value.fields] == [path]
    assert versions(tournament_id) == []


def test_a_date_alone_is_held_against_those_that_stay(app: Flask) -> None:
    tournament_id = create(**CUP, registration_closes_at=OPENED_AT + DAY)
    with pytest.raises(ResultError) as refused:
        update(tournament_id, starts_at=OPENED_AT)
    assert [field.path for field in refused.value.fields] == ["starts_at"]
    # What was settled long ago is nobody's concern who changes something else.
    assert update(tournament_id, region="Asia") == ("region",)


def test_settings_of_every_kind_are_kept(app: Flask) -> None:
    wanted: dict[str, Any] = {
        "rules": "# Fair play", "places": 16, "has_waitlist": False, "team_size": 5, "asks_approval": True,
        "registration_opens_at": OPENED_AT, "registration_closes_at": OPENED_AT + DAY, "starts_at": OPENED_AT + 2 * DAY,
        "has_checkin": True, "entry_fee": 5000, "currency": "BDT", "prize_pool": 100_000,
        "payment_methods": [{"name": "Wallet", "instructions": "Write the reference."}],
        "prize_distribution": [5000, 3000, 2000], "bracket": {"third_place": True}, "best_of_by_round": {"final": 5},
        "asks_ready": True, "shares_first": True,
    }  # fmt: skip
    tournament_id = create(**CUP)
    assert update(tournament_id, **wanted) == tuple(sorted(wanted))
    tournament = stored(tournament_id)
    assert {name: getattr(tournament, name) for name in wanted} == wanted
    assert update(tournament_id, **wanted) == ()


def test_every_edit_is_a_version_and_going_back_is_one_too(app: Flask) -> None:
    tournament_id = create(**CUP, region="Asia")
    update(tournament_id, region="Europe", starts_at=OPENED_AT)
    update(tournament_id, description="New")
    assert versions(tournament_id) == [(1, [], None), (2, ["region", "starts_at"], None), (3, ["description"], None)]
    with trail() as found:
        done = tournament_edits.restore(tournament_id, 1, actor=SYSTEM, now=OPENED_AT)
    assert done == (("description", "region", "starts_at"), ())
    tournament = stored(tournament_id)
    assert (tournament.region, tournament.starts_at, tournament.description) == ("Asia", None, "")
    assert versions(tournament_id)[-1] == (4, ["description", "region", "starts_at"], 1)
    assert found.events == [("tournament_updated", {"changed": ["description", "region", "starts_at"]})]
    assert found.audited[0][0] == "tournament.version_restored"
    assert found.audited[0][1]["version"] == 1
    with trail() as again:
        assert tournament_edits.restore(tournament_id, 1, actor=SYSTEM, now=OPENED_AT).changed == ()
    assert (again.events, again.audited) == ([], [])
    assert tournament_edits.restore(tournament_id, 2, actor=SYSTEM, now=OPENED_AT).changed == ("region", "starts_at")
    assert stored(tournament_id).starts_at == OPENED_AT
    with pytest.raises(NotFound):
        tournament_edits.restore(tournament_id, 99, actor=SYSTEM, now=OPENED_AT)


def test_going_back_leaves_what_is_fixed_by_now_and_says_so(app: Flask) -> None:
    tournament_id = create(**CUP, places=8)
    update(tournament_id, places=16, region="Asia")
    tournaments.start(tournament_id, actor=SYSTEM, now=OPENED_AT)
    done = tournament_edits.restore(tournament_id, 1, actor=SYSTEM, now=OPENED_AT)
    # The cascade was settled at the start; it is a part of the points, which stand.
    assert done.changed == ("region",)
    assert "places" in done.left
    assert stored(tournament_id).places == 16
    with pytest.raises(Conflict, match="Nothing of this version"):
        tournament_edits.restore(tournament_id, 1, actor=SYSTEM, now=OPENED_AT)


def test_only_staff_say_what_is_official(app: Flask) -> None:
    olga = person("olga")
    tournament_id = create(olga)
    for act in (
        lambda: update(tournament_id, olga, is_featured=True),
        lambda: create(olga, is_official=True),
    ):
        with pytest.raises(Forbidden, match="Only staff"):
            act()
    assert update(tournament_id, Actor(None, "admin"), is_official=True) == ("is_official",)
    # A form that sends the mark along as it is does not claim it.
    assert update(tournament_id, olga, is_official=True, region="Asia") == ("region",)


def test_registration_closes_as_a_step_of_its_own(app: Flask) -> None:
    tournament_id = create(**CUP)
    tournaments.open_registration(tournament_id, actor=SYSTEM, now=OPENED_AT)
    with trail() as found:
        tournaments.close_registration(tournament_id, actor=SYSTEM, now=OPENED_AT)
    assert found.events == [("tournament_updated", {"changed": ["status"]})]
    assert found.audited == [
        ("tournament.registration_closed", {"before": "registration_open", "after": "registration_closed"})
    ]
    with trail() as again:
        tournaments.close_registration(tournament_id, actor=SYSTEM, now=OPENED_AT)
    assert (again.events, again.audited) == ([], [])
    tournaments.start(tournament_id, actor=SYSTEM, now=OPENED_AT)
    assert stored(tournament_id).status == "live"
