"""What is sent of each event is what the catalogue says, to those whom the catalogue names."""

import re
from typing import Any

import orjson
import pytest
from flask import Flask

from tests.arenas import OPENED_AT, Arena, open_battle_royale
from webapp.config import ROOT
from webapp.domain.events import CATALOGUE, ENVELOPE, MATCH_ROOM, OF_A_MATCH, OFFICIAL, SOMETIMES, TEAM_ROOM
from webapp.services.live import rooms
from webapp.services.live.announcements import NUMBER
from webapp.services.spine import log
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import transaction

WITH_CAUSE = sorted(name for name, kind in CATALOGUE.items() if kind.has_cause)
OF_TOURNAMENTS = [name for name in WITH_CAUSE if CATALOGUE[name].rooms != (TEAM_ROOM,)]
OUTCOME = {
    "winner_id": 1, "runner_up_id": 2, "third_place_id": 3, "determination_method": "board", "requires_review": False,
}  # fmt: skip
DATA: dict[str, Any] = {
    **OUTCOME, "status": "live", "changed": ["name"], "adjustment_id": 4, "kind": "bonus", "points": 2,
    "override_id": 5, "participant_id": 6, "previous_rank": 2, "new_rank": 1, "is_restored": False, "lot_seed": "a1",
    "version": 7, "entries_count": 2, "champion_id": None, "freeze_id": 8, "frozen_seq": 9, "step": 1,
    "match_ids": [10], "number": 1, "game": 1, "actions_count": 3, "lines": [[6, -1, 3]], "games": [], "revision": 1, "previous_revision": 0,
    "completed_at": "2026-03-01T12:00:00+00:00", "decided_by": None, "sides": [], "dispute_id": 12, "state": "completed", "submission_id": 11, "report_revision": 1, "results": [], "registration_ids": [6],
    "payment_id": 13, "no_show_ids": [6], "promoted_ids": [], "seeds": [[6, 1]], "closed_seq": 1,
    "of_seq": 1, "recipient_count": 3, "created": 2, "skipped": 1, "email_sent": 0,
    "stage_id": 14, "node_ids": [15], "advanced": [[10, "a", 6]], "announcement_id": 16, "audience": "all",
    "changes": {"participant_id": [6], "previous_rank": [2], "current_rank": [1], "points": [40]},
}  # fmt: skip
BARE = {*ENVELOPE}


@pytest.fixture
def arena(app: Flask) -> Arena:
    return open_battle_royale()


def told(arena: Arena, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the public and what officials hear of an event of that name."""
    kind = CATALOGUE[name]
    about: dict[str, Any] = {"match_id": arena.match_ids[0]} if MATCH_ROOM in kind.rooms else {}
    if kind.names_participant:
        about["registration_id"] = arena.participant_ids[0]
    with transaction() as session:
        tournament = log.lock_tournament(session, arena.tournament_id)
        data = {field: DATA[field] for field in kind.fields}
        seq = log.record(session, tournament, name, data, actor=SYSTEM, now=OPENED_AT, **about)
    (announcement,) = rooms.missed(arena.tournament_id, seq - 1)
    assert announcement.kind == name
    return orjson.loads(announcement.public), orjson.loads(announcement.official or announcement.public)


def test_a_message_has_the_registered_fields_and_no_other(arena: Arena) -> None:
    for name in OF_TOURNAMENTS:
        kind = CATALOGUE[name]
        about_match = {*OF_A_MATCH} if MATCH_ROOM in kind.rooms else set()
        public, official = told(arena, name)
        assert official.keys() - SOMETIMES.get(name, frozenset()) == BARE | about_match | kind.message_fields
        assert official["type"] == name
        if kind.audience == OFFICIAL:
            assert public["type"] == NUMBER
            assert public.keys() == BARE | about_match
        else:
            assert public == official
        # What a resolution leaves a match in, it says itself.
        assert official.get("state") == (DATA["state"] if "state" in kind.fields else kind.state)


def test_what_has_a_cause_is_recorded_by_a_service_and_nothing_else_is() -> None:
    sources = "".join(path.read_text("utf-8") for path in (ROOT / "webapp" / "services").rglob("*.py"))
    recorded = {name for name in CATALOGUE if re.search(rf'["\']{name}["\']', sources)}
    assert recorded == set(WITH_CAUSE)


def test_the_documentation_lists_every_message_with_its_fields_rooms_and_audience() -> None:
    document = (ROOT / "docs" / "live.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| (.*?) \| (.*?) \|$", document, re.MULTILINE)
    documented = {name: (set(re.findall(r"\w+", fields)), rooms_, audience) for name, fields, rooms_, audience in rows}
    assert documented == {
        name: (
            {*kind.message_fields, *SOMETIMES.get(name, ())},
            ", ".join(kind.rooms),
            kind.audience if kind.has_cause else f"{kind.audience} (not yet)",
        )
        for name, kind in CATALOGUE.items()
    }
