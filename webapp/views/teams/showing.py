"""Sponsors and promotions of a team: written and taken back by the captain, their logos."""

from collections.abc import Callable
from typing import Any

from flask import Response, flash, url_for

from webapp.domain.errors import Conflict, DomainError, Forbidden, NotFound
from webapp.domain.sponsorship import COURSES
from webapp.services.pages import sponsorship_reads
from webapp.services.spine.clock import utc_now
from webapp.services.teams import promotions, sponsors, sponsorship
from webapp.views import access, files
from webapp.views.forms import take_errors
from webapp.views.htmx import page
from webapp.views.once import once
from webapp.views.teams.managing import back_to
from webapp.views.teams.showing_forms import PromotionForm, SponsorForm

_Answer = Response | tuple[Response, int]
_Form = SponsorForm | PromotionForm


@access.open_to(access.PLAYER)
@files.takes_file("logo")
def new_sponsor(team_id: int) -> _Answer:
    """Propose a sponsor."""
    return _written("sponsors", team_id, None, lambda form: _propose_sponsor(team_id, form))


@access.open_to(access.PLAYER)
@files.takes_file("logo")
def sponsor(team_id: int, sponsor_id: int) -> _Answer:
    """Write a sponsor anew."""
    return _written("sponsors", team_id, sponsor_id, lambda form: _change_sponsor(team_id, sponsor_id, form))


@access.open_to(access.PLAYER)
def new_promotion(team_id: int) -> _Answer:
    """Propose a promotion."""

    def propose(form: Any) -> str:
        promotions.propose(team_id, form.draft(), actor=access.actor(), now=utc_now())
        return "It waits for staff, and starts at its time once they have approved it."

    return _written("promotions", team_id, None, propose)


@access.open_to(access.PLAYER)
def promotion(team_id: int, promotion_id: int) -> _Answer:
    """Write a promotion anew."""

    def change(form: Any) -> str:
        return _changed(
            promotions.change(team_id, promotion_id, form.draft(), actor=access.actor(), now=utc_now())
        )  # fmt: skip

    return _written("promotions", team_id, promotion_id, change)


@access.open_to(access.PLAYER)
def withdraw_showing(team_id: int, shown: str, item_id: int) -> Response:
    """Take one back."""
    sponsorship.withdraw(COURSES[shown], team_id, item_id, actor=access.actor(), now=utc_now())
    flash("It is taken back, and shown no more.", "done")
    return back_to(team_id)


@access.open_to(access.EVERYBODY)
def sponsor_logo(team_id: int, sponsor_id: int, logo_id: int) -> Response:
    """The logo of a sponsor; another one has another address."""
    who = access.person()
    viewer = None if who is None else who.actor
    content, is_shown = sponsorship_reads.read_logo(team_id, sponsor_id, logo_id, viewer=viewer, now=utc_now())
    return files.give(content, called=f"sponsor-{sponsor_id}", is_public=is_shown)


def _propose_sponsor(team_id: int, form: Any) -> str:
    sponsors.propose(team_id, form.draft(), files.sent_file(), actor=access.actor(), now=utc_now())
    return "It waits for staff, and is shown once they have approved it."


def _change_sponsor(team_id: int, sponsor_id: int, form: Any) -> str:
    is_new = sponsors.change(
        team_id, sponsor_id, form.draft(), files.sent_file(), drops_logo=bool(form.drops_logo.data),
        actor=access.actor(), now=utc_now(),
    )  # fmt: skip
    return _changed(is_new)


def _changed(is_new: bool) -> str:
    return "Saved; it waits for staff again." if is_new else "Nothing was different; nothing is changed."


def _written(kind: str, team_id: int, item_id: int | None, save: Callable[[Any], str]) -> _Answer:
    """The form of one; and, sent, what `save` says of it, or what is wrong beside what was typed."""
    edited = sponsorship_reads.read_edited(kind, team_id, item_id, actor=access.actor())
    form: _Form = SponsorForm() if kind == "sponsors" else PromotionForm()
    if not form.has_come():
        form = type(form)(formdata=None, data=edited.values)
        return _page(kind, team_id, item_id, form)
    if not form.validate():
        return _page(kind, team_id, item_id, form), 422
    try:
        return once(lambda: _saved(team_id, kind, save, form))
    except (NotFound, Forbidden):
        raise
    except DomainError as error:
        take_errors(form, error)
        return _page(kind, team_id, item_id, form), 409 if isinstance(error, Conflict) else 422


def _saved(team_id: int, kind: str, save: Callable[[Any], str], form: _Form) -> str:
    flash(save(form), "done")
    return url_for("teams.manage", team_id=team_id, _anchor=f"{kind}-title")


def _page(kind: str, team_id: int, item_id: int | None, form: _Form) -> Response:
    edited = sponsorship_reads.read_edited(kind, team_id, item_id, actor=access.actor())
    return page("teams/showing.html", kind=kind, team_id=team_id, item_id=item_id, edited=edited, form=form)
