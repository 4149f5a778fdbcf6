"""The audit: who did what and why, and whether the record holds."""

from datetime import date

from flask import Response, request

from webapp.services.staff_pages import audit_views
from webapp.services.staff_pages.audit_views import AuditQuery
from webapp.views import access
from webapp.views.htmx import page_or_fragment
from webapp.views.staff.addresses import id_argument


@access.open_to(access.ADMIN)
def entries() -> Response:
    """Entries by action, person, tournament and days, the newest first."""
    query = AuditQuery(
        action=request.args.get("action", ""),
        actor=request.args.get("actor", "").strip(),
        chain=request.args.get("chain", "").strip(),
        since=_day("since"),
        until=_day("until"),
    )
    before = id_argument("before")
    found = audit_views.read_audit(query, actor=access.actor(), before=before)
    return page_or_fragment("staff/audit.html", "staff/_audit.html", query=query, found=found, before=before)


@access.open_to(access.ADMIN)
def verify() -> Response:
    """Walk every chain and say what was found."""
    result = audit_views.verify(actor=access.actor())
    return page_or_fragment("staff/audit_verification.html", "staff/_verification.html", result=result)


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None
