import pytest
from flask import Flask
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from tests.arenas import OPENED_AT, REASON, Arena, open_battle_royale
from webapp.extensions import Base
from webapp.models import Adjustment, AuditEntry, Event, Match, Registration, Tournament, User
from webapp.services.ranking import adjustments
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot, transaction

APPEND_ONLY = {"events": "data = '{}'", "audit_entries": "action = 'x'", "adjustments": "points = 99"}


@pytest.fixture
def arena(app: Flask) -> Arena:
    arena = open_battle_royale(lobbies=1)
    adjustments.adjust(
        arena.tournament_id,
        arena.participant_ids[0],
        kind="bonus",
        points=1,
        reason=REASON,
        actor=SYSTEM,
        now=OPENED_AT,
    )
    return arena


def everything(table: str) -> list[object]:
    with read_snapshot() as session:
        return [tuple(row) for row in session.execute(text(f"SELECT * FROM {table} ORDER BY 1"))]


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("statement", ["UPDATE {table} SET {change}", "DELETE FROM {table}"])
def test_the_record_can_be_added_to_and_never_changed(arena: Arena, table: str, statement: str) -> None:
    before = everything(table)
    assert before
    with pytest.raises(DBAPIError, match=f"{table} is append-only"), transaction() as session:
        session.execute(text(statement.format(table=table, change=APPEND_ONLY[table])))
    assert everything(table) == before


def test_the_triggers_name_every_table_of_the_record() -> None:
    assert {model.__tablename__ for model in (Event, AuditEntry, Adjustment)} == set(APPEND_ONLY)


def test_an_error_does_not_repeat_the_parameters_of_its_statement(arena: Arena) -> None:
    row = {"handle": "Somebody", "handle_key": "somebody", "email": "a@example.org", "email_key": "a", "role": "player"}
    with pytest.raises(IntegrityError) as refused, transaction() as session:
        session.execute(insert(User), [row])
    # PostgreSQL's own text quotes the row all the same, which is why no text of an error goes into a log or to RQ.
    assert "parameters hidden" in str(refused.value)
    assert "[parameters:" not in str(refused.value)


@pytest.mark.parametrize(
    ("model", "values"),
    [
        (Tournament, {"slug": "a", "name": "A", "game": "pubgm", "format": "chess", "ruleset": {}}),
        (Tournament, {"slug": "a", "name": "A", "game": "pubgm", "format": "swiss", "ruleset": {}, "status": "odd"}),
        (
            Tournament,
            {"slug": "a", "name": "A", "game": "pubgm", "format": "swiss", "ruleset": {}, "status": "completed"},
        ),
        (Registration, {"tournament_id": 1}),
        (Match, {"tournament_id": 1, "number": 99, "label": "x", "best_of": 2}),
        (Match, {"tournament_id": 1, "number": 99, "label": "x", "state": "completed"}),
        (Match, {"tournament_id": 1, "number": 1, "label": "the same number"}),
        (Match, {"tournament_id": 999, "number": 1, "label": "of no tournament"}),
    ],
)
def test_rows_that_cannot_be_are_refused_by_the_database_itself(
    arena: Arena, model: type[Base], values: dict[str, object]
) -> None:
    with pytest.raises(IntegrityError), transaction() as session:
        session.add(model(**values))
