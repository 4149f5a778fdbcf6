"""What a team may be called, who is what in it, and how long an invitation stands."""

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from webapp.domain.errors import DomainError, FieldError
from webapp.domain.games import Game, load_games
from webapp.domain.names import UnusableNameError, clean_name

CAPTAIN: Final = "captain"
ROLES: Final = (CAPTAIN, "player", "substitute", "coach")
"""Every role in a team, in the order in which members are shown."""
ASSIGNED: Final = ROLES[1:]
"""What a captain makes of somebody; being captain is handed over."""
LONGEST_NAME: Final = 40
LONGEST_DESCRIPTION: Final = 2_000
LONGEST_LINE_UP_NAME: Final = 40
MOST_MEMBERS: Final = 30
"""Members and open invitations together."""
MOST_LINE_UPS: Final = 10
INVITE_LASTS: Final = timedelta(days=7)
_TAG_LENGTHS: Final = range(2, 6)


class TeamError(DomainError):
    """A team, or something of it, that cannot be as asked."""

    default_code = "invalid_team"


def team_games() -> dict[str, Game]:
    """The games that are played by teams."""
    return {slug: game for slug, game in load_games().items() if game.side != "solo"}


def checked(values: Mapping[str, Any]) -> dict[str, Any]:
    """Those of name, tag, game and description that are given, each in its one spelling.

    Raises TeamError with everything that is wrong.
    """
    cleaned, problems = dict(values), []
    for name, check in (("name", _name), ("tag", _tag), ("description", _description), ("game", _game)):
        if name in values:
            try:
                cleaned[name] = check(values[name])
            except ValueError as error:
                problems.append(FieldError(name, str(error)))
    if problems:
        raise TeamError.listing("The team cannot be saved", problems)
    return cleaned


def checked_role(role: str) -> str:
    """A role that a captain may give; TeamError for every other word."""
    if role not in ASSIGNED:
        raise TeamError.listing("The role cannot be given", [FieldError("role", f"choose {', '.join(ASSIGNED)}")])
    return role


def checked_line_up(
    name: str, players: Sequence[Mapping[str, Any]], members: Collection[int]
) -> tuple[str, list[dict[str, Any]]]:
    """The line-up's name in its one spelling, and its players; TeamError with everything that is wrong."""
    problems = list(_line_up_problems(players, members))
    cleaned = ""
    try:
        cleaned = _clean(name, LONGEST_LINE_UP_NAME)
    except ValueError as error:
        problems.insert(0, FieldError("name", str(error)))
    if problems:
        raise TeamError.listing("The line-up cannot be saved", problems)
    return cleaned, [
        {"user_id": player["user_id"], "role": player["role"], "player_id": player.get("player_id")}
        for player in players
    ]


def _line_up_problems(players: Sequence[Mapping[str, Any]], members: Collection[int]) -> Iterator[FieldError]:
    ids = [player["user_id"] for player in players]
    if not any(player["role"] in {CAPTAIN, "player"} for player in players):
        yield FieldError("players", "choose who plays; a line-up needs at least one player")
    if len(set(ids)) < len(ids):
        yield FieldError("players", "names somebody twice")
    if not set(ids) <= set(members):
        yield FieldError("players", "names somebody who is not in the team")
    if any(player["role"] not in ROLES for player in players):
        yield FieldError("players", f"roles are {', '.join(ROLES)}")


def _name(text: str) -> str:
    return _clean(text, LONGEST_NAME)


def _clean(text: str, limit: int) -> str:
    try:
        cleaned = clean_name(text, limit=limit)
    except UnusableNameError as error:
        raise ValueError(str(error)) from None
    if not cleaned:
        raise ValueError("is empty; write a name")
    return cleaned


def _tag(text: str | None) -> str | None:
    tag = unicodedata.normalize("NFC", (text or "").strip())
    if not tag:
        return None
    if len(tag) not in _TAG_LENGTHS or not all(_is_of_a_tag(char) for char in tag):
        raise ValueError("write 2 to 5 letters or digits, such as NF or KITE")
    return tag


def _is_of_a_tag(char: str) -> bool:
    # Marks belong to their letters in Bengali and many other scripts.
    return char.isalnum() or unicodedata.category(char) in {"Mn", "Mc"}


def _description(text: str) -> str:
    plain = re.sub(r"\r\n?", "\n", text).strip()
    if len(plain) > LONGEST_DESCRIPTION:
        raise ValueError(f"has {len(plain)} characters; shorten it to {LONGEST_DESCRIPTION}")
    return plain


def _game(slug: str) -> str:
    if slug not in team_games():
        raise ValueError("choose a game that teams play")
    return slug
