"""Sentences that are written where nobody knows the reader's language: English, with what a translation needs."""

from collections.abc import Mapping
from typing import Self


def N_(text: str) -> str:  # noqa: N802  (the name that every extraction of messages knows)
    """The text itself. The name marks it for the catalogues; the page that shows it translates it."""
    return text


class Wording(str):
    """An English sentence that knows its pattern and its values, so that a page can say it in another language."""

    __slots__ = ("pattern", "values")
    pattern: str
    values: Mapping[str, object]

    def __new__(cls, pattern: str, values: Mapping[str, object]) -> Self:
        """The sentence with the values in their places."""
        wording = super().__new__(cls, pattern % values)
        wording.pattern, wording.values = pattern, values
        return wording

    def __reduce__(self) -> tuple[object, ...]:
        """Lets it cross a process boundary with its parts."""
        return Wording, (self.pattern, self.values)


def worded(pattern: str, **values: object) -> Wording:
    """The sentence of a pattern such as `There is no match %(id)s.`; the name marks it for the catalogues."""
    return Wording(pattern, values)
