"""A tournament as programs read it: ids, numbers and states; its words are given by `api_names`."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from webapp.domain.permissions import Relation
from webapp.models import Tournament, TournamentOfficial
from webapp.services.boards import boards
from webapp.services.live import visibility
from webapp.services.pages.tournament_reads import find_visible, participant_count
from webapp.services.registration import custom_fields
from webapp.services.spine import permissions
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot
from webapp.services.tournaments.discovery import begins
from webapp.services.tournaments.tournament_details import FIELDS, frozen_fields

WORDS: Final = ("name", "description", "rules", "payment_methods")
"""Settings that people wrote for people."""
_NAMED_BY_PEOPLE: Final = "head_start"
_TOLD_APART: Final = (*WORDS, "ruleset")
_SAME: Final = ("id", "slug", "organizer_id", "started_at", *(name for name in FIELDS if name not in _TOLD_APART))


class Wanted(NamedTuple):
    """Which tournaments of one's own, and which part of the list."""

    status: str | None
    limit: int
    offset: int


def of_tournament(tournament_id: int, *, actor: Actor) -> dict[str, Any]:
    """The tournament for anybody who may see it; one that the public does not see for its officials alone.

    Raises NotFound. How it ended stays hidden from everybody but officials while its board is frozen.
    """
    with read_snapshot() as session:
        tournament, relation = find_readable(session, tournament_id, actor)
        is_official = relation is not Relation.NONE or actor.role == "admin"
        return _told(session, tournament, relation, is_official=is_official)


def own(wanted: Wanted, *, actor: Actor) -> dict[str, Any]:
    """A page of the tournaments that the actor runs or helps to run, the latest first."""
    helped = select(TournamentOfficial.tournament_id, TournamentOfficial.role).where(
        TournamentOfficial.user_id == actor.user_id
    )
    with read_snapshot() as session:
        roles = {row.tournament_id: row.role for row in session.execute(helped)}
        statement = _run_by(actor, list(roles))
        if wanted.status is not None:
            statement = statement.where(Tournament.status == wanted.status)
        total = session.scalar(select(func.count()).select_from(statement.subquery())) or 0
        page = session.scalars(
            statement.order_by(begins.desc(), Tournament.id.desc()).limit(wanted.limit).offset(wanted.offset)
        )
        return {
            "count": total,
            "results": [
                _head(tournament, "owner" if tournament.organizer_id == actor.user_id else roles[tournament.id])
                for tournament in page
            ],
        }


def questions(tournament_id: int, *, actor: Actor) -> list[dict[str, Any]]:
    """What the tournament asks at registration, in order, for anybody who may see it. Raises NotFound."""
    with read_snapshot() as session:
        find_readable(session, tournament_id, actor)
        rows = custom_fields.rows_of(session, tournament_id)
        return [{"id": row.id, **custom_fields.rule_of(row)._asdict()} for row in rows]


def find_readable(session: Session, tournament_id: int, actor: Actor) -> tuple[Tournament, Relation]:
    """The tournament, and what the actor is to it. Raises NotFound for one that is neither public nor theirs."""
    tournament = boards.find_tournament(session, tournament_id)
    relation = permissions.relation_of(session, actor, tournament)
    if relation is Relation.NONE and actor.role != "admin":
        find_visible(session, tournament_id)
    return tournament, relation


def nameless(ruleset: Mapping[str, Any]) -> dict[str, Any]:
    """The rules without who has a head start: that is said by name, and names are not for programs."""
    return {
        name: value
        for name, value in ruleset.items()
        if name != _NAMED_BY_PEOPLE or not isinstance(value, Mapping)
    }  # fmt: skip


def _run_by(actor: Actor, helped: list[int]) -> Select[Tournament]:
    return select(Tournament).where(
        Tournament.deleted_at.is_(None), or_(Tournament.organizer_id == actor.user_id, Tournament.id.in_(helped))
    )


def _head(tournament: Tournament, relation: str) -> dict[str, Any]:
    same = ("id", "slug", "game", "format", "status", "visibility", "starts_at", "started_at", "completed_at")
    return {name: getattr(tournament, name) for name in same} | {
        "is_frozen": tournament.frozen_seq is not None,
        "is_paused": tournament.paused_at is not None,
        "requires_review": tournament.requires_review,
        "relation": relation,
    }


def _told(session: Session, tournament: Tournament, relation: Relation, *, is_official: bool) -> dict[str, Any]:
    status = tournament.status if is_official else visibility.status_of(tournament)
    return {name: getattr(tournament, name) for name in _SAME} | {
        "status": status,
        "completed_at": tournament.completed_at if status == tournament.status else None,
        "currency": tournament.currency or None,
        "ruleset": nameless(tournament.ruleset),
        "participant_count": participant_count(session, tournament),
        "is_frozen": tournament.frozen_seq is not None,
        "is_paused": tournament.paused_at is not None,
        "requires_review": tournament.requires_review if is_official else None,
        "relation": None if relation is Relation.NONE else relation.value,
        "fixed": sorted(frozen_fields(tournament.status)) if is_official else None,
    }
