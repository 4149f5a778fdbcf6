"""The schedule of a tournament for calendars."""

from hashlib import sha256

from flask import Response, current_app, make_response, request

from webapp.services.pages.calendar_reads import read_schedule
from webapp.views import access


@access.open_to(access.EVERYBODY)
def schedule(slug: str) -> Response:
    """The schedule as an iCalendar file; 304 for a calendar that has it."""
    from webapp.services.live.calendar_files import schedule_file  # noqa: PLC0415  (what it reads with would slow the start of every process, for this alone)

    person = access.person()
    view = read_schedule(slug, actor=None if person is None else person.actor)
    content = schedule_file(view, base_url=current_app.config["SETTINGS"].base_url)
    response = make_response(content)
    response.mimetype = "text/calendar"
    response.headers["Content-Disposition"] = f'inline; filename="{view.slug}.ics"'
    response.headers["Cache-Control"] = "private, no-cache"
    response.set_etag(sha256(content).hexdigest()[:20])
    response.vary.add("Cookie")
    if not view.is_listed:
        response.headers["X-Robots-Tag"] = "noindex"
    response.make_conditional(request)
    return response
