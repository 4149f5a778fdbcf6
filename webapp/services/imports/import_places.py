"""Which matches of a tournament the matches of a file are."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.errors import FieldError, ResultError
from webapp.domain.logged_lines import lines_as_data
from webapp.domain.names import name_key, quoted
from webapp.domain.parsed_results import ResultLine
from webapp.domain.results_checks import scored_input
from webapp.domain.rules import Ruleset
from webapp.domain.scoring import BattleRoyaleLine
from webapp.models import Adjustment, Match, Result, Tournament
from webapp.services.imports.import_plan import ImportPlan
from webapp.services.imports.import_writes import PENALTY_REASON
from webapp.services.ranking import standings

_PLAYABLE: Final = ("scheduled", "ready", "live", "pending_result")


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchPlace:
    """Where a match of the file goes: to a match that waits for its result, to a new one, or nowhere, being there.

    `index` is that of the file's match, `line` where it stands first; `match_id` is None for a new match.
    """

    index: int
    line: int
    file_label: str
    number: int
    label: str
    map: str | None
    lines: int
    winner: str | None
    match_id: int | None
    is_there: bool

    @property
    def is_to_be_written(self) -> bool:
        """Whether its results are not there yet."""
        return not self.is_there


def places_of(
    session: Session, tournament: Tournament, plan: ImportPlan, ids: Sequence[int | None], *, numbers_on: bool
) -> list[MatchPlace]:
    """A place for each match of the plan; `ids` are the registrations of its participants, None for who is new.

    Raises ResultError naming every match whose place holds another result or is cancelled.
    """
    of_tournament = select(Match).where(Match.tournament_id == tournament.id).order_by(Match.number)
    matches = session.scalars(of_tournament).all()
    found = _next_ones(plan, matches) if numbers_on else _by_number(plan, matches)
    stored = _stored_lines(session, [match.id for match in found if match is not None and match.state == "completed"])
    taken_off = _taken_off(session, tournament.id)
    numbers = _numbers(plan, matches, found, numbers_on=numbers_on)
    rows_of = {index: list(rows) for index, rows in groupby(plan.parsed.lines, key=attrgetter("match"))}
    places, problems = [], []
    for index, match in enumerate(found):
        line = rows_of[index][0].line
        is_there = False
        if match is not None and match.state == "completed":
            is_there = _is_same(rows_of[index], ids, stored.get(match.id, []), taken_off.get(match.id, {}))
            if not is_there:
                problems.append(FieldError(f"line {line}: match", _holds_another(plan, index, match)))
        elif match is not None and match.state not in _PLAYABLE:
            problems.append(
                FieldError(f"line {line}: match", f"match {match.number} is {match.state}; it takes no result")
            )
        places.append(_place(plan, index, line, match, numbers[index], is_there=is_there))
    if problems:
        subject = "1 match of the file has" if len(problems) == 1 else f"{len(problems)} matches of the file have"
        raise ResultError(f"{subject} no place in this tournament; nothing of it was taken.", problems)
    return places


def ensure_all_count(session: Session, tournament: Tournament, rules: Ruleset, places: Sequence[MatchPlace]) -> None:
    """Raises ResultError for matches that come after the one that decides a tournament by its match-point rule."""
    if rules.match_point is None:
        return
    race = standings.match_point_race_of(session, tournament, rules)
    if not race.is_over or race.deciding_match is None:
        return
    late = [place for place in places if place.number > race.deciding_match]
    if late:
        message = f"match {race.deciding_match} decides the tournament by its match-point rule; later ones cannot count"
        raise ResultError.listing(
            "Nothing of the file was taken", [FieldError(f"line {place.line}: match", message) for place in late]
        )


def _by_number(plan: ImportPlan, matches: Sequence[Match]) -> list[Match | None]:
    """By number where the file's labels are numbers, else by label where only one match has it."""
    if _is_numbered(plan):
        by_number = {match.number: match for match in matches}
        return [by_number.get(parsed.number) for parsed in plan.parsed.matches]
    labels = Counter(name_key(match.label) for match in matches)
    by_label = {name_key(match.label): match for match in matches if labels[name_key(match.label)] == 1}
    return [by_label.get(name_key(parsed.label)) for parsed in plan.parsed.matches]


