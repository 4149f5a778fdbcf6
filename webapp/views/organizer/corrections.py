"""Corrections of a series that counted: what would change, what becomes of later matches, one confirm with a reason."""

from typing import Final

from flask import Blueprint, Response, flash, request, url_for

from webapp.domain.errors import Conflict, DomainError, Forbidden, NotFound
from webapp.services.disputes import change_previews, corrections
from webapp.services.disputes.corrections import Change, ChoicesNeeded
from webapp.services.organizer_pages.match_desk import DeskView, read_desk
from webapp.services.pages.impact_reads import ImpactView, named
from webapp.services.spine.clock import utc_now
from webapp.views import access
from webapp.views.dispute_forms import CorrectionForm, filled, plain_games, sent_choices
from webapp.views.htmx import fragment, page, see_other, wants_fragment
from webapp.views.organizer.undo import flash_undo

_CORRECT: Final = "/tournaments/<int(max=2147483647):tournament_id>/matches/<int(max=2147483647):match_id>/correct/"


def register(bp: Blueprint) -> None:
    """Serve these pages."""
    bp.add_url_rule(_CORRECT, "correct", correct, methods=("GET", "POST"))
    bp.add_url_rule(_CORRECT + "preview/", "preview_correction", preview, methods=("POST",))


@access.open_to(access.ORGANIZER)
def correct(tournament_id: int, match_id: int) -> Response | tuple[Response, int]:
    """The result that counts, to be changed; by POST it is done."""
    desk = _desk(tournament_id, match_id)
    if not desk.revision:
        return _nothing_yet(tournament_id, desk)
    if request.method != "POST":
        return _page(desk, _blank(desk))
    form = CorrectionForm(desk.best_of)
    if not form.validate():
        return _page(desk, form), 422
    try:
        done = corrections.apply(
            match_id, _change(form), reason=form.reason.data or "", choices=sent_choices(),
            expected_revision=request.form.get("revision", type=int), actor=access.actor(), now=utc_now(),
        )  # fmt: skip
    except (NotFound, Forbidden):
        raise
    except ChoicesNeeded as error:
        form.form_errors.append(error.message)
        return _page(desk, form, _impact(match_id, form)), 409
    except DomainError as error:
        form.take_game_errors(error)
        return _page(desk, form), 409 if isinstance(error, Conflict) else 422
    told = f"{desk.title} is corrected." if done.changed else "Nothing was different; nothing is changed."
    home = url_for("organizer.match", tournament_id=tournament_id, match_id=match_id)
    flash_undo(told, tournament_id, done.undo_id, back=home)
    return see_other(home)


@access.open_to(access.ORGANIZER)
def preview(tournament_id: int, match_id: int) -> Response | tuple[Response, int]:
    """Everything that would change: alone for htmx, on the page for everybody else."""
    desk = _desk(tournament_id, match_id)
    if not desk.revision:
        return _nothing_yet(tournament_id, desk)
    form = CorrectionForm(desk.best_of)
    impact = None
    try:
        impact = _impact(match_id, form) if form.validate() else None
    except (NotFound, Forbidden):
        raise
    except DomainError as error:
        form.take_game_errors(error)
    if wants_fragment():
        rows = [message for row in form.games for field in row.form for message in field.errors]
        return fragment("organizer/_impact.html", impact=impact, problems=[*form.base_errors, *rows])
    return _page(desk, form, impact), 200 if impact else 422


def _change(form: CorrectionForm) -> Change:
    kind = form.kind.data if form.kind.data in ("void", "replay") else "correct"
    return Change(kind, plain_games(form) if kind == "correct" else ())


def _impact(match_id: int, form: CorrectionForm) -> ImpactView:
    return named(
        change_previews.of_correction(match_id, _change(form), sent_choices(), actor=access.actor(), now=utc_now())
    )


def _blank(desk: DeskView) -> CorrectionForm:
    form = CorrectionForm(desk.best_of, formdata=None)
    for row, kept in zip(form.games, filled(desk.games, desk.best_of), strict=False):
        row.form.process(data=kept)
    return form


def _desk(tournament_id: int, match_id: int) -> DeskView:
    """The match, if it is one of two sides; a lobby is corrected in its grid."""
    desk = read_desk(tournament_id, match_id, actor=access.actor())
    if not desk.is_series or not desk.has_sides:
        raise NotFound(f"There is no result of match {desk.number} to correct here.", code="nothing_to_correct")
    return desk


def _nothing_yet(tournament_id: int, desk: DeskView) -> Response:
    flash(f"Match {desk.number} has no confirmed result yet; confirm one.", "refused")
    return see_other(url_for("organizer.match", tournament_id=tournament_id, match_id=desk.id))


def _page(desk: DeskView, form: CorrectionForm, impact: ImpactView | None = None) -> Response:
    return page("organizer/correct.html", desk=desk, managed=desk.head, form=form, impact=impact)
