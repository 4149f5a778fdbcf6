"""What an import writes, in the caller's transaction: tournament, participants, matches, results, board."""

import time
from collections.abc import Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any, Final, NamedTuple

from sqlalchemy import insert
from sqlalchemy.orm import Session

from webapp.domain.board import Board
from webapp.models import Adjustment, Match, Result, Standing, Tournament
from webapp.services.imports.import_plan import READING_SHARE, ImportPlan, Progress
from webapp.services.matches import results
from webapp.services.ranking import ranking, standings
from webapp.services.ranking.result_columns import from_microseconds, to_microseconds
from webapp.services.registration import registrations
from webapp.services.spine.actors import Actor
from webapp.services.spine.bulk import insert_rows
from webapp.services.spine.log import Fact, record_many
from webapp.services.tournaments import tournaments

_ROWS_AT_ONCE: Final = 10_000
_RESULTS_SHARE: Final = 0.85
"""How much of an import is done once its results are written."""


PENALTY_REASON: Final = "Points taken off in the imported file of results."
_REASONS: Final = {
    "penalty": PENALTY_REASON,
    "head_start": "Head start given by the rules of the tournament.",
}


class _Points(NamedTuple):
    """Signed points beside the results: taken off in a match, or given ahead of all matches."""

    registration_id: int
    match_id: int | None
    points: int

    @property
    def kind(self) -> str:
        return "head_start" if self.match_id is None else "penalty"


def add_tournament(session: Session, plan: ImportPlan, *, actor: Actor, now: datetime) -> Tournament:
    """The tournament alone, live, so that an import of the same file can still be told before the rest is written."""
    settings = plan.settings
    first_end = min(ends_of(plan, now))
    return tournaments.add(
        session,
        settings.name,
        game=settings.game.slug,
        format="battle-royale",
        ruleset=settings.ruleset,
        actor=actor,
        now=now,
        status="live",
        season=settings.season,
        organizer_id=settings.organizer_id,
        starts_at=first_end,
        started_at=first_end,
    )


def add_content(
    session: Session, tournament: Tournament, plan: ImportPlan, *, actor: Actor, now: datetime, progress: Progress
) -> None:
    """Everything else: participants, matches with their results and points, standings, the board, the end."""
    names = [participant.name for participant in plan.parsed.participants]
    ids = registrations.add_registrations(
        session, tournament, names, actor=actor, now=now, seeded=False, announce=False
    )
    ends = ends_of(plan, now)
    matches = _add_matches(session, tournament, plan, ids, ends)
    add_results(session, matches, plan, ids, progress)
    opening = [Fact("tournament_started", {"status": "live"})]
    record_log(session, tournament, matches, plan, ids, actor=actor, now=now, opening=opening)
    started = time.perf_counter()
    board = ranking.compute_board(session, tournament, plan.settings.ruleset)
    duration_us = round((time.perf_counter() - started) * 1_000_000)
    totals = standings.rows(tournament.id, board.standings, seq=tournament.results_seq)
    insert_rows(session, Standing, totals)
    if ranking.is_engine_on():
        ranking.publish(session, tournament, plan.settings.ruleset, None, board, duration_us=duration_us, now=now)
    if not _is_undecided(plan, board):
        tournaments.finish(session, tournament, actor=actor, now=now, announce=False)
        tournament.completed_at = max(ends)
    progress(1.0)


def ends_of(plan: ImportPlan, now: datetime) -> list[datetime]:
    """When each match of the plan ended; those of which the file does not say it, in their order about `now`."""
    return [from_microseconds(at) or now for at in plan.parsed.completion_times(to_microseconds(now))]


def _add_matches(
    session: Session, tournament: Tournament, plan: ImportPlan, ids: Sequence[int], ends: Sequence[datetime]
) -> list[Match]:
    rows: list[dict[str, Any]] = []
    for parsed, lines, ended_at in zip(plan.parsed.matches, plan.lines, ends, strict=True):
        winner = results.winner_of(lines)
        rows.append(
            {
                "tournament_id": tournament.id,
                "number": parsed.number,
                "label": parsed.label,
                "map": parsed.map,
                "state": "completed",
                "revision": 1,
                "winner_id": None if winner is None else ids[winner],
                "completed_at": ended_at,
            }
        )
    added = session.scalars(insert(Match).returning(Match.id, sort_by_parameter_order=True), rows)
    # Objects that the session does not know: they carry what the log and the results say of a match.
    return [Match(id=match_id, **row) for match_id, row in zip(added, rows, strict=True)]


