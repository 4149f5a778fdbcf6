"""Drafts of heroes: bans and picks of two sides in the order of the game's draft mode (spec 01).

Sides are called `first` and `second` after who picks first; the caller knows which team is which.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

from webapp.domain.data_files import draft_order_files
from webapp.domain.errors import DraftError, FieldError, NotFound

SIDES = ("first", "second")
ACTIONS = ("ban", "pick")


class DraftAction(NamedTuple):
    """One action: `order` from 1, `side` first or second, `action` ban or pick, `hero` (None: a ban let pass)."""

    order: int
    side: str
    action: str
    hero: str | None


class DraftStep(NamedTuple):
    """What is due at one place of the order."""

    side: str
    action: str
    phase: str


@dataclass(frozen=True, slots=True)
class DraftOrder:
    """The whole order of a draft mode, with its source and how sure it is."""

    name: str
    title: str
    version: int
    source: str
    confidence: str
    picks_per_side: int
    steps: tuple[DraftStep, ...]


@cache
def load_draft_orders() -> Mapping[str, DraftOrder]:
    """Every draft order by its name. Raises DraftError naming a file that contradicts itself."""
    return MappingProxyType({name: _order_from(name, data) for name, data in draft_order_files().items()})


def draft_order(name: str) -> DraftOrder:
    """The draft order of that name. Raises NotFound listing the known ones."""
    orders = load_draft_orders()
    if name not in orders:
        raise NotFound(f"Unknown draft order {name!r}; known draft orders: {', '.join(orders)}")
    return orders[name]


def check_draft(order: DraftOrder, actions: Sequence[DraftAction], *, complete: bool) -> None:
    """Checks a draft against its order.

    `complete` asks for all of it (confirmation), else any beginning will do (live). Raises DraftError with every wrong
    action; paths are `action 5: hero` and the like.
    """
    errors: list[FieldError] = []
    for place, action in enumerate(actions, start=1):
        errors.extend(_action_errors(order, place, action))
    errors.extend(_repeated_heroes(actions))
    if complete and len(actions) < len(order.steps):
        errors.append(FieldError("actions", _missing(order, actions)))
    if errors:
        raise DraftError.listing(f"The draft breaks the order of {order.title}", errors)


def next_step(order: DraftOrder, actions: Sequence[DraftAction]) -> DraftStep | None:
    """What is due now; None when the draft is complete."""
    return order.steps[len(actions)] if len(actions) < len(order.steps) else None


def _order_from(name: str, data: Mapping[str, Any]) -> DraftOrder:
    steps = tuple(
        DraftStep(side, phase["action"], phase["name"]) for phase in data["phases"] for side in phase["sides"]
    )
    about = {key: data[key] for key in ("title", "version", "source", "confidence", "picks_per_side")}
    order = DraftOrder(name=name, steps=steps, **about)
    wrong = [step for step in steps if step.side not in SIDES or step.action not in ACTIONS]
    picks = {side: sum(step.side == side and step.action == "pick" for step in steps) for side in SIDES}
    if wrong or set(picks.values()) != {order.picks_per_side}:
        raise DraftError(
            f"draft_orders/{name}.toml needs {order.picks_per_side} picks for each of {' and '.join(SIDES)}"
        )
    return order


def _action_errors(order: DraftOrder, place: int, action: DraftAction) -> list[FieldError]:
    if place > len(order.steps):
        return [FieldError(f"action {place}", f"is one too many: the draft has {len(order.steps)} actions")]
    due = order.steps[place - 1]
    errors = []
    if action.order != place:
        errors.append(FieldError(f"action {place}: order", f"must be {place}, not {action.order}"))
    if action.side != due.side:
        errors.append(FieldError(f"action {place}: side", f"must be {due.side}, not {action.side}"))
    if action.action != due.action:
        errors.append(FieldError(f"action {place}: action", f"must be a {due.action}, not {action.action}"))
    if action.action == "pick" and not (action.hero or "").strip():
        errors.append(FieldError(f"action {place}: hero", "is missing: only a ban may be let pass"))
    return errors


def _repeated_heroes(actions: Sequence[DraftAction]) -> list[FieldError]:
    first_at: dict[str, int] = {}
    errors = []
    for place, action in enumerate(actions, start=1):
        hero = (action.hero or "").strip().casefold()
        if not hero:
            continue
        if hero in first_at:
            earlier = actions[first_at[hero] - 1]
            past = "banned" if earlier.action == "ban" else "picked"
            message = f"{action.hero} was {past} already in action {first_at[hero]}"
            errors.append(FieldError(f"action {place}: hero", message))
        first_at.setdefault(hero, place)
    return errors


def _missing(order: DraftOrder, actions: Sequence[DraftAction]) -> str:
    picks = {side: sum(action.side == side and action.action == "pick" for action in actions) for side in SIDES}
    counts = ", ".join(f"{side} {count} of {order.picks_per_side}" for side, count in picks.items())
    return f"the draft is not complete: {len(actions)} of {len(order.steps)} actions, picks {counts}"
