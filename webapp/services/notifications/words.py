"""What a notification says. Its row holds ids; the words are made when somebody reads or sends it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from webapp.domain.money import shown_amount
from webapp.domain.notifications.zones import zone_of
from webapp.models import Notification
from webapp.services.files.markdown import to_html, to_text
from webapp.services.notifications import mentioned, notice_paths
from webapp.services.notifications.mentioned import MatchFacts, Mentioned
from webapp.services.operations import mail_templates

INFO: Final = "info"
GOOD: Final = "good"
WARNING: Final = "warning"
BAD: Final = "bad"
_SEVERITIES: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        (
            "registration_approved", "waitlist_promoted", "payment_verified", "payout_received", "achievement_earned",
            "certificate_ready", "sponsor_approved", "invite_accepted",
        ),
        GOOD,
    ),
    **dict.fromkeys(("result_submitted", "match_disputed", "checkin_open", "webhook_circuit_opened"), WARNING),
    **dict.fromkeys(
        (
            "registration_rejected", "payment_rejected", "tournament_cancelled", "sanction_applied", "webhook_disabled",
            "email_stopped",
        ),
        BAD,
    ),
}  # fmt: skip
"""How a kind is marked where it is not simply news."""
_COLOURS: Final[Mapping[str, int]] = {INFO: 0x5B7F0A, GOOD: 0x0A8F58, WARNING: 0xC98A00, BAD: 0xC81E2B}
_SHOWN_MATCHES: Final = 12
_TELLS_TIME: Final = frozenset({"match_scheduled", "match_started"})
_SPACE: Final = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class About:
    """What the templates of a kind know: names, never ids. What is gone is called by a word in its place."""

    tournament: str
    participant: str
    team: str
    person: str
    captain: str
    host: str
    announcement: str | None
    """Markdown, while the announcement stands."""
    amount: str
    rank: int | None
    previous_rank: int | None
    status: str
    change: str
    """`joined` or `left`."""
    reason: str
    """Why an endpoint was disabled, in one word."""
    is_restored: bool
    """A corrected placement was taken back."""
    is_official: bool
    """The reader is told as somebody who looks after the tournament."""
    matches: tuple[MatchFacts, ...]
    zone: ZoneInfo

    @property
    def match(self) -> str:
        """The match, or how many they are."""
        if len(self.matches) > 1:
            return f"{len(self.matches)} of your matches"
        return self.matches[0].title if self.matches else "Your match"

    @property
    def when(self) -> str:
        """The time of the one match; nothing where it has none."""
        at = self.matches[0].scheduled_at if len(self.matches) == 1 else None
        return "" if at is None else self.told(at)

    def told(self, at: datetime) -> str:
        """A moment in the reader's zone: `Sat 21 Nov 2026, 18:00 UTC`."""
        local = at.astimezone(self.zone)
        name = local.tzname() or ""
        # Most zones outside Europe and America have no short name but their distance.
        zone = f"UTC{name}" if name.startswith(("+", "-")) else name
        return f"{local:%a} {local.day} {local:%b %Y, %H:%M} {zone}"

    @property
    def announcement_text(self) -> str:
        """The announcement without its marks."""
        return to_text(self.announcement or "")

    @property
    def announcement_html(self) -> str:
        """The announcement as HTML that holds nothing but what may be shown to everybody."""
        return to_html(self.announcement or "")


@dataclass(frozen=True, slots=True)
class Words:
    """A notification in words, for one reader. Everything is plain text, `subject` on one line."""

    notification_id: int
    user_id: int
    kind: str
    subject: str
    title: str
    """The subject without the tournament's name, for where that stands above it."""
    text: str
    action: str
    """What the way to the thing is called."""
    path: str
    tournament_id: int | None
    tournament_name: str | None
    severity: str
    facts: tuple[tuple[str, str], ...]
    """Label and value of what stands in a table of its own."""
    created_at: datetime
    read_at: datetime | None
    about: About


