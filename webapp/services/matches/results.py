"""Confirmed results of battle-royale matches: the lines of a lobby."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from webapp.domain.errors import FieldError, ResultError
from webapp.domain.games import load_games
from webapp.domain.logged_lines import lines_as_data
from webapp.domain.scoring import BattleRoyaleLine, ScoredLine, check_match, score_match
from webapp.models import Match, Registration, Result
from webapp.services.matches import confirmation
from webapp.services.matches.confirmation import Case, MatchOutcome
from webapp.services.spine.actors import Actor
from webapp.services.spine.bulk import insert_rows

PLAYED_STATUSES: Final = ("approved", "withdrawn")
"""Whose results are taken: who withdrew later has played and has held a place, though the board shows it no more."""


def confirm(
    match_id: int,
    lines: Sequence[BattleRoyaleLine],
    *,
    actor: Actor,
    now: datetime,
    completed_at: datetime | None = None,
    expected_revision: int | None = None,
) -> MatchOutcome:
    """Confirm a match with its lines (`confirmation.confirm`); ResultError names every wrong row."""
    return confirmation.confirm(
        KIND, match_id, lines, actor=actor, now=now, completed_at=completed_at, expected_revision=expected_revision
    )


def correct(
    match_id: int,
    lines: Sequence[BattleRoyaleLine],
    *,
    reason: str,
    actor: Actor,
    now: datetime,
    expected_revision: int | None = None,
) -> MatchOutcome:
    """Replace the lines of a confirmed or voided match (`confirmation.correct`)."""
    return confirmation.correct(
        KIND, match_id, lines, reason=reason, actor=actor, now=now, expected_revision=expected_revision
    )


def void(
    match_id: int, *, reason: str, actor: Actor, now: datetime, expected_revision: int | None = None
) -> MatchOutcome:
    """Take the lines of a confirmed match out (`confirmation.void`)."""
    return confirmation.void(KIND, match_id, reason=reason, actor=actor, now=now, expected_revision=expected_revision)


def winner_of(lines: Sequence[BattleRoyaleLine]) -> int | None:
    """Who was placed first and alone."""
    firsts = [line.participant_id for line in lines if line.placement == 1 and line.placement_high in (None, 1)]
    return firsts[0] if len(firsts) == 1 else None


def completed_data(match: Match, lines: Sequence[BattleRoyaleLine]) -> dict[str, Any]:
    """The data of `match_completed` for a battle-royale match."""
    return confirmation.completed_data(match, lines_as_data(lines), KIND.field)


def result_rows(match: Match, scored: Sequence[ScoredLine]) -> list[dict[str, Any]]:
    """Rows of the table `results` for a scored match."""
    return [
        {
            "tournament_id": match.tournament_id,
            "registration_id": line.participant_id,
            "match_id": match.id,
            "placement": line.placement,
            "placement_high": line.placement_high,
            "kills": line.kills,
            "placement_points": line.placement_points,
            "kill_points": line.kill_points,
            "time_alive_s": line.time_alive_s,
        }
        for line in scored
    ]


def stored_lines(session: Session, match_id: int) -> list[BattleRoyaleLine]:
    """The lines of a match that count now, by participant."""
    rows = session.execute(
        select(Result.registration_id, Result.placement, Result.kills, Result.placement_high, Result.time_alive_s)
        .where(Result.match_id == match_id)
        .order_by(Result.registration_id)
    )
    return [BattleRoyaleLine(*row) for row in rows]


class _BattleRoyale:
    """Lines of a lobby, in the table `results`."""

    field = "results"

    def ensure_fits(self, case: Case) -> None:
        if case.tournament.format != "battle-royale":
            raise ResultError(f"Match {case.match.number} is a series of games, not a battle royale; enter its games.")

    def check(self, case: Case, lines: Sequence[BattleRoyaleLine]) -> Sequence[FieldError]:
        if not lines:
            message = "at least one line is needed; to take a result out, void the match"
            raise ResultError.listing("The result cannot be taken", [FieldError("lines", message)])
        members = _members(case.session, case.tournament.id, [line.participant_id for line in lines])
        lobby_size = case.rules.lobby_size or (
            len(lines) if _hold_all_places(lines, members) else _field_size(case.session, case.tournament.id)
        )
        return check_match(
            lines,
            roster=members,
            lobby_size=lobby_size,
            side_size=load_games()[case.tournament.game].players_max,
        )

    def stored(self, case: Case) -> list[BattleRoyaleLine]:
        return stored_lines(case.session, case.match.id)

    def put(self, case: Case, lines: Sequence[BattleRoyaleLine]) -> int | None:
        insert_rows(case.session, Result, result_rows(case.match, score_match(lines, case.rules)))
        return winner_of(lines)

    def take_out(self, case: Case) -> None:
        case.session.execute(delete(Result).where(Result.match_id == case.match.id))

    def participants(self, _case: Case, lines: Sequence[BattleRoyaleLine]) -> set[int]:
        return {line.participant_id for line in lines}

    def as_data(self, _case: Case, lines: Sequence[BattleRoyaleLine]) -> list[list[int | None]]:
        return lines_as_data(lines)

    as_record = as_data

    def remarks(self, _lines: Sequence[BattleRoyaleLine]) -> dict[str, Any]:
        return {}


KIND: Final = _BattleRoyale()


def _members(session: Session, tournament_id: int, registration_ids: Collection[int]) -> frozenset[int]:
    taking_part = select(Registration.id).where(
        Registration.tournament_id == tournament_id,
        Registration.status.in_(PLAYED_STATUSES),
        Registration.id.in_(registration_ids),
    )
    return frozenset(session.scalars(taking_part))


def _hold_all_places(lines: Sequence[BattleRoyaleLine], members: Collection[int]) -> bool:
    """Whether these participants hold all places that the lines name, so that a large field need not be counted."""
    named = {line.placement_high or line.placement or 1 for line in lines}
    return len(lines) == len(members) and named <= set(range(1, len(lines) + 1))


def _field_size(session: Session, tournament_id: int) -> int:
    field = (Registration.tournament_id == tournament_id, Registration.status.in_(PLAYED_STATUSES))
    return session.scalar(select(func.count()).select_from(Registration).where(*field)) or 0
