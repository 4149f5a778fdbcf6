from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.entering import enter, open_tournament, players, seeds, statuses
from tests.personas import Persona
from tests.statements import count_statements
from tests.views.api.worlds import code_of, program_of
from tests.views.organizer.pages import assert_only_for_its_officials, referee, said
from webapp.domain.custom_fields import FieldRule
from webapp.domain.errors import Conflict
from webapp.models import CustomField, Payment
from webapp.services.pages import own_entries
from webapp.services.registration import checkin_close, checkins, custom_fields, entry_decisions, payments
from webapp.services.spine.actors import SYSTEM, Actor
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot

SOON = timedelta(minutes=20)
DAY = timedelta(days=1)
REASON = "The line-up is not of this region"


def run_by(olga: Persona, **columns: object) -> int:
    return open_tournament(**({"organizer_id": olga.user_id, "starts_at": utc_now() + DAY} | columns))  # type: ignore[arg-type]  # columns of all kinds


def path_of(tournament_id: int, rest: str) -> str:
    return f"/organizer/tournaments/{tournament_id}/{rest}"


def entered(tournament_id: int, count: int) -> tuple[list[Actor], list[int]]:
    people = players(count)
    return people, [enter(tournament_id, who, waitlist=True, now=utc_now()).registration_id for who in people]


def payment_of(registration_id: int) -> int:
    with read_snapshot() as session:
        return session.scalars(select(Payment.id).where(Payment.registration_id == registration_id)).one()


@pytest.mark.parametrize(
    "rest", ["registrations/", "payments/", "check-in/", "questions/", "registrations/registrations.csv"]
)
def test_they_are_for_its_officials(
    app: Flask, olga: Persona, otto: Persona, pat: Persona, vic: FlaskClient, rest: str
) -> None:
    tournament_id = run_by(olga)
    assert_only_for_its_officials(path_of(tournament_id, rest), olga, otto, pat, vic)
    referee(otto, tournament_id)
    assert otto.get(path_of(tournament_id, rest)).status_code == (200 if rest == "check-in/" else 403)


def test_registrations_are_decided_about_many_at_once(app: Flask, olga: Persona, otto: Persona) -> None:
    tournament_id = run_by(olga, asks_approval=True, places=3)
    _, ids = entered(tournament_id, 4)
    page = said(olga.get(path_of(tournament_id, "registrations/")))
    assert "3 of 3 places taken" in page
    assert "waiting for approval 3 taking part" not in page
    path = path_of(tournament_id, "registrations/decide/")
    assert otto.post(path, {"registration": ids[:1], "decision": "approve"}).status_code == 404
    assert olga.post(path, {"registration": ids[:2], "decision": "approve"}).status_code == 303
    wrong = olga.post(path, {"registration": ids[2:3], "decision": "reject", "reason": "no"})
    assert (wrong.status_code, "say why in 10 to 500 characters" in said(wrong)) == (422, True)
    assert f'value="{ids[2]}" checked' in wrong.text
    assert olga.post(path, {"registration": ids[2:3], "decision": "reject", "reason": REASON}).status_code == 303
    assert list(statuses(tournament_id).values()) == ["approved", "approved", "rejected", "submitted"]
    assert REASON in said(olga.get(path_of(tournament_id, "registrations/?status=rejected")))
    # Who waits for a decision is not looked for among all others.
    page = said(olga.get(path_of(tournament_id, "registrations/")))
    assert page.index("Player04") < page.index("Player01") < page.index("Player02")
    assert olga.post(path, {"decision": "approve"}).status_code == 422


def test_the_table_holds_everything_and_runs_nothing(app: Flask, olga: Persona) -> None:
    tournament_id = run_by(olga)
    custom_fields.add(tournament_id, FieldRule("note", "Note", "text"), actor=SYSTEM, now=utc_now())
    (one,) = players(1)
    enter(tournament_id, one, now=utc_now(), answers={"note": "=1+1"})
    lines = olga.get(path_of(tournament_id, "registrations/registrations.csv")).data.decode("utf-8-sig").splitlines()
    assert lines[0] == "registration,name,status,seed,checked_in,payment,reference,players,note"
    assert lines[1].endswith(f"Player01 (Striker{one.user_id}),'=1+1")


