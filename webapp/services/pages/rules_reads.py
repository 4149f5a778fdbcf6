"""The points presets as people read them."""

from webapp.domain.presets import load_presets
from webapp.services.pages.tournament_reads import ruleset_view
from webapp.services.pages.tournament_view import RulesView


def read_presets() -> tuple[RulesView, ...]:
    """Every preset in the order of its title."""
    presets = (ruleset_view(rules, is_series=False) for rules in load_presets().values())
    return tuple(sorted(presets, key=lambda rules: rules.title.casefold()))
