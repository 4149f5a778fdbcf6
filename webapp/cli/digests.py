"""`send-digests`: the daily mails of what people have not read."""

import click

from webapp.cli.console import operator_command
from webapp.services.notifications import digests, mail_queue, mails
from webapp.services.operations import flags
from webapp.services.spine.clock import utc_now

_EPILOG = """
\b
Examples:
  flask --app wsgi send-digests
  flask --app wsgi send-digests --now
"""


@operator_command("send-digests", epilog=_EPILOG)
@click.option("--now", "is_now", is_flag=True, help="Today's digests of everybody, whatever hour they chose.")
def send_digests(*, is_now: bool) -> None:
    """Send the daily digests that are due; whoever has had that of today gets no other, however often this runs.

    The scheduler does it every quarter of an hour. Here they are written down and sent at once, together with what
    else waits to be sent by mail.
    """
    if not flags.is_on(mail_queue.FLAG):
        click.echo(f"Nothing is sent: the flag {mail_queue.FLAG} is off.")
        return
    now = utc_now()
    written = digests.write_all(now=now) if is_now else digests.write_due(now=now)
    sent = 0
    while some := mails.send_due(clock=utc_now):
        sent += some
    click.echo(f"{_counted(written, 'digest')} written, {_counted(sent, 'mail')} sent.")


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
