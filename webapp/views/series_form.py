"""The games of a series as a form: a row a game, the scores of the two sides beside each other."""

import re
from collections.abc import Sequence
from typing import Any, Final

from wtforms import BooleanField, FieldList, FormField, IntegerField, StringField
from wtforms import Form as PlainForm
from wtforms.validators import NumberRange, Optional

from webapp.domain.errors import DomainError
from webapp.domain.names import NAME_LIMIT
from webapp.domain.series import SeriesGame
from webapp.services.pages.report_views import ReportedGame
from webapp.views.forms import Form, take_errors

_MOST: Final = 1_000_000
_OF_A_GAME: Final = re.compile(r"game (\d+)(?:: (\w+))?")
_FIELD_OF: Final = {"reason": "reason"}


def _score(label: str) -> IntegerField:
    return IntegerField(
        label, validators=[Optional(), NumberRange(0, _MOST)],
        render_kw={"inputmode": "numeric", "autocomplete": "off", "min": 0, "data-score": ""},
    )  # fmt: skip


class GameForm(PlainForm):  # type: ignore[misc]  # WTForms ships no types
    """One game."""

    score_a = _score("Score of the first side")
    score_b = _score("Score of the second side")
    map = StringField("Map", render_kw={"maxlength": NAME_LIMIT, "autocomplete": "off"})
    allow_irregular = BooleanField("Let an odd score stand")
    reason = StringField("Why", render_kw={"maxlength": 200, "autocomplete": "off"})

    @property
    def is_empty(self) -> bool:
        """Whether neither score is given."""
        return self.score_a.data is None and self.score_b.data is None


class GamesForm(Form):
    """As many rows as the series can have games."""

    games = FieldList(FormField(GameForm))

    def __init__(self, best_of: int, kept: Sequence[ReportedGame] = (), **more: Any) -> None:
        """Rows for a best of so many, filled with the games that are kept."""
        rows = [
            {"score_a": game.score_a, "score_b": game.score_b, "map": game.map} for game in kept[:best_of]
        ]  # fmt: skip
        rows += [{} for _ in range(best_of - len(rows))]
        super().__init__(data={"games": rows} | more.pop("data", {}), **more)
        while len(self.games) < best_of:
            self.games.append_entry({})
        del self.games.entries[best_of:]

    def validate(self, extra_validators: Any = None) -> bool:
        """Also that no game has one score alone, and that no game between two others is empty."""
        is_good = bool(super().validate(extra_validators))
        for row in self.games:
            for field, other in ((row.score_a, row.score_b), (row.score_b, row.score_a)):
                if field.data is None and other.data is not None and not field.errors:
                    field.errors = ["Both scores are needed."]
                    is_good = False
        return is_good

    def played(self, sides: tuple[int, int]) -> list[SeriesGame]:
        """The games that have scores, by the numbers of their rows."""
        side_a, side_b = sides
        return [
            SeriesGame(
                number,
                {side_a: row.score_a.data, side_b: row.score_b.data},
                (row.map.data or "").strip() or None,
                allow_irregular=bool(row.allow_irregular.data),
                reason=row.reason.data or "",
            )
            for number, row in enumerate(self.games, start=1)
            if not row.form.is_empty
        ]

    def take_game_errors(self, error: DomainError) -> None:
        """Put what is wrong with a game into its row; the rest above the form."""
        elsewhere = []
        for problem in error.fields:
            found = _OF_A_GAME.fullmatch(problem.path)
            if problem.path == "games":
                self.form_errors.append(f"{problem.message[:1].upper()}{problem.message[1:]}.")
                continue
            if found is None or not 1 <= int(found[1]) <= len(self.games):
                elsewhere.append(problem)
                continue
            row = self.games[int(found[1]) - 1].form
            field = row[_FIELD_OF.get(found[2] or "", "score_a")]
            field.errors = [*field.errors, problem.message]
        if elsewhere or not error.fields:
            error.fields = tuple(elsewhere)
            take_errors(self, error)