def of_notifications(
    session: Session, rows: Sequence[Notification], *, zones: Mapping[int, str] | None = None
) -> list[Words]:
    """Each in words, in their order. `zones` are the readers' by their ids; times of anybody else are in UTC.

    The number of questions to the database is the same for any number of them.
    """
    found = mentioned.read(session, rows)
    return [said(row, found, zone=(zones or {}).get(row.user_id, "UTC")) for row in rows]


def said(row: Notification, found: Mentioned, *, zone: str = "UTC") -> Words:
    """One in words, by what was read for it."""
    about = _about(row, found, zone_of(zone))
    context = {"it": about}
    lead = mail_templates.block(row.kind, "lead", context)
    name, slug = found.tournaments.get(row.tournament_id or 0, (None, ""))
    return Words(
        notification_id=row.id, user_id=row.user_id, kind=row.kind,
        subject=one_line(mail_templates.block(row.kind, "subject", context)),
        title=one_line(mail_templates.block(row.kind, "title", context)),
        # The words of organizers keep their lines; those of a template are broken where its file is.
        text=lead if about.announcement else one_line(lead),
        action=mail_templates.block(row.kind, "action", context),
        path=notice_paths.of_row(row, slug=slug, found=found),
        tournament_id=row.tournament_id, tournament_name=name, severity=_SEVERITIES.get(row.kind, INFO),
        facts=_facts(row.kind, about), created_at=row.created_at, read_at=row.read_at, about=about,
    )  # fmt: skip


def colour(severity: str) -> int:
    """The colour of a severity as 0xRRGGBB."""
    return _COLOURS[severity]


def one_line(text: str) -> str:
    """The text on one line: what stands in a header or a title has no other."""
    return _SPACE.sub(" ", text).strip()


def _about(row: Notification, found: Mentioned, zone: ZoneInfo) -> About:
    data: Mapping[str, Any] = row.data
    team, of_team = found.teams.get(row.team_id or data.get("team_id") or 0, ("Your team", None))
    captain_id = data.get("captain_id") or of_team
    participant_id = row.registration_id or data.get("participant_id") or 0
    ranks = [data.get("new_rank", data.get("rank")), data.get("previous_rank")]
    rank, previous_rank = (None if each is None else int(each) for each in ranks)
    return About(
        tournament=found.tournaments.get(row.tournament_id or 0, ("a tournament", ""))[0],
        participant=found.participants.get(participant_id, "Your side"),
        team=team,
        person=found.people.get(data.get("user_id") or 0, "Somebody"),
        captain=found.people.get(captain_id or 0, "Somebody else"),
        host=found.endpoints.get(data.get("endpoint_id") or 0, ("your address", ""))[0],
        announcement=found.announcements.get(data.get("announcement_id") or 0),
        amount=shown_amount(data["amount"], data["currency"]) if data.get("amount") and data.get("currency") else "",
        rank=rank,
        previous_rank=previous_rank,
        status=str(data.get("status", "")),
        change=str(data.get("change", "")),
        reason=str(data.get("reason", "")),
        is_restored=bool(data.get("is_restored")),
        is_official=mentioned.is_for_official(row),
        matches=tuple(found.matches[each] for each in mentioned.matches_of(row) if each in found.matches),
        zone=zone,
    )


def _facts(kind: str, about: About) -> tuple[tuple[str, str], ...]:
    shown = about.matches[:_SHOWN_MATCHES]
    if len(about.matches) == 1:
        (match,) = shown
        pairs = [("Match", match.place), ("Time", about.when if kind in _TELLS_TIME else "")]
    else:
        pairs = [(match.title, "no time yet" if match.scheduled_at is None else about.told(match.scheduled_at))
                 for match in shown]  # fmt: skip
        if more := len(about.matches) - len(shown):
            pairs.append(("And", f"{more} more"))
    return tuple((label, value) for label, value in pairs if value)
