"""What a change would bring, with the names of those whom it concerns."""

from dataclasses import dataclass

from webapp.services.disputes.change_previews import Impact, InDoubt, RankMove, Told
from webapp.services.disputes.match_memory import Face
from webapp.services.registration.participant_names import names_of
from webapp.services.spine.transaction import read_snapshot


@dataclass(frozen=True, slots=True)
class NamedFace:
    """A match before or after: its state, who plays, who won."""

    state: str
    sides: tuple[str | None, str | None]
    winner: str | None
    is_awarded: bool


@dataclass(frozen=True, slots=True)
class NamedMatch:
    """A match that would be different."""

    number: int
    label: str
    before: NamedFace
    after: NamedFace

    @property
    def title(self) -> str:
        """What it is called."""
        return self.label or f"Match {self.number}"


@dataclass(frozen=True, slots=True)
class NamedMove:
    """A row of the board that would be different."""

    name: str
    move: RankMove


@dataclass(frozen=True, slots=True)
class NamedOnward:
    """The next stage that would be of others (`change_previews.Onward`)."""

    comes: tuple[str, ...]
    leaves: tuple[str, ...]
    is_open: bool
    has_begun: bool


@dataclass(frozen=True, slots=True)
class ImpactView:
    """Everything that would change, in words."""

    matches: tuple[NamedMatch, ...]
    ranks: tuple[NamedMove, ...]
    in_doubt: tuple[InDoubt, ...]
    told: tuple[Told, ...]
    onward: NamedOnward | None

    @property
    def is_nothing(self) -> bool:
        """Whether all would stay as it is."""
        return not self.matches and not self.ranks

    @property
    def span(self) -> tuple[int, int] | None:
        """The first and the last rank that would be another; None where no rank would."""
        touched = [
            rank
            for row in self.ranks
            for rank in (row.move.rank_before, row.move.rank_after)
            if rank is not None and row.move.rank_before != row.move.rank_after
        ]
        return (min(touched), max(touched)) if touched else None


def named(impact: Impact) -> ImpactView:
    """The same for people."""
    faces = [face for match in impact.matches for face in (match.before, match.after)]
    wanted = {face[key] for face in faces for key in ("side_a_id", "side_b_id", "winner_id")}
    wanted |= {move.participant_id for move in impact.ranks}
    onward = impact.onward
    wanted |= {*onward.comes, *onward.leaves} if onward else set()
    with read_snapshot() as session:
        names = names_of(session, [who for who in wanted if who is not None])

    def face_of(face: Face) -> NamedFace:
        a, b, winner = (names.get(face[key]) for key in ("side_a_id", "side_b_id", "winner_id"))
        return NamedFace(face["state"], (a, b), winner, face["decided_by"] is not None)

    return ImpactView(
        tuple(
            NamedMatch(match.number, match.label, face_of(match.before), face_of(match.after))
            for match in impact.matches
        ),
        tuple(NamedMove(names.get(move.participant_id, "?"), move) for move in impact.ranks),
        impact.in_doubt,
        impact.told,
        onward and NamedOnward(
            tuple(names.get(who, "?") for who in onward.comes), tuple(names.get(who, "?") for who in onward.leaves),
            onward.is_open, onward.has_begun,
        ),
    )  # fmt: skip
