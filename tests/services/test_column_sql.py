"""Columns that the database sends as texts."""

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from flask import Flask
from sqlalchemy import Select, bindparam, func, select

from tests.arenas import open_battle_royale
from webapp.domain.columns import MISSING
from webapp.models import Match
from webapp.services.matches import results
from webapp.services.ranking import result_columns
from webapp.services.ranking.result_columns import to_microseconds
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.column_sql import ColumnQuery, microseconds
from webapp.services.spine.transaction import transaction

INSTANTS = (
    datetime(2026, 11, 21, 14, 3, tzinfo=UTC),
    datetime(2026, 11, 21, 14, 3, 0, 1, tzinfo=UTC),
    datetime(2026, 11, 21, 23, 59, 59, 999_999, tzinfo=UTC),
    datetime(2026, 11, 21, 2, 30, 0, 123_456, tzinfo=timezone(timedelta(hours=5, minutes=45))),
    datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    None,
)


def test_an_instant_is_the_same_number_in_the_database_as_in_python(app: Flask) -> None:
    arena = open_battle_royale(lobbies=len(INSTANTS))
    with transaction() as session:
        for match_id, instant in zip(arena.match_ids, INSTANTS, strict=True):
            session.get_one(Match, match_id).scheduled_at = instant
        at = func.coalesce(microseconds(Match.scheduled_at), int(MISSING))
        ids, numbers = ColumnQuery(select(Match.id, at)).columns(session)
    found = dict(zip(ids.tolist(), numbers.tolist(), strict=True))
    assert [found[match_id] for match_id in arena.match_ids] == [to_microseconds(instant) for instant in INSTANTS]


@pytest.mark.parametrize("largest", [0, -1, int(MISSING), -int(MISSING) - 1])
def test_every_whole_number_comes_back(app: Flask, largest: int) -> None:
    open_battle_royale(lobbies=2)
    with transaction() as session:
        columns = ColumnQuery(select(func.coalesce(bindparam("number"), Match.id), Match.number)).columns(
            session, number=largest
        )
    assert [column.dtype for column in columns] == [np.int64, np.int64]
    assert columns[0].tolist() == [largest, largest]
    assert sorted(columns[1].tolist()) == [1, 2]


def test_no_rows_are_empty_columns(app: Flask) -> None:
    nothing: Select[int, int] = select(Match.id, Match.number).where(Match.id == bindparam("match_id"))
    with transaction() as session:
        columns = ColumnQuery(nothing).columns(session, match_id=0)
    assert [column.tolist() for column in columns] == [[], []]


def test_results_of_some_are_those_of_everybody_without_the_others(app: Flask) -> None:
    arena = open_battle_royale(squads=8, lobbies=3)
    for number, match_id in enumerate(arena.match_ids):
        ended_at = INSTANTS[number]
        results.confirm(match_id, arena.lines(match_id), actor=SYSTEM, now=INSTANTS[0], completed_at=ended_at)
    some = arena.participant_ids[2:5]
    with transaction() as session:
        everybody = result_columns.battle_royale_results(session, arena.tournament_id)
        wanted = result_columns.battle_royale_results(session, arena.tournament_id, some)
    kept = everybody.take(np.isin(everybody.participant_id, some))
    for column in type(kept).__dataclass_fields__:
        by_row = [np.lexsort((rows.match_number, rows.participant_id)) for rows in (kept, wanted)]
        assert getattr(kept, column)[by_row[0]].tolist() == getattr(wanted, column)[by_row[1]].tolist(), column
