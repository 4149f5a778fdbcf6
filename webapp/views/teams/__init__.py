"""Teams: the list for everybody, founding one, the captain's page with everything that can be done on it."""

from flask import Blueprint, Flask

from webapp.views.teams import founding, invites, listing, managing, members, showing

bp = Blueprint("teams", __name__, url_prefix="/teams")

_TEAM = "/<int(max=2147483647):team_id>/"
_INVITE = "invites/<int(max=2147483647):invite_id>/"
_MEMBER = "members/<int(max=2147483647):user_id>/"
_POST = ("POST",)
_FORM = ("GET", "POST")

bp.add_url_rule("/", "listing", listing.listing)
bp.add_url_rule(_TEAM + "logo/<int(max=2147483647):logo_id>/", "logo", listing.logo)
bp.add_url_rule("/new/", "new", founding.new, methods=("GET", "POST"))
bp.add_url_rule(_TEAM + "manage/", "manage", managing.manage, methods=("GET", "POST"))
bp.add_url_rule(_TEAM + "logo/", "set_logo", managing.set_logo, methods=_POST)
bp.add_url_rule(_TEAM + "disband/", "disband", managing.disband, methods=_POST)
bp.add_url_rule(_TEAM + "line-ups/", "save_line_up", managing.save_line_up, methods=_POST)
bp.add_url_rule(
    _TEAM + "line-ups/<int(max=2147483647):line_up_id>/delete/",
    "delete_line_up",
    managing.delete_line_up,
    methods=_POST,
)
bp.add_url_rule(_TEAM + "invites/", "invite", invites.invite, methods=_POST)
bp.add_url_rule(_TEAM + _INVITE + "withdraw/", "withdraw_invite", invites.withdraw_invite, methods=_POST)
bp.add_url_rule("/" + _INVITE + "accept/", "accept", invites.accept, methods=_POST)
bp.add_url_rule("/" + _INVITE + "decline/", "decline", invites.decline, methods=_POST)
bp.add_url_rule(_TEAM + _MEMBER + "role/", "set_role", members.set_role, methods=_POST)
bp.add_url_rule(_TEAM + _MEMBER + "hand-over/", "hand_over", members.hand_over, methods=_POST)
bp.add_url_rule(_TEAM + _MEMBER + "remove/", "remove_member", members.remove_member, methods=_POST)
_SPONSOR = _TEAM + "sponsors/<int(max=2147483647):sponsor_id>/"
bp.add_url_rule(_TEAM + "sponsors/new/", "new_sponsor", showing.new_sponsor, methods=_FORM)
bp.add_url_rule(_SPONSOR, "sponsor", showing.sponsor, methods=_FORM)
bp.add_url_rule(_SPONSOR + "logo/<int(max=2147483647):logo_id>/", "sponsor_logo", showing.sponsor_logo)
bp.add_url_rule(_TEAM + "promotions/new/", "new_promotion", showing.new_promotion, methods=_FORM)
bp.add_url_rule(
    _TEAM + "promotions/<int(max=2147483647):promotion_id>/", "promotion", showing.promotion, methods=_FORM
)  # fmt: skip
bp.add_url_rule(
    _TEAM + "<any(sponsors, promotions):shown>/<int(max=2147483647):item_id>/withdraw/",
    "withdraw_showing",
    showing.withdraw_showing,
    methods=_POST,
)
bp.add_url_rule(_TEAM + "leave/", "leave", members.leave, methods=_POST)


def register(app: Flask) -> None:
    """Serve these pages."""
    app.register_blueprint(bp)
