"""What an operator sees of a web server of the tests: its counts and its log lines."""

import re
import urllib.request
from collections import Counter
from typing import Any

import orjson

from tests.realtime.web import WebServer

_SAMPLE = re.compile(r"(?P<name>\w+)(?:\{(?P<labels>[^}]*)\})? (?P<value>\S+)")


def counts(web: WebServer) -> Counter[str]:
    """Every sample by name and the values of its labels, in the order of their names: `ws_messages_total refused invalid`."""
    with urllib.request.urlopen(f"http://127.0.0.1:{web.port}/metrics") as answer:
        lines = answer.read().decode().splitlines()
    found: Counter[str] = Counter()
    for line in lines:
        sample = _SAMPLE.fullmatch(line)
        if sample is not None and not line.startswith("#"):
            values = re.findall(r'"([^"]*)"', sample["labels"] or "")
            found[" ".join([sample["name"], *values])] = round(float(sample["value"]))
    return found


def log_lines(web: WebServer, event: str) -> list[dict[str, Any]]:
    """Its log lines of an event so far."""
    lines = [orjson.loads(line) for line in web.output.splitlines() if line.startswith("{")]
    return [line for line in lines if line["event"] == event]
