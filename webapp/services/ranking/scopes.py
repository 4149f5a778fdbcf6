"""Names of the scopes a board can have."""

from typing import NamedTuple


class Scope(NamedTuple):
    """A board's scope: one tournament, one season of a game, or all of a game's time."""

    kind: str
    key: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.key}"


def tournament(tournament_id: int) -> Scope:
    """The board of one tournament."""
    return Scope("tournament", str(tournament_id))


def season(game: str, slug: str) -> Scope:
    """The board of one season of a game."""
    return Scope("season", f"{game}:{slug}")


def all_time(game: str) -> Scope:
    """The board of everything ever played in a game here."""
    return Scope("all_time", game)
