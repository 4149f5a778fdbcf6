"""The keeper as the launcher runs it: a process of its own, with real programs that crash, hang and leave children."""

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.servers.process import ServerProcess
from tests.servers.web import free_port
from webapp.config import ROOT

StartKeeper = Callable[..., ServerProcess]

STAYS = f"{shlex.quote(sys.executable)} -Iuc 'import os, time; print(\"pid\", os.getpid()); time.sleep(600)'"
HANGS = (
    f"{shlex.quote(sys.executable)} -Iuc 'import os, signal, time; signal.signal(15, signal.SIG_IGN);"
    ' print("pid", os.getpid()); time.sleep(600)\''
)
LEAVES_A_CHILD = (
    f"{shlex.quote(sys.executable)} -Iuc 'import os, subprocess, sys, time;"
    ' child = subprocess.Popen([sys.executable, "-Ic", "import time; time.sleep(600)"], start_new_session=True);'
    ' print("child", child.pid); print("pid", os.getpid()); time.sleep(600)\''
)


@pytest.fixture
def start_keeper(tmp_path: Path) -> Iterator[StartKeeper]:
    keepers: list[ServerProcess] = []

    def start(procfile: str, *options: str) -> ServerProcess:
        (tmp_path / "Procfile").write_text(procfile, encoding="utf-8")
        command = [sys.executable, "-I", str(ROOT / "webapp" / "keeper.py"), str(tmp_path / "Procfile"), *options]
        keepers.append(ServerProcess(command, tmp_path / f"log-{len(keepers)}"))
        return keepers[-1]

    yield start
    for keeper in keepers:
        keeper.stop()


def wait_for(keeper: ServerProcess, pattern: str, times: int = 1) -> list[str]:
    """The first groups of `times` matches in what the keeper printed."""
    keeper.wait_until(lambda: len(re.findall(pattern, keeper.output)) >= times, seconds=20)
    return re.findall(pattern, keeper.output)


