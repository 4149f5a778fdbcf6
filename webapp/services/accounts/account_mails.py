"""Mails that an account needs, whatever its owner wants to be told: each has one link, which is good once."""

from typing import Final

from webapp.services.accounts import links
from webapp.services.operations import mail, mail_templates
from webapp.services.operations.mail_templates import Draft

VERIFICATION: Final = "verification"
RESET: Final = "reset"


def draft(name: str, *, url: str) -> Draft:
    """What such a mail says, with the whole address of its link."""
    subject = mail_templates.block(name, "subject", {})
    return Draft(name, subject, {"url": url, "title": subject, "preview": ""})


def send(address: str, name: str, *, path: str) -> None:
    """Send one with a link to `path` of this site; raises what `mail.send` raises."""
    rendered = draft(name, url=links.url_for(path)).rendered()
    mail.send(address, subject=rendered.subject, text=rendered.text, html=rendered.html)
