"""The demo's organized tournaments: something to do for everybody who logs in, made once."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.arenas import open_battle_royale
from tests.invariants import assert_all_is_well
from webapp.models import Dispute, Match, Payment, Registration, ResultSubmission, Team, TeamInvite, Tournament
from webapp.services.demo import demo, demo_crowd, demo_cups, demo_people
from webapp.services.ranking import ranking
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.tournaments import tournament_removal

pytestmark = pytest.mark.usefixtures("app")

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def by_state(model: type[Match | Registration | Payment], column: str, name: str) -> dict[str, int]:
    with read_snapshot() as session:
        counted = (
            select(getattr(model, column), func.count())
            .join(Tournament, Tournament.id == model.tournament_id)
            .where(Tournament.name == name)
            .group_by(getattr(model, column))
        )
        return dict(session.execute(counted).all())


def ids_of(names: Collection[str]) -> dict[str, int]:
    with read_snapshot() as session:
        return dict(session.execute(select(Tournament.name, Tournament.id).where(Tournament.name.in_(names))).all())


def test_everybody_finds_something_to_do(app: Flask, tmp_path: Path) -> None:
    demo.ensure_demo(now=NOW)
    demo_people.ensure_people(tmp_path, now=NOW)
    assert demo_cups.ensure_cups(now=NOW) == list(demo_cups.NAMES)

    cup = by_state(Match, "state", demo_cups.CUP_NAME)
    assert (cup["live"], cup["pending_result"], cup["disputed"], cup["completed"]) == (1, 1, 1, 5)
    assert by_state(Match, "state", demo_cups.SWISS_NAME) == {"completed": 6, "scheduled": 2}
    assert by_state(Match, "state", demo_cups.GROUPS_NAME) == {"completed": 8, "scheduled": 4}
    assert by_state(Registration, "status", demo_cups.OPEN_NAME) == {
        "approved": 3, "pending": 1, "submitted": 1, "waitlisted": 2
    }  # fmt: skip
    assert by_state(Payment, "state", demo_cups.OPEN_NAME) == {"pending": 1, "submitted": 1}
    with read_snapshot() as session:
        here = select(func.count()).select_from(Registration).where(Registration.checked_in_at.is_not(None))
        assert session.scalar(here) == 4
        for model in (Dispute, ResultSubmission, TeamInvite):
            assert session.scalar(select(func.count()).select_from(model)) == 1
        assert session.scalar(select(func.count()).select_from(Team).where(Team.logo_id.is_not(None))) == 3
        owners = select(Tournament.organizer_id).where(Tournament.name.in_(demo_cups.NAMES)).distinct()
        assert len(session.scalars(owners).all()) == 1
    for tournament_id in ids_of((demo_cups.CUP_NAME, demo_cups.SWISS_NAME, demo_cups.GROUPS_NAME)).values():
        ranking.rank_due(tournament_id, now=NOW)
        assert_all_is_well(tournament_id)


def test_what_was_made_stays_as_it_has_become(app: Flask, tmp_path: Path) -> None:
    demo.ensure_demo(now=NOW)
    demo_people.ensure_people(tmp_path, now=NOW)
    demo_cups.ensure_cups(now=NOW)
    tournament_removal.delete(
        ids_of([demo_cups.OPEN_NAME])[demo_cups.OPEN_NAME], reason="Not wanted", actor=SYSTEM, now=NOW
    )
    before = by_state(Match, "state", demo_cups.CUP_NAME)
    assert demo_cups.ensure_cups(now=NOW + timedelta(days=1)) == []
    assert by_state(Match, "state", demo_cups.CUP_NAME) == before


def test_who_has_played_with_the_demo_keeps_what_they_have_and_the_site_starts(app: Flask, tmp_path: Path) -> None:
    demo.ensure_demo(now=NOW)
    demo_people.ensure_people(tmp_path, now=NOW)
    demo_crowd.ensure_crowd(now=NOW)
    with transaction() as session:
        for team in session.scalars(select(Team).where(Team.name.in_((demo_crowd.HERONS, demo_crowd.PARADE)))):
            team.name = f"{team.name} of old"
    # What the captains do in the cup is not theirs to do any more.
    assert demo_cups.ensure_cups(now=NOW) == [name for name in demo_cups.NAMES if name != demo_cups.CUP_NAME]


def test_an_installation_with_tournaments_of_its_own_gets_none() -> None:
    open_battle_royale()
    assert demo_cups.ensure_cups(now=NOW) == []
