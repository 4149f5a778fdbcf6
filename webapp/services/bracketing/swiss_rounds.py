"""The rounds of a Swiss: each is paired when the one before is over."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy.orm import Session

from webapp.domain.brackets import swiss
from webapp.domain.brackets.formats import rounds_of
from webapp.domain.brackets.settings import parse_settings
from webapp.domain.brackets.structure import Node
from webapp.domain.errors import BracketError, Conflict, FieldError
from webapp.domain.permissions import Action
from webapp.models import Stage, Tournament
from webapp.services.bracketing import group_tables, league_progress, stages
from webapp.services.bracketing.league_progress import StageMatch
from webapp.services.matches.matches import ensure_live
from webapp.services.ranking import standings
from webapp.services.spine import audit, log, permissions
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import transaction

_WAITING: Final = ("scheduled", "ready")


class Proposal(NamedTuple):
    """How a round is paired, or would be, by seeds of the stage. `is_there`: it waits, and can be paired again."""

    number: int
    is_there: bool
    field: tuple[swiss.Entrant, ...]
    pairs: tuple[tuple[int, int], ...]
    """Empty where only a person can pair it: nobody is left without a rematch."""
    bye: int | None


def next_round(
    tournament_id: int,
    *,
    number: int | None = None,
    pairs: Sequence[tuple[int, int]] = (),
    stage_number: int = 1,
    actor: Actor,
    now: datetime,
) -> list[int]:
    """Pair the next round of a Swiss; returns the ids of its matches, the bye last.

    `number` says which round is meant: one that is there already changes nothing. `pairs` (participant ids, side a
    first) is a pairing by hand; who is in none of them has the bye. With the number of the newest round they pair it
    again, until the first of its matches begins (`round_begun`). Raises Conflict while a match of the round before
    is open (`round_open`), after the last round (`rounds_over`), and where nobody can be paired without a rematch
    (`no_pairing`; by hand it can); BracketError naming everything that is wrong with a pairing by hand.
    """
    with transaction() as session:
        tournament = log.lock_tournament(session, tournament_id)
        permissions.ensure(session, actor, Action.MANAGE_BRACKET, tournament)
        stage = _swiss(session, tournament, stage_number)
        played = league_progress.matches_of(session, stage)
        last = max((match.round for match in played), default=0)
        if number is not None and number <= last and not (pairs and number == last):
            return league_progress.ids_of_round(session, stage, number)
        if number is not None and number > last + 1:
            raise Conflict(f"Round {last + 1} comes next, not round {number}.", code="round_skipped")
        if number == last:
            return _pair_again(session, tournament, stage, played, pairs, actor=actor, now=now)
        ensure_live(tournament)
        _ensure_round_over(stage, played, last)
        league_progress.give_byes(session, tournament, stage, played, up_to=last, actor=actor, now=now)
        field = _field(session, tournament, stage, played)
        settings = parse_settings(stage.settings, stage.format)
        if pairs:
            nodes = _by_hand(stage, field, pairs, last + 1)
        else:
            nodes = swiss.next_round(field, number=last + 1, pairing=settings.pairing)
        ids = stages.add(session, tournament, stage, nodes, actor=actor, now=now).match_ids
        _audit_paired(session, tournament, stage, last + 1, ids, by_hand=bool(pairs), actor=actor, now=now)
        return ids


def proposal(session: Session, tournament: Tournament, stage: Stage) -> Proposal:
    """The round that can be paired now: the newest one while it waits, else the next. Raises like `next_round`.

    In the snapshot of the caller.
    """
    played = league_progress.matches_of(session, stage)
    last = max((match.round for match in played), default=0)
    newest = [match for match in played if match.round == last]
    if all(match.state in _WAITING for match in newest):
        field = _field(session, tournament, stage, [match for match in played if match.round < last])
        seed_of = {participant: seed for seed, participant in enumerate(stage.seeds, start=1)}
        sides = [(seed_of.get(match.side_a_id or 0), seed_of.get(match.side_b_id or 0)) for match in newest]
        pairs = tuple((a, b) for a, b in sides if a is not None and b is not None)
        bye = next((a for a, b in sides if b is None), None)
        return Proposal(last, True, tuple(field), pairs, bye)
    _ensure_round_over(stage, played, last)
    field = _field(session, tournament, stage, played)
    if not swiss.is_possible(field):
        return Proposal(last + 1, False, tuple(field), (), None)
    settings = parse_settings(stage.settings, stage.format)
    nodes = swiss.next_round(field, number=last + 1, pairing=settings.pairing)
    pairs = tuple((int(node.a.of), int(node.b.of)) for node in nodes if node.b.kind == "seed")
    bye = next((int(node.a.of) for node in nodes if node.b.kind == "bye"), None)
    return Proposal(last + 1, False, tuple(field), pairs, bye)


def _pair_again(
    session: Session,
    tournament: Tournament,
    stage: Stage,
    played: Sequence[StageMatch],
    pairs: Sequence[tuple[int, int]],
    *,
    actor: Actor,
    now: datetime,
) -> list[int]:
    """Give the matches of the newest round other sides, as long as none of them has begun."""
    last = max(match.round for match in played)
    begun = [match.number for match in played if match.round == last and match.state not in _WAITING]
    if begun:
        message = f"Round {last} has begun: {league_progress.listed(begun)} not waiting any more."
        raise Conflict(message, code="round_begun")
    before = [match for match in played if match.round < last]
    nodes = _by_hand(stage, _field(session, tournament, stage, before), pairs, last)
    places = league_progress.places_of_round(session, stage, last)
    if len(places) != len(nodes):
        raise Conflict(f"Round {last} was paired for others than those who play on now.", code="round_changed")
    advanced: list[list[int | str | None]] = []
    for (row, match), node in zip(places, nodes, strict=True):
        row.source_a, row.source_b = str(node.a), str(node.b)
        for side, source in (("a", node.a), ("b", node.b)):
            who = stages.seated(stage, source)
            if getattr(match, f"side_{side}_id") != who:
                setattr(match, f"side_{side}_id", who)
                match.ready_a_at = match.ready_b_at = None
                advanced.append([match.id, side, who])
    ids = [match.id for _, match in places]
    if advanced:
        data = {"stage_id": stage.id, "node_ids": [row.id for row, _ in places], "advanced": advanced}
        log.record(session, tournament, "bracket_updated", data, actor=actor, now=now)
        _audit_paired(session, tournament, stage, last, ids, by_hand=True, actor=actor, now=now)
    return ids


def _audit_paired(
    session: Session,
    tournament: Tournament,
    stage: Stage,
    number: int,
    match_ids: Sequence[int],
    *,
    by_hand: bool,
    actor: Actor,
    now: datetime,
) -> None:
    audit.record(
        session, actor, "bracket.round_paired", now=now, tournament_id=tournament.id, stage_id=stage.id, round=number,
        match_ids=list(match_ids), by_hand=by_hand,
    )  # fmt: skip


def _swiss(session: Session, tournament: Tournament, number: int) -> Stage:
    stage = league_progress.generated_stage(session, tournament, number)
    if stage.format != "swiss":
        raise Conflict(f"Stage {number} is no Swiss: all its rounds are there from the start.", code="no_swiss")
    return stage


def _ensure_round_over(stage: Stage, played: Sequence[StageMatch], last: int) -> None:
    settings = parse_settings(stage.settings, stage.format)
    still_open = [match.number for match in played if match.is_open]
    if still_open:
        raise Conflict(f"Round {last} is not over: {league_progress.listed(still_open)} still open.", code="round_open")
    if last >= rounds_of(len(stage.seeds), settings):
        raise Conflict(f"Round {last} was the last one.", code="rounds_over")


def _field(session: Session, tournament: Tournament, stage: Stage, played: Sequence[StageMatch]) -> list[swiss.Entrant]:
    """Those who play on, by score and then by the table."""
    rules = standings.rules_of(tournament)
    settings = parse_settings(stage.settings, stage.format)
    board = group_tables.boards_of_stage(session, tournament, stage, rules, audience="official")[None]
    columns = board.standings.columns
    scores = rules.win_points * columns["wins"] + rules.draw_points * columns["draws"]
    scores = scores + rules.loss_points * columns["losses"]
    sides = _Sides.of(stage, played)
    entrants = [
        sides.entrant(int(board.standings.participant_id[row]), int(scores[row]))
        for row in board.ranking.order.tolist()
        if league_progress.plays_on(settings, int(columns["wins"][row]), int(columns["losses"][row]))
    ]
    if len(entrants) < 2:
        raise Conflict("Nobody is left to be paired: all have their wins or losses.", code="rounds_over")
    # Sorting keeps the order of the table among those with the same score.
    return sorted(entrants, key=lambda entrant: -entrant.score)


class _Sides:
    """Who met whom on which side, by seeds."""

    def __init__(self, seed_of: dict[int, int]) -> None:
        self.seed_of = seed_of
        self._met: dict[int, set[int]] = {}
        self._times_a: Counter[int] = Counter()
        self._times_b: Counter[int] = Counter()
        self._rested: set[int] = set()

    @classmethod
    def of(cls, stage: Stage, played: Sequence[StageMatch]) -> "_Sides":
        sides = cls({participant: seed for seed, participant in enumerate(stage.seeds, start=1)})
        for match in played:
            if match.side_a_id is not None and match.state != "cancelled":
                sides.add(match.side_a_id, match.side_b_id)
        return sides

    def add(self, side_a_id: int, side_b_id: int | None) -> None:
        a = self.seed_of[side_a_id]
        if side_b_id is None:
            self._rested.add(a)
            return
        b = self.seed_of[side_b_id]
        self._met.setdefault(a, set()).add(b)
        self._met.setdefault(b, set()).add(a)
        self._times_a[a] += 1
        self._times_b[b] += 1

    def entrant(self, participant_id: int, score: int) -> swiss.Entrant:
        seed = self.seed_of[participant_id]
        met = frozenset(self._met.get(seed, ()))
        return swiss.Entrant(seed, score, met, seed in self._rested, self._times_a[seed], self._times_b[seed])


def _by_hand(
    stage: Stage, field: Sequence[swiss.Entrant], pairs: Sequence[tuple[int, int]], number: int
) -> tuple[Node, ...]:
    errors = list(_pair_errors(stage, field, pairs))
    if errors:
        raise BracketError.listing("The pairing cannot be used", errors)
    seed_of = {participant: seed for seed, participant in enumerate(stage.seeds, start=1)}
    by_seed = [(seed_of[a], seed_of[b]) for a, b in pairs]
    paired = {seed for pair in by_seed for seed in pair}
    bye = next((entrant.seed for entrant in field if entrant.seed not in paired), None)
    return swiss.nodes_of(by_seed, number=number, bye=bye)


def _pair_errors(
    stage: Stage, field: Sequence[swiss.Entrant], pairs: Sequence[tuple[int, int]]
) -> Iterator[FieldError]:
    entrants = {stage.seeds[entrant.seed - 1]: entrant for entrant in field}
    may_meet_again = not swiss.is_possible(field)
    times = Counter(side for pair in pairs for side in pair)
    for place, (a, b) in enumerate(pairs, start=1):
        strangers = [side for side in (a, b) if side not in entrants]
        for side in strangers:
            yield FieldError(f"pair {place}", f"participant {side} does not play this round")
        if not strangers and entrants[b].seed in entrants[a].met and not may_meet_again:
            yield FieldError(f"pair {place}", f"participants {a} and {b} have met already")
    for side, count in times.items():
        if count > 1:
            yield FieldError("pairs", f"participant {side} is paired {count} times")
    resting = [side for side in entrants if side not in times]
    if len(resting) > len(field) % 2:
        yield FieldError("pairs", f"participants {', '.join(map(str, resting))} have no opponent")
    elif resting and entrants[resting[0]].had_bye and not may_meet_again:
        yield FieldError("pairs", f"participant {resting[0]} has had the bye already")