def test_payments_are_verified_rejected_and_refunded(app: Flask, olga: Persona, otto: Persona) -> None:
    tournament_id = run_by(olga, entry_fee=50_000, currency="BDT")
    people, ids = entered(tournament_id, 2)
    first, second = (payment_of(one) for one in ids)
    for person, payment_id in zip(people, (first, second), strict=True):
        payments.submit_proof(payment_id, method="", reference="TX", proof=None, actor=person, now=utc_now())
    page = said(olga.get(path_of(tournament_id, "payments/")))
    assert "to be verified 2" in page
    one, other = path_of(tournament_id, f"payments/{first}/"), path_of(run_by(olga), f"payments/{first}/")
    assert olga.post(other + "verify/").status_code == 404
    assert otto.post(one + "verify/").status_code == 404
    late = olga.post(one + "verify/", {"revision": "0"})
    assert (late.status_code, "look at it again" in said(late)) == (409, True)
    assert olga.post(one + "verify/", {"revision": "1"}).status_code == 303
    two = path_of(tournament_id, f"payments/{second}/")
    wrong = olga.post(two + "reject/", {"revision": "1", "reason": "no"})
    assert (wrong.status_code, "say why in 10 to 500 characters" in said(wrong)) == (422, True)
    assert olga.post(two + "reject/", {"revision": "1", "reason": REASON}).status_code == 303
    assert olga.post(one + "refund/", {"revision": "2", "reason": REASON}).status_code == 303
    assert list(statuses(tournament_id).values()) == ["approved", "submitted"]
    assert REASON in said(olga.get(path_of(tournament_id, "payments/?state=refunded")))


def test_all_ticked_payments_are_verified_and_a_double_click_says_it_once(app: Flask, olga: Persona) -> None:
    tournament_id = run_by(olga, entry_fee=50_000, currency="BDT", places=8)
    people, ids = entered(tournament_id, 3)
    waiting = [payment_of(one) for one in ids]
    for person, payment_id in zip(people, waiting, strict=True):
        payments.submit_proof(payment_id, method="", reference="TX", proof=None, actor=person, now=utc_now())
    path = path_of(tournament_id, "payments/")
    shown = olga.get(path).text
    key = shown.split('name="form_key" value="')[1].split('"')[0]
    assert [f'name="payment" value="{one}:1"' in shown for one in waiting] == [True] * 3
    form = {"payment": [f"{one}:1" for one in waiting[:2]], "form_key": key, "state": "submitted"}
    for _ in range(2):
        done = olga.post(path + "verify/", form)
        assert (done.status_code, done.headers["Location"]) == (303, f"{path}?state=submitted")
    assert "verified already" not in said(olga.get(path))
    assert list(statuses(tournament_id).values()) == ["approved", "approved", "submitted"]
    late = olga.post(path + "verify/", {"payment": [f"{waiting[2]}:0", f"{waiting[0]}:2"]})
    assert late.status_code == 303
    assert "One stays as it is: The payment is submitted by now; look at it again" in said(olga.get(path))
    olga.post(path + "verify/", {"payment": f"{waiting[2]}:1"})
    assert "1 verified, 1 admitted by it." in said(olga.get(path))
    nothing = olga.post(path + "verify/", {"payment": ["", "x:1"]})
    assert (nothing.status_code, "choose 1 to 200 at once" in said(nothing)) == (422, True)
    other = path_of(run_by(olga), "payments/verify/")
    assert olga.post(other, {"payment": f"{waiting[2]}:1"}).status_code == 404


