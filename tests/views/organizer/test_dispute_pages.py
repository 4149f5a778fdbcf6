"""Disputes on their pages: a side objects, the other answers, officials look at what would change and decide."""

import re

import pytest
from flask import Flask

from tests.disputed import REASON, TEXT, Duel, confirm, dispute_now, entries, games, match_now, open_duel
from tests.personas import Persona, persona
from tests.statements import count_statements
from tests.uploaded import picture
from webapp.services.disputes import disputes
from webapp.services.matches import series
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.clock import utc_now

pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LEADERBOARDS_COMPUTE_ENABLED", "LEADERBOARDS_ENGINE_V2_ENABLED"):
        monkeypatch.setenv(name, "on")


@pytest.fixture
def una(app: Flask) -> Persona:
    return persona(app, "una")


@pytest.fixture
def duel(pat: Persona, una: Persona, olga: Persona) -> Duel:
    """Confirmed a moment ago: Pat's side has won."""
    duel = open_duel(pat, una, organizer=olga)
    series.confirm(duel.match_id, games(duel.sides, "aa"), actor=SYSTEM, now=utc_now())
    return duel


@pytest.fixture
def disputed(duel: Duel, una: Persona) -> int:
    return disputes.open_dispute(
        duel.match_id, reason_code="wrong_score", text=TEXT, claim=entries("bb"), actor=una.actor, now=utc_now()
    )


def objection(winners: str) -> dict[str, str]:
    form = {"reason_code": "wrong_score", "text": TEXT, "revision": "1"}
    for (
        number,
        _,
    ) in enumerate(winners):
        a, b = entries(winners)[number][1:3]
        form |= {f"games-{number}-score_a": str(a), f"games-{number}-score_b": str(b)}
    return form


def test_a_side_objects_and_everybody_concerned_reads_it(duel: Duel, pat: Persona, una: Persona, otto: Persona) -> None:
    path = f"/me/matches/{duel.match_id}/dispute/"
    assert "Object to the result" in una.get(path).text
    answer = una.post(path, objection("bb"))
    assert answer.status_code == 303
    page = answer.headers["Location"]
    for reader in (una, pat):
        shown = reader.get(page)
        assert TEXT in shown.text
        assert "As it was confirmed" in shown.text
    assert otto.get(page).status_code == 404
    assert otto.get(path).status_code == 404
    again = una.post(path, objection("bb"))
    assert again.status_code == 409
    assert "open already" in again.text


def test_what_cannot_be_taken_stays_in_the_form_with_what_is_wrong(duel: Duel, una: Persona) -> None:
    path = f"/me/matches/{duel.match_id}/dispute/"
    answer = una.post(path, objection("ab") | {"text": "no"})
    assert answer.status_code == 422
    assert "needs 10 characters at least" in answer.text
    assert 'value="13"' in answer.text
    stale = una.post(path, objection("bb") | {"revision": "7"})
    assert stale.status_code == 409
    assert match_now(duel.match_id).state == "completed"


def test_comments_notes_and_evidence(disputed: int, duel: Duel, pat: Persona, una: Persona, olga: Persona) -> None:
    own, officials = (
        f"/me/disputes/{disputed}/",
        f"/organizer/tournaments/{duel.arena.tournament_id}/disputes/{disputed}/",
    )
    assert pat.post(own + "comment/", {"text": "We have the video."}).status_code == 303
    assert olga.post(officials + "comment/", {"text": "Ask the caster first.", "is_internal": "y"}).status_code == 303
    assert una.post(own + "evidence/", {"url": "https://clips.example/one"}).status_code == 303
    png = (picture("PNG", (30, 20)), "proof.png")
    from io import BytesIO

    assert una.post(own + "evidence/", {"file": (BytesIO(png[0]), png[1])}).status_code == 303
    for reader, page in ((pat, own), (olga, officials)):
        text = reader.get(page).text
        assert "We have the video." in text
        assert "https://clips.example/one" in text
        assert ("Ask the caster first." in text) == (reader is olga)
        found = re.search(rf"/me/disputes/{disputed}/evidence/\d+/", text)
        assert found
        image = reader.get(found[0])
        assert (image.status_code, image.headers["Content-Type"]) == (200, "image/png")
        assert image.headers["X-Content-Type-Options"] == "nosniff"
    assert found
    stranger = persona(pat.client.application, "vera")
    assert stranger.get(found[0]).status_code == 404
    refused = una.post(own + "evidence/", {"file": (BytesIO(b"<svg onload=alert(1)>"), "a.svg")})
    assert refused.status_code == 422
    assert una.post(own + "evidence/", {"url": "javascript:alert(1)"}).status_code == 422


