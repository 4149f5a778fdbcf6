"""Tournaments that people can register for, and the people who do."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import select

from webapp.domain.names import name_key
from webapp.domain.registration import LinedUp
from webapp.models import Registration, Team, TeamMember, Tournament, User
from webapp.services.registration import entries
from webapp.services.registration.entries import Entered, Entry
from webapp.services.spine.actors import SYSTEM, Actor
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.tournaments import tournaments

OPENED_AT: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
STARTS_AT: Final = OPENED_AT + timedelta(days=2)
RULES: Final = {"win_points": 3}


def open_tournament(game: str = "fc26", *, opened: bool = True, **columns: Any) -> int:
    """A tournament of series that is open for registration; `columns` are set as they are."""
    tournament_id = tournaments.create(
        "Harbor Cup", game=game, format="single-elimination", ruleset=RULES, actor=SYSTEM, now=OPENED_AT,
        starts_at=STARTS_AT,
    )  # fmt: skip
    if opened:
        tournaments.open_registration(tournament_id, actor=SYSTEM, now=OPENED_AT)
    if columns:
        with transaction() as session:
            tournament = session.get_one(Tournament, tournament_id)
            for name, value in columns.items():
                setattr(tournament, name, value)
    return tournament_id


def players(count: int, *, first: int = 1) -> list[Actor]:
    """New people with handles Player01, Player02 …"""
    handles = [f"Player{number:02}" for number in range(first, first + count)]
    with transaction() as session:
        people = [User(handle=handle, handle_key=name_key(handle), role="player") for handle in handles]
        session.add_all(people)
        session.flush()
        return [Actor(person.id, "player") for person in people]


def team(captain: Actor, others: list[Actor], *, name: str = "Night Ferry", game: str = "valorant") -> int:
    """A team of these people, the first of whom leads it."""
    with transaction() as session:
        row = Team(game=game, name=name, tag=None, captain_id=captain.user_id, created_at=OPENED_AT)
        session.add(row)
        session.flush()
        for person in (captain, *others):
            role = "captain" if person is captain else "player"
            session.add(
                TeamMember(team_id=row.id, user_id=person.user_id, game=game, role=role, joined_at=OPENED_AT)
            )  # fmt: skip
        return row.id


def line_up(people: list[Actor], *, tag: str = "EUW1") -> list[LinedUp]:
    return [LinedUp(person.user_id or 0, "player", f"Rider {person.user_id}#{tag}") for person in people]


def solo(player: Actor, **more: Any) -> Entry:
    return Entry(players=[LinedUp(player.user_id or 0, "player", f"Striker{player.user_id}")], **more)


def enter(tournament_id: int, player: Actor, *, now: datetime = OPENED_AT, **more: Any) -> Entered:
    """The player registers alone."""
    return entries.register(tournament_id, solo(player, **more), actor=player, now=now)


def statuses(tournament_id: int) -> dict[int, str]:
    """By registration, in the order in which they came."""
    with read_snapshot() as session:
        rows = select(Registration.id, Registration.status).where(Registration.tournament_id == tournament_id)
        return dict(session.execute(rows.order_by(Registration.id)).all())


def seeds(tournament_id: int) -> dict[int, int | None]:
    with read_snapshot() as session:
        rows = select(Registration.id, Registration.seed).where(Registration.tournament_id == tournament_id)
        return dict(session.execute(rows.order_by(Registration.id)).all())
