"""Pictures and links that are to show what happened: added by the sides and officials, seen by them alone."""

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.domain.disputes import LONGEST_LINK, MOST_EVIDENCE, DisputeError
from webapp.domain.errors import Conflict, FieldError, NotFound
from webapp.models import Dispute, DisputeEvidence, Match, StoredFile, Tournament
from webapp.services.disputes import disputes
from webapp.services.disputes.disputes import DisputeCase
from webapp.services.files import uploads
from webapp.services.files.uploads import FileContent
from webapp.services.matches import sides
from webapp.services.spine import audit
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot, transaction


def add_file(dispute_id: int, raw: bytes, *, actor: Actor, now: datetime) -> int:
    """Add a picture to a dispute that is not decided; the same picture again is the one that is there.

    Returns the evidence's id. Raises UploadError, NotFound for who has no part in the match, Conflict where it is
    decided, or where somebody has added as much as one may (`evidence_full`).
    """
    received = uploads.receive(raw, "evidence")
    with transaction() as session:
        found = _open(session, dispute_id, actor, now)
        same = session.scalar(
            select(DisputeEvidence.id)
            .join(StoredFile, StoredFile.id == DisputeEvidence.file_id)
            .where(DisputeEvidence.dispute_id == dispute_id, StoredFile.sha256 == received.sha256)
        )
        if same is not None:
            return same
        stored = uploads.add(session, received, actor=actor, now=now, tournament_id=found.case.tournament.id)
        return _added(session, found, DisputeEvidence(file_id=stored.id))


def add_link(dispute_id: int, url: str, *, actor: Actor, now: datetime) -> int:
    """Add a link to a dispute that is not decided; the same link again is the one that is there. Raises likewise."""
    url = _checked_link(url)
    with transaction() as session:
        found = _open(session, dispute_id, actor, now)
        same = select(DisputeEvidence.id).where(DisputeEvidence.dispute_id == dispute_id, DisputeEvidence.url == url)
        return session.scalar(same) or _added(session, found, DisputeEvidence(url=url))


def picture(dispute_id: int, evidence_id: int, *, actor: Actor) -> FileContent:
    """A picture of a dispute, for the sides of its match and officials. Raises NotFound for everybody else."""
    missing = NotFound("There is no such picture, or it is not for you.", code="file_not_found")
    with read_snapshot() as session:
        evidence = session.get(DisputeEvidence, evidence_id)
        if evidence is None or evidence.dispute_id != dispute_id or evidence.file_id is None:
            raise missing
        file_id = evidence.file_id

    def may_read(session: Session, _stored: StoredFile) -> bool:
        dispute = session.get_one(Dispute, dispute_id)
        return is_party(session, dispute, actor)

    return uploads.read(file_id, may_read=may_read)


def listed(dispute_id: int, *, actor: Actor) -> list[dict[str, Any]]:
    """What was shown, the oldest first, for the same people; links are read on the page. Raises NotFound likewise."""
    with read_snapshot() as session:
        dispute = session.get(Dispute, dispute_id)
        if dispute is None or not is_party(session, dispute, actor):
            raise NotFound(f"There is no dispute {dispute_id} of yours.", code="dispute_not_found")
        rows = session.scalars(
            select(DisputeEvidence).where(DisputeEvidence.dispute_id == dispute_id).order_by(DisputeEvidence.id)
        )
        return [
            {
                "evidence_id": row.id, "author_id": row.author_id, "created_at": row.created_at,
                "kind": "link" if row.file_id is None else "picture",
            }
            for row in rows
        ]  # fmt: skip


def is_party(session: Session, dispute: Dispute, actor: Actor) -> bool:
    """Whether the actor may see the dispute: one of its officials, or somebody who speaks for a side of the match."""
    tournament = session.get_one(Tournament, dispute.tournament_id)
    if tournament.deleted_at is not None:
        return False
    if disputes.may_decide(session, tournament, actor):
        return True
    try:
        sides.ensure_side(session, actor, session.get_one(Match, dispute.match_id))
    except NotFound:
        return False
    return True


def _open(session: Session, dispute_id: int, actor: Actor, now: datetime) -> DisputeCase:
    found = disputes.locked(session, dispute_id, actor, now)
    disputes.ensure_undecided(found.dispute)
    own = select(func.count()).where(
        DisputeEvidence.dispute_id == dispute_id, DisputeEvidence.author_id == actor.user_id
    )
    if (session.scalar(own) or 0) >= MOST_EVIDENCE:
        raise Conflict(
            f"You have added {MOST_EVIDENCE} pieces of evidence, which is the most; say the rest in words.",
            code="evidence_full",
        )
    return found


def _added(session: Session, found: DisputeCase, evidence: DisputeEvidence) -> int:
    case = found.case
    evidence.dispute_id, evidence.author_id, evidence.created_at = found.dispute.id, case.actor.user_id, case.now
    session.add(evidence)
    session.flush()
    audit.record(
        session, case.actor, "dispute.evidence_added", now=case.now, tournament_id=case.tournament.id,
        match_id=case.match.id, dispute_id=found.dispute.id, evidence_id=evidence.id, file_id=evidence.file_id,
    )  # fmt: skip
    return evidence.id


def _checked_link(url: str) -> str:
    url = url.strip()
    try:
        parts = urlsplit(url)
        is_web = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.username is None
    except ValueError:
        is_web = False
    if not is_web or not url.isprintable() or any(sign.isspace() or sign in "<>\"'\\`{}|^" for sign in url):
        problem = FieldError("url", "must be an address of the web, such as https://clips.twitch.tv/yourclip")
        raise DisputeError.listing("The link cannot be taken", [problem])
    if len(url) > LONGEST_LINK:
        problem = FieldError("url", f"must have at most {LONGEST_LINK} characters")
        raise DisputeError.listing("The link cannot be taken", [problem])
    return url
