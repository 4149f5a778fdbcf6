"""The check of the catalogues must see what would be wrong for readers."""

import pytest
from babel.messages.catalog import Catalog

from tests import catalogues


@pytest.mark.parametrize(
    ("source", "translation", "flags", "told"),
    [
        ("Version %(number)s", "সংস্করণ %(number)s", (), ""),
        ("Version %(number)s", "সংস্করণ", (), "placeholders or marks differ"),
        ("Version %(number)s", "সংস্করণ %(num)s", (), "placeholders or marks differ"),
        ("<b>%(count)s</b> points", "%(count)s পয়েন্ট", (), "placeholders or marks differ"),
        ("Rank", "", (), "not translated"),
        ("Rank", "র‍্যাঙ্ক", ("fuzzy",), "marked as fuzzy"),
        (("%(num)s match", "%(num)s matches"), ("একটি ম্যাচ", "%(num)sটি ম্যাচ"), (), ""),
        (("%(num)s match", "%(num)s matches"), ("%(num)sটি ম্যাচ", ""), (), "not translated"),
        (("%(num)s match", "%(num)s matches"), ("%(num)sটি ম্যাচ", "%(n)sটি ম্যাচ"), (), "placeholders or marks differ"),
    ],
)
def test_what_is_wrong_with_a_translation_is_told(
    source: str | tuple[str, str], translation: str | tuple[str, str], flags: tuple[str, ...], told: str
) -> None:
    catalog = Catalog(locale="bn")
    message = catalog.add(source, translation, flags=flags)
    found = list(catalogues._problems_of(message, catalog))
    assert [problem.partition(":")[0] for problem in found] == ([told] if told else [])


def test_a_sentence_that_is_in_no_catalogue_fails_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    sources = catalogues.extracted()
    sources.add("Something that was added a minute ago")
    monkeypatch.setattr(catalogues, "extracted", lambda: sources)
    assert "bn: not in the catalogue: 'Something that was added a minute ago'" in catalogues.problems("bn")


def test_messages_come_from_templates_and_from_code() -> None:
    places = {message.id: {file for file, _ in message.locations} for message in catalogues.extracted() if message.id}
    assert "templates/shared/_leaderboard.html" in places["Leaderboard"]
    assert "webapp/services/pages/scoreboard_reads.py" in places["There is no match %(id)s."]
    assert "webapp/errors.py" in places["Nothing is here"]