def test_officials_see_what_would_change_and_decide(disputed: int, duel: Duel, olga: Persona, una: Persona) -> None:
    page = f"/organizer/tournaments/{duel.arena.tournament_id}/disputes/{disputed}/"
    assert "Decide" in olga.get(page).text
    decision = {"resolution": "approve_dispute", "reason": REASON, "revision": "1"}
    preview = olga.post(page + "preview/", decision, htmx=True)
    assert preview.status_code == 200
    assert "Ranks 1–" in preview.text
    assert "<html" not in preview.text
    assert dispute_now(disputed).state == "open"
    whole = olga.post(page + "preview/", decision)
    assert "What would change" in whole.text
    stale = olga.post(page + "decide/", decision | {"revision": "9"})
    assert stale.status_code == 409
    short = olga.post(page + "decide/", decision | {"reason": "no"})
    assert short.status_code == 422
    assert olga.post(page + "decide/", decision).status_code == 303
    assert dispute_now(disputed).resolution == "approve_dispute"
    assert "The objection is right." in una.get(f"/me/disputes/{disputed}/").text


def test_a_result_of_their_own_by_the_officials(disputed: int, duel: Duel, olga: Persona) -> None:
    page = f"/organizer/tournaments/{duel.arena.tournament_id}/disputes/{disputed}/"
    form = objection("aba") | {"resolution": "custom_result", "reason": REASON, "revision": "1"}
    assert olga.post(page + "decide/", form).status_code == 303
    match = match_now(duel.match_id)
    assert (match.state, match.winner_id, match.revision) == ("completed", duel.sides[0], 2)


def test_the_staff_get_what_is_escalated(disputed: int, duel: Duel, olga: Persona, sam: Persona, otto: Persona) -> None:
    page = f"/organizer/tournaments/{duel.arena.tournament_id}/disputes/{disputed}/"
    assert "No dispute was given" in sam.get("/staff/disputes/").text
    assert olga.post(page + "take/", {"revision": "1"}).status_code == 303
    assert olga.post(page + "escalate/", {"reason": REASON, "revision": "2"}).status_code == 303
    assert page in sam.get("/staff/disputes/").text
    assert "with the staff" in olga.get(page).text
    assert olga.post(page + "decide/", {"resolution": "reject", "reason": REASON}).status_code == 403
    assert otto.get(page).status_code == 404
    assert sam.post(page + "decide/", {"resolution": "reject", "reason": REASON}).status_code == 303


def test_lists_ask_the_database_as_often_for_three_as_for_one(
    duel: Duel, disputed: int, olga: Persona, una: Persona
) -> None:
    tournament = f"/organizer/tournaments/{duel.arena.tournament_id}/disputes/"
    pages = [
        (olga, tournament),
        (olga, f"{tournament}{disputed}/"),
        (una, f"/me/disputes/{disputed}/"),
        (una, "/me/disputes/"),
    ]
    for reader, path in pages:
        reader.get(path)

    def counted() -> list[int]:
        found = []
        for reader, path in pages:
            with count_statements() as statements:
                assert reader.get(path).status_code == 200
            found.append(len(statements))
        return found

    disputes.comment(disputed, "First of them.", actor=una.actor, now=utc_now())
    one = counted()
    for match_id in duel.arena.match_ids[1:3]:
        confirm(duel, "aa", match_id=match_id)
        series_now = match_now(match_id)
        assert series_now.completed_at
        disputes.open_dispute(match_id, reason_code="other", text=TEXT, actor=SYSTEM, now=series_now.completed_at)
    for text in ("Second.", "Third."):
        disputes.comment(disputed, text, actor=olga.actor, now=utc_now())
    assert counted() == one
