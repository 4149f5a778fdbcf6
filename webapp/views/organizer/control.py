"""The control room: one page for the day, and what is pressed on it."""

import secrets
from collections.abc import Callable, Mapping
from typing import Any, Final

from flask import Blueprint, Response, flash, request, url_for

from webapp.domain.errors import BracketError, Conflict, DomainError, ResultError, TransitionError
from webapp.services.bracketing import swiss_rounds
from webapp.services.matches import matches, pauses, report_acceptance
from webapp.services.organizer_pages.control import ControlView, read_control
from webapp.services.organizer_pages.managed import ensure_match_of, ensure_participant_of
from webapp.services.registration import checkins
from webapp.services.spine import undo
from webapp.services.spine.clock import utc_now
from webapp.services.tournaments import organizer_notices, tournaments
from webapp.views import access
from webapp.views.forms import Form, take_errors
from webapp.views.htmx import fragment, page, see_other, wants_fragment
from webapp.views.once import once
from webapp.views.organizer.forms import ReasonForm
from webapp.views.organizer.keeping import NoticeForm

_HERE: Final = "/tournaments/<int(max=2147483647):tournament_id>/control/"
_MATCH: Final = _HERE + "matches/<int(max=2147483647):match_id>/"
_POST: Final = ("POST",)
_STEPS: Final[Mapping[str, tuple[Callable[..., None], str]]] = {
    "open": (tournaments.open_registration, "Registration is open."),
    "close": (tournaments.close_registration, "Registration is closed."),
    "start": (tournaments.start_opened, "The tournament is live."),
    "complete": (tournaments.complete, "The tournament is completed; its final board is stored."),
}


def register(bp: Blueprint) -> None:
    """Serve the page and its buttons."""
    bp.add_url_rule(_HERE, "control", control)
    bp.add_url_rule(_HERE + "announce/", "control_announce", announce, methods=_POST)
    bp.add_url_rule(_HERE + "stop/", "control_stop", stop, methods=_POST)
    bp.add_url_rule(_HERE + "resume/", "control_resume", resume, methods=_POST)
    bp.add_url_rule(
        _HERE + "participants/<int(max=2147483647):participant_id>/here/", "control_here", is_here, methods=_POST
    )
    bp.add_url_rule(_HERE + "undo/<int(max=2147483647):action_id>/", "control_undo", take_back, methods=_POST)
    bp.add_url_rule(_HERE + "rounds/<int(max=99):number>/", "control_round", pair_round, methods=_POST)
    bp.add_url_rule(_HERE + "<any(open, close, start, complete):step>/", "control_step", take_step, methods=_POST)
    bp.add_url_rule(_MATCH + "start/", "control_start_match", start_match, methods=_POST)
    bp.add_url_rule(_MATCH + "confirm/", "control_confirm", confirm, methods=_POST)


@access.open_to(access.ORGANIZER)
def control(tournament_id: int) -> Response:
    """What needs a hand, what is played, what comes, and the day's tools."""
    if wants_fragment():
        return _part(tournament_id)
    return _page(tournament_id)


@access.open_to(access.ORGANIZER)
def start_match(tournament_id: int, match_id: int) -> Response | tuple[Response, int]:
    """A match begins."""
    ensure_match_of(tournament_id, match_id)
    return _pressed(
        tournament_id,
        lambda: matches.start_match(match_id, actor=access.actor(), now=utc_now()),
        "The match is live.",
    )


@access.open_to(access.ORGANIZER)
def confirm(tournament_id: int, match_id: int) -> Response | tuple[Response, int]:
    """The only report of a match counts."""
    ensure_match_of(tournament_id, match_id)
    seen = request.form.get("report_revision", 0, type=int)
    return _pressed(
        tournament_id,
        lambda: report_acceptance.accept(match_id, report_revision=seen, actor=access.actor(), now=utc_now()),
        "The result is confirmed.",
    )


@access.open_to(access.ORGANIZER)
def pair_round(tournament_id: int, number: int) -> Response | tuple[Response, int]:
    """The next round of a Swiss, paired by its rules."""
    return _pressed(
        tournament_id,
        lambda: swiss_rounds.next_round(tournament_id, number=number, actor=access.actor(), now=utc_now()),
        f"Round {number} is paired.",
    )


