"""The templates under `templates/emails/`: the words of every kind of notice, and the mails made of them.

One file ends in `.txt` and holds the words of its kind (the blocks `subject`, `lead`, `action`), which stand in lists
and in Discord as well; the one beside it that ends in `.html` is the other part of the mail.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import css_inline
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, select_autoescape

from webapp.config import ROOT

DARK: Final[Mapping[str, str]] = {"auto": "(prefers-color-scheme: dark)", "dark": "all", "light": "not all"}
"""When the dark colours of a mail count: as the reader's device has it, or one way for looking at it."""

# Nothing is fetched while a mail is made, and what cannot be written beside an element (media queries) stays above.
_INLINER: Final = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)

_EMPTY_LINES: Final = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True)
class RenderedMail:
    """A mail but for its addresses. `unsubscribe_url` is that of List-Unsubscribe; a mail about an account has none."""

    subject: str
    text: str
    html: str
    unsubscribe_url: str


@dataclass(frozen=True, slots=True)
class Draft:
    """What a mail is made of: the template, what it knows, and its subject."""

    template: str
    subject: str
    context: Mapping[str, Any]

    def rendered(self) -> RenderedMail:
        """The mail itself."""
        return RenderedMail(
            subject=self.subject,
            text=text(self.template, self.context),
            html=html(self.template, self.context),
            unsubscribe_url=str(self.context.get("unsubscribe_url", "")),
        )


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(ROOT / "templates"),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # Templates come with the release: a running site need not look whether they have changed.
        auto_reload=False,
    )


@cache
def _template(name: str) -> Template:
    return _environment().get_template(f"emails/{name}")


def block(name: str, block_name: str, context: Mapping[str, Any]) -> str:
    """One block of the plain-text template of a kind, in one piece; nothing where it has none of that name."""
    template = _template(f"{name}.txt")
    found = template.blocks.get(block_name)
    return "" if found is None else "".join(found(template.new_context(dict(context)))).strip()


def text(name: str, context: Mapping[str, Any]) -> str:
    """The plain-text part of a mail."""
    return _EMPTY_LINES.sub("\n\n", _template(f"{name}.txt").render(context)).strip() + "\n"


def html(name: str, context: Mapping[str, Any]) -> str:
    """The HTML part of a mail, with its styles beside the elements as programs for mail want them."""
    return _INLINER.inline(styled(name, context, theme="auto", nonce=""))


def styled(name: str, context: Mapping[str, Any], *, theme: str, nonce: str) -> str:
    """The HTML part with its styles in one element: how it is looked at on a page of ours."""
    return _template(f"{name}.html").render({**context, "dark": DARK[theme], "nonce": nonce})
