"""The page of notifications: the bell, the list, what is read, and how one wants to be told."""

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.arenas import Arena, open_battle_royale
from tests.personas import HTMX, Persona
from tests.services.notices import AT, minutes, told, told_many
from tests.views.organizer.pages import said
from webapp.models import WebhookEndpoint
from webapp.services.notifications import bells, preferences
from webapp.services.notifications.preferences import USUAL, Choice, read_preferences
from webapp.services.spine.transaction import read_snapshot, transaction

AT_PAGE = "/me/notifications/"
DISCORD = "https://discord.com/api/webhooks/123456789012345678/" + "a" * 68


@pytest.fixture
def arena(app: Flask) -> Arena:
    return open_battle_royale(squads=2, lobbies=3, name="Cup <b>")


def boxes(page: str) -> frozenset[tuple[str, str]]:
    found = re.findall(r'name="on" value="(\w+):(\w+)" checked', " ".join(page.split()))
    return frozenset((kind, channel) for kind, channel in found)


def as_sent(choice: Choice, **more: Any) -> dict[str, Any]:
    """The form as a browser sends it."""
    form: dict[str, Any] = {"on": [f"{kind}:{channel}" for kind, channel in choice.on], "time_zone": choice.time_zone}
    form |= dict.fromkeys(choice.channels, "y") | ({"has_digest": "y"} if choice.has_digest else {})
    return form | {"quiet_from": "", "quiet_until": "", "digest_minute": "08:00"} | more


def test_every_page_has_the_bell_of_who_is_logged_in(pat: Persona, vic: FlaskClient) -> None:
    told(pat.user_id)
    for path in ("/", "/tournaments/", "/me/", "/me/no-such-page/", AT_PAGE):
        page = pat.get(path).text
        assert ('data-unread="1"' in page, "Notifications, unread: 1" in page, "js/bell" in page) == (True,) * 3, path
        assert "data-bell" not in vic.get(path, follow_redirects=True).text


def test_the_bell_alone_is_asked_for_cheaply(pat: Persona) -> None:
    told(pat.user_id)
    answer = pat.get(AT_PAGE + "count/", headers=HTMX)
    assert (answer.status_code, answer.text.strip().startswith("<a"), 'data-unread="1"' in answer.text) == (
        200,
        True,
        True,
    )
    again = {**HTMX, "If-None-Match": answer.headers["ETag"]}
    assert (pat.get(AT_PAGE + "count/", headers=again).status_code, answer.headers["Cache-Control"]) == (
        304,
        "no-store",
    )
    told_many([pat.user_id] * bells.MOST)
    many = pat.get(AT_PAGE + "count/", headers=again)
    assert (many.status_code, "Notifications, unread: 99+" in many.text) == (200, True)
    assert pat.get(AT_PAGE + "count/").location == AT_PAGE


def test_the_list_shows_what_was_told_and_escapes_it(pat: Persona, arena: Arena) -> None:
    assert "Nothing yet." in said(pat.get(AT_PAGE))
    told(pat.user_id, "announcement", tournament_id=arena.tournament_id)
    for number, match_id in enumerate(arena.match_ids):
        about = {"tournament_id": arena.tournament_id, "match_id": match_id}
        told(pat.user_id, "match_scheduled", created_at=minutes(number), **about)
    page = pat.get(AT_PAGE)
    for words in ("2 more like it", "3 new", "Announcement of the organizers", "Mark all as read"):
        assert words in said(page)
    assert "Cup <b>" not in page.text
    assert "Cup &lt;b&gt;" in page.text


def test_it_is_narrowed_by_the_address(pat: Persona, arena: Arena) -> None:
    told(pat.user_id, "roster_changed")
    told(pat.user_id, "match_started", tournament_id=arena.tournament_id, match_id=arena.match_ids[0])
    for query, shown in (
        ("?area=matches", 1), ("?area=awards", 0), (f"?tournament={arena.tournament_id}&unread=1", 1), ("?unread=1", 2),
        ("?area=nonsense&tournament=-1&page=x", 2), ("?page=99999999999999999999", 2),
    ):  # fmt: skip
        assert (query, pat.get(AT_PAGE + query).text.count('class="told told--')) == (query, shown)
    assert "Nothing of that kind." in said(pat.get(AT_PAGE + "?area=awards"))


