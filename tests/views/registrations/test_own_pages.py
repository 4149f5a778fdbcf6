from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.entering import enter, line_up, open_tournament, players, statuses, team
from tests.personas import Persona
from tests.statements import count_statements
from tests.uploaded import HTML, PDF, picture
from tests.views.organizer.pages import said
from webapp.domain.custom_fields import FieldRule
from webapp.models import LineUp, Payment, Registration, RegistrationPlayer, Tournament
from webapp.services.registration import custom_fields, entries, payments
from webapp.services.registration.entries import Entry
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.tournaments import organizer_notices

SOON = timedelta(minutes=20)
DAY = timedelta(days=1)
REASON = "Nothing of this amount has arrived"


def open_now(game: str = "fc26", **columns: Any) -> int:
    return open_tournament(game, **({"starts_at": utc_now() + DAY} | columns))


def own(registration_id: int, rest: str = "") -> str:
    return f"/me/registrations/{registration_id}/{rest}"


def register(pat: Persona, tournament_id: int, **more: object) -> int:
    answer = pat.post(f"/me/tournaments/{tournament_id}/register/", {f"player_id-{pat.user_id}": "Striker900", **more})
    assert answer.status_code == 303, said(answer)
    return int(answer.headers["Location"].rstrip("/").rsplit("/", 1)[1])


def test_a_player_registers_and_finds_it_again(app: Flask, pat: Persona, vic: FlaskClient) -> None:
    tournament_id = open_now()
    assert vic.get(f"/me/tournaments/{tournament_id}/register/").status_code == 303
    page = said(pat.get(f"/me/tournaments/{tournament_id}/register/"))
    assert "Your EA ID 5 to 20 letters or digits." in page
    registration_id = register(pat, tournament_id)
    assert "You are registered." in said(pat.get(own(registration_id)))
    assert "Harbor Cup taking part" in said(pat.get("/me/registrations/"))
    assert "registered already" in said(pat.get(f"/me/tournaments/{tournament_id}/register/"))
    stranger = enter(tournament_id, players(1)[0], now=utc_now()).registration_id
    assert pat.get(own(stranger)).status_code == 404
    assert pat.post(own(stranger, "withdraw/")).status_code == 404


