"""Overrides as they stand in the database: those in force, which rankings apply, and all that ever were."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from webapp.models import Override


def in_force(session: Session, tournament_id: int) -> dict[int, int]:
    """The ranks that staff have set and nobody has restored, by participant."""
    rows = session.execute(
        select(Override.registration_id, Override.new_rank).where(
            Override.tournament_id == tournament_id, Override.restored_at.is_(None)
        )
    )
    return {row.registration_id: row.new_rank for row in rows}


def rows_in_force(session: Session, tournament_id: int) -> dict[int, Override]:
    """The same as whole rows."""
    rows = session.scalars(
        select(Override)
        .where(Override.tournament_id == tournament_id, Override.restored_at.is_(None))
        .execution_options(populate_existing=True)
    )
    return {row.registration_id: row for row in rows}


def all_of(
    session: Session, tournament_id: int, *, before_id: int | None, limit: int
) -> Sequence[tuple[Override, int | None]]:
    """Overrides of a tournament, the newest first, each with the id of the one that took its place, if one did.

    Those numbered below `before_id`, restored ones among them.
    """
    successor = aliased(Override)
    rows = (
        select(Override, successor.id)
        .outerjoin(
            successor,
            (successor.tournament_id == Override.tournament_id)
            & (successor.registration_id == Override.registration_id)
            & (successor.seq == Override.restored_seq),
        )
        .where(Override.tournament_id == tournament_id)
    )
    if before_id is not None:
        rows = rows.where(Override.id < before_id)
    return [(row, replaced_by) for row, replaced_by in session.execute(rows.order_by(Override.id.desc()).limit(limit))]
