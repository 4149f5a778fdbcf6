"""`import-results` as an operator types it."""

import os
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.cli.operator import BOARD, CUP, Operator
from webapp.extensions import db
from webapp.models import Team, Tournament, User


def test_an_import_prints_the_id_and_the_final_board(operator: Operator) -> None:
    operator.turns_on()
    result = operator.imports()
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[0] == "Tournament 1: Spring Cup (completed), 2 matches, 4 participants, 8 results"
    assert result.stdout.split("\n\n")[1] + "\n" == BOARD
    assert "! points were taken off" in lines
    assert "Rules: PUBG S.U.P.E.R., version 1 (official)" in lines


def test_the_same_file_again_names_the_tournament(operator: Operator) -> None:
    operator.turns_on()
    first, second = operator.imports(), operator.imports()
    assert second.exit_code == 0
    assert second.stdout.splitlines()[:2] == [
        first.stdout.splitlines()[0],
        "It holds this file already; nothing was changed.",
    ]


def test_a_dry_run_says_what_it_would_do(operator: Operator) -> None:
    result = operator.imports(CUP, "--dry-run")
    assert (result.exit_code, result.stdout) == (
        0,
        "The file can be imported: 2 matches, 4 participants, 8 results. Nothing was written.\n",
    )
    assert db.session.scalars(select(Tournament.id)).all() == []


def test_every_wrong_line_is_listed_on_standard_error(operator: Operator) -> None:
    result = operator.imports(CUP + "2,Epsilon,1,x,\n3,Alpha,1\n")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines() == [
        "2 lines of the file are wrong; nothing of it was taken.",
        "  line 10: kills: “x” is not a whole number; write 0, 1, 2 …",
        "  line 10: placement: 1 is taken in match “2” already, on line 6",
        "  line 11: has 3 values where the header has 5; a blank value still needs its separator",
    ]
    assert db.session.scalars(select(Team.id)).all() == []


def test_warnings_go_to_standard_error(operator: Operator) -> None:
    operator.turns_on()
    result = operator.imports(CUP + "2,Веta,5,0,\n")
    assert result.exit_code == 0
    assert result.stderr.splitlines() == [
        "Warning: line 10: participant: “Веta” looks like “Beta” on line 3; they are taken as two participants"
    ]


def test_fifty_megabytes_are_refused(operator: Operator) -> None:
    path = Path(operator.file(CUP))
    with path.open("r+b") as file:
        os.truncate(file.fileno(), 50_000_000)
    result = operator.types("import-results", path, "--game", "pubgm", "--name", "Large")
    assert result.exit_code == 1
    assert result.stderr.startswith("The file is 47.7 MiB large; at most 32 MiB are taken; divide it by matches.")


def test_a_file_may_come_through_a_pipe(operator: Operator) -> None:
    result = operator.types("import-results", "-", "--game", "pubgm", "--name", "Piped", stdin=CUP)
    assert result.exit_code == 0
    assert result.stdout.startswith("Tournament 1: Piped (completed)")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--game", "chess", "--name", "N"], "there is no game 'chess'; the games are codm, cs2,"),
        (["--game", "pubgm"], "Missing option '--name'"),
        (
            ["--game", "cs2", "--name", "N"],
            "Counter-Strike 2 has no battle-royale points of its own; give --points-preset",
        ),
        (["--game", "pubgm", "--name", "N", "--rules", "nowhere.toml"], "'nowhere.toml' does not exist"),
        (
            ["--game", "pubgm", "--name", "N", "--points-preset", "super", "--rules", "RULES"],
            "Give either --points-preset or --rules, not both.",
        ),
    ],
)
def test_wrong_usage_is_told_with_the_exit_code_2(operator: Operator, words: list[str], told: str) -> None:
    rules = operator.file("points_per_kill = 1", "rules.toml")
    result = operator.types(
        "import-results", operator.file(CUP), *(rules if word == "RULES" else word for word in words)
    )
    assert result.exit_code == 2
    assert told in " ".join(result.stderr.split())


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("points_per_kil = 1", "unknown"),
        ('{"points_per_kill": 1', "rules.toml begins like JSON and is none"),
        ("points_per_kill = = 1", "rules.toml is neither JSON (it would begin with {) nor TOML"),
        (b"# \xe9\npoints_per_kill = 1", "rules.toml is not UTF-8 text"),
        (
            '{"points_per_kill": 1, "head_start": {"Nobody": 3}}',
            "head_start.Nobody: nobody of this name is in the file",
        ),
    ],
)
def test_rules_that_cannot_be_used_are_told(operator: Operator, content: str | bytes, told: str) -> None:
    rules = operator.file(content, "rules.toml")
    result = operator.types("import-results", operator.file(CUP), "--game", "pubgm", "--name", "N", "--rules", rules)
    assert (result.exit_code, result.stdout) == (1, "")
    assert told in result.stderr


@pytest.mark.parametrize(
    "content",
    [
        'points_per_kill = 2\ncascade = ["points"]\n',
        '\n {"points_per_kill": 2, "cascade": ["points"]}',
        '\ufeff{"points_per_kill": 2, "cascade": ["points"]}',
    ],
    ids=["toml", "json", "json-bom"],
)
def test_rules_come_from_toml_or_json_by_their_content(operator: Operator, content: str) -> None:
    rules = operator.file(content, "house.rules")
    result = operator.types("import-results", operator.file(CUP), "--game", "pubgm", "--name", "N", "--rules", rules)
    assert result.exit_code == 0
    assert [line.split()[:3] for line in result.stdout.splitlines()[3:5]] == [["1", "Beta", "16"], ["2", "Gamma", "12"]]
    assert "Rules: house, version 1 (house)" in result.stdout


@pytest.mark.parametrize(("engine", "cascade"), [("on", "engine"), ("off", "service")])
def test_rules_without_a_cascade_get_that_of_the_engine_in_use(operator: Operator, engine: str, cascade: str) -> None:
    operator.types("flags", "set", "LEADERBOARDS_ENGINE_V2_ENABLED", engine)
    rules = operator.file("points_per_kill = 1", "plain.toml")
    operator.types("import-results", operator.file(CUP), "--game", "pubgm", "--name", "N", "--rules", rules)
    extends = operator.file('extends = "algs"', "extends.toml")
    operator.types("import-results", operator.file(CUP), "--game", "pubgm", "--name", "M", "--rules", extends)
    plain, extended = db.session.scalars(select(Tournament.ruleset).order_by(Tournament.id))
    assert ("kills:desc" in plain["cascade"]) == (cascade == "engine")
    assert extended["cascade"] == ["points:desc", "countback:desc"]


def test_the_organizer_is_an_account_that_may_organize(operator: Operator) -> None:
    for name, role in (("olga", "organizer"), ("pat", "player")):
        operator.types(
            "create-user",
            f"{name}@example.org",
            "--handle",
            name,
            "--role",
            role,
            "--password-stdin",
            stdin="long enough\n",
        )
    assert operator.imports(CUP, "--organizer", "OLGA@example.org").exit_code == 0
    olga = db.session.scalars(select(User.id).where(User.handle == "olga")).one()
    assert db.session.scalars(select(Tournament.organizer_id)).one() == olga
    for email, told in (
        ("pat@example.org", "is a player; an organizer is needed"),
        ("no@example.org", "make one with create-user"),
    ):
        result = operator.imports(CUP, "--organizer", email)
        assert result.exit_code == 1
        assert told in result.stderr
