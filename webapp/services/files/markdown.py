"""Markdown of people as HTML that may be shown to everybody."""

from collections.abc import Sequence
from typing import Final

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

_TAGS: Final = frozenset(
    {
        "p", "br", "hr", "em", "strong", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a", "h3", "h4", "h5",
        "h6", "table", "thead", "tbody", "tr", "th", "td",
    }
)  # fmt: skip
_ATTRIBUTES: Final = {"a": {"href"}, "ol": {"start"}}
_SCHEMES: Final = frozenset({"http", "https", "mailto"})
_LOWEST: Final = 6
# Raw HTML is shown as it is written, and no picture is fetched from elsewhere for everybody who reads.
_PARSER: Final = (
    MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"]).disable("image")
)


def to_html(text: str) -> Markup:
    """The text as HTML: headings from the third level down, links that tell nobody, no scripts, no pictures."""
    tokens = _PARSER.parse(text.replace("\r\n", "\n"))
    _lower_headings(tokens)
    shown = _PARSER.renderer.render(tokens, _PARSER.options, {})
    clean = nh3.clean(
        shown,
        tags=set(_TAGS),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        url_schemes=set(_SCHEMES),
        link_rel="nofollow ugc noopener noreferrer",
    )
    return Markup(clean)  # noqa: S704  (nh3 has taken out everything that is not on the list)


def _lower_headings(tokens: Sequence[Token]) -> None:
    """A page has its own first and second headings: those of a text stand below them, with no level left out."""
    above: list[str] = []
    for token in tokens:
        if token.type == "heading_open":
            above = [*(tag for tag in above if tag < token.tag), token.tag]
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(2 + len(above), _LOWEST)}"
