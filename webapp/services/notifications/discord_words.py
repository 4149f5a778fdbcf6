"""What a channel on Discord reads of an event of its tournament: a sentence, a colour, and where there is more."""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Final, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain import freezes
from webapp.domain.notifications.discord import AMBER, BLUE, GREEN, RED, Embed, body_of, instant, plain
from webapp.models import Announcement, Event, Match, Tournament
from webapp.services.accounts import links
from webapp.services.live import known_matches
from webapp.services.live.known_matches import EVERYTHING, KnownMatches
from webapp.services.registration.participant_names import names_of

_WHOEVER: Final = "Somebody"
_UNDECIDED: Final = "(to be decided)"
_LONGEST_ANNOUNCEMENT: Final = 1500
_LISTED_AT_MOST: Final = 5
_EVERYBODY: Final = "all"
_OF_DATA: Final = ("winner_id", "participant_id")


class Facts(NamedTuple):
    """What a sentence is made of; of matches what those who read it may know."""

    tournament: Tournament
    event: Event
    matches: Mapping[int, Match]
    names: Mapping[int, str]
    announcement: Announcement | None

    def name(self, registration_id: int | None) -> str:
        """The public name of a participant, as Discord is to show it."""
        return plain(self.names.get(registration_id or 0, _WHOEVER))

    def match_name(self, match_id: int | None) -> str:
        """The sides of a match, or what it is called where many play it."""
        match = self.matches.get(match_id or 0)
        if match is None:
            return "A match"
        if match.side_a_id is None and match.side_b_id is None:
            return plain(match.label or f"Match {match.number}")
        sides = (match.side_a_id, match.side_b_id)
        return " – ".join(_UNDECIDED if side is None else self.name(side) for side in sides)

    @property
    def match(self) -> str:
        """The name of the match that the event is about."""
        return self.match_name(self.event.match_id)

    @property
    def winner(self) -> str:
        """The name of who won."""
        return self.name(self.event.data.get("winner_id"))

    @property
    def subject(self) -> str:
        """The name of the participant that the event is about."""
        return self.name(self.event.registration_id)


Sentence = Callable[[Facts], str | None]


def _said(text: str) -> Sentence:
    return lambda facts: text.format(facts=facts)


def _completed(facts: Facts) -> str:
    if facts.event.data["winner_id"] is None:
        return "The tournament is over. Who has won is still to be found."
    review = " The result is still being reviewed." if facts.event.data["requires_review"] else ""
    return f"🏆 **{facts.winner}** has won the tournament.{review}"


def _announced(facts: Facts) -> str | None:
    """The text for everybody; nothing of what only participants are to know, or what was taken back by now."""
    found = facts.announcement
    if found is None or found.withdrawn_at is not None or facts.event.data["status"] != "published":
        return None
    if found.audience != _EVERYBODY:
        return None
    text = found.text if len(found.text) <= _LONGEST_ANNOUNCEMENT else found.text[:_LONGEST_ANNOUNCEMENT] + "…"
    return f"📣 {plain(text)}"


def _scheduled(facts: Facts) -> str | None:
    """The first matches with their times; nothing as long as none has one."""
    times = [(match.id, match.scheduled_at) for match in facts.matches.values() if match.scheduled_at]
    lines = [f"{facts.match_name(match_id)}: {instant(at)}" for match_id, at in times]
    more = len(facts.event.data["match_ids"]) - len(facts.matches)
    return "\n".join([*lines, f"… and {more} more"] if lines and more > 0 else lines) or None


def _result(facts: Facts) -> str:
    data = facts.event.data
    if data["winner_id"] is None:
        return f"{facts.match}: the result is in."
    score = f" {_score(facts)}" if data["games"] else ""
    return f"{facts.match}: **{facts.winner}** won{score}."


def _score(facts: Facts) -> str:
    """The games of a series as the winner counts them; the points of a single game."""
    data = facts.event.data
    games, is_side_a = data["games"], data["sides"] and data["winner_id"] == data["sides"][0]
    if len(games) == 1:
        own, others = games[0][1], games[0][2]
    else:
        winners = [game[3] for game in games]
        own, others = (sum(1 for who in winners if who == side) for side in data["sides"])
    return f"{own}–{others}" if is_side_a else f"{others}–{own}"


def _overridden(facts: Facts) -> str:
    data = facts.event.data
    return f"Staff have corrected a placement: {facts.subject} stands at rank {data['new_rank']} now."


