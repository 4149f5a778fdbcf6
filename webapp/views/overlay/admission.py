"""Who may see an overlay that not everybody may: a link made for it, or an official who looks at its preview."""

from typing import Final

from flask import request

from webapp.domain.errors import Forbidden
from webapp.domain.wording import N_
from webapp.services.live import overlay_tokens
from webapp.services.pages import overlay_reads
from webapp.services.spine.clock import utc_now
from webapp.views import access

_BEARER: Final = "bearer "


def is_preview() -> bool:
    """Whether the page is looked at before it goes on air."""
    return "preview" in request.args


def brings_token() -> bool:
    """Whether the request brings the secret of a link, good or not."""
    return _token() is not None


def is_admitted(tournament_id: int) -> bool:
    """Whether a link or an office opens the tournament's overlays, whoever may see the tournament otherwise.

    Raises Forbidden for the secret of a link that opens nothing, or another tournament.
    """
    token = _token()
    if token is None:
        who = access.person() if is_preview() else None
        return who is not None and overlay_reads.is_official(tournament_id, who.actor)
    opened = overlay_tokens.find(token, now=utc_now())
    if opened is None or opened.tournament_id != tournament_id:
        raise Forbidden(N_("This overlay link was revoked or cut short."), code="overlay_link_refused")
    return True


def _token() -> str | None:
    """The secret: in the address of a page, but in a header of what its script fetches, where no log writes it."""
    header = request.headers.get("Authorization", "")
    if header.lower().startswith(_BEARER):
        return header[len(_BEARER) :].strip()
    return request.args.get("token")