def test_going_there_marks_it_and_fetching_it_beforehand_does_not(pat: Persona, olga: Persona, arena: Arena) -> None:
    about = {"tournament_id": arena.tournament_id, "match_id": arena.match_ids[0]}
    path = f"{AT_PAGE}{told(pat.user_id, 'match_started', **about)}/"
    for headers in ({"Sec-Purpose": "prefetch"}, {"Sec-Fetch-Dest": "image"}):
        assert pat.get(path, headers=headers).status_code == 303
    assert bells.unread_of([pat.user_id]) == {pat.user_id: 1}
    answer = pat.get(path, headers={"Sec-Fetch-Dest": "document"})
    assert (answer.status_code, str(arena.match_ids[0]) in answer.location) == (303, True)
    assert bells.unread_of([pat.user_id]) == {pat.user_id: 0}
    assert [olga.get(path).status_code, pat.get(f"{AT_PAGE}999/").status_code] == [404, 404]


def test_some_or_all_are_marked_as_read(pat: Persona, olga: Persona) -> None:
    first, second, third = told_many([pat.user_id] * 3)
    hers = told(olga.user_id)
    answer = pat.post(AT_PAGE + "read/", {"id": [first, hers, "x"], "unread": "1", "area": "tournament"})
    assert (answer.status_code, answer.location) == (303, AT_PAGE + "?area=tournament&unread=1")
    assert bells.unread_of([pat.user_id, olga.user_id]) == {pat.user_id: 2, olga.user_id: 1}
    pat.post(AT_PAGE + "read/", {"up_to": second})
    assert bells.unread_of([pat.user_id]) == {pat.user_id: 1}
    pat.post(AT_PAGE + "read/", {"up_to": third, "area": "teams"})
    assert bells.unread_of([pat.user_id]) == {pat.user_id: 1}


def test_preferences_are_a_table_of_boxes_that_is_kept(pat: Persona) -> None:
    page = pat.get(AT_PAGE).text
    assert (boxes(page), "data-zone-of-times" in page) == (USUAL, True)
    chosen = Choice(
        on=USUAL - {("announcement", "email")}, channels=frozenset({"in_app", "email"}), time_zone="Asia/Dhaka",
        quiet_from=22 * 60 + 30, quiet_until=7 * 60, has_digest=False, digest_minute=19 * 60,
    )  # fmt: skip
    sent = as_sent(chosen, quiet_from="22:30", quiet_until="07:00", digest_minute="19:00")
    assert pat.post(AT_PAGE, sent).location == AT_PAGE + "#preferences"
    assert read_preferences(pat.user_id).choice == chosen
    page = pat.get(AT_PAGE).text
    assert (boxes(page), "data-zone-of-times" in page) == (chosen.on, False)
    assert 'value="22:30"' in page


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"quiet_from": "22:30"}, "Quiet until is missing; give both ends"),
        ({"quiet_from": "25:99", "quiet_until": "07:00"}, "Write hours and minutes, such as 22:30."),
        ({"time_zone": "Mars/Olympus"}, "Not a valid choice"),
        ({"on": ["announcement:pigeon"]}, "One value needs another look"),
        ({"quiet_from": "07:00", "quiet_until": "07:00"}, "is when they begin"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_what_was_chosen_stays(
    pat: Persona, wrong: dict[str, Any], words: str
) -> None:
    choice = Choice(on=frozenset({("announcement", "in_app")}))
    answer = pat.post(AT_PAGE, as_sent(choice, **wrong))
    assert (answer.status_code, words in said(answer)) == (422, True)
    assert not read_preferences(pat.user_id).is_chosen
    if "on" not in wrong:
        assert boxes(answer.text) == choice.on


def test_an_address_that_was_refused_is_told_and_tried_again(pat: Persona) -> None:
    with transaction() as session:
        preferences.settings_in(session, pat.user_id, now=AT).email_stopped_at = AT
    assert "Your address was refused" in said(pat.get(AT_PAGE))
    assert pat.post(AT_PAGE + "email/").status_code == 303
    assert "Your address was refused" not in said(pat.get(AT_PAGE))


def test_a_channel_on_discord_is_entered_and_removed(pat: Persona) -> None:
    assert pat.post(AT_PAGE + "discord/", {"try": "1"}).status_code == 422
    refused = pat.post(AT_PAGE + "discord/", {"discord_url": "https://example.org/hook"})
    assert (refused.status_code, "https://example.org/hook" in refused.text) == (422, True)
    assert pat.post(AT_PAGE + "discord/", {"discord_url": DISCORD}).status_code == 303
    page = pat.get(AT_PAGE).text
    assert ("Send a test message" in page, "a" * 20 in page) == (True, False)
    assert pat.post(AT_PAGE + "discord/", {"remove": "1"}).status_code == 303
    with read_snapshot() as session:
        assert [row.deleted_at is not None for row in session.query(WebhookEndpoint)] == [True]
