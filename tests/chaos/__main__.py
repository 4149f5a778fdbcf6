"""`python -m tests.chaos --kills 1000 [--database sqlite|postgres|both] [--pause FROM TO] [--seed S]`: exit code 1 when anything is wrong."""

import argparse
import secrets
import sys
import tempfile
from pathlib import Path
from typing import Final

from tests.chaos.audience import Audience
from tests.chaos.report import ChaosReport
from tests.chaos.run import ChaosRun
from tests.chaos.sites import migrated_url
from tests.servers.web import LiveSite

PAUSE_S: Final = (2.0, 5.0)
"""What was killed is back before the next one dies, so that a recovery is that of one process: that of goal R4."""
RECOVERY_S: Final = (10, 20)
"""Goal R4: so soon half of all, and 99 of 100, went on."""


def main() -> int:
    """Run the kills, half of them on each database unless one is named."""
    parser = argparse.ArgumentParser(description="Kill the site's processes at random and check every board.")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--database", choices=["sqlite", "postgres", "both"], default="both")
    parser.add_argument("--pause", type=float, nargs=2, default=PAUSE_S, metavar=("FROM", "TO"), help="seconds")
    parser.add_argument("--seed", default=secrets.token_hex(4))
    given = parser.parse_args()
    kinds = ["sqlite", "postgres"] if given.database == "both" else [given.database]
    print(f"seed {given.seed}", flush=True)
    reports = [stormed(kind, given.kills // len(kinds), given.seed, tuple(given.pause)) for kind in kinds]
    half, nearly_all = RECOVERY_S
    is_quick = all(report.recovery_p50_s <= half and report.recovery_p99_s <= nearly_all for report in reports)
    return 0 if is_quick and all(report.is_clean for report in reports) else 1


def stormed(kind: str, kills: int, seed: str, pause_s: tuple[float, float]) -> ChaosReport:
    """The report of a run on a site of its own; printed, with the site's last words where something is wrong."""
    with tempfile.TemporaryDirectory(prefix="chaos-") as name, migrated_url(kind, Path(name)) as url:
        folder = Path(name) / "site"
        folder.mkdir()
        audience = Audience(folder, seed)
        site = LiveSite(folder, url, **audience.environment)
        try:
            site.start()
            report = ChaosRun(site, audience, folder, seed=seed, database=kind, pause_s=pause_s).run(kills)
            print(report.text(), flush=True)
            if not report.is_clean:
                print(site.output[-6000:], file=sys.stderr)
        finally:
            site.stop()
            audience.stop()
    return report


if __name__ == "__main__":
    sys.exit(main())
