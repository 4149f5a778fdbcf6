"""The editor of rules as a form sends it."""

from collections.abc import Mapping
from typing import Any, Final

from flask import request

from webapp.domain.rules_draft import MOST_PLACES, RulesDraft
from webapp.domain.series_rules_draft import SeriesRulesDraft

STEP: Final = "step"
_FIELDS: Final = (
    "table", "title", "points_per_kill", "order", "kill_cap", "count_best", "lobby_size", "match_point_threshold",
    "match_point_cap",
)  # fmt: skip
_MOST_KEYS: Final = 40


AnyDraft = RulesDraft | SeriesRulesDraft
_OF_SERIES: Final = ("win_points", "draw_points", "loss_points", "order")


def draft_of(settings: Mapping[str, Any], *, is_royale: bool) -> AnyDraft:
    """The draft of rules that a tournament, or a template, holds."""
    return RulesDraft.of(settings) if is_royale else SeriesRulesDraft.of(settings)


def blank(*, is_royale: bool) -> AnyDraft:
    """The draft that a new tournament begins with."""
    return RulesDraft() if is_royale else SeriesRulesDraft()


def sent(*, is_royale: bool) -> AnyDraft:
    """The draft of this request, for lobbies or for matches of two sides."""
    return sent_draft() if is_royale else _sent_series()


def _sent_series() -> SeriesRulesDraft:
    given = {name: request.form[name] for name in _OF_SERIES if name in request.form}
    if "win_points" not in given:
        # The form was made for a game that is played in lobbies.
        return SeriesRulesDraft()
    draft = SeriesRulesDraft(
        **given, cascade=tuple(_listed("key", _MOST_KEYS)), shares_ranks="shares_ranks" in request.form
    )
    return draft.filled().after(_step()) if sent_step() else draft


def sent_draft() -> RulesDraft:
    """The draft of this request, after the step that one of the editor's buttons asks for."""
    given = {name: request.form[name] for name in _FIELDS if name in request.form}
    draft = RulesDraft(
        **given,
        placement_points=tuple(_listed("place", MOST_PLACES, start=1)),
        cascade=tuple(_listed("key", _MOST_KEYS)),
        shares_ranks="shares_ranks" in request.form,
    )
    return draft.filled().after(_step()) if sent_step() else draft


def sent_step() -> bool:
    """Whether a button of the editor was pressed, not the one that saves."""
    return STEP in request.form


def _step() -> str:
    step = request.form[STEP]
    # Which key is to be added says the list beside the button.
    return f"add-key:{request.form.get('new_key', '')}" if step == "add-key" else step


def _listed(prefix: str, most: int, *, start: int = 0) -> list[str]:
    values = []
    for place in range(start, start + most):
        value = request.form.get(f"{prefix}-{place}")
        if value is None:
            break
        values.append(value)
    return values
