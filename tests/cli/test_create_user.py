"""`create-user` as an operator types it: the password is never shown and never kept."""

import pytest
from sqlalchemy import select

from tests.cli.operator import Operator
from webapp.extensions import db
from webapp.models import AuditEntry, User

OLGA = ("create-user", "olga@example.org", "--handle", "Olga", "--role", "organizer")
PASSWORD = "correct horse battery"


@pytest.mark.parametrize("stdin", [PASSWORD, PASSWORD + "\n", PASSWORD + "\r\nmore lines\n"])
def test_the_password_comes_from_the_first_line_of_standard_input(operator: Operator, stdin: str) -> None:
    result = operator.types(*OLGA, "--password-stdin", stdin=stdin)
    assert (result.exit_code, result.stdout, result.stderr) == (0, "User 1 is made, with the role organizer.\n", "")
    assert db.session.scalars(select(User.handle)).all() == ["Olga"]


def test_without_it_the_password_is_asked_for_twice_and_not_shown(operator: Operator) -> None:
    result = operator.types(*OLGA, stdin=f"{PASSWORD}\n{PASSWORD}\n")
    assert result.exit_code == 0
    assert "Password:" in result.output
    assert PASSWORD not in result.output


def test_the_password_is_nowhere_but_in_its_hash(operator: Operator, capfd: pytest.CaptureFixture[str]) -> None:
    operator.types(*OLGA, "--password-stdin", stdin=PASSWORD)
    captured = capfd.readouterr()
    assert PASSWORD not in captured.out + captured.err
    entry = db.session.scalars(select(AuditEntry)).one()
    assert "olga" not in str(entry.data).lower()
    assert PASSWORD not in str(entry.data)


@pytest.mark.parametrize(
    ("words", "stdin", "code", "told"),
    [
        (OLGA, "short\n", 1, "password: is too short; at least 8 characters are needed"),
        (OLGA, "x" * 1025, 1, "password: is too long; at most 1024 characters are taken"),
        (OLGA, "", 1, "password: is too short"),
        (("create-user", "olga", *OLGA[2:]), PASSWORD, 1, "email: “olga” is not an address"),
        ((*OLGA[:5], "king"), PASSWORD, 2, "'king' is not one of 'spectator', 'player', 'organizer', 'admin'"),
        (OLGA[:4], PASSWORD, 2, "Missing option '--role'"),
    ],
)
def test_what_cannot_be_is_told(operator: Operator, words: tuple[str, ...], stdin: str, code: int, told: str) -> None:
    result = operator.types(*words, "--password-stdin", stdin=stdin)
    assert result.exit_code == code
    assert told in " ".join(result.stderr.split())
    assert db.session.scalars(select(User.id)).all() == []


def test_bytes_that_are_no_text_are_refused(operator: Operator) -> None:
    result = operator.types(*OLGA, "--password-stdin", stdin=b"\xff\xfe\xff\xfe\xff\xfe\xff\xfe\n")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "password: standard input is not UTF-8 text" in result.stderr


def test_a_second_account_of_the_same_handle_is_refused(operator: Operator) -> None:
    operator.types(*OLGA, "--password-stdin", stdin=PASSWORD)
    words = ("create-user", "other@example.org", "--handle", "OLGA", "--role", "player", "--password-stdin")
    result = operator.types(*words, stdin=PASSWORD)
    assert (result.exit_code, result.stderr) == (
        1,
        "The handle “Olga” is taken; choose another.\n  handle: is taken; choose another\n",
    )


def test_a_handle_known_from_results_is_told_apart(operator: Operator) -> None:
    cup = operator.file("match,participant,placement,kills\n1,Olga,1,0\n")
    assert (
        operator.types(
            "import-results", cup, "--game", "efootball", "--name", "N", "--points-preset", "super"
        ).exit_code
        == 0
    )
    result = operator.types(*OLGA, "--password-stdin", stdin=PASSWORD)
    assert "is taken by a player known from results" in result.stderr
