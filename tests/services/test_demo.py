"""The demo: loaded once, carried on when it was cut off, played on by the simulator."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from jobs import simulator
from tests.arenas import open_battle_royale
from tests.invariants import assert_all_is_well
from webapp.domain.presets import preset
from webapp.models import Match, Tournament
from webapp.services.demo import demo
from webapp.services.ranking import ranking
from webapp.services.registration import registrations
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot
from webapp.services.tournaments import tournaments

pytestmark = pytest.mark.usefixtures("app")

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def statuses() -> dict[str, str]:
    with read_snapshot() as session:
        return {name: status for name, status in session.execute(select(Tournament.name, Tournament.status))}  # noqa: C416  (a Result has keys(), which dict() would take for a mapping)


def test_an_empty_installation_gets_a_finished_two_live_and_an_upcoming_tournament() -> None:
    assert demo.ensure_demo(now=NOW) is True
    assert statuses() == {
        "Monsoon Crown": "completed",
        "Harbor Lights Open": "live",
        "Copperline League": "live",
        "Northwind Masters": "registration_open",
    }
    assert demo.ensure_demo(now=NOW) is False


def test_a_demo_that_was_cut_off_is_carried_on() -> None:
    # The power went after the first three steps.
    tournament_id = tournaments.create(
        demo.FINISHED_NAME, game="pubgm", format="battle-royale", ruleset=preset("super"), actor=SYSTEM, now=NOW
    )
    registrations.register(tournament_id, demo.SQUADS, actor=SYSTEM, now=NOW)
    tournaments.start(tournament_id, actor=SYSTEM, now=NOW)

    assert demo.ensure_demo(now=NOW) is True
    assert statuses()["Monsoon Crown"] == "completed"
    assert len(statuses()) == 4
    with read_snapshot() as session:
        assert session.scalar(select(func.count()).select_from(Match).where(Match.tournament_id == tournament_id)) == 12


def test_an_installation_with_tournaments_of_its_own_gets_none() -> None:
    open_battle_royale()
    assert demo.ensure_demo(now=NOW) is False
    simulator.step(now=NOW)
    assert list(statuses()) == ["Cup"]


def test_the_simulator_plays_a_match_every_half_minute_and_begins_anew_after_the_last() -> None:
    demo.ensure_demo(now=NOW)
    now = NOW
    for _ in range(24 * 9):
        now += timedelta(seconds=simulator.STEP_S)
        with read_snapshot() as session:
            live = list(session.scalars(select(Tournament.id).where(Tournament.status == "live")))
        for tournament_id in live:
            ranking.rank_due(tournament_id, now=now)
        simulator.step(now=now)
    found = statuses()
    assert found["Harbor Lights Open"] == "completed"
    assert found["Copperline League"] == "completed"
    assert found["Harbor Lights Open #2"] == "live"
    with read_snapshot() as session:
        finished = session.scalar(select(Tournament.id).where(Tournament.name == "Harbor Lights Open"))
    assert finished is not None
    assert_all_is_well(finished)
