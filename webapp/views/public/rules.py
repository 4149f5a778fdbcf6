"""The points presets, for everybody to check."""

from flask import Response

from webapp.services.pages.rules_reads import read_presets
from webapp.views import access
from webapp.views.htmx import page


@access.open_to(access.EVERYBODY)
def rules() -> Response:
    """Every preset with its table, order of the board, source and hash."""
    return page("public/rules.html", presets=read_presets())
