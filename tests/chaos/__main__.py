"""`python -m tests.chaos --kills 1000 [--database sqlite|postgres|both] [--seed S]`: exit code 1 when anything is wrong."""

import argparse
import secrets
import sys
import tempfile
from pathlib import Path

from tests.chaos.run import ChaosRun
from tests.chaos.sites import migrated_url
from tests.servers.web import LiveSite


def main() -> int:
    """Run the kills, half of them on each database unless one is named."""
    parser = argparse.ArgumentParser(description="Kill the site's processes at random and check every board.")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--database", choices=["sqlite", "postgres", "both"], default="both")
    parser.add_argument("--seed", default=secrets.token_hex(4))
    given = parser.parse_args()
    kinds = ["sqlite", "postgres"] if given.database == "both" else [given.database]
    print(f"seed {given.seed}", flush=True)
    for kind in kinds:
        with tempfile.TemporaryDirectory(prefix="chaos-") as name, migrated_url(kind, Path(name)) as url:
            folder = Path(name) / "site"
            folder.mkdir()
            site = LiveSite(folder, url)
            site.start()
            try:
                print(
                    ChaosRun(site, folder, seed=given.seed, database=kind).run(given.kills // len(kinds)).line(),
                    flush=True,
                )
            except AssertionError as error:
                print(f"{kind}: WRONG: {error}\n{site.output[-4000:]}", file=sys.stderr)
                return 1
            finally:
                site.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
