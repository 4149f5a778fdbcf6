"""The head of every page about one tournament of an organizer's: what it is, how far it is, what may be done to it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain import permissions as permission_table
from webapp.domain.errors import NotFound
from webapp.domain.games import load_games
from webapp.domain.permissions import Action, Relation
from webapp.models import CustomField, Match, Payment, Registration, Tournament, TournamentOfficial
from webapp.services.boards import boards
from webapp.services.pages.tournament_reads import game_title
from webapp.services.spine import permissions
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedHead:
    """A tournament as its officials see it. `may` names what the reader may do to it."""

    id: int
    slug: str
    name: str
    game_title: str
    status: str
    visibility: str
    starts_at: datetime | None
    is_battle_royale: bool
    is_solo: bool
    is_frozen: bool
    """Whether everybody but officials sees its board as of an earlier moment."""
    is_paused: bool
    """Whether everything stands still."""
    may: Collection[str]

    @property
    def is_over(self) -> bool:
        """Whether nothing is played in it any more."""
        return self.status in ("completed", "cancelled", "archived")

    @property
    def is_public_page(self) -> bool:
        """Whether people without an account can open its pages."""
        return self.status != "draft" and self.visibility != "private"


def find_managed(session: Session, tournament_id: int, actor: Actor, action: Action) -> Tournament:
    """The tournament, if the actor may do that to it; raises NotFound or Forbidden."""
    tournament = boards.find_tournament(session, tournament_id)
    permissions.ensure(session, actor, action, tournament)
    return tournament


def ensure_match_of(tournament_id: int, match_id: int) -> None:
    """Raises NotFound for a match of another tournament: an address names both."""
    _ensure_of(Match, tournament_id, match_id, code="match_not_found")


def ensure_participant_of(tournament_id: int, participant_id: int) -> None:
    """Raises NotFound for a participant of another tournament."""
    _ensure_of(Registration, tournament_id, participant_id, code="participant_not_found")


def ensure_payment_of(tournament_id: int, payment_id: int) -> None:
    """Raises NotFound for a payment of another tournament."""
    _ensure_of(Payment, tournament_id, payment_id, code="payment_not_found")


def ensure_custom_field_of(tournament_id: int, field_id: int) -> None:
    """Raises NotFound for a question of another tournament."""
    _ensure_of(CustomField, tournament_id, field_id, code="custom_field_not_found")


def head_of(session: Session, tournament: Tournament, actor: Actor) -> ManagedHead:
    """What stands above every page of the tournament."""
    return _head(tournament, actor, permissions.relation_of(session, actor, tournament))


def open_head(session: Session, tournament_id: int, actor: Actor, action: Action) -> tuple[Tournament, ManagedHead]:
    """`find_managed` and `head_of` at once, by one statement."""
    listed = (TournamentOfficial.tournament_id == Tournament.id) & (TournamentOfficial.user_id == actor.user_id)
    found = session.execute(
        select(Tournament, TournamentOfficial.role)
        .outerjoin(TournamentOfficial, listed)
        .where(Tournament.id == tournament_id, Tournament.deleted_at.is_(None))
    ).one_or_none()
    if found is None:
        raise NotFound(f"There is no tournament {tournament_id}.", code="tournament_not_found")
    tournament, role = found
    is_owner = actor.user_id is not None and tournament.organizer_id == actor.user_id
    relation = Relation.OWNER if is_owner else Relation(role) if role else Relation.NONE
    permissions.ensure_as(actor, relation, action, tournament)
    return tournament, _head(tournament, actor, relation)


def _head(tournament: Tournament, actor: Actor, relation: Relation) -> ManagedHead:
    game = load_games().get(tournament.game)
    return ManagedHead(
        id=tournament.id,
        slug=tournament.slug,
        name=tournament.name,
        game_title=game_title(tournament.game),
        status=tournament.status,
        visibility=tournament.visibility,
        starts_at=tournament.starts_at,
        is_battle_royale=tournament.format == "battle-royale",
        is_solo=game is not None and game.side == "solo",
        is_frozen=tournament.frozen_seq is not None,
        is_paused=tournament.paused_at is not None,
        may=frozenset(
            action.value
            for action in permission_table.OF_TOURNAMENT
            if permission_table.allows(actor.role, relation, action)
        ),
    )


def _ensure_of(
    table: type[CustomField | Match | Payment | Registration], tournament_id: int, row_id: int, *, code: str
) -> None:
    with read_snapshot() as session:
        found = session.scalar(select(table.tournament_id).where(table.id == row_id))
    if found != tournament_id:
        raise NotFound(f"There is no such thing in tournament {tournament_id}: {row_id}.", code=code)
