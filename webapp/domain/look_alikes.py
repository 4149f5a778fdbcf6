"""Tells names apart that people cannot: “Team” beside “Теам” with Cyrillic letters, “Il” beside “ll”, “Ab” beside “AB”.

After Unicode Technical Standard 39, section 4 (skeletons of confusable strings); its table comes with the package
`confusable-homoglyphs`.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources

import orjson

# The package wraps right-to-left letters in left-to-right marks, which belong to its display, not to the letters.
_LEFT_TO_RIGHT_MARK = "\u200e"


def look_alikes(names: Iterable[str]) -> list[tuple[str, str]]:
    """Pairs of different names that look alike: each later name beside the first one that it looks like."""
    first_with: dict[tuple[str, str], str] = {}
    pairs: list[tuple[str, str]] = []
    for name in dict.fromkeys(names):
        earlier = [first_with.setdefault(key, name) for key in likeness(name)]
        if twin := next((first for first in earlier if first != name), None):
            pairs.append((twin, name))
    return pairs


def skeleton(text: str) -> str:
    """The text with each character replaced by the plainest one it looks like, and without invisible ones."""
    visible = "".join(char for char in unicodedata.normalize("NFKD", text) if unicodedata.category(char) != "Cf")
    return visible.translate(_prototypes())


def likeness(name: str) -> tuple[tuple[str, str], tuple[str, str]]:
    """Keys of how a name looks: names that share one of them look alike."""
    # Both cases: Cyrillic т looks like no Latin letter, its capital like T; Latin I looks like l, but not once it is i.
    return ("upper", skeleton(name.upper())), ("lower", skeleton(skeleton(name).casefold()))


@cache
def _prototypes() -> Mapping[int, str]:
    """Code point -> what it looks like."""
    table = orjson.loads(resources.files("confusable_homoglyphs").joinpath("confusables.json").read_bytes())
    alike = {
        text.strip(_LEFT_TO_RIGHT_MARK): [found["c"].strip(_LEFT_TO_RIGHT_MARK) for found in homoglyphs]
        for text, homoglyphs in table.items()
    }
    # Sources name their one prototype, a prototype names all its sources; in a pair one is chosen.
    return {
        ord(text): others[0]
        for text, others in alike.items()
        if len(text) == 1 and len(others) == 1 and _plainness(others[0], alike) > _plainness(text, alike)
    }


def _plainness(text: str, alike: Mapping[str, list[str]]) -> tuple[int, int, bool, int]:
    return len(alike.get(text, ())), len(text), text.isascii(), -ord(text[0])
