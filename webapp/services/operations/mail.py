"""Mail by SMTP, or printed to the log where no MAIL_URL is set; addresses never reach the log."""

import smtplib
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

import structlog

from webapp.domain.notifications.mail_answers import Stage, Verdict, verdict
from webapp.services.spine.transaction import is_writing

DEADLINE_S: Final = 10
"""How long one message may take, whatever the server says in between."""
_GOODBYE_S: Final = 1
# Header fields of over 78 characters would be folded into encoded words, links in them with it. Content goes as 7 bits,
# since not every server takes more.
_POLICY: Final = SMTP.clone(max_line_length=998, cte_type="7bit")

log = structlog.get_logger(__name__)


class Unreachable(Exception):
    """The server takes nothing now: it cannot be reached, has hung up, or refuses us as the sender."""


class Refused(Exception):
    """The server, or what a header may hold, does not let this one message through."""

    def __init__(self, what_follows: Verdict, code: int) -> None:
        super().__init__(what_follows, code)
        self.verdict = what_follows
        self.code = code
        """Of the answer; 0 where the message was not even tried."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to one address. With `html` it has two parts; `text` says all of it."""

    address: str = field(repr=False)
    subject: str
    text: str = field(repr=False)
    html: str = field(default="", repr=False)
    message_id: str = ""
    """What stands before the @ of its id; the same for every repetition."""
    unsubscribe_url: str = field(default="", repr=False)
    sent_at: datetime | None = None


class _Server:
    url: SplitResult | None = None
    host = "localhost"


def connect(mail_url: str | None, *, base_url: str) -> None:
    """Send by this server from now on, in this process; None prints messages to the log."""
    _Server.url = urlsplit(mail_url) if mail_url else None
    _Server.host = urlsplit(base_url).hostname or "localhost"


class Post:
    """Takes letters, over one connection that is opened for the first of them."""

    def __init__(self) -> None:
        self._smtp: _Smtp | None = None

    def send(self, letter: Letter) -> None:
        """Hand one letter over; Unreachable or Refused when it is not taken."""
        assert not is_writing(), "nothing leaves inside a transaction"
        message = _message(letter)
        if _Server.url is None:
            log.info("mail_printed", subject=letter.subject, text=letter.text)
            return
        give_up_at = time.monotonic() + DEADLINE_S
        if self._smtp is None:
            self._smtp = _opened(_Server.url, give_up_at)
        self._smtp.give_up_at = give_up_at
        try:
            self._smtp.send_message(message, from_addr=_sender(), to_addrs=[letter.address])
        except smtplib.SMTPResponseException as error:
            self._answered(error)
        except smtplib.SMTPRecipientsRefused as error:
            code, text = next(iter(error.recipients.values()))
            self._judge(Stage.RECIPIENT, code, text)
        except smtplib.SMTPNotSupportedError as error:
            # An address beyond ASCII, and a server that does not know such.
            raise Refused(Verdict.REFUSED, 0) from error
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise Unreachable(type(error).__name__) from error

    def close(self) -> None:
        """Take leave of the server."""
        if self._smtp is not None:
            self._smtp.give_up_at = time.monotonic() + _GOODBYE_S
            with suppress(OSError, smtplib.SMTPException):
                self._smtp.quit()
            self._smtp.close()
            self._smtp = None

    def _answered(self, error: smtplib.SMTPResponseException) -> None:
        stage = Stage.CONTENT if isinstance(error, smtplib.SMTPDataError) else Stage.SENDER
        self._judge(stage, error.smtp_code, error.smtp_error)

    def _judge(self, stage: Stage, code: int, text: bytes | str) -> None:
        """Raise what an answer other than yes means. The answer itself is kept nowhere: servers quote addresses."""
        said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
        what_follows = verdict(stage, code, said)
        if what_follows is Verdict.AWAY:
            self.close()
            raise Unreachable(f"{stage} {code}") from None
        raise Refused(what_follows, code) from None


class _Smtp(smtplib.SMTP):
    """A connection that waits for all answers to one message together until `give_up_at`, not for each of them anew."""

    def __init__(self, host: str, port: int, give_up_at: float) -> None:
        self.give_up_at = give_up_at
        super().__init__(host, port, timeout=DEADLINE_S)

    def getreply(self) -> tuple[int, bytes]:
        """The server's next answer."""
        if self.sock is not None:
            self.sock.settimeout(max(self.give_up_at - time.monotonic(), 0.01))
        return super().getreply()


class _SmtpOverTls(_Smtp, smtplib.SMTP_SSL):
    """The same, encrypted from the first byte."""

    def __init__(self, host: str, port: int, give_up_at: float) -> None:
        self.give_up_at = give_up_at
        # Without a context of ours Python would take any certificate.
        smtplib.SMTP_SSL.__init__(self, host, port, timeout=DEADLINE_S, context=ssl.create_default_context())


@contextmanager
def opened() -> Iterator[Post]:
    """For sending several letters over one connection."""
    post = Post()
    try:
        yield post
    finally:
        post.close()


def send(address: str, *, subject: str, text: str, html: str = "", message_id: str = "") -> None:
    """Hand one message to the server; Unreachable or Refused where it is worth another try, else it is dropped."""
    with opened() as post:
        try:
            post.send(Letter(address, subject, text, html, message_id, sent_at=datetime.now(UTC)))
        except Refused as refusal:
            if refusal.verdict is Verdict.LATER:
                raise
            log.warning("mail_refused", outcome=refusal.verdict.value, code=refusal.code)


def _message(letter: Letter) -> EmailMessage:
    """The letter as it goes over the line; Refused where a line break would smuggle a header in."""
    message = EmailMessage(policy=_POLICY)
    try:
        message["From"] = f"DeltaCrown <{_sender()}>"
        user, _, host = letter.address.rpartition("@")
        message["To"], message["Subject"] = Address(username=user, domain=host), letter.subject
        if letter.sent_at is not None:
            message["Date"] = format_datetime(letter.sent_at)
        if letter.message_id:
            message["Message-ID"] = f"<{letter.message_id}@{_Server.host}>"
        message["Auto-Submitted"] = "auto-generated"
        if letter.unsubscribe_url:
            # RFC 8058: one click, one address.
            message["List-Unsubscribe"] = f"<{letter.unsubscribe_url}>"
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    except (ValueError, HeaderParseError, AttributeError, IndexError) as error:
        # The last two are how the standard library takes addresses such as `x@[`.
        raise Refused(Verdict.REFUSED, 0) from error
    message.set_content(letter.text)
    if letter.html:
        message.add_alternative(letter.html, subtype="html")
    return message


def _sender() -> str:
    return f"no-reply@{_Server.host}"


def _opened(url: SplitResult, give_up_at: float) -> _Smtp:
    """A connection that messages can be sent over; Unreachable where the server, or our password, gives none."""
    try:
        server = _dialled(url, give_up_at)
    except (OSError, smtplib.SMTPException) as error:
        raise Unreachable(type(error).__name__) from error
    try:
        if url.scheme != "smtps":
            server.ehlo()
            if server.has_extn("starttls"):
                server.starttls(context=ssl.create_default_context())
        if url.username:
            server.login(unquote(url.username), unquote(url.password or ""))
    except (OSError, smtplib.SMTPException) as error:
        server.close()
        raise Unreachable(type(error).__name__) from error
    return server


def _dialled(url: SplitResult, give_up_at: float) -> _Smtp:
    host = url.hostname or "localhost"
    if url.scheme == "smtps":
        return _SmtpOverTls(host, url.port or 465, give_up_at)
    return _Smtp(host, url.port or 587, give_up_at)
