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
BESIDE_OTHER_TESTS = 4


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
    assert report.is_clean, report.text()
    # Goal R4 is 10 s and 20 s; `make kill-test`, alone on the machine, holds to it. Here other tests take the second core.
    assert report.recovery_p50_s <= 10 * BESIDE_OTHER_TESTS
    assert report.recovery_p99_s <= 20 * BESIDE_OTHER_TESTS