def is_gone(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def assert_all_go(pids: list[int]) -> None:
    give_up_at = time.monotonic() + 10
    while not all(is_gone(pid) for pid in pids):
        assert time.monotonic() < give_up_at, f"still there: {[pid for pid in pids if not is_gone(pid)]}"
        time.sleep(0.02)


def test_a_killed_program_is_started_again_at_once(start_keeper: StartKeeper) -> None:
    keeper = start_keeper(f"web: {STAYS}\n")
    (first,) = wait_for(keeper, r"web \| pid (\d+)")
    time.sleep(2.1)
    os.kill(int(first), signal.SIGKILL)
    began = time.monotonic()
    wait_for(keeper, r"web \| pid (\d+)", times=2)
    assert time.monotonic() - began < 5
    assert "web | was ended by signal 9; starting it again in 0.2 s" in keeper.output


def test_a_program_that_cannot_live_is_tried_less_and_less_often(start_keeper: StartKeeper) -> None:
    keeper = start_keeper(f"broken: sh -c 'echo no; exit 3'\nweb: {STAYS}\n")
    wait_for(keeper, r"starting it again in 1\.6 s")
    delays = re.findall(r"broken \| ended with exit code 3; starting it again in (\S+) s", keeper.output)
    assert delays[:3] == ["0.4", "0.8", "1.6"]
    assert keeper.process.poll() is None


def test_what_a_killed_program_leaves_behind_is_ended(start_keeper: StartKeeper) -> None:
    keeper = start_keeper(f"web: {LEAVES_A_CHILD}\n")
    (child,) = wait_for(keeper, r"child (\d+)")
    (program,) = wait_for(keeper, r"web \| pid (\d+)")
    os.kill(int(program), signal.SIGKILL)
    assert_all_go([int(child)])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_everything(start_keeper: StartKeeper, number: signal.Signals) -> None:
    keeper = start_keeper(f"web: {STAYS}\nworker: {LEAVES_A_CHILD}\n", "--under", f"redis: {STAYS}")
    pids = [int(pid) for pid in wait_for(keeper, r"(?:pid|child) (\d+)", times=4)]
    keeper.send(number)
    assert keeper.process.wait(10) == 0
    assert_all_go(pids)


def test_what_lies_under_the_others_stops_last(start_keeper: StartKeeper) -> None:
    says_goodbye = "sh -c 'trap \"echo bye; exit\" TERM; echo ready; while :; do sleep 0.05; done'"
    slow_goodbye = "sh -c 'trap \"sleep 0.5; echo bye; exit\" TERM; echo ready; while :; do sleep 0.05; done'"
    keeper = start_keeper(f"web: {slow_goodbye}\n", "--under", f"redis: {says_goodbye}")
    wait_for(keeper, "ready", times=2)
    keeper.send(signal.SIGTERM)
    keeper.process.wait(10)
    assert re.findall(r"(\w+) +\| bye", keeper.output) == ["web", "redis"]


@pytest.mark.slow
def test_a_program_that_will_not_stop_is_killed(start_keeper: StartKeeper) -> None:
    keeper = start_keeper(f"web: {HANGS}\n")
    (pid,) = wait_for(keeper, r"pid (\d+)")
    keeper.send(signal.SIGTERM)
    assert keeper.process.wait(12) == 0
    assert_all_go([int(pid)])


def test_a_second_ctrl_c_means_now(start_keeper: StartKeeper) -> None:
    keeper = start_keeper(f"web: {HANGS}\n")
    (pid,) = wait_for(keeper, r"pid (\d+)")
    keeper.send(signal.SIGINT)
    time.sleep(1.2)
    keeper.send(signal.SIGINT)
    assert keeper.process.wait(4) == 0
    assert_all_go([int(pid)])


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent is gone")
def test_nothing_outlives_a_killed_keeper(start_keeper: StartKeeper) -> None:
    keeper = start_keeper(f"web: {STAYS}\nworker: {STAYS}\n")
    pids = [int(pid) for pid in wait_for(keeper, r"pid (\d+)", times=2)]
    keeper.send(signal.SIGKILL)
    keeper.process.wait(10)
    assert_all_go(pids)


def test_the_keeper_stops_when_nobody_reads_it_any_more(tmp_path: Path) -> None:
    (tmp_path / "Procfile").write_text("web: sh -c 'while :; do echo line; sleep 0.05; done'\n", encoding="utf-8")
    command = [sys.executable, "-I", str(ROOT / "webapp" / "keeper.py"), str(tmp_path / "Procfile")]
    keeper = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert keeper.stdout is not None
    assert keeper.stdout.readline() == b"web | line\n"
    keeper.stdout.close()
    assert keeper.wait(10) in {0, 120}


def test_what_people_wait_for_starts_first(start_keeper: StartKeeper) -> None:
    port = free_port()
    serves = (
        f'{shlex.quote(sys.executable)} -Iuc \'import http.server, time; time.sleep(1); print("serves");'
        f' http.server.ThreadingHTTPServer(("127.0.0.1", {port}), http.server.SimpleHTTPRequestHandler).serve_forever()\''
    )
    keeper = start_keeper(f"web: {serves}\nworker: {STAYS}\n", "--port", str(port), "--welcome", "It is up")
    wait_for(keeper, r"worker \| pid (\d+)")
    said = [keeper.output.index(words) for words in ("web    | serves", "It is up", "worker | pid")]
    assert said == sorted(said)


def test_what_waits_for_a_site_that_never_answers_starts_all_the_same(start_keeper: StartKeeper) -> None:
    keeper = start_keeper(f"web: {STAYS}\nworker: {STAYS}\n", "--port", str(free_port()))
    wait_for(keeper, r"worker \| pid (\d+)")
    assert len(wait_for(keeper, r"web +\| pid (\d+)")) == 1


def test_comments_and_blank_lines_are_no_programs(start_keeper: StartKeeper) -> None:
    keeper = start_keeper(f"# web: exit 1\n\nweb: {STAYS}\n", "--beside", f"simulator: {STAYS}")
    wait_for(keeper, r"web +\| pid")
    wait_for(keeper, r"simulator +\| pid")
    assert "ended with" not in keeper.output


def test_the_keeper_is_small(start_keeper: StartKeeper) -> None:
    keeper = start_keeper(f"web: {STAYS}\n")
    wait_for(keeper, r"pid (\d+)")
    assert psutil.Process(keeper.pid).memory_info().rss < 25 * 2**20
