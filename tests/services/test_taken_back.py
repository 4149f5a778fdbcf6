"""What is taken back while a mail or a message of it waits is not sent any more; what of it stands is."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests import mailed
from tests.arenas import OPENED_AT
from tests.contests import Contest, open_contest
from tests.entering import enter, open_tournament
from tests.mailed import Clock
from tests.notified import lined_up, mails, notifications, people, route
from tests.servers.smtp import SmtpServer
from webapp.models import Notification, WebhookDelivery
from webapp.services.matches import schedules
from webapp.services.notifications import digests, discord, discord_channels, taken_back
from webapp.services.operations import flags
from webapp.services.spine import undo
from webapp.services.spine.actors import SYSTEM, Actor
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.tournaments import organizer_notices
from webapp.services.webhooks import claims, endpoints
from webapp.services.webhooks.endpoints import Draft

AT = OPENED_AT


@pytest.fixture
def smtp(app: Flask) -> Iterator[SmtpServer]:
    with mailed.served() as server:
        yield server


@pytest.fixture
def contest(smtp: SmtpServer) -> Contest:
    """Two matches of one player, who was told of all before and is written to from now on."""
    contest = open_contest(matches=2)
    lined_up(contest.a, people(1))
    mailed.turn_mails(on=False)
    route(contest.tournament_id)
    mailed.turn_mails()
    return contest


def plan(contest: Contest, place: int, *, actor: Actor, at: datetime) -> None:
    """Give a match a time, and tell of it."""
    times = {contest.match_ids[place]: AT + timedelta(hours=2 + place)}
    schedules.set_times(contest.tournament_id, times, actor=actor, now=at)
    assert len(route(contest.tournament_id, at)) == 1


def standing() -> list[Notification]:
    """What stands of what was told of times."""
    told = [row for row in notifications() if row.kind == "match_scheduled"]
    with read_snapshot() as session:
        return taken_back.what_stands(session, told)


def take_back(contest: Contest, *, actor: Actor, at: datetime) -> None:
    newest = undo.newest_of(contest.tournament_id, actor=actor, now=at)
    assert newest is not None
    undo.undo(newest, actor=actor, now=at)


def test_a_mail_of_what_was_undone_while_it_waited_is_not_sent(contest: Contest, smtp: SmtpServer) -> None:
    (official,) = people(1, prefix="Staff", role="admin")
    plan(contest, 0, actor=official, at=AT)
    assert [mail.state for mail in mails()] == ["pending"]
    take_back(contest, actor=official, at=AT + timedelta(seconds=5))
    clock = Clock(AT + timedelta(seconds=31))
    assert mailed.send(clock) == 0
    assert [(mail.state, mail.reason) for mail in mails()] == [("skipped", "taken_back")]
    assert smtp.messages == []


def test_of_several_in_one_mail_the_others_are_told(contest: Contest, smtp: SmtpServer) -> None:
    (official,) = people(1, prefix="Staff", role="admin")
    plan(contest, 0, actor=official, at=AT)
    plan(contest, 1, actor=official, at=AT + timedelta(seconds=1))
    assert len(standing()) == 2
    take_back(contest, actor=official, at=AT + timedelta(seconds=5))
    (left,) = standing()
    assert left.data == {"match_ids": [contest.match_ids[0]]}
    assert mailed.send(Clock(AT + timedelta(seconds=31))) == 1
    ((_, message),) = smtp.mails
    text = message.get_body(("plain",))
    assert text is not None
    assert "2 of your matches" not in text.get_content() + message["Subject"]


def test_an_announcement_that_was_withdrawn_while_its_mail_waited_is_not_sent(smtp: SmtpServer) -> None:
    tournament_id = open_tournament()
    enter(tournament_id, people(1)[0])
    route(tournament_id)
    before = mailed.send(Clock(AT))
    assert before == len(smtp.messages)
    gone = organizer_notices.publish(tournament_id, "Lunch", audience="all", actor=SYSTEM, now=AT)
    stays = organizer_notices.publish(tournament_id, "Dinner", audience="all", actor=SYSTEM, now=AT)
    route(tournament_id)
    organizer_notices.withdraw(tournament_id, gone, actor=SYSTEM, now=AT)
    assert mailed.send(Clock(AT)) == 1
    assert [mail.reason for mail in mails() if mail.kind == "announcement"] == ["taken_back", ""]
    assert len(smtp.messages) == before + 1
    assert gone != stays
    text = smtp.mails[-1][1].get_body(("plain",))
    assert text is not None
    assert "Dinner" in text.get_content()


def test_a_digest_holds_nothing_that_was_undone_and_is_none_of_that_alone(contest: Contest, smtp: SmtpServer) -> None:
    (official,) = people(1, prefix="Staff", role="admin")
    with transaction() as session:
        session.execute(update(Notification).values(read_at=AT))
    mailed.turn_mails(on=False)
    plan(contest, 0, actor=official, at=AT)
    plan(contest, 1, actor=official, at=AT + timedelta(seconds=1))
    mailed.turn_mails()
    take_back(contest, actor=official, at=AT + timedelta(seconds=5))
    clock = Clock(AT + timedelta(days=1))
    assert digests.write_due(now=clock.now) == 1
    assert mailed.send(clock) == 1
    ((_, message),) = smtp.mails
    assert message["Subject"].startswith("1 unread")
    take_back(contest, actor=official, at=AT + timedelta(seconds=6))
    clock = Clock(AT + timedelta(days=2))
    assert digests.write_due(now=clock.now) == 1
    assert mailed.send(clock) == 0
    assert [mail.reason for mail in mails() if mail.kind == "digest"] == ["", "empty"]


# -- messages on Discord


@pytest.fixture
def told_on_discord(contest: Contest) -> Contest:
    """The player of the contest has named a channel."""
    flags.set_flag(discord.FLAG, is_on=True, actor=SYSTEM, now=AT)
    (player,) = {row.user_id for row in notifications()}
    discord_channels.enter_own(
        f"https://discord.com/api/webhooks/10000001/{'t' * 68}", actor=Actor(player, "player"), now=AT
    )
    return contest


def waiting() -> list[WebhookDelivery]:
    with read_snapshot() as session:
        return list(session.scalars(select(WebhookDelivery).order_by(WebhookDelivery.id)))


def test_a_message_of_what_was_undone_while_it_waited_is_not_sent(told_on_discord: Contest) -> None:
    (official,) = people(1, prefix="Staff", role="admin")
    plan(told_on_discord, 0, actor=official, at=AT)
    plan(told_on_discord, 1, actor=official, at=AT + timedelta(seconds=1))
    take_back(told_on_discord, actor=official, at=AT + timedelta(seconds=5))
    first, second = waiting()
    assert claims.take(now=AT + timedelta(seconds=10), limit=1).claims[0].delivery_id == first.id
    assert claims.take(now=AT + timedelta(minutes=1), limit=1).claims == []
    assert [row.id for row in waiting()] == [first.id], second.id


def test_one_that_was_tried_is_given_up_and_goes_out_where_somebody_asks_for_it(told_on_discord: Contest) -> None:
    (official,) = people(1, prefix="Staff", role="admin")
    plan(told_on_discord, 0, actor=official, at=AT)
    (delivery,) = waiting()
    with transaction() as session:
        session.execute(update(WebhookDelivery).values(attempts=1))
    take_back(told_on_discord, actor=official, at=AT + timedelta(seconds=5))
    assert claims.take(now=AT + timedelta(minutes=1), limit=1).claims == []
    assert [row.state for row in waiting()] == ["exhausted"]
    with transaction() as session:
        session.execute(update(WebhookDelivery).values(state="pending", is_manual=True, attempts=0))
    assert [claim.delivery_id for claim in claims.take(now=AT + timedelta(minutes=2), limit=1).claims] == [delivery.id]


def test_programs_get_what_was_undone_as_well(contest: Contest) -> None:
    """They are told of the undoing too, by the event that it is."""
    flags.set_flag("NOTIFICATIONS_WEBHOOK_ENABLED", is_on=True, actor=SYSTEM, now=AT)
    (official,) = people(1, prefix="Staff", role="admin")
    draft = Draft("https://hooks.example.org/", event_types=("match_scheduled",))
    endpoints.create(draft, scope="site", actor=official, now=AT)
    plan(contest, 0, actor=official, at=AT + timedelta(seconds=1))
    take_back(contest, actor=official, at=AT + timedelta(seconds=5))
    taken = claims.take(now=AT + timedelta(minutes=1), limit=10)
    assert "match_scheduled" in {claim.type for claim in taken.claims}
