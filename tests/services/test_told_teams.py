"""Who is told of what happens in a team."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from tests.notified import heard, mails, notifications, people, route_team
from tests.personas import Persona
from webapp.domain.notifications.routing import team_event_id
from webapp.domain.sponsorship import PROMOTION, SPONSOR, PromotionDraft, SponsorDraft
from webapp.models import TeamEvent
from webapp.services.notifications import steps, words
from webapp.services.notifications.logs import TeamLog
from webapp.services.operations import flags
from webapp.services.spine.actors import SYSTEM, Actor
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot
from webapp.services.teams import promotions, sponsors, sponsorship, team_invites, team_members, teams

NOW = utc_now()


@pytest.fixture
def crew(app: Flask) -> tuple[int, list[Actor]]:
    """A team that the first of three leads, all of it told; and one who is not in it."""
    captain, *others = people(4)
    team_id = teams.create(name="Night Ferry", tag="NF", game="valorant", description="", actor=captain, now=NOW)
    for number, player in enumerate(others[:2], start=2):
        invite_id = team_invites.invite(team_id, f"Person{number:02}", actor=captain, now=NOW)
        team_invites.accept(invite_id, actor=player, now=NOW)
    route_team(team_id)
    return team_id, [captain, *others]


def test_who_is_invited_hears_of_it_and_the_team_of_the_answer(crew: tuple[int, list[Actor]]) -> None:
    team_id, (captain, *_, newcomer) = crew
    invite_id = team_invites.invite(team_id, "Person04", actor=captain, now=NOW)
    assert route_team(team_id) == [("Person04", "invite_sent", {"invite_id": invite_id})]
    row = notifications()[-1]
    with read_snapshot() as session:
        newest = session.scalars(select(TeamEvent.id).order_by(TeamEvent.id.desc())).first()
    assert (row.team_id, row.tournament_id, row.event_id) == (team_id, None, team_event_id(newest or 0))
    team_invites.accept(invite_id, actor=newcomer, now=NOW)
    joined = {"user_id": newcomer.user_id, "change": "joined"}
    assert sorted(route_team(team_id)) == [
        ("Person01", "invite_accepted", {"invite_id": invite_id, "user_id": newcomer.user_id}),
        ("Person02", "roster_changed", joined),
        ("Person03", "roster_changed", joined),
    ]


def test_what_waits_is_told_by_when_it_happened(crew: tuple[int, list[Actor]], app: Flask) -> None:
    team_id, (captain, *_) = crew
    with read_snapshot() as session:
        known = steps.left(session, TeamLog(team_id), now=NOW)
    assert known == (0, False, False)
    for number in range(5):
        invite_id = team_invites.invite(team_id, "Person04", actor=captain, now=NOW + timedelta(minutes=number))
        team_invites.withdraw(team_id, invite_id, actor=captain, now=NOW + timedelta(minutes=number))
    with read_snapshot() as session:
        waits = [
            steps.left(session, TeamLog(team_id), now=NOW + waited).is_late for waited in (timedelta(), 2 * steps.LATE)
        ]
    assert waits == [False, True], "by the first of them"


def test_an_answer_that_changes_nothing_is_told_to_nobody(crew: tuple[int, list[Actor]]) -> None:
    team_id, (captain, *_, newcomer) = crew
    invite_id = team_invites.invite(team_id, "Person04", actor=captain, now=NOW)
    route_team(team_id)
    team_invites.decline(invite_id, actor=newcomer, now=NOW)
    assert route_team(team_id) == []


def test_who_is_removed_and_who_stays_hear_of_it_and_who_leaves_knows(crew: tuple[int, list[Actor]]) -> None:
    team_id, (captain, second, third, _) = crew
    team_members.remove(team_id, second.user_id or 0, actor=captain, now=NOW)
    said = route_team(team_id)
    assert heard(said, "roster_changed") == ["Person02", "Person03"]
    assert said[0].data == {"user_id": second.user_id, "change": "left"}
    team_members.leave(team_id, actor=third, now=NOW)
    assert heard(route_team(team_id), "roster_changed") == ["Person01"]


def test_a_new_captain_is_told_to_the_others(crew: tuple[int, list[Actor]]) -> None:
    team_id, (captain, second, *_) = crew
    team_members.hand_over(team_id, second.user_id or 0, actor=captain, now=NOW)
    assert heard(route_team(team_id), "captain_changed") == ["Person02", "Person03"]


def test_the_whole_team_hears_of_a_sponsor_and_of_a_promotion_in_the_list_and_by_mail(
    crew: tuple[int, list[Actor]], sam: Persona
) -> None:
    team_id, (captain, *_) = crew
    flags.set_flag("NOTIFICATIONS_EMAIL_ENABLED", is_on=True, actor=SYSTEM, now=NOW)
    day = NOW.date()
    draft = SponsorDraft("Kiln Coffee", "https://kiln.example/", day, day)
    sponsor_id = sponsors.propose(team_id, draft, None, actor=captain, now=NOW)
    sale = PromotionDraft("Shirts", "Half price.", "", NOW, NOW + timedelta(hours=2))
    promotion_id = promotions.propose(team_id, sale, actor=captain, now=NOW)
    assert route_team(team_id, NOW) == []
    sponsorship.approve(SPONSOR, sponsor_id, revision=1, actor=sam.actor, now=NOW)
    crew_of_three = ["Person01", "Person02", "Person03"]
    assert route_team(team_id, NOW) == [(who, "sponsor_approved", {"sponsor_id": sponsor_id}) for who in crew_of_three]
    assert [mail.kind for mail in mails()] == ["sponsor_approved"] * 3
    sponsorship.approve(PROMOTION, promotion_id, revision=1, actor=sam.actor, now=NOW)
    assert route_team(team_id, NOW) == []
    assert promotions.turn(now=NOW) == (1, 0)
    told = route_team(team_id, NOW)
    assert told == [(who, "promotion_started", {"promotion_id": promotion_id}) for who in crew_of_three]
    assert len(mails()) == 3
    with read_snapshot() as session:
        said = words.of_notifications(session, [row for row in notifications() if row.user_id == captain.user_id][-2:])
    assert [(one.subject, one.path) for one in said] == [
        ("A sponsor of Night Ferry is approved", f"/teams/{team_id}/"),
        ("Night Ferry: a promotion has begun", f"/teams/{team_id}/"),
    ]
