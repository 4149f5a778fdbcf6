"""One address, two answers: the whole page to a browser, the changed part to htmx."""

from typing import Any

from flask import Response, current_app, make_response, render_template, request


def wants_fragment() -> bool:
    """Whether htmx asks for a part of a page; when it restores its history it needs the whole page."""
    return request.headers.get("HX-Request") == "true" and "HX-History-Restore-Request" not in request.headers


def page(template: str, **context: Any) -> Response:
    """A whole page. It holds a nonce of its own, so no shared cache may keep it."""
    return _private(render_template(template, **context))


def fragment(template: str, **context: Any) -> Response:
    """A part of a page: one element, no layout."""
    return _private(render_template(template, **context))


def page_or_fragment(page_template: str, fragment_template: str, **context: Any) -> Response:
    """The fragment for htmx, the page for everybody else, from the same view objects."""
    if wants_fragment():
        return fragment(fragment_template, **context)
    return page(page_template, **context)


def _private(markup: str) -> Response:
    """What depends on who asks, and in which language: kept by the browser alone, and asked for again."""
    response = make_response(markup)
    response.headers["Cache-Control"] = "private, no-cache"
    response.vary.update(["HX-Request", "Cookie", "Accept-Language"])
    return response


def see_other(url: str) -> Response:
    """What a form that was taken is answered with: go and look at `url`. htmx goes there whole."""
    if wants_fragment():
        response = current_app.response_class(status=204)
        response.headers["HX-Redirect"] = url
    else:
        response = current_app.response_class(status=303)
        response.headers["Location"] = url
    response.headers["Cache-Control"] = "no-store"
    return response
