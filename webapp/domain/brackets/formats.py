"""The first matches of every format that has a bracket: all of them, or of a Swiss its first round."""

from webapp.domain.brackets import elimination, groups, swiss
from webapp.domain.brackets.settings import BracketSettings
from webapp.domain.brackets.structure import Bracket
from webapp.domain.errors import BracketError


def bracket_of(format: str, size: int, settings: BracketSettings) -> Bracket:  # noqa: A002  (the field's name everywhere)
    """The bracket of seeds 1 … `size`. Raises BracketError (`bracket_impossible`) for too few or too many."""
    try:
        if format == "single-elimination":
            return elimination.single(size, third_place=settings.third_place)
        if format == "double-elimination":
            return elimination.double(size, reset=settings.reset, in_losers=settings.in_losers)
        _check_league(format, size, settings)
        if format == "round-robin":
            return groups.group_stage(size, settings.groups, legs=settings.legs)
        return swiss.first_round(size, pairing=settings.pairing)
    except ValueError as error:
        raise BracketError(_sentence(str(error)), code="bracket_impossible") from error


def rounds_of(size: int, settings: BracketSettings) -> int:
    """How many rounds a Swiss of `size` plays at most: as many as is said, or until all have their wins or losses."""
    if settings.wins_out is not None and settings.losses_out is not None:
        until_all_are_out = settings.wins_out + settings.losses_out - 1
        return min(settings.rounds or until_all_are_out, until_all_are_out)
    return settings.rounds or swiss.usual_rounds(size)


def _check_league(format: str, size: int, settings: BracketSettings) -> None:  # noqa: A002  (as above)
    smallest_group = size // settings.groups if format == "round-robin" else size
    if settings.advance is not None and settings.advance > smallest_group:
        raise ValueError(f"{settings.advance} cannot go on where {smallest_group} play")
    rounds = rounds_of(size, settings)
    if format == "swiss" and size > 1 and rounds > swiss.rounds_without_rematch(size):
        most = swiss.rounds_without_rematch(size)
        raise ValueError(f"{size} participants can play {most} Swiss rounds without a rematch, not {rounds}")


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
