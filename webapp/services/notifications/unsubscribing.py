"""No more mails of a kind, by the link in each of them (RFC 8058): without logging in, as often as somebody presses.

The token holds whose mails and which kind, and no address. It never ends: mails are kept for years, and its bearer can
do nothing with it but stop these mails, which the person can ask for again on their page.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from webapp.domain.notifications.kinds import DIGEST, EMAIL, KINDS
from webapp.models import User
from webapp.services.accounts import links
from webapp.services.notifications import preferences
from webapp.services.spine.transaction import read_snapshot, transaction

_PURPOSE: Final = "unsubscribe"
_DIGEST_LABEL: Final = "Daily digest"


@dataclass(frozen=True, slots=True)
class Target:
    """Whose mails, and which."""

    user_id: int
    kind: str

    @property
    def label(self) -> str:
        """What the kind is called on the page of preferences."""
        return _DIGEST_LABEL if self.kind == DIGEST else KINDS[self.kind].label


def url_for(user_id: int, kind: str) -> str:
    """The whole address that stops mails of a kind to a person; letters, digits and `-_.` of ASCII alone."""
    return links.url_for(f"/unsubscribe/{links.lasting_token(_PURPOSE, [user_id, kind])}/")


def look(token: str) -> Target:
    """What the bearer of a token may stop; nothing changes. Raises LinkError for one that is not ours."""
    target = _target(token)
    with read_snapshot() as session:
        _ensure_there(session, target)
    return target


def unsubscribe(token: str, *, now: datetime) -> Target:
    """Send no more mails of the kind from the next one on; twice is the same as once. Raises LinkError."""
    target = _target(token)
    with transaction() as session:
        _ensure_there(session, target)
        preferences.switch_off_in(session, target.user_id, target.kind, EMAIL, now=now)
    return target


def _target(token: str) -> Target:
    content = links.read_lasting(_PURPOSE, token)
    match content:
        case [int(user_id), str(kind)] if kind in KINDS or kind == DIGEST:
            return Target(user_id, kind)
    raise links.LinkError("This link stops mails that are not sent any more.")


def _ensure_there(session: Session, target: Target) -> None:
    if session.get(User, target.user_id) is None:
        raise links.LinkError("The account of this link is not there any more.")
