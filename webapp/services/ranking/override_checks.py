"""Whether placements can be set: everybody is on the board, every rank is on it, and no rank is held by another."""

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, Final, NamedTuple

from sqlalchemy.orm import Session

from webapp.domain.board import Board
from webapp.domain.columns import NOWHERE, column, positions_of
from webapp.domain.errors import Conflict, FieldError, NotFound, ResultError
from webapp.models import Override, Registration

AT_ONCE: Final = 50
"""How many placements one form or request may set."""
LARGEST_ID: Final = 2**31 - 1


class Placement(NamedTuple):
    """A participant and the rank that it is to have."""

    registration_id: int
    new_rank: int


class RankTaken(Conflict):
    """A rank that an override in force, or another placement of the same request, gives to somebody else."""

    default_code: ClassVar[str] = "rank_taken"
    holders: Mapping[int, int] = {}
    """Who holds the ranks: participants by rank."""


def check(
    session: Session,
    tournament_id: int,
    placements: Sequence[Placement],
    board: Board,
    in_force: Mapping[int, Override],
    *,
    also_wrong: Sequence[FieldError] = (),
) -> None:
    """Nothing when the placements can be set together on this board and nothing else is wrong with the request.

    Raises NotFound for a participant of another tournament, ResultError for one that is not on the board, twice in the
    request, or given a rank that the board does not have, RankTaken when somebody else holds the rank.
    """
    if not 1 <= len(placements) <= AT_ONCE:
        message = f"give between 1 and {AT_ONCE} placements"
        raise ResultError(f"That is no number of placements: {message}.", [FieldError("placements", message)])
    for placement in placements:
        # Ids beyond the column's range are nobody's: the database would refuse to compare them.
        is_possible = 0 < placement.registration_id <= LARGEST_ID
        registration = session.get(Registration, placement.registration_id) if is_possible else None
        if registration is None or registration.tournament_id != tournament_id:
            raise NotFound(
                f"Participant {placement.registration_id} is not in tournament {tournament_id}.",
                code="participant_not_found",
            )
    wrong = [*_wrong_values(placements, board), *also_wrong]
    if wrong:
        raise ResultError.listing("The placements cannot be set", wrong)
    _check_holders(placements, in_force)


def _wrong_values(placements: Sequence[Placement], board: Board) -> Iterator[FieldError]:
    ids = column(placement.registration_id for placement in placements)
    rows = positions_of(ids, board.standings.participant_id).tolist()
    seen: set[int] = set()
    for index, (placement, row) in enumerate(zip(placements, rows, strict=True)):
        if row == NOWHERE:
            yield FieldError(f"placements[{index}].participant_id", "is not on the board")
        if placement.registration_id in seen:
            yield FieldError(f"placements[{index}].participant_id", "is given two ranks")
        if not 1 <= placement.new_rank <= len(board):
            yield FieldError(f"placements[{index}].new_rank", f"must be a rank from 1 to {len(board)}")
        seen.add(placement.registration_id)


def _check_holders(placements: Sequence[Placement], in_force: Mapping[int, Override]) -> None:
    moving = {placement.registration_id for placement in placements}
    holders = {held.new_rank: who for who, held in in_force.items() if who not in moving}
    wrong: list[FieldError] = []
    taken: dict[int, int] = {}
    for index, (registration_id, new_rank) in enumerate(placements):
        holder = holders.setdefault(new_rank, registration_id)
        if holder != registration_id:
            wrong.append(FieldError(f"placements[{index}].new_rank", f"is held by participant {holder}"))
            taken[new_rank] = holder
    if wrong:
        listed = ", ".join(f"rank {rank} is held by participant {holder}" for rank, holder in taken.items())
        refusal = RankTaken(f"No two participants can have one rank: {listed}.", wrong)
        refusal.holders = taken
        raise refusal
