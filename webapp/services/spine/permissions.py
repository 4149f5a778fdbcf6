"""The table of permissions, asked about a person and an object. Services ask once they have locked the object."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain import permissions
from webapp.domain.errors import Forbidden, NotFound
from webapp.domain.permissions import Action, Relation
from webapp.models import Tournament, TournamentOfficial
from webapp.services.spine.actors import Actor


def relation_of(session: Session, actor: Actor, tournament: Tournament) -> Relation:
    """What the actor is to the tournament."""
    if actor.user_id is None:
        return Relation.NONE
    if tournament.organizer_id == actor.user_id:
        return Relation.OWNER
    found = session.scalar(
        select(TournamentOfficial.role).where(
            TournamentOfficial.tournament_id == tournament.id, TournamentOfficial.user_id == actor.user_id
        )
    )
    return Relation.NONE if found is None else Relation(found)


def ensure(session: Session, actor: Actor, action: Action, tournament: Tournament) -> None:
    """Nothing, when the actor may do that to the tournament.

    Raises Forbidden where the role or the relation does not reach, NotFound to an organizer who has no part in the
    tournament at all: what is not theirs is not theirs to know of.
    """
    if actor.role == "admin":
        return
    if not permissions.OF_TOURNAMENT[action] or not permissions.reaches(actor.role, "organizer"):
        raise _refused(action)
    ensure_as(actor, relation_of(session, actor, tournament), action, tournament)


def ensure_as(actor: Actor, relation: Relation, action: Action, tournament: Tournament) -> None:
    """The same for who knows already what the actor is to the tournament (`relation_of`)."""
    if permissions.allows(actor.role, relation, action):
        return
    if relation is Relation.NONE:
        raise NotFound(f"There is no tournament {tournament.id} of yours.", code="tournament_not_found")
    raise _refused(action)


def may(session: Session, actor: Actor, action: Action, tournament: Tournament) -> bool:
    """Whether the actor may do that to the tournament; for what others may do as well, each in their own way."""
    if actor.role == "admin":
        return True
    return permissions.allows(actor.role, relation_of(session, actor, tournament), action)


def ensure_on_site(actor: Actor, action: Action) -> None:
    """Nothing, when the actor may do what concerns no single tournament; raises Forbidden otherwise."""
    if not permissions.allows_on_site(actor.role, action):
        raise _refused(action)


def _refused(action: Action) -> Forbidden:
    needed = permissions.OF_SITE.get(action, "organizer" if permissions.OF_TOURNAMENT.get(action) else "admin")
    who = "staff" if needed == "admin" else "officials of the tournament"
    return Forbidden(f"Only {who} may {action.replace('_', ' ')}.")