def test_the_same_form_twice_registers_once(app: Flask, pat: Persona) -> None:
    tournament_id = open_now()
    data = {f"player_id-{pat.user_id}": "Striker900", "form_key": "k" * 32}
    answers = [pat.post(f"/me/tournaments/{tournament_id}/register/", data) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert len(statuses(tournament_id)) == 1


def test_a_captain_gives_roles_and_what_was_typed_stays(app: Flask, pat: Persona) -> None:
    tournament_id = open_now("valorant")
    mates = players(6)
    team_id = team(pat.actor, mates, name="Night Ferry")
    page = pat.get(f"/me/tournaments/{tournament_id}/register/")
    assert said(page).count("Plays Substitute Coach Not this time") == 7
    assert "players that it takes" not in said(page)
    ids = [pat.user_id, *(mate.user_id for mate in mates)]
    data: dict[str, object] = {"team_id": team_id}
    for place, user_id in enumerate(ids):
        data[f"role-{user_id}"] = "player" if place < 5 else "coach" if place == 5 else ""
        data[f"player_id-{user_id}"] = f"Rider {user_id}#EUW1"
    wrong = pat.post(f"/me/tournaments/{tournament_id}/register/", data | {f"player_id-{ids[2]}": "<b>bad"})
    assert wrong.status_code == 422
    assert 'value="&lt;b&gt;bad"' in wrong.text
    assert f'id="player_id-{ids[2]}-error"' in wrong.text
    assert pat.post(f"/me/tournaments/{tournament_id}/register/", data).status_code == 303
    with read_snapshot() as session:
        found = select(RegistrationPlayer.role).order_by(RegistrationPlayer.id)
        assert session.scalars(found).all() == ["player"] * 5 + ["coach"]
    again = said(pat.get(f"/me/tournaments/{tournament_id}/register/"))
    assert "Night Ferry is registered already" in again


def test_a_team_that_is_too_small_is_told_before_anything_is_typed(app: Flask, pat: Persona) -> None:
    tournament_id = open_now("valorant")
    team_id = team(pat.actor, players(1), name="Night Ferry")
    page = pat.get(f"/me/tournaments/{tournament_id}/register/")
    assert "Night Ferry has 2 of the 5 players that it takes." in said(page)
    assert f'href="/teams/{team_id}/manage/"' in page.text


def test_a_saved_line_up_fills_the_form(app: Flask, pat: Persona) -> None:
    tournament_id = open_now("valorant")
    mates = players(2)
    team_id = team(pat.actor, mates)
    with transaction() as session:
        saved = LineUp(
            team_id=team_id, name="Second string", created_at=utc_now(),
            players=[{"user_id": mates[1].user_id, "role": "substitute", "player_id": "Bench#EUW1"}],
        )  # fmt: skip
        session.add(saved)
        session.flush()
        line_up_id = saved.id
    path = f"/me/tournaments/{tournament_id}/register/"
    assert "Begin with a saved line-up: Second string" in said(pat.get(path))
    page = pat.get(f"{path}?team_id={team_id}&line_up={line_up_id}").text
    assert page.count('<option value="" selected>') == 2
    assert page.count('<option value="substitute" selected>') == 1
    assert 'value="Bench#EUW1"' in page


def test_questions_are_answered_with_a_file_too(app: Flask, pat: Persona, olga: Persona, otto: Persona) -> None:
    tournament_id = open_now(organizer_id=olga.user_id)
    for rule in (
        FieldRule("age", "Your age", "number", is_required=True, limits={"min": 16}),
        FieldRule("logo", "A picture", "media", is_required=True),
        FieldRule("fair", "I play fair", "toggle", is_required=True),
    ):
        custom_fields.add(tournament_id, rule, actor=SYSTEM, now=utc_now())
    path = f"/me/tournaments/{tournament_id}/register/"
    data = {f"player_id-{pat.user_id}": "Striker900", "answer-age": "12"}
    wrong = pat.post(path, data | {"answer-logo": (BytesIO(HTML), "logo.png")})
    assert (wrong.status_code, "is of another type, whatever its name says" in said(wrong)) == (422, True)
    wrong = pat.post(path, data)
    for words in ("must be at least 16", "is needed to register", "tick it to register"):
        assert words in said(wrong)
    right = {"answer-age": "17", "answer-fair": "on", "answer-logo": (BytesIO(picture()), "logo.png")}
    registration_id = register(pat, tournament_id, **right)
    with read_snapshot() as session:
        answers = session.get_one(Registration, registration_id).answers
    assert (answers["age"], answers["fair"]) == (17, True)
    for person, status in ((pat, 200), (olga, 200), (otto, 404)):
        answer = person.get(own(registration_id, "answers/logo/"))
        assert answer.status_code == status
    assert pat.get(own(registration_id, "answers/age/")).status_code == 404


def test_a_fee_is_paid_with_a_proof_that_only_they_see(app: Flask, pat: Persona, olga: Persona, otto: Persona) -> None:
    tournament_id = open_now(
        organizer_id=olga.user_id, entry_fee=50_000, currency="BDT",
        payment_methods=[{"name": "bKash", "instructions": "Send <b>it</b>"}],
    )  # fmt: skip
    registration_id = register(pat, tournament_id)
    page = pat.get(own(registration_id))
    assert "Entry fee: 500.00 BDT" in said(page)
    assert "Send &lt;b&gt;it&lt;/b&gt;" in page.text
    wrong = pat.post(own(registration_id, "payment/"), {"method": "bKash", "reference": ""})
    assert (wrong.status_code, "or a proof of it" in said(wrong)) == (422, True)
    data = {"method": "bKash", "reference": "TX1", "file": (BytesIO(PDF), "../../receipt.pdf")}
    assert pat.post(own(registration_id, "payment/"), data).status_code == 303
    assert "payment to be verified" in said(pat.get(own(registration_id)))
    assert statuses(tournament_id) == {registration_id: "submitted"}
    with read_snapshot() as session:
        payment_id = session.scalars(select(Payment.id)).one()
    proof = pat.get(own(registration_id, "payment/proof/"))
    assert (proof.status_code, proof.data, proof.headers["Content-Disposition"][:10]) == (200, PDF, "attachment")
    path = f"/organizer/tournaments/{tournament_id}/payments/{payment_id}/proof/"
    assert [person.get(path).status_code for person in (olga, otto, pat)] == [200, 404, 403]
    payments.reject(payment_id, reason=REASON, actor=SYSTEM, now=utc_now())
    assert f"Rejected: {REASON}" in said(pat.get(own(registration_id)))
    late = pat.post(own(registration_id, "payment/"), {"method": "bKash", "reference": "TX2"})
    assert late.status_code == 303


def test_check_in_and_taking_it_back_and_withdrawing(app: Flask, pat: Persona) -> None:
    tournament_id = open_now(has_checkin=True, starts_at=utc_now() + SOON)
    registration_id = enter(tournament_id, pat.actor, now=utc_now()).registration_id
    assert "Check in" in said(pat.get("/me/registrations/"))
    assert pat.post(own(registration_id, "check-in/")).status_code == 303
    assert "You checked in" in said(pat.get(own(registration_id)))
    assert pat.post(own(registration_id, "check-in/undo/")).status_code == 303
    long = pat.post(own(registration_id, "withdraw/"), {"reason": "x" * 501})
    assert (long.status_code, "write at most 500 characters" in said(long)) == (422, True)
    assert pat.post(own(registration_id, "withdraw/"), {"reason": "Our ferry is late"}).status_code == 303
    assert statuses(tournament_id) == {registration_id: "withdrawn"}
    assert "Why Our ferry is late" in said(pat.get(own(registration_id)))
    refused = pat.post(own(registration_id, "check-in/"))
    assert (refused.status_code, "who takes part or waits checks in" in said(refused)) == (409, True)


def test_the_waitlist_is_joined_by_its_own_button(app: Flask, pat: Persona) -> None:
    tournament_id = open_now(places=2)
    for person in players(2):
        enter(tournament_id, person, now=utc_now())
    assert "Join the waitlist" in said(pat.get(f"/me/tournaments/{tournament_id}/register/"))
    registration_id = register(pat, tournament_id, waitlist="1")
    assert "Waitlist place 1" in said(pat.get(own(registration_id)))


def test_a_draft_tells_nothing_but_that_it_is_one(app: Flask, pat: Persona) -> None:
    tournament_id = open_now(opened=False)
    answer = pat.get(f"/me/tournaments/{tournament_id}/register/")
    assert (answer.status_code, "Harbor Cup" in answer.text) == (200, False)
    assert "The tournament is a draft" in said(answer)
    assert pat.get("/me/tournaments/999/register/").status_code == 404


@pytest.mark.parametrize("path", ["/me/registrations/"])
def test_a_long_list_asks_as_often_as_a_short_one(app: Flask, pat: Persona, path: str) -> None:
    counts = []
    for more in (1, 2):
        for _ in range(more):
            enter(open_now(entry_fee=500, currency="BDT"), pat.actor, now=utc_now())
        pat.get(path)
        with count_statements() as asked:
            assert pat.get(path).status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_who_takes_part_reads_what_is_announced_to_them(app: Flask, pat: Persona, olga: Persona) -> None:
    tournament_id = open_now()
    for audience in ("participants", "all"):
        organizer_notices.publish(tournament_id, f"Told to {audience}.", audience=audience, actor=SYSTEM, now=utc_now())
    assert "Told to" not in said(pat.get("/me/"))
    registration_id = register(pat, tournament_id)
    for address in ("/me/", own(registration_id)):
        page = said(pat.get(address))
        assert ("Told to participants." in page, "Told to all." in page) == (True, True)
    pat.post(own(registration_id, "withdraw/"), {"sure": "yes"})
    assert statuses(tournament_id)[registration_id] == "withdrawn"
    assert "Told to" not in said(pat.get("/me/"))
    page = said(pat.get(own(registration_id)))
    assert ("Told to participants." in page, "Told to all." in page) == (False, True)


def test_the_start_page_costs_as_much_with_three_announcements_as_with_one(app: Flask, pat: Persona) -> None:
    register(pat, tournament_id := open_now())
    counts = []
    for more in (1, 2):
        for _ in range(more):
            organizer_notices.publish(tournament_id, "Soon", audience="all", actor=SYSTEM, now=utc_now())
        with count_statements() as statements:
            assert pat.get("/me/").status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[1]


def test_a_captain_changes_the_line_up_until_registration_closes(app: Flask, pat: Persona, olga: Persona) -> None:
    closes_at = utc_now() + DAY / 2
    tournament_id = open_now("valorant", registration_closes_at=closes_at)
    mates = players(6)
    people = [pat.actor, *mates]
    team_id = team(pat.actor, mates)
    entry = Entry(team_id=team_id, players=line_up(people[:5]))
    registration_id = entries.register(tournament_id, entry, actor=pat.actor, now=utc_now()).registration_id
    address = own(registration_id, "line-up/")
    assert f'href="{address}"' in pat.get(own(registration_id)).text
    form = pat.get(address)
    assert f'value="Rider {people[4].user_id}#EUW1"' in form.text
    assert form.text.count('<option value="player" selected>') == 5
    wanted = [people[0], *people[2:6]]
    data = {f"role-{one.user_id}": "player" for one in wanted}
    data |= {f"player_id-{one.user_id}": f"Rider {one.user_id}#EUW1" for one in wanted}
    short = pat.post(address, data | {f"role-{people[5].user_id}": ""})
    assert (short.status_code, "bring 5" in said(short).lower()) == (422, True)
    assert olga.post(address, data).status_code in {403, 404}
    assert pat.post(address, data).status_code == 303
    assert "The line-up is changed." in said(pat.get(own(registration_id)))
    with read_snapshot() as session:
        found = select(RegistrationPlayer.user_id).where(RegistrationPlayer.registration_id == registration_id)
        assert sorted(session.scalars(found)) == sorted(one.user_id or 0 for one in wanted)
    assert pat.post(address, data).status_code == 303
    assert "It was so already." in said(pat.get(own(registration_id)))
    with transaction() as session:
        session.get_one(Tournament, tournament_id).registration_closes_at = utc_now() - SOON
    assert pat.post(address, data | {f"role-{people[0].user_id}": ""}).status_code == 409
    assert "Registration closed at" in said(pat.get(address))
    assert f'href="{address}"' not in pat.get(own(registration_id)).text


def test_who_is_only_on_the_line_up_finds_the_tournament(app: Flask, pat: Persona) -> None:
    tournament_id = open_now("valorant")
    captain, *mates = players(4)
    people = [captain, pat.actor, *mates]
    team_id = team(captain, people[1:])
    entry = Entry(team_id=team_id, players=line_up(people))
    registration_id = entries.register(tournament_id, entry, actor=captain, now=utc_now()).registration_id
    page = pat.get("/me/registrations/")
    assert 'href="/tournaments/harbor-cup/"' in page.text
    assert own(registration_id) not in page.text
    assert pat.get(own(registration_id)).status_code == 404
