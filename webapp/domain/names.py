"""Public names as people write them: one spelling, nothing invisible that could deceive, a key that ignores case."""

import unicodedata
from typing import Final

NAME_LIMIT: Final = 80
"""Characters of a name of a team, a player, a tournament, a match or a map."""

SHOWN_LIMIT: Final = 40
"""Characters of a wrong value that a message repeats."""

# They turn the direction of the text that follows, so that a name could rewrite the row it stands in (CVE-2021-42574).
_DIRECTION_CONTROLS: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Left behind by copying out of chats and web pages. Inside a name they may join letters or emoji, at its ends never.
_INVISIBLE_ENDS: Final = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad"


class UnusableNameError(ValueError):
    """A name that cannot be used; its text says why and what to do."""


def clean_name(text: str, *, limit: int = NAME_LIMIT) -> str:
    """The name in its one spelling: Unicode NFC, trimmed, each run of blanks one space; empty when nothing is left.

    Raises UnusableNameError for control characters, characters that turn the direction of text, and more than `limit`
    characters. Letters of all scripts, emoji and case stay as they are: names that differ in them are different names.
    """
    if text.isascii() and text.isprintable():
        name = " ".join(text.split())
    else:
        _check_characters(text)
        name = " ".join(unicodedata.normalize("NFC", text).split()).strip(_INVISIBLE_ENDS + " ")
    if len(name) > limit:
        raise UnusableNameError(f"is {len(name)} characters long; shorten it to at most {limit}")
    return name


def name_key(name: str) -> str:
    """What two names share when they differ only in case or in forms of the same letters (fullwidth, ligatures)."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def quoted(text: str) -> str:
    """The text between quotation marks, fit for a terminal: cut to a line, control characters spelled out."""
    shown = text if len(text) <= SHOWN_LIMIT else text[:SHOWN_LIMIT] + "…"
    return "“" + "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in shown) + "”"


def _check_characters(text: str) -> None:
    for char in text:
        if char in _DIRECTION_CONTROLS:
            raise UnusableNameError(f"holds U+{ord(char):04X}, which turns the direction of text; remove it")
        # Tabs and line breaks are blanks like others.
        if unicodedata.category(char) == "Cc" and not char.isspace():
            raise UnusableNameError(f"holds the control character U+{ord(char):04X}; remove it")
