"""Overlays for a stream: their addresses, how they look, and the links that open them."""

from typing import Any, Final, NamedTuple

from flask import Response, flash, request, url_for
from wtforms import StringField

from webapp.domain.errors import DomainError
from webapp.domain.overlay_options import MOST_ROWS, THEMES, parse_options
from webapp.services.live import overlay_tokens
from webapp.services.live.overlay_tokens import NewLink
from webapp.services.organizer_pages.overlays import OverlaysView, read_overlays
from webapp.services.spine.clock import utc_now
from webapp.views import access
from webapp.views.forms import Form, take_errors
from webapp.views.htmx import page, see_other
from webapp.views.limits import by_user, limiter
from webapp.views.overlay.pages import DEFAULTS


class Offer(NamedTuple):
    """An overlay that can be had: its name in addresses, what it is, and which options change how it looks."""

    kind: str
    title: str
    says: str
    takes: tuple[str, ...]


_OFFERS: Final = (
    Offer(
        "leaderboard", "Leaderboard", "The standings as a full picture; turns its pages where you say so.",
        ("theme", "rows", "rotate"),
    ),
    Offer(
        "ticker", "Ticker", "One line at the bottom that goes past for ever: standings, then the last results.",
        ("theme", "rows"),
    ),
    Offer(
        "match-point", "Match point", "Who can win by the next match, and how far the others are.",
        ("theme",),
    ),
    Offer(
        "next-match", "Next match", "What comes next, with a countdown; what is live, where nothing else is planned.",
        ("theme",),
    ),
    Offer("bracket", "Bracket", "The last rounds, drawn; in a league the round that is played.", ("theme",)),
    Offer(
        "scoreboard", "Scoreboard", "The score of one match. Every match has its own address.",
        ("theme", "rows"),
    ),
)  # fmt: skip
_OPTIONS: Final = ("theme", "rows", "rotate")


class LinkForm(Form):
    """Where a new link will be used."""

    name = StringField("Name", description="Where it is used, such as “Main stream PC”. Only organizers see it.")


class OverlayCard(NamedTuple):
    """One overlay on the page: its address as streaming software takes it, and that of its preview."""

    offer: Offer
    path: str
    preview: str


@access.open_to(access.ORGANIZER)
@limiter.limit("60/hour", key_func=by_user, methods=["POST"])
def overlays(tournament_id: int) -> Response | tuple[Response, int]:
    """The overlays there are, and a form for a new link.

    The secret of a new link is in that answer and nowhere else, so that there is nothing to be led to afterwards.
    """
    form = LinkForm()
    if form.validate_on_submit():
        try:
            made = overlay_tokens.create(tournament_id, form.name.data or "", actor=access.actor(), now=utc_now())
        except DomainError as error:
            take_errors(form, error)
        else:
            return _page(tournament_id, LinkForm(formdata=None), made)
    return _page(tournament_id, form), 422 if form.has_come() else 200


@access.open_to(access.ORGANIZER)
def revoke_overlay(tournament_id: int, link_id: int) -> Response:
    """Take a link back at once."""
    overlay_tokens.revoke(tournament_id, link_id, actor=access.actor(), now=utc_now())
    flash("The link is revoked: what it was used in shows nothing any more.", "done")
    return see_other(url_for("organizer.overlays", tournament_id=tournament_id))


def _page(tournament_id: int, form: LinkForm, made: NewLink | None = None) -> Response:
    view = read_overlays(tournament_id, actor=access.actor())
    options, _ = parse_options(request.values, DEFAULTS["leaderboard"])
    chosen = {name: request.values[name] for name in _OPTIONS if request.values.get(name)}
    answer = page(
        "organizer/overlays.html", view=view, managed=view.head, form=form, made=made, options=options, chosen=chosen,
        themes=THEMES, most_rows=MOST_ROWS, cards=_cards(view, chosen, made),
    )  # fmt: skip
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _cards(view: OverlaysView, chosen: dict[str, str], made: NewLink | None) -> list[OverlayCard]:
    secret = {"token": made.secret} if made else {}
    has_use = {
        "match-point": view.has_match_point, "scoreboard": view.match is not None,
        "bracket": not view.head.is_battle_royale,
    }  # fmt: skip
    return [
        OverlayCard(offer, _path(view, offer, chosen, secret), _path(view, offer, chosen, {"preview": "1"}))
        for offer in _OFFERS
        if has_use.get(offer.kind, True)
    ]


def _path(view: OverlaysView, offer: Offer, chosen: dict[str, str], more: dict[str, str]) -> str:
    query: dict[str, Any] = {name: chosen[name] for name in offer.takes if name in chosen} | more
    if offer.kind == "scoreboard" and view.match is not None:
        return url_for("overlay.scoreboard", match_id=view.match.id, **query)
    return url_for("overlay.tournament", tournament_id=view.head.id, kind=offer.kind, **query)
