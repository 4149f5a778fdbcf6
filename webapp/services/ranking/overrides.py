"""Placements set by staff: override, restore, preview, and the history that stays whole."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy.orm import Session

from webapp.domain.board import Board
from webapp.domain.columns import NOWHERE, column, positions_of
from webapp.domain.deltas import NO_RANK
from webapp.domain.errors import FieldError, NotFound, ResultError
from webapp.domain.permissions import Action
from webapp.domain.rules import Ruleset
from webapp.models import Override, Tournament
from webapp.services.boards import boards
from webapp.services.matches.confirmation import ensure_not_archived
from webapp.services.ranking import board_store, override_reads, ranking, scopes, standings
from webapp.services.ranking.override_checks import Placement, check
from webapp.services.spine import audit, log, permissions
from webapp.services.spine.actors import Actor
from webapp.services.spine.log import Fact
from webapp.services.spine.reasons import checked_reason
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.tournaments import outcomes

HISTORY_AT_ONCE: Final = 200


class OverrideOutcome(NamedTuple):
    """What became of one override: where the participant was and where it is now, and the log's number.

    `changed` is False when it had that rank by an override already, or when the override was restored before.
    `new_rank` is NO_RANK (0) for somebody restored who has left the board.
    """

    changed: bool
    override_id: int
    participant_id: int
    previous_rank: int
    new_rank: int
    seq: int


@dataclass(frozen=True, slots=True)
class OverridePreview:
    """The board as it is by the newest results, and as it would be."""

    before: Board
    after: Board


class PastOverride(NamedTuple):
    """An override as the history keeps it; nobody has restored it while `restored_at` is None.

    `replaced_by` is the override that gave the same participant another rank in its place.
    """

    override_id: int
    participant_id: int
    previous_rank: int
    new_rank: int
    reason: str
    actor_id: int | None
    created_at: datetime
    restored_by_id: int | None
    restored_at: datetime | None
    replaced_by: int | None


def override(
    tournament_id: int, registration_id: int, new_rank: int, *, reason: str, actor: Actor, now: datetime
) -> OverrideOutcome:
    """Give a participant exactly this rank, whatever its results say, until somebody restores it.

    The same rank again changes nothing, and the outcome says so. Raises Forbidden to everybody but staff, NotFound for
    a participant of another tournament, ResultError for a rank beyond 1…N or a reason that cannot be, RankTaken
    (`rank_taken`) where another override holds the rank, Conflict once the tournament is archived.
    """
    placements = [Placement(registration_id, new_rank)]
    return override_all(tournament_id, placements, reason=reason, actor=actor, now=now)[0]


def override_all(
    tournament_id: int, placements: Sequence[Placement], *, reason: str, actor: Actor, now: datetime
) -> tuple[OverrideOutcome, ...]:
    """Like `override`, several at once with one reason, all or none; two may change places."""
    with transaction() as session:
        tournament = log.lock_tournament(session, tournament_id)
        permissions.ensure(session, actor, Action.OVERRIDE_PLACEMENT, tournament)
        reason, wrong = _reason_or_error(reason)
        ensure_not_archived(tournament)
        rules = standings.rules_of(tournament)
        board = current_board(session, tournament, rules)
        in_force = override_reads.rows_in_force(session, tournament_id)
        check(session, tournament_id, placements, board, in_force, also_wrong=wrong)
        before = dict(zip(placements, _ranks(board, placements), strict=True))
        changed = [one for one in placements if not _is_in_force(one, in_force)]
        rows = _stored(session, tournament, {one: before[one] for one in changed}, in_force, reason, actor, now)
        if rows:
            outcomes.review_after_change(session, tournament, rules, actor=actor, now=now)
        ids = {who: row.id for who, row in (in_force | rows).items()}
        return tuple(
            OverrideOutcome(
                one.registration_id in rows, ids[one.registration_id], one.registration_id, before[one], one.new_rank,
                tournament.log_seq,
            )
            for one in placements
        )  # fmt: skip


def restore(override_id: int, *, actor: Actor, now: datetime, reason: str = "") -> OverrideOutcome:
    """Take an override back: the participant gets its computed rank again. Twice is the same as once.

    A reason may be given and goes to the audit. Raises Forbidden to everybody but staff, NotFound for an override that
    there is not, Conflict once the tournament is archived.
    """
    with transaction() as session:
        row, tournament = _locked(session, override_id)
        permissions.ensure(session, actor, Action.OVERRIDE_PLACEMENT, tournament)
        reason = checked_reason(reason) if reason.strip() else ""
        if row.restored_at is not None:
            return OverrideOutcome(False, row.id, row.registration_id, row.new_rank, row.new_rank, tournament.log_seq)
        ensure_not_archived(tournament)
        rules = standings.rules_of(tournament)
        with_it = override_reads.in_force(session, tournament.id)
        without = {who: rank for who, rank in with_it.items() if who != row.registration_id}
        board_before, board_after = ranking.boards_with(session, tournament, rules, [with_it, without])
        placement = Placement(row.registration_id, row.new_rank)
        (before,), (after,) = _ranks(board_before, [placement]), _ranks(board_after, [placement])
        row.restored_by_id, row.restored_at, row.restored_seq = actor.user_id, now, tournament.log_seq + 1
        session.flush()
        data = _data(row, previous_rank=before, new_rank=after, is_restored=True)
        seq = log.record(
            session, tournament, "placement_overridden", data, actor=actor, now=now, registration_id=row.registration_id
        )
        audit.record(
            session, actor, "placement.restored", now=now, tournament_id=tournament.id, override_id=row.id,
            registration_id=row.registration_id, before=before, after=after, reason=reason or None,
        )  # fmt: skip
        outcomes.review_after_change(session, tournament, rules, actor=actor, now=now)
        return OverrideOutcome(True, row.id, row.registration_id, before, after, seq)


def preview(
    tournament_id: int, placements: Sequence[Placement], *, actor: Actor, restoring: Collection[int] = ()
) -> OverridePreview:
    """The board before and after setting these placements (and restoring these overrides); nothing is written.

    Raises what `override_all` would raise, but for the reason.
    """
    with read_snapshot() as session:
        tournament = boards.find_tournament(session, tournament_id)
        permissions.ensure(session, actor, Action.OVERRIDE_PLACEMENT, tournament)
        rules = standings.rules_of(tournament)
        in_force = override_reads.rows_in_force(session, tournament_id)
        now_set = {who: row.new_rank for who, row in in_force.items()}
        kept = {who: row for who, row in in_force.items() if row.id not in restoring}
        wanted = {who: row.new_rank for who, row in kept.items()} | dict(placements)
        if placements or not restoring:
            check(session, tournament_id, placements, current_board(session, tournament, rules), kept)
        before, after = ranking.boards_with(session, tournament, rules, [now_set, wanted])
        return OverridePreview(before, after)


def history(
    tournament_id: int, *, actor: Actor, before_id: int | None = None, limit: int = HISTORY_AT_ONCE
) -> list[PastOverride]:
    """Every override of a tournament, restored ones among them, the newest first; page on with `before_id`."""
    with read_snapshot() as session:
        tournament = boards.find_tournament(session, tournament_id)
        permissions.ensure(session, actor, Action.OVERRIDE_PLACEMENT, tournament)
        rows = override_reads.all_of(session, tournament_id, before_id=before_id, limit=limit)
        return [_past(row, replaced_by) for row, replaced_by in rows]


def find(override_id: int, tournament_id: int, *, actor: Actor) -> PastOverride:
    """One override of the tournament, in force or not. Raises NotFound, Forbidden."""
    with read_snapshot() as session:
        tournament = boards.find_tournament(session, tournament_id)
        permissions.ensure(session, actor, Action.OVERRIDE_PLACEMENT, tournament)
        found = override_reads.all_of(session, tournament_id, before_id=override_id + 1, limit=1)
        if not found or found[0][0].id != override_id:
            raise NotFound(f"There is no override {override_id}.", code="override_not_found")
        return _past(*found[0])


def _past(row: Override, replaced_by: int | None) -> PastOverride:
    return PastOverride(
        row.id, row.registration_id, row.previous_rank, row.new_rank, row.reason, row.actor_id, row.created_at,
        row.restored_by_id, row.restored_at, replaced_by,
    )  # fmt: skip


def _locked(session: Session, override_id: int) -> tuple[Override, Tournament]:
    """The override and its tournament, which is locked before the override is read for good."""
    found = session.get(Override, override_id)
    if found is None:
        raise NotFound(f"There is no override {override_id}.", code="override_not_found")
    tournament = log.lock_tournament(session, found.tournament_id)
    session.refresh(found)
    return found, tournament


def _reason_or_error(reason: str) -> tuple[str, Sequence[FieldError]]:
    """The checked reason, or what is wrong with it, to be said together with all else that is wrong."""
    try:
        return checked_reason(reason), ()
    except ResultError as error:
        return "", error.fields


def current_board(session: Session, tournament: Tournament, rules: Ruleset) -> Board:
    """The board by the newest results: the published one where it is that."""
    published = board_store.load(session, scopes.tournament(tournament.id), ranking.OFFICIAL)
    if published is not None and published.seq >= tournament.results_seq and published.rules_hash == rules.hash:
        return published.board
    return ranking.compute_board(session, tournament, rules)


def _ranks(board: Board, placements: Sequence[Placement]) -> list[int]:
    """The rank of each participant on the board; NO_RANK for who is not there."""
    ids = column(placement.registration_id for placement in placements)
    rows = positions_of(ids, board.standings.participant_id).tolist()
    return [NO_RANK if row == NOWHERE else int(board.ranking.ranks[row]) for row in rows]


def _is_in_force(placement: Placement, in_force: Mapping[int, Override]) -> bool:
    held = in_force.get(placement.registration_id)
    return held is not None and held.new_rank == placement.new_rank


def _stored(
    session: Session,
    tournament: Tournament,
    before: Mapping[Placement, int],
    in_force: Mapping[int, Override],
    reason: str,
    actor: Actor,
    now: datetime,
) -> dict[int, Override]:
    """Writes overrides with their events and audit entries, each in place of the participant's last one."""
    numbered = list(enumerate(before.items(), start=tournament.log_seq + 1))
    for seq, (placement, _) in numbered:
        if placement.registration_id in in_force:
            replaced = in_force[placement.registration_id]
            replaced.restored_by_id, replaced.restored_at, replaced.restored_seq = actor.user_id, now, seq
    # Two that change places would hold one rank for a moment if new rows were written before old ones are given up.
    session.flush()
    rows = [
        Override(
            tournament_id=tournament.id, registration_id=placement.registration_id, previous_rank=previous_rank,
            new_rank=placement.new_rank, reason=reason, actor_id=actor.user_id, seq=seq, created_at=now,
        )
        for seq, (placement, previous_rank) in numbered
    ]  # fmt: skip
    session.add_all(rows)
    session.flush()
    facts = [
        Fact(
            "placement_overridden",
            _data(row, previous_rank=row.previous_rank, new_rank=row.new_rank, is_restored=False),
            registration_id=row.registration_id,
        )
        for row in rows
    ]
    log.record_many(session, tournament, facts, actor=actor, now=now, announce=True)
    for row in rows:
        audit.record(
            session, actor, "placement.overridden", now=now, tournament_id=tournament.id, override_id=row.id,
            registration_id=row.registration_id, before=row.previous_rank, after=row.new_rank, reason=reason,
        )  # fmt: skip
    return {row.registration_id: row for row in rows}


def _data(row: Override, *, previous_rank: int, new_rank: int, is_restored: bool) -> dict[str, Any]:
    return {
        "override_id": row.id,
        "participant_id": row.registration_id,
        "previous_rank": previous_rank,
        "new_rank": new_rank,
        "is_restored": is_restored,
    }