def test_the_desk_checks_in_closes_as_previewed_and_takes_it_back(app: Flask, olga: Persona) -> None:
    tournament_id = run_by(olga, has_checkin=True, places=3, starts_at=utc_now() + SOON)
    people, ids = entered(tournament_id, 4)
    path = path_of(tournament_id, "check-in/")
    assert olga.post(path + "many/", {"participant": [ids[0], ids[2]]}).status_code == 303
    checkins.check_in(ids[3], actor=people[3], now=utc_now())
    desk = olga.get(path)
    text = said(desk)
    assert "2 of 3 checked in" in text
    assert "Out (1) Player02 In from the waitlist (1) Player04" in text
    assert olga.post(path + "close/", {"seen": "another"}).status_code == 409
    seen = desk.text.split('name="seen" value="')[1].split('"')[0]
    assert olga.post(path + "close/", {"seen": seen}).status_code == 303
    assert list(statuses(tournament_id).values()) == ["approved", "no_show", "approved", "approved"]
    assert list(seeds(tournament_id).values()) == [1, None, 2, 3]
    assert "Did not check in (1) Player02" in said(olga.get(path))
    assert olga.post(path + "reopen/").status_code == 303
    assert list(statuses(tournament_id).values()) == ["approved", "approved", "approved", "waitlisted"]
    assert olga.post(path + f"{ids[0]}/undo/").status_code == 303
    nobody = olga.post(path + "many/")
    assert (nobody.status_code, "choose 1 to 200 at once" in said(nobody)) == (422, True)


def test_who_waits_when_check_in_is_closed_is_not_ticked_but_admitted(app: Flask, olga: Persona) -> None:
    tournament_id = run_by(olga, has_checkin=True, places=2, starts_at=utc_now() + SOON)
    people, ids = entered(tournament_id, 3)
    waiting = ids[2]
    path = path_of(tournament_id, "check-in/")
    assert f'name="participant" value="{waiting}"' in olga.get(path).text
    checkins.check_in_many(tournament_id, ids[:2], actor=SYSTEM, now=utc_now())
    checkin_close.close(tournament_id, actor=SYSTEM, now=utc_now())
    desk = olga.get(path)
    assert "on the waitlist not let in: admit under Registrations" in said(desk)
    assert "Nobody comes in from the waitlist by checking in any more" in said(desk)
    assert "Check in all that are ticked" not in desk.text
    assert f'name="participant" value="{waiting}"' not in desk.text
    stale = olga.post(path + "many/", {"participant": waiting})
    assert (stale.status_code, "it has to be admitted first" in said(stale)) == (422, True)
    with pytest.raises(Conflict, match="has to be admitted first"):
        checkins.check_in(waiting, actor=people[2], now=utc_now())
    own = own_entries.read_own_entry(waiting, actor=people[2], now=utc_now())
    assert (own.has_missed_checkin, own.entry.can_check_in) == (True, False)
    entry_decisions.decide(waiting, "override", reason=REASON, actor=SYSTEM, now=utc_now())
    assert f'name="participant" value="{waiting}"' in olga.get(path).text


def test_questions_are_added_changed_moved_and_removed(app: Flask, olga: Persona) -> None:
    tournament_id = run_by(olga)
    path = path_of(tournament_id, "questions/")
    size = {"label": "Shirt size", "key": "shirt", "kind": "dropdown", "choices": "S\nM"}
    wrong = olga.post(path, size | {"key": "Shirt size", "choices": "S"})
    assert wrong.status_code == 422
    assert "write 2 to 50 choices" in said(wrong)
    assert 'value="Shirt size"' in wrong.text
    assert olga.post(path, size).status_code == 303
    assert olga.post(path, {"label": "Age", "key": "age", "kind": "number", "least": "16"}).status_code == 303
    assert olga.post(path, size).status_code == 422
    with read_snapshot() as session:
        shirt, age = session.scalars(select(CustomField.id).order_by(CustomField.position)).all()
    assert 'value="16"' in olga.get(f"{path}{age}/").text
    changed = {"label": "Your age", "key": "age", "kind": "number", "least": "18", "is_required": "y"}
    assert olga.post(f"{path}{age}/", changed).status_code == 303
    assert olga.post(f"{path}{age}/move/", {"to": "up"}).status_code == 303
    page = said(olga.get(path))
    assert page.index("Your age") < page.index("Shirt size")
    assert olga.post(f"{path}{shirt}/remove/").status_code == 303
    with read_snapshot() as session:
        rules = custom_fields.rules_of(session, tournament_id)
    assert rules == (FieldRule("age", "Your age", "number", True, "", {"min": 18}),)
    assert olga.get(f"{path_of(run_by(olga), 'questions/')}{age}/").status_code == 404


