"""Teams by API: founded, read, changed, disbanded; invitations; members."""

from collections.abc import Callable
from typing import Any, Final

from flask import Blueprint, Response, url_for
from pydantic import TypeAdapter

from webapp.services.spine.clock import utc_now
from webapp.services.teams import team_facts, team_invites, team_members
from webapp.services.teams import teams as team_services
from webapp.views import access
from webapp.views.api import rates
from webapp.views.api.operation import WRONG_FILE, View, as_json, operation
from webapp.views.api.schemas.teams import (
    InviteBody,
    InvitesTold,
    InviteTold,
    MemberBody,
    RoleBody,
    TeamBody,
    TeamChanges,
    TeamTold,
)

FAMILY: Final = "Teams"
_TEAM: Final = "/teams/<int(max=2147483647):team_id>/"
_INVITE: Final = "/teams/invites/<int(max=2147483647):invite_id>/"
_POST: Final = ("POST",)
_KEYED: Final = {409: "idempotency_running", 422: "idempotency_key_reused"}
_OF_ONE: Final = {403: "not_captain", 404: "team_not_found"}


def register(bp: Blueprint) -> None:
    """Serve these operations."""
    bp.add_url_rule("/teams/", "create_team", create_team, methods=_POST)
    bp.add_url_rule(_TEAM, "team", team)
    bp.add_url_rule(_TEAM, "change_team", change_team, methods=("PATCH",))
    bp.add_url_rule(_TEAM, "disband_team", disband_team, methods=("DELETE",))
    bp.add_url_rule(_TEAM + "logo/", "set_team_logo", set_team_logo, methods=("PUT",))
    bp.add_url_rule(_TEAM + "logo/", "remove_team_logo", remove_team_logo, methods=("DELETE",))
    bp.add_url_rule(_TEAM + "invite/", "invite_to_team", invite_to_team, methods=_POST)
    bp.add_url_rule("/teams/invites/", "own_invites", own_invites)
    bp.add_url_rule(_INVITE + "accept/", "accept_invite", accept_invite, methods=_POST)
    bp.add_url_rule(_INVITE + "decline/", "decline_invite", decline_invite, methods=_POST)
    bp.add_url_rule(_TEAM + "remove-member/", "remove_member", remove_member, methods=_POST)
    bp.add_url_rule(_TEAM + "set-role/", "set_member_role", set_member_role, methods=_POST)
    bp.add_url_rule(
        _TEAM + "invites/<int(max=2147483647):invite_id>/", "withdraw_invite", withdraw_invite, methods=("DELETE",)
    )
    bp.add_url_rule(_TEAM + "leave/", "leave_team", leave_team, methods=_POST)
    bp.add_url_rule(_TEAM + "transfer-captain/", "transfer_captain", transfer_captain, methods=_POST)


def _changing(summary: str, conflicts: str = "", **more: Any) -> Callable[[View], View]:
    """An operation that changes a team: by its captain or staff, with a key if the program likes."""
    problems = _OF_ONE | _KEYED | {409: ", ".join(filter(None, (conflicts, _KEYED[409])))}
    return operation(
        summary=summary, family=FAMILY, scope="play", rate=rates.PLAY, takes_key=True,
        **{"gives": TypeAdapter(TeamTold), "problems": problems} | more,
    )  # fmt: skip


@access.open_to(access.PLAYER)
@_changing(
    "Found a team", body=TeamBody,
    problems={
        409: "team_name_taken, in_another_team, idempotency_running",
        422: "invalid_team, idempotency_key_reused",
    },
)  # fmt: skip
def create_team(body: TeamBody) -> Response:
    """Whoever founds it is its captain."""
    team_id = team_services.create(
        name=body.name, tag=body.tag, game=body.game, description=body.description, actor=access.actor(), now=utc_now()
    )
    return _told(team_id)


@access.open_to(access.LOGGED_IN)
@operation(
    summary="A team", family=FAMILY, scope="read", rate=rates.NAMES, gives=TypeAdapter(TeamTold),
    problems={404: "team_not_found"},
)  # fmt: skip
def team(team_id: int) -> Response:
    """Who is in it, as what, and its ranking points."""
    return _told(team_id)


@access.open_to(access.PLAYER)
@_changing("Change a team", "team_name_taken, team_disbanded", body=TeamChanges)
def change_team(team_id: int, body: TeamChanges) -> Response:
    """Name, tag, description."""
    changes = body.model_dump(exclude_none=True)
    team_services.change(team_id, changes, actor=access.actor(), now=utc_now())
    return _told(team_id)


@access.open_to(access.PLAYER)
@_changing(
    "Give a team a logo", file="logo",
    problems=_OF_ONE
    | {
        409: "team_disbanded, idempotency_running",
        413: "file_too_large",
        422: f"{WRONG_FILE}, idempotency_key_reused",
    },
)  # fmt: skip
def set_team_logo(team_id: int, file: bytes) -> Response:
    """In the place of the one that it has; shown at `logo`."""
    team_services.set_logo(team_id, file, actor=access.actor(), now=utc_now())
    return _told(team_id)


