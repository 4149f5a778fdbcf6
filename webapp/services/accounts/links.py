"""Links that are sent by mail: signed, expiring, and dead once they have been used; or signed for ever."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from hashlib import sha256
from typing import Any, Final

from itsdangerous import BadData, URLSafeSerializer, URLSafeTimedSerializer

from webapp.domain.errors import DomainError
from webapp.domain.wording import N_
from webapp.models import User

LIFETIMES: Final[Mapping[str, timedelta]] = {
    "password-reset": timedelta(hours=1),
    "email-verification": timedelta(days=3),
}
"""How long a link of each purpose is good for."""


class LinkError(DomainError):
    """A link that was altered, is too old, or was used."""

    default_code = "link_expired"


class _Signing:
    secret_key = ""
    base_url = ""


def connect(*, secret_key: str, base_url: str) -> None:
    """Sign with this key and lead to this site from now on, in this process."""
    _Signing.secret_key, _Signing.base_url = secret_key, base_url


def url_for(path: str) -> str:
    """The whole address of a path of this site."""
    return _Signing.base_url + path


def token(purpose: str, user: User) -> str:
    """A token for `purpose`, which holds the user's id and no address; what it is for makes it useless afterwards."""
    return _serializer(purpose).dumps([user.id, _fingerprint(purpose, user)])


def read(purpose: str, token: str) -> tuple[int, str]:
    """User id and fingerprint of a token; LinkError when it is not ours, for something else, or too old."""
    try:
        user_id, fingerprint = _serializer(purpose).loads(token, max_age=int(LIFETIMES[purpose].total_seconds()))
    except (BadData, ValueError, TypeError) as error:
        raise _dead() from error
    return int(user_id), str(fingerprint)


def ensure_fresh(purpose: str, fingerprint: str, user: User | None) -> User:
    """The user, as long as the link has not been used and still fits the account; LinkError otherwise."""
    if user is None or user.disabled_at is not None or fingerprint != _fingerprint(purpose, user):
        raise _dead()
    return user


def lasting_token(purpose: str, content: Sequence[int | str]) -> str:
    """A token that is good for ever and any number of times: for what may happen to nobody's harm."""
    return str(_lasting_serializer(purpose).dumps(list(content)))


def read_lasting(purpose: str, token: str) -> list[Any]:
    """What `lasting_token` put into a token; LinkError when it is not ours or for something else."""
    try:
        content = _lasting_serializer(purpose).loads(token)
    except (BadData, ValueError, TypeError) as error:
        raise LinkError("This link was cut short in the message, or is none of ours.") from error
    return list(content)


def _dead() -> LinkError:
    return LinkError(N_("This link was used, is too old or was cut short in the message; ask for a new one."))


def _serializer(purpose: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(_Signing.secret_key, salt=f"link-{purpose}")


def _lasting_serializer(purpose: str) -> URLSafeSerializer:
    return URLSafeSerializer(_Signing.secret_key, salt=f"lasting-{purpose}")


def _fingerprint(purpose: str, user: User) -> str:
    """Changes with the password and the address, and for a verification once it is done."""
    done = str(user.email_verified_at) if purpose == "email-verification" else ""
    return sha256(f"{user.password_hash}{user.email_key}{done}".encode()).hexdigest()[:16]