def _registered(facts: Facts) -> str:
    ids = facts.event.data["registration_ids"]
    shown = ", ".join(facts.name(who) for who in ids[:_LISTED_AT_MOST])
    more = len(ids) - _LISTED_AT_MOST
    return f"Registered: {shown}" + (f" and {more} more." if more > 0 else ".")


SENTENCES: Final[Mapping[str, tuple[int, Sentence]]] = {
    "tournament_started": (GREEN, _said("The tournament has started.")),
    "tournament_completed": (GREEN, _completed),
    "tournament_cancelled": (RED, _said("The tournament is cancelled.")),
    "outcome_reviewed": (GREEN, _said("🏆 The result was reviewed and stands: **{facts.winner}** has won.")),
    "announcement": (BLUE, _announced),
    "bracket_generated": (BLUE, _said("The bracket is drawn.")),
    "checkin_open": (AMBER, _said("Check-in is open.")),
    "match_scheduled": (BLUE, _scheduled),
    "match_started": (BLUE, _said("{facts.match} has started.")),
    "match_completed": (GREEN, _result),
    "match_resolved": (BLUE, _said("The dispute about {facts.match} is decided.")),
    "board_frozen": (AMBER, _said("The standings are frozen until the organizers show them again.")),
    "board_unfrozen": (GREEN, _said("The standings are shown again.")),
    "match_cancelled": (AMBER, _said("{facts.match} is cancelled.")),
    "match_disputed": (AMBER, _said("The result of {facts.match} is disputed.")),
    "result_corrected": (AMBER, _said("The result of {facts.match} was corrected.")),
    "result_voided": (AMBER, _said("The result of {facts.match} was taken back.")),
    "placement_overridden": (AMBER, _overridden),
    "review_requested": (AMBER, _said("Who has won has to be reviewed.")),
    "registration_created": (BLUE, _registered),
    "registration_withdrawn": (AMBER, _said("{facts.subject} has withdrawn.")),
    "waitlist_promoted": (GREEN, _said("{facts.subject} has a place off the waitlist.")),
    "payment_proof_submitted": (BLUE, _said("{facts.subject} has sent a proof of payment.")),
    "checkin_closed": (AMBER, _said("Check-in is closed.")),
}
"""The colour and the sentence of every event that a channel can be told of."""


def body_of_event(session: Session, tournament: Tournament, event: Event) -> bytes | None:
    """The message for a channel; None where there is nothing to say. Reads names by a constant number of statements.

    What is told while the board is frozen names nobody whom a hidden result has brought into a match. What is held
    until the board is shown has the names that are true by now.
    """
    if event.type not in SENTENCES:
        return None
    colour, sentence = SENTENCES[event.type]
    facts = _facts(session, tournament, event)
    text = sentence(facts)
    if text is None:
        return None
    path = f"/spectator/tournaments/{tournament.id}/" if event.match_id is None else _match_path(event.match_id)
    return body_of(Embed(plain(tournament.name), text, links.url_for(path), colour, event.created_at))


def _match_path(match_id: int) -> str:
    return f"/spectator/matches/{match_id}/"


def _facts(session: Session, tournament: Tournament, event: Event) -> Facts:
    match_ids = set(event.data.get("match_ids", ())) | ({event.match_id} if event.match_id else set())
    known = _known(session, tournament, event) if match_ids else EVERYTHING
    matches = _matches(session, match_ids, known)
    announcement_id = event.data.get("announcement_id")
    announcement = session.get(Announcement, announcement_id) if announcement_id else None
    return Facts(tournament, event, matches, names_of(session, set(_named(event, matches))), announcement)


def _known(session: Session, tournament: Tournament, event: Event) -> KnownMatches:
    is_told = freezes.is_told(event.type, event.seq, tournament.frozen_seq)
    return known_matches.of_tournament(session, tournament) if is_told else EVERYTHING


def _matches(session: Session, ids: Collection[int], known: KnownMatches) -> dict[int, Match]:
    if not ids:
        return {}
    statement = select(Match).where(Match.id.in_(sorted(ids)[:_LISTED_AT_MOST])).order_by(Match.id)
    return {match.id: known.of(match) for match in session.scalars(statement)}


def _named(event: Event, matches: Mapping[int, Match]) -> Iterator[int]:
    for match in matches.values():
        yield from (side for side in (match.side_a_id, match.side_b_id) if side)
    yield from (event.data[field] for field in _OF_DATA if event.data.get(field))
    yield from event.data.get("registration_ids", ())[:_LISTED_AT_MOST]
    if event.registration_id:
        yield event.registration_id
