"""A hundred kills a run of the tests; `make kill-test` does a thousand."""

import os
import secrets
from pathlib import Path

import pytest

from tests.chaos.audience import Audience
from tests.chaos.run import ChaosRun
from tests.servers.web import StartSite

KILLS = int(os.environ.get("CHAOS_KILLS", "50"))
"""On each database."""


@pytest.mark.chaos
@pytest.mark.timeout(600)
def test_whatever_is_killed_nothing_is_lost_every_board_is_whole_and_everybody_is_told(
    start_site: StartSite, database_url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    seed = os.environ.get("CHAOS_SEED", secrets.token_hex(4))
    print(f"seed {seed}")
    kind = request.node.callspec.params["database_url"]
    audience = Audience(tmp_path, seed)
    request.addfinalizer(audience.stop)
    site = start_site(database_url, **audience.environment)
    report = ChaosRun(site, audience, tmp_path, seed=seed, database=kind).run(KILLS)
    print(report.text())
    # That it comes to rest in time is a part of it. How long each recovery took (goal R4: 10 s and 20 s) says something
    # only where no other tests take the second core: `make kill-test` holds to it.
    assert report.is_clean, report.text()
