"""`show-leaderboard` and `export-leaderboard` as an operator types them."""

import csv
import io

import orjson
from sqlalchemy import select

from tests.cli.operator import BOARD, Operator
from webapp.domain.scoring import BattleRoyaleLine
from webapp.models import Match, Result
from webapp.services.matches import results
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot


def test_the_board_is_shown_as_a_table(operator: Operator) -> None:
    operator.turns_on()
    operator.imports()
    result = operator.types("show-leaderboard", 1)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith(f"Spring Cup (completed), version 1\n\n{BOARD}\n")


def test_limit_cuts_the_table_and_says_so(operator: Operator) -> None:
    operator.turns_on()
    operator.imports()
    result = operator.types("show-leaderboard", 1, "--limit", 2)
    assert [line.split()[1] for line in result.stdout.splitlines()[3:5]] == ["Beta", "Alpha"]
    assert result.stdout.endswith("2 more rows; leave out --limit to see them.\n")


def test_explain_says_which_key_put_each_row_behind_the_one_above(operator: Operator) -> None:
    operator.turns_on()
    operator.imports("match,participant,placement,kills\n1,A,1,0\n1,B,2,4\n1,C,3,5\n1,D,,0\n1,E,,0\n")
    result = operator.types("show-leaderboard", 1, "--explain")
    level = "wins 0 = 0, placement_points 0 = 0, kill_points 0 = 0"
    reasons = [line.strip() for line in result.stdout.splitlines() if "└" in line]
    assert reasons == [
        "└ points 10 = 10, wins 1 : 0",
        "└ points 10 = 10, wins 0 = 0, placement_points 6 : 5",
        "└ points 10 : 0",
        f"└ points 0 = 0, {level}, last_match_placement none = none, level in everything, so the order of registration stands",
    ]
    assert [line.split()[1] for line in result.stdout.splitlines() if line.endswith("=")] == ["D", "E"]


def test_json_is_the_envelope_with_names_and_every_key_of_the_cascade(operator: Operator) -> None:
    operator.turns_on()
    operator.imports()
    document = orjson.loads(operator.types("show-leaderboard", 1, "--json", "--explain").stdout)
    assert document.keys() == {"scope", "count", "next", "previous", "rankings", "deltas", "metadata"}
    assert (document["scope"], document["count"], document["metadata"]["source"]) == ("tournament", 4, "engine_v2")
    entry = document["rankings"][1]
    assert (entry["rank"], entry["name"], entry["points"], entry["decided_by"]) == (2, "Alpha", 19, "points")
    wanted = {
        "rank", "name", "participant_id", "subject_id", "team_id", "points", "kills", "wins", "losses", "draws",
        "matches_played", "best_placement", "avg_placement", "placement_points", "kill_points", "earliest_win_at",
        "last_completed_at", "last_updated_at", "is_override", "tied", "decided_by", "last_match_placement",
    }  # fmt: skip
    assert wanted <= entry.keys()
    assert entry["explanation"]["steps"][0] | {"attempt": 1} == {
        "key": "points", "direction": "desc", "ahead": 23, "behind": 19, "decided": True, "attempt": 1,
    }  # fmt: skip


def test_json_of_the_plain_service_has_entries(operator: Operator) -> None:
    operator.turns_on("LEADERBOARDS_COMPUTE_ENABLED")
    operator.imports()
    document = orjson.loads(operator.types("show-leaderboard", 1, "--json").stdout)
    assert document.keys() == {"scope", "count", "next", "previous", "entries", "metadata"}
    assert [entry["name"] for entry in document["entries"]] == ["Beta", "Alpha", "Gamma", "=Delta"]
    assert document["metadata"]["source"] == "live"
    assert operator.types("show-leaderboard", 1).stdout.startswith("Spring Cup (completed), version 0\n\n" + BOARD)


def test_a_past_version_is_shown_as_it_was(operator: Operator) -> None:
    operator.turns_on()
    operator.imports()
    with read_snapshot() as session:
        first = session.scalars(select(Match.id).order_by(Match.number).limit(1)).one()
        lines = [
            BattleRoyaleLine(row.registration_id, row.placement, row.kills)
            for row in session.scalars(select(Result).where(Result.match_id == first).order_by(Result.registration_id))
        ]
    changed = [lines[0], lines[1], lines[2]._replace(kills=30), lines[3]]
    results.correct(first, changed, reason="The kills were misread.", actor=SYSTEM, now=utc_now())
    assert operator.types("recompute-rankings", "--tournament-id", 1).exit_code == 0
    now, then = (operator.types("show-leaderboard", 1, *more).stdout for more in ([], ["--at", "1"]))
    assert now.startswith("Spring Cup (completed), version 2\n")
    assert [line.split()[:4] for line in now.splitlines()[3:5]] == [
        ["1", "▲2", "Gamma", "40"],
        ["2", "▼1", "Beta", "23"],
    ]
    assert then.startswith(f"Spring Cup (completed), version 1\n\n{BOARD}")


def test_what_is_not_there_is_told(operator: Operator) -> None:
    operator.turns_on()
    operator.imports()
    for words, told in (
        ((7,), "There is no tournament 7."),
        ((1, "--at", 9), "Tournament 1 has no version 9; it has versions 1 to 1."),
    ):
        result = operator.types("show-leaderboard", *words)
        assert (result.exit_code, result.stdout, result.stderr) == (1, "", told + "\n")
    assert operator.types("show-leaderboard", "one").exit_code == 2


def test_paused_standings_say_how_to_turn_them_on(operator: Operator) -> None:
    imported = operator.imports()
    assert imported.exit_code == 0
    assert BOARD in imported.stdout
    assert "flags set LEADERBOARDS_COMPUTE_ENABLED on" in imported.stderr
    shown = operator.types("show-leaderboard", 1)
    assert shown.exit_code == 0
    assert "Standings are paused" in shown.stdout
    assert "flags set LEADERBOARDS_COMPUTE_ENABLED on" in shown.stdout
    document = orjson.loads(operator.types("show-leaderboard", 1, "--json").stdout)
    assert (document["rankings"], document["metadata"]["source"]) == ([], "disabled")
    assert "Standings are paused" in operator.types("recompute-rankings").stderr


def test_the_csv_export_opens_in_a_spreadsheet_and_runs_nothing(operator: Operator) -> None:
    operator.turns_on()
    operator.imports()
    path = operator.folder / "board.csv"
    result = operator.types("export-leaderboard", 1, "--format", "csv", "--output", path)
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", f"Wrote 4 rows to {path}.\n")
    raw = path.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbfrank,name,points,")
    rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline="")))
    assert [(row["rank"], row["name"], row["points"], row["tied"]) for row in rows] == [
        ("1", "Beta", "23", "FALSE"), ("2", "Alpha", "19", "FALSE"),
        ("3", "Gamma", "11", "FALSE"), ("4", "'=Delta", "9", "FALSE"),
    ]  # fmt: skip
    assert operator.types("export-leaderboard", 1, "--format", "csv").stdout_bytes == raw


def test_the_json_export_is_the_document_of_show_leaderboard(operator: Operator) -> None:
    operator.turns_on()
    operator.imports()
    exported = operator.types("export-leaderboard", 1, "--format", "json").stdout
    assert exported == operator.types("show-leaderboard", 1, "--json").stdout


def test_a_failed_export_leaves_the_old_file_alone(operator: Operator) -> None:
    path = operator.folder / "board.csv"
    path.write_text("yesterday's board")
    assert operator.types("export-leaderboard", 7, "--format", "csv", "--output", path).exit_code == 1
    assert path.read_text() == "yesterday's board"
