"""What the form of a tournament starts from."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from webapp.domain.permissions import Action
from webapp.services.organizer_pages.managed import ManagedHead, find_managed, head_of
from webapp.services.pages.tournament_reads import rules_view
from webapp.services.pages.tournament_view import RulesView
from webapp.services.ranking import standings
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot
from webapp.services.tournaments.tournament_details import FIELDS, frozen_fields


@dataclass(frozen=True, slots=True, kw_only=True)
class DetailsView:
    """A tournament's details as a form takes them. `frozen_fields` says why a field cannot be changed any more."""

    head: ManagedHead
    values: Mapping[str, Any]
    ruleset: Mapping[str, Any]
    rules: RulesView
    frozen_fields: Mapping[str, str]

    @property
    def digest(self) -> str:
        """What tells these details from others, so that nobody saves over what they have not seen."""
        return hashlib.sha256(repr((self.values, self.ruleset, self.head.status)).encode()).hexdigest()

    @property
    def is_frozen(self) -> bool:
        """Whether game, format and points stand."""
        return "ruleset" in self.frozen_fields


def read_details(tournament_id: int, *, actor: Actor) -> DetailsView:
    """The details of a tournament that the actor may change. Raises NotFound, Forbidden."""
    with read_snapshot() as session:
        tournament = find_managed(session, tournament_id, actor, Action.MANAGE_TOURNAMENT)
        return DetailsView(
            head=head_of(session, tournament, actor),
            values={name: getattr(tournament, name) for name in FIELDS if name != "ruleset"},
            ruleset=dict(tournament.ruleset),
            rules=rules_view(tournament, standings.rules_of(tournament)),
            frozen_fields=frozen_fields(tournament.status),
        )
