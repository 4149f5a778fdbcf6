"""Sponsors and promotions of teams: what captains may write, and the states in which staff and time put them."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from webapp.domain.errors import DomainError, FieldError
from webapp.domain.names import UnusableNameError, clean_name

LONGEST_NAME: Final = 60
LONGEST_TITLE: Final = 80
LONGEST_TEXT: Final = 1_000
LONGEST_LINK: Final = 300
MOST_OPEN: Final = 10
"""Sponsors, and promotions, of a team that are not over."""
_SHORTEST_HOST: Final = 4
_NOT_IN_A_LINK: Final = re.compile(r"[\s\x00-\x1f\x7f\\<>\"'`{}|^]")


class Course(NamedTuple):
    """The states that something shown for a team goes through, from its proposal to its end."""

    name: str
    approved: str
    withdrawn: str
    over: str
    open: tuple[str, ...]
    """The states that may still come to be shown, or are."""


SPONSOR: Final = Course("sponsor", "approved", "withdrawn", "expired", ("pending", "approved"))
PROMOTION: Final = Course("promotion", "scheduled", "cancelled", "ended", ("pending", "scheduled", "active"))
COURSES: Final[Mapping[str, Course]] = {"sponsors": SPONSOR, "promotions": PROMOTION}
"""By the words that addresses have for them."""


class SponsorshipError(DomainError):
    """A sponsor or a promotion that cannot be as asked."""

    default_code = "invalid_sponsorship"


class SponsorDraft(NamedTuple):
    """A sponsor as a captain writes it; the days are those of UTC, both shown."""

    name: str
    link: str
    starts_on: date
    ends_on: date


class PromotionDraft(NamedTuple):
    """A promotion as a captain writes it."""

    title: str
    text: str
    link: str
    starts_at: datetime
    ends_at: datetime


def checked_sponsor(draft: SponsorDraft, *, today: date) -> SponsorDraft:
    """The sponsor in its one spelling; SponsorshipError with everything that is wrong."""
    checks: dict[str, Callable[[], Any]] = {
        "name": lambda: _line(draft.name, LONGEST_NAME, "a name"),
        "link": lambda: _link(draft.link),
        "ends_on": lambda: _ends(draft.ends_on, draft.starts_on, today, "day"),
    }
    return draft._replace(**_all_of(checks, "The sponsor cannot be saved"))


def checked_promotion(draft: PromotionDraft, *, now: datetime) -> PromotionDraft:
    """The promotion in its one spelling; SponsorshipError with everything that is wrong."""
    checks: dict[str, Callable[[], Any]] = {
        "title": lambda: _line(draft.title, LONGEST_TITLE, "a title"),
        "text": lambda: _text(draft.text),
        "link": lambda: _link(draft.link) if draft.link.strip() else "",
        "ends_at": lambda: _ends(draft.ends_at, draft.starts_at, now, "time"),
    }
    if draft.starts_at == draft.ends_at:
        checks["ends_at"] = lambda: _refuse("choose a time after the start")
    return draft._replace(**_all_of(checks, "The promotion cannot be saved"))


def _all_of(checks: dict[str, Callable[[], Any]], subject: str) -> dict[str, Any]:
    cleaned, problems = {}, []
    for name, check in checks.items():
        try:
            cleaned[name] = check()
        except ValueError as error:
            problems.append(FieldError(name, str(error)))
    if problems:
        raise SponsorshipError.listing(subject, problems)
    return cleaned


def _refuse(message: str) -> None:
    raise ValueError(message)


def _line(text: str, limit: int, what: str) -> str:
    try:
        cleaned = clean_name(text, limit=limit)
    except UnusableNameError as error:
        raise ValueError(str(error)) from None
    if not cleaned:
        raise ValueError(f"is empty; write {what}")
    return cleaned


def _text(text: str) -> str:
    plain = re.sub(r"\r\n?", "\n", text).strip()
    if not plain:
        raise ValueError("is empty; write what it is about")
    if len(plain) > LONGEST_TEXT:
        raise ValueError(f"has {len(plain)} characters; shorten it to {LONGEST_TEXT}")
    if any(not (character.isprintable() or character == "\n") for character in plain):
        raise ValueError("holds a character that cannot be shown; write it anew")
    return plain


def _link(text: str) -> str:
    """An https address that says whose it is: no user, no bare name, nothing that a browser reads as something else."""
    link = text.strip()
    if len(link) > LONGEST_LINK:
        raise ValueError(f"has {len(link)} characters; shorten it to {LONGEST_LINK}")
    try:
        parts = urlsplit(link)
        host = parts.hostname or ""
        is_right = parts.scheme == "https" and "@" not in parts.netloc and parts.port in {None, 443}
    except ValueError:
        is_right, host = False, ""
    if not is_right or "." not in host.strip(".") or len(host) < _SHORTEST_HOST or _NOT_IN_A_LINK.search(link):
        raise ValueError("write an address that begins with https://, such as https://example.org/")
    return link


def _ends(ends: Any, starts: Any, now: Any, unit: str) -> Any:
    if ends < starts:
        raise ValueError(f"choose a {unit} after the start")
    if ends < now:
        raise ValueError(f"choose a {unit} that is not over")
    return ends
