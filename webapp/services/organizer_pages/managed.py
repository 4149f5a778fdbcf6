"""The head of every page about one tournament of an organizer's: what it is, how far it is, what may be done to it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain import permissions as permission_table
from webapp.domain.errors import NotFound
from webapp.domain.games import load_games
from webapp.domain.permissions import Action
from webapp.models import Match, Registration, Tournament
from webapp.services import boards, permissions
from webapp.services.actors import Actor
from webapp.services.pages.tournament_reads import game_title
from webapp.services.transaction import read_snapshot


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


def head_of(session: Session, tournament: Tournament, actor: Actor) -> ManagedHead:
    """What stands above every page of the tournament."""
    relation = permissions.relation_of(session, actor, tournament)
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
        may=frozenset(
            action.value
            for action in permission_table.OF_TOURNAMENT
            if permission_table.allows(actor.role, relation, action)
        ),
    )


def _ensure_of(table: type[Match] | type[Registration], tournament_id: int, row_id: int, *, code: str) -> None:
    with read_snapshot() as session:
        found = session.scalar(select(table.tournament_id).where(table.id == row_id))
    if found != tournament_id:
        raise NotFound(f"There is no such thing in tournament {tournament_id}: {row_id}.", code=code)
