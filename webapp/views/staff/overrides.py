"""Placements set by hand: the form with its preview, the history, and taking one back."""

from flask import Response, flash, request, url_for

from webapp.domain.errors import Conflict, DomainError, ResultError
from webapp.services.ranking import overrides
from webapp.services.ranking.override_checks import RankTaken
from webapp.services.spine.clock import utc_now
from webapp.services.staff_pages import override_views
from webapp.services.staff_pages.override_views import PreviewView
from webapp.views import access
from webapp.views.forms import take_errors
from webapp.views.htmx import fragment, page, see_other, wants_fragment
from webapp.views.presentation import ordinal
from webapp.views.staff.addresses import id_argument, id_arguments
from webapp.views.staff.forms import OverrideForm, RestoreForm


@access.open_to(access.ADMIN)
def page_of_overrides(tournament_id: int) -> Response:
    """The form, what is in force, and everything that ever was."""
    form = OverrideForm()
    picked = id_arguments("participant")
    form.more([*picked[1:]])
    if picked:
        form.placements[0].participant_id.data = picked[0]
    return _page(tournament_id, form)


@access.open_to(access.ADMIN)
def save(tournament_id: int) -> Response | tuple[Response, int]:
    """Set the placements, all or none. The button "Another" only gives the form one more line."""
    form = OverrideForm()
    if "another" in request.form:
        form.more([None])
        return _page(tournament_id, form)
    if form.check_lines():
        try:
            outcomes = overrides.override_all(
                tournament_id, [placement for _, placement in form.filled], reason=form.reason.data or "",
                actor=access.actor(), now=utc_now(),
            )  # fmt: skip
        except (Conflict, ResultError) as error:
            form.take(error, _holders(error))
        else:
            _say(outcomes)
            return see_other(url_for("staff.overrides", tournament_id=tournament_id))
    return _page(tournament_id, form), 422


@access.open_to(access.ADMIN)
def preview(tournament_id: int) -> Response | tuple[Response, int]:
    """The board as it is and as it would be; nothing is saved. A fragment for htmx, the whole page otherwise."""
    form = OverrideForm()
    if wants_fragment():
        # Somebody is still typing: what is not there yet is no mistake.
        seen = _previewed(tournament_id, form) if form.filled else None
        return fragment("staff/_override_preview.html", preview=seen, refusals=form.refusals)
    seen = _previewed(tournament_id, form) if form.check_lines() else None
    return _page(tournament_id, form, seen), 422 if seen is None else 200


@access.open_to(access.ADMIN)
def restore(tournament_id: int, override_id: int) -> Response | tuple[Response, int]:
    """Ask first, showing what it would change; then take the override back."""
    entry = override_views.read_override(override_id, tournament_id, actor=access.actor())
    form = RestoreForm()
    if form.validate_on_submit():
        try:
            outcome = overrides.restore(
                override_id, actor=access.actor(), now=utc_now(), reason=form.reason.data or ""
            )  # fmt: skip
        except (Conflict, ResultError) as error:
            take_errors(form, error)
        else:
            flash(_restored(entry.name, outcome), "done")
            return see_other(url_for("staff.overrides", tournament_id=tournament_id))
    seen = None
    if entry.restored_at is None:
        seen = override_views.preview(tournament_id, [], actor=access.actor(), restoring=[override_id])
    answer = page(
        "staff/override_restore.html", entry=entry, form=form, preview=seen, refusals=[], tournament_id=tournament_id
    )
    return answer, 422 if form.has_come() else 200


def _previewed(tournament_id: int, form: OverrideForm) -> PreviewView | None:
    try:
        placements = [placement for _, placement in form.filled]
        return override_views.preview(tournament_id, placements, actor=access.actor())
    except (Conflict, ResultError) as error:
        form.take(error, _holders(error))
        return None


def _page(tournament_id: int, form: OverrideForm, seen: PreviewView | None = None) -> Response:
    before = id_argument("before")
    view = override_views.read_overrides_page(tournament_id, actor=access.actor(), picked=form.picked, before=before)
    form.offer(view.choices)
    return page("staff/overrides.html", view=view, form=form, preview=seen, refusals=[])


def _holders(error: DomainError) -> dict[int, str]:
    if not isinstance(error, RankTaken):
        return {}
    return dict(override_views.names_in(list(error.holders.values())))


def _say(outcomes: tuple[overrides.OverrideOutcome, ...]) -> None:
    names = override_views.names_in([one.participant_id for one in outcomes])
    said = []
    for one in outcomes:
        name = names.get(one.participant_id, f"#{one.participant_id}")
        if one.changed:
            said.append(f"{name} stands {ordinal(one.new_rank)} now, by staff (was {ordinal(one.previous_rank)}).")
        else:
            said.append(f"{name} stood {ordinal(one.new_rank)} by staff already: nothing changed.")
    flash(" ".join(said), "done")


def _restored(name: str, outcome: overrides.OverrideOutcome) -> str:
    if not outcome.changed:
        return f"The override of {name} had been taken back already: nothing changed."
    if not outcome.new_rank:
        return f"The override of {name} is taken back."
    return f"{name} stands {ordinal(outcome.new_rank)} again, as computed."
