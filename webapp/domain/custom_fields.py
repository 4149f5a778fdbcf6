"""What an organizer asks at registration: how a field is defined, and which answers it takes."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from webapp.domain.errors import FieldError
from webapp.domain.registration import Problem

KINDS: Final = ("text", "number", "dropdown", "url", "toggle", "date", "media")
KEY: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
LONGEST_LABEL: Final = 120
LONGEST_HELP: Final = 300
LONGEST_TEXT: Final = 1000
LONGEST_ADDRESS: Final = 500
MOST_FIELDS: Final = 20
MOST_CHOICES: Final = 50
_LARGEST: Final = 10**12
_WITH_SPAN: Final = ("text", "number", "date")


class AnswerError(ValueError):
    """A value that the field does not take; its text says what would be right."""


class FieldRule(NamedTuple):
    """A field: `limits` holds `min` and `max` (length, value or day) or the `choices` of a dropdown."""

    key: str
    label: str
    kind: str
    is_required: bool = False
    help: str = ""
    limits: Mapping[str, Any] = {}


def definition_problems(rule: FieldRule) -> list[FieldError]:
    """What is wrong with a field's definition."""
    problems = []
    if not KEY.fullmatch(rule.key):
        problems.append(
            FieldError("key", "write lower-case letters, digits and _, a letter first, such as discord_name")
        )
    if not rule.label.strip() or len(rule.label) > LONGEST_LABEL or not rule.label.isprintable():
        problems.append(FieldError("label", f"write the question in 1 to {LONGEST_LABEL} characters"))
    if len(rule.help) > LONGEST_HELP or not rule.help.isprintable():
        problems.append(FieldError("help", f"shorten it to {LONGEST_HELP} characters on one line"))
    if rule.kind not in KINDS:
        problems.append(FieldError("kind", f"must be one of {', '.join(KINDS)}"))
        return problems
    return problems + list(_limit_problems(rule))


def checked_answers(
    rules: Sequence[FieldRule], given: Mapping[str, Any], *, files: Mapping[str, int] | None = None
) -> tuple[dict[str, Any], list[Problem]]:
    """The answers as they are kept, and everything that is wrong with them; a blank is no answer.

    `files` are the ids of uploaded files by key, the only answers that a field of kind `media` takes.
    """
    files = files or {}
    kept: dict[str, Any] = {}
    problems = [
        Problem("invalid_custom_field", FieldError(f"answers.{key}", "is not asked here"))
        for key in sorted(given.keys() - {rule.key for rule in rules})
    ]
    for rule in rules:
        path = f"answers.{rule.key}"
        raw = files.get(rule.key) if rule.kind == "media" else given.get(rule.key)
        if raw is None or (isinstance(raw, str) and not raw.strip()) or (rule.kind == "toggle" and raw is False):
            if rule.is_required:
                problems.append(Problem("missing_custom_field", FieldError(path, _missing_words(rule))))
            elif rule.kind == "toggle":
                kept[rule.key] = False
            continue
        try:
            kept[rule.key] = _READ[rule.kind](rule, raw)
        except AnswerError as error:
            problems.append(Problem("invalid_custom_field", FieldError(path, str(error))))
    return kept, problems


def _missing_words(rule: FieldRule) -> str:
    return "tick it to register" if rule.kind == "toggle" else "is needed to register"


def _limit_problems(rule: FieldRule) -> Iterator[FieldError]:
    known = {"choices"} if rule.kind == "dropdown" else {"min", "max"} if rule.kind in _WITH_SPAN else set()
    for name in sorted(rule.limits.keys() - known):
        yield FieldError(f"limits.{name}", f"is no limit of a field of kind {rule.kind}")
    if rule.kind == "dropdown":
        yield from _choice_problems(rule.limits.get("choices"))
    if rule.kind in _WITH_SPAN:
        yield from _span_problems(rule)


