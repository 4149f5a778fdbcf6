"""Sends the mails that are due: leased from the queue, put into words at that moment, marked one by one.

What the person wants is asked again just before the words are made, so that a preference that was switched off counts
for the next mail, and what was taken back while the mail waited is not told. A process that dies between sending and
marking sends again, with the same Message-ID.
"""

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.notifications.channels import Wishes, message_due
from webapp.domain.notifications.kinds import DIGEST, EMAIL, KINDS, is_on
from webapp.domain.notifications.mail_answers import Verdict, retry_after
from webapp.models import Notification, NotificationPreference, NotificationSettings, User
from webapp.services.notifications import bounces, digests, mail_queue, mail_render, taken_back, telling, words
from webapp.services.notifications.mail_queue import Leased
from webapp.services.operations import flags, mail
from webapp.services.operations.mail_templates import RenderedMail
from webapp.services.spine import outbox
from webapp.services.spine.crashpoints import crashpoint
from webapp.services.spine.transaction import read_snapshot, transaction

RUN: Final = timedelta(seconds=5)
"""A run is short, and asks for the next one: with one mail's deadline it stays within the lease of its outbox row."""
_SHARE: Final = mail_queue.LEASE - timedelta(seconds=mail.DEADLINE_S)
"""For so long of a batch's lease another mail may be begun."""

log = structlog.get_logger(__name__)


class _NotWanted(Exception):
    """A mail that is not to be sent, with the reason in one word."""


class _NotNow(Exception):
    """A mail that came to the quiet hours of its reader, with their end."""

    def __init__(self, until: datetime) -> None:
        super().__init__(until)
        self.until = until


def send_due(*, clock: Callable[[], datetime]) -> int:
    """Send what is due, for a few seconds, and ask for another run where more is left; returns how many mails went out.

    With the flag off nothing is sent and nothing is used up; once it is off no other mail is begun.
    """
    stop_at = clock() + RUN
    sent = 0
    with mail.opened() as post:
        while flags.is_on(mail_queue.FLAG):
            batch = mail_queue.lease(now=clock())
            if not batch:
                break
            crashpoint("after_mail_lease")
            taken = _Round(post, clock).send(batch)
            sent += taken
            if clock() >= stop_at:
                _ask_for_more(clock())
                break
    if sent:
        log.info("mails_sent", count=sent)
    return sent


def _ask_for_more(now: datetime) -> None:
    with transaction() as session:
        outbox.want(session, "mails", outbox.EVERYTHING, now=now)


class _Round:
    """One batch over a connection."""

    def __init__(self, post: mail.Post, clock: Callable[[], datetime]) -> None:
        self._post = post
        self._clock = clock
        self._begin_until = clock() + _SHARE
        with read_snapshot() as session:
            self._was_away = mail_queue.was_away(session)

    def send(self, batch: Sequence[Leased]) -> int:
        """Send one after the other; what time, a switch or an outage leaves over is given back. How many went out."""
        sent = 0
        for place, leased in enumerate(batch):
            if place and not self._may_go_on():
                mail_queue.release(batch[place:])
                break
            try:
                sent += self._send(leased)
            except mail.Unreachable as error:
                again_at = mail_queue.put_off(batch[place:], now=self._clock())
                log.warning("mail_server_away", error=str(error), again_at=again_at.isoformat())
                break
        return sent

    def _may_go_on(self) -> bool:
        return self._clock() < self._begin_until and flags.is_on(mail_queue.FLAG)

    def _send(self, leased: Leased) -> bool:
        """Whether the server has taken the mail. Raises Unreachable."""
        try:
            letter = _letter(leased, now=self._clock())
        except _NotWanted as reason:
            mail_queue.mark_skipped(leased, str(reason))
            return False
        except _NotNow as quiet:
            mail_queue.mark_quiet(leased, until=quiet.until)
            return False
        except Exception:
            # One mail that cannot be put into words must not keep the others.
            log.exception("mail_not_written", kind=leased.first.kind, mail_id=leased.first.id)
            self._try_later(leased)
            return False
        crashpoint("before_mail_send")
        try:
            self._post.send(letter)
        except mail.Refused as refusal:
            self._note_answer()
            self._refused(leased, refusal)
            return False
        except mail.Unreachable:
            raise
        except Exception:
            # Nor must one that cannot be handed over.
            log.exception("mail_not_sent", kind=leased.first.kind, mail_id=leased.first.id)
            self._try_later(leased)
            return False
        crashpoint("after_mail_send")
        self._note_answer()
        mail_queue.mark_sent(leased, now=self._clock())
        crashpoint("after_mail_mark")
        return True

    def _note_answer(self) -> None:
        if self._was_away:
            mail_queue.welcome_back(now=self._clock())
            self._was_away = False

    def _refused(self, leased: Leased, refusal: mail.Refused) -> None:
        row = leased.first
        log.warning(
            "mail_refused", mail_id=row.id, user_id=row.user_id, outcome=refusal.verdict.value, code=refusal.code
        )
        if refusal.verdict is Verdict.LATER:
            self._try_later(leased)
            return
        now = self._clock()
        with transaction() as session:
            is_ours = mail_queue.mark_failed(session, leased, refusal.verdict.value)
            if is_ours and refusal.verdict is Verdict.BOUNCED:
                bounces.stop(session, row.user_id, mail_id=row.id, now=now)

    def _try_later(self, leased: Leased) -> None:
        pause = retry_after(leased.first.attempts + 1)
        if pause is not None:
            mail_queue.mark_later(leased, at=self._clock() + pause)
            return
        with transaction() as session:
            mail_queue.mark_failed(session, leased, "exhausted")


