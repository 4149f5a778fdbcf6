"""Another line-up for a registration that is there already, until registration closes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain import registration as rules
from webapp.domain.errors import Conflict, Forbidden
from webapp.domain.games import load_games
from webapp.domain.registration import HOLDING, LinedUp
from webapp.models import Registration, RegistrationPlayer, Team
from webapp.services.registration import entries, entry_owners
from webapp.services.registration.entries import Entry
from webapp.services.spine import audit
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import transaction
from webapp.services.teams import player_ids

CHANGEABLE: Final = (*HOLDING, "waitlisted")


def change(registration_id: int, players: Sequence[LinedUp], *, actor: Actor, now: datetime) -> bool:
    """Put another line-up in the place of the registered one, which stays as good as it was; False for the same one.

    Raises NotFound for a registration of others, Forbidden to who is not the captain, Conflict once registration has
    closed (`registration_closed`, …) or for a registration that has no place (`registration_over`), RegistrationError
    naming everything that is wrong with the line-up.
    """
    with transaction() as session:
        tournament, registration = entry_owners.locked(session, registration_id)
        entry_owners.ensure_owner(session, registration, actor)
        user_id = leader_of(session, registration)
        if user_id is None or user_id != actor.user_id:
            raise Forbidden("Only the captain changes the line-up.", code="not_captain")
        rules.ensure_window_open(
            tournament.status, opens_at=tournament.registration_opens_at, closes_at=tournament.registration_closes_at,
            starts_at=tournament.starts_at, now=now,
        )  # fmt: skip
        if registration.status not in CHANGEABLE:
            raise Conflict(
                f"The registration is {registration.status}; its line-up stays as it is.", code="registration_over"
            )
        game = load_games()[tournament.game]
        entry = Entry(team_id=registration.team_id, players=players)
        checked, problems = entries.checked_players(session, tournament, game, entry, user_id, registration)
        rules.refuse(problems)
        before = _listed(session, registration_id)
        if before == sorted((who.user_id, who.role, who.player_id) for who in checked):
            return False
        entries.write_players(session, registration, checked)
        player_ids.remember(
            session, game.slug, {who.user_id: who.player_id for who in checked if who.player_id is not None}, now=now
        )
        audit.record(
            session, actor, "registration.line_up_changed", now=now, tournament_id=tournament.id,
            registration_id=registration_id, before=[user_id for user_id, *_ in before],
            after=sorted(who.user_id for who in checked),
        )  # fmt: skip
        return True


def leader_of(session: Session, registration: Registration) -> int | None:
    """Who says who plays: the captain of the team, or the player alone."""
    if registration.team_id is None:
        return registration.user_id
    return session.scalar(select(Team.captain_id).where(Team.id == registration.team_id))


def _listed(session: Session, registration_id: int) -> list[tuple[int, str, str | None]]:
    found = select(RegistrationPlayer.user_id, RegistrationPlayer.role, RegistrationPlayer.player_id)
    rows = session.execute(found.where(RegistrationPlayer.registration_id == registration_id))
    return sorted((user_id, role, player_id) for user_id, role, player_id in rows)
