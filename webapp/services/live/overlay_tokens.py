"""Links of overlays: one for each streaming software, shown once, kept as a hash, taken back at any time.

A link opens the overlays of its tournament, whoever may see that tournament otherwise, with what the public knows of
it. It opens nothing else.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from webapp.domain.errors import FieldError, NotFound
from webapp.domain.names import UnusableNameError, clean_name
from webapp.domain.permissions import Action
from webapp.domain.token_scopes import TokenError
from webapp.models import OverlayToken, Tournament
from webapp.services.accounts.bearer_secrets import digest, new_secret
from webapp.services.spine import audit, log, permissions
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot, transaction

PREFIX: Final = "dco_"
LONGEST_NAME: Final = 60
LINKS_AT_MOST: Final = 50
"""Links of one tournament that still open something."""
_LONGEST_SECRET: Final = 64
_USE_NOTED_EVERY: Final = timedelta(minutes=1)


class NewLink(NamedTuple):
    """A link at the only moment when its secret is known."""

    id: int
    name: str
    secret: str


class OverlayAccess(NamedTuple):
    """What a link opens: the overlays of one tournament."""

    id: int
    tournament_id: int


class LinkInfo(NamedTuple):
    """A link as the organizers see it afterwards."""

    id: int
    name: str
    hint: str
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


def create(tournament_id: int, name: str, *, actor: Actor, now: datetime) -> NewLink:
    """Make a link to the overlays of a tournament; audited without its secret, which nothing keeps.

    Raises NotFound, Forbidden, and TokenError for a name that cannot be used or when there are too many links.
    """
    name = _checked(name)
    secret = new_secret(PREFIX)
    with transaction() as session:
        tournament = _managed(session, tournament_id, actor)
        _ensure_room(session, tournament_id)
        link = OverlayToken(
            tournament_id=tournament.id, name=name, hint=secret[-4:], token_hash=digest(secret),
            created_by_id=actor.user_id, created_at=now,
        )  # fmt: skip
        session.add(link)
        session.flush()
        audit.record(session, actor, "overlay.link_made", now=now, tournament_id=tournament.id, overlay_id=link.id)
        return NewLink(link.id, name, secret)


def revoke(tournament_id: int, link_id: int, *, actor: Actor, now: datetime) -> None:
    """Take a link back at once; audited. One that was taken back before stays as it is.

    Raises Forbidden, and NotFound for a link that is not the tournament's.
    """
    with transaction() as session:
        tournament = _managed(session, tournament_id, actor)
        link = session.get(OverlayToken, link_id)
        if link is None or link.tournament_id != tournament.id:
            raise NotFound(f"Tournament {tournament_id} has no link {link_id}.", code="overlay_link_not_found")
        if link.revoked_at is None:
            link.revoked_at = now
            audit.record(
                session, actor, "overlay.link_revoked", now=now, tournament_id=tournament.id, overlay_id=link.id
            )


def list_of(session: Session, tournament_id: int) -> tuple[LinkInfo, ...]:
    """The links of a tournament, the newest first."""
    columns = (
        OverlayToken.id, OverlayToken.name, OverlayToken.hint, OverlayToken.created_at, OverlayToken.last_used_at,
        OverlayToken.revoked_at,
    )  # fmt: skip
    statement = select(*columns).where(OverlayToken.tournament_id == tournament_id).order_by(OverlayToken.id.desc())
    return tuple(LinkInfo(*row) for row in session.execute(statement))


def find(token: str, *, now: datetime) -> OverlayAccess | None:
    """What the link with this secret opens; None for one that was never made or was taken back.

    That it is used is noted at most once a minute.
    """
    if not is_one(token):
        return None
    with read_snapshot() as session:
        row = session.execute(
            select(OverlayToken.id, OverlayToken.tournament_id, OverlayToken.last_used_at)
            .join(Tournament, Tournament.id == OverlayToken.tournament_id)
            .where(
                OverlayToken.token_hash == digest(token),
                OverlayToken.revoked_at.is_(None),
                Tournament.deleted_at.is_(None),
            )
        ).one_or_none()
    if row is None:
        return None
    if row.last_used_at is None or now - row.last_used_at >= _USE_NOTED_EVERY:
        _note_use(row.id, now)
    return OverlayAccess(row.id, row.tournament_id)


def good_among(link_ids: Collection[int]) -> frozenset[int]:
    """Which of these links still open something."""
    with read_snapshot() as session:
        statement = select(OverlayToken.id).where(OverlayToken.id.in_(link_ids), OverlayToken.revoked_at.is_(None))
        return frozenset(session.scalars(statement))


def is_one(token: str) -> bool:
    """Whether it is the secret of a link by its form."""
    return token.startswith(PREFIX) and len(token) <= _LONGEST_SECRET


def _managed(session: Session, tournament_id: int, actor: Actor) -> Tournament:
    tournament = log.lock_tournament(session, tournament_id)
    permissions.ensure(session, actor, Action.MANAGE_OVERLAYS, tournament)
    return tournament


def _note_use(link_id: int, now: datetime) -> None:
    with transaction() as session:
        session.execute(update(OverlayToken).where(OverlayToken.id == link_id).values(last_used_at=now))


def _checked(name: str) -> str:
    try:
        cleaned = clean_name(name, limit=LONGEST_NAME)
    except UnusableNameError as error:
        raise TokenError.listing("The link cannot be made", [FieldError("name", str(error))]) from error
    if not cleaned:
        problem = FieldError("name", "say where the link will be used, to know it by")
        raise TokenError.listing("The link cannot be made", [problem])
    return cleaned


def _ensure_room(session: Session, tournament_id: int) -> None:
    good = select(func.count()).where(OverlayToken.tournament_id == tournament_id, OverlayToken.revoked_at.is_(None))
    if (session.scalar(good) or 0) >= LINKS_AT_MOST:
        raise TokenError(f"There are {LINKS_AT_MOST} links; revoke one that you no longer need.", code="token_limit")
