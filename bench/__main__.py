"""The command: runs the benchmarks, prints one table, writes `bench/results.json`."""

import argparse
import importlib
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from bench import machine, report
from bench.context import TITLES, Bench, Benchmark
from bench.rows import Row

BENCHMARKS: Final = (
    "kernel", "computing", "season", "reading", "confirming", "brackets", "crowded", "importing", "api", "http", "push",
    "sockets", "notifying", "webhooks", "site",
)  # fmt: skip
"""The modules, each with a function `run`."""


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when every must is met, else 1."""
    options = _options(arguments)
    # What a developer has set for the site says nothing about the benchmarks, and their figures need no log.
    os.environ |= {"PYTHON_DOTENV_DISABLED": "1", "LOG_LEVEL": "WARNING"}
    databases = tuple(TITLES) if options.database == "both" else (options.database,)
    bench = Bench(quick=options.quick, databases=databases)
    facts = machine.facts() | {"quick": options.quick, "databases": databases}
    rows = []
    with bench.servers:
        for name in options.only or BENCHMARKS:
            rows += _measured(name, bench)
    print(report.table(rows))
    report.write(rows, facts, options.output)
    return 1 if any(row.meets_must is False for row in rows) else 0


def _measured(name: str, bench: Bench) -> list[Row]:
    run: Benchmark = importlib.import_module(f"bench.{name}").run
    began = time.perf_counter()
    rows = list(run(bench))
    print(f"{name}: {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
    return rows


def _options(arguments: Sequence[str] | None) -> Any:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="tiny sizes: shows that everything works, not how fast")
    parser.add_argument("--only", action="append", choices=BENCHMARKS, metavar="NAME", help="one of them; repeatable")
    parser.add_argument("--database", choices=[*TITLES, "both"], default="both")
    parser.add_argument("--output", type=Path, default=report.RESULTS, help="where results.json goes")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
