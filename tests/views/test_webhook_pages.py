"""Pages about webhooks, as an organizer and as staff use them without any script."""

import re
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import select

from tests.arenas import open_battle_royale
from tests.personas import HTMX, PASSWORD, Persona
from tests.statements import count_statements
from tests.views.api.worlds import forget_rates
from tests.webhooked import attempted, change, deliver, deliveries, endpoint, states
from webapp.models import Tournament, WebhookDelivery, WebhookEndpoint
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.webhooks import endpoints, replays, sealing
from webapp.services.webhooks.endpoints import Draft

PUBLIC = "https://203.0.114.7/hooks?key=hush"
SECRET = re.compile(r"whsec_[A-Za-z0-9+/=]+")


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Pages know no database; the services under them are tried on both."""
    return sqlite_url


@pytest.fixture(autouse=True)
def sending(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFICATIONS_WEBHOOK_ENABLED", "on")


def made(who: Persona, *, scope: str = "tournaments", url: str = PUBLIC) -> int:
    return endpoints.create(Draft(url), scope=scope, actor=who.actor, now=utc_now()).endpoint_id


def failed_once(endpoint_id: int, *, answer: bytes = b"", error: str = "") -> int:
    """A delivery that failed once; its id."""
    deliver(endpoint_id, now=utc_now())
    delivery = deliveries(endpoint_id)[-1]
    headers = {"webhook-id": "x", "webhook-signature": "v1,c2lnbmF0dXJlIG9mIGEgbWVzc2FnZQ=="}
    attempted(delivery, answer=answer, error=error, headers=headers)
    with transaction() as session:
        session.get_one(WebhookDelivery, delivery.id).state = "exhausted"
    return delivery.id


def words(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


@pytest.mark.parametrize(("name", "area"), [("olga", "organizer"), ("sam", "staff")])
def test_one_is_made_on_a_page_that_shows_its_secret_once(
    app: Flask, olga: Persona, sam: Persona, name: str, area: str
) -> None:
    who = {"olga": olga, "sam": sam}[name]
    assert "No webhooks yet" in who.get(f"/{area}/webhooks/").text
    form = {"kind": "webhook", "url": PUBLIC, "description": "Club", "event_types": ["rank_update"]}
    answer = who.post(f"/{area}/webhooks/new/", form)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    (secret,) = SECRET.findall(answer.text)
    with read_snapshot() as session:
        kept = session.scalars(select(WebhookEndpoint)).one()
        assert sealing.unseal(kept.secret_sealed) == secret
    for path in (f"/{area}/webhooks/", f"/{area}/webhooks/{kept.id}/", f"/{area}/webhooks/{kept.id}/edit/"):
        page = who.get(path)
        assert page.status_code == 200
        assert "Club" in page.text
        assert not SECRET.search(page.text)
        assert "hush" not in page.text


def test_the_form_for_a_new_webhook_that_is_sent_twice_makes_one(app: Flask, olga: Persona) -> None:
    path = "/organizer/webhooks/new/"
    form = {"kind": "webhook", "url": PUBLIC, "description": "Club", "event_types": ["rank_update"]}
    (form["form_key"],) = re.findall(r'name="form_key" value="([0-9a-f]+)"', olga.get(path).text)
    assert olga.post(path, form | {"url": "http://127.0.0.1/x"}).status_code == 422
    assert len(SECRET.findall(olga.post(path, form).text)) == 1
    again = olga.post(path, form)
    with read_snapshot() as session:
        kept = session.scalars(select(WebhookEndpoint)).one()
    assert (again.status_code, again.headers["Location"]) == (303, f"/organizer/webhooks/{kept.id}/")
    page = olga.get(f"/organizer/webhooks/{kept.id}/").text
    assert "The webhook was made already" in words(page)
    assert not SECRET.search(page)


def test_what_is_refused_stands_beside_its_field_and_what_was_typed_stays(app: Flask, olga: Persona) -> None:
    form = {"kind": "webhook", "url": "http://127.0.0.1/x", "description": "Scores", "event_types": ["rank_update"]}
    answer = olga.post("/organizer/webhooks/new/", form)
    assert answer.status_code == 422
    assert 'id="url-error"' in answer.text
    assert 'value="Scores"' in answer.text
    assert 'value="http://127.0.0.1/x"' in answer.text
    assert re.search(r'value="rank_update" checked', answer.text)


def test_a_change_keeps_the_address_unless_there_is_a_new_one(app: Flask, olga: Persona) -> None:
    endpoint_id = made(olga)
    path = f"/organizer/webhooks/{endpoint_id}/edit/"
    answer = olga.post(path, {"kind": "webhook", "url": "", "description": "New", "event_types": ["rank_update"]})
    assert answer.status_code == 303
    changed = endpoint(endpoint_id)
    assert (changed.description, changed.event_types) == ("New", ["rank_update"])
    assert sealing.unseal(changed.url_sealed) == PUBLIC
    # Everything unchecked means every event.
    assert olga.post(path, {"kind": "webhook", "url": "", "description": "New"}).status_code == 303
    assert endpoint(endpoint_id).event_types == []
    assert olga.post(path, {"kind": "webhook", "url": "http://10.0.0.1/"}).status_code == 422


def test_a_new_secret_needs_the_password(app: Flask, olga: Persona) -> None:
    endpoint_id = made(olga)
    path = f"/organizer/webhooks/{endpoint_id}/secret/"
    before = endpoint(endpoint_id).secret_sealed
    for wrong in ("", "not this one"):
        answer = olga.post(path, {"password": wrong})
        assert (answer.status_code, 'id="password-error"' in answer.text) == (422, True)
    assert endpoint(endpoint_id).secret_sealed == before
    answer = olga.post(path, {"password": PASSWORD})
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert SECRET.findall(answer.text) == [sealing.unseal(endpoint(endpoint_id).secret_sealed)]
    assert "The secret before signs as well until" in words(answer.text)


def test_the_form_for_a_new_secret_that_is_sent_twice_makes_one(app: Flask, olga: Persona) -> None:
    endpoint_id = made(olga)
    path = f"/organizer/webhooks/{endpoint_id}/secret/"
    (key,) = re.findall(r'name="form_key" value="([0-9a-f]+)"', olga.get(path).text)
    # What was refused does not use the form up.
    assert olga.post(path, {"password": "not this one", "form_key": key}).status_code == 422
    first = olga.post(path, {"password": PASSWORD, "form_key": key})
    (secret,) = SECRET.findall(first.text)
    again = olga.post(path, {"password": PASSWORD, "form_key": key})
    assert (again.status_code, again.headers["Location"]) == (303, f"/organizer/webhooks/{endpoint_id}/")
    assert sealing.unseal(endpoint(endpoint_id).secret_sealed) == secret
    assert len(endpoint(endpoint_id).former_secrets) == 1
    page = olga.get(f"/organizer/webhooks/{endpoint_id}/").text
    assert "The secret was changed already" in words(page)
    assert not SECRET.search(page)


def run_by(who: Persona, *, name: str) -> int:
    """A tournament of theirs; its id."""
    tournament_id = open_battle_royale(squads=2, lobbies=1, name=name).tournament_id
    with transaction() as session:
        session.get_one(Tournament, tournament_id).organizer_id = who.user_id
    return tournament_id


def chosen(page: str) -> list[tuple[str, str]]:
    """The value and the words of the tournament that a form would send."""
    return re.findall(r'<option selected value="(\d*)">([^<]*)</option>', page)


def test_a_change_of_something_else_leaves_the_tournament_as_it_is(
    app: Flask, olga: Persona, sam: Persona, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replays, "_SHOWN_AT_MOST", 1)
    tournament_id = run_by(olga, name="First")
    draft = Draft(PUBLIC, tournament_id=tournament_id)
    of_one = endpoints.create(draft, scope="tournaments", actor=olga.actor, now=utc_now()).endpoint_id
    newer = run_by(olga, name="Newer")
    of_nobody_here = open_battle_royale(squads=2, lobbies=1, name="Elsewhere").tournament_id
    with transaction() as session:
        session.get_one(Tournament, tournament_id).deleted_at = utc_now()
    for who, area in ((olga, "organizer"), (sam, "staff")):
        path = f"/{area}/webhooks/{of_one}/edit/"
        page = who.get(path).text
        assert chosen(page) == [(str(tournament_id), "First")]
        # By the scope of the endpoint, whoever looks: the owner's tournaments.
        assert f'value="{newer}"' in page
        assert f'value="{of_nobody_here}"' not in page
        sent = {"url": "", "description": f"By {area}", "tournament_id": chosen(page)[0][0]}
        assert who.post(path, sent).status_code == 303
        changed = endpoint(of_one)
        assert (changed.description, changed.tournament_id) == (f"By {area}", tournament_id)
    of_all = made(olga)
    assert "All that you own or help to run" in words(olga.get(f"/organizer/webhooks/{of_all}/").text)
    assert "All that its owner owns or helps to run" in words(sam.get(f"/staff/webhooks/{of_all}/").text)


def test_what_makes_this_site_look_up_or_send_is_limited(app: Flask, olga: Persona) -> None:
    endpoint_id = made(olga)
    path = f"/organizer/webhooks/{endpoint_id}/"
    change(endpoint_id, paused_at=utc_now())
    for sent, form in (("edit/", {"url": "http://10.0.0.1/"}), ("test/", {})):
        forget_rates()
        answers = [olga.post(path + sent, form).status_code for _ in range(61)]
        assert (answers.index(429), len(set(answers))) == (60, 2)
    # Without an address nothing is looked up.
    forget_rates()
    answers = [olga.post(path + "edit/", {"url": " ", "description": "Club"}).status_code for _ in range(61)]
    assert set(answers) == {303}


def test_enabling_says_where_it_goes_on(app: Flask, olga: Persona, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replays, "AT_MOST", 3)
    endpoint_id = made(olga)
    long_ago = utc_now() - timedelta(days=4000)
    for name in ("One", "Two", "Three", "Four", "Five"):
        run_by(olga, name=name)
    change(endpoint_id, created_at=long_ago, disabled_at=utc_now(), disabled_reason="gone", missed_since=long_ago)
    path = f"/organizer/webhooks/{endpoint_id}/"
    assert "Send what it has missed since" in words(olga.get(path).text)
    olga.post(path + "enable/", {"replay": "1"})
    said = words(olga.get(path).text)
    assert "Enabled; 3 events are on the way. That is as much as goes out at once" in said
    assert "go on by replaying “One” from number 4, “Two” from number 1, “Three” from number 1 and 2 more." in said


def test_buttons_pause_resume_test_and_delete(app: Flask, olga: Persona) -> None:
    endpoint_id = made(olga)
    path = f"/organizer/webhooks/{endpoint_id}/"
    assert olga.post(path + "pause/").status_code == 303
    page = olga.get(path).text
    assert (path + "resume/" in page, path + "test/" in page) == (True, False)
    olga.post(path + "test/")
    assert "is paused; resume it first" in words(olga.get(path).text)
    olga.post(path + "resume/")
    olga.post(path + "test/")
    page = words(olga.get(path).text)
    assert "A test is on its way" in page
    assert "webhook_test waits by hand" in page
    assert olga.post(path + "delete/").headers["Location"] == "/organizer/webhooks/"
    assert olga.get(path).status_code == 404


def test_a_button_that_is_pressed_twice_does_it_once(app: Flask, olga: Persona) -> None:
    endpoint_id = made(olga)
    for _ in range(2):
        olga.post(f"/organizer/webhooks/{endpoint_id}/test/", {"form_key": "of-one-form"})
    assert len(deliveries(endpoint_id)) == 1


def test_a_delivery_shows_every_attempt_without_secrets_and_harmless(app: Flask, olga: Persona) -> None:
    endpoint_id = made(olga)
    echo = (
        b"<script>alert(1)</script> v1,c2lnbmF0dXJlIG9mIGEgbWVzc2FnZQ== whsec_" + b"A" * 32 + b"\x00\xff" + b"ab" * 32
    )
    delivery_id = failed_once(endpoint_id, answer=echo, error="timeout")
    path = f"/organizer/webhooks/{endpoint_id}/deliveries/{delivery_id}/"
    page = olga.get(path).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; [hidden] [hidden]" in page
    for hidden in ("c2lnbmF0dXJl", "whsec_", "ab" * 32):
        assert hidden not in page
    for shown in ("webhook-signature: [hidden]", "500 timeout 12 ms", '"type": "match_completed"'):
        assert shown in words(page)
    answer = olga.post(path + "redeliver/")
    assert (answer.status_code, answer.headers["Location"]) == (303, path)
    assert states(endpoint_id) == ["pending"]
    assert "It is on its way once more" in olga.get(path).text


def test_the_list_is_filtered_and_follows_by_fragments(app: Flask, olga: Persona) -> None:
    endpoint_id = made(olga)
    failed = failed_once(endpoint_id)
    deliver(endpoint_id, count=2, now=utc_now())
    path = f"/organizer/webhooks/{endpoint_id}/"
    fragment = olga.get(path, headers=HTMX).text
    assert fragment.lstrip().startswith("<div id=")
    assert "<html" not in fragment
    links = re.compile(rf"{path}deliveries/(\d+)/")
    assert len(links.findall(fragment)) == 3
    assert links.findall(olga.get(path + "?state=exhausted").text) == [str(failed)]
    assert links.findall(olga.get(path + "?state=delivered").text) == []
    assert len(links.findall(olga.get(path + "?event=match_completed").text)) == 3
    assert links.findall(olga.get(path + "?event=rank_update&page=7").text) == []
    for odd in ("state=nonsense&page=-3", "event=%00&state=%00", "page=99999999999999999999"):
        assert len(links.findall(olga.get(f"{path}?{odd}").text)) == 3


def test_trouble_is_told_on_the_page(app: Flask, olga: Persona) -> None:
    endpoint_id = made(olga)
    now = utc_now()
    path = f"/organizer/webhooks/{endpoint_id}/"
    change(
        endpoint_id, circuit="open", circuit_since=now, failures_in_a_row=5, failing_since=now,
        openings=[now.isoformat()] * 2, throttled_until=now + timedelta(minutes=5),
    )  # fmt: skip
    page = words(olga.get(path).text)
    assert "The circuit is open since" in page
    assert "It opened 2 times within a day" in page
    assert "asked to be left alone until" in page
    assert "circuit open" in words(olga.get("/organizer/webhooks/").text)
    change(endpoint_id, circuit="half_open")
    assert "One message is being tried" in words(olga.get(path).text)
    change(endpoint_id, disabled_at=now, disabled_reason="gone", circuit="closed")
    page = words(olga.get(path).text)
    assert "The receiver answered 410" in page
    olga.post(path + "enable/", {"replay": "1"})
    assert endpoint(endpoint_id).disabled_at is None


def test_sending_that_is_switched_off_is_said(app: Flask, olga: Persona, monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint_id = made(olga)
    monkeypatch.setenv("NOTIFICATIONS_WEBHOOK_ENABLED", "off")
    for path in ("/organizer/webhooks/", f"/organizer/webhooks/{endpoint_id}/"):
        assert "are switched off on this site" in olga.get(path).text


def test_what_failed_goes_out_again_and_a_log_is_replayed_by_forms(app: Flask, olga: Persona) -> None:
    arena = open_battle_royale(squads=2, lobbies=1)
    with transaction() as session:
        session.get_one(Tournament, arena.tournament_id).organizer_id = olga.user_id
    endpoint_id = made(olga)
    failed_once(endpoint_id)
    path = f"/organizer/webhooks/{endpoint_id}/"
    answer = olga.post(path + "failed/", {"since": "yesterday"})
    assert (answer.status_code, 'id="since-error"' in answer.text) == (422, True)
    assert olga.post(path + "failed/", {"since": "2026-01-01T00:00"}).status_code == 303
    assert states(endpoint_id) == ["pending"]
    assert "1 event is on the way once more" in words(olga.get(path).text)
    for wrong in ({"tournament_id": arena.tournament_id, "from_seq": "0"}, {"tournament_id": "x", "from_seq": "1"}):
        assert olga.post(path + "replay/", wrong).status_code == 422
    answer = olga.post(path + "replay/", {"tournament_id": 999_999, "from_seq": "1"})
    assert (answer.status_code, "is no tournament that this webhook is told of" in answer.text) == (422, True)
    olga.post(path + "replay/", {"tournament_id": arena.tournament_id, "from_seq": "2"})
    assert "the log to its end" in words(olga.get(path).text)
    assert {delivery.seq for delivery in deliveries(endpoint_id)} >= {2, 3}


def test_staff_see_all_and_organizers_their_own(app: Flask, olga: Persona, otto: Persona, sam: Persona) -> None:
    of_olga, of_site = made(olga), made(sam, scope="site")
    listed = re.compile(r'id="webhook-(\d+)"')
    assert listed.findall(sam.get("/staff/webhooks/").text) == [str(of_site), str(of_olga)]
    assert listed.findall(olga.get("/organizer/webhooks/").text) == [str(of_olga)]
    assert listed.findall(otto.get("/organizer/webhooks/").text) == []
    assert sam.get(f"/staff/webhooks/{of_olga}/").status_code == 200
    assert olga.get(f"/organizer/webhooks/{of_site}/").status_code == 404
    assert otto.get(f"/organizer/webhooks/{of_olga}/").status_code == 404
    for path in ("edit/", "secret/", "deliveries/1/"):
        assert otto.get(f"/organizer/webhooks/{of_olga}/{path}").status_code == 404


def test_lists_ask_the_database_as_often_for_three_as_for_one(app: Flask, olga: Persona, sam: Persona) -> None:
    endpoint_id = made(olga)
    failed_once(endpoint_id)
    paths = ((olga, "/organizer/webhooks/"), (sam, "/staff/webhooks/"), (olga, f"/organizer/webhooks/{endpoint_id}/"))

    def counted() -> list[int]:
        counts = []
        for who, path in paths:
            with count_statements() as statements:
                assert who.get(path).status_code == 200
            counts.append(len(statements))
        return counts

    counted()
    with_one = counted()
    for _ in range(2):
        failed_once(made(olga, url="https://203.0.114.8/"))
        failed_once(endpoint_id)
    assert counted() == with_one
