"""Points and order of a tournament of two-sided matches while somebody makes them: as typed, right or wrong."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Self

from webapp.domain.cascades import parse_cascade
from webapp.domain.errors import FieldError, RulesError
from webapp.domain.rules import names_cascade, parse_ruleset
from webapp.domain.rules_draft import OWN, RulesDraft, entry_text

STANDARD: Final = "preset"
USUAL: Final = ("points", "head_to_head", "score_difference", "wins", "games_won")
"""The order that is offered: by points, then among the level, then by what was scored."""
_NEW: Final = {"name": "series", "title": "Matches of two sides"}
_POINTS: Final = ("win_points", "draw_points", "loss_points")


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesRulesDraft:
    """Rules as a form holds them; `cascade` holds entries as those of `RulesDraft`."""

    win_points: str = "3"
    draw_points: str = "1"
    loss_points: str = "0"
    order: str = OWN
    cascade: tuple[str, ...] = ()
    shares_ranks: bool = False

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Self:
        """The draft of rules that a tournament holds."""
        rules = parse_ruleset(settings)
        return cls(
            win_points=str(rules.win_points),
            draw_points=str(rules.draw_points),
            loss_points=str(rules.loss_points),
            order=OWN if names_cascade(settings) else STANDARD,
            cascade=tuple(map(entry_text, rules.cascade)),
            shares_ranks=rules.ties == "shared",
        )

    def after(self, step: str) -> Self:
        """The draft after a step of the editor, as `RulesDraft.after` knows them."""
        moved = RulesDraft(order=self.order, cascade=self.cascade).after(step)
        return replace(self, order=moved.order, cascade=moved.cascade)

    def filled(self) -> Self:
        """The draft with what an editor shows before anything is typed."""
        return replace(self, cascade=self.cascade or tuple(map(entry_text, parse_cascade(list(USUAL)))))

    def settings(self, *, kept: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The rules as data for `parse_ruleset`, beside what of the rules `kept` no editor shows.

        Raises RulesError with everything that cannot be read or used.
        """
        problems: list[FieldError] = []
        shown = (*_POINTS, "cascade", "ties")
        settings = {name: value for name, value in (kept or _NEW).items() if name not in shown}
        for name in _POINTS:
            text = getattr(self, name).strip()
            if text.isascii() and text.isdecimal() and len(text) <= 6:
                settings[name] = int(text)
            else:
                problems.append(FieldError(name, "write a whole number of 0 or more"))
        if self.shares_ranks:
            settings["ties"] = "shared"
        if self.order == OWN:
            settings["cascade"] = RulesDraft(cascade=self.filled().cascade).own_cascade(problems)
        if problems:
            raise RulesError.listing("The rules cannot be used", problems)
        parse_ruleset(settings)
        return settings
