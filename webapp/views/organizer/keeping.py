"""What is done with a tournament beside playing it: officials, announcements, versions, copies, deleting."""

from flask import Blueprint, Response, flash, request, url_for
from wtforms import RadioField, SelectField, StringField, TextAreaField

from webapp.domain.errors import Conflict, DomainError, ResultError
from webapp.services.organizer_pages.keeping import read_notices, read_officials, read_versions
from webapp.services.spine.clock import utc_now
from webapp.services.tournaments import officials, organizer_notices, tournament_edits, tournament_removal, tournaments
from webapp.views import access
from webapp.views.forms import Form, id_of, take_errors
from webapp.views.htmx import page, see_other
from webapp.views.once import once
from webapp.views.organizer.forms import ReasonForm

_ONE = "/tournaments/<int(max=2147483647):tournament_id>/"
_ID = "int(max=2147483647)"


class OfficialForm(Form):
    """Somebody who is to help."""

    handle = StringField("Handle", render_kw={"autocomplete": "off", "maxlength": 80})
    role = SelectField(
        "As", choices={"referee": "Referee: results and matches", "co_organizer": "Co-organizer: everything"}
    )


class NoticeForm(Form):
    """Something to be told."""

    text = TextAreaField(
        "What is to be known", description="Markdown: **bold**, - lists, [links](https://…).",
        render_kw={"rows": 4, "maxlength": organizer_notices.LONGEST},
    )  # fmt: skip
    audience = RadioField(
        "To whom", choices={"all": "Everybody", "participants": "Who takes part"}, default="all", validate_choice=False
    )


@access.open_to(access.ORGANIZER)
def officials_page(tournament_id: int) -> Response | tuple[Response, int]:
    """Who runs a tournament, and one more."""
    form = OfficialForm()
    if form.has_come() and form.validate():
        try:
            officials.appoint(
                tournament_id, form.handle.data or "", form.role.data, actor=access.actor(), now=utc_now()
            )
        except ResultError as error:
            take_errors(form, error)
        else:
            flash("Done: the tournament is on their list from now on.", "done")
            return see_other(url_for("organizer.officials", tournament_id=tournament_id))
    view = read_officials(tournament_id, actor=access.actor())
    answer = page("organizer/officials.html", view=view, managed=view.head, form=form)
    return (answer, 422) if form.has_come() else answer


@access.open_to(access.ORGANIZER)
def dismiss(tournament_id: int, user_id: int) -> Response:
    """Take somebody off the list."""
    officials.dismiss(tournament_id, user_id, actor=access.actor(), now=utc_now())
    flash("They are no official of this tournament any more.", "done")
    return see_other(url_for("organizer.officials", tournament_id=tournament_id))


@access.open_to(access.ORGANIZER)
def notices(tournament_id: int) -> Response | tuple[Response, int]:
    """What was announced, and the next one."""
    form = NoticeForm()
    status = 422 if form.has_come() else 200
    if form.has_come() and form.validate():
        try:
            return once(lambda: _announced(tournament_id, form))
        except (Conflict, ResultError) as error:
            take_errors(form, error)
            status = 409 if isinstance(error, Conflict) else 422
    view = read_notices(tournament_id, actor=access.actor())
    return page("organizer/notices.html", view=view, managed=view.head, form=form), status


@access.open_to(access.ORGANIZER)
def withdraw_notice(tournament_id: int, announcement_id: int) -> Response:
    """Take an announcement back."""
    organizer_notices.withdraw(tournament_id, announcement_id, actor=access.actor(), now=utc_now())
    flash("It is shown no more.", "done")
    return see_other(url_for("organizer.notices", tournament_id=tournament_id))


@access.open_to(access.ORGANIZER)
def versions(tournament_id: int) -> Response:
    """Every edit, and one of them beside what it is now."""
    view = read_versions(tournament_id, number=request.args.get("version", type=id_of), actor=access.actor())
    return page("organizer/versions.html", view=view, managed=view.head)


@access.open_to(access.ORGANIZER)
def restore_version(tournament_id: int, number: int) -> Response:
    """Go back to a version."""
    try:
        done = tournament_edits.restore(tournament_id, number, actor=access.actor(), now=utc_now())
    except (Conflict, ResultError) as error:
        flash(error.message, "refused")
    else:
        said = f"The settings are those of version {number}." if done.changed else "It is as that version already."
        left = f" Fixed by now, and left as it is: {', '.join(done.left)}." if done.left else ""
        flash(said + left, "done")
    return see_other(url_for("organizer.versions", tournament_id=tournament_id))


@access.open_to(access.ORGANIZER)
def duplicate(tournament_id: int) -> Response:
    """A new draft with the same settings."""
    return once(lambda: _copied(tournament_id))


@access.open_to(access.ORGANIZER)
def close_registration(tournament_id: int) -> Response:
    """Take no more registrations."""
    try:
        tournaments.close_registration(tournament_id, actor=access.actor(), now=utc_now())
    except DomainError as error:
        if not error.fields and not isinstance(error, Conflict):
            raise
        flash(error.message, "refused")
    else:
        flash("Registration is closed.", "done")
    return see_other(url_for("organizer.tournament", tournament_id=tournament_id))


@access.open_to(access.ORGANIZER)
def delete(tournament_id: int) -> Response | tuple[Response, int]:
    """Delete a tournament, with a reason; staff can bring it back."""
    form, status = ReasonForm(), 422
    if form.has_come():
        try:
            tournament_removal.delete(tournament_id, reason=form.reason.data or "", actor=access.actor(), now=utc_now())
        except (Conflict, ResultError) as error:
            status = 409 if isinstance(error, Conflict) else 422
            take_errors(form, error)
        else:
            flash("The tournament is deleted. Staff can bring it back.", "done")
            return see_other(url_for("organizer.dashboard"))
    view = read_officials(tournament_id, actor=access.actor())
    answer = page("organizer/delete.html", managed=view.head, form=form)
    return (answer, status) if form.has_come() else answer


def register(bp: Blueprint) -> None:
    """Serve these pages."""
    post, form = ("POST",), ("GET", "POST")
    bp.add_url_rule(_ONE + "officials/", "officials", officials_page, methods=form)
    bp.add_url_rule(_ONE + f"officials/<{_ID}:user_id>/dismiss/", "dismiss_official", dismiss, methods=post)
    bp.add_url_rule(_ONE + "announcements/", "notices", notices, methods=form)
    bp.add_url_rule(
        _ONE + f"announcements/<{_ID}:announcement_id>/withdraw/", "withdraw_notice", withdraw_notice, methods=post
    )
    bp.add_url_rule(_ONE + "versions/", "versions", versions)
    bp.add_url_rule(_ONE + f"versions/<{_ID}:number>/restore/", "restore_version", restore_version, methods=post)
    bp.add_url_rule(_ONE + "duplicate/", "duplicate", duplicate, methods=post)
    bp.add_url_rule(_ONE + "close/", "close_registration", close_registration, methods=post)
    bp.add_url_rule(_ONE + "delete/", "delete", delete, methods=form)


def _announced(tournament_id: int, form: NoticeForm) -> str:
    organizer_notices.publish(
        tournament_id, form.text.data or "", audience=form.audience.data or "", actor=access.actor(), now=utc_now()
    )
    flash("It is announced.", "done")
    return url_for("organizer.notices", tournament_id=tournament_id)


def _copied(tournament_id: int) -> str:
    copy_id = tournaments.duplicate(tournament_id, actor=access.actor(), now=utc_now())
    flash("This is the copy, a draft without dates.", "done")
    return url_for("organizer.edit", tournament_id=copy_id)
