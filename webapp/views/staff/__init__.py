"""Pages of the staff."""

from flask import Blueprint, Flask

from webapp.views import webhooks
from webapp.views.staff import (
    audit,
    deleted,
    disputes,
    emails,
    flags,
    jobs,
    leaderboards,
    overrides,
    overview,
    sponsors,
    users,
)

bp = Blueprint("staff", __name__, url_prefix="/staff")

# Ids beyond the column's range are no addresses: the database would refuse to compare them.
_ID = "int(max=2147483647)"
_OVERRIDES = f"/tournaments/<{_ID}:tournament_id>/overrides/"
_BOARD = f"/leaderboards/<{_ID}:tournament_id>/"
_USER = f"/users/<{_ID}:user_id>/"
_POST = ("POST",)

bp.add_url_rule("/", "overview", overview.overview)
bp.add_url_rule(_OVERRIDES, "overrides", overrides.page_of_overrides)
bp.add_url_rule(_OVERRIDES, "save_overrides", overrides.save, methods=_POST)
bp.add_url_rule(_OVERRIDES + "preview/", "preview_overrides", overrides.preview, methods=_POST)
bp.add_url_rule(
    _OVERRIDES + f"<{_ID}:override_id>/restore/", "restore_override", overrides.restore, methods=("GET", "POST")
)
bp.add_url_rule("/leaderboards/", "leaderboards", leaderboards.boards)
bp.add_url_rule("/leaderboards/invalidate/", "invalidate_scope", leaderboards.invalidate_scope, methods=_POST)
bp.add_url_rule(_BOARD, "leaderboard", leaderboards.board)
bp.add_url_rule(_BOARD + "invalidate/", "invalidate_board", leaderboards.invalidate, methods=_POST)
bp.add_url_rule(_BOARD + "recompute/", "recompute_board", leaderboards.recompute, methods=_POST)
bp.add_url_rule("/disputes/", "disputes", disputes.escalated)
bp.add_url_rule("/flags/", "flags", flags.list_flags)
bp.add_url_rule("/flags/<name>/", "set_flag", flags.set_flag, methods=_POST)
bp.add_url_rule("/audit/", "audit", audit.entries)
bp.add_url_rule("/audit/verify/", "verify_audit", audit.verify)
bp.add_url_rule("/jobs/", "jobs", jobs.jobs)
bp.add_url_rule(f"/jobs/outbox/<{_ID}:item_id>/retry/", "retry_row", jobs.retry_row, methods=_POST)
bp.add_url_rule("/jobs/<queue>/<job_id>/retry/", "retry_job", jobs.retry_job, methods=_POST)
bp.add_url_rule("/emails/", "emails", emails.emails)
bp.add_url_rule("/emails/<name>/", "email", emails.email)
bp.add_url_rule("/emails/<name>/html/", "email_html", emails.email_html)
bp.add_url_rule("/deleted/", "deleted", deleted.deleted)
bp.add_url_rule(
    f"/deleted/<{_ID}:tournament_id>/restore/", "restore_tournament", deleted.restore_tournament, methods=_POST
)
_SPONSORED = "/<any(sponsors, promotions):shown>/"
for _kind in ("sponsors", "promotions"):
    bp.add_url_rule(f"/{_kind}/", "sponsors", sponsors.sponsors, defaults={"shown": _kind})
bp.add_url_rule(
    _SPONSORED + f"<{_ID}:item_id>/approve/", "approve_sponsor", sponsors.approve_sponsor, methods=_POST
)  # fmt: skip
bp.add_url_rule(_SPONSORED + f"<{_ID}:item_id>/reject/", "reject_sponsor", sponsors.reject_sponsor, methods=_POST)
bp.add_url_rule("/users/", "users", users.users)
bp.add_url_rule(_USER + "role/", "set_role", users.set_role, methods=_POST)
bp.add_url_rule(_USER + "disable/", "disable_user", users.disable, methods=_POST)
bp.add_url_rule(_USER + "enable/", "enable_user", users.enable, methods=_POST)
bp.add_url_rule(_USER + "sessions/end/", "end_user_sessions", users.end_sessions, methods=_POST)
webhooks.register(bp, webhooks.STAFF)


def register(app: Flask) -> None:
    """Serve these pages."""
    app.register_blueprint(bp)
