"""`recompute-rankings`, `verify-audit`, `flags`, and what all commands share."""

import pytest
from sqlalchemy import select, text

from tests.cli.operator import Operator
from webapp.extensions import db
from webapp.models import AuditEntry
from webapp.services.operations import flags
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import transaction


def test_recomputing_says_how_many_rows_changed(operator: Operator) -> None:
    operator.turns_on()
    operator.imports()
    assert operator.types("recompute-rankings").stdout == "1 tournament recomputed, 0 rows changed\n"
    with transaction() as session:
        session.execute(text("UPDATE standings SET points = points + 1 WHERE registration_id <= 2"))
    result = operator.types("recompute-rankings", "--tournament-id", 1)
    assert result.stdout == "Tournament 1: 2 rows changed\n1 tournament recomputed, 2 rows changed\n"
    assert operator.types("recompute-rankings", "--tournament-id", 9).exit_code == 1


def test_the_audit_is_verified(operator: Operator) -> None:
    operator.turns_on()
    operator.imports()
    result = operator.types("verify-audit")
    assert (result.exit_code, result.stdout) == (0, "The audit is whole: every entry follows from the one before it.\n")
    with transaction() as session:
        # Behind the triggers' back, as somebody with the database's file in hand would.
        forged = AuditEntry(
            chain="tournament:1", number=99, action="tournament.imported", actor_id=None, data={}, request_id=None,
            at=utc_now(), previous_hash="0" * 64, hash="f" * 64,
        )  # fmt: skip
        session.add(forged)
    result = operator.types("verify-audit")
    assert result.exit_code == 1
    assert "tournament:1, entry 3: the entry is missing" in result.stderr


def test_flags_are_listed_and_set(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = operator.types("flags", "list").stdout.splitlines()
    assert len(listed) == len(flags.FLAGS)
    assert all("  off  off: " in line for line in listed)
    assert operator.types("flags", "set", "WEBHOOK_SLOW_LANE", "on").stdout == "WEBHOOK_SLOW_LANE is stored as on.\n"
    assert "  on   off: " in next(
        line for line in operator.types("flags", "list").stdout.splitlines() if "SLOW" in line
    )
    assert db.session.scalars(select(AuditEntry.action)).all() == ["flag.set"]
    monkeypatch.setenv("WEBHOOK_SLOW_LANE", "off")
    result = operator.types("flags", "set", "WEBHOOK_SLOW_LANE", "on")
    assert (result.exit_code, "the flag is off until it is unset" in result.stderr) == (0, True)
    assert "(set by the environment)" in operator.types("flags", "list").stdout


def test_an_unknown_flag_is_refused(operator: Operator) -> None:
    result = operator.types("flags", "set", "SPEED", "on")
    assert result.exit_code == 1
    assert "There is no flag SPEED; the flags are LEADERBOARDS_COMPUTE_ENABLED," in result.stderr
    assert operator.types("flags", "set", "WEBHOOK_SLOW_LANE", "maybe").exit_code == 2


def test_every_command_has_help_with_an_example(operator: Operator) -> None:
    for words in (
        ["import-results"], ["show-leaderboard"], ["export-leaderboard"], ["recompute-rankings"], ["verify-audit"],
        ["create-user"], ["flags", "list"], ["flags", "set"],
    ):  # fmt: skip
        result = operator.types(*words, "--help")
        assert result.exit_code == 0
        assert f"flask --app wsgi {' '.join(words)}" in result.stdout


def test_a_database_that_is_not_migrated_is_told_in_one_line(operator: Operator) -> None:
    with transaction() as session:
        session.execute(text("DROP TABLE imported_files"))
    result = operator.imports()
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
    assert "flask --app wsgi db upgrade" in result.stderr
