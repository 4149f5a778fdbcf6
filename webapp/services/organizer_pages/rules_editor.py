"""What the editor of rules shows: presets to choose from, one's own table and order, and what they come to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from webapp.domain.cascades import KEYS
from webapp.domain.errors import FieldError, RulesError
from webapp.domain.presets import load_presets
from webapp.domain.rules import Ruleset, parse_ruleset
from webapp.domain.rules_draft import RulesDraft
from webapp.domain.rules_examples import WorkedExample, doubts, worked_examples
from webapp.domain.series_rules_draft import SeriesRulesDraft
from webapp.models import Tournament
from webapp.services.pages.tournament_reads import rules_view
from webapp.services.pages.tournament_view import RulesView

_FIRST: Final = RulesDraft().table
"""The preset that is offered first."""
_OF_LOBBIES: Final = (
    "points", "kills", "wins", "placement_points", "kill_points", "countback", "best_placement", "avg_placement",
    "last_match_placement", "last_completed_at", "earliest_win_at", "matches_played", "avg_kills", "time_alive_s",
    "head_to_head", "seed", "lot",
)  # fmt: skip
"""Keys that say something of battle-royale matches, the usual ones first."""
_OF_SERIES: Final = (
    "points", "head_to_head", "score_difference", "wins", "games_won", "score_for", "losses", "matches_played",
    "buchholz", "buchholz_difference", "sonneborn_berger", "last_completed_at", "earliest_win_at", "seed", "lot",
)  # fmt: skip
"""Keys that say something of matches of two sides."""


@dataclass(frozen=True, slots=True)
class OrderKey:
    """A key of one's own order. `entry` is how the form carries it."""

    entry: str
    name: str
    ascending: bool
    is_among_tied: bool


@dataclass(frozen=True, slots=True)
class RulesPreview:
    """What rules come to; `rules` is None while they cannot be used."""

    rules: RulesView | None
    examples: tuple[WorkedExample, ...]
    doubts: tuple[FieldError, ...]


@dataclass(frozen=True, slots=True)
class RulesEditor:
    """The editor around a draft. `errors` holds messages by the name of the field that they belong to."""

    draft: RulesDraft
    errors: Mapping[str, Sequence[str]]
    presets: tuple[RulesView, ...]
    keys: tuple[OrderKey, ...]
    addable: tuple[str, ...]
    preview: RulesPreview


@dataclass(frozen=True, slots=True)
class SeriesRulesEditor:
    """The editor around a draft of a tournament of two-sided matches."""

    draft: SeriesRulesDraft
    errors: Mapping[str, Sequence[str]]
    keys: tuple[OrderKey, ...]
    addable: tuple[str, ...]
    preview: RulesPreview


def any_editor(
    draft: RulesDraft | SeriesRulesDraft, *, kept: Mapping[str, Any] | None = None, checked: bool = True
) -> RulesEditor | SeriesRulesEditor:
    """The editor of a draft of either kind, as `editor_of`."""
    if isinstance(draft, RulesDraft):
        return editor_of(draft, kept=kept, checked=checked)
    filled = draft.filled()
    errors: dict[str, list[str]] = {}
    for problem in _problems(draft, kept) if checked else ():
        errors.setdefault(problem.path, []).append(problem.message)
    keys = tuple(_order_key(entry) for entry in filled.cascade)
    named = {key.name for key in keys}
    addable = tuple(name for name in _OF_SERIES if name not in named)
    return SeriesRulesEditor(filled, errors, keys, addable, _series_preview(draft, kept))


def _series_preview(draft: SeriesRulesDraft, kept: Mapping[str, Any] | None) -> RulesPreview:
    try:
        rules = parse_ruleset(draft.settings(kept=kept), name="series")
    except RulesError as refused:
        return RulesPreview(None, (), refused.fields)
    return RulesPreview(rules_view(Tournament(format="round-robin"), rules), (), ())


def editor_of(draft: RulesDraft, *, kept: Mapping[str, Any] | None = None, checked: bool = True) -> RulesEditor:
    """The editor of a draft; with `checked`, what is wrong in it is named. `kept` as in `RulesDraft.settings`."""
    filled = draft.filled()
    errors: dict[str, list[str]] = {}
    for problem in _problems(draft, kept) if checked else ():
        errors.setdefault(problem.path, []).append(problem.message)
    keys = tuple(_order_key(entry) for entry in filled.cascade)
    named = {key.name for key in keys}
    return RulesEditor(
        draft=filled,
        errors=errors,
        presets=tuple(map(shown, sorted(load_presets().values(), key=lambda rules: rules.name != _FIRST))),
        keys=keys,
        addable=tuple(name for name in _OF_LOBBIES if name not in named),
        preview=preview_of(draft, kept=kept),
    )


def preview_of(draft: RulesDraft, *, kept: Mapping[str, Any] | None = None) -> RulesPreview:
    """What a draft comes to, as far as it can be used."""
    try:
        rules = parse_ruleset(draft.settings(kept=kept), name="own")
    except RulesError as refused:
        return RulesPreview(None, (), refused.fields)
    return RulesPreview(shown(rules), worked_examples(rules), tuple(doubts(rules)))


def shown(rules: Ruleset) -> RulesView:
    """Rules of a battle royale as people read them."""
    return rules_view(Tournament(format="battle-royale"), rules)


def _problems(draft: RulesDraft | SeriesRulesDraft, kept: Mapping[str, Any] | None) -> Sequence[FieldError]:
    try:
        draft.settings(kept=kept)
    except RulesError as refused:
        return refused.fields
    return ()


def _order_key(entry: str) -> OrderKey:
    name, _, marks = entry.partition(":")
    is_among_tied = ":tied" in entry or (name in KEYS and KEYS[name].among_tied_default)
    return OrderKey(entry, name, marks.startswith("asc"), is_among_tied)
