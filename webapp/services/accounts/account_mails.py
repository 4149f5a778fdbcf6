"""Mails that an account needs, whatever its owner wants to be told: each has one link, which is good once."""

import uuid
from typing import Final

from webapp.services.accounts import links
from webapp.services.operations import mail, mail_templates
from webapp.services.operations.mail_templates import Draft

VERIFICATION: Final = "verification"
RESET: Final = "reset"
_NAMESPACE: Final = uuid.UUID("3f0c6a52-5e1b-5d0e-9a44-2b7f1c9d8e60")
"""Of ids of these mails."""


def draft(name: str, *, url: str) -> Draft:
    """What such a mail says, with the whole address of its link."""
    subject = mail_templates.block(name, "subject", {})
    return Draft(name, subject, {"url": url, "title": subject, "preview": ""})


def send(address: str, name: str, *, path: str) -> None:
    """Send one with a link to `path` of this site; raises what `mail.send` raises."""
    rendered = draft(name, url=links.url_for(path)).rendered()
    # The link is in the path: the same message again has the same id.
    message_id = str(uuid.uuid5(_NAMESPACE, path))
    mail.send(address, subject=rendered.subject, text=rendered.text, html=rendered.html, message_id=message_id)
