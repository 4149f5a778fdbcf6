"""A live match of two sides, each with somebody who speaks for it."""

from dataclasses import dataclass
from typing import Final

from tests.arenas import OPENED_AT, open_league
from webapp.domain.names import name_key
from webapp.domain.series import SeriesGame
from webapp.models import Registration, User
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import transaction

WON: Final = (13, 7)


@dataclass(frozen=True)
class Contest:
    """Match 1 of a tournament: alice speaks for side `a`, bob for `b`; the stranger for nobody."""

    tournament_id: int
    match_ids: tuple[int, ...]
    a: int
    b: int
    alice: Actor
    bob: Actor
    stranger: Actor

    @property
    def match_id(self) -> int:
        return self.match_ids[0]

    def games(self, *wins: int) -> list[SeriesGame]:
        """Games in their order, each won by side a (0) or b (1)."""
        return [
            SeriesGame(number, {self.a: WON[winner], self.b: WON[1 - winner]}, "Bind")
            for number, winner in enumerate(wins, start=1)
        ]

    def also_speaks_for(self, who: Actor, registration_id: int) -> None:
        with transaction() as session:
            session.get_one(Registration, registration_id).registered_by_id = who.user_id


def open_contest(*, best_of: int = 3, game: str = "valorant", matches: int = 1, name: str = "Duel") -> Contest:
    """`matches` of the same two sides."""
    league = open_league(game, {"cascade": ["points"]}, [(0, 1)] * matches, sides=2, best_of=best_of, name=name)
    a, b = league.participant_ids
    alice, bob, stranger = (player(f"{name} {who}") for who in ("alice", "bob", "stranger"))
    contest = Contest(league.tournament_id, league.match_ids, a, b, alice, bob, stranger)
    contest.also_speaks_for(alice, a)
    contest.also_speaks_for(bob, b)
    return contest


def player(handle: str) -> Actor:
    """Somebody with an account that nobody logs in to."""
    with transaction() as session:
        user = User(handle=handle, handle_key=name_key(handle), role="player", created_at=OPENED_AT)
        session.add(user)
        session.flush()
        return Actor(user.id, user.role)
