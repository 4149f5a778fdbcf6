"""Player ids: the one spelling in which an id is compared and kept (spec 01, table of games)."""

import re
import unicodedata

from webapp.domain.errors import FieldError, PlayerIdError
from webapp.domain.games.definition import Game

_LONGEST = 100
# Control characters, halves of surrogate pairs, line and paragraph separators, and invisible marks. The zero-width
# joiner and non-joiner stay: names in Bengali or Persian are spelled with them.
_REFUSED_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp", "Cf"})
_JOINERS = "\u200c\u200d"


def normalise_player_id(game: Game, raw: str) -> str:
    """The id as it is kept: trimmed, Unicode NFC, other accepted spellings rewritten (`UID(Zone)` to `UID|Zone`).

    Raises PlayerIdError that says the right form and shows an example.
    """
    if not isinstance(raw, str):
        raise _error(game, raw)
    text = unicodedata.normalize("NFC", raw.strip())
    if len(text) > _LONGEST or any(_is_refused(char) for char in text):
        raise _error(game, raw)
    for alias in game.player_id.aliases:
        if match := re.fullmatch(alias.pattern, text):
            text = match.expand(alias.becomes)
            break
    if not re.fullmatch(game.player_id.pattern, text):
        raise _error(game, raw)
    return text


def player_identity(game: Game, player_id: str) -> str:
    """What tells two players of the game apart, from a normalised id.

    The UID where a changeable name stands beside it, and without regard to case where the game has none: one identity
    registers once in a tournament.
    """
    match = re.fullmatch(game.player_id.pattern, player_id)
    identity = match["identity"] if match and "identity" in match.groupdict() else player_id
    return identity if game.player_id.case_sensitive else identity.casefold()


def _is_refused(char: str) -> bool:
    return unicodedata.category(char) in _REFUSED_CATEGORIES and char not in _JOINERS


def _error(game: Game, raw: object) -> PlayerIdError:
    rule = game.player_id
    right = f"write it as {rule.form}; for example {rule.example}"
    return PlayerIdError(
        f"{_shown(raw)} is not a {rule.name} of {game.title}: {right}", [FieldError("player_id", right)]
    )


def _shown(raw: object) -> str:
    if not isinstance(raw, str):
        return "This"
    text = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in raw.strip())
    if not text:
        return "An empty text"
    return f"“{text}”" if len(text) <= 40 else f"“{text[:40]}…”"
