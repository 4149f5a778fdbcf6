"""The API's description: as a document for programs, as a page for people."""

import orjson
from flask import Response

from webapp.domain.token_scopes import SCOPES
from webapp.views import access
from webapp.views.api import description, reference
from webapp.views.htmx import page


@access.open_to(access.EVERYBODY)
def openapi() -> Response:
    """The description, OpenAPI 3.1."""
    return Response(
        orjson.dumps(description.current()), content_type="application/json", headers={"Cache-Control": "no-cache"}
    )


@access.open_to(access.EVERYBODY)
def browse() -> Response:
    """The same to read, with a command to try each operation."""
    document = description.current()
    families = reference.families(document)
    beside = reference.shapes_beside(document, families)
    return page("api/browse.html", info=document["info"], families=families, shapes=beside, scopes=SCOPES)
