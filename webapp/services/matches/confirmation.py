"""Confirmed results of every format: confirm, correct, void.

What counts of a match stands in tables of its kind (battle-royale lines, games of a series), which `ResultKind` knows;
the history is the log. A result that is taken out and put back leaves no trace but there and in the audit.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple, Protocol, TypeVar

from sqlalchemy import bindparam, exists, select
from sqlalchemy.orm import Session

from webapp.domain import lifecycle
from webapp.domain.disputes import UNDECIDED
from webapp.domain.errors import Conflict, FieldError
from webapp.domain.freezes import IN_FORCE
from webapp.domain.permissions import Action
from webapp.domain.rules import Ruleset
from webapp.models import Adjustment, Dispute, Freeze, Match, Tournament
from webapp.services.bracketing import progression
from webapp.services.live import freezes
from webapp.services.matches import dispute_endings, reports
from webapp.services.matches.matches import ensure_can_end, lock_match
from webapp.services.ranking import standings
from webapp.services.spine import audit, log, undo
from webapp.services.spine.actors import Actor
from webapp.services.spine.reasons import checked_reason
from webapp.services.spine.transaction import transaction
from webapp.services.tournaments import outcomes

Entry = TypeVar("Entry")


class MatchOutcome(NamedTuple):
    """What a change did: the match's revision, the log's number, and what an official should look at."""

    match_id: int
    revision: int
    seq: int
    changed: bool
    warnings: tuple[str, ...] = ()


class Around(NamedTuple):
    """What may have a part in a change of a match's result; what nobody has looked for may be there."""

    freeze: bool = True
    """A freeze of the public's board, ahead or in force."""
    dispute: bool = True
    """An undecided dispute of the match."""
    adjustments: bool = True
    """Points in the tournament beside its results."""


UNKNOWN: Final = Around()


@dataclass(frozen=True, slots=True)
class Case:
    """A locked match, and who does something to its result when."""

    session: Session
    tournament: Tournament
    match: Match
    rules: Ruleset
    actor: Actor
    now: datetime
    keeps: Collection[int] = ()
    """Matches that have begun and stay as they are, whoever should be in them from now on."""
    is_put_back: bool = False
    """Whether the caller puts matches and brackets back as they were, so that nothing is to follow by itself."""
    around: Around = UNKNOWN

    def untouched(self) -> MatchOutcome:
        """The outcome of a request that asks for what is there already."""
        return MatchOutcome(self.match.id, self.match.revision, self.tournament.log_seq, changed=False)


class ResultKind(Protocol[Entry]):
    """How results of one kind of match are checked, compared and kept. An entry is a line, or a game."""

    field: str
    """The field of the events' data that holds the entries: `results` or `games`."""

    def ensure_fits(self, case: Case) -> None:
        """Raises ResultError for a match of the other kind."""

    def check(self, case: Case, entries: Sequence[Entry]) -> Sequence[FieldError]:
        """Warnings about entries that can be taken; raises DomainError with every entry that cannot."""

    def stored(self, case: Case) -> list[Entry]:
        """The entries that count now."""

    def put(self, case: Case, entries: Sequence[Entry]) -> int | None:
        """Writes the entries, none being there; returns who won the match."""

    def take_out(self, case: Case) -> None:
        """Removes the entries that count now."""

    def participants(self, case: Case, entries: Sequence[Entry]) -> set[int]:
        """Whose totals the entries touch."""

    def as_data(self, case: Case, entries: Sequence[Entry]) -> list[list[int | None]]:
        """The entries as the log keeps them: ids and numbers, in one order."""

    def as_record(self, case: Case, entries: Sequence[Entry]) -> list[list[Any]]:
        """The entries whole, in one order: what two results are compared by and what the audit keeps."""

    def remarks(self, entries: Sequence[Entry]) -> dict[str, Any]:
        """What the audit keeps beside the entries: why something unusual was let stand."""


def confirm(
    kind: ResultKind[Entry],
    match_id: int,
    entries: Sequence[Entry],
    *,
    actor: Actor,
    now: datetime,
    completed_at: datetime | None,
    expected_revision: int | None,
) -> MatchOutcome:
    """Confirm a match: result, totals, event, audit in one transaction; ranking follows.

    The same entries again change nothing. Raises what `kind.check` raises, Conflict for a match that is confirmed
    otherwise, changed since `expected_revision`, or played after the tournament was decided, TransitionError for one
    that cannot end now.
    """
    with transaction(is_pipelined=True) as session:
        case = _opened(session, kind, match_id, Action.ENTER_RESULTS, expected_revision, actor, now)
        before = undo.match_face(case.match)
        outcome = confirm_in(kind, case, entries, completed_at=completed_at)
        if outcome.changed:
            undo.offer_of_match(session, case.tournament, case.match, "result.confirmed", before, actor=actor, now=now)
        return outcome


