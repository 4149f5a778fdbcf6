"""English and Bengali: who decides, what is remembered, and that nothing is left in the other language."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from flask import Flask
from flask.testing import FlaskClient
from markupsafe import escape
from sqlalchemy import String, Text, select

from tests.arenas import Arena, open_battle_royale, turn_on_the_engine
from tests.personas import Persona, token_for
from tests.public_pages import PENALTY, REASON, RULES, open_everything
from webapp.domain.games import load_games
from webapp.domain.presets import load_presets
from webapp.extensions import db
from webapp.models import Match, Team, Tournament, User
from webapp.views.locales import in_language

HTMX = {"HX-Request": "true"}
BENGALI = "লিডারবোর্ড"


@pytest.fixture
def arena(app: Flask) -> Arena:
    turn_on_the_engine()
    return open_battle_royale(squads=3, lobbies=2)


def language_of(text: str) -> str:
    found = re.search(r'<html lang="(\w+)"', text)
    assert found
    return found[1]


def test_the_address_decides_before_the_cookie_and_the_cookie_before_the_browser(client: FlaskClient) -> None:
    bengali = {"Accept-Language": "bn-BD,bn;q=0.9,en;q=0.5"}
    assert language_of(client.get("/").text) == "en"
    assert language_of(client.get("/", headers=bengali).text) == "bn"
    assert language_of(client.get("/", headers={"Accept-Language": "fr, de"}).text) == "en"
    client.set_cookie("dc_lang", "en")
    assert language_of(client.get("/", headers=bengali).text) == "en"
    assert language_of(client.get("/?lang=bn").text) == "bn"
    client.set_cookie("dc_lang", "klingon")
    assert language_of(client.get("/", headers=bengali).text) == "bn"


def test_a_page_that_is_asked_for_in_a_language_is_remembered_for_a_year(client: FlaskClient) -> None:
    cookie = client.get("/rules/?lang=bn").headers["Set-Cookie"]
    assert re.sub(r"Expires=[^;]+; ", "", cookie) == "dc_lang=bn; Max-Age=31536000; HttpOnly; Path=/; SameSite=Lax"
    again = client.get("/rules/?lang=bn")
    assert "Set-Cookie" not in again.headers
    assert language_of(client.get("/tournaments/").text) == "bn"
    assert client.get("/?lang=en").headers["Set-Cookie"].startswith("dc_lang=en;")
    for path in ("/?lang=xx", "/?lang=", "/no-such-page/?lang=bn", "/healthz?lang=bn"):
        assert "Set-Cookie" not in client.get(path).headers, path


def test_whole_pages_vary_by_what_their_language_depends_on(client: FlaskClient) -> None:
    answer = client.get("/")
    assert {"HX-Request", "Cookie", "Accept-Language"} <= set(answer.vary)
    assert answer.headers["Cache-Control"] == "private, no-cache"


def test_the_switch_is_a_link_to_the_same_page_with_the_rest_of_its_query(client: FlaskClient) -> None:
    text = client.get("/tournaments/?q=a%26b&game=pubgm&lang=bn").text
    found = re.findall(
        r'<a href="([^"]+)"\s+lang="(\w+)"\s+hreflang="\w+"\s+rel="nofollow"\s+(aria-current="true")?', text
    )
    assert found == [
        ("?q=a%26b&amp;game=pubgm&amp;lang=en", "en", ""), ("?q=a%26b&amp;game=pubgm&amp;lang=bn", "bn", 'aria-current="true"'),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("url", "code", "expected"),
    [
        ("/a/", "bn", "/a/?lang=bn"), ("/a/?q=x+y&b=%20", "bn", "/a/?q=x+y&b=%20&lang=bn"), ("/a/?lang=bn#top", "en", "/a/#top"),
        ("/a/?lang=xx&page=2", "bn", "/a/?page=2&lang=bn"), ("/a/?region=South%20Asia", "en", "/a/?region=South%20Asia"),
    ],
)  # fmt: skip
def test_an_address_in_a_language_is_the_same_but_for_it(url: str, code: str, expected: str) -> None:
    assert in_language(url, code) == expected
    assert in_language(escape(url), code) == expected


def test_a_fragment_is_in_the_language_of_its_address_whoever_asks(client: FlaskClient, arena: Arena) -> None:
    path = f"/spectator/tournaments/{arena.tournament_id}/leaderboard/fragment/"
    plain = client.get(path, headers=HTMX)
    client.set_cookie("dc_lang", "bn")
    for asked in (path, f"{path}?lang=en"):
        answer = client.get(asked, headers={**HTMX, "Accept-Language": "bn"})
        assert (answer.data, answer.headers["ETag"]) == (plain.data, plain.headers["ETag"])
        assert (answer.headers["Vary"], "Set-Cookie" in answer.headers) == ("HX-Request", False)
    bengali = client.get(f"{path}?lang=bn", headers=HTMX)
    assert BENGALI in bengali.text
    assert bengali.headers["ETag"] != plain.headers["ETag"]
    assert "Set-Cookie" not in bengali.headers
    assert f'hx-get="{path}?lang=bn"' in bengali.text


def test_a_page_polls_and_explains_in_its_own_language(client: FlaskClient, app: Flask) -> None:
    pages = open_everything()
    page = client.get(f"/spectator/tournaments/{pages.cup.tournament_id}/?page=2&lang=bn").text
    asked = re.findall(r'(?:hx-get|data-url|data-frame-url)="([^"]+)"|href="([^"]+/why/[^"]*)"\s+data-why', page)
    addresses = [first or second for first, second in asked]
    assert len(addresses) > 5
    assert [address for address in addresses if "lang=bn" not in address] == []
    why = next(address for address in addresses if "/why/" in address).replace("&amp;", "&")
    assert "কেন" in client.get(why, headers=HTMX).text
    # As a fragment it is everybody's: the choice of one reader is not in it.
    client.set_cookie("dc_lang", "bn")
    assert "কেন" not in client.get(why.partition("?")[0], headers=HTMX).text


def test_made_up_languages_are_english_and_make_no_copies(client: FlaskClient, app: Flask, arena: Arena) -> None:
    path = f"/spectator/tournaments/{arena.tournament_id}/leaderboard/fragment/"
    plain = client.get(path, headers=HTMX)
    kept = app.extensions["fragment_layer"]._answers
    before = set(kept)
    for number in range(50):
        answer = client.get(f"{path}?lang=x{number}", headers=HTMX)
        assert (answer.data, answer.headers["ETag"]) == (plain.data, plain.headers["ETag"])
    assert set(kept) == before


def test_where_people_work_pages_are_english_and_say_so(olga: Persona, app: Flask) -> None:
    olga.client.set_cookie("dc_lang", "bn")
    for path in ("/organizer/", "/me/", "/api/"):
        text = olga.client.get(path, headers={"Accept-Language": "bn"}).text
        assert (language_of(text), re.search("[\u0980-\u09ff]", text)) == ("en", None), path


def test_errors_are_told_in_the_readers_language(client: FlaskClient) -> None:
    client.set_cookie("dc_lang", "bn")
    assert "71 নম্বরের কোনো ম্যাচ নেই।" in client.get("/spectator/matches/71/").text
    missing = client.get("/no-such-page/")
    assert (missing.status_code, language_of(missing.text)) == (404, "bn")
    assert "পাতাটি নেই" in missing.text
    problem = client.get("/api/nowhere/").json
    assert problem is not None
    assert problem["title"] == "Nothing is here"


def test_refused_forms_are_told_in_the_readers_language(client: FlaskClient) -> None:
    client.set_cookie("dc_lang", "bn")
    token = token_for(client)
    typed = {"csrf_token": token, "email": "nobody", "handle": "", "password": "short"}
    text = client.post("/register/", data=typed).text
    assert "সবাই যে নাম দেখবে তা বেছে নিন।" in text
    typed["handle"] = "Nadia"
    text = client.post("/register/", data=typed).text
    assert "পাসওয়ার্ড বেশি ছোট; অন্তত" in text
    assert "কোনো ইমেইল ঠিকানা নয়" in text
    wrong = client.post("/login/", data={"csrf_token": token, "email": "a@b.example", "password": "something else"})
    assert "ইমেইল ঠিকানা বা পাসওয়ার্ড ভুল।" in wrong.text


class VisibleText(HTMLParser):
    """What a reader sees or hears of a page: text and the attributes that are read out; code and other languages apart."""

    TOLD = ("title", "aria-label", "alt", "placeholder", "data-label")
    VOID = ("img", "input", "meta", "link", "br", "use", "path", "line", "circle", "source")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, bool]] = []
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        is_apart = (
            tag in {"script", "style", "code", "textarea"}
            or given.get("translate") == "no"
            or given.get("lang") == "en"
        )
        if tag == "script" and given.get("type") == "application/json":
            is_apart = False
        if tag not in self.VOID:
            self.open.append((tag, is_apart))
        if not is_apart and not self._is_apart():
            self.found += [given[name] or "" for name in self.TOLD if name in given]
            if tag == "meta" and given.get("name") == "description":
                self.found.append(given["content"] or "")

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1][0] == "script" and not self._is_apart():
            self.found += [value for value in json.loads(data).values() if isinstance(value, str)]
        elif not self._is_apart():
            self.found.append(data)

    def _is_apart(self) -> bool:
        return any(is_apart for _, is_apart in self.open)


def words_of(page: str) -> Iterator[str]:
    reader = VisibleText()
    reader.feed(page)
    for text in reader.found:
        # What stands in braces is filled in by a script.
        yield from re.findall(r"[A-Za-z]{2,}", re.sub(r"\{\w+\}|https?://\S+|\?\w+=\w+", " ", text))


def words_of_data() -> set[str]:
    """Every word that stands in names and texts of people, games and presets."""
    texts = []
    for table in (Tournament, Team, User, Match):
        columns = [column for column in table.__table__.columns if isinstance(column.type, String | Text)]
        for row in db.session.execute(select(*columns)):
            texts += [value for value in row if isinstance(value, str)]
    texts += [game.title for game in load_games().values()]
    for preset in load_presets().values():
        texts += [preset.name, preset.title or "", preset.source or ""]
    return set(re.findall(r"[A-Za-z]{2,}", " ".join(texts)))


INTERNATIONAL = {
    "DeltaCrown",
    "UTC",
    "English",
    "SHA",
    "CSV",
    "JSON",
    "HTML",
    "DNF",
    "Alt",
    "example",
    "org",
    "theme",
    "light",
    "dark",
}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_english_is_left_on_pages_in_bengali(client: FlaskClient, app: Flask) -> None:
    pages = open_everything()
    # Names of rules, and the first letters of a team that has no logo.
    words = f"{PENALTY} {REASON} {RULES['source']} arena knockout custom SQ"
    known = INTERNATIONAL | words_of_data() | set(re.findall(r"[A-Za-z]{2,}", words))
    found: dict[str, set[str]] = {}
    for path in (*pages.paths, *pages.framed):
        answer = client.get(f"{path}{'&' if '?' in path else '?'}lang=bn")
        assert answer.status_code == (404 if path == "/no-such-page/" else 200), path
        assert language_of(answer.text) == "bn", path
        left = set(words_of(answer.text)) - known
        if left:
            found[path] = left
    assert found == {}
