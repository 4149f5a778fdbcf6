"""What only whole matches, or all names together, show to be wrong or doubtful in a file of results."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Final

from webapp.domain.errors import FieldError, ResultError
from webapp.domain.look_alikes import look_alikes
from webapp.domain.names import quoted
from webapp.domain.parsed_results import ResultLine
from webapp.domain.results_rows import CollectedMatch, Rows
from webapp.domain.scoring import BattleRoyaleLine, check_match

LONGEST_MATCH: Final = timedelta(hours=6)
"""Ends of one match that lie further apart belong to two matches under one label (day 1's match 1 and day 2's)."""


def check_times(matches: Iterable[CollectedMatch]) -> list[tuple[int, FieldError]]:
    """Lines that end a match much later than another line of it, each with its number."""
    longest_us = LONGEST_MATCH // timedelta(microseconds=1)
    return [
        (last.line, FieldError(f"line {last.line}: completed_at", _too_far(match.label, first.line)))
        for match in matches
        if (first := match.first_end) and (last := match.last_end) and last.at - first.at > longest_us
    ]


def _too_far(label: str, first_line: int) -> str:
    hours = LONGEST_MATCH // timedelta(hours=1)
    return (
        f"ends match {quoted(label)} more than {hours} hours after line {first_line}; "
        "two matches need two labels, such as 1-1 and 2-1"
    )


def check_names(rows: Rows) -> Iterator[FieldError]:
    """Warnings of participants and matches that look alike and are taken as different."""
    line_of = {participant.name: participant.line for participant in rows.participants}
    for name, twin in look_alikes(line_of):
        yield FieldError(
            f"line {line_of[twin]}: participant",
            f"{quoted(twin)} looks like {quoted(name)} on line {line_of[name]}; they are taken as two participants",
        )
    line_of_label = {match.label: match.line for match in rows.matches}
    for label, twin in look_alikes(line_of_label):
        yield FieldError(
            f"line {line_of_label[twin]}: match",
            f"{quoted(twin)} looks like {quoted(label)} on line {line_of_label[label]}; they are taken as two matches",
        )


def check_placements(
    matches: Iterable[CollectedMatch], *, lobby_size: int, side_size: int | None
) -> tuple[list[tuple[int, FieldError]], list[FieldError]]:
    """Lines that the rules of a match refuse (places beyond the lobby, crossing ranges, too many rows), and warnings.

    Matches with a wrong line are left out: their other lines would be accused of what is not their fault.
    """
    problems: list[tuple[int, FieldError]] = []
    warnings: list[FieldError] = []
    crowded: list[tuple[CollectedMatch, FieldError]] = []
    for match in matches:
        if match.is_wrong:
            continue
        line_named = {f"line {line.line}": line.line for line in match.lines}
        try:
            found = check_match(
                [scored_input(line, line.participant) for line in match.lines],
                roster=match.line_of_participant,
                lobby_size=lobby_size,
                side_size=side_size,
                rows=list(line_named),
            )
        except ResultError as error:
            problems += [(line_named[field.path.partition(":")[0]], field) for field in error.fields]
        else:
            warnings += [field for field in found if field.path.partition(":")[0] in line_named]
            crowded += [(match, field) for field in found if field.path.partition(":")[0] not in line_named]
    return problems, warnings + _summed_up(crowded)


def scored_input(line: ResultLine, participant_id: int) -> BattleRoyaleLine:
    """The line as scoring takes it, for the participant with that id."""
    return BattleRoyaleLine(participant_id, line.placement, line.kills, line.placement_high, line.time_alive_s)


def _summed_up(found: Sequence[tuple[CollectedMatch, FieldError]]) -> list[FieldError]:
    """Warnings of whole matches as one: where players may return, every match would have its own."""
    if not found:
        return []
    match, warning = found[0]
    others = f" and {len(found) - 1:,} other match{'es' * (len(found) > 2)}" if len(found) > 1 else ""
    return [FieldError(f"match {quoted(match.label)}{others}", f"{warning.path}: {warning.message}")]