def _choice_problems(choices: object) -> Iterator[FieldError]:
    if not isinstance(choices, list) or not 2 <= len(choices) <= MOST_CHOICES:
        yield FieldError("limits.choices", f"write 2 to {MOST_CHOICES} choices, one a line")
    elif len(set(map(str, choices))) < len(choices):
        yield FieldError("limits.choices", "write each choice once")
    elif any(not isinstance(choice, str) or not 1 <= len(choice) <= LONGEST_LABEL for choice in choices):
        yield FieldError("limits.choices", f"write choices of 1 to {LONGEST_LABEL} characters")


def _span_problems(rule: FieldRule) -> Iterator[FieldError]:
    ends = []
    for name in ("min", "max"):
        limit = rule.limits.get(name)
        if limit is None:
            continue
        try:
            ends.append(_end(rule.kind, limit))
        except AnswerError as error:
            yield FieldError(f"limits.{name}", str(error))
    if len(ends) == 2 and ends[0] > ends[1]:
        yield FieldError("limits.max", "must not be less than the least")


def _end(kind: str, limit: Any) -> Any:
    if kind == "date":
        return _day(limit)
    number = _number_of(limit)
    if kind == "text" and (number != int(number) or not 0 <= number <= LONGEST_TEXT):
        raise AnswerError(f"write a whole number of characters from 0 to {LONGEST_TEXT}")
    return number


def _text(rule: FieldRule, raw: Any) -> str:
    if not isinstance(raw, str):
        raise AnswerError("write a text")
    text = raw.replace("\r\n", "\n").strip()
    if any(not (character.isprintable() or character in "\n\t") for character in text):
        raise AnswerError("holds a character that cannot be shown; write it anew")
    least, most = rule.limits.get("min") or 0, rule.limits.get("max") or LONGEST_TEXT
    if not least <= len(text) <= most:
        raise AnswerError(f"write {f'{least} to {most}' if least else f'at most {most}'} characters")
    return text


def _number(rule: FieldRule, raw: Any) -> int | float:
    number = _number_of(raw)
    _ensure_between(rule, number)
    return number


def _date(rule: FieldRule, raw: Any) -> str:
    day = _day(raw)
    _ensure_between(rule, day)
    return day.isoformat()


def _ensure_between(rule: FieldRule, value: Any) -> None:
    least, most = rule.limits.get("min"), rule.limits.get("max")
    if least is not None and value < _end(rule.kind, least):
        raise AnswerError(f"must be at least {least}")
    if most is not None and value > _end(rule.kind, most):
        raise AnswerError(f"must be at most {most}")


def _dropdown(rule: FieldRule, raw: Any) -> str:
    choices: list[str] = list(rule.limits.get("choices", ()))
    if raw not in choices:
        raise AnswerError(f"choose one of {', '.join(choices)}")
    return str(raw)


def _url(_rule: FieldRule, raw: Any) -> str:
    text = raw.strip() if isinstance(raw, str) else ""
    try:
        parts = urlsplit(text)
        is_right = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_right = False
    if not is_right or len(text) > LONGEST_ADDRESS or not text.isprintable() or " " in text:
        raise AnswerError("write a whole address, such as https://example.org/page")
    return text


def _toggle(_rule: FieldRule, raw: Any) -> bool:
    if raw in (True, "on", "y", "true", "1"):
        return True
    if raw in (False, "false", "0"):
        return False
    raise AnswerError("say true or false")


def _media(_rule: FieldRule, raw: Any) -> int:
    return int(raw)


def _number_of(raw: Any) -> int | float:
    if isinstance(raw, bool) or not isinstance(raw, str | int | float):
        raise AnswerError("write a number")
    try:
        number = Decimal(str(raw).strip())
    except InvalidOperation:
        raise AnswerError("write a number") from None
    if not math.isfinite(number) or abs(number) > _LARGEST:
        raise AnswerError("write a number that is not so large")
    return int(number) if number == number.to_integral_value() else float(number)


def _day(raw: Any) -> date:
    try:
        return date.fromisoformat(raw.strip())
    except (AttributeError, ValueError):
        raise AnswerError("write a day, such as 2026-11-21") from None


_READ: Final = {
    "text": _text,
    "number": _number,
    "dropdown": _dropdown,
    "url": _url,
    "toggle": _toggle,
    "date": _date,
    "media": _media,
}
