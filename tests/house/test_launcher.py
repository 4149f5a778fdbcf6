"""`make run` as a person uses it, and what may go wrong with it."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from tests.servers.process import ServerProcess
from tests.servers.web import LiveSite, StartSite
from webapp.config import ROOT


def family(pid: int) -> list[psutil.Process]:
    return [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]


def assert_all_go(processes: list[psutil.Process], *, seconds: float = 15) -> None:
    _gone, alive = psutil.wait_procs(processes, timeout=seconds)
    left = [each for each in alive if each.status() != psutil.STATUS_ZOMBIE]
    assert left == []


def launch(folder: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run the launcher in a case in which it must end by itself."""
    environment = {**os.environ, "DELTACROWN_INSTANCE": str(folder), "DELTACROWN_DEMO": "off", **environment}
    command = [sys.executable, "-m", "webapp.launcher"]
    return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


class MakeRun:
    """`make run` in a process group of its own, as in a terminal."""

    def __init__(self, folder: Path, port: int, **environment: str) -> None:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
        self.process = ServerProcess(
            ["make", "run"],
            folder / f"make-{time.monotonic_ns()}.log",
            environment={
                **inherited,
                "DELTACROWN_INSTANCE": str(folder / "instance"),
                "PORT": str(port),
                **environment,
            },
            folder=ROOT,
        )
        self.port = port

    def wait_until_up(self) -> float:
        """Seconds until the line with the address is printed."""
        began = time.monotonic()
        self.process.wait_until(lambda: f"http://127.0.0.1:{self.port}/" in self.process.output, seconds=110)
        return time.monotonic() - began


@pytest.fixture
def make_run(tmp_path: Path, free_port: int) -> Iterator[MakeRun]:
    started = MakeRun(tmp_path, free_port)
    yield started
    started.process.stop()


WANTED = {
    "webapp/web.py", "realtime.worker", "redis", "ranking", "default", "worker email", "worker webhooks", "maintenance",
    "jobs.scheduler", "jobs.simulator",
}  # fmt: skip


def running(make_run: MakeRun) -> set[str]:
    """Which of the wanted programs run."""
    commands = []
    for process in family(make_run.process.pid):
        with contextlib.suppress(psutil.NoSuchProcess):
            commands.append(" ".join(process.cmdline()))
    return {wanted for wanted in WANTED if any(wanted in command for command in commands)}


@pytest.mark.live
def test_make_run_serves_the_demo_and_ctrl_c_ends_all_of_it(make_run: MakeRun, tmp_path: Path) -> None:
    make_run.wait_until_up()
    # The rest of the site starts once people are served.
    make_run.process.wait_until(lambda: running(make_run) >= WANTED, seconds=60)
    processes = family(make_run.process.pid)
    os.killpg(make_run.process.pid, signal.SIGINT)
    make_run.process.process.wait(20)
    assert_all_go(processes)
    second = MakeRun(tmp_path, make_run.port)
    try:
        # 8 s is the promise on a machine of its own, which this one shares with other tests.
        assert second.wait_until_up() < 40
    finally:
        processes = family(second.process.pid)
        second.process.stop()
    assert_all_go(processes)


@pytest.mark.live
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent is gone")
def test_nothing_outlives_a_killed_make(make_run: MakeRun) -> None:
    make_run.wait_until_up()
    processes = family(make_run.process.pid)
    make_run.process.send(signal.SIGKILL)
    assert_all_go(processes)


def test_whatever_is_killed_comes_back(live_site: LiveSite) -> None:
    for kind in (
        "realtime.worker",
        "webapp/web.py",
        "jobs.worker ranking",
        "jobs.worker default",
        "jobs.scheduler",
        "redis",
    ):
        killed = live_site.kill(kind)
        assert killed, kind
        give_up_at = time.monotonic() + 20
        while not {each.pid for each in live_site.processes(kind)} - set(killed) or not is_served(live_site):
            assert time.monotonic() < give_up_at, f"{kind} did not come back\n{live_site.output[-3000:]}"
            time.sleep(0.1)


def is_served(site: LiveSite) -> bool:
    try:
        return site.get("/healthz")[0] == 200
    except OSError:
        return False


def test_the_site_becomes_ready_and_logs_json(shared_site: LiveSite) -> None:
    give_up_at = time.monotonic() + 20
    while b'"ready"' not in shared_site.get("/readiness")[2]:
        assert time.monotonic() < give_up_at, shared_site.get("/readiness")[2]
        time.sleep(0.2)
    shared_site.get("/nowhere", **{"X-Request-ID": "r-17"})
    shared_site.launcher.wait_until(lambda: "r-17" in shared_site.output, seconds=5)
    (line,) = [event for event in shared_site.log_events() if event.get("request_id") == "r-17"]
    assert (line["event"], line["status"]) == ("request_finished", 404)


def test_redis_of_our_own_is_for_its_owner_only(shared_site: LiveSite) -> None:
    (server,) = shared_site.processes("redis-server") or shared_site.processes("valkey-server")
    assert [each for each in server.net_connections("inet") if each.status == psutil.CONN_LISTEN] == []


def test_the_site_runs_on_postgres(start_site: StartSite, postgres_url: str) -> None:
    site = start_site(postgres_url)
    assert site.get("/")[0] == 200
    assert not list((site.folder / "instance").glob("*.sqlite3"))


def test_a_taken_port_is_one_clear_line(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = other.getsockname()[1]
        done = launch(tmp_path, PORT=str(port))
    assert done.returncode == 1
    assert done.stderr == (
        f"Cannot listen on 127.0.0.1 port {port} (Address already in use); "
        f"stop what uses it or choose another port: PORT={port + 1} make run\n"
    )


@pytest.mark.parametrize(
    "words",
    [
        ("webapp.launcher",),
        ("jobs.worker", "ranking"),
        ("jobs.scheduler",),
        ("flask", "--app", "wsgi", "flags", "list"),
    ],
)
def test_a_wrong_setting_is_one_clear_line(tmp_path: Path, words: tuple[str, ...]) -> None:
    environment = {**os.environ, "DELTACROWN_INSTANCE": str(tmp_path), "LOG_FORMAT": "xml"}
    command = [sys.executable, "-m", *words]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (1, "LOG_FORMAT is 'xml'; it must be one of json, text\n")


def test_a_database_that_is_away_is_one_clear_line(tmp_path: Path, free_port: int) -> None:
    done = launch(tmp_path, DATABASE_URL=f"postgresql://nobody@/none?host={tmp_path}", PORT=str(free_port))
    assert done.returncode == 1
    assert re.fullmatch(r"The database of DATABASE_URL cannot be used: connection .*\n", done.stderr), done.stderr


def test_a_second_site_in_the_same_folder_is_refused(shared_site: LiveSite, free_port: int) -> None:
    done = launch(shared_site.folder / "instance", PORT=str(free_port))
    assert done.returncode == 1
    assert done.stderr.startswith("The site is already running from ")
