"""What notices say: every kind has its words, from any number of rows with the same questions, and tells nothing that it
must not."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.routing import RequestRedirect

from tests.arenas import Arena, ended_at, open_league
from tests.personas import Persona
from tests.statements import count_statements
from webapp.config import ROOT
from webapp.domain.notifications.kinds import KINDS
from webapp.domain.series import SeriesGame
from webapp.models import Announcement, Match, Notification, Registration, Team, Tournament, WebhookEndpoint
from webapp.services.matches import series
from webapp.services.notifications import mail_render, words
from webapp.services.notifications.words import Words
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot, transaction

TEMPLATES = ROOT / "templates" / "emails"
GONE = 987_654
AT = datetime(2026, 11, 21, 12, 30, tzinfo=UTC)


@pytest.fixture
def arena(app: Flask) -> Arena:
    return league("League")


def league(name: str) -> Arena:
    return open_league("valorant", {"cascade": ["points"]}, [(0, 1), (2, 3), (0, 2)], sides=4, best_of=1, name=name)


def told(arena: Arena, user_id: int, kinds: Sequence[str] = tuple(KINDS), **data: Any) -> list[int]:
    """A notification of each kind about the first match and side of the arena, as routing would have written it."""
    with transaction() as session:
        team = Team(game="valorant", name=f"Night Herons {arena.tournament_id}", tag=None, captain_id=user_id)
        notice = Announcement(
            tournament_id=arena.tournament_id, text="Doors open **at nine**.", audience="all", created_at=AT
        )
        endpoint = WebhookEndpoint(
            kind="webhook",
            scope="tournaments",
            owner_id=user_id,
            url_sealed="-",
            host="hooks.example.org",
            created_at=AT,
        )
        session.add_all([team, notice, endpoint])
        session.flush()
        known = {
            "announcement_id": notice.id, "endpoint_id": endpoint.id, "user_id": user_id, "rank": 2,
            "previous_rank": 9, "dispute_id": 5, "participant_id": arena.participant_ids[0],
        }  # fmt: skip
        rows = [
            Notification(
                user_id=user_id, event_id=uuid.uuid4(), kind=kind, tournament_id=arena.tournament_id,
                match_id=arena.match_ids[0], registration_id=arena.participant_ids[0], team_id=team.id,
                data=known | data, is_in_app=True, created_at=AT,
            )
            for kind in kinds
        ]  # fmt: skip
        session.add_all(rows)
        session.flush()
        return [row.id for row in rows]


def said(ids: Sequence[int], **options: Any) -> list[Words]:
    with read_snapshot() as session:
        rows = session.scalars(select(Notification).where(Notification.id.in_(ids)).order_by(Notification.id)).all()
        return words.of_notifications(session, rows, **options)


def test_every_kind_has_its_pair_of_templates_and_there_is_none_of_another() -> None:
    own = {"digest", "many", "verification", "reset"}
    for ending in ("txt", "html"):
        there = {path.stem for path in TEMPLATES.glob(f"*.{ending}") if not path.stem.startswith("_")}
        assert there == set(KINDS) | own


def test_every_kind_says_something_on_one_line_and_leads_to_a_page_that_is_there(
    app: Flask, arena: Arena, pat: Persona
) -> None:
    found = said(told(arena, pat.user_id))
    assert [one.kind for one in found] == list(KINDS)
    pages = app.url_map.bind("localhost")
    for one in found:
        assert one.subject
        assert "\n" not in one.subject
        assert one.text
        assert one.action
        assert one.tournament_name == "League"
        try:
            pages.match(one.path.partition("#")[0], method="GET")
        except RequestRedirect:  # pragma: no cover
            pytest.fail(f"{one.kind} leads to {one.path}, which leads elsewhere")
    assert len({one.subject for one in found}) == len(KINDS)
    assert len({one.text for one in found}) == len(KINDS)


def test_officials_are_led_to_their_own_pages(app: Flask, arena: Arena, olga: Persona) -> None:
    ids = told(arena, olga.user_id, ["result_submitted", "match_disputed"], status="overdue")
    with transaction() as session:
        for row in session.scalars(select(Notification)):
            row.registration_id = None
    overdue, disputed = said(ids)
    of_cup = f"/organizer/tournaments/{arena.tournament_id}/"
    assert overdue.path == f"{of_cup}matches/{arena.match_ids[0]}/"
    assert "has not answered for 15 minutes" in overdue.text
    assert disputed.path == f"{of_cup}disputes/5/"


@pytest.mark.parametrize(
    ("scope", "path"),
    [
        ("tournaments", "/organizer/webhooks/{}/"),
        ("site", "/staff/webhooks/{}/"),
        ("person", "/me/notifications/#preferences"),
    ],
)
def test_whose_endpoint_it_is_leads_to_where_they_look_after_it(
    app: Flask, arena: Arena, pat: Persona, scope: str, path: str
) -> None:
    ids = told(arena, pat.user_id, ["webhook_disabled", "webhook_circuit_opened"], reason="gone")
    with transaction() as session:
        endpoint = session.scalars(select(WebhookEndpoint)).one()
        endpoint.scope = scope
        endpoint_id = endpoint.id
    disabled, opened = said(ids)
    assert disabled.path == opened.path == path.format(endpoint_id)
    assert "hooks.example.org is disabled: its receiver has answered" in disabled.text


def test_a_correction_that_is_taken_back_is_told_as_that(app: Flask, arena: Arena, pat: Persona) -> None:
    (one,) = said(told(arena, pat.user_id, ["placement_overridden"], is_restored=True))
    assert "taken back" in one.text
    assert "rank 2 now; before, it was rank 9" in one.text


def test_the_database_is_asked_as_often_for_many_about_many_things_as_for_one_of_each(
    app: Flask, arena: Arena, pat: Persona, olga: Persona
) -> None:
    counts = []
    ids: list[int] = []
    for about, who in ((arena, pat), (league("Second"), olga), (league("Third"), pat)):
        ids += told(about, who.user_id)
        with read_snapshot() as session:
            rows = [session.get_one(Notification, each) for each in ids]
            with count_statements() as asked:
                words.of_notifications(session, rows)
            counts.append(len(asked))
    assert len(set(counts)) == 1
    assert counts[0] <= 8


def test_what_is_gone_is_told_without_its_name(app: Flask, pat: Persona) -> None:
    with transaction() as session:
        session.add_all(
            Notification(
                user_id=pat.user_id, event_id=uuid.uuid4(), kind=kind, data=data, is_in_app=True, created_at=AT
            )
            for kind in KINDS
            for data in ({}, dict.fromkeys(("user_id", "team_id", "announcement_id", "endpoint_id"), GONE), {"match_ids": [GONE]})
        )  # fmt: skip
        session.flush()
        ids = list(session.scalars(select(Notification.id)))
    for one in said(ids):
        assert one.subject
        assert one.text
        assert "None" not in one.text + one.subject
        assert mail_render.of_notices([one], handle="Pat").html


def test_no_notice_of_a_match_tells_its_score(app: Flask, arena: Arena, pat: Persona) -> None:
    with read_snapshot() as session:
        match = session.get_one(Match, arena.match_ids[0])
        side_a, side_b = match.side_a_id, match.side_b_id
    assert side_a is not None
    assert side_b is not None
    games = [SeriesGame(1, {side_a: 141, side_b: 139})]
    series.confirm(arena.match_ids[0], games, actor=SYSTEM, now=ended_at(1))
    kinds = [kind for kind in KINDS if kind.startswith("match_") or kind == "result_submitted"]
    for one in said(told(arena, pat.user_id, kinds)):
        mail = mail_render.of_notices([one], handle="Pat")
        for part in (one.subject, one.text, str(one.facts), mail.text, mail.html):
            assert ("141" in part, "139" in part) == (False, False)


def test_times_are_told_in_the_readers_zone_and_follow_the_match(app: Flask, arena: Arena, pat: Persona) -> None:
    with transaction() as session:
        session.get_one(Match, arena.match_ids[0]).scheduled_at = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    ids = told(arena, pat.user_id, ["match_scheduled"])
    zones: Mapping[str, str] = {
        "UTC": "Sun 29 Mar 2026, 00:30 UTC",
        "Europe/Berlin": "Sun 29 Mar 2026, 01:30 CET",
        "Asia/Dhaka": "Sun 29 Mar 2026, 06:30 UTC+06",
        "America/New_York": "Sat 28 Mar 2026, 20:30 EDT",
        "No/Such_Zone": "Sun 29 Mar 2026, 00:30 UTC",
        "../../etc/passwd": "Sun 29 Mar 2026, 00:30 UTC",
    }
    for zone, written in zones.items():
        (one,) = said(ids, zones={pat.user_id: zone})
        assert ("Time", written) in one.facts
        assert one.subject.startswith(f"{written}: ")
    assert ("Time", zones["UTC"]) in said(ids)[0].facts
    with transaction() as session:
        session.get_one(Match, arena.match_ids[0]).scheduled_at = None
    assert "news about the schedule" in said(ids)[0].text


def test_several_matches_are_one_notice_with_each_in_a_line(app: Flask, arena: Arena, pat: Persona) -> None:
    ids = told(arena, pat.user_id, ["match_scheduled"], match_ids=list(arena.match_ids[:3]))
    with transaction() as session:
        session.get_one(Notification, ids[0]).match_id = None
    (one,) = said(ids)
    assert one.subject.startswith("3 of your matches")
    assert len(one.facts) == 3
    assert one.path == "/me/matches/"


def test_an_announcement_is_told_while_it_stands(app: Flask, arena: Arena, pat: Persona) -> None:
    ids = told(arena, pat.user_id, ["announcement"])
    assert said(ids)[0].text == "Doors open at nine."
    assert "Doors open <strong>at nine</strong>" in mail_render.of_notices(said(ids), handle="Pat").html
    with transaction() as session:
        session.scalars(select(Announcement)).one().withdrawn_at = AT
    assert "withdrawn" in said(ids)[0].text
    assert "nine" not in mail_render.of_notices(said(ids), handle="Pat").html


@pytest.mark.parametrize("name", ["Cup\r\nBcc: eve@example.org", "<img src=x onerror=alert(1)>", "Cup \u2028 two"])
def test_a_name_cannot_break_out_of_its_place(app: Flask, arena: Arena, pat: Persona, name: str) -> None:
    with transaction() as session:
        session.get_one(Tournament, arena.tournament_id).name = name
    for one in said(told(arena, pat.user_id)):
        mail = mail_render.of_notices([one], handle="Pat")
        assert len(one.subject.splitlines()) == 1
        assert len(mail.subject.splitlines()) == 1
        assert "<img" not in mail.html


def test_words_hold_handles_and_names_of_teams_and_no_address(
    app: Flask, arena: Arena, pat: Persona, olga: Persona
) -> None:
    with transaction() as session:
        registration = session.get_one(Registration, arena.participant_ids[0])
        registration.decision_reason = "Gannet Shoebill of 5 Heron Street wrote to gannet@example.org"
        registration.answers = {"name": "Gannet Shoebill"}
    for one in said(told(arena, pat.user_id)):
        mail = mail_render.of_notices([one], handle="Pat")
        for part in (one.subject, one.text, one.path, mail.subject, mail.text, mail.html):
            for planted in ("Gannet", "Heron Street", "@", pat.email, olga.email):
                assert planted not in part.replace("@media", "")
