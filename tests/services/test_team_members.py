"""Who is in a team: asked, joined, left, removed, handed over."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.personas import Persona, persona
from tests.teams import team_of
from webapp.domain.errors import Conflict, DomainError, Forbidden, NotFound
from webapp.domain.teams import TeamError
from webapp.models import TeamEvent, TeamInvite, TeamMember, User
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.teams import team_invites, team_members, team_rosters


@pytest.fixture
def vera(app: Flask) -> Persona:
    return persona(app, "vera")


def last_event(team_id: int) -> tuple[str, dict[str, Any]]:
    with read_snapshot() as session:
        found = select(TeamEvent).where(TeamEvent.team_id == team_id).order_by(TeamEvent.seq.desc()).limit(1)
        event = session.scalars(found).one()
        return event.type, event.data


def roster(team_id: int) -> list[tuple[str, str]]:
    with read_snapshot() as session:
        return [(member.handle, member.role) for member in team_rosters.members_of(session, team_id)]


def test_an_invitation_is_sent_once_and_accepted_once(app: Flask, pat: Persona, vera: Persona) -> None:
    team_id, now = team_of(pat), utc_now()
    invite_id = team_invites.invite(team_id, " VERA ", role="coach", actor=pat.actor, now=now)
    assert last_event(team_id) == (
        "invite_sent", {"team_id": team_id, "invite_id": invite_id, "user_id": vera.user_id}
    )  # fmt: skip
    assert team_invites.invite(team_id, "vera", actor=pat.actor, now=now) == invite_id
    assert team_invites.accept(invite_id, actor=vera.actor, now=now) == team_id
    assert team_invites.accept(invite_id, actor=vera.actor, now=now) == team_id
    assert roster(team_id) == [("Pat", "captain"), ("Vera", "coach")]
    assert last_event(team_id)[1]["status"] == "accepted"
    for again, code in (
        (lambda: team_invites.decline(invite_id, actor=vera.actor, now=now), "invite_answered"),
        (lambda: team_invites.invite(team_id, "vera", actor=pat.actor, now=now), "already_member"),
    ):
        with pytest.raises(Conflict) as refused:
            again()
        assert refused.value.code == code


def test_an_invitation_is_for_whom_it_asks(app: Flask, pat: Persona, vera: Persona, olga: Persona) -> None:
    team_id = team_of(pat)
    invite_id = team_invites.invite(team_id, "vera", actor=pat.actor, now=utc_now())
    for work in (team_invites.accept, team_invites.decline):
        with pytest.raises(NotFound):
            work(invite_id, actor=olga.actor, now=utc_now())
    with pytest.raises(Forbidden):
        team_invites.invite(team_id, "olga", actor=vera.actor, now=utc_now())
    with pytest.raises(Forbidden):
        team_invites.withdraw(team_id, invite_id, actor=vera.actor, now=utc_now())


@pytest.mark.parametrize("handle", ["nobody", "", "known from results"])
def test_only_who_can_answer_is_asked(app: Flask, pat: Persona, handle: str) -> None:
    with transaction() as session:
        session.add(User(handle="Known from results", handle_key="known from results", created_at=utc_now()))
    with pytest.raises(TeamError) as refused:
        team_invites.invite(team_of(pat), handle, actor=pat.actor, now=utc_now())
    assert refused.value.fields[0].path == "handle"


def test_an_invitation_ends_after_seven_days(app: Flask, pat: Persona, vera: Persona) -> None:
    team_id, now = team_of(pat), utc_now()
    invite_id = team_invites.invite(team_id, "vera", actor=pat.actor, now=now)
    late = now + timedelta(days=7)
    assert team_invites.expire(now=late - timedelta(seconds=1)) == 0
    with pytest.raises(Conflict) as refused:
        team_invites.accept(invite_id, actor=vera.actor, now=late)
    assert refused.value.code == "invite_expired"
    assert team_invites.expire(now=late) == 1
    assert team_invites.expire(now=late) == 0
    assert last_event(team_id)[1]["status"] == "expired"
    another = team_invites.invite(team_id, "vera", actor=pat.actor, now=late)
    assert another != invite_id
    assert team_invites.accept(another, actor=vera.actor, now=late) == team_id


def test_an_invitation_that_ran_out_unseen_makes_way_for_another(app: Flask, pat: Persona, vera: Persona) -> None:
    team_id, now = team_of(pat), utc_now()
    first = team_invites.invite(team_id, "vera", actor=pat.actor, now=now)
    second = team_invites.invite(team_id, "vera", actor=pat.actor, now=now + timedelta(days=8))
    with read_snapshot() as session:
        states = dict(session.execute(select(TeamInvite.id, TeamInvite.state)).all())
    assert states == {first: "expired", second: "pending"}


@pytest.mark.parametrize(("answer", "code"), [("decline", "invite_answered"), ("withdraw", "invite_answered")])
def test_an_answer_stands(app: Flask, pat: Persona, vera: Persona, answer: str, code: str) -> None:
    team_id, now = team_of(pat), utc_now()
    invite_id = team_invites.invite(team_id, "vera", actor=pat.actor, now=now)
    for _ in range(2):
        if answer == "decline":
            team_invites.decline(invite_id, actor=vera.actor, now=now)
        else:
            team_invites.withdraw(team_id, invite_id, actor=pat.actor, now=now)
    with pytest.raises(Conflict) as refused:
        team_invites.accept(invite_id, actor=vera.actor, now=now)
    assert refused.value.code == code
    assert roster(team_id) == [("Pat", "captain")]


def test_nobody_joins_a_second_team_of_a_game(app: Flask, pat: Persona, vera: Persona, olga: Persona) -> None:
    team_id = team_of(pat)
    other = team_of(olga, [vera], name="Copper Kites")
    invite_id = team_invites.invite(team_id, "vera", actor=pat.actor, now=utc_now())
    with pytest.raises(Conflict) as refused:
        team_invites.accept(invite_id, actor=vera.actor, now=utc_now())
    assert (refused.value.code, "Copper Kites" in refused.value.message) == ("in_another_team", True)
    team_members.leave(other, actor=vera.actor, now=utc_now())
    assert team_invites.accept(invite_id, actor=vera.actor, now=utc_now()) == team_id


def test_a_team_has_room_for_thirty(app: Flask, pat: Persona, vera: Persona) -> None:
    team_id, now = team_of(pat), utc_now()
    with transaction() as session:
        users = [User(handle=f"u{number}", handle_key=f"u{number}", created_at=now) for number in range(29)]
        session.add_all(users)
        session.flush()
        session.add_all(
            TeamMember(team_id=team_id, user_id=user.id, game="valorant", role="player", joined_at=now)
            for user in users
        )  # fmt: skip
    with pytest.raises(Conflict) as refused:
        team_invites.invite(team_id, "vera", actor=pat.actor, now=now)
    assert refused.value.code == "team_full"


def test_members_leave_and_are_removed_but_for_the_captain(
    app: Flask, pat: Persona, vera: Persona, olga: Persona
) -> None:
    team_id = team_of(pat, [vera, olga])
    team_members.leave(team_id, actor=vera.actor, now=utc_now())
    team_members.leave(team_id, actor=vera.actor, now=utc_now())
    assert last_event(team_id) == ("member_removed", {"team_id": team_id, "user_id": vera.user_id})
    with pytest.raises(Forbidden):
        team_members.remove(team_id, pat.user_id, actor=olga.actor, now=utc_now())
    team_members.remove(team_id, olga.user_id, actor=pat.actor, now=utc_now())
    team_members.remove(team_id, olga.user_id, actor=pat.actor, now=utc_now())
    assert roster(team_id) == [("Pat", "captain")]
    with pytest.raises(Conflict) as stays:
        team_members.leave(team_id, actor=pat.actor, now=utc_now())
    with pytest.raises(Conflict) as kept:
        team_members.remove(team_id, pat.user_id, actor=pat.actor, now=utc_now())
    assert (stays.value.code, kept.value.code) == ("captain_stays", "captain_stays")


def test_roles_are_given_and_the_team_is_handed_over(app: Flask, pat: Persona, vera: Persona, olga: Persona) -> None:
    team_id = team_of(pat, [vera])
    assert team_members.set_role(team_id, vera.user_id, "coach", actor=pat.actor, now=utc_now())
    assert not team_members.set_role(team_id, vera.user_id, "coach", actor=pat.actor, now=utc_now())
    refusals: list[tuple[int, str, type[DomainError]]] = [
        (vera.user_id, "captain", TeamError), (pat.user_id, "coach", Conflict), (olga.user_id, "coach", NotFound),
    ]  # fmt: skip
    for user_id, role, error in refusals:
        with pytest.raises(error):
            team_members.set_role(team_id, user_id, role, actor=pat.actor, now=utc_now())
    with pytest.raises(NotFound):
        team_members.hand_over(team_id, olga.user_id, actor=pat.actor, now=utc_now())
    assert team_members.hand_over(team_id, vera.user_id, actor=pat.actor, now=utc_now())
    assert roster(team_id) == [("Vera", "captain"), ("Pat", "player")]
    assert last_event(team_id) == ("team_updated", {"team_id": team_id, "changed": ["captain_id"]})
    with pytest.raises(Forbidden):
        team_members.hand_over(team_id, pat.user_id, actor=pat.actor, now=utc_now())
    team_members.leave(team_id, actor=pat.actor, now=utc_now())