@access.open_to(access.PLAYER)
@_changing("Take a team's logo away", "team_disbanded")
def remove_team_logo(team_id: int) -> Response:
    """Twice is the same as once."""
    team_services.set_logo(team_id, None, actor=access.actor(), now=utc_now())
    return _told(team_id)


@access.open_to(access.PLAYER)
@_changing("Disband a team", "team_in_live_tournament")
def disband_team(team_id: int) -> Response:
    """Its results and its name stay. Twice is the same as once."""
    team_services.disband(team_id, actor=access.actor(), now=utc_now())
    return _told(team_id)


@access.open_to(access.PLAYER)
@_changing(
    "Invite somebody", "already_member, team_full, team_disbanded", body=InviteBody, gives=TypeAdapter(InviteTold)
)
def invite_to_team(team_id: int, body: InviteBody) -> Response:
    """Stands for seven days; one that is open is given again."""
    invite_id = team_invites.invite(team_id, body.handle, role=body.role, actor=access.actor(), now=utc_now())
    return _told_invite(invite_id)


@access.open_to(access.LOGGED_IN)
@operation(
    summary="One's open invitations", family=FAMILY, scope="play", rate=rates.NAMES, gives=TypeAdapter(InvitesTold)
)
def own_invites() -> Response:
    """Those that wait for an answer, the oldest first."""
    found = team_facts.open_invites(access.actor().user_id or 0, now=utc_now())
    return as_json(InvitesTold.model_validate({"count": len(found), "results": found}))


_ANSWERS: Final = {
    404: "invite_not_found",
    409: "invite_answered, invite_expired, in_another_team, team_full, team_disbanded, idempotency_running",
    422: "idempotency_key_reused",
}


@access.open_to(access.PLAYER)
@_changing("Accept an invitation", gives=TypeAdapter(InviteTold), problems=_ANSWERS)
def accept_invite(invite_id: int) -> Response:
    """One is in the team."""
    team_invites.accept(invite_id, actor=access.actor(), now=utc_now())
    return _told_invite(invite_id)


@access.open_to(access.PLAYER)
@_changing("Decline an invitation", gives=TypeAdapter(InviteTold), problems=_ANSWERS)
def decline_invite(invite_id: int) -> Response:
    """One is not."""
    team_invites.decline(invite_id, actor=access.actor(), now=utc_now())
    return _told_invite(invite_id)


@access.open_to(access.PLAYER)
@_changing("Remove a member", "captain_stays, team_disbanded", body=MemberBody)
def remove_member(team_id: int, body: MemberBody) -> Response:
    """What they are registered for stands. Twice is the same as once."""
    team_members.remove(team_id, body.user_id, actor=access.actor(), now=utc_now())
    return _told(team_id)


@access.open_to(access.PLAYER)
@_changing(
    "Give a member another role", body=RoleBody,
    problems=_KEYED
    | {
        403: "not_captain",
        404: "team_not_found, member_not_found",
        409: "captain_stays, team_disbanded, idempotency_running",
    },
)  # fmt: skip
def set_member_role(team_id: int, body: RoleBody) -> Response:
    """Player, substitute or coach. Twice is the same as once."""
    team_members.set_role(team_id, body.user_id, body.role, actor=access.actor(), now=utc_now())
    return _told(team_id)


@access.open_to(access.PLAYER)
@_changing(
    "Take an invitation back", gives=TypeAdapter(InviteTold),
    problems=_KEYED
    | {403: "not_captain", 404: "team_not_found, invite_not_found", 409: "invite_answered, idempotency_running"},
)  # fmt: skip
def withdraw_invite(team_id: int, invite_id: int) -> Response:
    """Twice is the same as once."""
    team_invites.withdraw(team_id, invite_id, actor=access.actor(), now=utc_now())
    return _told_invite(invite_id)


@access.open_to(access.PLAYER)
@_changing("Leave a team", "captain_stays")
def leave_team(team_id: int) -> Response:
    """Twice is the same as once."""
    team_members.leave(team_id, actor=access.actor(), now=utc_now())
    return _told(team_id)


@access.open_to(access.PLAYER)
@_changing(
    "Hand the team over", "team_disbanded", body=MemberBody,
    problems=_KEYED | {403: "not_captain", 404: "team_not_found, member_not_found", 409: "team_disbanded"},
)  # fmt: skip
def transfer_captain(team_id: int, body: MemberBody) -> Response:
    """A member becomes the captain, and the captain a player."""
    team_members.hand_over(team_id, body.user_id, actor=access.actor(), now=utc_now())
    return _told(team_id)


def _told(team_id: int) -> Response:
    told = team_facts.of_team(team_id)
    logo_id = told.pop("logo_id")
    logo = None if logo_id is None else url_for("teams.logo", team_id=team_id, logo_id=logo_id)
    return as_json(TeamTold.model_validate(told | {"logo": logo}))


def _told_invite(invite_id: int) -> Response:
    return as_json(InviteTold.model_validate(team_facts.of_invite(invite_id)))
