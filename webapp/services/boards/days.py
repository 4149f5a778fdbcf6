"""To which day a tournament belongs."""

from datetime import datetime

from sqlalchemy import ColumnElement, func

from webapp.models import Tournament


def began_at() -> ColumnElement[datetime]:
    """The instant by which a tournament belongs to a day."""
    return func.coalesce(Tournament.started_at, Tournament.starts_at, Tournament.created_at)
