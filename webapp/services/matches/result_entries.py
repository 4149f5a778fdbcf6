"""Results as lists of plain values, the same for reports, claims and what is kept for an undo; read for their match.

Of a series `[number, score of side A, score of side B, map or null]` a game; of a battle royale the lines as the log
has them (`lines_as_data`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from webapp.domain.errors import FieldError, ResultError
from webapp.domain.games import load_games
from webapp.domain.logged_lines import lines_from_data
from webapp.domain.series import SeriesGame, odd_score
from webapp.models import Match, Tournament
from webapp.services.matches import results, series
from webapp.services.matches.confirmation import Case, MatchOutcome, ResultKind, confirm_in, correct_in, void_in
from webapp.services.matches.sides import both_of

_GAME: Final = 4
_LINE: Final = 5


@dataclass(frozen=True, slots=True)
class Handler:
    """What is done with results of one kind of match, entries being plain values."""

    kind: ResultKind[Any]

    def stored(self, case: Case) -> list[list[Any]]:
        """The entries that count now."""
        return self.plain(case, self.kind.stored(case))

    def plain(self, case: Case, entries: Sequence[Any]) -> list[list[Any]]:
        """Entries as plain values, in their order."""
        record = self.kind.as_record(case, entries)
        # A series' record names the winner of each game, which the score says.
        return record if self.kind.field == "results" else [[*game[:3], game[4]] for game in record]

    def check(self, case: Case, entries: Sequence[Any]) -> None:
        """Raises what the rules of the match say against the entries."""
        self.kind.ensure_fits(case)
        self.kind.check(case, parsed(case.tournament, case.match, entries))

    def confirm(self, case: Case, entries: Sequence[Any], *, lets_stand: str = "") -> MatchOutcome:
        """`confirmation.confirm_in`; `lets_stand` as for `parsed`."""
        self.kind.ensure_fits(case)
        return confirm_in(self.kind, case, parsed(case.tournament, case.match, entries, lets_stand=lets_stand))

    def correct(self, case: Case, entries: Sequence[Any], *, reason: str) -> MatchOutcome:
        """`confirmation.correct_in`; an odd score stands for the reason."""
        self.kind.ensure_fits(case)
        read = parsed(case.tournament, case.match, entries, lets_stand=reason)
        return correct_in(self.kind, case, read, reason=reason)

    def void(self, case: Case, *, reason: str) -> MatchOutcome:
        """`confirmation.void_in`."""
        return void_in(self.kind, case, reason=reason)


def of_tournament(tournament: Tournament) -> Handler:
    """For the matches of a tournament."""
    return Handler(results.KIND if tournament.format == "battle-royale" else series.KIND)


def parsed(tournament: Tournament, match: Match, entries: Sequence[Any], *, lets_stand: str = "") -> list[Any]:
    """Plain values as the entries that services take; ResultError naming every one of another form.

    `lets_stand` is why an official lets a score stand that is odd for the game; without it such a score is refused.
    """
    is_lobby = tournament.format == "battle-royale"
    errors = [
        FieldError(f"{'line' if is_lobby else 'game'} {place}", "is not of the form of a result")
        for place, entry in enumerate(entries, start=1)
        if not _is_plain(entry, is_lobby=is_lobby)
    ]
    if errors:
        raise ResultError.listing("The result cannot be read", errors)
    if is_lobby:
        return [lines_from_data(entry) for entry in entries]
    side_a_id, side_b_id = both_of(match)
    return [
        SeriesGame(
            number, {side_a_id: score_a, side_b_id: score_b}, map_name,
            allow_irregular=bool(lets_stand) and _is_odd(tournament, score_a, score_b), reason=lets_stand,
        )
        for number, score_a, score_b, map_name in entries
    ]  # fmt: skip


def _is_odd(tournament: Tournament, score_a: int, score_b: int) -> bool:
    rule = load_games()[tournament.game].score
    return rule is not None and odd_score(rule, max(score_a, score_b), min(score_a, score_b)) is not None


def _is_plain(entry: Any, *, is_lobby: bool) -> bool:
    if not isinstance(entry, list) or len(entry) != (_LINE if is_lobby else _GAME):
        return False
    numbers = entry if is_lobby else entry[:3]
    is_named = is_lobby or entry[3] is None or isinstance(entry[3], str)
    return is_named and all(type(value) is int for value in numbers)
