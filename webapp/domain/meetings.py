"""Comparing the tied among themselves: a key counted over only those matches in which members of one tied group met.

All tied groups of a board are counted in one fold: they share no participant, so each row belongs to one group at most.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from webapp.domain.cascades import CascadeKey
from webapp.domain.columns import MISSING, NOWHERE, BoolColumn, IntColumn, filled, positions_of
from webapp.domain.packing import field_of, lexicographic_ranks, sort_by
from webapp.domain.results import Adjustments, BattleRoyaleResults, SeriesResults
from webapp.domain.ruleset import Ruleset
from webapp.domain.standing_columns import Standings
from webapp.domain.standings import fold_battle_royale, fold_series
from webapp.domain.tally import Tally

HEAD_TO_HEAD = "head_to_head"
NO_GROUP = -1


class Meetings(Protocol):
    """Who met whom: what keys among the tied are counted from."""

    def among(self, key: str, groups: IntColumn) -> IntColumn:
        """The value of `key` for each participant over the matches inside its group.

        `groups` holds a group number a participant (in the order of the standings), NO_GROUP for those not asked
        about, whose values mean nothing.
        """
        ...


def is_among_tied(key: CascadeKey) -> bool:
    """Whether the key is counted inside the group that the keys before it left tied."""
    return key.among_tied or key.name == HEAD_TO_HEAD


def needs_meetings(cascade: Sequence[CascadeKey]) -> bool:
    """Whether ranking by `cascade` needs the single results and not only the totals."""
    return any(is_among_tied(key) for key in cascade)


class SeriesMeetings:
    """Meetings of a series format: the matches between two members of a group make its mini-table.

    `head_to_head` is the points of the mini-table; every other key is what the mini-table's fold says (its score
    difference, its games won). Penalties and byes are not part of it.
    """

    def __init__(self, participants: IntColumn, results: SeriesResults, rules: Ruleset) -> None:
        """`participants` are those of the standings (ids, rising); results of others are left out."""
        self._participants = participants
        self._rules = rules
        place_a, place_b = positions_of(results.side_a, participants), positions_of(results.side_b, participants)
        both_here = (place_a != NOWHERE) & (place_b != NOWHERE)
        self._results = results.take(both_here)
        self._place_a, self._place_b = place_a[both_here], place_b[both_here]

    def among(self, key: str, groups: IntColumn) -> IntColumn:
        """The value of `key` in the mini-table of each one's group; see Meetings."""
        group_a, group_b = groups[self._place_a], groups[self._place_b]
        inside = self._results.take((group_a == group_b) & (group_a != NO_GROUP))
        asked = np.flatnonzero(groups != NO_GROUP)
        table = fold_series(self._participants[asked], inside, Adjustments.empty(), self._rules)
        return _spread(_column_of(table, "points" if key == HEAD_TO_HEAD else key), asked, groups.size)


class BattleRoyaleMeetings:
    """Meetings of a battle royale: the matches that at least two members of a group played.

    `head_to_head` is how often one placed ahead of another member; a DNF is behind every placement and level with
    other DNFs. Every other key is counted over these matches, all of them and without adjustments.
    """

    def __init__(self, participants: IntColumn, results: BattleRoyaleResults, rules: Ruleset) -> None:
        """`participants` are those of the standings (ids, rising); results of others are left out."""
        self._participants = participants
        self._rules = replace(rules, count_best=None, match_point=None)
        places = positions_of(results.participant_id, participants)
        self._results = results.take(places != NOWHERE)
        self._places = places[places != NOWHERE]

    def among(self, key: str, groups: IntColumn) -> IntColumn:
        """The value of `key` over the meetings of each one's group; see Meetings."""
        group_of_row = groups[self._places]
        asked_rows = np.flatnonzero(group_of_row != NO_GROUP)
        rows = self._results.take(asked_rows)
        met, ahead = _met_and_ahead(rows, group_of_row[asked_rows])
        asked = np.flatnonzero(groups != NO_GROUP)
        members = self._participants[asked]
        if key == HEAD_TO_HEAD:
            return Tally(self._places[asked_rows], groups.size).sum(ahead)
        # The cascade of the mini-table's rules is the one key asked for, so that a countback is folded when it is
        # wanted.
        rules = replace(self._rules, cascade=(CascadeKey(key, ascending=False),))
        table = fold_battle_royale(members, rows.take(met), Adjustments.empty(), rules)
        return _spread(_column_of(table, key), asked, groups.size)


def _met_and_ahead(rows: BattleRoyaleResults, groups: IntColumn) -> tuple[BoolColumn, IntColumn]:
    """For each row: whether its match had another member of the group, and how many of them placed behind."""
    order, difference = sort_by([field_of(groups), field_of(rows.match_number), field_of(rows.placement)])
    meeting_starts = np.flatnonzero(difference <= 1)
    meeting_sizes = np.diff(meeting_starts, append=order.size)
    level_starts = np.flatnonzero(difference <= 2)
    level_sizes = np.diff(level_starts, append=order.size)
    met = np.empty(order.size, dtype=np.bool_)
    met[order] = np.repeat(meeting_sizes > 1, meeting_sizes)
    ahead = np.empty(order.size, dtype=np.int64)
    ends_of_meeting = np.repeat(meeting_starts + meeting_sizes, meeting_sizes)
    ahead[order] = ends_of_meeting - np.repeat(level_starts + level_sizes, level_sizes)
    return met, ahead


def _column_of(table: Standings, key: str) -> IntColumn:
    """A key of a mini-table as one column; of the countback its order alone, since only comparisons are asked for."""
    return lexicographic_ranks(table.countback) if key == "countback" else table.columns[key]


def _spread(values: IntColumn, asked: IntColumn, size: int) -> IntColumn:
    column = filled(size, MISSING)
    column[asked] = values
    return column
