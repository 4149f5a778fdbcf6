"""Matches of two sides over several games: what is refused, who has won, and the summary (specs 01 and 02)."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from webapp.domain.errors import FieldError, SeriesError
from webapp.domain.games.definition import Game, ScoreRule

_LARGEST_SCORE = 1_000_000


@dataclass(frozen=True, slots=True)
class SeriesGame:
    """One game (map) of a series: its number from 1 and the score by participant id.

    `winner_id`, when given, must agree with the score. `allow_irregular` with a `reason` lets an odd score stand. Of a
    game that knows its own, `tournament_id` and `game` (slug) are compared with the match's.
    """

    number: int
    score: Mapping[int, int]
    map: str | None = None
    winner_id: int | None = None
    allow_irregular: bool = False
    reason: str = ""
    tournament_id: int | None = None
    game: str | None = None


@dataclass(frozen=True, slots=True)
class SeriesMatch:
    """A match of two sides (participant ids) with the games played so far, in any order.

    `is_league` (round robin, Swiss): a best of 1 may end even where the game knows draws. `awarded_to` is the side that
    won without playing it out: a forfeit, or an official's decision.
    """

    match_id: int
    tournament_id: int
    game: Game
    best_of: int
    sides: tuple[int, int]
    games: tuple[SeriesGame, ...] = ()
    is_league: bool = False
    awarded_to: int | None = None

    @property
    def wins_needed(self) -> int:
        """Games that win the series."""
        return self.best_of // 2 + 1

    @property
    def may_end_even(self) -> bool:
        """Whether the match can be drawn."""
        return self.game.draws and self.is_league and self.best_of == 1


def check_series(match: SeriesMatch, *, complete: bool = False) -> None:
    """Checks all games of the match; `complete` also refuses a series that nobody has won yet (confirmation).

    Raises SeriesError with everything wrong; paths are `game 2: score` and the like.
    """
    errors = _errors(match) or list(_odd_score_errors(match))
    if complete and not errors and _status(match) != "completed":
        errors.append(FieldError("games", _unfinished(match)))
    _refuse(errors)


def series_summary(match: SeriesMatch) -> dict[str, Any]:
    """The series as the API tells it (02, "Series summary"); ids that are keys are text, as JSON has them.

    `status` is pending (no games), live or completed; without a decision `series_winner_id` is None. Raises SeriesError
    for games that do not make this series; odd scores are not asked about again once they were let stand.
    """
    _refuse(_errors(match))
    wins = _wins(match)
    return {
        "match_id": match.match_id,
        "best_of": match.best_of,
        "status": _status(match),
        "series_winner_id": _winner_id(match),
        "series_score": {str(side): wins[side] for side in match.sides},
        "games": [
            {
                "number": game.number,
                "winner_id": game_winner(game),
                "score": {str(side): game.score[side] for side in match.sides},
                "map": game.map,
            }
            for game in _in_order(match)
        ],
    }


def game_winner(game: SeriesGame) -> int | None:
    """The participant with the higher score; None for a draw."""
    best = max(game.score.values())
    leaders = [participant_id for participant_id, score in game.score.items() if score == best]
    return leaders[0] if len(leaders) == 1 else None


def odd_score(rule: ScoreRule, high: int, low: int) -> str | None:
    """Why `high` to `low` cannot be the end of a game under `rule`; None when it can."""
    if high < rule.win_at:
        return f"nobody has the {rule.win_at} that win it"
    if high - low < rule.win_by:
        return f"the winner must lead by {rule.win_by}"
    if high > rule.win_at and low < rule.win_at - 1:
        return f"it would have ended with {rule.win_at}"
    if high > rule.win_at and rule.lead_most is not None and high - low > rule.lead_most:
        return f"overtime ends with a lead of {rule.lead_most} at most"
    return None


def _refuse(errors: Sequence[FieldError]) -> None:
    if errors:
        raise SeriesError.listing("The series cannot be taken", errors)


def _errors(match: SeriesMatch) -> list[FieldError]:
    errors = list(_match_errors(match))
    if not errors:
        errors.extend(error for game in match.games for error in _game_errors(match, game))
        errors.extend(_number_errors(match))
    return errors or list(_surplus_errors(match))


def _match_errors(match: SeriesMatch) -> Iterator[FieldError]:
    if match.game.is_battle_royale:
        yield FieldError("game", f"{match.game.title} is a battle royale and has no series")
    elif match.best_of not in match.game.best_of:
        allowed = ", ".join(str(number) for number in match.game.best_of)
        yield FieldError("best_of", f"must be one of {allowed}, not {match.best_of!r}")
    if match.sides[0] == match.sides[1]:
        yield FieldError("sides", f"participant {match.sides[0]} cannot play against itself")
    if match.awarded_to is not None and match.awarded_to not in match.sides:
        yield FieldError("awarded_to", f"participant {match.awarded_to} {_not_in(match)}")


def _not_in(match: SeriesMatch) -> str:
    return f"does not play in this match of {match.sides[0]} against {match.sides[1]}"


def _game_errors(match: SeriesMatch, game: SeriesGame) -> Iterator[FieldError]:
    path = f"game {game.number}"
    if game.tournament_id not in (None, match.tournament_id):
        message = f"is of tournament {game.tournament_id}, the match of tournament {match.tournament_id}"
        yield FieldError(f"{path}: tournament", message)
    if game.game not in (None, match.game.slug):
        yield FieldError(f"{path}: game", f"is a game of {game.game}, the match one of {match.game.slug}")
    strangers = [participant_id for participant_id in game.score if participant_id not in match.sides]
    for participant_id in strangers:
        yield FieldError(f"{path}: score", f"participant {participant_id} {_not_in(match)}")
    missing = [side for side in match.sides if side not in game.score]
    for side in missing:
        yield FieldError(f"{path}: score", f"the score of participant {side} is missing")
    if not strangers and not missing:
        yield from _score_errors(match, game, path)


def _score_errors(match: SeriesMatch, game: SeriesGame, path: str) -> Iterator[FieldError]:
    wrong = [score for score in game.score.values() if not _is_score(score)]
    if wrong:
        yield FieldError(f"{path}: score", f"must be whole numbers of 0 or more, not {wrong[0]!r}")
        return
    low, high = sorted(game.score.values())
    if high == low and not match.may_end_even:
        yield FieldError(f"{path}: score", f"a {match.game.unit} cannot end {high}-{low} here: one side has to win")
    elif game.winner_id not in (None, game_winner(game)):
        yield FieldError(f"{path}: winner", f"participant {game.winner_id} did not win {_in_words(match, game)}")


def _odd_score_errors(match: SeriesMatch) -> Iterator[FieldError]:
    rule = match.game.score
    if rule is None:
        return
    for game in _in_order(match):
        low, high = sorted(game.score.values())
        problem = odd_score(rule, high, low)
        score = _in_words(match, game)
        if problem and not game.allow_irregular:
            message = f"a {match.game.unit} cannot end {score}: {problem}; an organizer may let it stand"
            yield FieldError(f"game {game.number}: score", message)
        elif problem and not game.reason.strip():
            yield FieldError(f"game {game.number}: reason", f"is needed to let {score} stand")


def _is_score(score: object) -> bool:
    return isinstance(score, int) and not isinstance(score, bool) and 0 <= score <= _LARGEST_SCORE


def _in_words(match: SeriesMatch, game: SeriesGame) -> str:
    return f"{game.score[match.sides[0]]}-{game.score[match.sides[1]]}"


def _number_errors(match: SeriesMatch) -> Iterator[FieldError]:
    """The first game that breaks the row 1, 2, 3 …"""
    numbers = sorted(game.number for game in match.games)
    for expected, number in enumerate(numbers, start=1):
        if number != expected:
            is_double = number in numbers[: expected - 1]
            message = "is there twice" if is_double else f"stands where game {expected} should be"
            yield FieldError(f"game {number}", f"{message}: games are numbered 1, 2, 3 … without a gap")
            return


def _surplus_errors(match: SeriesMatch) -> Iterator[FieldError]:
    wins: Counter[int | None] = Counter()
    decided_in = 0
    for game in _in_order(match):
        if decided_in:
            yield FieldError(
                f"game {game.number}", f"is one too many: game {decided_in} decided the best of {match.best_of}"
            )
        wins[game_winner(game)] += 1
        if not decided_in and (wins[None] or max(wins.values()) >= match.wins_needed):
            decided_in = game.number


def _in_order(match: SeriesMatch) -> list[SeriesGame]:
    return sorted(match.games, key=lambda game: game.number)


def _wins(match: SeriesMatch) -> Counter[int | None]:
    return Counter(game_winner(game) for game in match.games)


def _winner_id(match: SeriesMatch) -> int | None:
    if match.awarded_to is not None:
        return match.awarded_to
    wins = _wins(match)
    return next((side for side in match.sides if wins[side] >= match.wins_needed), None)


def _status(match: SeriesMatch) -> str:
    if _winner_id(match) is not None or _wins(match)[None]:
        return "completed"
    return "live" if match.games else "pending"


def _unfinished(match: SeriesMatch) -> str:
    wins = _wins(match)
    score = f"{wins[match.sides[0]]}-{wins[match.sides[1]]}"
    return f"nobody has won the best of {match.best_of} yet: it stands {score} and takes {match.wins_needed} to win"
