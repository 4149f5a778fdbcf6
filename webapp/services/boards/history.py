"""Past boards: folds of the tournament's log up to a version."""

from bisect import bisect_left
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.domain.awards import NOT_PLAYED
from webapp.domain.board import Board
from webapp.domain.columns import MISSING, IntColumn
from webapp.domain.deltas import RankChanges, composed
from webapp.domain.errors import NotFound
from webapp.domain.logged_lines import lines_from_data
from webapp.domain.meetings import BattleRoyaleMeetings, Meetings, SeriesMeetings, needs_meetings
from webapp.domain.results import Adjustments, BattleRoyaleResults, SeriesResults
from webapp.domain.rules import Ruleset
from webapp.domain.scoring import score_match
from webapp.domain.standings import fold_battle_royale, fold_series
from webapp.models import Adjustment, Event, Match, Registration, Tournament
from webapp.services.boards.subject_results import Subject, TournamentResult, results_of
from webapp.services.ranking import board_store, ranking, scopes, standings
from webapp.services.ranking.result_columns import to_microseconds

_VERSIONS_AT_ONCE = 50
RESULT_EVENTS = ("match_completed", "result_corrected", "result_voided")
_OF_RESULTS = (*RESULT_EVENTS, "match_disputed", "match_resolved")


def version_event(session: Session, tournament_id: int, version: int, *, known_seq: int | None = None) -> Event:
    """The `rank_update` that published a version; NotFound names the versions there are.

    Versions of a tournament count its `rank_update` events, so the n-th of them is version n. Those numbered above
    `known_seq` are not there.
    """
    updates = select(Event).where(Event.tournament_id == tournament_id, Event.type == "rank_update")
    if known_seq is not None:
        updates = updates.where(Event.seq <= known_seq)
    event = session.scalar(updates.order_by(Event.seq).offset(version - 1).limit(1)) if version >= 1 else None
    if event is None:
        count = session.scalar(select(func.count()).select_from(updates.subquery()))
        known = f"it has versions 1 to {count}" if count else "it has none yet"
        raise NotFound(f"Tournament {tournament_id} has no version {version}; {known}.", code="version_not_found")
    return event


class VersionRow(NamedTuple):
    """A participant as a version of the board showed it; `rank` None once it has left the board."""

    version: int
    rank: int | None
    points: int
    at: datetime
    seq: int
    """The number of the event that published the version: everything numbered below is in it."""
    is_changed: bool
    """Whether its rank or points differ from the version before."""


class ParticipantHistory(NamedTuple):
    """A participant's way through its own tournament, and its team's or player's through all public ones."""

    tournament_id: int
    versions: list[VersionRow]
    tournaments: list[TournamentResult]


def participant_history(session: Session, participant_id: int, *, audience: str = "public") -> ParticipantHistory:
    """Rank and points of a participant by version, the oldest first, and by tournament, the newest first.

    Raises NotFound for nobody. Whether the asker may know of the participant's tournament is for the caller to see;
    the tournaments listed are public ones alone.
    """
    registration = session.get(Registration, participant_id)
    if registration is None:
        raise NotFound(f"There is no participant {participant_id}.", code="participant_not_found")
    tournament_id = registration.tournament_id
    newest = board_store.version_of(session, scopes.tournament(tournament_id), audience)
    return ParticipantHistory(
        tournament_id,
        versions_of(session, tournament_id, participant_id, up_to=newest),
        results_of(session, Subject.of(registration), audience=audience),
    )


def versions_of(session: Session, tournament_id: int, participant_id: int, *, up_to: int) -> list[VersionRow]:
    """The participant on each version of the tournament's board from its first one to version `up_to`."""
    events = session.execute(
        select(Event.data, Event.created_at, Event.seq)
        .where(Event.tournament_id == tournament_id, Event.type == "rank_update")
        .order_by(Event.seq)
        .limit(up_to),
        # The changes of a large board are long: never more than some of them are held at once.
        execution_options={"yield_per": _VERSIONS_AT_ONCE},
    )
    rows: list[VersionRow] = []
    for data, at, seq in events:
        changes = data["changes"]
        place = bisect_left(changes["participant_id"], participant_id)
        is_changed = place < len(changes["participant_id"]) and changes["participant_id"][place] == participant_id
        if is_changed:
            rank, points = changes["current_rank"][place] or None, changes["points"][place]
        elif rows:
            rank, points = rows[-1].rank, rows[-1].points
        else:
            continue
        rows.append(VersionRow(data["version"], rank, points, at, seq, is_changed))
    return rows


def board_at(
    session: Session, tournament: Tournament, version: int, *, known_seq: int | None = None
) -> tuple[Board, Event]:
    """The board as version `version` showed it, from the log alone, and the event that published it."""
    event = version_event(session, tournament.id, version, known_seq=known_seq)
    return board_from_log(session, tournament, event.seq), event


