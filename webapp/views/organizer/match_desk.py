"""The desk of one match: what its officials do beside entering the result."""

from collections.abc import Callable
from typing import Final

from flask import Blueprint, Response, flash, url_for
from wtforms import RadioField, SelectField, StringField, TextAreaField

from webapp.domain.errors import Conflict, ResultError, TransitionError
from webapp.services.matches import awards, lobbies, match_resets
from webapp.services.matches import matches as match_services
from webapp.services.organizer_pages.managed import ensure_match_of
from webapp.services.organizer_pages.match_desk import DeskView, read_desk
from webapp.services.spine.clock import utc_now
from webapp.views import access
from webapp.views.forms import Form, take_errors
from webapp.views.htmx import page, see_other
from webapp.views.organizer.forms import ReasonForm
from webapp.views.organizer.undo import flash_newest

_MATCH: Final = "/tournaments/<int(max=2147483647):tournament_id>/matches/<int(max=2147483647):match_id>/"
_POST: Final = ("POST",)


class LobbyForm(Form):
    """Where the match is played."""

    name = StringField("Lobby", render_kw={"maxlength": lobbies.LONGEST_NAME, "autocomplete": "off"})
    password = StringField("Password", render_kw={"maxlength": lobbies.LONGEST_NAME, "autocomplete": "off"})
    notes = TextAreaField("Notes", render_kw={"maxlength": lobbies.LONGEST_NOTES, "rows": 3})


class CoordinatorForm(Form):
    """Who looks after the match."""

    coordinator_id = SelectField("Looked after by", coerce=int, validate_choice=False)


class EndForm(ReasonForm):
    """How a match ends that is not played out. The values of `side_id` are registration ids; 0 is neither side."""

    way = RadioField(
        "What happened",
        choices={
            "walk_over": "One side did not come",
            "forfeit": "One side gives up",
            "force_win": "An official says who won",
        },
        default="walk_over",
    )
    side_id = RadioField("Which side", coerce=int, validate_choice=False)


def register(bp: Blueprint) -> None:
    """Serve these pages."""
    bp.add_url_rule(_MATCH, "match", match)
    bp.add_url_rule(_MATCH + "begin/", "begin_match", begin_match, methods=_POST)
    bp.add_url_rule(_MATCH + "lobby/", "match_lobby", match_lobby, methods=_POST)
    bp.add_url_rule(_MATCH + "coordinator/", "match_coordinator", match_coordinator, methods=_POST)
    bp.add_url_rule(_MATCH + "end/", "end_match", end_match, methods=_POST)
    bp.add_url_rule(_MATCH + "reset/", "reset_match", reset_match, methods=_POST)


@access.open_to(access.ORGANIZER)
def match(tournament_id: int, match_id: int) -> Response:
    """Who plays, what they say, and everything that can be done."""
    return _page(read_desk(tournament_id, match_id, actor=access.actor()))


@access.open_to(access.ORGANIZER)
def begin_match(tournament_id: int, match_id: int) -> Response | tuple[Response, int]:
    """The match is live."""
    ensure_match_of(tournament_id, match_id)
    try:
        match_services.start_match(match_id, actor=access.actor(), now=utc_now())
    except (Conflict, TransitionError) as error:
        flash(error.message, "refused")
        return _page(read_desk(tournament_id, match_id, actor=access.actor())), 409
    flash("The match is live.", "done")
    return _home(tournament_id, match_id)


@access.open_to(access.ORGANIZER)
def match_lobby(tournament_id: int, match_id: int) -> Response | tuple[Response, int]:
    """Tell the sides where they play."""
    form = LobbyForm()
    told = {"name": form.name.data or "", "password": form.password.data or "", "notes": form.notes.data or ""}
    return _done(
        tournament_id, match_id, form,
        lambda: lobbies.set_lobby(match_id, **told, actor=access.actor(), now=utc_now()),
        "The lobby is saved; its participants see it on their page of the match.",
    )  # fmt: skip


