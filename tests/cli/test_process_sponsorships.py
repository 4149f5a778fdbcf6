"""`process-sponsorships`."""

from datetime import timedelta

import pytest
from flask import Flask

from tests.cli.operator import Operator
from tests.personas import Persona
from tests.teams import team_of
from webapp.domain.sponsorship import PROMOTION, PromotionDraft, SponsorDraft
from webapp.services.spine.clock import utc_now
from webapp.services.teams import promotions, sponsors, sponsorship


@pytest.fixture
def due(app: Flask, pat: Persona, sam: Persona) -> None:
    """A sponsor that is over, a promotion that starts, and one that ends."""
    team_id, now = team_of(pat), utc_now()
    before = now - timedelta(days=9)
    day = before.date()
    sponsors.propose(
        team_id, SponsorDraft("Kiln", "https://kiln.example/", day, day), None, actor=pat.actor, now=before
    )
    for end in (before + timedelta(days=1), now + timedelta(days=1)):
        draft = PromotionDraft("Sale", "Shirts.", "", before, end)
        promotion_id = promotions.propose(team_id, draft, actor=pat.actor, now=before)
        sponsorship.approve(PROMOTION, promotion_id, revision=1, actor=sam.actor, now=before)


@pytest.mark.usefixtures("due")
def test_all_that_is_due_is_done_once(operator: Operator) -> None:
    assert operator.types("process-sponsorships").stdout == "1 sponsor expired\n1 promotion started, 1 ended\n"
    assert operator.types("process-sponsorships").stdout == "0 sponsors expired\n0 promotions started, 0 ended\n"


@pytest.mark.usefixtures("due")
def test_one_kind_at_a_time(operator: Operator) -> None:
    assert operator.types("process-sponsorships", "--promotions-only").stdout == "1 promotion started, 1 ended\n"
    assert operator.types("process-sponsorships", "--sponsors-only").stdout == "1 sponsor expired\n"
    assert operator.types("process-sponsorships", "--sponsors-only", "--promotions-only").exit_code == 2
