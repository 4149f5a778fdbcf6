"""Files by API: fetched by those alone who may see them, and handed in with a registration or for a team."""

from datetime import timedelta
from io import BytesIO
from typing import Any

import orjson
import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.arenas import OPENED_AT
from tests.contests import Contest
from tests.disputed import TEXT
from tests.entering import enter, open_tournament, team
from tests.personas import Persona
from tests.uploaded import PDF, SVG, picture
from tests.views.api.test_matches import games, made, path_of
from tests.views.api.worlds import Program, program_of
from tests.views.registrations.test_organizer_pages import payment_of
from webapp.domain.custom_fields import FieldRule
from webapp.models import StoredFile
from webapp.services.files import uploads
from webapp.services.registration import custom_fields, payments
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot
from webapp.services.tournaments import tournament_removal

FORM = "multipart/form-data"


@pytest.fixture
def plays(app: Flask, pat: Persona) -> Program:
    return program_of(app, pat, "read", "play")


@pytest.fixture
def runs(app: Flask, olga: Persona) -> Program:
    return program_of(app, olga, "read", "organize")


@pytest.fixture
def stranger(app: Flask, otto: Persona) -> Program:
    return program_of(app, otto, "read", "play", "organize")


def code(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, answer.get_json()["code"]


def part(raw: bytes, called: str = "a.png") -> tuple[BytesIO, str]:
    return BytesIO(raw), called


def put(program: Program, path: str, **options: Any) -> TestResponse:
    headers = program.headers | options.pop("headers", {})
    return program.client.put(path, headers=headers, **options)


def register(program: Program, tournament_id: int, files: dict[str, bytes], **options: Any) -> TestResponse:
    body = orjson.dumps({"tournament_id": tournament_id, "player_id": "StrikerNine9"}).decode()
    data: dict[str, Any] = {"body": body} | {f"answers.{key}": part(raw) for key, raw in files.items()}
    return program.post("/api/tournaments/registrations/", data=data, content_type=FORM, **options)


def ensure_saved(answer: TestResponse, kind: str, called: str) -> None:
    """A file, and one that no browser shows or runs."""
    assert answer.status_code == 200, answer.text
    told = answer.headers
    assert (answer.content_type, told["X-Content-Type-Options"]) == (kind, "nosniff")
    assert told["Content-Disposition"] == f'attachment; filename="{called}"'
    assert "no-store" in told["Cache-Control"]
    assert "sandbox" in told["Content-Security-Policy"]


def stored() -> int:
    with read_snapshot() as session:
        return session.query(StoredFile).count()


def test_a_proof_is_for_payer_organizers_and_staff(
    plays: Program, runs: Program, stranger: Program, staff_program: Program, pat: Persona, olga: Persona
) -> None:
    tournament_id = open_tournament(organizer_id=olga.user_id, entry_fee=500, currency="BDT")
    payment_id = payment_of(enter(tournament_id, pat.actor).registration_id)
    path = f"/api/tournaments/payments/{payment_id}/proof/"
    assert code(plays.get(path)) == (404, "payment_not_found")
    proof = uploads.receive(PDF, "proof")
    payments.submit_proof(payment_id, method="", reference="", proof=proof, actor=pat.actor, now=utc_now())
    for asker in (plays, runs, staff_program):
        ensure_saved(asker.get(path), "application/pdf", f"proof-{payment_id}.pdf")
    assert plays.get(path).data == PDF
    assert code(stranger.get(path)) == (404, "file_not_found")
    tournament_removal.delete(tournament_id, reason=TEXT, actor=olga.actor, now=OPENED_AT)
    for asker in (plays, runs, staff_program):
        assert code(asker.get(path)) == (404, "file_not_found")


def test_screenshots_and_evidence_are_for_sides_and_officials(
    app: Flask, plays: Program, runs: Program, stranger: Program, pat: Persona, olga: Persona
) -> None:
    contest: Contest = made(olga, pat)
    data = {"body": orjson.dumps({"games": games((13, 7), (13, 3))}).decode(), "file": part(picture())}
    assert plays.post(path_of(contest, "submit-result/"), data=data, content_type=FORM).status_code == 200
    (report,) = runs.get(path_of(contest)).get_json()["reports"]
    assert report["has_screenshot"] is True
    shot = path_of(contest, f"reports/{report['id']}/screenshot/")
    objection = {"reason_code": "other", "text": TEXT}
    other = program_of(app, olga, "read", "play", "organize")
    dispute_id = other.post(path_of(contest, "dispute/"), json=objection).get_json()["id"]
    all_shown = f"/api/tournaments/disputes/{dispute_id}/evidence/"
    shown = plays.post(all_shown, data={"file": part(picture(colour="#ff0000"))}, content_type=FORM).get_json()
    link = plays.post(all_shown, json={"url": "https://clips.twitch.tv/yourclip"}).get_json()
    for asker in (plays, runs):
        ensure_saved(asker.get(shot), "image/png", f"report-{report['id']}.png")
        ensure_saved(
            asker.get(f"{all_shown}{shown['evidence_id']}/"), "image/png", f"evidence-{shown['evidence_id']}.png"
        )  # fmt: skip
        told = asker.get(all_shown)
        assert [(one["kind"], one["author_id"]) for one in told.get_json()["evidence"]] == [
            ("picture", pat.user_id), ("link", pat.user_id),
        ]  # fmt: skip
        assert "twitch" not in told.text
    assert code(plays.get(f"{all_shown}{link['evidence_id']}/")) == (404, "file_not_found")
    elsewhere = path_of(contest, "").replace(str(contest.match_id), str(contest.match_ids[1]))
    assert code(plays.get(f"{elsewhere}reports/{report['id']}/screenshot/")) == (404, "file_not_found")
    for path in (shot, f"{all_shown}{shown['evidence_id']}/"):
        assert code(stranger.get(path)) == (404, "file_not_found")
    assert code(stranger.get(all_shown)) == (404, "dispute_not_found")


def test_questions_that_ask_for_a_file_are_answered_with_the_registration(
    plays: Program, runs: Program, stranger: Program, olga: Persona
) -> None:
    tournament_id = open_tournament(organizer_id=olga.user_id, starts_at=utc_now() + timedelta(days=2))
    for rule in (FieldRule("rank", "Rank", "media", is_required=True), FieldRule("photo", "Photo", "media")):
        custom_fields.add(tournament_id, rule, actor=SYSTEM, now=OPENED_AT)
    missing = register(plays, tournament_id, {})
    assert (code(missing), missing.get_json()["errors"][0]["path"]) == ((422, "missing_custom_field"), "answers.rank")
    for wrong, why in ((SVG, "file_type_refused"), (picture()[:60], "file_unreadable"), (b"", "invalid_file")):
        answer = register(plays, tournament_id, {"rank": wrong})
        assert (code(answer), answer.get_json()["errors"][0]["path"]) == ((422, why), "answers.rank")
    asked = register(plays, tournament_id, {"rank": picture(), "nick": picture()})
    assert (code(asked), asked.get_json()["errors"][0]["path"]) == ((422, "invalid_request"), "answers.nick")
    assert stored() == 0
    key = {"Idempotency-Key": "1"}
    done = register(plays, tournament_id, {"rank": picture(), "photo": PDF}, headers=key)
    assert done.status_code == 200, done.text
    again = register(plays, tournament_id, {"rank": picture(), "photo": PDF}, headers=key)
    assert again.get_json() == done.get_json() | {"idempotent_replay": True}
    other = register(plays, tournament_id, {"photo": picture(), "rank": PDF}, headers=key)
    assert code(other) == (422, "idempotency_key_reused")
    one = f"/api/tournaments/registrations/{done.get_json()['registration_id']}/"
    for asker in (plays, runs):
        told = asker.get(one).get_json()
        assert (told["answered"], told["file_answers"]) == (["rank", "photo"], ["rank", "photo"])
        ensure_saved(asker.get(f"{one}answers/rank/"), "image/png", f"answer-{told['registration_id']}.png")
        ensure_saved(asker.get(f"{one}answers/photo/"), "application/pdf", f"answer-{told['registration_id']}.pdf")
    assert code(plays.get(f"{one}answers/nick/")) == (404, "file_not_found")
    assert code(stranger.get(f"{one}answers/rank/")) == (404, "file_not_found")
    assert code(stranger.get(one)) == (404, "registration_not_found")


def test_a_team_gets_a_logo_another_and_none(
    app: Flask, plays: Program, stranger: Program, pat: Persona, vic: Any
) -> None:
    team_id = team(pat.actor, [])
    path = f"/api/teams/{team_id}/logo/"
    assert code(put(plays, path, json={})) == (415, "unsupported_media_type")
    assert code(put(plays, path, data={"body": "{}"}, content_type=FORM)) == (422, "invalid_request")
    assert code(put(plays, path, data={}, content_type=FORM)) == (422, "invalid_file")
    for wrong in (SVG, PDF):
        assert code(put(plays, path, data={"file": part(wrong)}, content_type=FORM)) == (422, "file_type_refused")
    assert code(put(stranger, path, data={"file": part(picture())}, content_type=FORM)) == (403, "not_captain")
    assert stored() == 0
    first = put(plays, path, data={"file": part(picture())}, content_type=FORM)
    assert first.status_code == 200, first.text
    assert put(plays, path, data={"file": part(picture())}, content_type=FORM).get_json() == first.get_json()
    shown = vic.get(first.get_json()["logo"])
    assert (shown.status_code, shown.content_type) == (200, "image/png")
    second = put(plays, path, data={"file": part(picture(colour="#ff0000"))}, content_type=FORM).get_json()
    assert second["logo"] != first.get_json()["logo"]
    assert (second["seq"], stored()) == (first.get_json()["seq"] + 1, 1)
    for _ in range(2):
        gone = plays.delete(path)
        assert (gone.status_code, gone.get_json()["logo"]) == (200, None)
    assert stored() == 0
    assert code(stranger.delete(path)) == (403, "not_captain")
