"""The point presets that ship with the platform: one TOML file each, versioned, with its source and how sure it is.

Changing a file here must raise its version. Tournaments keep a copy of the rules they started with, so that no change
reaches one that has started.
"""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from webapp.domain.data_files import preset_files
from webapp.domain.errors import FieldError, RulesError
from webapp.domain.rules import Ruleset, parse_ruleset
from webapp.domain.ruleset_values import did_you_mean


@cache
def load_presets() -> Mapping[str, Ruleset]:
    """Every preset by its name, in alphabetical order. Raises RulesError naming the file that cannot be used."""
    return MappingProxyType({name: _parsed(name) for name in preset_files()})


def preset(name: str) -> Ruleset:
    """The preset of that name. Raises RulesError listing the known names."""
    presets = load_presets()
    if name not in presets:
        raise RulesError(
            f"Unknown points preset {name!r}{did_you_mean(name, presets)}; known presets: {', '.join(presets)}",
            [FieldError("points_preset", f"must be one of {', '.join(presets)}")],
        )
    return presets[name]


def _parsed(name: str) -> Ruleset:
    try:
        return parse_ruleset(preset_files()[name], name=name)
    except RulesError as problem:
        raise RulesError(f"presets/{name}.toml: {problem.message}", problem.fields) from problem
