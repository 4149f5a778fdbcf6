"""Mail by SMTP, or printed to the log where no MAIL_URL is set; addresses never reach the log."""

import smtplib
import ssl
from email.message import EmailMessage
from email.policy import SMTP
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

import structlog

from webapp.services.spine.transaction import is_writing

_TIMEOUT_S: Final = 10

log = structlog.get_logger(__name__)


class _Server:
    url: SplitResult | None = None
    sender = ""


def connect(mail_url: str | None, *, base_url: str) -> None:
    """Send by this server from now on, in this process; None prints messages to the log."""
    _Server.url = urlsplit(mail_url) if mail_url else None
    _Server.sender = f"DeltaCrown <no-reply@{urlsplit(base_url).hostname or 'localhost'}>"


def send(address: str, *, subject: str, text: str) -> None:
    """Hand one message to the server. Raises OSError or smtplib.SMTPException when it is not taken."""
    assert not is_writing(), "nothing leaves inside a transaction"
    if _Server.url is None:
        log.info("mail_printed", subject=subject, text=text)
        return
    # Header fields of over 78 characters would be folded into encoded words, links in them with it.
    message = EmailMessage(policy=SMTP.clone(max_line_length=998))
    message["From"], message["To"], message["Subject"] = _Server.sender, address, subject
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    with _opened(_Server.url) as server:
        server.send_message(message)


def _opened(url: SplitResult) -> smtplib.SMTP:
    host, port = url.hostname or "localhost", url.port
    server: smtplib.SMTP
    if url.scheme == "smtps":
        server = smtplib.SMTP_SSL(host, port or 465, timeout=_TIMEOUT_S, context=ssl.create_default_context())
    else:
        server = smtplib.SMTP(host, port or 587, timeout=_TIMEOUT_S)
        server.ehlo()
        if server.has_extn("starttls"):
            server.starttls(context=ssl.create_default_context())
    if url.username:
        server.login(unquote(url.username), unquote(url.password or ""))
    return server
