"""Who won a tournament: found once at its end and stored with the rules that were applied, and asked about again when
a correction changes it later.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple, Self

import numpy as np
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from webapp.domain import winners
from webapp.domain.board import Board
from webapp.domain.columns import MISSING
from webapp.domain.meetings import HEAD_TO_HEAD, NO_GROUP, BattleRoyaleMeetings, Meetings, SeriesMeetings
from webapp.domain.rules import Ruleset
from webapp.domain.winners import PODIUM, Finish, Verdict
from webapp.models import Match, Tournament, TournamentOutcome
from webapp.services.bracketing import bracket_placements, stages
from webapp.services.ranking import ranking, result_columns, standings
from webapp.services.spine import audit, log
from webapp.services.spine.actors import Actor

_BY_FORFEIT = ("forfeit", "walk_over")
_COLUMN_OF = {"score_difference": "score_difference", "completion_time": "last_completed_at"}


class Outcome(NamedTuple):
    """The first three (registration ids; None where fewer took part), how the first was found, and whether to ask."""

    winner_id: int | None
    runner_up_id: int | None
    third_place_id: int | None
    determination_method: str
    requires_review: bool

    @classmethod
    def of(cls, verdict: Verdict) -> Self:
        """What a verdict comes to."""
        return cls(*verdict.podium, verdict.method.value, verdict.requires_review)

    @classmethod
    def stored(cls, row: TournamentOutcome) -> Self:
        """What was declared."""
        return cls(row.winner_id, row.runner_up_id, row.third_place_id, row.method, row.requires_review)


def determine(
    session: Session, tournament: Tournament, rules: Ruleset, board: Board, *, now: datetime
) -> TournamentOutcome:
    """The stored outcome of a tournament in which everything is played; found now, unless it was found before.

    The board must have the newest results in it.
    """
    kept = session.get(TournamentOutcome, tournament.id)
    if kept is not None:
        return kept
    found = verdict_of(session, tournament, rules, board)
    first, second, third = found.podium
    kept = TournamentOutcome(
        tournament_id=tournament.id, winner_id=first, runner_up_id=second, third_place_id=third,
        method=found.method.value, steps=[step.to_mapping() for step in found.steps],
        requires_review=found.requires_review, determined_at=now,
    )  # fmt: skip
    session.add(kept)
    return kept


def verdict_of(session: Session, tournament: Tournament, rules: Ruleset, board: Board) -> Verdict:
    """Who won as far as the board and the brackets of a tournament say now; writes nothing."""
    placed = bracket_placements.of_tournament(session, tournament)
    first = board.rows_by_rank(0, 1)
    has_champion = board.standings.champion is not None
    is_race_open = False
    if rules.match_point is not None and not has_champion:
        is_race_open = not standings.match_point_race_of(session, tournament, rules).is_over
    is_moved = board.ranking.is_override[first].any() or (board.ranking.computed_ranks[first] != 1).any()
    may_share = {2, 3} | ({1} if tournament.shares_first else set()) if rules.ties == "shared" else set()
    finish = Finish(
        source="board" if placed is None else "bracket_final",
        places=_groups_of(board, rules) if placed is None else placed,
        values_of=_values_of(session, tournament, rules, board),
        way_of=lambda winner: _way_of(session, tournament, winner),
        is_set_by_staff=placed is None and bool(is_moved),
        has_match_point=has_champion,
        is_race_open=is_race_open,
        was_played=placed is not None or bool(board.standings.columns["matches_played"][first].any()),
        may_share=frozenset(may_share),
    )
    return winners.determine(finish)


def review_after_change(
    session: Session, tournament: Tournament, rules: Ruleset, *, actor: Actor, now: datetime
) -> None:
    """After a change to a completed tournament: ask for review if other winners are found now than were declared.

    A change that brings the declared winners back takes the question back, and what an official has confirmed is not
    asked again. Does nothing before the end.
    """
    if tournament.status != "completed":
        return
    found = Outcome.of(verdict_of(session, tournament, rules, ranking.compute_board(session, tournament, rules)))
    row = session.get(TournamentOutcome, tournament.id)
    declared = None if row is None else Outcome.stored(row)
    is_needed = found.requires_review or found != declared
    if row is not None and row.reviewed_at is not None:
        is_needed = list(found) != reviewed_finding(row)
    if is_needed == tournament.requires_review:
        return
    tournament.requires_review = is_needed
    what = "review_requested" if is_needed else "review_withdrawn"
    data = found._replace(requires_review=is_needed)._asdict()
    log.record(session, tournament, what, data, actor=actor, now=now)
    audit.record(
        session, actor, f"tournament.{what}", now=now, tournament_id=tournament.id,
        before=None if declared is None else declared._asdict(), after=data,
    )  # fmt: skip


def reviewed_finding(row: TournamentOutcome) -> Sequence[object] | None:
    """What was found when an official last said their word; None where nobody has."""
    for step in reversed(row.steps):
        if step["rule"] == "official":
            finding: Sequence[object] = step["data"]["found"]
            return finding
    return None


def _groups_of(board: Board, rules: Ruleset) -> list[list[int]]:
    """The first places of a board; whom only the id separates are level."""
    ids, decided_by = board.standings.participant_id, board.ranking.decided_by
    groups: list[list[int]] = []
    for position, row in enumerate(board.ranking.order.tolist()):
        is_level = position > 0 and decided_by[position] == len(rules.cascade)
        if not is_level and position >= PODIUM:
            break
        if not is_level:
            groups.append([])
        groups[-1].append(int(ids[row]))
    return groups


def _values_of(session: Session, tournament: Tournament, rules: Ruleset, board: Board) -> winners.ValuesOf:
    """What the tie rules read: meetings, the seeds of the newest draw that all are in, columns of the board."""
    ids = board.standings.participant_id
    meetings: list[Meetings] = []

    def head_to_head(group: Sequence[int]) -> winners.Values:
        if not meetings:
            meetings.append(_meetings(session, tournament, rules, board))
        among = np.where(np.isin(ids, list(group)), 0, NO_GROUP)
        return _told(group, ids.tolist(), meetings[0].among(HEAD_TO_HEAD, among).tolist())

    def of_column(name: str) -> Callable[[Sequence[int]], winners.Values]:
        return lambda group: _told(group, ids.tolist(), board.standings.columns[name].tolist())

    def seed(group: Sequence[int]) -> winners.Values:
        for stage in reversed(stages.of_tournament(session, tournament.id)):
            drawn = {who: place for place, who in enumerate(stage.seeds, start=1)}
            if drawn.keys() >= set(group):
                return {who: drawn[who] for who in group}
        return of_column("seed")(group)

    def values(rule: str, group: Sequence[int]) -> winners.Values:
        if rule == "score_difference" and tournament.format == "battle-royale":
            # A lobby has no score against anybody.
            return {}
        if rule == HEAD_TO_HEAD:
            return head_to_head(group)
        return seed(group) if rule == "seed" else of_column(_COLUMN_OF[rule])(group)

    return values


def _meetings(session: Session, tournament: Tournament, rules: Ruleset, board: Board) -> Meetings:
    ids = board.standings.participant_id
    if tournament.format == "battle-royale":
        return BattleRoyaleMeetings(ids, result_columns.battle_royale_results(session, tournament.id), rules)
    return SeriesMeetings(ids, result_columns.series_results(session, tournament.id), rules)


def _told(group: Sequence[int], ids: Sequence[int], values: Sequence[int]) -> winners.Values:
    wanted = set(group)
    return {who: None if value == MISSING else value for who, value in zip(ids, values, strict=True) if who in wanted}


def _way_of(session: Session, tournament: Tournament, winner: int) -> list[bool]:
    """The winner's matches against somebody, in their order: whether each was given to them without being played."""
    rows = session.execute(
        select(Match.state, Match.decided_by, Match.winner_id)
        .where(
            Match.tournament_id == tournament.id,
            Match.state.in_(("completed", "forfeit")),
            or_(Match.side_a_id == winner, Match.side_b_id == winner),
            Match.side_b_id.is_not(None),
        )
        .order_by(Match.number)
    )
    return [won_by == winner and (state == "forfeit" or how in _BY_FORFEIT) for state, how, won_by in rows]
