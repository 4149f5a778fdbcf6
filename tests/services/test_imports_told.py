"""An old tournament that is brought in with all its results is news to nobody; what happens in it from then on is."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from tests.notified import lined_up, notifications, people, route
from tests.services.imported import NOW, take_in
from webapp.models import Registration, Team
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot
from webapp.services.teams import teams
from webapp.services.tournaments import organizer_notices

pytestmark = pytest.mark.usefixtures("engine")


def test_players_of_a_cup_that_is_brought_in_hear_of_nothing_of_it(app: Flask) -> None:
    (captain,) = people(1)
    teams.create(name="Alpha", game="pubgm", tag=None, description="", actor=captain, now=NOW)
    tournament_id = take_in().tournament_id
    assert tournament_id is not None
    assert route(tournament_id, NOW) == []
    assert notifications() == []
    with read_snapshot() as session:
        (registration_id,) = session.scalars(select(Registration.id).join(Team).where(Team.name == "Alpha"))
    lined_up(registration_id, [captain])
    later = NOW + timedelta(minutes=1)
    organizer_notices.publish(tournament_id, "Thank you all.", audience="all", actor=SYSTEM, now=later)
    assert [said.handle for said in route(tournament_id, later)] == ["Person01"]
