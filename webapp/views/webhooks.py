"""Pages about webhooks: the same for organizers, about theirs, and for staff, about those of the whole site."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Final, NamedTuple

from flask import Blueprint, Response, flash, request, url_for

from webapp.domain.errors import Conflict, DomainError
from webapp.domain.webhooks.offered import GROUPS
from webapp.services.accounts import accounts
from webapp.services.pages.webhook_reads import (
    own_tournaments,
    read_delivery,
    read_endpoint,
    read_endpoints,
    tournaments_for,
)
from webapp.services.pages.webhook_view import STATES, DeliveryQuery
from webapp.services.spine.clock import utc_now
from webapp.services.webhooks import deliveries, endpoints, replays
from webapp.services.webhooks.endpoints import NewSecret
from webapp.views import access
from webapp.views.forms import Form, take_errors
from webapp.views.htmx import page, page_or_fragment, see_other
from webapp.views.limits import by_user, failed, limiter
from webapp.views.once import once
from webapp.views.webhook_forms import PasswordForm, ReplayForm, SinceForm, WebhookForm

Shown = Response | tuple[Response, int]
_LAST_PAGE: Final = 100_000
_CAME_TWICE: Final = {
    "made": "The webhook was made already, by the same form sent before. Its secret, if it has one, was shown in that "
    "answer alone. If you did not see it, give it a new one.",
    "rotated": "The secret was changed already, by the same form sent before, and shown in that answer alone. If you "
    "did not see it, make another one: those before sign as well for 24 hours.",
}
"""What that answer showed is kept nowhere to be shown again."""
_NAMED_AT_MOST: Final = 3
"""Logs that a message names: it is kept in a cookie."""


class Area(NamedTuple):
    """For whom the pages are, which endpoints they are about, and the layout that they stand in."""

    door: access.Door
    scope: str
    layout: str
    everything: str

    def everything_of(self, scope: str) -> str:
        """What all tournaments are called for an endpoint of this scope; staff look after those of organizers too."""
        return self.everything if scope == self.scope else "All that its owner owns or helps to run"


ORGANIZERS: Final = Area(
    access.ORGANIZER, endpoints.OF_TOURNAMENTS, "layouts/organizer.html", "All that you own or help to run"
)
STAFF: Final = Area(access.ADMIN, endpoints.OF_SITE, "layouts/staff.html", "All tournaments of this site")


def register(bp: Blueprint, area: Area) -> None:
    """Serve these pages under a blueprint."""
    for rule, name, view, methods in _PAGES:
        bp.add_url_rule(rule, name, _in_area(area, view), methods=methods)


def _in_area(area: Area, view: Callable[..., Shown]) -> Callable[..., Shown]:
    @access.open_to(area.door)
    @wraps(view)
    def opened(**path: int) -> Shown:
        return view(area, **path)

    return opened


def listing(area: Area) -> Shown:
    """The endpoints there are, and how each does."""
    found = read_endpoints(scope=area.scope, page=_page_number(), actor=access.actor(), now=utc_now())
    return page("webhooks/list.html", area=area, found=found)


@limiter.limit("60/hour", key_func=by_user, methods=["POST"])
def new(area: Area) -> Shown:
    """A form for a new one, whose secret is in that answer and nowhere else."""
    actor = access.actor()
    form = WebhookForm(own_tournaments(actor, scope=area.scope), area.everything)
    if form.validate_on_submit():
        try:
            return _with_secret(
                area, "made", lambda: endpoints.create(form.draft(), scope=area.scope, actor=actor, now=utc_now())
            )
        except DomainError as error:
            take_errors(form, error)
    return _form_page(area, "webhooks/new.html", form)


def detail(area: Area, endpoint_id: int) -> Shown:
    """One endpoint, what was sent to it, and what can be done."""
    return _endpoint_page(area, endpoint_id)


def _keeps_address() -> bool:
    """Whether the form brings no address, so that no name is looked up for it."""
    return not request.form.get("url", "").strip()


@limiter.limit("60/hour", key_func=by_user, methods=["POST"], exempt_when=_keeps_address)
def edit(area: Area, endpoint_id: int) -> Shown:
    """Change where and what."""
    actor, now = access.actor(), utc_now()
    view = read_endpoint(endpoint_id, DeliveryQuery(), page=1, actor=actor, now=now)
    kept = {
        "kind": view.endpoint.kind,
        "description": view.description,
        "event_types": list(view.event_types),
        "tournament_id": view.tournament_id,
    }
    offered = tournaments_for(endpoint_id, actor=actor)
    form = WebhookForm(offered, area.everything_of(view.endpoint.scope), data=kept)
    form.kind.data = view.endpoint.kind
    if form.has_come() and form.validate():
        try:
            endpoints.edit(endpoint_id, form.draft(), actor=actor, now=now)
        except DomainError as error:
            take_errors(form, error)
        else:
            flash("The webhook is changed.", "done")
            return see_other(_address(endpoint_id))
    return _form_page(area, "webhooks/edit.html", form, view=view)


@limiter.limit("10/hour", key_func=by_user, methods=["POST"], deduct_when=failed)
def rotate(area: Area, endpoint_id: int) -> Shown:
    """A new secret, for who knows the password; it is in that answer and nowhere else."""
    actor = access.actor()
    view = read_endpoint(endpoint_id, DeliveryQuery(), page=1, actor=actor, now=utc_now())
    form = PasswordForm()
    if form.validate_on_submit():
        try:
            accounts.ensure_password(actor.user_id or 0, form.password.data)
            return _with_secret(area, "rotated", lambda: endpoints.rotate(endpoint_id, actor=actor, now=utc_now()))
        except DomainError as error:
            take_errors(form, error)
    return _form_page(area, "webhooks/rotate.html", form, view=view)


def _with_secret(area: Area, done: str, make: Callable[[], NewSecret]) -> Response:
    """Show the secret that this makes; a form that comes twice makes none, and has none to show."""
    made = []

    def send() -> str:
        made.append(make())
        return _address(made[0].endpoint_id)

    answer = once(send)
    if made:
        return _secret_page(area, made[0], done)
    flash(_CAME_TWICE[done], "refused")
    return answer


def pause(_area: Area, endpoint_id: int) -> Shown:
    """Let what is due wait."""

    def work() -> str:
        endpoints.pause(endpoint_id, actor=access.actor(), now=utc_now())
        return "Paused: what is due waits until you resume it."

    return _done(endpoint_id, work)


def resume(_area: Area, endpoint_id: int) -> Shown:
    """Send again."""

    def work() -> str:
        endpoints.resume(endpoint_id, actor=access.actor(), now=utc_now())
        return "Resumed: what has waited is sent now."

    return _done(endpoint_id, work)


def enable(_area: Area, endpoint_id: int) -> Shown:
    """Send again to one that was disabled, what it has missed as well if that is wanted."""
    is_replayed = request.form.get("replay") == "1"

    def work() -> str:
        enabled = replays.enable(endpoint_id, is_replayed=is_replayed, actor=access.actor(), now=utc_now())
        return _enabled(enabled) if is_replayed else "Enabled: it hears of what happens now."

    return _done(endpoint_id, work)


@limiter.limit("60/hour", key_func=by_user, methods=["POST"])
def test(_area: Area, endpoint_id: int) -> Shown:
    """Send a message that says nothing."""

    def work() -> str:
        deliveries.send_test(endpoint_id, actor=access.actor(), now=utc_now())
        return "A test is on its way; its answer stands below within seconds."

    return _done(endpoint_id, work)


def delete(_area: Area, endpoint_id: int) -> Shown:
    """Send nothing there any more."""
    try:
        endpoints.delete(endpoint_id, actor=access.actor(), now=utc_now())
    except Conflict as error:
        flash(error.message, "refused")
        return see_other(_address(endpoint_id))
    flash("The webhook is deleted: nothing is sent there any more.", "done")
    return see_other(url_for(".webhooks"))


def redeliver_failed(area: Area, endpoint_id: int) -> Shown:
    """Send everything once more that has failed since a time."""
    form = SinceForm()
    if not form.validate_on_submit():
        return _endpoint_page(area, endpoint_id, since=form), 422

    def work() -> str:
        count = deliveries.redeliver_failed(endpoint_id, since=form.instant, actor=access.actor(), now=utc_now())
        return f"{_many(count)} on the way once more."

    return _done(endpoint_id, work)


def replay(area: Area, endpoint_id: int) -> Shown:
    """Send a log from one of its numbers on."""
    form = ReplayForm()
    if form.validate_on_submit():
        try:
            return _done(endpoint_id, lambda: _replayed(endpoint_id, form))
        except replays.ReplayError as error:
            take_errors(form, error)
    return _endpoint_page(area, endpoint_id, replay_form=form), 422


def delivery(area: Area, endpoint_id: int, delivery_id: int) -> Shown:
    """One delivery: what was sent, every attempt, what came back."""
    view = read_delivery(endpoint_id, delivery_id, actor=access.actor(), now=utc_now())
    return page("webhooks/delivery.html", area=area, view=view, states=STATES)


def redeliver(_area: Area, endpoint_id: int, delivery_id: int) -> Shown:
    """Send it once more."""

    def work() -> str:
        deliveries.redeliver(endpoint_id, delivery_id, actor=access.actor(), now=utc_now())
        return "It is on its way once more, with the same id."

    return _done(endpoint_id, work, delivery_id)


def _replayed(endpoint_id: int, form: ReplayForm) -> str:
    done = replays.replay(
        endpoint_id, form.tournament_id.data, from_seq=form.from_seq.data, actor=access.actor(), now=utc_now()
    )
    if done.is_all:
        return f"{_many(done.events)} on the way: the log to its end, number {done.upto_seq}."
    return f"{_many(done.events)} on the way, up to number {done.upto_seq}; go on from {done.upto_seq + 1}."


def _enabled(enabled: replays.Enabled) -> str:
    said = f"Enabled; {_many(enabled.events)} on the way."
    if not enabled.rest:
        return said
    named = ", ".join(f"“{rest.name}” from number {rest.from_seq}" for rest in enabled.rest[:_NAMED_AT_MOST])
    others = len(enabled.rest) - _NAMED_AT_MOST
    more = f" and {others} more" if others > 0 else ""
    return f"{said} That is as much as goes out at once; go on by replaying {named}{more}."


def _endpoint_page(
    area: Area, endpoint_id: int, *, since: SinceForm | None = None, replay_form: ReplayForm | None = None
) -> Response:
    query = DeliveryQuery(request.args.get("state", ""), request.args.get("event", "")[:80])
    view = read_endpoint(endpoint_id, query, page=_page_number(), actor=access.actor(), now=utc_now())
    replaying = (replay_form or ReplayForm(formdata=None)).offer(view.tournaments)
    return page_or_fragment(
        "webhooks/endpoint.html", "webhooks/_deliveries.html", area=area, view=view, states=STATES,
        since=since or SinceForm(formdata=None), replaying=replaying,
    )  # fmt: skip


def _form_page(area: Area, template: str, form: Form, **more: Any) -> Shown:
    return page(template, area=area, form=form, groups=GROUPS, **more), 422 if form.has_come() else 200


def _secret_page(area: Area, made: NewSecret, done: str) -> Response:
    answer = page("webhooks/secret.html", area=area, made=made, done=done)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _done(endpoint_id: int, work: Callable[[], str], delivery_id: int | None = None) -> Response:
    """Do what a button asks, once, and lead back; what stands against it is said there."""
    address = _address(endpoint_id, delivery_id)

    def send() -> str:
        flash(work(), "done")
        return address

    try:
        return once(send)
    except Conflict as error:
        flash(error.message, "refused")
        return see_other(address)


def _address(endpoint_id: int, delivery_id: int | None = None) -> str:
    if delivery_id is None:
        return url_for(".webhook", endpoint_id=endpoint_id)
    return url_for(".delivery", endpoint_id=endpoint_id, delivery_id=delivery_id)


def _page_number() -> int:
    return min(max(request.args.get("page", 1, type=int), 1), _LAST_PAGE)


def _many(count: int) -> str:
    return "1 event is" if count == 1 else f"{count} events are"


_POST: Final = ("POST",)
_FORM: Final = ("GET", "POST")
_ONE: Final = "/webhooks/<int(max=2147483647):endpoint_id>/"
_DELIVERY: Final = _ONE + "deliveries/<int(max=2147483647):delivery_id>/"
_PAGES: Final[tuple[tuple[str, str, Callable[..., Shown], tuple[str, ...]], ...]] = (
    ("/webhooks/", "webhooks", listing, ("GET",)),
    ("/webhooks/new/", "new_webhook", new, _FORM),
    (_ONE, "webhook", detail, ("GET",)),
    (_ONE + "edit/", "edit_webhook", edit, _FORM),
    (_ONE + "secret/", "rotate_webhook", rotate, _FORM),
    (_ONE + "pause/", "pause_webhook", pause, _POST),
    (_ONE + "resume/", "resume_webhook", resume, _POST),
    (_ONE + "enable/", "enable_webhook", enable, _POST),
    (_ONE + "test/", "test_webhook", test, _POST),
    (_ONE + "delete/", "delete_webhook", delete, _POST),
    (_ONE + "failed/", "redeliver_failed", redeliver_failed, _POST),
    (_ONE + "replay/", "replay_webhook", replay, _POST),
    (_DELIVERY, "delivery", delivery, ("GET",)),
    (_DELIVERY + "redeliver/", "redeliver", redeliver, _POST),
)