def add_results(
    session: Session, matches: Sequence[Match], plan: ImportPlan, ids: Sequence[int], progress: Progress
) -> None:
    """The scored lines of the plan's matches; `ids` are the registrations of its participants."""
    rows = [
        row
        for match, scored in zip(matches, plan.scored, strict=True)
        for row in results.result_rows(
            match, [line._replace(participant_id=ids[line.participant_id]) for line in scored]
        )
    ]
    # In the order in which the table lies on the disk: a participant's matches side by side.
    rows.sort(key=itemgetter("registration_id", "match_id"))
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        insert_rows(session, Result, rows[start : start + _ROWS_AT_ONCE])
        written = min(1.0, (start + _ROWS_AT_ONCE) / len(rows))
        progress(READING_SHARE + (_RESULTS_SHARE - READING_SHARE) * written)


def record_log(
    session: Session,
    tournament: Tournament,
    matches: Sequence[Match],
    plan: ImportPlan,
    ids: Sequence[int],
    *,
    actor: Actor,
    now: datetime,
    opening: Sequence[Fact] = (),
    announce: bool = False,
) -> int:
    """The log in the order of play: what opens it, head starts, then each match and the points taken off in it.

    Returns the last number of the log; `announce` as in `log.record_many`.
    """
    entries: list[Fact | _Points] = [*opening]
    entries += [_Points(ids[index], None, points) for index, points in plan.head_starts.items()]
    penalties = _penalties(plan, matches, ids)
    for match, lines in zip(matches, plan.lines, strict=True):
        own = [line._replace(participant_id=ids[line.participant_id]) for line in lines]
        entries.append(Fact("match_completed", results.completed_data(match, own), match_id=match.id))
        entries += penalties.get(match.id, ())
    numbered = list(enumerate(entries, start=tournament.log_seq + 1))
    adjustment_ids = _add_points(session, tournament, numbered, now)
    facts = [entry if isinstance(entry, Fact) else _fact_of(entry, adjustment_ids[seq]) for seq, entry in numbered]
    return record_many(session, tournament, facts, actor=actor, now=now, announce=announce)


def _penalties(plan: ImportPlan, matches: Sequence[Match], ids: Sequence[int]) -> dict[int, list[_Points]]:
    penalties: dict[int, list[_Points]] = {}
    for line in plan.parsed.lines:
        if line.penalty:
            match_id = matches[line.match].id
            penalties.setdefault(match_id, []).append(_Points(ids[line.participant], match_id, -line.penalty))
    return penalties


def _add_points(
    session: Session, tournament: Tournament, numbered: Sequence[tuple[int, Fact | _Points]], now: datetime
) -> dict[int, int]:
    """Writes the points and returns the id of each by its number in the log."""
    rows = [
        {
            "tournament_id": tournament.id,
            "registration_id": entry.registration_id,
            "match_id": entry.match_id,
            "kind": entry.kind,
            "points": entry.points,
            "reason": _REASONS[entry.kind],
            "seq": seq,
            "created_at": now,
        }
        for seq, entry in numbered
        if isinstance(entry, _Points)
    ]
    if not rows:
        return {}
    added = session.execute(insert(Adjustment).returning(Adjustment.seq, Adjustment.id), rows)
    return {row.seq: row.id for row in added}


def _fact_of(points: _Points, adjustment_id: int) -> Fact:
    data = {"adjustment_id": adjustment_id, "kind": points.kind, "points": points.points}
    return Fact("adjustment_recorded", data, match_id=points.match_id, registration_id=points.registration_id)


def _is_undecided(plan: ImportPlan, board: Board) -> bool:
    """Whether the rules play to match point, nobody has won yet, and matches are left to be played."""
    rule = plan.settings.ruleset.match_point
    if rule is None or board.standings.champion is not None:
        return False
    return rule.cap is None or len(plan.parsed.matches) < rule.cap
