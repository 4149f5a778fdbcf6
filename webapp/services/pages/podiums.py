"""The declared winners of tournaments, for everybody: none before the end, while a board is frozen, or under review."""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models import Tournament, TournamentOutcome
from webapp.services.live import visibility
from webapp.services.pages.podium_view import Podium, PodiumPlace
from webapp.services.registration.participant_names import names_of

OVER: Final = ("completed", "archived")


def podiums_of(session: Session, tournaments: Sequence[Tournament]) -> dict[int, Podium | None]:
    """The declared winners by tournament, of those that are over for the public; None while they wait for a word.

    Two statements for any number. Not in the answer is a tournament that ended before winners were stored.
    """
    over = [tournament for tournament in tournaments if visibility.status_of(tournament) in OVER]
    found = select(TournamentOutcome).where(TournamentOutcome.tournament_id.in_([each.id for each in over]))
    rows = {row.tournament_id: row for row in session.scalars(found)}
    names = names_of(session, sorted({who for row in rows.values() for who in _first_of(row)}))
    return {
        each.id: None if each.requires_review else _podium(rows[each.id], names) for each in over if each.id in rows
    }


def podium_of(session: Session, tournament: Tournament) -> Podium | None:
    """The declared winners of one, as far as the public may know them."""
    return podiums_of(session, [tournament]).get(tournament.id)


def _podium(row: TournamentOutcome, names: Mapping[int, str]) -> Podium:
    first = [who for who in _first_of(row) if who in names]
    shared = set(_sharing(row, 1))
    places = tuple(
        PodiumPlace(1 if who in shared else number, who, names[who]) for number, who in enumerate(first, start=1)
    )
    return Podium(places, row.method)


def _first_of(row: TournamentOutcome) -> list[int]:
    """The first three, and whoever else shares the first place, once each."""
    podium = [who for who in (row.winner_id, row.runner_up_id, row.third_place_id) if who is not None]
    sharing = _sharing(row, 1)
    return list(dict.fromkeys([*sharing, *podium])) if row.winner_id in sharing else podium


def _sharing(row: TournamentOutcome, place: int) -> list[int]:
    """Who shares a place by the tournament's rules; nobody once an official has set the winners."""
    if row.method == "manual":
        return []
    return [
        who
        for step in row.steps
        if step["rule"] == "shared_place" and step["data"]["place"] == place
        for who in step["data"]["participants"]
    ]
