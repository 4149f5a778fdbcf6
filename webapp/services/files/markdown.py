"""Markdown of people as HTML that may be shown to everybody."""

import re
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
_BLOCK_ENDS: Final = frozenset(
    {"paragraph_close", "heading_close", "bullet_list_close", "ordered_list_close", "blockquote_close", "table_close"}
)
_EMPTY_LINES: Final = re.compile(r"\n{3,}")
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


def to_text(text: str) -> str:
    """The text without its marks, for where there is no HTML: lists with dashes, links with their addresses."""
    lines: list[str] = []
    for token in _PARSER.parse(text.replace("\r\n", "\n")):
        if token.type == "list_item_open":
            lines.append(f"{token.info}. " if token.info else "- ")
        elif token.type in ("inline", "fence", "code_block"):
            lines.append(_plain(token).rstrip("\n") + ("\n" if token.type == "inline" else "\n\n"))
        elif token.type in _BLOCK_ENDS and not token.hidden:
            lines.append("\n")
    return _EMPTY_LINES.sub("\n\n", "".join(lines)).strip()


def _plain(token: Token) -> str:
    if token.children is None:
        return token.content
    parts: list[str] = []
    hrefs: list[str] = []
    for child in token.children:
        if child.type == "link_open":
            hrefs.append(str(child.attrGet("href") or ""))
        elif child.type == "link_close":
            href = hrefs.pop()
            parts.append(f" ({href})" if href and href not in "".join(parts) else "")
        else:
            parts.append("\n" if child.type in ("softbreak", "hardbreak") else child.content)
    return "".join(parts)


def _lower_headings(tokens: Sequence[Token]) -> None:
    """A page has its own first and second headings: those of a text stand below them, with no level left out."""
    above: list[str] = []
    for token in tokens:
        if token.type == "heading_open":
            above = [*(tag for tag in above if tag < token.tag), token.tag]
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(2 + len(above), _LOWEST)}"
