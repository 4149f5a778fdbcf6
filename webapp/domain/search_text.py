"""Text as full-text search reads it: one spelling of letters, words with a blank on each side.

Both databases then answer the same: a word of a search is found where a word of the text begins with it.
"""

import unicodedata
from collections.abc import Iterable
from typing import Final

MOST_WORDS: Final = 12
"""Words of a search that are looked for; what comes after them says nothing new."""


def folded(text: str) -> str:
    """Small letters without accents; what is neither letter, digit nor a mark of its script becomes a blank."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return "".join(_kept(character) for character in plain)


def indexed(texts: Iterable[str]) -> str:
    """What is stored of texts that are searched together; each of their words once."""
    words = dict.fromkeys(word for text in texts for word in folded(text).split())
    return f" {' '.join(words)} " if words else ""


def words_of(search: str) -> tuple[str, ...]:
    """The words that a search looks for; each must begin a word of the text."""
    return tuple(dict.fromkeys(folded(search).split()))[:MOST_WORDS]


def _kept(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Mn" and unicodedata.name(character, "").startswith("COMBINING"):
        # An accent: who looks for Elan finds Élan. Signs of vowels in other scripts are letters and stay.
        return ""
    return character if category[0] in "LNM" else " "
