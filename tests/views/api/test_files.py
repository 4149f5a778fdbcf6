"""Files by API: JSON and a file as parts of a form."""

from io import BytesIO
from typing import Any

import orjson
import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests.contests import Contest
from tests.disputed import TEXT
from tests.entering import enter, open_tournament
from tests.personas import Persona
from tests.uploaded import PDF, SVG, picture
from tests.views.api.test_matches import games, made, path_of
from tests.views.api.worlds import Program, program_of
from tests.views.registrations.test_organizer_pages import payment_of
from webapp.domain.uploads import MEGABYTE
from webapp.models import DisputeEvidence, Payment, ResultSubmission, StoredFile
from webapp.services.spine.transaction import read_snapshot

PNG_START = b"\x89PNG\r\n\x1a\n"
SCORES = [(13, 7), (13, 3)]


@pytest.fixture
def contest(olga: Persona, pat: Persona) -> Contest:
    return made(olga, pat)


@pytest.fixture
def plays(app: Flask, pat: Persona) -> Program:
    return program_of(app, pat, "read", "play")


def send(program: Program, path: str, body: Any, file: bytes | None, **options: Any) -> TestResponse:
    data: dict[str, Any] = {} if body is None else {"body": orjson.dumps(body).decode()}
    if file is not None:
        data["file"] = (BytesIO(file), "shot.png")
    return program.post(path, data=data, content_type="multipart/form-data", **options)


