"""One's own matches: where they are played, saying that one is ready, reporting and answering a result."""

from collections.abc import Callable
from typing import Any, Final, Self

from flask import Blueprint, Response, flash, request, url_for
from wtforms import BooleanField, FileField, IntegerField, TextAreaField
from wtforms.validators import NumberRange, Optional

from webapp.domain.errors import Conflict, DomainError, NotFound, ResultError
from webapp.domain.uploads import RULES
from webapp.services.matches import lobbies, lobby_reports, reporting
from webapp.services.pages.own_lobby import OwnLobby, read_own_lobby
from webapp.services.pages.own_matches import OwnMatch, read_own_match, read_own_matches
from webapp.services.spine.clock import utc_now
from webapp.views import access, files
from webapp.views.forms import Form, take_errors
from webapp.views.htmx import page, page_or_fragment, see_other
from webapp.views.series_form import GamesForm

_MATCH: Final = "/matches/<int(max=2147483647):match_id>/"
_POST: Final = ("POST",)
_MOST: Final = 1_000_000


def _note() -> TextAreaField:
    return TextAreaField("Note", render_kw={"rows": 2, "maxlength": reporting.LONGEST_NOTE})


def _screenshot() -> FileField:
    rule = RULES["screenshot"]
    return FileField("Screenshot", description=f"Not needed; {rule.words}.", render_kw={"accept": rule.accept})


class ReportForm(GamesForm):
    """How a match went, as one of its sides says."""

    note = _note()
    file = _screenshot()


class PlaceForm(Form):
    """Where a side came in a battle-royale lobby, as it says itself."""

    placement = IntegerField(
        "Your place", validators=[Optional(), NumberRange(1, _MOST)], render_kw={"inputmode": "numeric", "min": 1}
    )
    kills = IntegerField(
        "Your kills", default=0, validators=[NumberRange(0, _MOST)], render_kw={"inputmode": "numeric", "min": 0}
    )
    did_not_finish = BooleanField("We did not finish")
    note = _note()
    file = _screenshot()

    @classmethod
    def said(cls, lobby: OwnLobby) -> Self:
        """The form with what the side has reported."""
        if lobby.report is None:
            return cls(formdata=None)
        line = lobby.report.line
        data = {"placement": line.placement, "kills": line.kills, "did_not_finish": line.placement is None}
        return cls(formdata=None, data=data | {"note": lobby.report.note})

    def validate(self, extra_validators: Any = None) -> bool:
        """Also that there is a place, or none because the side did not finish."""
        is_good = bool(super().validate(extra_validators))
        if (self.placement.data is None) != bool(self.did_not_finish.data) and not self.placement.errors:
            self.placement.errors = ["Give the place, or say that you did not finish."]
            return False
        return is_good


def register(bp: Blueprint) -> None:
    """Serve these pages."""
    bp.add_url_rule("/matches/", "matches", matches)
    bp.add_url_rule(_MATCH, "match", match)
    bp.add_url_rule(_MATCH + "ready/", "ready_match", ready_match, methods=_POST)
    bp.add_url_rule(_MATCH + "begin/", "begin_match", begin_match, methods=_POST)
    bp.add_url_rule(_MATCH + "report/", "report_match", report_match, methods=_POST)
    bp.add_url_rule(_MATCH + "place/", "report_place", report_place, methods=_POST)
    bp.add_url_rule(_MATCH + "agree/", "agree_match", agree_match, methods=_POST)
    bp.add_url_rule(
        _MATCH + "reports/<int(max=2147483647):report_id>/screenshot/", "report_screenshot", report_screenshot
    )


@access.open_to(access.LOGGED_IN)
def matches() -> Response:
    """The matches of those for whom one speaks."""
    view = read_own_matches(access.actor(), page=request.args.get("page", 1, type=int))
    return page("me/matches.html", view=view)


@access.open_to(access.LOGGED_IN)
def match(match_id: int) -> Response:
    """One match; htmx asks for what may change by itself."""
    return _page(read_own_match(match_id, actor=access.actor()))


@access.open_to(access.LOGGED_IN)
def ready_match(match_id: int) -> Response | tuple[Response, int]:
    """The side is ready, or is not any more."""
    is_ready = request.form.get("is_ready") != "no"
    return _done(
        match_id, lambda: lobbies.say_ready(match_id, is_ready=is_ready, actor=access.actor(), now=utc_now()),
        "The other side sees that you are ready." if is_ready else "Taken back.",
    )  # fmt: skip


