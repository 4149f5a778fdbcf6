"""The commands that the page shows to try an operation."""

import shlex

import orjson
from flask import Flask

from tests.views.api.worlds import Program
from webapp.views.api import description, reference
from webapp.views.api.description import operations_of

TOURNAMENT = "/api/tournaments/{tournament_id}/"
MATCH = "/api/tournaments/matches/{match_id}/"
RESULT = "/api/tournaments/results/{match_id}/"
PAYMENT = "/api/tournaments/payments/{payment_id}/"
CHECKIN = "/api/tournaments/checkin/{registration_id}/"
TEAM = "/api/teams/{team_id}/"
ADMIN = "/api/admin/tournaments/{tournament_id}/"
PROMISED = {
    *(f"{method} /api/tournaments/" for method in ("GET", "POST")),
    *(f"{method} {TOURNAMENT}" for method in ("GET", "PATCH", "DELETE")),
    *(f"GET /api/tournaments/{which}/" for which in ("discover", "upcoming", "live", "featured", "by-game/{game}")),
    *(f"{method} {TOURNAMENT}custom-fields/" for method in ("GET", "POST")),
    *(f"{method} /api/tournaments/templates/" for method in ("GET", "POST")),
    *(f"{method} /api/tournaments/registrations/" for method in ("GET", "POST")),
    "POST /api/tournaments/registrations/{registration_id}/cancel/",
    *(f"POST {PAYMENT}{what}/" for what in ("submit-proof", "verify", "reject", "refund")),
    *(f"POST {CHECKIN}{what}/" for what in ("check-in", "undo")),
    f"GET {CHECKIN}status/",
    "POST /api/tournaments/checkin/bulk/",
    f"GET {TOURNAMENT}metadata/",
    f"POST {TOURNAMENT}review/",
    "POST /api/tournaments/brackets/{tournament_id}/generate/",
    "GET /api/tournaments/matches/",
    "POST /api/tournaments/matches/bulk-schedule/",
    *(f"{method} {MATCH}" for method in ("GET", "PATCH")),
    *(f"POST {MATCH}{what}/" for what in ("start", "assign-coordinator", "lobby", "submit-result", "confirm-result")),
    *(f"POST {MATCH}{what}/" for what in ("dispute", "resolve-dispute", "cancel", "force-win", "reset")),
    *(f"POST {RESULT}{what}/" for what in ("submit-result", "confirm-result", "report-dispute")),
    *(f"{method} /api/teams/" for method in ("GET", "POST")),
    *(f"{method} {TEAM}" for method in ("GET", "PATCH", "DELETE")),
    *(f"POST {TEAM}{what}/" for what in ("invite", "remove-member", "leave", "transfer-captain")),
    *(f"POST /api/teams/invites/{{invite_id}}/{what}/" for what in ("accept", "decline")),
    "GET /api/profiles/",
    *(f"GET /api/games/{{game}}/config/{what}" for what in ("", "schema/")),
    *(f"GET {ADMIN}{what}/" for what in ("payments", "matches", "disputes")),
}
"""What programs have been told that there is."""


def test_every_address_that_was_promised_is_there(app: Flask) -> None:
    assert PROMISED - {f"{one.method} {one.path}" for one in operations_of(app)} == set()


def test_what_changes_something_takes_a_key(app: Flask) -> None:
    without = {one.operation.name for one in operations_of(app) if one.method != "GET" and not one.operation.takes_key}
    assert without == {"token", "refresh", "verify"}


def test_what_is_shown_to_be_sent_is_what_is_taken(app: Flask, program: Program) -> None:
    bodies = {one.operation.name: one.operation.body for one in operations_of(app) if one.operation.body is not None}
    document = description.document_of(app)
    shown = {entry.name: entry.command for family in reference.families(document) for entry in family.entries}
    checked = set()
    for name, body in bodies.items():
        words = shlex.split(shown[name].replace("\\\n", " "))
        sent = words[words.index("--json") + 1]
        if "…" not in sent:
            body.model_validate_json(sent)
            assert orjson.loads(sent) != {}
            checked.add(name)
    assert checked >= {"correct_match", "open_dispute", "submit_result", "register_entry"}