def confirm_in(
    kind: ResultKind[Entry], case: Case, entries: Sequence[Entry], *, completed_at: datetime | None = None
) -> MatchOutcome:
    """What `confirm` does, in the transaction of whoever has locked the match and may do so (`case_of`)."""
    match = case.match
    warnings = kind.check(case, entries)
    if match.state == "completed":
        if kind.as_record(case, kind.stored(case)) == kind.as_record(case, entries):
            return case.untouched()
        raise Conflict(
            f"Match {match.number} is already confirmed with another result; correct it, giving a reason.",
            code="already_confirmed",
        )
    if match.state == "forfeit":
        raise Conflict(
            f"Match {match.number} was ended by forfeit; correct it, giving a reason.", code="already_confirmed"
        )
    ensure_can_end(case.tournament, match)
    _ensure_undecided(case)
    match.state = lifecycle.move(lifecycle.MATCH, match.state, "completed", official=True)
    match.completed_at = completed_at or case.now
    before = kind.stored(case) if match.revision else []
    seq = _put(kind, case, before, entries, "match_completed", {})
    audit.record(
        case.session, case.actor, "result.confirmed", now=case.now, tournament_id=case.tournament.id,
        match_id=match.id, revision=match.revision, before=kind.as_record(case, before),
        after=kind.as_record(case, entries), **kind.remarks(entries),
    )  # fmt: skip
    if case.around.freeze:
        freezes.begin_if_due(case.session, case.tournament, actor=case.actor, now=case.now)
    outcomes.review_after_change(case.session, case.tournament, case.rules, actor=case.actor, now=case.now)
    return MatchOutcome(match.id, match.revision, seq, changed=True, warnings=tuple(map(str, warnings)))


def correct(
    kind: ResultKind[Entry],
    match_id: int,
    entries: Sequence[Entry],
    *,
    reason: str,
    actor: Actor,
    now: datetime,
    expected_revision: int | None,
) -> MatchOutcome:
    """Replace the result of a confirmed or voided match, as if it had never been otherwise; possible until archiving.

    Raises like `confirm`; the reason has 10 to 500 characters and stays on record. After the end of the tournament a
    change of its winners asks for review.
    """
    reason = checked_reason(reason)
    with transaction() as session:
        case = _opened(session, kind, match_id, Action.CORRECT_RESULTS, expected_revision, actor, now)
        return correct_in(kind, case, entries, reason=reason)


def correct_in(kind: ResultKind[Entry], case: Case, entries: Sequence[Entry], *, reason: str) -> MatchOutcome:
    """What `correct` does, in the caller's transaction; the reason is a checked one."""
    session, match, actor, now = case.session, case.match, case.actor, case.now
    _ensure_correctable(case)
    warnings = kind.check(case, entries)
    before = kind.stored(case)
    record = {"before": kind.as_record(case, before), "after": kind.as_record(case, entries)}
    if match.state == "completed" and record["before"] == record["after"]:
        return case.untouched()
    previous_revision = match.revision
    # Leaving `completed` and coming back from `cancelled` is what a correction is; no other change may.
    match.state, match.completed_at = "completed", match.completed_at or now
    seq = _put(kind, case, before, entries, "result_corrected", {"previous_revision": previous_revision})
    audit.record(
        session, actor, "result.corrected", now=now, tournament_id=case.tournament.id, match_id=match.id,
        revision=match.revision, reason=reason, **record, **kind.remarks(entries),
    )  # fmt: skip
    outcomes.review_after_change(session, case.tournament, case.rules, actor=actor, now=now)
    return MatchOutcome(match.id, match.revision, seq, changed=True, warnings=tuple(map(str, warnings)))


def void(
    kind: ResultKind[Entry],
    match_id: int,
    *,
    reason: str,
    actor: Actor,
    now: datetime,
    expected_revision: int | None,
) -> MatchOutcome:
    """Take a confirmed result out, as if the match had never been played; `correct` puts it back."""
    reason = checked_reason(reason)
    with transaction() as session:
        case = _opened(session, kind, match_id, Action.CORRECT_RESULTS, expected_revision, actor, now)
        return void_in(kind, case, reason=reason)


def void_in(kind: ResultKind[Entry], case: Case, *, reason: str) -> MatchOutcome:
    """What `void` does, in the caller's transaction; the reason is a checked one."""
    session, match, actor, now = case.session, case.match, case.actor, case.now
    if match.state == "cancelled" and match.revision:
        return case.untouched()
    _ensure_correctable(case)
    before = kind.stored(case)
    kind.take_out(case)
    match.state = "cancelled"
    match.winner_id = match.live_lines = match.decided_by = match.forfeited_by_id = None
    previous_revision, match.revision = match.revision, match.revision + 1
    data = {"number": match.number, "revision": match.revision, "previous_revision": previous_revision}
    seq = log.record(session, case.tournament, "result_voided", data, actor=actor, now=now, match_id=match.id)
    affected = kind.participants(case, before)
    standings.refresh(session, case.tournament, case.rules, affected, seq=seq)
    moved_on(case, None)
    audit.record(
        session, actor, "result.voided", now=now, tournament_id=case.tournament.id, match_id=match.id,
        revision=match.revision, reason=reason, before=kind.as_record(case, before), after=None,
    )  # fmt: skip
    outcomes.review_after_change(session, case.tournament, case.rules, actor=actor, now=now)
    return MatchOutcome(match.id, match.revision, seq, changed=True)