@access.open_to(access.LOGGED_IN)
def begin_match(match_id: int) -> Response | tuple[Response, int]:
    """Both are ready: it begins."""
    return _done(match_id, lambda: lobbies.begin(match_id, actor=access.actor(), now=utc_now()), "The match is live.")


@access.open_to(access.LOGGED_IN)
def agree_match(match_id: int) -> Response | tuple[Response, int]:
    """The other side's report is right."""
    seen = request.form.get("report_revision", -1, type=int)
    return _done(
        match_id, lambda: reporting.agree(match_id, report_revision=seen, actor=access.actor(), now=utc_now()),
        "The result is confirmed.",
    )  # fmt: skip


@access.open_to(access.LOGGED_IN)
@files.takes_file("screenshot")
def report_match(match_id: int) -> Response | tuple[Response, int]:
    """The side says how it went."""
    view = read_own_match(match_id, actor=access.actor())
    form = ReportForm(view.best_of)
    if not form.validate_on_submit():
        return _page(view, form), 422
    try:
        reported = reporting.submit(
            match_id, form.played(_both(view)), note=form.note.data or "", screenshot=files.sent_file("file"),
            seen_revision=request.form.get("report_revision", type=int), actor=access.actor(), now=utc_now(),
        )  # fmt: skip
    except NotFound:
        raise
    except DomainError as error:
        form.take_game_errors(error)
        view = read_own_match(match_id, actor=access.actor())
        if not view.can_report:
            flash(error.message, "refused")
        return _page(view, form), 409 if isinstance(error, Conflict) else 422
    flash(
        "Both sides say the same: the result is confirmed."
        if reported.is_agreed
        else "Reported. The other side answers.",
        "done",
    )
    return _home(match_id)


@access.open_to(access.LOGGED_IN)
@files.takes_file("screenshot")
def report_place(match_id: int) -> Response | tuple[Response, int]:
    """The side says where it came in its lobby."""
    view = read_own_match(match_id, actor=access.actor())
    form = PlaceForm()
    if not form.validate_on_submit():
        return _page(view, place=form), 422
    try:
        lobby_reports.submit(
            match_id, placement=form.placement.data, kills=form.kills.data, note=form.note.data or "",
            screenshot=files.sent_file("file"), actor=access.actor(), now=utc_now(),
        )  # fmt: skip
    except ResultError as error:
        take_errors(form, error)
        return _page(view, place=form), 422
    except Conflict as error:
        # The form is gone from the page with what made it a conflict.
        flash(error.message, "refused")
        return _page(read_own_match(match_id, actor=access.actor())), 409
    flash("Reported. An official confirms the result.", "done")
    return _home(match_id)


@access.open_to(access.LOGGED_IN)
def report_screenshot(match_id: int, report_id: int) -> Response:
    """The picture that came with a report, for the sides and officials."""
    content = reporting.screenshot(match_id, report_id, actor=access.actor())
    return files.give(content, called=f"report-{report_id}")


def _done(match_id: int, change: Callable[[], Any], told: str) -> Response | tuple[Response, int]:
    """The match once it is changed, or with why it is not."""
    try:
        change()
    except NotFound:
        raise
    except DomainError as error:
        flash(error.message, "refused")
        return _page(read_own_match(match_id, actor=access.actor())), 422 if isinstance(error, ResultError) else 409
    flash(told, "done")
    return _home(match_id)


def _both(view: OwnMatch) -> tuple[int, int]:
    if view.side_ids is None:
        raise Conflict(f"Match {view.number} does not have its two sides yet.", code="match_without_sides")
    return view.side_ids


def _page(view: OwnMatch, form: ReportForm | None = None, *, place: PlaceForm | None = None) -> Response:
    own, lobby = view.own_report, None
    if view.is_lobby:
        lobby = read_own_lobby(view.id, actor=access.actor(), now=utc_now())
        place = place or PlaceForm.said(lobby)
    shown = form or ReportForm(view.best_of, own.games if own else (), formdata=None)
    return page_or_fragment(
        "me/match.html", "me/_match_now.html", match=view, form=shown, lobby=lobby, place_form=place
    )


def _home(match_id: int) -> Response:
    return see_other(url_for("me.match", match_id=match_id))
