"""Drafts of a match as its page shows them: for each game two sides with their bans and picks."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from webapp.domain.drafts import DraftAction, draft_order, next_step
from webapp.domain.games import load_games
from webapp.models import Match, Tournament
from webapp.services.matches.match_drafts import actions_of
from webapp.services.pages.match_view import DraftMark, DraftSide, DraftView
from webapp.services.registration.participant_names import names_of


def drafts_of(session: Session, tournament: Tournament, match: Match) -> tuple[DraftView, ...]:
    """The drafts that are kept of a match, by game."""
    game = load_games().get(tournament.game)
    if not match.drafts or game is None or game.draft is None:
        return ()
    sides = [side for side in (match.side_a_id, match.side_b_id) if side is not None]
    names = names_of(session, sides)
    return tuple(
        _draft(int(number), draft, game.draft, sides, names)
        for number, draft in sorted(match.drafts.items(), key=lambda item: int(item[0]))
    )


def _draft(
    number: int, draft: Mapping[str, Any], order_name: str, sides: list[int], names: Mapping[int, str]
) -> DraftView:
    actions = actions_of(dict(draft))
    roles = {side: "first" if side == draft["first_id"] else "second" for side in sides}
    due = next_step(draft_order(order_name), actions)
    return DraftView(
        game_number=number,
        sides=tuple(
            DraftSide(
                names.get(side, f"#{side}"),
                role == "first",
                _marks(actions, role, "ban"),
                _marks(actions, role, "pick"),
            )
            for side, role in roles.items()
        ),
        next_action=due.action if due else None,
        next_name=next((names.get(side) for side, role in roles.items() if due and role == due.side), None),
    )


def _marks(actions: list[DraftAction], role: str, kind: str) -> tuple[DraftMark, ...]:
    return tuple(
        DraftMark(action.order, action.action, action.hero)
        for action in actions
        if action.side == role and action.action == kind
    )
