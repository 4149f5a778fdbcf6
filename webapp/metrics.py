"""Counts for Prometheus, shared by all processes of a site on this machine: each writes files, who is asked adds up.

Metrics are made when first needed, never while modules are imported: how they are kept is known only once the settings
are read. Labels are words of ours, never ids.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from prometheus_client import REGISTRY, CollectorRegistry, generate_latest, values
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

CONTENT_TYPE = CONTENT_TYPE_LATEST
_FOLDER = "PROMETHEUS_MULTIPROC_DIR"


def share(folder: Path) -> None:
    """Keep this process's counts in `folder`, beside those of the other processes; before anything is counted.

    Who starts when none of them lives any more begins anew. Otherwise what the dead have counted stays: a total that
    goes down would look like a restart of the whole site.
    """
    folder.mkdir(parents=True, exist_ok=True)
    os.environ[_FOLDER] = str(folder)
    written = dict(_files(folder))
    if not any(_is_alive(pid) and pid != os.getpid() for pid in written.values()):
        for file in written:
            file.unlink(missing_ok=True)
    _forget_dead(folder)
    # The library decides this by the environment while it is imported, which is too early.
    values.ValueClass = values.MultiProcessValue()  # type: ignore[no-untyped-call]  # the library leaves it bare


def exposition(*more: Collector) -> bytes:
    """All counts as Prometheus reads them, those of all processes where they are shared, and what `more` knows."""
    kept_elsewhere = CollectorRegistry()
    for collector in more:
        kept_elsewhere.register(collector)
    if _FOLDER not in os.environ:
        return generate_latest(REGISTRY) + generate_latest(kept_elsewhere)
    folder = Path(os.environ[_FOLDER])
    _forget_dead(folder)
    registry = CollectorRegistry()
    MultiProcessCollector(registry, str(folder))  # type: ignore[no-untyped-call]  # the library leaves it bare
    return generate_latest(registry) + generate_latest(kept_elsewhere)


def _forget_dead(folder: Path) -> None:
    """What holds only while its process lives (`gauge_live…`) goes with it."""
    for file, pid in _files(folder):
        if file.name.startswith("gauge_live") and not _is_alive(pid):
            file.unlink(missing_ok=True)


def _files(folder: Path) -> Iterator[tuple[Path, int]]:
    """Every file of counts, and the process that writes it."""
    for file in folder.glob("*.db"):
        with contextlib.suppress(ValueError):
            yield file, int(file.stem.rpartition("_")[2])


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