def _letter(leased: Leased, *, now: datetime) -> mail.Letter:
    """What the person is written now; _NotWanted where nothing is to be written."""
    row = leased.first
    with read_snapshot() as session:
        user = session.get(User, row.user_id, populate_existing=True)
        settings = session.get(NotificationSettings, row.user_id, populate_existing=True)
        if user is None or user.email is None or user.disabled_at is not None or user.email_verified_at is None:
            raise _NotWanted("no_address")
        _ensure_wanted(session, row.user_id, row.kind, settings)
        _ensure_awake(row.kind, settings, now)
        zone = "UTC" if settings is None else settings.time_zone
        rendered = _digest(session, leased, user, zone) if row.kind == DIGEST else _notices(session, leased, user, zone)
        message_id = f"{_event_id(session, leased)}.{user.id}"
        address = user.email
    return mail.Letter(
        address, rendered.subject, rendered.text, rendered.html, message_id=message_id,
        unsubscribe_url=rendered.unsubscribe_url, sent_at=now,
    )  # fmt: skip


def _ensure_wanted(session: Session, user_id: int, kind: str, settings: NotificationSettings | None) -> None:
    if settings is not None and settings.email_stopped_at is not None:
        raise _NotWanted("stopped")
    if settings is not None and not (settings.is_email_on and (settings.has_digest or kind != DIGEST)):
        raise _NotWanted("switched_off")
    if kind == DIGEST:
        return
    chosen = session.get(NotificationPreference, (user_id, kind, EMAIL), populate_existing=True)
    if not is_on(KINDS[kind], EMAIL, {} if chosen is None else {(kind, EMAIL): chosen.is_on}):
        raise _NotWanted("switched_off")


def _ensure_awake(kind: str, settings: NotificationSettings | None, now: datetime) -> None:
    """A server that was away, or others that a mail has waited for, may have brought it to the hours of quiet."""
    if settings is None or kind == DIGEST:
        return
    wishes = Wishes(settings.time_zone, quiet_from=settings.quiet_from, quiet_until=settings.quiet_until)
    at = message_due(KINDS[kind], wishes, now)
    if at > now:
        raise _NotNow(at)


def _notices(session: Session, leased: Leased, user: User, zone: str) -> RenderedMail:
    ids = [row.notification_id for row in leased.rows]
    told = session.scalars(select(Notification).where(Notification.id.in_(ids)).order_by(Notification.id)).all()
    rows = taken_back.what_stands(session, told)
    if not rows:
        raise _NotWanted("taken_back")
    said = words.of_notifications(session, rows, zones={user.id: zone})
    return mail_render.of_notices(said, handle=user.handle)


def _digest(session: Session, leased: Leased, user: User, zone: str) -> RenderedMail:
    day = leased.first.digest_on
    assert day is not None, "a digest is of a day"
    unread, more = digests.unread(session, user.id)
    rows = taken_back.what_stands(session, unread)
    if not rows:
        raise _NotWanted("empty")
    said = words.of_notifications(session, rows, zones={user.id: zone})
    return mail_render.digest(said, handle=user.handle, on=day, more=more)


def _event_id(session: Session, leased: Leased) -> uuid.UUID:
    """By what the mail is known for ever: the event of its first notification, or the day of the digest."""
    row = leased.first
    if row.notification_id is None:
        return uuid.uuid5(telling.NAMESPACE, f"digest:{row.user_id}:{row.digest_on}")
    return session.get_one(Notification, row.notification_id).event_id
