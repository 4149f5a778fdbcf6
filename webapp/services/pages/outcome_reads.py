"""The page that tells how the winners were found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from webapp.models import TournamentOutcome
from webapp.services.live import visibility
from webapp.services.pages.podium_view import Podium
from webapp.services.pages.podiums import OVER, podium_of
from webapp.services.pages.tournament_reads import find_visible, head_of
from webapp.services.pages.tournament_view import TournamentHead
from webapp.services.registration.participant_names import names_of
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot
from webapp.services.tournaments import tournament_facts


@dataclass(frozen=True, slots=True, kw_only=True)
class WinnersView:
    """How the winners of a tournament were found; `podium` None while the public does not know them."""

    head: TournamentHead
    podium: Podium | None
    is_reviewed: bool
    """Whether the tournament is over and its winners wait for an official's word."""
    steps: Sequence[Mapping[str, Any]]
    names: Mapping[int, str]
    reviewed_at: datetime | None
    review_reason: str
    """Empty unless the tournament publishes reasons."""


def read_winners(tournament_id: int) -> WinnersView:
    """How the winners were found, for everybody. Raises NotFound for a tournament that the public does not see."""
    with read_snapshot() as session:
        tournament = find_visible(session, tournament_id)
        podium = podium_of(session, tournament)
        row = session.get(TournamentOutcome, tournament_id) if podium is not None else None
        is_over = visibility.status_of(tournament) in OVER
        return WinnersView(
            head=head_of(session, tournament),
            podium=podium,
            is_reviewed=is_over and tournament.requires_review,
            steps=() if row is None else row.steps,
            names={} if row is None else names_of(session, sorted(_named(row.steps))),
            reviewed_at=None if row is None else row.reviewed_at,
            review_reason=row.review_reason if row is not None and tournament.publishes_reasons else "",
        )


def winners_told(tournament_id: int, *, actor: Actor) -> dict[str, Any]:
    """The same for programs, by ids; why an official decided otherwise stays on the page.

    Whoever asks, it is what the public knows. Raises NotFound for a tournament that the actor does not see.
    """
    with read_snapshot() as session:
        tournament, _ = tournament_facts.find_readable(session, tournament_id, actor)
        podium = podium_of(session, tournament)
        row = session.get(TournamentOutcome, tournament_id) if podium is not None else None
        is_over = visibility.status_of(tournament) in OVER
        return {
            "tournament_id": tournament.id,
            "is_over": is_over,
            "requires_review": is_over and tournament.requires_review,
            "determination_method": None if podium is None else podium.method,
            "places": [] if podium is None else [
                {"place": each.place, "participant_id": each.participant_id} for each in podium.places
            ],
            "steps": [] if row is None else list(row.steps),
            "reviewed_at": None if row is None else row.reviewed_at,
        }  # fmt: skip


def _named(steps: Sequence[Mapping[str, Any]]) -> set[int]:
    """Everybody whom the steps speak of."""
    named: set[int] = set()
    for step in steps:
        data = step["data"]
        named |= {who for group in data.get("places", ()) for who in group}
        named |= {*data.get("participants", ()), *(who for who, _ in data.get("values", ()))}
        named |= {data["participant_id"]} if "participant_id" in data else set()
    return named
