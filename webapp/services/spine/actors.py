"""Who acts, as services see it."""

from typing import NamedTuple


class Actor(NamedTuple):
    """The person or program behind a change: a user's id and role; `user_id` None is the site's own work."""

    user_id: int | None
    role: str


SYSTEM = Actor(None, "admin")
"""The site itself: jobs, the scheduler and the operator's commands."""
