"""Corrections of what counted already: a result replaced, taken out, or set to be played again.

Where a bracket has moved on, or one was drawn of those who went on from groups, nothing that was played is changed
silently: for every later match that the change reaches an official says whether it is played again, stays as it is, or
is taken out. What a correction did can be undone for ten minutes.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.brackets.structure import Slot
from webapp.domain.errors import Conflict, FieldError, ResultError
from webapp.domain.permissions import Action
from webapp.models import BracketNode, Match
from webapp.services.disputes import match_memory, onward
from webapp.services.matches import awards, confirmation, match_resets, matches, result_entries, sides
from webapp.services.matches.confirmation import Case
from webapp.services.matches.matches import lock_match
from webapp.services.spine import undo
from webapp.services.spine.actors import Actor
from webapp.services.spine.reasons import checked_reason
from webapp.services.spine.transaction import transaction

_BEGUN: Final = ("live", "pending_result", "disputed", "completed", "forfeit")
_ENDED: Final = ("completed", "forfeit")


class Choice(StrEnum):
    """What becomes of a match that was played on an outcome that is changed."""

    REPLAY = "replay"
    KEEP = "keep"
    VOID = "void"


CHOICES: Final[Mapping[str, str]] = {
    Choice.REPLAY: "Play it again",
    Choice.KEEP: "Leave it as it is",
    Choice.VOID: "Take its result out",
}


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to a match: `correct` (with its entries), `void`, `replay`, or `forfeit` (with who lost)."""

    kind: str
    entries: Sequence[Any] = ()
    lost_by: int | None = None
    decided_by: str = "forfeit"


@dataclass(frozen=True, slots=True)
class Corrected:
    """What was done: the match's revision, whether anything changed, and by which id it can be undone."""

    match_id: int
    revision: int
    changed: bool
    undo_id: int | None = None


class Effect(NamedTuple):
    """Whether a correction changed anything, and which played matches it reached (ids)."""

    changed: bool
    touched: tuple[int, ...] = ()


class ChoicesNeeded(Conflict):
    """Matches were played on the outcome that is to change, and nobody has said what becomes of them."""

    default_code = "choices_needed"

    def __init__(self, message: str, fields: Sequence[FieldError] = (), *, code: str | None = None) -> None:
        """The paths of the fields are the ids of the matches."""
        super().__init__(message, fields, code=code)

    @property
    def match_ids(self) -> tuple[int, ...]:
        """The matches to be decided about, in their order."""
        return tuple(int(problem.path) for problem in self.fields)


def apply(
    match_id: int,
    change: Change,
    *,
    reason: str,
    choices: Mapping[int, str] | None = None,
    expected_revision: int | None = None,
    actor: Actor,
    now: datetime,
) -> Corrected:
    """Correct a match in the one transaction that also sets right what follows from it, until archiving.

    `choices` say for matches played since (by id) replay, keep or void. Raises ChoicesNeeded naming those that are
    missing, ResultError for entries, reason or choices that cannot be, Conflict where somebody else was quicker.
    """
    reason = checked_reason(reason)
    with transaction() as session:
        tournament, match = lock_match(session, match_id, actor, Action.CORRECT_RESULTS, expected_revision)
        case = confirmation.case_of(session, tournament, match, actor=actor, now=now)
        before = match_memory.Memory.of(case, played_on(case))
        effect = change_in(case, change, choices or {}, reason=reason)
        session.flush()
        if not effect.changed:
            return Corrected(match.id, match.revision, changed=False)
        undo_id = undo.offer(session, tournament, actor, "result.corrected", before.changes(), now=now)
        return Corrected(match.id, match.revision, changed=True, undo_id=undo_id)


def change_in(case: Case, change: Change, choices: Mapping[int, str], *, reason: str) -> Effect:
    """What a correction writes, in the caller's transaction. Raises like `apply`."""
    _ensure_known(choices)
    session, match = case.session, case.match
    before, drawn = _end(match), onward.drawn_of(session, case.tournament, match)
    played = set(reached(session, match, {})) - {match.id}
    if not _ROOTS[change.kind](replace(case, keeps=played), change, reason):
        return Effect(changed=False)
    session.flush()
    seating = onward.seating_after(session, case.tournament, drawn)
    if _end(match) == before and seating is None:
        return Effect(changed=True)
    touched = reached(session, match, choices)
    if seating is not None:
        touched += _reached_from(session, seating.begun, choices)
    _ensure_chosen(session, touched, choices)
    keeps = frozenset(match_id for match_id in touched if choices[match_id] == Choice.KEEP)
    # The last first, so that nothing that is taken out sends anybody on.
    for match_id in reversed(touched):
        if match_id not in keeps:
            own = _case_of(case, match_id, keeps)
            _taken_back(own, choices[match_id], reason=reason)
    if seating is not None:
        onward.seat(case, seating, keeps)
    elif touched:
        confirmation.moved_on(replace(case, keeps=keeps), None)
    return Effect(changed=True, touched=tuple(touched))


