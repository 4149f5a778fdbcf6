"""Tournaments in which results are disputed: two players who speak for the sides of a match, and a league to play."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select, update

from tests.arenas import Arena, ended_at, open_league
from tests.personas import Persona
from webapp.domain.series import SeriesGame
from webapp.models import Dispute, Match, Registration, Tournament
from webapp.services.matches import reporting, series
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot, transaction

TEXT: Final = "They counted a round that was played again."
REASON: Final = "The video shows the other score."
AT: Final = ended_at(5)


@dataclass(frozen=True)
class Duel:
    """A league of four, and its first match with somebody to speak for either side."""

    arena: Arena
    match_id: int
    sides: tuple[int, int]


def open_duel(first: Persona, second: Persona, *, organizer: Persona | None = None, name: str = "Duels") -> Duel:
    """Match 1 is first against second; the other matches are others'."""
    pairs = [(0, 1), (2, 3), (0, 2), (1, 3)]
    arena = open_league("valorant", {"win_points": 3, "draw_points": 1}, pairs, sides=4, best_of=3, name=name)
    with transaction() as session:
        for persona, registration_id in zip((first, second), arena.participant_ids, strict=False):
            session.execute(
                update(Registration).where(Registration.id == registration_id).values(registered_by_id=persona.user_id)
            )
        if organizer is not None:
            chosen = update(Tournament).where(Tournament.id == arena.tournament_id)
            session.execute(chosen.values(organizer_id=organizer.user_id))
    return Duel(arena, arena.match_ids[0], (arena.participant_ids[0], arena.participant_ids[1]))


def games(sides: tuple[int, int], winners: str) -> list[SeriesGame]:
    """Games won by the side `a` or `b` each: `aba`."""
    score = {"a": (13, 7), "b": (9, 13)}
    return [
        SeriesGame(number, dict(zip(sides, score[winner], strict=True))) for number, winner in enumerate(winners, 1)
    ]


def entries(winners: str) -> list[list[Any]]:
    """The same as plain entries."""
    score = {"a": (13, 7), "b": (9, 13)}
    return [[number, *score[winner], None] for number, winner in enumerate(winners, 1)]


def confirm(duel: Duel, winners: str = "aa", *, match_id: int | None = None) -> None:
    """The result of the first match, by an official."""
    wanted = match_id or duel.match_id
    with read_snapshot() as session:
        match = session.get_one(Match, wanted)
        sides = (match.side_a_id or 0, match.side_b_id or 0)
    series.confirm(wanted, games(sides, winners), actor=SYSTEM, now=ended_at(1))


def report(duel: Duel, by: Persona, winners: str = "aa", *, now: datetime = AT - timedelta(minutes=1)) -> int:
    """One side says how the match went; returns the number of the report."""
    told = reporting.submit(duel.match_id, games(duel.sides, winners), actor=by.actor, now=now)
    return told.report_revision


def match_now(match_id: int) -> Match:
    """The match as it is."""
    with read_snapshot() as session:
        match = session.get_one(Match, match_id)
        session.expunge(match)
        return match


def dispute_now(dispute_id: int) -> Dispute:
    """The dispute as it is."""
    with read_snapshot() as session:
        dispute = session.scalars(select(Dispute).where(Dispute.id == dispute_id)).one()
        session.expunge(dispute)
        return dispute
