"""The people and teams of the demo's organized tournaments, beside those who log in."""

import colorsys
from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from typing import Final

from PIL import Image, ImageDraw
from sqlalchemy import select

from webapp.models import Team, User
from webapp.services.accounts import users
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.teams import team_invites, team_rosters, teams

GAME: Final = "valorant"
PLAYER_EMAIL: Final = "player@demo.example"
RIVAL_EMAIL: Final = "rival@demo.example"
CROWD: Final = {RIVAL_EMAIL: "Demo Rival", "mira@demo.example": "Mira", "tuck@demo.example": "Tuck"}
"""Further accounts, with the password of the demo's player: the other side of everything the player does."""
HERONS: Final = "Neon Herons"
PARADE: Final = "Tin Parade"
COMETS: Final = "Slow Comets"
_LOGO: Final = 256
_CAPTAINS: Final = {
    PLAYER_EMAIL: (HERONS, "HRN", 0.47, "Herons by day, headshots by night. Open practice on Thursdays."),
    RIVAL_EMAIL: (PARADE, "TIN", 0.08, "Loud, late, and usually in the final."),
    "mira@demo.example": (COMETS, "SLO", 0.74, "They come back every seventy-six years."),
}


def ensure_crowd(*, now: datetime) -> dict[str, Actor]:
    """The demo's players by their addresses, made where they are missing; three of them lead a team with a logo."""
    with transaction() as session:
        found = {user.email: user for user in session.scalars(select(User).where(User.email.is_not(None)))}
        password_hash = found[PLAYER_EMAIL].password_hash
        assert password_hash is not None
        for email, handle in CROWD.items():
            if email not in found:
                found[email] = users.add_user(session, email, handle, "player", password_hash, now=now)
                found[email].email_verified_at = now
        session.flush()
        actors = {email: Actor(found[email].id, found[email].role) for email in (PLAYER_EMAIL, *CROWD)}
    for email, (name, tag, hue, description) in _CAPTAINS.items():
        _ensure_team(name, tag, hue, description, actor=actors[email], now=now)
    return actors


def invite_to(name: str, handles: Sequence[str], *, actor: Actor, now: datetime) -> None:
    """Invitations that wait for an answer; of who is asked already nothing is asked again. Without the team, none."""
    with read_snapshot() as session:
        team_id = session.scalar(select(Team.id).where(Team.game == GAME, Team.name == name))
    if team_id is None:
        return
    for handle in handles:
        team_invites.invite(team_id, handle, actor=actor, now=now)


def _ensure_team(name: str, tag: str, hue: float, description: str, *, actor: Actor, now: datetime) -> None:
    with read_snapshot() as session:
        found = session.scalar(select(Team).where(Team.game == GAME, Team.name == name))
        team_id, has_logo = (None, False) if found is None else (found.id, found.logo_id is not None)
        if found is None and actor.user_id and team_rosters.team_in_game(session, actor.user_id, GAME) is not None:
            # Somebody has played with the demo: its people are where they were led.
            return
    if team_id is None:
        team_id = teams.create(name=name, tag=tag, game=GAME, description=description, actor=actor, now=now)
    if not has_logo:
        teams.set_logo(team_id, _logo(hue), actor=actor, now=now)


def _logo(hue: float) -> bytes:
    """A badge of three waves in shades of one colour."""

    def shade(light: float) -> tuple[int, int, int]:
        red, green, blue = colorsys.hls_to_rgb(hue, light, 0.6)
        return round(red * 255), round(green * 255), round(blue * 255)

    picture = Image.new("RGB", (_LOGO, _LOGO), shade(0.16))
    drawing = ImageDraw.Draw(picture)
    for place, light in enumerate((0.36, 0.54, 0.76)):
        top = 72 + 48 * place
        drawing.ellipse((-64 + 24 * place, top, 168 + 24 * place, top + 232), fill=shade(light))
        drawing.ellipse((104 + 24 * place, top + 28, 336 + 24 * place, top + 260), fill=shade(light))
    out = BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
