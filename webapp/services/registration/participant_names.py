"""Public names of participants: a team's name or a player's handle."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from webapp.models import Registration, Team, User


def name_column() -> ColumnElement[str]:
    """The name of a registration, for statements that join Team and User to it (outer joins)."""
    return func.coalesce(Team.name, User.handle)


def names_of(session: Session, registration_ids: Collection[int]) -> dict[int, str]:
    """Names by registration id, read at once."""
    statement = (
        select(Registration.id, name_column())
        .outerjoin(Team, Team.id == Registration.team_id)
        .outerjoin(User, User.id == Registration.user_id)
        .where(Registration.id.in_(sorted(set(registration_ids))))
    )
    return dict(session.execute(statement).all())