class Inputs(NamedTuple):
    """What a board is computed from: who takes part, the results that count, the ledger of points, the lots."""

    ids: IntColumn
    teams: IntColumn
    subjects: IntColumn
    seeds: IntColumn
    results: BattleRoyaleResults | SeriesResults
    ledger: Adjustments
    lot_seed: str


def inputs_at(session: Session, tournament: Tournament, rules: Ruleset, before_seq: int) -> Inputs:
    """What a board is computed from after all events numbered below `before_seq`."""
    return Inputs(
        *_roster(session, tournament.id, before_seq),
        _results(session, tournament, rules, before_seq),
        _adjustments(session, tournament.id, before_seq),
        _lot_seed(session, tournament.id, before_seq),
    )


def board_from_log(session: Session, tournament: Tournament, before_seq: int) -> Board:
    """The board after all events numbered below `before_seq`."""
    rules = standings.rules_of(tournament)
    ids, teams, subjects, seeds, results, ledger, lot_seed = inputs_at(session, tournament, rules, before_seq)
    if isinstance(results, BattleRoyaleResults):
        totals = fold_battle_royale(ids, results, ledger, rules)
    else:
        totals = fold_series(ids, results, ledger, rules)
    meetings = _meetings(ids, results, rules)
    overrides = _overrides(session, tournament.id, before_seq)
    return ranking.assembled(
        rules, totals, meetings, lot_seed, overrides, teams=teams, subjects=subjects, seeds=seeds
    )  # fmt: skip


def meetings_at(
    session: Session, tournament: Tournament, rules: Ruleset, ids: IntColumn, before_seq: int
) -> Meetings | None:
    """Like `ranking.meetings_of`, of the results of events numbered below `before_seq`."""
    if not needs_meetings(rules.cascade):
        return None
    return _meetings(ids, _results(session, tournament, rules, before_seq), rules)


def changes_since(session: Session, tournament_id: int, version: int, *, up_to: int | None = None) -> RankChanges:
    """Everything that changed after `version` (0: from the empty board) as one delta; NotFound for a future one.

    Versions above `up_to` are not there.
    """
    if up_to is not None and version > up_to:
        known = f"it has versions 1 to {up_to}" if up_to else "it has none yet"
        raise NotFound(f"Tournament {tournament_id} has no version {version}; {known}.", code="version_not_found")
    if version:
        version_event(session, tournament_id, version)
    updates = (
        select(Event.data)
        .where(Event.tournament_id == tournament_id, Event.type == "rank_update")
        .order_by(Event.seq)
        .offset(version)
        .limit(None if up_to is None else up_to - version)
    )
    return composed([RankChanges.from_columns(data["changes"]) for data in session.scalars(updates)])


def _results(
    session: Session, tournament: Tournament, rules: Ruleset, before_seq: int
) -> BattleRoyaleResults | SeriesResults:
    latest = latest_results(session, tournament.id, before_seq)
    if tournament.format == "battle-royale":
        return _battle_royale_columns(latest, rules)
    return _series_columns(session, latest)


def _meetings(ids: IntColumn, results: BattleRoyaleResults | SeriesResults, rules: Ruleset) -> Meetings | None:
    if not needs_meetings(rules.cascade):
        return None
    if isinstance(results, BattleRoyaleResults):
        return BattleRoyaleMeetings(ids, results, rules)
    return SeriesMeetings(ids, results, rules)


def _roster(session: Session, tournament_id: int, before_seq: int) -> tuple[IntColumn, IntColumn, IntColumn, IntColumn]:
    changes = session.execute(
        select(Event.type, Event.registration_id, Event.data)
        .where(
            Event.tournament_id == tournament_id,
            Event.type.in_(("registration_created", "registration_approved", "registration_withdrawn")),
            Event.seq < before_seq,
        )
        .order_by(Event.seq)
    )
    then: set[int | None] = set()
    for kind, registration_id, data in changes:
        if kind == "registration_withdrawn":
            then.discard(registration_id)
        elif data["status"] == "approved":
            then.update(data.get("registration_ids", (registration_id,)))
    rows = session.execute(
        select(Registration.id, Registration.team_id, Registration.user_id, Registration.seed)
        .where(Registration.tournament_id == tournament_id)
        .order_by(Registration.id)
    )
    known = [row for row in rows if row.id in then]

    def column(values: list[int | None]) -> IntColumn:
        return np.array([int(MISSING) if value is None else value for value in values], np.int64)

    return (
        column([row.id for row in known]),
        column([row.team_id for row in known]),
        column([row.team_id or row.user_id for row in known]),
        column([row.seed for row in known]),
    )


def _lot_seed(session: Session, tournament_id: int, before_seq: int) -> str:
    """From which lots followed then; empty before they were drawn."""
    drawn = select(Event.data).where(
        Event.tournament_id == tournament_id, Event.type == "lot_drawn", Event.seq < before_seq
    )
    data = session.scalar(drawn.order_by(Event.seq.desc()).limit(1))
    return "" if data is None else str(data["lot_seed"])