def code(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, answer.get_json()["code"]


def kinds() -> list[str]:
    with read_snapshot() as session:
        return list(session.scalars(select(StoredFile.kind)))


def test_a_report_brings_its_screenshot(contest: Contest, plays: Program) -> None:
    body = {"games": games(*SCORES), "note": "Close"}
    told = send(plays, path_of(contest, "submit-result/"), body, picture())
    assert (told.status_code, told.get_json()["report_revision"]) == (200, 1)
    with read_snapshot() as session:
        report = session.scalars(select(ResultSubmission)).one()
        assert (report.note, report.screenshot_id is not None) == ("Close", True)
    for wrong in (SVG, PDF):
        assert code(send(plays, path_of(contest, "submit-result/"), body, wrong)) == (422, "file_type_refused")
    assert code(send(plays, path_of(contest, "submit-result/"), body, b"")) == (422, "invalid_file")
    form = (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
        + PNG_START + b"0" * (6 * MEGABYTE)
        + b'\r\n--b\r\nContent-Disposition: form-data; name="body"\r\n\r\n' + orjson.dumps(body) + b"\r\n--b--\r\n"
    )  # fmt: skip
    large = plays.post(
        path_of(contest, "submit-result/"), input_stream=BytesIO(form), content_length=len(form),
        content_type="multipart/form-data; boundary=b",
    )  # fmt: skip
    assert code(large) == (413, "file_too_large")
    unreadable = send(plays, path_of(contest, "submit-result/"), body, picture()[:60])
    assert code(unreadable) == (422, "file_unreadable")
    assert kinds() == ["screenshot"]


def test_what_is_wrong_with_the_parts_is_named(contest: Contest, plays: Program) -> None:
    path = path_of(contest, "submit-result/")
    assert code(send(plays, path, None, picture())) == (422, "invalid_request")
    stranger = plays.post(path, data={"body": "{}", "games": "1"}, content_type="multipart/form-data")
    assert stranger.get_json()["errors"][0]["path"] == "games"
    unreadable = plays.post(path, data={"body": "{"}, content_type="multipart/form-data")
    assert code(unreadable) == (400, "unreadable_json")
    long = plays.post(path, data={"body": '"' + "x" * 70_000 + '"'}, content_type="multipart/form-data")
    assert code(long) == (422, "invalid_request")
    huge = plays.post(
        path, input_stream=BytesIO(b"0" * (11 * MEGABYTE)), content_type="multipart/form-data; boundary=b"
    )
    assert code(huge) == (413, "file_too_large")
    assert code(send(plays, path_of(contest, "ready/"), {}, None)) == (415, "unsupported_media_type")
    assert kinds() == []


def test_the_same_form_under_the_same_key_is_one(contest: Contest, plays: Program) -> None:
    key = {"Idempotency-Key": "9"}
    path, body = path_of(contest, "submit-result/"), {"games": games(*SCORES)}
    first = send(plays, path, body, picture(), headers=key)
    # A form is written anew each time, with another boundary.
    again = send(plays, path, body, picture(), headers=key)
    assert again.get_json() == first.get_json() | {"idempotent_replay": True}
    assert code(send(plays, path, body, picture(colour="#000000"), headers=key)) == (422, "idempotency_key_reused")
    assert kinds() == ["screenshot"]


def test_a_payment_brings_its_proof(app: Flask, plays: Program, pat: Persona) -> None:
    tournament_id = open_tournament(entry_fee=500, currency="BDT")
    payment_id = payment_of(enter(tournament_id, pat.actor).registration_id)
    path = f"/api/tournaments/payments/{payment_id}/submit-proof/"
    assert code(plays.post(path, json={})) == (422, "invalid_result")
    assert code(send(plays, path, {}, b"GIF89a")) == (422, "file_type_refused")
    told = send(plays, path, None, PDF)
    assert (told.status_code, told.get_json()["status"]) == (200, "submitted")
    with read_snapshot() as session:
        assert session.get_one(Payment, payment_id).proof_id is not None
    assert kinds() == ["proof"]


def test_evidence_is_a_picture_or_a_link(app: Flask, contest: Contest, plays: Program, otto: Persona) -> None:
    plays.post(path_of(contest, "submit-result/"), json={"games": games(*SCORES)})
    other = program_of(app, otto, "read", "play")
    contest.also_speaks_for(otto.actor, contest.b)
    objection = {"reason_code": "wrong_score", "text": TEXT, "report_revision": 1}
    dispute = other.post(f"/api/tournaments/results/{contest.match_id}/report-dispute/", json=objection).get_json()
    path = f"/api/tournaments/disputes/{dispute['id']}/"
    shown = send(other, f"{path}evidence/", None, picture()).get_json()
    assert send(other, f"{path}evidence/", {}, picture()).get_json() == shown
    link = {"url": "https://clips.twitch.tv/yourclip"}
    assert plays.post(f"{path}evidence/", json=link).status_code == 200
    assert code(plays.post(f"{path}evidence/", json={"url": "ftp://x"})) == (422, "invalid_dispute")
    assert code(plays.post(f"{path}evidence/", json={})) == (422, "invalid_request")
    assert code(send(other, f"{path}evidence/", link, picture())) == (422, "invalid_request")
    with read_snapshot() as session:
        assert len(session.scalars(select(DisputeEvidence.id)).all()) == 2


def test_a_dispute_is_talked_about_taken_and_escalated(
    app: Flask, contest: Contest, plays: Program, olga: Persona, otto: Persona
) -> None:
    runs, stranger = (
        program_of(app, olga, "read", "play", "organize"),
        program_of(app, otto, "read", "play", "organize"),
    )
    plays.post(path_of(contest, "submit-result/"), json={"games": games(*SCORES)})
    dispute = runs.post(path_of(contest, "dispute/"), json={"reason_code": "other", "text": TEXT}).get_json()
    path = f"/api/tournaments/disputes/{dispute['id']}/"
    said = plays.post(f"{path}comment/", json={"text": "Look at the second game"})
    assert (said.status_code, "second game" in said.text) == (200, False)
    assert plays.post(f"{path}comment/", json={"text": "x", "is_internal": True}).status_code == 403
    taken = runs.post(f"{path}take/", json={"dispute_revision": dispute["revision"]}).get_json()
    assert (taken["state"], taken["assigned_to_id"]) == ("under_review", olga.user_id)
    stale = runs.post(f"{path}escalate/", json={"reason": "Beyond our rules here", "dispute_revision": 0})
    assert code(stale) == (409, "stale_revision")
    given = runs.post(f"{path}escalate/", json={"reason": "Beyond our rules here"}).get_json()
    assert given["state"] == "escalated"
    for what, body in (("comment/", {"text": "x"}), ("take/", {}), ("escalate/", {"reason": "Beyond our rules"})):
        assert stranger.post(f"{path}{what}", json=body).status_code == 404