@access.open_to(access.ORGANIZER)
def match_coordinator(tournament_id: int, match_id: int) -> Response | tuple[Response, int]:
    """Give the match to an official."""
    form = CoordinatorForm()
    return _done(
        tournament_id, match_id, form,
        lambda: lobbies.assign_coordinator(
            match_id, form.coordinator_id.data or None, actor=access.actor(), now=utc_now()
        ),
        "Saved.",
    )  # fmt: skip


@access.open_to(access.ORGANIZER)
def end_match(tournament_id: int, match_id: int) -> Response | tuple[Response, int]:
    """A forfeit, a walk-over, or a win by an official's word."""
    form = EndForm()
    return _done(tournament_id, match_id, form, lambda: _end(match_id, form), "The match is decided.")


@access.open_to(access.ORGANIZER)
def reset_match(tournament_id: int, match_id: int) -> Response | tuple[Response, int]:
    """Back to the schedule, as if nobody had begun it."""
    form = ReasonForm()
    return _done(
        tournament_id, match_id, form,
        lambda: match_resets.reset(match_id, reason=form.reason.data or "", actor=access.actor(), now=utc_now()),
        "The match is back on the schedule.",
        reset=form,
    )  # fmt: skip


def _end(match_id: int, form: EndForm) -> None:
    side_id, reason = form.side_id.data or None, form.reason.data or ""
    if form.way.data == "force_win":
        awards.force_win(match_id, side_id or 0, reason=reason, actor=access.actor(), now=utc_now())
        return
    walk_over = form.way.data == "walk_over"
    awards.forfeit(match_id, side_id, walk_over=walk_over, reason=reason, actor=access.actor(), now=utc_now())


def _done(
    tournament_id: int,
    match_id: int,
    form: Form,
    change: Callable[[], object],
    told: str,
    *,
    reset: ReasonForm | None = None,
) -> Response | tuple[Response, int]:
    """The desk once the change is made, or with the form and what is wrong with it."""
    ensure_match_of(tournament_id, match_id)
    try:
        change()
    except (Conflict, TransitionError) as error:
        # The form may be gone from the page with what made it a conflict.
        flash(error.message, "refused")
        return _page(read_desk(tournament_id, match_id, actor=access.actor()), form, reset=reset), 409
    except ResultError as error:
        take_errors(form, error)
        return _page(read_desk(tournament_id, match_id, actor=access.actor()), form, reset=reset), 422
    if isinstance(form, ReasonForm):
        # What asks for a reason ends the match or takes it back, and can be undone.
        flash_newest(
            told, tournament_id, back=url_for("organizer.match", tournament_id=tournament_id, match_id=match_id)
        )
    else:
        flash(told, "done")
    return _home(tournament_id, match_id)


def _page(desk: DeskView, sent: Form | None = None, *, reset: ReasonForm | None = None) -> Response:
    lobby = sent if isinstance(sent, LobbyForm) else LobbyForm(formdata=None, data=desk.lobby)
    coordinator = CoordinatorForm(formdata=None, data={"coordinator_id": desk.coordinator_id or 0})
    if isinstance(sent, CoordinatorForm):
        coordinator = sent
    coordinator.coordinator_id.choices = [(0, "nobody"), *desk.officials]
    end = sent if isinstance(sent, EndForm) else EndForm(formdata=None)
    end.side_id.choices = [(side.id, side.name) for side in desk.sides if side.id is not None]
    if desk.is_league:
        end.side_id.choices.append((0, "Neither side came"))
    return page(
        "organizer/match.html", desk=desk, managed=desk.head, lobby=lobby, coordinator=coordinator, end=end,
        is_ending=end is sent, is_resetting=reset is not None, reset=reset or ReasonForm(formdata=None),
        blank_reason=ReasonForm(formdata=None),
    )  # fmt: skip


def _home(tournament_id: int, match_id: int) -> Response:
    return see_other(url_for("organizer.match", tournament_id=tournament_id, match_id=match_id))
