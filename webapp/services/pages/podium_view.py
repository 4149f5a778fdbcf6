"""The declared winners as a reader sees them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PodiumPlace:
    """One of the first three, or one who shares the first place."""

    place: int
    participant_id: int
    name: str


@dataclass(frozen=True, slots=True)
class Podium:
    """Who won, and by which method that was found."""

    places: tuple[PodiumPlace, ...]
    method: str

    @property
    def winners(self) -> tuple[str, ...]:
        """The names on the first place."""
        return tuple(each.name for each in self.places if each.place == 1)
