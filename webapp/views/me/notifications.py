"""What one was told: the bell's number, the list, and how one wants to be told."""

from collections.abc import Mapping
from typing import Final

from flask import Blueprint, Flask, Response, current_app, flash, make_response, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from webapp.domain.errors import Conflict, DomainError
from webapp.domain.notifications.kinds import DISCORD, EMAIL, KINDS
from webapp.languages import language
from webapp.services.notifications import bells, discord_channels, preferences, reading
from webapp.services.notifications.lists import Wanted, areas, read_list
from webapp.services.operations import flags
from webapp.services.spine.clock import utc_now
from webapp.views import access
from webapp.views.forms import ConfirmForm, Form, id_of, take_errors
from webapp.views.htmx import page, see_other, wants_fragment
from webapp.views.limits import by_user, failed, limiter
from webapp.views.me.notification_forms import DiscordForm, PreferencesForm

_AT: Final = "/notifications/"
_POST: Final = ("POST",)
_MARKED_AT_ONCE: Final = 100
_LARGEST_PAGE: Final = 1_000_000
_FLAGS: Final[Mapping[str, str]] = {EMAIL: "NOTIFICATIONS_EMAIL_ENABLED", DISCORD: "NOTIFICATIONS_DISCORD_ENABLED"}


def register(bp: Blueprint) -> None:
    """Serve these pages."""
    bp.add_url_rule(_AT, "notifications", notifications, methods=("GET", "POST"))
    bp.add_url_rule(_AT + "count/", "notification_count", notification_count)
    bp.add_url_rule(_AT + "<int(max=2147483647):notification_id>/", "open_notification", open_notification)
    bp.add_url_rule(_AT + "read/", "read_notifications", read_notifications, methods=_POST)
    bp.add_url_rule(_AT + "discord/", "own_discord", own_discord, methods=_POST)
    bp.add_url_rule(_AT + "email/", "resume_email", resume_email, methods=_POST)


def init_bell(app: Flask) -> None:
    """Let every page of somebody who is logged in say how much they have not read."""
    app.jinja_env.globals["unread_count"] = unread_count
    app.jinja_env.globals["unread_most"] = bells.MOST


def unread_count() -> int:
    """How much who asks has not read, counted up to `bells.MOST`."""
    who = access.person()
    return 0 if who is None else bells.unread_of([who.user_id]).get(who.user_id, 0)


@access.open_to(access.LOGGED_IN)
def notifications() -> Response | tuple[Response, int]:
    """The list, and below it the preferences, which are sent to the same address."""
    form = PreferencesForm()
    if not form.has_come():
        return _page()
    if form.validate():
        try:
            preferences.save(_user_id(), form.choice(), now=utc_now())
        except DomainError as error:
            take_errors(form, error)
        else:
            flash("Your preferences are saved.", "done")
            return see_other(url_for("me.notifications", _anchor="preferences"))
    return _page(form=form), 422


@access.open_to(access.LOGGED_IN)
def notification_count() -> Response:
    """The bell alone, or 304 for whoever shows it already. A browser that comes by itself is led to the list."""
    if not wants_fragment():
        return see_other(url_for("me.notifications"))
    unread = unread_count()
    tag = f"{unread}-{language()}-{current_app.extensions['build_tag'][:8]}"
    if request.if_none_match.contains_weak(tag):
        response = make_response(b"", 304)
    else:
        response = make_response(render_template("shared/_bell.html", unread=unread))
    response.set_etag(tag)
    return response


@access.open_to(access.LOGGED_IN)
def open_notification(notification_id: int) -> Response:
    """Go to what it is about; whoever really goes there has read it, whoever fetches it beforehand has not."""
    is_read = "Sec-Purpose" not in request.headers and request.headers.get("Sec-Fetch-Dest", "document") == "document"
    return see_other(reading.open_one(_user_id(), notification_id, is_read=is_read, now=utc_now()))


@access.open_to(access.LOGGED_IN)
def read_notifications() -> Response:
    """Mark some as read, or all that the list shows up to the newest one that was seen."""
    wanted, newest = _wanted(request.form), request.form.get("up_to", type=id_of)
    if newest is not None:
        reading.mark_all(_user_id(), up_to=newest, area=wanted.area, tournament_id=wanted.tournament_id, now=utc_now())
    else:
        reading.mark(_user_id(), request.form.getlist("id", type=id_of)[:_MARKED_AT_ONCE], now=utc_now())
    return see_other(url_for("me.notifications", **wanted.parameters(wanted.page)))


@access.open_to(access.LOGGED_IN)
@limiter.limit("20/hour", key_func=by_user, deduct_when=failed)
def own_discord() -> Response | tuple[Response, int]:
    """Enter, try or remove one's own Discord webhook."""
    form, actor, now = DiscordForm(), access.actor(), utc_now()
    try:
        if "remove" in request.form:
            discord_channels.remove_own(actor=actor, now=now)
            flash("Nothing of yours is sent to Discord any more.", "done")
        elif "try" in request.form:
            discord_channels.test_own(actor=actor, now=now)
            flash("A message is on its way to your channel.", "done")
        else:
            discord_channels.enter_own(form.discord_url.data or "", actor=actor, now=now)
            flash("Your notifications come to that channel as well from now on.", "done")
    except DomainError as error:
        take_errors(form, error)
        return _page(discord=form), 409 if isinstance(error, Conflict) else 422
    return see_other(url_for("me.notifications", _anchor="discord"))


@access.open_to(access.LOGGED_IN)
def resume_email() -> Response:
    """Write to an address again that was refused."""
    preferences.resume_email(_user_id(), now=utc_now())
    flash("Your address is written to again.", "done")
    return see_other(url_for("me.notifications", _anchor="preferences"))


def _page(*, form: PreferencesForm | None = None, discord: Form | None = None) -> Response:
    user_id = _user_id()
    chosen = preferences.read_preferences(user_id)
    return page(
        "me/notifications.html",
        notices=read_list(user_id, _wanted(request.args)),
        kinds=KINDS.values(),
        form=form or PreferencesForm.of(chosen),
        preferences=chosen,
        discord=discord or DiscordForm(formdata=None),
        channel=discord_channels.own(user_id),
        silent=[name for name in _FLAGS if not flags.is_on(_FLAGS[name])],
        confirm=ConfirmForm(formdata=None),
    )


def _wanted(query: MultiDict[str, str]) -> Wanted:
    """Which part of the list; what cannot be is as good as not asked for."""
    area = query.get("area", "")
    number = query.get("page", 1, type=int)
    return Wanted(
        area if area in areas() else None,
        query.get("tournament", type=id_of),
        is_unread=query.get("unread") == "1",
        page=min(number, _LARGEST_PAGE),
    )


def _user_id() -> int:
    return access.actor().user_id or 0
