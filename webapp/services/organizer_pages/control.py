"""The control room: what an official has before them on the day, what needs a hand next first."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from webapp.domain import control_room, radar
from webapp.domain.control_room import ORGANIZERS_OWN, Day, Needed, Task
from webapp.domain.permissions import Action
from webapp.domain.radar import Cause, Stuck
from webapp.models import Tournament
from webapp.services.matches import stuck_matches
from webapp.services.organizer_pages.control_matches import BEFORE_PLAY, ControlMatch, matches_of
from webapp.services.organizer_pages.control_reads import Facts, Side, Tally, read_facts
from webapp.services.organizer_pages.managed import ManagedHead, open_head
from webapp.services.registration import checkins
from webapp.services.spine import undo
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot

SHOWN_NEEDS: Final = 30
SHOWN_PLAYING: Final = 40
SHOWN_COMING: Final = 8


@dataclass(frozen=True, slots=True)
class Need:
    """A line of what needs a hand, with its match where it is about one; `missing`: who has not checked in for it."""

    needed: Needed
    match: ControlMatch | None
    missing: int

    @property
    def task(self) -> Task:
        """What is to be done."""
        return self.needed.task


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlView:
    """The control room. The matches of `needs` stand in no other list; `disputes` counts the undecided ones."""

    head: ManagedHead
    log_number: int
    needs: tuple[Need, ...]
    needs_total: int
    playing: tuple[ControlMatch, ...]
    playing_total: int
    coming: tuple[ControlMatch, ...]
    coming_total: int
    absent: tuple[Side, ...]
    """The first of those who are not here yet."""
    day: Day
    tally: Tally
    is_checkin_open: bool
    checkin_opens_at: datetime | None
    """None once it has been open, and where nobody checks in."""
    places: int | None
    has_fee: bool
    is_league: bool
    disputes: int

    @property
    def last_words(self) -> str:
        """What the reader can take back, in words."""
        return undo.ACTIONS[self.tally.last.action].words if self.tally.last else ""


def read_control(tournament_id: int, *, actor: Actor, now: datetime) -> ControlView:
    """The control room of a tournament for one of its officials. Raises NotFound, Forbidden."""
    with read_snapshot() as session:
        tournament, head = open_head(session, tournament_id, actor, Action.MANAGE_MATCHES)
        facts = read_facts(session, tournament, actor, now=now)
        matches = matches_of(tournament, facts, is_staff=actor.role == "admin")
        signs = _signs(tournament, facts, now)
        window = checkins.window_of_tournament(tournament)
        needed = _needed(facts, signs, matches, head, now)
        shown = tuple(_need(one, matches, signs) for one in needed[:SHOWN_NEEDS])
        apart = {need.match.id for need in shown if need.match is not None}
        others = [match for match in matches.values() if match.id not in apart]
        playing = [match for match in others if match.state not in BEFORE_PLAY]
        coming = sorted((match for match in others if match.is_playable), key=lambda match: _soonest(match, now))
        return ControlView(
            head=head,
            log_number=tournament.log_seq,
            needs=shown,
            needs_total=len(needed),
            playing=tuple(playing[:SHOWN_PLAYING]),
            playing_total=len(playing),
            coming=tuple(coming[:SHOWN_COMING]),
            coming_total=len(coming),
            absent=tuple(facts.absent),
            day=facts.day,
            tally=facts.tally,
            is_checkin_open=window.is_open(now),
            checkin_opens_at=window.opens_at if window.opens_at and window.opens_at > now else None,
            places=tournament.places,
            has_fee=tournament.entry_fee > 0,
            is_league=bool(facts.stages) and facts.stages[0].format in ("round-robin", "swiss"),
            disputes=len(facts.said.disputes),
        )


def _soonest(match: ControlMatch, now: datetime) -> tuple[bool, datetime, int]:
    return match.scheduled_at is None, match.scheduled_at or now, match.number


def _signs(tournament: Tournament, facts: Facts, now: datetime) -> dict[int, Stuck]:
    """What the radar finds, while the tournament is live and goes on."""
    if tournament.status != "live" or tournament.paused_at is not None:
        return {}
    rows = [match.row for match in facts.matches]
    found = stuck_matches.watched({tournament.id: tournament}, rows, facts.said)
    counted = [replace(match, waiting=facts.waiting.get(match.match_id, 0)) for match in found]
    return {sign.match_id: sign for sign in radar.stuck(counted, now=now)}


def _need(one: Needed, matches: Mapping[int, ControlMatch], signs: Mapping[int, Stuck]) -> Need:
    if one.match_id is None:
        return Need(one, None, 0)
    sign = signs.get(one.match_id)
    return Need(one, matches[one.match_id], 0 if sign is None else sign.missing)


def _needed(
    facts: Facts, signs: Mapping[int, Stuck], matches: Mapping[int, ControlMatch], head: ManagedHead, now: datetime
) -> tuple[Needed, ...]:
    """All that the reader can do something about, in its order."""
    of_day = (
        one
        for one in control_room.of_day(facts.day, now=now)
        if one.task not in ORGANIZERS_OWN or Action.MANAGE_TOURNAMENT.value in head.may
    )
    return control_room.in_order((*of_day, *_of_matches(facts, signs, matches)))


def _of_matches(facts: Facts, signs: Mapping[int, Stuck], matches: Mapping[int, ControlMatch]) -> Iterator[Needed]:
    for match in matches.values():
        holds = facts.waiting.get(match.id, 0)
        dispute = facts.said.disputes.get(match.id)
        sign = signs.get(match.id)
        if dispute is not None and not match.is_with_staff:
            yield Needed(task=Task.DECIDE_DISPUTE, holds=holds, since=dispute.created_at, match_id=match.id)
        elif sign is not None and sign.cause is not Cause.DISPUTE_WAITS:
            yield Needed(task=Task(sign.cause.value), holds=holds, since=sign.since, match_id=match.id)
