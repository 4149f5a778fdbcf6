"""Who may register for a tournament, when, and with which line-up: every refusal with a code of its own."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

from webapp.domain.errors import Conflict, DomainError, FieldError, PlayerIdError, ResultError
from webapp.domain.games import Game
from webapp.domain.player_ids import normalise_player_id, player_identity

HOLDING: Final = ("pending", "submitted", "approved")
"""States of registrations that hold a place."""
OUT: Final = ("rejected", "withdrawn")
"""States in which the players are free to register elsewhere."""
STARTERS: Final = ("captain", "player")
ROLES: Final = (*STARTERS, "substitute", "coach")
MOST_COACHES: Final = 2
LONGEST_REASON: Final = 500
"""Of a withdrawal; nobody has to give one."""


class RegistrationError(DomainError):
    """A registration whose content the rules refuse."""

    default_code = "registration_refused"


class Problem(NamedTuple):
    """One thing that keeps a registration from being taken: which refusal it is, and where."""

    code: str
    field: FieldError


class LinedUp(NamedTuple):
    """Somebody on a line-up, as it was sent."""

    user_id: int
    role: str = "player"
    player_id: str = ""


class CheckedPlayer(NamedTuple):
    """The same with the id in its one spelling; a coach has none."""

    user_id: int
    role: str
    player_id: str | None
    identity: str | None


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What other registrations of the tournament already have: people and identities in the game."""

    user_ids: Collection[int] = ()
    identities: Collection[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Circle:
    """The people whom a line-up may name, and those of them who may not take part at present."""

    members: Collection[int]
    barred: Collection[int] = field(default=())


def ensure_window_open(
    status: str,
    *,
    opens_at: datetime | None,
    closes_at: datetime | None,
    starts_at: datetime | None,
    now: datetime,
) -> None:
    """Nothing while people may register by themselves; without a time to close it closes at the start.

    Raises Conflict: `tournament_draft`, `registration_not_open`, `registration_closed`.
    """
    if status == "draft":
        raise Conflict("The tournament is a draft; registration has not been announced.", code="tournament_draft")
    if status != "registration_open":
        raise Conflict("Registration is closed.", code="registration_closed")
    if opens_at is not None and now < opens_at:
        raise Conflict(f"Registration opens at {opens_at:%Y-%m-%d %H:%M} UTC.", code="registration_not_open")
    end = closes_at or starts_at
    if end is not None and now >= end:
        raise Conflict(f"Registration closed at {end:%Y-%m-%d %H:%M} UTC.", code="registration_closed")


def checked_line_up(
    game: Game,
    players: Sequence[LinedUp],
    *,
    least: int | None,
    circle: Circle,
    elsewhere: Elsewhere,
) -> tuple[tuple[CheckedPlayer, ...], list[Problem]]:
    """The players as they are kept, and everything that is wrong with them.

    `least` is how many a team brings at least; None is the game's own number.
    """
    problems = [*_size_problems(game, players, least)]
    checked: list[CheckedPlayer] = []
    for place, player in enumerate(players):
        found, wrong = _checked_player(game, player, f"players[{place}]", circle)
        problems += wrong
        checked.append(found)
    problems += _taken_problems(checked, elsewhere)
    return tuple(checked), problems


def refuse(problems: Iterable[Problem]) -> None:
    """Nothing when there are none; raises RegistrationError with the code of the first and every field."""
    found = list(problems)
    if found:
        error = RegistrationError.listing("The registration cannot be taken", [problem.field for problem in found])
        error.code = found[0].code
        raise error


def team_sizes(game: Game, least: int | None) -> tuple[int, int]:
    """How many a team lines up, at least and at most, without substitutes and coaches."""
    return max(game.players_min, least or 0), game.players_max


def size_words(game: Game, least: int | None) -> str:
    """What a team brings, in words."""
    low, high = team_sizes(game, least)
    players = f"{low}" if low == high else f"{low} to {high}"
    noun = "player" if high == 1 else "players"
    return f"{players} {noun}" + (f" and up to {game.substitutes} substitutes" if game.substitutes else "")


def _size_problems(game: Game, players: Sequence[LinedUp], least: int | None) -> Iterator[Problem]:
    def count(*roles: str) -> int:
        return sum(player.role in roles for player in players)

    low, high = team_sizes(game, least)
    starters, substitutes, coaches = count(*STARTERS), count("substitute"), count("coach")
    if not low <= starters <= high or substitutes > game.substitutes:
        listed = f"{starters} and {substitutes} substitutes are listed" if substitutes else f"{starters} listed"
        message = f"bring {size_words(game, least)}; there are {listed}"
        yield Problem("wrong_team_size", FieldError("players", message.replace("there are 1 listed", "1 is listed")))
    if coaches > MOST_COACHES:
        yield Problem("wrong_team_size", FieldError("players", f"list at most {MOST_COACHES} coaches"))


def _checked_player(game: Game, player: LinedUp, path: str, circle: Circle) -> tuple[CheckedPlayer, list[Problem]]:
    problems = []
    if player.role not in ROLES:
        problems.append(Problem("wrong_role", FieldError(f"{path}.role", f"must be one of {', '.join(ROLES)}")))
    if player.user_id not in circle.members:
        problems.append(Problem("not_a_member", FieldError(f"{path}.user_id", "does not belong to the team")))
    elif player.user_id in circle.barred:
        message = "may not take part at present; ask the staff of this site"
        problems.append(Problem("player_sanctioned", FieldError(f"{path}.user_id", message)))
    if player.role == "coach":
        return CheckedPlayer(player.user_id, player.role, None, None), problems
    try:
        player_id = normalise_player_id(game, player.player_id)
    except PlayerIdError as error:
        problems.append(Problem("bad_player_id", FieldError(f"{path}.player_id", error.fields[0].message)))
        return CheckedPlayer(player.user_id, player.role, None, None), problems
    return CheckedPlayer(player.user_id, player.role, player_id, player_identity(game, player_id)), problems


def _taken_problems(players: Sequence[CheckedPlayer], elsewhere: Elsewhere) -> Iterator[Problem]:
    seen: dict[str | int, int] = {}
    for place, player in enumerate(players):
        path = f"players[{place}]"
        if player.user_id in seen:
            yield Problem("wrong_team_size", FieldError(f"{path}.user_id", "is on the list twice"))
        elif player.user_id in elsewhere.user_ids:
            message = "is registered in this tournament already, with another team"
            yield Problem("player_registered", FieldError(f"{path}.user_id", message))
        if player.identity is not None and player.identity in seen:
            yield Problem("duplicate_player_id", FieldError(f"{path}.player_id", "is that of another player here"))
        elif player.identity is not None and player.identity in elsewhere.identities:
            message = "is registered in this tournament already"
            yield Problem("duplicate_player_id", FieldError(f"{path}.player_id", message))
        seen[player.user_id] = place
        if player.identity is not None:
            seen[player.identity] = place


def names_by_player(problems: Sequence[FieldError]) -> Mapping[int, tuple[str, ...]]:
    """What is wrong with the n-th player of a line-up, for a page that shows it beside the player."""
    found: dict[int, tuple[str, ...]] = {}
    for problem in problems:
        head, _, rest = problem.path.partition("]")
        if head.startswith("players[") and rest:
            place = int(head.removeprefix("players["))
            found[place] = (*found.get(place, ()), problem.message)
    return found


def checked_withdrawal_reason(reason: str) -> str:
    """Why somebody withdraws, without blanks around it; it may be empty. Raises ResultError."""
    reason = reason.replace("\r\n", "\n").strip()
    if len(reason) > LONGEST_REASON or any(not (sign.isprintable() or sign in "\n\t") for sign in reason):
        problem = FieldError("reason", f"write at most {LONGEST_REASON} characters that can be shown, or nothing")
        raise ResultError.listing("Nobody is withdrawn", [problem])
    return reason