def _next_ones(plan: ImportPlan, matches: Sequence[Match]) -> list[Match | None]:
    waiting: Iterator[Match] = (match for match in matches if match.state in _PLAYABLE)
    return [next(waiting, None) for _ in plan.parsed.matches]


def _is_numbered(plan: ImportPlan) -> bool:
    return all(str(parsed.number) == parsed.label.lstrip("0") for parsed in plan.parsed.matches)


def _numbers(
    plan: ImportPlan, matches: Sequence[Match], found: Sequence[Match | None], *, numbers_on: bool
) -> list[int]:
    last = max((match.number for match in matches), default=0)
    keeps_numbers = not numbers_on and _is_numbered(plan)
    numbers = []
    for parsed, match in zip(plan.parsed.matches, found, strict=True):
        if match is not None:
            numbers.append(match.number)
        elif keeps_numbers:
            numbers.append(parsed.number)
        else:
            last += 1
            numbers.append(last)
    return numbers


def _stored_lines(session: Session, match_ids: Sequence[int]) -> dict[int, list[BattleRoyaleLine]]:
    rows = session.execute(
        select(
            Result.match_id, Result.registration_id, Result.placement, Result.kills, Result.placement_high,
            Result.time_alive_s,
        ).where(Result.match_id.in_(match_ids))
    )  # fmt: skip
    stored: dict[int, list[BattleRoyaleLine]] = {}
    for match_id, who, placement, kills, placement_high, time_alive_s in rows:
        line = BattleRoyaleLine(who, placement, kills, placement_high, time_alive_s)
        stored.setdefault(match_id, []).append(line)
    return stored


def _taken_off(session: Session, tournament_id: int) -> dict[int, Counter[int]]:
    """Points that files took off, by match and registration."""
    rows = session.execute(
        select(Adjustment.match_id, Adjustment.registration_id, Adjustment.points).where(
            Adjustment.tournament_id == tournament_id, Adjustment.reason == PENALTY_REASON
        )
    )
    taken: dict[int, Counter[int]] = {}
    for match_id, registration_id, points in rows:
        taken.setdefault(match_id or 0, Counter())[registration_id] -= points
    return taken


def _is_same(
    rows: Sequence[ResultLine],
    ids: Sequence[int | None],
    stored: Sequence[BattleRoyaleLine],
    taken_off: Mapping[int, int],
) -> bool:
    own = [scored_input(row, ids[row.participant] or 0) for row in rows]
    penalties = {ids[row.participant] or 0: row.penalty for row in rows if row.penalty}
    return lines_as_data(own) == lines_as_data(stored) and penalties == taken_off


def _holds_another(plan: ImportPlan, index: int, match: Match) -> str:
    label = quoted(plan.parsed.matches[index].label)
    return (
        f"match {match.number} has another result already; correct it there, or, if {label} is another match, "
        "let the file's matches be the next ones"
    )


def _place(plan: ImportPlan, index: int, line: int, match: Match | None, number: int, *, is_there: bool) -> MatchPlace:
    parsed, lines = plan.parsed.matches[index], plan.lines[index]
    first = next((line for line in lines if line.placement == 1 and line.placement_high in (None, 1)), None)
    label = parsed.label if not parsed.label.isdecimal() else f"Match {number}"
    return MatchPlace(
        index=index,
        line=line,
        file_label=parsed.label,
        number=number,
        label=label if match is None else match.label,
        map=parsed.map or (match.map if match else None),
        lines=len(lines),
        winner=None if first is None else plan.parsed.participants[first.participant_id].name,
        match_id=None if match is None else match.id,
        is_there=is_there,
    )
