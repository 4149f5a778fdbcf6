"""Text as full-text search reads it."""

import pytest

from webapp.domain.search_text import MOST_WORDS, indexed, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Élan  CUP!", ("elan", "cup")),
        ("Straße-Cup", ("strasse", "cup")),
        ("ｆｕｌｌ width", ("full", "width")),
        ("ঢাকা কাপ", ("ঢাকা", "কাপ")),
        ("100% _off_", ("100", "off")),
        ("cup Cup CUP", ("cup",)),
        ("  ", ()),
    ],
)
def test_words_are_folded_alike_in_texts_and_searches(text: str, words: tuple[str, ...]) -> None:
    assert words_of(text) == words
    assert indexed([text]) == (f" {' '.join(words)} " if words else "")


def test_a_search_is_cut_off_after_some_words() -> None:
    assert len(words_of(" ".join(map(str, range(99))))) == MOST_WORDS
