"""Examples in the documentation: commands and code between fences."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import orjson

FENCE = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)


class Command(NamedTuple):
    """A curl command, and the JSON that the text shows as its answer, if it shows one.

    `parts` are those of a form; one that is a file is named `@` and what it is called.
    """

    method: str
    path: str
    headers: dict[str, str]
    body: Any
    parts: dict[str, str]
    shown: Any


def blocks(path: Path, language: str) -> list[str]:
    return [text for kind, text in FENCE.findall(path.read_text(encoding="utf-8")) if kind == language]


def commands(path: Path, **variables: str) -> list[Command]:
    """Every curl command, its variables filled in."""
    found: list[Command] = []
    for kind, text in FENCE.findall(path.read_text(encoding="utf-8")):
        if kind == "sh":
            found.append(_parsed(text, variables))
        elif kind == "json" and found and found[-1].shown is None:
            found[-1] = found[-1]._replace(shown=orjson.loads(text))
    return found


def _parsed(text: str, variables: dict[str, str]) -> Command:
    for name, value in variables.items():
        text = re.sub(rf"\${name}\b", value, text)
    words = iter(shlex.split(text.replace("\\\n", " ")))
    assert next(words) == "curl"
    return _read(words)


def _read(words: Iterator[str]) -> Command:
    path, method, headers, body = "", "", {}, None
    parts: dict[str, str] = {}
    for word in words:
        if word == "-H":
            name, _, value = next(words).partition(": ")
            headers[name] = value
        elif word == "-OJ":
            # What is answered is saved under the name that comes with it.
            continue
        elif word == "-X":
            method = next(words)
        elif word == "--json":
            body = orjson.loads(next(words))
        elif word == "-F":
            name, _, value = next(words).partition("=")
            parts[name] = value
        else:
            path = word
    return Command(method or ("GET" if body is None and not parts else "POST"), path, headers, body, parts, None)


def shape(value: Any) -> Any:
    """Keys and types alone: of a list its first item, of texts and numbers their kind."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    if isinstance(value, bool) or value is None:
        return type(value).__name__
    return "number" if isinstance(value, int | float) else "text"
