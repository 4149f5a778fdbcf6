"""Matches as they were: taken down before a change, compared after it, and put back exactly by its undo."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Self

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.awards import NOT_PLAYED
from webapp.domain.disputes import UNDECIDED
from webapp.domain.errors import Conflict, FieldError
from webapp.models import BracketNode, Dispute, Match, ResultSubmission, Stage, Tournament
from webapp.services.boards import history
from webapp.services.disputes import disputes
from webapp.services.matches import awards, reports, result_entries
from webapp.services.matches.confirmation import Case
from webapp.services.ranking import standings
from webapp.services.spine import log
from webapp.services.spine.actors import Actor
from webapp.services.spine.log import Fact

_COLUMNS: Final = (
    "state", "side_a_id", "side_b_id", "winner_id", "started_at", "completed_at", "ready_a_at", "ready_b_at",
    "live_lines", "forfeited_by_id", "decided_by",
)  # fmt: skip
_OF_STAGES: Final = ("state", "completed_at", "seeds")
_ENDED: Final = ("completed", "forfeit")

Face = dict[str, Any]
"""The columns of a match, or of a stage, as JSON has them."""


class Memory:
    """The matches and stages of a tournament at one moment, and the results of some of them."""

    def __init__(self, session: Session, tournament: Tournament) -> None:
        """Take everything down as it is, but for results."""
        self._session, self._tournament = session, tournament
        self.matches = faces(session, tournament.id)
        self.stages = _stage_faces(session, tournament.id)
        self._reports = _waiting_reports(session, tournament.id)
        self._disputes = _undecided_disputes(session, tournament.id)
        self.entries: dict[int, list[list[Any]] | None] = {}

    @classmethod
    def of(cls, case: Case, with_results: Collection[int]) -> Self:
        """The same, and of `with_results` (match ids) the result that counts as well."""
        memory = cls(case.session, case.tournament)
        memory.entries = {
            match_id: _entries_of(case, match_id)
            for match_id in with_results
            if memory.matches[match_id]["state"] in (*_ENDED, "disputed")
        }
        return memory

    def changes(self) -> dict[str, Any]:
        """What is different now, whole enough to be put back; the form in which an undo keeps it."""
        now, stages = faces(self._session, self._tournament.id), _stage_faces(self._session, self._tournament.id)
        return {
            "matches": [
                {"id": match_id, "before": face, "after": now[match_id], "entries": self.entries.get(match_id)}
                for match_id, face in sorted(self.matches.items())
                if face != now[match_id]
            ],
            "stages": [
                {"id": stage_id, "before": face}
                for stage_id, face in sorted(self.stages.items())
                if face != stages[stage_id]
            ],
            "open_reports": sorted(self._reports - _waiting_reports(self._session, self._tournament.id)),
            "disputes": self._closed_disputes(),
        }

    def _closed_disputes(self) -> list[list[int | str]]:
        """`[id, state]` of the disputes that were ended by the way: their matches were disputed, and are no more."""
        still = _undecided_disputes(self._session, self._tournament.id)
        return [
            [dispute_id, state]
            for dispute_id, (state, match_id) in sorted(self._disputes.items())
            if dispute_id not in still and self.matches[match_id]["state"] == "disputed"
        ]


def faces(session: Session, tournament_id: int) -> dict[int, Face]:
    """Every match of a tournament by its id."""
    columns = [getattr(Match, name) for name in (*_COLUMNS, "revision")]
    session.flush()
    rows = session.execute(select(Match.id, *columns).where(Match.tournament_id == tournament_id))
    return {match_id: _face((*_COLUMNS, "revision"), values) for match_id, *values in rows}


def put_back(
    session: Session, tournament: Tournament, kept: Mapping[str, Any], *, reason: str, actor: Actor, now: datetime
) -> None:
    """Bring the matches and stages back to what `Memory.changes` took down; revisions go on.

    Raises Conflict (`undo_overtaken`) naming the matches that something has happened to since.
    """
    changes = kept["matches"]
    _ensure_untouched(session, tournament, changes)
    cases = {change["id"]: _case(session, tournament, change["id"], actor, now) for change in changes}
    handler = result_entries.of_tournament(tournament)
    results = [change for change in changes if _result_changed(change)]
    for change in results:
        if change["after"]["state"] in _ENDED:
            handler.void(cases[change["id"]], reason=reason)
    _send_back(session, tournament, changes, cases, actor=actor, now=now)
    for change in results:
        if _had_result(change["before"]):
            _give_back(cases[change["id"]], handler, change, reason=reason)
    for change in changes:
        _restore(cases[change["id"]].match, change["before"], _COLUMNS)
    for change in kept["stages"]:
        _restore(session.get_one(Stage, change["id"]), change["before"], change["before"])
    session.flush()
    _dispute_again(session, tournament, kept.get("disputes", ()), reason=reason, actor=actor, now=now)
    reports.open_again(session, kept.get("open_reports", ()))
    _tell(session, tournament, [case.match for case in cases.values()], actor=actor, now=now)


def _tell(session: Session, tournament: Tournament, matches: Collection[Match], *, actor: Actor, now: datetime) -> None:
    """What watchers are to know of matches that have no result: on the schedule again, live, or off."""
    planned = [match.id for match in matches if match.state in ("scheduled", "ready")]
    facts = [Fact("match_scheduled", {"match_ids": planned})] if planned else []
    for match in matches:
        kind = {"live": "match_started", "cancelled": "match_cancelled"}.get(match.state)
        if kind is not None:
            facts.append(Fact(kind, {"number": match.number}, match.id))
    log.record_many(session, tournament, facts, actor=actor, now=now, announce=True)


def _give_back(case: Case, handler: result_entries.Handler, change: Mapping[str, Any], *, reason: str) -> None:
    """The result that counted before, as it was: played, or decided by an official's word."""
    match, before = case.match, change["before"]
    _restore(match, before, ("completed_at",))
    if before["decided_by"] is None:
        match.state = "cancelled"
        handler.correct(case, change["entries"], reason=reason)
        return
    match.state = "scheduled"
    awards.award_in(
        case, winner_id=before["winner_id"], forfeited_by_id=before["forfeited_by_id"],
        decided_by=before["decided_by"], reason=reason,
    )  # fmt: skip


