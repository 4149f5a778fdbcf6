"""Which events a webhook can be told, in the groups that its form shows."""

from collections.abc import Mapping
from typing import Final

from webapp.domain.events import CATALOGUE, TEAM_ROOM, TOURNAMENT_ROOM, EventType

TEST: Final = "webhook_test"
"""The type of what is sent to try an address; it stands in no log."""
_OF_REGISTRATIONS: Final = ("registration_", "waitlist_", "checkin_", "payment_")
_OF_MATCHES: Final = ("match_", "score_", "result_", "draft_")


def _group(event: EventType) -> str:
    if event.name.startswith(_OF_REGISTRATIONS):
        return "Registrations"
    if event.name.startswith(_OF_MATCHES):
        return "Matches"
    return "Brackets" if event.name.startswith("bracket_") else "Tournament"


def _grouped() -> dict[str, tuple[str, ...]]:
    groups: dict[str, list[str]] = {"Tournament": [], "Matches": [], "Brackets": [], "Registrations": []}
    for event in CATALOGUE.values():
        # What happens in a team stands in the team's own log.
        if TOURNAMENT_ROOM in event.rooms and TEAM_ROOM not in event.rooms:
            groups[_group(event)].append(event.name)
    return {title: tuple(names) for title, names in groups.items()}


GROUPS: Final[Mapping[str, tuple[str, ...]]] = _grouped()
"""The names of events by what they are about."""
OFFERED: Final = tuple(name for names in GROUPS.values() for name in names)
"""Every event that can be chosen."""