@access.open_to(access.ORGANIZER)
def take_step(tournament_id: int, step: str) -> Response | tuple[Response, int]:
    """The tournament goes on to its next state."""
    move, said = _STEPS[step]
    return _pressed(tournament_id, lambda: move(tournament_id, actor=access.actor(), now=utc_now()), said)


@access.open_to(access.ORGANIZER)
def resume(tournament_id: int) -> Response | tuple[Response, int]:
    """Everything goes on."""
    return _pressed(
        tournament_id, lambda: pauses.resume(tournament_id, actor=access.actor(), now=utc_now()), "Play goes on."
    )


@access.open_to(access.ORGANIZER)
def is_here(tournament_id: int, participant_id: int) -> Response | tuple[Response, int]:
    """Somebody is there."""
    ensure_participant_of(tournament_id, participant_id)
    return _pressed(
        tournament_id,
        lambda: checkins.check_in(participant_id, actor=access.actor(), now=utc_now()),
        "They are checked in.",
    )


@access.open_to(access.ORGANIZER)
def take_back(tournament_id: int, action_id: int) -> Response | tuple[Response, int]:
    """What the reader did last is undone."""
    return _pressed(
        tournament_id,
        lambda: undo.undo(action_id, tournament_id=tournament_id, actor=access.actor(), now=utc_now()),
        "It is taken back.",
    )


@access.open_to(access.ORGANIZER)
def stop(tournament_id: int) -> Response | tuple[Response, int]:
    """Everything stands still, for a reason."""
    form = ReasonForm()
    try:
        pauses.stop(tournament_id, reason=form.reason.data or "", actor=access.actor(), now=utc_now())
    except Conflict as error:
        # The form may be gone from the page with what made it a conflict.
        flash(error.message, "refused")
        return _page(tournament_id), 409
    except ResultError as error:
        take_errors(form, error)
        return _page(tournament_id, stop_form=form), 422
    flash("Everything stands still. Officials can go on entering results.", "done")
    return _home(tournament_id)


@access.open_to(access.ORGANIZER)
def announce(tournament_id: int) -> Response | tuple[Response, int]:
    """Tell everybody, or who takes part."""
    form = NoticeForm()

    def send() -> str:
        organizer_notices.publish(
            tournament_id, form.text.data or "", audience=form.audience.data or "", actor=access.actor(), now=utc_now()
        )
        flash("It is announced.", "done")
        return url_for("organizer.control", tournament_id=tournament_id)

    try:
        return once(send)
    except (Conflict, ResultError) as error:
        take_errors(form, error)
        return _page(tournament_id, notice=form), 422 if isinstance(error, ResultError) else 409


def _pressed(tournament_id: int, act: Callable[[], object], said: str) -> Response | tuple[Response, int]:
    """The room once it is done, or with why it was not: in place for the page's script, else by way of the browser."""
    try:
        act()
    except (BracketError, Conflict, TransitionError, ResultError) as error:
        status = 409 if isinstance(error, Conflict | TransitionError) else 422
        if wants_fragment():
            return _part(tournament_id, refused=_sentence(error)), status
        flash(_sentence(error), "refused")
        return _page(tournament_id), status
    if wants_fragment():
        return _part(tournament_id, said=said)
    flash(said, "done")
    return _home(tournament_id)


def _part(tournament_id: int, *, said: str = "", refused: str = "") -> Response:
    view = _read(tournament_id)
    answer = fragment("organizer/_control.html", **_context(view), said=said, refused=refused)
    # By its first number the page's script knows how new it is; the rest makes each another one (`polls.js`).
    answer.headers["ETag"] = f'"{view.log_number}-{secrets.token_hex(4)}"'
    return answer


def _page(tournament_id: int, *, notice: Form | None = None, stop_form: ReasonForm | None = None) -> Response:
    blank = {"notice": NoticeForm(formdata=None), "stop_form": ReasonForm(formdata=None)}
    sent = {name: form for name, form in (("notice", notice), ("stop_form", stop_form)) if form is not None}
    return page("organizer/control.html", **_context(_read(tournament_id)), **(blank | sent), said="", refused="")


def _read(tournament_id: int) -> ControlView:
    return read_control(tournament_id, actor=access.actor(), now=utc_now())


def _context(view: ControlView) -> dict[str, Any]:
    return {"view": view, "managed": view.head}


def _home(tournament_id: int) -> Response:
    return see_other(url_for("organizer.control", tournament_id=tournament_id))


def _sentence(error: DomainError) -> str:
    return error.message if error.message.endswith(".") else f"{error.message}."
