"""Every mail that the site sends, as it looks: made by the templates of the real ones from people who do not exist."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from webapp.domain.errors import NotFound
from webapp.domain.notifications.kinds import KINDS, Area
from webapp.models import Notification
from webapp.services.accounts import account_mails
from webapp.services.notifications import mail_render, words
from webapp.services.notifications.mentioned import MatchFacts, Mentioned
from webapp.services.notifications.words import Words
from webapp.services.operations import mail_templates
from webapp.services.operations.mail_templates import Draft

THEMES: Final = ("auto", "light", "dark")
_ZONE: Final = "Europe/London"
_HANDLE: Final = "Juniper"
_ON: Final = date(2026, 11, 21)
_AT: Final = datetime(2026, 11, 21, 17, 40, tzinfo=UTC)
_MANY: Final = "-many"
_OFFICIAL: Final = "-official"
_OF_SITE: Final[Mapping[str, str]] = {
    "digest": "Daily digest", "verification": "An address to be confirmed", "reset": "A new password",
}  # fmt: skip
_NOWHERE: Final[Mapping[str, Any]] = dict.fromkeys(
    ("open_url", "all_url", "unsubscribe_url", "preferences_url", "url"), "#sample"
)
"""Links of a mail that is looked at in a frame lead nowhere."""
_ANNOUNCED: Final = (
    "The final starts **half an hour later**, at 18:30.\n\n- Lobby opens at 18:10\n- Bring your player id\n\n"
    "Questions? Ask a referee at the desk."
)
_FOUND: Final = Mentioned(
    tournaments={1: ("Harbour Lights Invitational", "harbour-lights"), 2: ("Monday Ladder", "monday-ladder")},
    matches={
        11: MatchFacts(11, 11, "Semi-final 1", _AT + timedelta(hours=25), ("Quiet Otters", "Nine Lanterns")),
        12: MatchFacts(12, 12, "Final", _AT + timedelta(hours=28), ("Quiet Otters", None)),
        13: MatchFacts(13, 3, "", None),
    },
    participants={21: "Quiet Otters", 22: "Nine Lanterns"},
    teams={31: ("Quiet Otters", 41)},
    people={41: "Sparrow", 42: "Fennel"},
    announcements={51: _ANNOUNCED},
    endpoints={61: ("hooks.example.org", "tournaments")},
)  # fmt: skip
_DATA: Final[Mapping[str, Mapping[str, Any]]] = {
    "registration_submitted": {"status": "submitted"},
    "waitlist_promoted": {"status": "pending"},
    "result_submitted": {"status": "pending_opponent"},
    "match_disputed": {"dispute_id": 71},
    "match_resolved": {"dispute_id": 71},
    "tournament_completed": {"rank": 3},
    "ranking_changed": {"previous_rank": 9, "new_rank": 3},
    "placement_overridden": {"previous_rank": 4, "new_rank": 2},
    "announcement": {"announcement_id": 51},
    "invite_accepted": {"user_id": 42},
    "roster_changed": {"user_id": 42, "change": "joined"},
    "webhook_disabled": {"endpoint_id": 61},
    "webhook_circuit_opened": {"endpoint_id": 61},
}


@dataclass(frozen=True, slots=True)
class MailName:
    """A mail, by the end of its address and in words."""

    name: str
    label: str


@dataclass(frozen=True, slots=True)
class MailPreview:
    """A mail as it arrives."""

    name: str
    label: str
    subject: str
    text: str
    source_bytes: int
    """How long its HTML is with the styles written beside the elements."""


def listed() -> tuple[tuple[str, tuple[MailName, ...]], ...]:
    """Every mail by the area that it stands in on the page of preferences."""
    areas = [(area.value.capitalize(), tuple(_of_area(area))) for area in Area]
    return (*areas, ("Of the site", tuple(MailName(name, label) for name, label in _OF_SITE.items())))


def read(name: str) -> MailPreview:
    """A mail in words. Raises NotFound for a name that no mail has."""
    draft = _draft(name)
    mail = draft.rendered()
    return MailPreview(name, _labels()[name], mail.subject, mail.text, len(mail.html.encode()))


def read_html(name: str, *, theme: str, nonce: str) -> str:
    """Its HTML with the styles in one element, in light or dark; links lead nowhere. Raises NotFound likewise."""
    draft = _draft(name)
    nowhere = {key: value for key, value in _NOWHERE.items() if key in draft.context}
    if "open_urls" in draft.context:
        nowhere["open_urls"] = dict.fromkeys(draft.context["open_urls"], "#sample")
    return mail_templates.styled(draft.template, {**draft.context, **nowhere}, theme=theme, nonce=nonce)


def _of_area(area: Area) -> Sequence[MailName]:
    names = []
    for kind in KINDS.values():
        if kind.area is area:
            names.append(MailName(kind.name, kind.label))
            names += [MailName(kind.name + _MANY, f"{kind.label} (several at once)")] if kind.is_grouped else []
            official = kind.name in {"match_disputed", "result_submitted"}
            names += [MailName(kind.name + _OFFICIAL, f"{kind.label} (to officials)")] if official else []
    return names


def _labels() -> dict[str, str]:
    return {mail.name: mail.label for _, mails in listed() for mail in mails}


def _draft(name: str) -> Draft:
    if name not in _labels():
        raise NotFound(f"There is no mail {name}.", code="mail_not_found")
    if name == "digest":
        told = ("match_scheduled", "announcement", "ranking_changed", "captain_changed")
        return mail_render.draft_of_digest([_said(kind) for kind in told], handle=_HANDLE, on=_ON, more=2)
    if name in _OF_SITE:
        return account_mails.draft(name, url=f"https://deltacrown.example/sample/{'x' * 60}/")
    kind = name.removesuffix(_MANY).removesuffix(_OFFICIAL)
    said = [_said(kind, is_official=name.endswith(_OFFICIAL))]
    if name.endswith(_MANY):
        said += [_said(kind, match_id=match_id) for match_id in (12, 13)]
    return mail_render.draft_of_notices(said, handle=_HANDLE)


def _said(kind: str, *, match_id: int = 11, is_official: bool = False) -> Words:
    data = dict(_DATA.get(kind, {}))
    if is_official and kind == "result_submitted":
        data["status"] = "overdue"
    is_of_match = KINDS[kind].area is Area.MATCHES
    is_of_team = KINDS[kind].area is Area.TEAMS
    is_of_cup = KINDS[kind].area in {Area.MATCHES, Area.TOURNAMENT, Area.REGISTRATION}
    row = Notification(
        id=match_id, user_id=0, kind=kind, tournament_id=1 if is_of_cup else None, created_at=_AT, read_at=None,
        match_id=match_id if is_of_match else None, registration_id=None if is_official or not is_of_cup else 21,
        team_id=31 if is_of_team else None, data=data, is_in_app=True,
    )  # fmt: skip
    return words.said(row, _FOUND, zone=_ZONE)
