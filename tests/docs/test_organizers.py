"""The organizer's guide names what there is: its pictures, its pages, and the words on buttons and links."""

import re
from html import unescape

import pytest
from flask import Flask
from PIL import Image
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from webapp.config import ROOT

DOCS = ROOT / "docs"
GUIDE = DOCS / "organizers.md"
PICTURES = DOCS / "img" / "organizers"
TEXT = GUIDE.read_text("utf-8")
HEAVIEST = 100_000
OWN_WORDS = {"Contents:"}
"""In bold for the reader's eye alone."""


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Routes are the same on both databases."""
    return sqlite_url


def test_each_picture_is_there_is_used_and_is_small() -> None:
    shown = re.findall(r"!\[[^\]]+\]\(img/organizers/([\w-]+\.webp)\)", TEXT)
    assert TEXT.count("![") == len(shown)
    assert sorted(shown) == sorted(path.name for path in PICTURES.iterdir())
    for name in shown:
        with Image.open(PICTURES / name) as picture:
            assert (picture.format, picture.width) == ("WEBP", int(name.rpartition("-")[2].removesuffix(".webp"))), name
        assert (PICTURES / name).stat().st_size <= HEAVIEST, name


def test_each_page_that_is_named_is_served(app: Flask) -> None:
    paths = re.findall(r"`(/[^`\s]*)`", TEXT)
    assert len(paths) > 20
    adapter = app.url_map.bind("localhost")
    assert [path for path in paths if not _is_page(adapter, re.sub(r"[A-Z]+", "1", path))] == []


def _is_page(adapter: object, path: str) -> bool:
    try:
        adapter.match(path, "GET")  # type: ignore[attr-defined]  # werkzeug's MapAdapter
    except (HTTPException, RequestRedirect):
        return False
    return True


def test_each_word_in_bold_stands_on_a_page() -> None:
    sources = [*(ROOT / "templates").rglob("*.html"), *(ROOT / "webapp" / "views").rglob("*.py")]
    said = unescape(" ".join(" ".join(path.read_text("utf-8") for path in sources).split()))
    bold = {" ".join(words.split()) for words in re.findall(r"\*\*(.+?)\*\*", TEXT, re.DOTALL)}
    assert len(bold) > 40
    assert {words for words in bold - OWN_WORDS if words not in said} == set()


def test_links_inside_the_guide_and_to_it_lead_somewhere() -> None:
    titles = re.findall(r"^#+ (.+)$", TEXT, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
    assert {link for link in re.findall(r"\]\(#([\w-]+)\)", TEXT) if link not in anchors} == set()
    files = re.findall(r"\]\(([\w-]+\.md)", TEXT)
    assert [name for name in files if not (DOCS / name).is_file()] == []
    assert "docs/organizers.md" in (ROOT / "README.md").read_text("utf-8")
    old = "organizing.md"
    assert [path.name for path in [ROOT / "README.md", *DOCS.rglob("*.md")] if old in path.read_text("utf-8")] == []
