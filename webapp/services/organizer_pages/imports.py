"""The page that takes results in: whether it can, and what is wrong with a file, line by line with its text."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from webapp.domain.errors import FieldError
from webapp.domain.permissions import Action
from webapp.services.organizer_pages.managed import ManagedHead, find_managed, head_of
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot

SHOWN_PROBLEMS: Final = 500
_SHOWN_TEXT: Final = 160
_LINE: Final = re.compile(r"line (\d+)(?:: (.*))?")


@dataclass(frozen=True, slots=True)
class LineProblem:
    """Something wrong in a file: `line` is None where it concerns the whole of it, `text` what stands there."""

    line: int | None
    column: str
    message: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportView:
    """The page of imports; `status` of the tournament says whether results can be taken in."""

    head: ManagedHead

    @property
    def can_look(self) -> bool:
        """Whether a file can be looked at."""
        return self.head.is_battle_royale and self.head.status in ("registration_open", "registration_closed", "live")

    @property
    def can_take(self) -> bool:
        """Whether a file can be taken in."""
        return self.head.is_battle_royale and self.head.status == "live"


def read_import_page(tournament_id: int, *, actor: Actor) -> ImportView:
    """The page for one of the tournament's organizers. Raises NotFound, Forbidden."""
    with read_snapshot() as session:
        tournament = find_managed(session, tournament_id, actor, Action.IMPORT_RESULTS)
        return ImportView(head=head_of(session, tournament, actor))


def problems_in(raw: bytes, fields: Sequence[FieldError]) -> list[LineProblem]:
    """The problems of a file, each with the text of its line."""
    lines = raw.removeprefix(b"\xef\xbb\xbf").decode("utf-8", errors="replace").splitlines()
    return [_problem(lines, field) for field in fields[:SHOWN_PROBLEMS]]


def _problem(lines: Sequence[str], field: FieldError) -> LineProblem:
    found = _LINE.fullmatch(field.path)
    if found is None:
        return LineProblem(None, field.path, field.message, "")
    number = int(found[1])
    text = lines[number - 1] if number <= len(lines) else ""
    return LineProblem(number, found[2] or "", field.message, text[:_SHOWN_TEXT])
