"""Mails made of notifications: subject, plain text and HTML, each with the way to have no more of them."""

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any, Final

from webapp.domain.notifications.kinds import DIGEST, KINDS, Hears
from webapp.services.accounts import links
from webapp.services.notifications import notice_paths, unsubscribing
from webapp.services.notifications.words import Words, one_line
from webapp.services.operations import mail_templates
from webapp.services.operations.mail_templates import Draft, RenderedMail

SHOWN_AT_MOST: Final = 50
"""Notices in one mail; how many more there are is said."""
_ELSEWHERE: Final = "Your account and your teams"
_BECAUSE: Final[Mapping[Hears, str]] = {
    Hears.PAYER: "the entry fee of a registration of yours is concerned",
    Hears.REGISTERED: "you belong to this registration",
    Hears.SIDES: "you play in this match",
    Hears.OPPONENT: "you play in this match or look after it",
    Hears.OFFICIALS: "you play in this match or look after it",
    Hears.PARTICIPANTS: "you take part in this tournament",
    Hears.MOVED: "you take part in this tournament",
    Hears.SUBJECT: "it is about your placement",
    Hears.PLACED: "it is about your placement or your tournament",
    Hears.INVITED: "somebody has invited you",
    Hears.TEAM: "you belong to this team",
    Hears.PERSON: "it is about you or your team",
    Hears.REPORTER: "you have reported something",
    Hears.OWNER: "it is about something that you have set up",
}


def of_notices(words: Sequence[Words], *, handle: str) -> RenderedMail:
    """One mail of what one person is told: of one notice, or of several of one kind in one tournament.

    Raises ValueError for none at all.
    """
    return draft_of_notices(words, handle=handle).rendered()


def digest(words: Sequence[Words], *, handle: str, on: date, more: int = 0) -> RenderedMail:
    """One mail of everything that a person has not read, by tournament; `more` is how many notices are not among them.

    Raises ValueError for nothing to say: no mail is sent then.
    """
    return draft_of_digest(words, handle=handle, on=on, more=more).rendered()


def draft_of_notices(words: Sequence[Words], *, handle: str) -> Draft:
    """What `of_notices` renders."""
    if not words:
        raise ValueError("a mail says something")
    first, kind = words[0], KINDS[words[0].kind]
    why = f"This is for {handle}, because {_BECAUSE[kind.hears]}."
    foot = _foot(first, kind.name, why)
    of_one = {"words": first, "it": first.about, "title": first.title, "preview": first.text}
    if len(words) == 1:
        link = links.url_for(notice_paths.open_path(first.notification_id))
        return Draft(first.kind, first.subject, {**foot, **of_one, "open_url": link})
    subject = one_line(mail_templates.block(first.kind, "subject_of_many", of_one)) or first.subject
    told = {"title": subject, "preview": first.text, "subject": subject}
    return Draft("many", subject, {**foot, **told, **_list_of(words)})


def draft_of_digest(words: Sequence[Words], *, handle: str, on: date, more: int = 0) -> Draft:
    """What `digest` renders."""
    if not words:
        raise ValueError("a digest of nothing is not sent")
    listed = _list_of(words, more=more)
    in_order = sorted(listed["all_words"], key=_by_tournament)
    groups = [(heading, list(notices)) for heading, notices in groupby(in_order, key=_heading)]
    day = f"{on:%A}, {on.day} {on:%B %Y}"
    context: dict[str, Any] = {
        **_foot(words[0], DIGEST, f"This is for {handle}, because you have not read these notices."),
        **listed, "groups": groups, "day": day, "count": len(words) + more, "preview": words[0].subject,
    }  # fmt: skip
    subject = one_line(mail_templates.block("digest", "subject", context))
    return Draft("digest", subject, {**context, "title": subject})


def _foot(words: Words, kind: str, why: str) -> dict[str, Any]:
    return {
        "why": why,
        "unsubscribe_url": unsubscribing.url_for(words.user_id, kind),
        "preferences_url": links.url_for(notice_paths.PREFERENCES),
    }


def _list_of(words: Sequence[Words], *, more: int = 0) -> dict[str, Any]:
    shown = words[:SHOWN_AT_MOST]
    return {
        "all_words": shown,
        "more": more + len(words) - len(shown),
        "open_urls": {each.notification_id: links.url_for(notice_paths.open_path(each.notification_id))
                      for each in shown},
        "all_url": links.url_for(notice_paths.ALL_NOTICES),
    }  # fmt: skip


def _heading(words: Words) -> str:
    return words.tournament_name or _ELSEWHERE


def _by_tournament(words: Words) -> tuple[bool, int]:
    """Tournaments in the order of their ids, what belongs to none at the end; within one, as they came."""
    return words.tournament_id is None, words.tournament_id or 0