def _dispute_again(
    session: Session,
    tournament: Tournament,
    closed: Collection[Sequence[Any]],
    *,
    reason: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Disputes that were ended by the way wait for a decision again, and what they are about does not count."""
    for dispute_id, state in closed:
        dispute = session.get_one(Dispute, dispute_id, populate_existing=True)
        case = _case(session, tournament, dispute.match_id, actor, now)
        case.match.state = "completed" if dispute.base_revision else "pending_result"
        disputes.reopen(case, dispute, state, reason=reason)


def _send_back(
    session: Session,
    tournament: Tournament,
    changes: Collection[Mapping[str, Any]],
    cases: Mapping[int, Case],
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Everybody to the side of the match where they were, told as one move of each bracket."""
    moved = []
    affected: set[int] = set()
    for change in changes:
        match = cases[change["id"]].match
        for side in ("a", "b"):
            name = f"side_{side}_id"
            before, after = change["before"][name], change["after"][name]
            if before != after:
                moved.append((match.id, side, before))
                affected |= {who for who in (before, after) if who is not None}
        _restore(match, change["before"], ("side_a_id", "side_b_id"))
    session.flush()
    if not moved:
        return
    nodes = session.scalars(select(BracketNode).where(BracketNode.match_id.in_([match_id for match_id, _, _ in moved])))
    of_stages: dict[int, dict[int, int]] = {}
    for node in nodes:
        of_stages.setdefault(node.stage_id, {})[node.match_id] = node.id
    for stage_id, node_ids in sorted(of_stages.items()):
        advanced = [[match_id, side, who] for match_id, side, who in moved if match_id in node_ids]
        data = {"stage_id": stage_id, "node_ids": sorted(node_ids.values()), "advanced": advanced}
        seq = log.record(session, tournament, "bracket_updated", data, actor=actor, now=now)
        standings.refresh(session, tournament, standings.rules_of(tournament), affected, seq=seq)


def _case(session: Session, tournament: Tournament, match_id: int, actor: Actor, now: datetime) -> Case:
    match = session.get_one(Match, match_id, populate_existing=True)
    return Case(session, tournament, match, standings.rules_of(tournament), actor, now, is_put_back=True)


def _entries_of(case: Case, match_id: int) -> list[list[Any]] | None:
    """The result of a match in the form in which it can be put back; None where no game was played."""
    match = case.session.get_one(Match, match_id)
    if match.decided_by is not None and match.decided_by in (*NOT_PLAYED, "force_win"):
        return None
    own = Case(case.session, case.tournament, match, case.rules, case.actor, case.now)
    return result_entries.of_tournament(case.tournament).stored(own) or _disputed_lines(own)


def _disputed_lines(case: Case) -> list[list[Any]]:
    """The lines of a lobby that a dispute has taken out of the board."""
    undecided = _undecided_disputes(case.session, case.tournament.id)
    about = next((found for found, (_, match_id) in undecided.items() if match_id == case.match.id), None)
    if about is None:
        return []
    told = history.result_before_dispute(case.session, case.tournament.id, case.match.id, about)
    return [] if told is None else [list(line) for line in told["results"]]


def _waiting_reports(session: Session, tournament_id: int) -> set[int]:
    waiting = select(ResultSubmission.id).where(
        ResultSubmission.tournament_id == tournament_id, ResultSubmission.state == reports.PENDING
    )
    return set(session.scalars(waiting))


def _undecided_disputes(session: Session, tournament_id: int) -> dict[int, tuple[str, int]]:
    """State and match of the disputes that wait for a decision, by id."""
    rows = session.execute(
        select(Dispute.id, Dispute.state, Dispute.match_id).where(
            Dispute.tournament_id == tournament_id, Dispute.state.in_(UNDECIDED)
        )
    )
    return {dispute_id: (state, match_id) for dispute_id, state, match_id in rows}


def _had_result(face: Face) -> bool:
    """Whether a result counted, or would but for a dispute."""
    is_disputed = face["state"] == "disputed" and face["completed_at"] is not None
    return is_disputed or face["state"] in _ENDED


def _result_changed(change: Mapping[str, Any]) -> bool:
    before, after = change["before"], change["after"]
    return bool(before["revision"] != after["revision"])


def _ensure_untouched(session: Session, tournament: Tournament, changes: Collection[Mapping[str, Any]]) -> None:
    now = faces(session, tournament.id)
    touched = [change["id"] for change in changes if now.get(change["id"]) != change["after"]]
    if touched:
        numbers = session.scalars(select(Match.number).where(Match.id.in_(touched)).order_by(Match.number)).all()
        names = ", ".join(str(number) for number in numbers)
        problem = FieldError("matches", f"changed since: {names}")
        raise Conflict(f"It cannot be undone any more: match {names} changed since.", [problem], code="undo_overtaken")


def _stage_faces(session: Session, tournament_id: int) -> dict[int, Face]:
    columns = [getattr(Stage, name) for name in _OF_STAGES]
    rows = session.execute(select(Stage.id, *columns).where(Stage.tournament_id == tournament_id))
    return {stage_id: _face(_OF_STAGES, values) for stage_id, *values in rows}


def _face(names: Collection[str], values: Collection[Any]) -> Face:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in zip(names, values, strict=True)
    }


def _restore(row: Match | Stage, face: Face, names: Collection[str]) -> None:
    for name in names:
        value = face[name]
        is_time = name.endswith("_at") and value is not None
        setattr(row, name, datetime.fromisoformat(value) if is_time else value)