@pytest.mark.parametrize("rest", ["registrations/", "payments/?state=pending", "check-in/"])
def test_a_long_list_asks_as_often_as_a_short_one(app: Flask, olga: Persona, rest: str) -> None:
    tournament_id = run_by(olga, entry_fee=500 if "payments" in rest else 0, currency="BDT", has_checkin=True)
    counts = []
    for first, more in ((1, 1), (2, 2)):
        for person in players(more, first=first):
            enter(tournament_id, person, now=utc_now())
        olga.get(path_of(tournament_id, rest))
        with count_statements() as asked:
            assert olga.get(path_of(tournament_id, rest)).status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_the_same_by_api(app: Flask, olga: Persona, pat: Persona) -> None:
    tournament_id = run_by(olga, entry_fee=500, currency="BDT", has_checkin=True, starts_at=utc_now() + SOON)
    base, mine, theirs = "/api/tournaments/", program_of(app, pat, "read", "play"), program_of(app, olga, "organize")
    body = {"tournament_id": tournament_id, "player_id": "Striker900"}
    headers = {"Idempotency-Key": "one"}
    first = mine.post(f"{base}registrations/", json=body, headers=headers)
    again = mine.post(f"{base}registrations/", json=body, headers=headers)
    assert again.get_json() == first.get_json() | {"idempotent_replay": True}
    assert first.get_json()["status"] == "pending"
    registration_id = first.get_json()["registration_id"]
    payment = f"{base}payments/{payment_of(registration_id)}/"
    told = mine.post(f"{payment}submit-proof/", json={"reference": "TX1"}).get_json()
    assert (told["status"], told["registration_status"], told["revision"]) == ("submitted", "submitted", 1)
    assert code_of(theirs.post(f"{payment}reject/", json={"reason": "no"})) == "invalid_request"
    assert theirs.post(f"{payment}reject/", json={"reason": REASON}).get_json()["status"] == "rejected"
    mine.post(f"{payment}submit-proof/", json={"reference": "TX2"})
    assert code_of(theirs.post(f"{payment}verify/", json={"revision": 1})) == "payment_changed"
    assert theirs.post(f"{payment}verify/", json={}).get_json()["registration_status"] == "approved"
    assert theirs.post(f"{payment}refund/", json={"reason": REASON}).get_json()["status"] == "refunded"
    checkin = f"{base}checkin/{registration_id}/"
    done = mine.post(f"{checkin}check-in/").get_json()
    assert (done["checked_in"], done["checked_in_by"], done["can_undo"]) == (True, pat.user_id, True)
    assert done["window"]["is_open"] is True
    assert mine.post(f"{checkin}undo/").get_json()["checked_in"] is False
    bulk = {"tournament_id": tournament_id, "registration_ids": [registration_id]}
    assert theirs.post(f"{base}checkin/bulk/", json=bulk).get_json() == {"registration_ids": [registration_id]}
    assert mine.get(f"{checkin}status/").get_json()["checked_in_by"] == olga.user_id
    listed = mine.get(f"{base}registrations/").get_json()["results"]
    assert [(one["status"], one["payment_status"], one["checked_in"]) for one in listed] == [
        ("approved", "refunded", True)
    ]
    assert mine.get(f"{base}{tournament_id}/custom-fields/").get_json()["custom_fields"] == []
    assert mine.post(f"{base}registrations/{registration_id}/cancel/").get_json()["status"] == "withdrawn"
    decided = theirs.post(f"{base}registrations/{registration_id}/decide/", json={"decision": "approve"})
    assert decided.get_json()["status"] == "approved"
