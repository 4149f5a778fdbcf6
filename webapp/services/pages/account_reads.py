"""What people see of their own accounts."""

from dataclasses import dataclass
from datetime import datetime

from webapp.domain.errors import NotFound
from webapp.models import User
from webapp.services.spine.transaction import read_snapshot


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account, as its owner sees it. Only this page shows the address."""

    handle: str
    email: str
    role: str
    is_verified: bool
    created_at: datetime


def read_account(user_id: int) -> AccountView:
    """The user's account; NotFound when there is none."""
    with read_snapshot() as session:
        user = session.get(User, user_id)
        if user is None:
            raise NotFound("There is no such account.", code="user_not_found")
        return AccountView(
            user.handle, user.email or "", user.role, user.email_verified_at is not None, user.created_at
        )
