"""The page on which a captain changes the line-up of a registration."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select

from webapp.domain.errors import NotFound
from webapp.models import Registration, RegistrationPlayer
from webapp.services.pages.entry_reads import read_entry_page
from webapp.services.pages.entry_view import EntryPage
from webapp.services.registration import entry_line_ups
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot


def read_line_up(registration_id: int, *, actor: Actor, now: datetime) -> EntryPage:
    """The form of registering with the line-up that is registered. Raises NotFound for a registration of others."""
    with read_snapshot() as session:
        registration = session.get(Registration, registration_id)
        leader = registration and entry_line_ups.leader_of(session, registration)
        if registration is None or leader is None or leader != actor.user_id:
            raise NotFound(f"There is no registration {registration_id} of yours.", code="registration_not_found")
        tournament_id, team_id = registration.tournament_id, registration.team_id
        rows = session.execute(
            select(RegistrationPlayer.user_id, RegistrationPlayer.role, RegistrationPlayer.player_id).where(
                RegistrationPlayer.registration_id == registration_id
            )
        )
        plays = {user_id: ("player" if role == "captain" else role, known) for user_id, role, known in rows}
    view = read_entry_page(tournament_id, user_id=leader, team_id=team_id, now=now)
    members = (
        replace(
            member, role=plays.get(member.user_id, ("", None))[0],
            player_id=plays.get(member.user_id, ("", None))[1] or member.player_id,
        )
        for member in view.members
    )  # fmt: skip
    return replace(view, members=tuple(members))
