"""Sponsors and promotions of teams: proposed, decided, shown for their time; each with its row, event and audit."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from jobs import teams as team_jobs
from tests.personas import Persona, persona
from tests.teams import team_of
from tests.uploaded import SVG, picture
from webapp.domain.errors import Conflict, Forbidden, NotFound, ResultError
from webapp.domain.sponsorship import (
    MOST_OPEN,
    PROMOTION,
    SPONSOR,
    PromotionDraft,
    SponsorDraft,
    SponsorshipError,
)
from webapp.domain.uploads import UploadError
from webapp.extensions import db
from webapp.models import (
    AuditEntry,
    OutboxItem,
    StoredFile,
    Team,
    TeamEvent,
    TeamPromotion,
    TeamSponsor,
)
from webapp.services.pages import sponsorship_reads
from webapp.services.pages.sponsorship_view import Showings
from webapp.services.spine import outbox
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.teams import promotions, sponsors, sponsorship, teams

NOW = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
TODAY = NOW.date()
DRAFT = SponsorDraft("Kiln Coffee", "https://kiln.example/", TODAY, TODAY + timedelta(days=30))
SALE = PromotionDraft(
    "Shirts, half price", "Until Sunday.", "", NOW + timedelta(hours=1), NOW + timedelta(hours=5)
)  # fmt: skip
WHY = "The name is another firm's."


@pytest.fixture
def team_id(app: Flask, pat: Persona) -> int:
    return team_of(pat)


def log_of(team_id: int) -> list[tuple[str, str]]:
    with read_snapshot() as session:
        found = select(TeamEvent).where(TeamEvent.team_id == team_id, TeamEvent.type.not_like("team_%"))
        return [(event.type, event.data["status"]) for event in session.scalars(found.order_by(TeamEvent.seq))]


def audited() -> list[tuple[str, str | None]]:
    with read_snapshot() as session:
        found = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
        return [(e.action, e.data.get("reason")) for e in found if "sponsor" in e.action or "promotion" in e.action]


def sponsor(sponsor_id: int) -> TeamSponsor:
    with read_snapshot() as session:
        found = session.get_one(TeamSponsor, sponsor_id, populate_existing=True)
        session.expunge(found)
        return found


def state_of(promotion_id: int) -> str:
    with read_snapshot() as session:
        return session.scalars(select(TeamPromotion.state).where(TeamPromotion.id == promotion_id)).one()


def shown(team_id: int, now: datetime = NOW) -> Showings:
    with read_snapshot() as session:
        return sponsorship_reads.shown_of(session, session.get_one(Team, team_id), now=now)


def test_a_sponsor_is_shown_once_staff_have_approved_it_and_until_its_last_day(
    team_id: int, pat: Persona, sam: Persona
) -> None:
    sponsor_id = sponsors.propose(team_id, DRAFT, picture(), actor=pat.actor, now=NOW)
    assert shown(team_id).sponsors == ()
    for _twice in range(2):
        sponsorship.approve(SPONSOR, sponsor_id, revision=1, actor=sam.actor, now=NOW)
    kept = sponsor(sponsor_id)
    assert (kept.state, kept.decided_by_id, kept.decided_at) == ("approved", sam.user_id, NOW)
    assert [(one.title, one.link, one.logo_id) for one in shown(team_id).sponsors] == [
        ("Kiln Coffee", "https://kiln.example/", kept.logo_id)
    ]
    last = datetime(2026, 12, 22, 23, 59, tzinfo=UTC)
    assert shown(team_id, last).sponsors
    assert not shown(team_id, last + timedelta(minutes=1)).sponsors
    assert not shown(team_id, NOW - timedelta(days=1)).sponsors
    assert sponsors.expire(now=last) == 0
    assert sponsors.expire(now=last + timedelta(hours=3)) == 1
    assert sponsors.expire(now=last + timedelta(hours=3)) == 0
    assert sponsor(sponsor_id).state == "expired"
    assert log_of(team_id) == [
        ("sponsor_updated", "pending"), ("sponsor_approved", "approved"), ("sponsor_updated", "expired"),
    ]  # fmt: skip
    assert [action for action, _ in audited()] == [
        "team.sponsor_proposed", "team.sponsor_approved", "team.sponsor_expired",
    ]  # fmt: skip


def test_staff_say_no_and_why_and_take_down_what_is_shown(team_id: int, pat: Persona, sam: Persona) -> None:
    sponsor_id = sponsors.propose(team_id, DRAFT, None, actor=pat.actor, now=NOW)
    with pytest.raises(ResultError):
        sponsorship.reject(SPONSOR, sponsor_id, revision=1, reason="no", actor=sam.actor, now=NOW)
    sponsorship.approve(SPONSOR, sponsor_id, revision=1, actor=sam.actor, now=NOW)
    for _twice in range(2):
        sponsorship.reject(SPONSOR, sponsor_id, revision=1, reason=WHY, actor=sam.actor, now=NOW)
    assert (sponsor(sponsor_id).state, sponsor(sponsor_id).reason) == ("rejected", WHY)
    assert shown(team_id).sponsors == ()
    assert audited()[-1] == ("team.sponsor_rejected", WHY)
    with pytest.raises(Conflict) as decided:
        sponsorship.approve(SPONSOR, sponsor_id, revision=1, actor=sam.actor, now=NOW)
    assert decided.value.code == "sponsorship_decided"


def test_what_is_changed_waits_anew_and_nobody_approves_what_they_have_not_read(
    team_id: int, pat: Persona, sam: Persona
) -> None:
    sponsor_id = sponsors.propose(team_id, DRAFT, None, actor=pat.actor, now=NOW)
    assert not sponsors.change(team_id, sponsor_id, DRAFT, actor=pat.actor, now=NOW)
    other = DRAFT._replace(link="https://other.example/")
    assert sponsors.change(team_id, sponsor_id, other, actor=pat.actor, now=NOW)
    with pytest.raises(Conflict) as stale:
        sponsorship.approve(SPONSOR, sponsor_id, revision=1, actor=sam.actor, now=NOW)
    assert stale.value.code == "sponsorship_changed"
    sponsorship.approve(SPONSOR, sponsor_id, revision=2, actor=sam.actor, now=NOW)
    assert sponsors.change(team_id, sponsor_id, other, picture(), actor=pat.actor, now=NOW)
    assert (sponsor(sponsor_id).state, sponsor(sponsor_id).decided_by_id) == ("pending", None)
    assert shown(team_id).sponsors == ()
    assert not sponsors.change(team_id, sponsor_id, other, picture(), actor=pat.actor, now=NOW)
    before = sponsor(sponsor_id).logo_id
    assert sponsors.change(team_id, sponsor_id, other, picture(colour="#000000"), actor=pat.actor, now=NOW)
    assert sponsors.change(team_id, sponsor_id, other, drops_logo=True, actor=pat.actor, now=NOW)
    with read_snapshot() as session:
        assert session.get(StoredFile, before) is None
    assert (sponsor(sponsor_id).logo_id, sponsor(sponsor_id).revision) == (None, 5)


def test_captains_do_not_decide(team_id: int, pat: Persona) -> None:
    sponsor_id = sponsors.propose(team_id, DRAFT, None, actor=pat.actor, now=NOW)
    with pytest.raises(Forbidden):
        sponsorship.approve(SPONSOR, sponsor_id, revision=1, actor=pat.actor, now=NOW)
    with pytest.raises(Forbidden):
        sponsorship.reject(SPONSOR, sponsor_id, revision=1, reason=WHY, actor=pat.actor, now=NOW)


def test_nobody_else_writes_for_a_team(app: Flask, team_id: int, pat: Persona) -> None:
    vera = persona(app, "vera")
    other_id = team_of(vera, name="Copper Kites", game="cs2")
    sponsor_id = sponsors.propose(team_id, DRAFT, None, actor=pat.actor, now=NOW)
    for logo in (None, picture()):
        with pytest.raises(Forbidden):
            sponsors.propose(team_id, DRAFT, logo, actor=vera.actor, now=NOW)
    with pytest.raises(Forbidden):
        sponsors.change(team_id, sponsor_id, DRAFT, actor=vera.actor, now=NOW)
    with pytest.raises(NotFound):
        sponsors.change(other_id, sponsor_id, DRAFT, actor=vera.actor, now=NOW)
    with pytest.raises(NotFound):
        sponsorship.withdraw(SPONSOR, other_id, sponsor_id, actor=vera.actor, now=NOW)
    with pytest.raises(Forbidden):
        promotions.propose(team_id, SALE, actor=vera.actor, now=NOW)


def test_withdrawn_is_withdrawn(team_id: int, pat: Persona) -> None:
    sponsor_id = sponsors.propose(team_id, DRAFT, None, actor=pat.actor, now=NOW)
    promotion_id = promotions.propose(team_id, SALE, actor=pat.actor, now=NOW)
    for _twice in range(2):
        sponsorship.withdraw(SPONSOR, team_id, sponsor_id, actor=pat.actor, now=NOW)
        sponsorship.withdraw(PROMOTION, team_id, promotion_id, actor=pat.actor, now=NOW)
    assert (sponsor(sponsor_id).state, state_of(promotion_id)) == ("withdrawn", "cancelled")
    assert log_of(team_id)[2:] == [("sponsor_updated", "withdrawn"), ("promotion_updated", "cancelled")]
    with pytest.raises(Conflict):
        sponsors.change(team_id, sponsor_id, DRAFT._replace(name="Again"), actor=pat.actor, now=NOW)
    with pytest.raises(Conflict):
        promotions.change(team_id, promotion_id, SALE._replace(title="Again"), actor=pat.actor, now=NOW)


def test_a_promotion_starts_and_ends_by_the_clock(team_id: int, pat: Persona, sam: Persona) -> None:
    promotion_id = promotions.propose(team_id, SALE, actor=pat.actor, now=NOW)
    in_time = SALE.starts_at + timedelta(minutes=1)
    assert promotions.turn(now=in_time) == (0, 0)
    sponsorship.approve(PROMOTION, promotion_id, revision=1, actor=sam.actor, now=NOW)
    assert promotions.turn(now=NOW) == (0, 0)
    assert shown(team_id, in_time).promotions == ()
    assert [promotions.turn(now=in_time), promotions.turn(now=in_time)] == [(1, 0), (0, 0)]
    assert [one.title for one in shown(team_id, in_time).promotions] == ["Shirts, half price"]
    assert shown(team_id, SALE.ends_at).promotions == ()
    assert [promotions.turn(now=SALE.ends_at), promotions.turn(now=SALE.ends_at)] == [(0, 1), (0, 0)]
    assert log_of(team_id) == [
        ("promotion_updated", "pending"), ("promotion_updated", "scheduled"), ("promotion_started", "active"),
        ("promotion_updated", "ended"),
    ]  # fmt: skip
    assert promotions.change(team_id, promotion_id, SALE._replace(title="x"), actor=pat.actor, now=NOW)
    with pytest.raises(Conflict) as over:
        sponsorship.approve(PROMOTION, promotion_id, revision=2, actor=sam.actor, now=SALE.ends_at)
    assert over.value.code == "sponsorship_over"


def test_what_nobody_decided_about_ends_too(team_id: int, pat: Persona) -> None:
    promotions.propose(team_id, SALE, actor=pat.actor, now=NOW)
    assert promotions.turn(now=SALE.ends_at) == (0, 1)


def test_a_disbanded_team_shows_nothing(team_id: int, pat: Persona, sam: Persona) -> None:
    sponsor_id = sponsors.propose(team_id, DRAFT, None, actor=pat.actor, now=NOW)
    promotion_id = promotions.propose(team_id, SALE, actor=pat.actor, now=NOW)
    teams.disband(team_id, actor=pat.actor, now=NOW)
    assert (sponsor(sponsor_id).state, state_of(promotion_id)) == ("withdrawn", "cancelled")
    with pytest.raises(Conflict):
        sponsorship.approve(SPONSOR, sponsor_id, revision=1, actor=sam.actor, now=NOW)


@pytest.mark.parametrize(
    ("wrong", "field", "message"),
    [
        ({"name": " "}, "name", "is empty; write a name"),
        ({"link": "http://kiln.example/"}, "link", "begins with https://"),
        ({"link": "https://user@kiln.example/"}, "link", "begins with https://"),
        ({"link": "https://localhost/"}, "link", "begins with https://"),
        ({"link": "https://kiln.example:99999/"}, "link", "begins with https://"),
        ({"link": "https://kiln.example/\" onclick=\"x"}, "link", "begins with https://"),
        ({"link": "javascript:alert(1)"}, "link", "begins with https://"),
        ({"link": "https://kiln.example/" + "x" * 300}, "link", "shorten it to 300"),
        ({"ends_on": TODAY - timedelta(days=1)}, "ends_on", "after the start"),
        ({"starts_on": date(2026, 1, 1), "ends_on": date(2026, 2, 1)}, "ends_on", "that is not over"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_sponsor_is_said(
    team_id: int, pat: Persona, wrong: dict[str, Any], field: str, message: str
) -> None:
    with pytest.raises(SponsorshipError) as refused:
        sponsors.propose(team_id, DRAFT._replace(**wrong), None, actor=pat.actor, now=NOW)
    [problem] = refused.value.fields
    assert problem.path == field
    assert message in problem.message


def test_what_is_wrong_with_a_promotion_is_said(team_id: int, pat: Persona) -> None:
    bad = PromotionDraft("", "x" * 1001, "ftp://x.example", SALE.ends_at, SALE.ends_at)
    with pytest.raises(SponsorshipError) as refused:
        promotions.propose(team_id, bad, actor=pat.actor, now=NOW)
    assert [problem.path for problem in refused.value.fields] == ["title", "text", "link", "ends_at"]
    with pytest.raises(UploadError):
        sponsors.propose(team_id, DRAFT, SVG, actor=pat.actor, now=NOW)


def test_a_team_has_no_more_than_a_few_at_a_time(team_id: int, pat: Persona) -> None:
    for _each in range(MOST_OPEN):
        sponsors.propose(team_id, DRAFT, None, actor=pat.actor, now=NOW)
    with pytest.raises(Conflict) as full:
        sponsors.propose(team_id, DRAFT, None, actor=pat.actor, now=NOW)
    assert full.value.code == "too_many_sponsorships"
    sponsorship.withdraw(SPONSOR, team_id, 1, actor=pat.actor, now=NOW)
    assert sponsors.propose(team_id, DRAFT, None, actor=pat.actor, now=NOW)


def test_the_jobs_do_it(team_id: int, pat: Persona, sam: Persona) -> None:
    long_ago = utc_now() - timedelta(days=40)
    draft = DRAFT._replace(starts_on=long_ago.date(), ends_on=long_ago.date())
    sponsor_id = sponsors.propose(team_id, draft, None, actor=pat.actor, now=long_ago)
    sale = SALE._replace(starts_at=long_ago, ends_at=utc_now() + timedelta(days=1))
    promotion_id = promotions.propose(team_id, sale, actor=pat.actor, now=long_ago)
    sponsorship.approve(PROMOTION, promotion_id, revision=1, actor=sam.actor, now=long_ago)
    for handler, job in (
        ("expire_sponsors", team_jobs.expire_sponsors), ("turn_promotions", team_jobs.turn_promotions),
    ):  # fmt: skip
        with transaction() as session:
            outbox.want(session, handler, outbox.EVERYTHING, now=utc_now())
        item_id = db.session.scalar(select(OutboxItem.id).where(OutboxItem.handler == handler))
        assert item_id is not None
        job(item_id)
    assert (sponsor(sponsor_id).state, state_of(promotion_id)) == ("expired", "active")
