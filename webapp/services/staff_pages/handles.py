"""Public handles of the people who acted."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models import User

SITE = "the site itself"
"""Who acts where no person did: jobs, the scheduler, the operator's commands."""


def handles_of(session: Session, user_ids: Collection[int | None]) -> dict[int | None, str]:
    """Handles by user id, read at once; None is the site itself."""
    wanted = sorted({user_id for user_id in user_ids if user_id is not None})
    handles: dict[int | None, str] = {None: SITE}
    if wanted:
        handles |= {
            row.id: row.handle for row in session.execute(select(User.id, User.handle).where(User.id.in_(wanted)))
        }
    return handles
