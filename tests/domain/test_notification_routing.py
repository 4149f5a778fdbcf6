"""Which kinds of notification follow from which events."""

import re
import uuid
from typing import Any

import pytest

from webapp.config import ROOT
from webapp.domain.events import CATALOGUE
from webapp.domain.notifications.kinds import KINDS, Hears
from webapp.domain.notifications.routing import WAITING, Happened, notices, team_event_id

WITHOUT_EVENT = {
    # They come with what they tell of.
    "payout_received", "achievement_earned", "certificate_ready", "sanction_applied", "report_triaged",
    # From no log.
    "webhook_disabled", "webhook_circuit_opened", "email_stopped",
}  # fmt: skip
STATUSES = {
    "registration_created": ("pending", "submitted", "approved", "waitlisted"),
    "registration_withdrawn": ("withdrawn", "rejected", "no_show", "waitlisted"),
    "registration_cancelled": ("withdrawn", "rejected"),
    "result_submitted": ("pending_opponent", "agreed", "overdue"),
    "announcement": ("published", "withdrawn"),
    "invite_responded": ("accepted", "declined", "expired", "withdrawn"),
}


def happened(name: str, **data: Any) -> Happened:
    fields: dict[str, Any] = dict.fromkeys(CATALOGUE[name].fields, 7) | {"changed": ["captain_id"]} | data
    return Happened(uuid.uuid4(), name, 1, fields)


def all_of(name: str) -> list[Any]:
    cases: list[dict[str, Any]] = [{"status": status} for status in STATUSES.get(name, ())] or [{}]
    return [notice for case in cases for notice in notices(happened(name, **case))]


def test_every_kind_follows_from_an_event_or_is_known_to_follow_from_none() -> None:
    told = {notice.kind for name in CATALOGUE for notice in all_of(name)}
    assert told == KINDS.keys() - WITHOUT_EVENT


def test_what_waits_until_the_board_is_shown_is_what_the_kinds_say() -> None:
    waiting = {name for name in CATALOGUE if any(KINDS[notice.kind].waits_for_reveal for notice in all_of(name))}
    assert waiting == set(WAITING)


def test_the_data_of_a_notice_hold_no_score_and_no_name() -> None:
    for name in CATALOGUE:
        for notice in all_of(name):
            assert not notice.data.keys() & {"results", "games", "sides", "winner_id", "lines", "changes"}, name


@pytest.mark.parametrize(
    ("name", "data", "kinds"),
    [
        ("registration_created", {"status": "waitlisted"}, ["registration_waitlisted"]),
        ("registration_created", {"status": "pending"}, ["registration_submitted"]),
        ("registration_cancelled", {"status": "rejected"}, ["registration_rejected"]),
        ("registration_cancelled", {"status": "withdrawn"}, []),
        ("registration_withdrawn", {"status": "no_show"}, []),
        ("registration_withdrawn", {"status": "waitlisted"}, ["registration_waitlisted"]),
        ("match_updated", {"changed": ["lobby"]}, ["match_scheduled"]),
        ("match_updated", {"changed": ["ready"]}, []),
        ("match_updated", {"changed": ["label", "map", "stream_url"]}, []),
        ("result_submitted", {"status": "agreed"}, []),
        ("announcement", {"status": "withdrawn"}, []),
        ("invite_responded", {"status": "accepted"}, ["invite_accepted", "roster_changed"]),
        ("invite_responded", {"status": "declined"}, []),
        ("team_updated", {"changed": ["logo_id"]}, []),
        ("team_updated", {"changed": ["name", "captain_id"]}, ["captain_changed"]),
        ("score_updated", {}, []),
    ],
)
def test_the_state_of_an_event_decides(name: str, data: dict[str, Any], kinds: list[str]) -> None:
    assert [notice.kind for notice in notices(happened(name, **data))] == kinds


def test_an_unanswered_report_goes_to_the_organizers() -> None:
    (asked,) = notices(happened("result_submitted", status="pending_opponent"))
    (overdue,) = notices(happened("result_submitted", status="overdue"))
    assert (asked.hears, overdue.hears) == (Hears.OPPONENT, Hears.ORGANIZERS)


def test_nobody_is_told_what_they_did_but_for_receipts_and_final_ranks() -> None:
    own = {notice.kind for name in CATALOGUE for notice in all_of(name) if notice.tells(3, 3)}
    assert own == {"registration_submitted", "registration_waitlisted", "tournament_completed", "checkin_open"}
    assert all(notice.tells(3, 4) and notice.tells(3, None) for name in CATALOGUE for notice in all_of(name))


def test_the_id_of_a_teams_event_is_always_the_same() -> None:
    assert team_event_id(5) == team_event_id(5) == uuid.UUID("227feecb-0aeb-5bc8-9a99-2703346ba381")
    assert team_event_id(5) != team_event_id(6)


def test_every_rule_of_who_hears_is_one_that_services_know() -> None:
    source = (ROOT / "webapp" / "services" / "notifications" / "recipients.py").read_text(encoding="utf-8")
    known = set(re.findall(r"    Hears\.(\w+): _", source))
    assert {notice.hears.name for name in CATALOGUE for notice in all_of(name)} <= known