def reached(session: Session, match: Match, choices: Mapping[int, str]) -> list[int]:
    """The matches that were played on the outcome of one, by id, in the bracket's order.

    Those after a match that is kept are not reached; of one that nobody has chosen for it is not known yet, and they
    are named as if it were played again.
    """
    return _reached_from(session, _next_after(session, match), choices)


def played_on(case: Case) -> set[int]:
    """The match and all that was begun on what came of it: after it in its bracket, and in the one after its groups."""
    session, match = case.session, case.match
    followed = onward.begun_in(session, onward.drawn_of(session, case.tournament, match))
    return {match.id, *reached(session, match, {}), *followed}


def _reached_from(session: Session, first: Iterable[Match], choices: Mapping[int, str]) -> list[int]:
    numbers: dict[int, int] = {}
    waiting = list(first)
    while waiting:
        later = waiting.pop()
        if later.id in numbers or later.state not in _BEGUN:
            continue
        numbers[later.id] = later.number
        if choices.get(later.id) != Choice.KEEP:
            waiting += _next_after(session, later)
    return sorted(numbers, key=numbers.__getitem__)


def _next_after(session: Session, match: Match) -> list[Match]:
    """The matches to which winner and loser of one go."""
    node = session.scalar(select(BracketNode).where(BracketNode.match_id == match.id))
    slots = [] if node is None else [slot for slot in (node.winner_to, node.loser_to) if slot is not None]
    if node is None or not slots:
        return []
    keys = {Slot.parse(slot).node for slot in slots}
    return list(
        session.scalars(
            select(Match)
            .join(BracketNode, BracketNode.match_id == Match.id)
            .where(BracketNode.stage_id == node.stage_id, BracketNode.key.in_(keys))
            .order_by(Match.number)
        )
    )


def _end(match: Match) -> tuple[int | None, int | None]:
    """Who goes on from a match as its winner and its loser, as far as it counts."""
    if match.state not in _ENDED or match.winner_id is None:
        return None, None
    return match.winner_id, match.side_b_id if match.winner_id == match.side_a_id else match.side_a_id


def _case_of(case: Case, match_id: int, keeps: frozenset[int]) -> Case:
    match = case.session.get_one(Match, match_id, populate_existing=True)
    return replace(case, match=match, keeps=keeps, around=case.around._replace(dispute=True))


def _taken_back(case: Case, choice: str, *, reason: str) -> None:
    """A match that was played on another outcome is set to be played again, or its result is taken out."""
    if choice == Choice.REPLAY:
        match_resets.reset_in(case, reason=reason)
    elif case.match.state in _ENDED:
        result_entries.of_tournament(case.tournament).void(case, reason=reason)
    else:
        # Nothing of it counts yet: it is only called off.
        matches.record_cancelled(
            case.session, case.tournament, case.match, reason=reason, actor=case.actor, now=case.now
        )
        confirmation.moved_on(case, None)
    case.session.flush()


def _correct(case: Case, change: Change, reason: str) -> bool:
    return result_entries.of_tournament(case.tournament).correct(case, change.entries, reason=reason).changed


def _void(case: Case, _change: Change, reason: str) -> bool:
    return result_entries.of_tournament(case.tournament).void(case, reason=reason).changed


def _replay(case: Case, _change: Change, reason: str) -> bool:
    if case.match.state == "scheduled":
        return False
    match_resets.reset_in(case, reason=reason)
    return True


def _forfeit(case: Case, change: Change, reason: str) -> bool:
    match = case.match
    side_a, side_b = sides.both_of(match)
    if change.lost_by not in (side_a, side_b):
        problem = FieldError("lost_by", "say which side loses the match")
        raise ResultError.listing("The match cannot end so", [problem])
    winner = side_b if change.lost_by == side_a else side_a
    if (match.state, match.winner_id, match.decided_by) == ("forfeit", winner, change.decided_by):
        return False
    awards.award_in(case, winner_id=winner, forfeited_by_id=change.lost_by, decided_by=change.decided_by, reason=reason)
    return True


_ROOTS: Final[Mapping[str, Callable[[Case, Change, str], bool]]] = {
    "correct": _correct,
    "void": _void,
    "replay": _replay,
    "forfeit": _forfeit,
}


def _ensure_known(choices: Mapping[int, str]) -> None:
    wrong = [
        FieldError(str(match_id), f"must be one of {', '.join(CHOICES)}")
        for match_id, choice in choices.items()
        if choice not in CHOICES
    ]
    if wrong:
        raise ResultError.listing("It cannot be corrected so", wrong)


def _ensure_chosen(session: Session, touched: Sequence[int], choices: Mapping[int, str]) -> None:
    missing = [match_id for match_id in touched if match_id not in choices]
    if not missing:
        return
    numbers = dict(session.execute(select(Match.id, Match.number).where(Match.id.in_(missing))).all())
    problems = [
        FieldError(str(match_id), f"match {numbers[match_id]} was played on it: replay, keep or void")
        for match_id in missing
    ]
    names = ", ".join(str(numbers[match_id]) for match_id in missing)
    raise ChoicesNeeded(f"Say what becomes of match {names}, played on the old outcome.", problems)
