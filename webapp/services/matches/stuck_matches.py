"""The stuck-match radar of tournaments that are live: what needs a hand of their officials."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain import radar
from webapp.domain.radar import Stuck, Watched
from webapp.models import BracketNode, Dispute, Match, Registration, ResultSubmission, Tournament
from webapp.services.matches.reports import PENDING
from webapp.services.registration.participant_names import names_of

OPEN: Final = ("scheduled", "ready", "live", "pending_result", "disputed")
_UNDECIDED: Final = ("open", "under_review", "escalated")


@dataclass(frozen=True, slots=True, kw_only=True)
class StuckMatch:
    """A line of the radar, with what a person knows the match by."""

    tournament_id: int
    tournament_name: str
    match_id: int
    number: int
    label: str
    sides: tuple[str, ...]
    is_battle_royale: bool
    sign: Stuck


class Said(NamedTuple):
    """What is known of matches beside themselves: open reports and undecided disputes by match, who is not there."""

    reports: Mapping[int, Sequence[ResultSubmission]]
    disputes: Mapping[int, Dispute]
    absent: Mapping[int, frozenset[int]]
    """By tournament, where check-in is asked for: who takes part and has not checked in."""


def of_tournaments(session: Session, tournaments: Sequence[Tournament], *, now: datetime) -> tuple[StuckMatch, ...]:
    """What is stuck in the live ones of these, what holds up most first; a fixed number of queries."""
    live = {
        tournament.id: tournament
        for tournament in tournaments
        if tournament.status == "live" and tournament.paused_at is None
    }
    if not live:
        return ()
    open_matches = session.scalars(select(Match).where(Match.tournament_id.in_(live), Match.state.in_(OPEN))).all()
    signs = _signs(session, live, open_matches, now)
    matches = {match.id: match for match in open_matches}
    shown = [matches[sign.match_id] for sign in signs]
    names = names_of(session, {side for match in shown for side in _sides(match)}) if shown else {}
    return tuple(
        StuckMatch(
            tournament_id=match.tournament_id,
            tournament_name=live[match.tournament_id].name,
            match_id=match.id,
            number=match.number,
            label=match.label,
            sides=tuple(names[side] for side in _sides(match) if side in names),
            is_battle_royale=live[match.tournament_id].format == "battle-royale",
            sign=sign,
        )
        for match, sign in zip(shown, signs, strict=True)
    )


def of_tournament(session: Session, tournament: Tournament, *, now: datetime) -> tuple[StuckMatch, ...]:
    """What is stuck in one tournament."""
    return of_tournaments(session, [tournament], now=now)


def _signs(
    session: Session, live: Mapping[int, Tournament], matches: Sequence[Match], now: datetime
) -> tuple[Stuck, ...]:
    """The signs of the matches; how many wait for each is asked only where there are signs."""
    said = Said(reports_of(session, live), disputes_of(session, live), _absent(session, live))
    found = watched(live, matches, said)
    stuck_ids = {sign.match_id for sign in radar.stuck(found, now=now)}
    if not stuck_ids:
        return ()
    concerned = {match.tournament_id for match in matches if match.id in stuck_ids}
    waiting = waiting_of(nodes_of(session, sorted(concerned)), matches)
    return radar.stuck([replace(match, waiting=waiting.get(match.match_id, 0)) for match in found], now=now)


def watched(live: Mapping[int, Tournament], matches: Sequence[Match], said: Said) -> tuple[Watched, ...]:
    """Open matches of live tournaments (by id) as the radar sees them, without what waits for them."""
    return tuple(_watched(live, matches, said))


def _watched(live: Mapping[int, Tournament], matches: Sequence[Match], said: Said) -> Iterator[Watched]:
    for match in matches:
        tournament = live[match.tournament_id]
        of_match = said.reports.get(match.id, ())
        dispute = said.disputes.get(match.id)
        own_absent = said.absent.get(tournament.id, frozenset())
        is_lobby = tournament.format == "battle-royale"
        yield Watched(
            match_id=match.id,
            state=match.state,
            best_of=match.best_of,
            scheduled_at=match.scheduled_at,
            started_at=match.started_at,
            reported_at=tuple(report.created_at for report in of_match),
            is_overdue=any(report.overdue_at is not None for report in of_match),
            disputed_at=None if dispute is None else dispute.created_at,
            dispute_due_at=None if dispute is None else dispute.deadline_at,
            asks_ready=tournament.asks_ready and bool(_sides(match)),
            is_ready=match.ready_a_at is not None and match.ready_b_at is not None,
            is_lobby=is_lobby,
            missing=len(own_absent) if is_lobby else len(own_absent.intersection(_sides(match))),
        )


def reports_of(session: Session, live: Collection[int]) -> dict[int, list[ResultSubmission]]:
    """The open reports of tournaments by match, the oldest first."""
    found = session.scalars(
        select(ResultSubmission)
        .where(ResultSubmission.tournament_id.in_(live), ResultSubmission.state == PENDING)
        .order_by(ResultSubmission.id)
    )
    reports: dict[int, list[ResultSubmission]] = {}
    for report in found:
        reports.setdefault(report.match_id, []).append(report)
    return reports


def disputes_of(session: Session, live: Collection[int]) -> dict[int, Dispute]:
    """The undecided disputes of tournaments by match."""
    found = select(Dispute).where(Dispute.tournament_id.in_(live), Dispute.state.in_(_UNDECIDED))
    return {dispute.match_id: dispute for dispute in session.scalars(found)}


def _absent(session: Session, live: Mapping[int, Tournament]) -> dict[int, frozenset[int]]:
    """Who takes part and has not checked in, where that is asked for."""
    asking = [tournament.id for tournament in live.values() if tournament.has_checkin]
    rows = session.execute(
        select(Registration.tournament_id, Registration.id).where(
            Registration.tournament_id.in_(asking),
            Registration.status == "approved",
            Registration.checked_in_at.is_(None),
        )
    )
    absent: dict[int, set[int]] = {}
    for tournament_id, registration_id in rows:
        absent.setdefault(tournament_id, set()).add(registration_id)
    return {tournament_id: frozenset(ids) for tournament_id, ids in absent.items()}


def nodes_of(session: Session, tournament_ids: Sequence[int]) -> list[Any]:
    """The places of the tournaments' brackets, as `waiting_of` needs them."""
    found = session.execute(
        select(
            BracketNode.stage_id, BracketNode.key, BracketNode.match_id, BracketNode.section, BracketNode.round,
            BracketNode.winner_to, BracketNode.loser_to, BracketNode.source_b,
        ).where(BracketNode.tournament_id.in_(tournament_ids))
    )  # fmt: skip
    return list(found)


def waiting_of(nodes: Sequence[Any], matches: Sequence[Match]) -> dict[int, int]:
    """How many matches wait for each open one: those behind it in a bracket, a whole round in a Swiss."""
    match_of = {(node.stage_id, node.key): node.match_id for node in nodes}
    leads_to: dict[int, list[int]] = {}
    for node in nodes:
        keys = [place.rpartition(":")[0] for place in (node.winner_to, node.loser_to) if place]
        leads_to[node.match_id] = [match_of[node.stage_id, key] for key in keys if (node.stage_id, key) in match_of]
    open_ids = {match.id for match in matches}
    waiting = radar.waiting_for(leads_to, {node.match_id: node.match_id not in open_ids for node in nodes})
    # A Swiss has no next round before the last match of this one: as many wait as were played in the first.
    swiss = [node for node in nodes if node.section == "swiss"]
    first_round = Counter(node.stage_id for node in swiss if node.round == 1)
    return waiting | {node.match_id: first_round[node.stage_id] for node in swiss if node.match_id in open_ids}


def _sides(match: Match) -> tuple[int, ...]:
    return tuple(side for side in (match.side_a_id, match.side_b_id) if side is not None)