def _overrides(session: Session, tournament_id: int, before_seq: int) -> dict[int, int]:
    """Who had been given which rank by staff; the newest word about a participant counts."""
    told = select(Event.data).where(
        Event.tournament_id == tournament_id, Event.type == "placement_overridden", Event.seq < before_seq
    )
    ranks: dict[int, int] = {}
    for data in session.scalars(told.order_by(Event.seq)):
        if data["is_restored"]:
            ranks.pop(data["participant_id"], None)
        else:
            ranks[data["participant_id"]] = data["new_rank"]
    return ranks


def latest_results(
    session: Session, tournament_id: int, before_seq: int, *, match_ids: Collection[int] | None = None
) -> dict[int, Mapping[str, Any]]:
    """The data of the newest result of each match below an event's number, by match id.

    A voided match has none; a disputed one has none until it is resolved. Of all matches, or of `match_ids` alone.
    """
    found = select(Event.type, Event.match_id, Event.data).where(
        Event.tournament_id == tournament_id, Event.type.in_(_OF_RESULTS), Event.seq < before_seq
    )
    if match_ids is not None:
        found = found.where(Event.match_id.in_(sorted(match_ids)))
    events = session.execute(found.order_by(Event.seq))
    latest: dict[int, Mapping[str, Any]] = {}
    in_dispute: dict[int, Mapping[str, Any]] = {}
    for kind, match_id, data in events:
        if kind == "match_resolved":
            # A decision that changed the result has told of the new one before.
            if match_id in in_dispute:
                latest[match_id] = in_dispute.pop(match_id)
            continue
        stood = latest.pop(match_id, None)
        in_dispute.pop(match_id, None)
        if kind == "match_disputed" and stood is not None:
            in_dispute[match_id] = stood
        elif kind in ("match_completed", "result_corrected"):
            latest[match_id] = data
    return latest


def result_before_dispute(
    session: Session, tournament_id: int, match_id: int, dispute_id: int
) -> Mapping[str, Any] | None:
    """The data of the result that a dispute is about; None where no result was confirmed."""
    told = (
        select(Event.seq, Event.data)
        .where(Event.tournament_id == tournament_id, Event.match_id == match_id, Event.type == "match_disputed")
        .order_by(Event.seq)
    )
    seqs = [seq for seq, data in session.execute(told) if data["dispute_id"] == dispute_id]
    return latest_results(session, tournament_id, seqs[0], match_ids=[match_id]).get(match_id) if seqs else None


def _adjustments(session: Session, tournament_id: int, before_seq: int) -> Adjustments:
    rows = session.execute(
        select(Adjustment.registration_id, Match.number, Adjustment.points)
        .outerjoin(Match, Match.id == Adjustment.match_id)
        .where(Adjustment.tournament_id == tournament_id, Adjustment.seq < before_seq)
    ).all()
    numbers = [int(MISSING) if row.number is None else row.number for row in rows]
    return Adjustments(
        participant_id=np.array([row.registration_id for row in rows], np.int64),
        match_number=np.array(numbers, np.int64),
        points=np.array([row.points for row in rows], np.int64),
    )


def _battle_royale_columns(latest: Mapping[int, Mapping[str, Any]], rules: Ruleset) -> BattleRoyaleResults:
    rows: list[tuple[int, ...]] = []
    for data in latest.values():
        completed_at = to_microseconds(datetime.fromisoformat(data["completed_at"]))
        lines = [lines_from_data(line) for line in data["results"]]
        rows += [
            (
                line.participant_id, data["number"], line.placement or MISSING, line.placement_high or MISSING,
                line.kills, line.placement_points, line.kill_points,
                MISSING if line.time_alive_s is None else line.time_alive_s, completed_at,
            )
            for line in score_match(lines, rules)
        ]  # fmt: skip
    table = np.array(rows, np.int64).reshape(-1, 9)
    return BattleRoyaleResults(*(np.ascontiguousarray(table[:, index]) for index in range(9)))


def _series_columns(session: Session, latest: Mapping[int, Mapping[str, Any]]) -> SeriesResults:
    sides = {
        row.id: (row.side_a_id, row.side_b_id)
        for row in session.execute(
            select(Match.id, Match.side_a_id, Match.side_b_id).where(Match.id.in_(latest.keys()))
        )
    }
    rows = []
    for match_id, data in sorted(latest.items(), key=lambda item: int(item[1]["number"])):
        # Who played it then: a correction may have sent others there since.
        side_a, side_b = data.get("sides") or sides[match_id]
        games = data["games"]
        winners = [game[3] for game in games]
        rows.append(
            (
                data["number"], side_a, MISSING if side_b is None else side_b,
                sum(game[1] for game in games), sum(game[2] for game in games),
                MISSING if data["winner_id"] is None else data["winner_id"],
                to_microseconds(datetime.fromisoformat(data["completed_at"])),
                winners.count(side_a), winners.count(side_b), data.get("decided_by") in NOT_PLAYED,
            )
        )  # fmt: skip
    table = np.array(rows, np.int64).reshape(-1, 10)
    return SeriesResults(*(np.ascontiguousarray(table[:, index]) for index in range(10)))
