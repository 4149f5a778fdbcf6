import pytest

from webapp.domain.participant_lines import MOST_LINES, ParticipantLine, read_participants


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Alpha", ("Alpha", None)),
        ("  Night   Ferry , 3 ", ("Night Ferry", 3)),
        ("Night Ferry;3", ("Night Ferry", 3)),
        ("Night Ferry\t3", ("Night Ferry", 3)),
        ("Night Ferry,", ("Night Ferry", None)),
        ("Salt, Pepper", ("Salt, Pepper", None)),
        ("Salt, Pepper, 12", ("Salt, Pepper", 12)),
        ("Team 9", ("Team 9", None)),
        ("১০ নম্বর", ("১০ নম্বর", None)),
    ],
)
def test_a_line_is_a_name_and_may_have_a_seed(written: str, expected: tuple[str, int | None]) -> None:
    found = read_participants(written, are_handles=False)
    assert found == ((ParticipantLine(1, *expected),), ())


def test_blank_lines_are_nothing_and_lines_keep_their_numbers() -> None:
    found = read_participants("\n\nAlpha\r\n \n,\nBeta,2\n", are_handles=False)
    assert found.lines == (ParticipantLine(3, "Alpha", None), ParticipantLine(6, "Beta", 2))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("Alpha\nBeta\nAlpha", "line 3: “Alpha” is on line 1 already"),
        ("Alpha,1\nBeta,1", "line 2: seed 1 is given on line 1 already"),
        ("Alpha,0", "line 1: “0” is no seed; write a whole number from 1 to 9,999"),
        ("Alpha,-2", "line 1: “-2” is no seed; write a whole number from 1 to 9,999"),
        ("Alpha,1.5", "line 1: “1.5” is no seed; write a whole number from 1 to 9,999"),
        ("Alpha,123456789012", "line 1: “123456789012” is no seed; write a whole number from 1 to 9,999"),
        (", 3", "line 1: has no name"),
        ("x" * 81, "line 1: is 81 characters long; shorten it to at most 80"),
        ("a\u202eb", "line 1: holds U+202E, which turns the direction of text; remove it"),
    ],
)
def test_what_is_wrong_is_told_by_line(text: str, problem: str) -> None:
    assert [str(found) for found in read_participants(text, are_handles=False).problems] == [problem]


def test_handles_are_the_same_in_any_case_and_teams_are_not() -> None:
    assert len(read_participants("Mira\nMIRA", are_handles=False).lines) == 2
    assert [str(found) for found in read_participants("Mira\nMIRA", are_handles=True).problems] == [
        "line 2: “MIRA” is on line 1 already"
    ]


def test_endless_lists_are_cut_with_a_word() -> None:
    found = read_participants("\n".join(f"Team {number}" for number in range(MOST_LINES + 5)), are_handles=False)
    assert len(found.lines) == MOST_LINES
    assert [str(problem) for problem in found.problems] == [
        "line 1001: only 1,000 are taken at once; add the rest after"
    ]