def case_of(session: Session, tournament: Tournament, match: Match, *, actor: Actor, now: datetime) -> Case:
    """A match of the locked tournament, about to change; a freeze that is due begins before it does."""
    around = Around(*session.execute(_AROUND, {"tournament_id": tournament.id, "match_id": match.id}).one())
    if around.freeze:
        # What is due before the result is written must not let the public see it.
        freezes.begin_if_due(session, tournament, actor=actor, now=now)
    return Case(session, tournament, match, standings.rules_of(tournament), actor, now, around=around)


_AROUND: Final = select(
    exists().where(Freeze.tournament_id == bindparam("tournament_id"), Freeze.state.in_(IN_FORCE)),
    exists().where(Dispute.match_id == bindparam("match_id"), Dispute.state.in_(UNDECIDED)),
    exists().where(Adjustment.tournament_id == bindparam("tournament_id")),
)


def moved_on(case: Case, record: Sequence[Sequence[Any]] | None) -> None:
    """What follows in the same transaction once a match's result has come, changed or gone.

    `record` is the result as the audit keeps it, None where no game counts. What the sides have reported is closed, and
    a dispute about what is no longer disputed; in a bracket winner and loser go on (`progression.after_end`).
    """
    reports.close_in(case.session, case.match, record)
    if case.around.dispute:
        dispute_endings.close_overtaken(case)
    if not case.is_put_back:
        progression.after_end(
            case.session, case.tournament, case.match, actor=case.actor, now=case.now, keep=case.keeps
        )


def ensure_not_archived(tournament: Tournament) -> None:
    """Until it is archived a tournament can be corrected, and not any more then."""
    if tournament.status == "archived":
        raise Conflict(
            f"Tournament {tournament.id} is archived; its results can be corrected no more.", code="tournament_archived"
        )


def completed_data(match: Match, entries: list[list[int | None]], field: str) -> dict[str, Any]:
    """The data of `match_completed`; `field` (`results` or `games`) holds the entries."""
    assert match.completed_at is not None
    return {
        "number": match.number,
        "revision": match.revision,
        "winner_id": match.winner_id,
        "completed_at": match.completed_at.isoformat(),
        "decided_by": match.decided_by,
        "sides": [] if match.side_a_id is None else [match.side_a_id, match.side_b_id],
        "results": [],
        "games": [],
    } | {field: entries}


def _opened(
    session: Session,
    kind: ResultKind[Entry],
    match_id: int,
    action: Action,
    expected_revision: int | None,
    actor: Actor,
    now: datetime,
) -> Case:
    tournament, match = lock_match(session, match_id, actor, action, expected_revision)
    case = case_of(session, tournament, match, actor=actor, now=now)
    kind.ensure_fits(case)
    return case


def _put(
    kind: ResultKind[Entry],
    case: Case,
    before: Sequence[Entry],
    entries: Sequence[Entry],
    event_type: str,
    more_data: dict[str, Any],
) -> int:
    """Writes entries in place of those before, with totals and event; returns the log's number."""
    match = case.match
    if before:
        kind.take_out(case)
    # The match's row is written once, with all that changes of it.
    with case.session.no_autoflush:
        match.winner_id = kind.put(case, entries)
    match.live_lines = match.decided_by = match.forfeited_by_id = None
    match.revision += 1
    data = completed_data(match, kind.as_data(case, entries), kind.field) | more_data
    affected = kind.participants(case, entries) | kind.participants(case, before)
    # What follows reads the match as written; the row of the tournament, which each event numbers, is written once.
    case.session.flush()
    with case.session.no_autoflush:
        seq = log.record(
            case.session, case.tournament, event_type, data, actor=case.actor, now=case.now, match_id=match.id
        )
        standings.refresh(
            case.session, case.tournament, case.rules, affected, seq=seq, has_adjustments=case.around.adjustments
        )
        moved_on(case, kind.as_record(case, entries))
    return seq


def _ensure_correctable(case: Case) -> None:
    """Only what was confirmed can be corrected or voided, and only until the tournament is archived."""
    match = case.match
    if match.revision == 0 or match.state not in ("completed", "forfeit", "cancelled"):
        raise Conflict(f"Match {match.number} has no confirmed result yet; confirm one.", code="nothing_to_correct")
    ensure_not_archived(case.tournament)


def _ensure_undecided(case: Case) -> None:
    """By match point a tournament ends with the match that decides it: what is played later cannot count."""
    if case.rules.match_point is None:
        return
    race = standings.match_point_race_of(case.session, case.tournament, case.rules)
    if race.is_over and race.deciding_match is not None and case.match.number > race.deciding_match:
        raise Conflict(
            f"Match {race.deciding_match} decided tournament {case.tournament.id} by its match-point rule; "
            f"match {case.match.number} comes after it and cannot count. Complete the tournament, or correct "
            f"match {race.deciding_match} first.",
            code="tournament_decided",
        )
