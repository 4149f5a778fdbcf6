"""Drafts of a match's games: who picked first, and what was banned and picked, in order. Shown, never counted."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from webapp.domain.drafts import DraftAction, check_draft, draft_order
from webapp.domain.errors import Conflict, DraftError, FieldError
from webapp.domain.games import load_games
from webapp.domain.permissions import Action
from webapp.models import Match, Tournament
from webapp.services.matches.matches import lock_match
from webapp.services.spine import audit, log
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import transaction

_DRAFTED_IN: Final = ("live", "pending_result", "completed")


def record(
    match_id: int, game_number: int, *, first_id: int, actions: Sequence[DraftAction], actor: Actor, now: datetime
) -> bool:
    """Keep the draft of a game as far as it has come, in the place of what was kept; False when nothing differs.

    Raises DraftError for actions that break the order of the game, Conflict for a match that is not being played.
    """
    with transaction() as session:
        tournament, match = lock_match(session, match_id, actor, Action.ENTER_RESULTS)
        _check(tournament, match, game_number, first_id, actions)
        kept: dict[str, Any] = dict(match.drafts or {})
        before = kept.get(str(game_number))
        after = {"first_id": first_id, "actions": [list(action[1:]) for action in actions]}
        if before == after:
            return False
        kept[str(game_number)] = after
        match.drafts = kept
        data = {"number": match.number, "game": game_number, "actions_count": len(actions)}
        log.record(session, tournament, "draft_updated", data, actor=actor, now=now, match_id=match.id)
        audit.record(
            session, actor, "draft.updated", now=now, tournament_id=tournament.id, match_id=match.id,
            game=game_number, before=len(before["actions"]) if before else 0, after=len(actions),
        )  # fmt: skip
        return True


def actions_of(draft: dict[str, Any]) -> list[DraftAction]:
    """The actions of a kept draft."""
    return [DraftAction(order, *action) for order, action in enumerate(draft["actions"], start=1)]


def ensure_complete(tournament: Tournament, match: Match, games: Sequence[int]) -> None:
    """The drafts of confirmed games are whole; a game may have none. Raises DraftError naming what is missing."""
    order_name = load_games()[tournament.game].draft
    drafts = match.drafts or {}
    errors: list[FieldError] = []
    for number in games:
        if order_name is None or str(number) not in drafts:
            continue
        try:
            check_draft(draft_order(order_name), actions_of(drafts[str(number)]), complete=True)
        except DraftError as error:
            errors += [FieldError(f"game {number}: draft", problem.message) for problem in error.fields]
    if errors:
        raise DraftError.listing("The result cannot be confirmed with such a draft", errors)


def _check(
    tournament: Tournament, match: Match, game_number: int, first_id: int, actions: Sequence[DraftAction]
) -> None:
    if match.state not in _DRAFTED_IN:
        raise Conflict(f"Match {match.number} is {match.state}; a draft belongs to a match that is played.")
    order_name = load_games()[tournament.game].draft
    if order_name is None:
        raise DraftError(f"{load_games()[tournament.game].title} is played without a draft.")
    errors = []
    if not 1 <= game_number <= match.best_of:
        errors.append(FieldError("game", f"must be 1 to {match.best_of}, not {game_number}"))
    if first_id not in (match.side_a_id, match.side_b_id):
        errors.append(FieldError("first_id", f"participant {first_id} does not play in match {match.number}"))
    if errors:
        raise DraftError.listing("The draft cannot be taken", errors)
    check_draft(draft_order(order_name), actions, complete=False)
