"""Reading disputes for the pages of the sides, the officials and the staff."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session, aliased

from webapp.domain.disputes import UNDECIDED, can_be_disputed, is_overdue
from webapp.domain.errors import NotFound
from webapp.domain.logged_lines import lines_from_data
from webapp.domain.permissions import Action
from webapp.models import (
    Dispute,
    DisputeComment,
    DisputeEvidence,
    Match,
    MatchGame,
    Registration,
    StoredFile,
    Tournament,
    User,
)
from webapp.services.boards import history
from webapp.services.disputes import disputes
from webapp.services.disputes.dispute_evidence import is_party
from webapp.services.matches import sides
from webapp.services.organizer_pages.managed import ManagedHead, find_managed, head_of
from webapp.services.pages.dispute_view import (
    DisputeLine,
    DisputeList,
    DisputeView,
    LobbyLine,
    ObjectionView,
    Said,
    Shown,
)
from webapp.services.pages.paging import Paging
from webapp.services.pages.report_views import ReportedGame, reports_of
from webapp.services.registration.participant_names import names_of
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot

A_PAGE: Final = 50
NOBODY: Final = "somebody who is gone"


def read_dispute(dispute_id: int, *, actor: Actor, now: datetime) -> DisputeView:
    """One dispute for a side of its match or an official. Raises NotFound for everybody else."""
    with read_snapshot() as session:
        dispute = session.get(Dispute, dispute_id)
        if dispute is None or not is_party(session, dispute, actor):
            raise NotFound(f"There is no dispute {dispute_id} of yours.", code="dispute_not_found")
        return _view(session, dispute, actor, now)


def read_managed_dispute(
    tournament_id: int, dispute_id: int, *, actor: Actor, now: datetime
) -> tuple[ManagedHead, DisputeView]:
    """One dispute for the officials of its tournament. Raises NotFound, Forbidden."""
    with read_snapshot() as session:
        tournament = find_managed(session, tournament_id, actor, Action.RESOLVE_DISPUTES)
        dispute = session.get(Dispute, dispute_id)
        if dispute is None or dispute.tournament_id != tournament_id:
            raise NotFound(f"There is no dispute {dispute_id} in this tournament.", code="dispute_not_found")
        return head_of(session, tournament, actor), _view(session, dispute, actor, now)


def read_disputes(
    tournament_id: int, *, actor: Actor, page: int, now: datetime
) -> tuple[ManagedHead, DisputeList]:  # fmt: skip
    """The disputes of a tournament for its officials. Raises NotFound, Forbidden."""
    with read_snapshot() as session:
        tournament = find_managed(session, tournament_id, actor, Action.RESOLVE_DISPUTES)
        found = _list(session, Dispute.tournament_id == tournament_id, page=page, now=now)
        return head_of(session, tournament, actor), found


def read_escalated(*, page: int, now: datetime) -> DisputeList:
    """Every dispute that was given to the staff, those that wait first."""
    with read_snapshot() as session:
        return _list(session, Dispute.escalated_at.is_not(None), page=page, now=now)


def read_own_disputes(actor: Actor, *, page: int, now: datetime) -> DisputeList:
    """The disputes about matches of those for whom the actor speaks."""
    with read_snapshot() as session:
        own = sides.of_user(session, actor.user_id or 0)
        concerned = select(Match.id).where(Match.side_a_id.in_(own) | Match.side_b_id.in_(own))
        condition = Dispute.match_id.in_(concerned) | Dispute.registration_id.in_(own)
        return _list(session, condition, page=page, now=now)


def read_objection(match_id: int, *, actor: Actor, now: datetime) -> ObjectionView:
    """What a side, or an official, objects to. Raises NotFound for everybody else."""
    with read_snapshot() as session:
        match = session.get(Match, match_id)
        if match is None:
            raise NotFound(f"There is no match {match_id} of yours.", code="match_not_found")
        tournament = session.get_one(Tournament, match.tournament_id)
        own = None
        if not disputes.may_decide(session, tournament, actor):
            own = sides.ensure_side(session, actor, match)
        both = [side for side in (match.side_a_id, match.side_b_id) if side is not None]
        names = names_of(session, both)
        reports = [report for report in reports_of(session, match, names) if report.side_id != own]
        open_id = session.scalar(select(Dispute.id).where(Dispute.match_id == match_id, Dispute.state.in_(UNDECIDED)))
        return ObjectionView(
            match_id=match.id, tournament_id=tournament.id, tournament_name=tournament.name, number=match.number,
            label=match.label, state=match.state, best_of=match.best_of, is_series=len(both) == 2,
            side_ids=(both[0], both[1]) if len(both) == 2 else None, names=_both_names(match, names),
            revision=match.revision, report_revision=match.report_revision,
            can_be_disputed=can_be_disputed(match.state, match.completed_at, now), open_dispute_id=open_id,
            games=_games(session, match.id) or (reports[0].games if reports else ()),
        )  # fmt: skip


def _list(session: Session, condition: ColumnElement[bool], *, page: int, now: datetime) -> DisputeList:
    waits = case((Dispute.state.in_(UNDECIDED), 0), else_=1)
    total, waiting = session.execute(
        select(func.count(), func.count().filter(Dispute.state.in_(UNDECIDED))).select_from(Dispute).where(condition)
    ).one()
    paging = Paging.of(page, size=A_PAGE, total=total)
    assignee = aliased(User)
    said = (
        select(func.count())
        .where(DisputeComment.dispute_id == Dispute.id, DisputeComment.is_internal.is_(False))
        .scalar_subquery()
    )
    rows = session.execute(
        select(Dispute, Match, Tournament.name, assignee.handle, said)
        .join(Match, Match.id == Dispute.match_id)
        .join(Tournament, Tournament.id == Dispute.tournament_id)
        .outerjoin(assignee, assignee.id == Dispute.assigned_to_id)
        .where(condition, Tournament.deleted_at.is_(None))
        .order_by(waits, Dispute.deadline_at, Dispute.id.desc())
        .offset(paging.offset)
        .limit(paging.size)
    ).all()
    wanted = {who for dispute, match, *_ in rows for who in (match.side_a_id, match.side_b_id, dispute.registration_id)}
    names = names_of(session, [who for who in wanted if who is not None])
    return DisputeList(tuple(_line(*row, names=names, now=now) for row in rows), paging, waiting)


def _line(
    dispute: Dispute,
    match: Match,
    tournament: str,
    assignee: str | None,
    comments: int,
    *,
    names: Mapping[int, str],
    now: datetime,
) -> DisputeLine:
    return DisputeLine(
        id=dispute.id, tournament_id=dispute.tournament_id, tournament_name=tournament, match_id=match.id,
        match_number=match.number, match_label=match.label,
        names=(names.get(match.side_a_id or 0), names.get(match.side_b_id or 0)),
        by_side=names.get(dispute.registration_id or 0), reason_code=dispute.reason_code, state=dispute.state,
        resolution=dispute.resolution, assigned_to=assignee, created_at=dispute.created_at,
        deadline_at=dispute.deadline_at, is_overdue=is_overdue(dispute.state, dispute.deadline_at, now),
        comments=comments,
    )  # fmt: skip


def _view(session: Session, dispute: Dispute, actor: Actor, now: datetime) -> DisputeView:
    match = session.get_one(Match, dispute.match_id)
    tournament = session.get_one(Tournament, dispute.tournament_id)
    is_official = disputes.may_decide(session, tournament, actor)
    is_series = match.side_a_id is not None
    both = [side for side in (match.side_a_id, match.side_b_id) if side is not None]
    names = names_of(session, [*both, *([dispute.registration_id] if dispute.registration_id else [])])
    handles = _handles(session, {dispute.opened_by_id, dispute.assigned_to_id, dispute.resolved_by_id})
    is_open = dispute.state in UNDECIDED
    # Everybody of the tournament may look at a lobby's dispute, also who did not play in it.
    is_kept = is_series or (tournament.frozen_seq is not None and not is_official)
    return DisputeView(
        **_of_match(match), tournament_name=tournament.name, names=_both_names(match, names),
        **_of_dispute(dispute), by_side=names.get(dispute.registration_id or 0),
        opened_by=handles.get(dispute.opened_by_id, NOBODY),
        is_overdue=is_overdue(dispute.state, dispute.deadline_at, now),
        assigned_to=handles.get(dispute.assigned_to_id), stood=_stood(session, dispute, match),
        claimed=tuple(ReportedGame(*entry[:4]) for entry in dispute.claim or ()) if is_series else (),
        lines=() if is_kept else _lines(session, dispute), reports=reports_of(session, match, names),
        thread=_thread(session, dispute.id, both, names, with_notes=is_official),
        evidence=_evidence(session, dispute.id), resolved_by=handles.get(dispute.resolved_by_id),
        is_official=is_official,
        is_with_me=dispute.assigned_to_id is not None and dispute.assigned_to_id == actor.user_id,
        may_decide=is_official and is_open and (dispute.state != "escalated" or actor.role == "admin"),
    )  # fmt: skip


def _of_match(match: Match) -> dict[str, Any]:
    return {
        "tournament_id": match.tournament_id,
        "match_id": match.id,
        "match_number": match.number,
        "match_label": match.label,
        "match_state": match.state,
        "match_revision": match.revision,
        "best_of": match.best_of,
        "is_series": match.side_a_id is not None,
        "side_ids": (match.side_a_id, match.side_b_id),
    }


def _of_dispute(dispute: Dispute) -> dict[str, Any]:
    same = (
        "id", "state", "revision", "reason_code", "text", "deadline_at", "resolution", "resolution_reason",
        "resolved_at",
    )  # fmt: skip
    return {name: getattr(dispute, name) for name in same} | {
        "opened_at": dispute.created_at,
        "was_confirmed": bool(dispute.base_revision),
    }


def _thread(
    session: Session, dispute_id: int, both: Collection[int], names: Mapping[int, str], *, with_notes: bool
) -> tuple[Said, ...]:
    found = (
        select(DisputeComment, User.handle)
        .outerjoin(User, User.id == DisputeComment.author_id)
        .where(DisputeComment.dispute_id == dispute_id)
        .order_by(DisputeComment.id)
    )
    rows = session.execute(found if with_notes else found.where(DisputeComment.is_internal.is_(False))).all()
    side_of = _sides_of(session, {said.author_id for said, _ in rows}, both, names)
    return tuple(
        Said(handle or NOBODY, side_of.get(said.author_id), said.text, said.created_at, said.is_internal)
        for said, handle in rows
    )


def _evidence(session: Session, dispute_id: int) -> tuple[Shown, ...]:
    rows = session.execute(
        select(DisputeEvidence, StoredFile.sha256, User.handle)
        .outerjoin(StoredFile, StoredFile.id == DisputeEvidence.file_id)
        .outerjoin(User, User.id == DisputeEvidence.author_id)
        .where(DisputeEvidence.dispute_id == dispute_id)
        .order_by(DisputeEvidence.id)
    )
    return tuple(
        Shown(piece.id, handle or NOBODY, piece.url, sha256, piece.created_at) for piece, sha256, handle in rows
    )


def _handles(session: Session, user_ids: Collection[int | None]) -> dict[int | None, str]:
    wanted = sorted(user_id for user_id in user_ids if user_id is not None)
    return dict(session.execute(select(User.id, User.handle).where(User.id.in_(wanted))).all())


def _sides_of(
    session: Session, user_ids: Collection[int | None], both: Collection[int], names: Mapping[int, str]
) -> dict[int | None, str]:
    """The name of the side that each of the users speaks for in the match."""
    wanted = sorted(user_id for user_id in user_ids if user_id is not None)
    rows = session.execute(
        select(User.id, Registration.id)
        .join(Registration, sides.is_spoken_for_by(User.id))
        .where(User.id.in_(wanted), Registration.id.in_(both))
        .order_by(Registration.id.desc())
    )
    return {user_id: names.get(registration_id, "") for user_id, registration_id in rows}


def _both_names(match: Match, names: Mapping[int, str]) -> tuple[str, str]:
    return names.get(match.side_a_id or 0, ""), names.get(match.side_b_id or 0, "")


def _games(session: Session, match_id: int) -> tuple[ReportedGame, ...]:
    rows = session.scalars(select(MatchGame).where(MatchGame.match_id == match_id).order_by(MatchGame.number))
    return tuple(ReportedGame(row.number, row.score_a, row.score_b, row.map) for row in rows)


def _stood(session: Session, dispute: Dispute, match: Match) -> tuple[ReportedGame, ...]:
    """The confirmed games that were disputed; of a decided dispute those that the log knows."""
    if not dispute.base_revision or match.side_a_id is None:
        return ()
    if match.revision == dispute.base_revision:
        return _games(session, match.id)
    return tuple(ReportedGame(number, a, b, None) for number, a, b, _ in _disputed(session, dispute).get("games", ()))


def _lines(session: Session, dispute: Dispute) -> tuple[LobbyLine, ...]:
    lines = [lines_from_data(line) for line in _disputed(session, dispute).get("results", ())]
    names = names_of(session, [line.participant_id for line in lines])
    ordered = sorted(lines, key=lambda line: (line.placement is None, line.placement or 0))
    return tuple(
        LobbyLine(line.participant_id, names.get(line.participant_id, NOBODY), line.placement, line.kills)
        for line in ordered
    )


def _disputed(session: Session, dispute: Dispute) -> Mapping[str, Any]:
    """The data of the result that the dispute is about."""
    told = history.result_before_dispute(session, dispute.tournament_id, dispute.match_id, dispute.id)
    return told or {}
