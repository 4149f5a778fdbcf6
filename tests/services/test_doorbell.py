"""How often the doorbell answers: at once when it is quiet, and the rarer the longer an answer computes."""

import threading

import pytest

from webapp.services.spine import doorbell
from webapp.services.spine.doorbell import LONGEST_PAUSE_S, PAUSE_PER_ANSWER, PAUSE_S, Doorbell


class Clock:
    """Time as the doorbell sees it: an answer computes as long as it is told to, and a pause ends at once."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []
        self.paused = threading.Event()

    def thread_time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.paused.set()


@pytest.mark.parametrize(
    ("answer_s", "pause_s"),
    [(0.0, PAUSE_S), (0.005, PAUSE_S), (0.05, 0.05 * PAUSE_PER_ANSWER), (9.0, LONGEST_PAUSE_S)],
)
def test_it_rests_the_longer_the_longer_an_answer_computed(
    monkeypatch: pytest.MonkeyPatch, answer_s: float, pause_s: float
) -> None:
    clock, bell = Clock(), Doorbell()
    monkeypatch.setattr(doorbell, "time", clock)

    def answer() -> None:
        clock.now += answer_s

    bell.connect(answer)
    bell.ring()
    assert clock.paused.wait(5)
    assert clock.pauses == [pytest.approx(pause_s)]
