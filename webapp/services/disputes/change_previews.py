"""What a correction or a decision would change, read off a copy: it is done, looked at, and thrown away."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.errors import Conflict
from webapp.domain.permissions import Action
from webapp.models import Event, Match, Stage, Tournament
from webapp.services.bracketing import next_stages, stages
from webapp.services.disputes import corrections, match_memory
from webapp.services.disputes.corrections import Change, Choice, ChoicesNeeded, Effect
from webapp.services.disputes.dispute_decisions import REJECT, Decision, decide_in
from webapp.services.disputes.disputes import decidable
from webapp.services.disputes.match_memory import Face
from webapp.services.matches import confirmation
from webapp.services.matches.matches import lock_match
from webapp.services.ranking import ranking, standings
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import rehearsal

_REASON: Final = "Looked at before it is done."
_LAST: Final = 1 << 30


class MatchChange(NamedTuple):
    """A match that would be different; faces as `match_memory` has them."""

    match_id: int
    number: int
    label: str
    before: Face
    after: Face


class RankMove(NamedTuple):
    """A participant whose rank or points would be different; None where it has no rank."""

    participant_id: int
    rank_before: int | None
    rank_after: int | None
    points_before: int
    points_after: int


class InDoubt(NamedTuple):
    """A match played on the old outcome, and what is to become of it."""

    match_id: int
    number: int
    label: str
    state: str
    choice: str
    is_chosen: bool
    """Whether somebody has said so; else it is only assumed."""


class Told(NamedTuple):
    """Something that everybody concerned would be told."""

    event: str
    match_number: int | None


class Onward(NamedTuple):
    """A stage that is drawn already would be of others: ids of who would come to it and who would not be in it.

    Both are empty where only the seeds would be others, or (`is_open`) where nobody could say yet who goes on: then it
    stays as it is drawn. `has_begun`: matches of it had, or it was finalized.
    """

    comes: tuple[int, ...]
    leaves: tuple[int, ...]
    is_open: bool
    has_begun: bool


class Impact(NamedTuple):
    """Everything that would change."""

    matches: tuple[MatchChange, ...]
    ranks: tuple[RankMove, ...]
    in_doubt: tuple[InDoubt, ...]
    told: tuple[Told, ...]
    onward: Onward | None = None
    """What it means for the stage that follows groups or a Swiss, where that is drawn and would be another."""

    @property
    def is_nothing(self) -> bool:
        """Whether all would stay as it is."""
        return not self.matches and not self.ranks

    @property
    def needs_choice(self) -> bool:
        """Whether somebody has to say what becomes of matches."""
        return any(not match.is_chosen for match in self.in_doubt)


class _View(NamedTuple):
    """A tournament at one moment."""

    faces: Mapping[int, Face]
    places: Mapping[int, tuple[int, int]]
    seq: int
    going_on: tuple[int, ...] | None
    """Who goes on to a stage that is drawn already."""
    drawn: tuple[int, ...]
    """Who stands in it."""
    has_begun: bool


Rehearse = Callable[[Mapping[int, str]], Impact]


def of_correction(match_id: int, change: Change, choices: Mapping[int, str], *, actor: Actor, now: datetime) -> Impact:
    """What `corrections.apply` would do; raises like it. Matches that nobody has chosen for would be played again."""

    def rehearse(assumed: Mapping[int, str]) -> Impact:
        with rehearsal() as session:
            tournament, match = lock_match(session, match_id, actor, Action.CORRECT_RESULTS)
            before = _view(session, tournament)
            case = confirmation.case_of(session, tournament, match, actor=actor, now=now)
            effect = corrections.change_in(case, change, assumed, reason=_REASON)
            impacts.append(_impact(session, tournament, before, effect, assumed, choices))
        return impacts[-1]

    impacts: list[Impact] = []
    return _assuming(rehearse, choices)


def of_decision(dispute_id: int, decision: Decision, *, actor: Actor, now: datetime) -> Impact:
    """How things would stand after a decision, against the result as it stands; raises like `decide`."""

    def rehearse(assumed: Mapping[int, str]) -> Impact:
        with rehearsal() as session:
            found = decidable(session, dispute_id, None, actor, now)
            tournament = found.case.tournament
            before = standing or _view(session, tournament)
            effect = decide_in(found, replace(decision, choices=assumed), reason=_REASON)
            impacts.append(_impact(session, tournament, before, effect, assumed, decision.choices))
        return impacts[-1]

    impacts: list[Impact] = []
    standing = _as_it_stands(dispute_id, actor, now)
    return _assuming(rehearse, decision.choices)


def _as_it_stands(dispute_id: int, actor: Actor, now: datetime) -> _View | None:
    """The tournament with the result that is disputed; None where there is none that could stand."""
    views: list[_View] = []
    try:
        with rehearsal() as session:
            found = decidable(session, dispute_id, None, actor, now)
            seq = found.case.tournament.log_seq
            decide_in(found, Decision(REJECT), reason=_REASON)
            views.append(_view(session, found.case.tournament)._replace(seq=seq))
    except Conflict as refusal:
        if refusal.code != "nothing_reported":
            raise
    return views[0] if views else None


def _assuming(rehearse: Rehearse, choices: Mapping[int, str]) -> Impact:
    """The impact, matches that nobody has chosen for being played again."""
    assumed = dict(choices)
    while True:
        try:
            return rehearse(assumed)
        except ChoicesNeeded as needed:
            assumed |= dict.fromkeys(needed.match_ids, Choice.REPLAY.value)


def _view(session: Session, tournament: Tournament) -> _View:
    board = ranking.compute_board(session, tournament, standings.rules_of(tournament))
    table = board.standings
    ids, points = table.participant_id.tolist(), table.columns["points"].tolist()
    places = dict(zip(ids, zip(board.ranking.ranks.tolist(), points, strict=True), strict=True))
    following = _following(session, tournament)
    return _View(
        match_memory.faces(session, tournament.id),
        places,
        tournament.log_seq,
        going_on=next_stages.going_on(session, tournament) if following else None,
        drawn=tuple(following.seeds) if following else (),
        has_begun=next_stages.has_begun(session, following) if following else False,
    )


def _following(session: Session, tournament: Tournament) -> Stage | None:
    """The second stage, once it is drawn."""
    stage = stages.the(session, tournament.id, 2)
    return None if stage is None or stage.state == "planned" else stage


def _onward(before: _View, after: _View) -> Onward | None:
    if not before.drawn or before.going_on == after.going_on:
        return None
    going = after.going_on or ()
    return Onward(
        comes=tuple(who for who in going if who not in before.drawn),
        leaves=tuple(who for who in before.drawn if who not in going) if going else (),
        is_open=after.going_on is None,
        has_begun=before.has_begun,
    )


def _impact(
    session: Session,
    tournament: Tournament,
    before: _View,
    effect: Effect,
    assumed: Mapping[int, str],
    chosen: Mapping[int, str],
) -> Impact:
    after = _view(session, tournament)
    changed = [match_id for match_id, face in after.faces.items() if _shown(face) != _shown(before.faces[match_id])]
    wanted = select(Match.id, Match.number, Match.label).where(Match.id.in_({*changed, *effect.touched}))
    names = {match_id: (number, label) for match_id, number, label in session.execute(wanted.order_by(Match.number))}
    everybody = sorted({*before.places, *after.places}, key=lambda who: after.places.get(who, (_LAST, 0)))
    moves = (
        RankMove(who, *_both(before.places.get(who), after.places.get(who)))
        for who in everybody
        if before.places.get(who) != after.places.get(who)
    )
    return Impact(
        matches=tuple(
            MatchChange(match_id, *names[match_id], before.faces[match_id], after.faces[match_id])
            for match_id in names
            if match_id in changed
        ),
        ranks=tuple(moves),
        in_doubt=tuple(
            InDoubt(match_id, *names[match_id], before.faces[match_id]["state"], assumed[match_id], match_id in chosen)
            for match_id in effect.touched
        ),
        told=_told(session, tournament, before.seq),
        onward=_onward(before, after),
    )


def _shown(face: Face) -> tuple[Any, ...]:
    """What people see of a match."""
    return tuple(face[name] for name in ("state", "side_a_id", "side_b_id", "winner_id", "decided_by", "revision"))


def _both(before: tuple[int, int] | None, after: tuple[int, int] | None) -> tuple[int | None, int | None, int, int]:
    return before and before[0], after and after[0], before[1] if before else 0, after[1] if after else 0


def _told(session: Session, tournament: Tournament, seq: int) -> tuple[Told, ...]:
    rows = session.execute(
        select(Event.type, Match.number)
        .outerjoin(Match, Match.id == Event.match_id)
        .where(Event.tournament_id == tournament.id, Event.seq > seq)
        .order_by(Event.seq)
    )
    return tuple(dict.fromkeys(Told(kind, number) for kind, number in rows))
