from typing import Any

import pytest

from webapp.domain.custom_fields import FieldRule, checked_answers, definition_problems


def rule(kind: str, *, is_required: bool = False, **limits: Any) -> FieldRule:
    return FieldRule("field", "Field", kind, is_required, "", limits)


@pytest.mark.parametrize(
    ("asked", "given", "kept"),
    [
        (rule("text", min=2, max=4), "  abc ", "abc"),
        (rule("text"), "a\r\nb", "a\nb"),
        (rule("number", min=1, max=9), "7", 7),
        (rule("number"), "2.50", 2.5),
        (rule("number"), 3, 3),
        (rule("dropdown", choices=["S", "M"]), "M", "M"),
        (rule("url"), "https://example.org/a?b=c", "https://example.org/a?b=c"),
        (rule("toggle", is_required=True), "on", True),
        (rule("toggle"), False, False),
        (rule("date", min="2000-01-01"), "2008-02-29", "2008-02-29"),
    ],
)
def test_good_answers_are_kept_by_type(asked: FieldRule, given: Any, kept: Any) -> None:
    assert checked_answers([asked], {"field": given}) == ({"field": kept}, [])


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        (rule("text", min=2), "a"), (rule("text", max=2), "abc"), (rule("text"), "x" * 1001), (rule("text"), "a\x00b"),
        (rule("text"), 5), (rule("number"), "seven"), (rule("number"), "nan"), (rule("number"), "1e99"),
        (rule("number"), True), (rule("number", min=1), 0), (rule("number", max=9), "9.5"),
        (rule("dropdown", choices=["S", "M"]), "L"), (rule("url"), "javascript:alert(1)"), (rule("url"), "https://"),
        (rule("url"), "https://a b"), (rule("url"), "http://[::1"), (rule("toggle"), "maybe"),
        (rule("date"), "2009-02-29"), (rule("date"), "soon"), (rule("date", max="2010-01-01"), "2010-01-02"),
    ],
)  # fmt: skip
def test_bad_answers_are_refused_beside_their_field(asked: FieldRule, given: Any) -> None:
    _, problems = checked_answers([asked], {"field": given})
    assert [(problem.code, problem.field.path) for problem in problems] == [("invalid_custom_field", "answers.field")]


@pytest.mark.parametrize("kind", ["text", "number", "dropdown", "url", "toggle", "date", "media"])
def test_what_is_required_and_missing_is_said(kind: str) -> None:
    limits: dict[str, Any] = {"choices": ["S", "M"]} if kind == "dropdown" else {}
    for given in ({}, {"field": " "}, {"field": None}):
        _, problems = checked_answers([rule(kind, is_required=True, **limits)], given)
        assert [problem.code for problem in problems] == ["missing_custom_field"]
        assert checked_answers([rule(kind, **limits)], given)[1] == []


def test_files_come_as_files_alone_and_what_is_not_asked_is_refused() -> None:
    assert checked_answers([rule("media")], {}, files={"field": 7}) == ({"field": 7}, [])
    assert checked_answers([rule("media", is_required=True)], {"field": 7})[1][0].code == "missing_custom_field"
    assert checked_answers([], {"extra": "x"})[1][0].field.path == "answers.extra"


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        (FieldRule("Discord", "Discord", "text"), "key"),
        (FieldRule("a" * 41, "Discord", "text"), "key"),
        (FieldRule("a", " ", "text"), "label"),
        (FieldRule("a", "A", "colour"), "kind"),
        (rule("text", choices=["a", "b"]), "limits.choices"),
        (rule("text", min=5, max=4), "limits.max"),
        (rule("text", max=5000), "limits.max"),
        (rule("number", min="low"), "limits.min"),
        (rule("date", max="tomorrow"), "limits.max"),
        (rule("dropdown"), "limits.choices"),
        (rule("dropdown", choices=["a"]), "limits.choices"),
        (rule("dropdown", choices=["a", "a"]), "limits.choices"),
        (rule("dropdown", choices=["a", ""]), "limits.choices"),
    ],
)
def test_definitions_that_cannot_be_asked_are_refused(asked: FieldRule, path: str) -> None:
    assert [problem.path for problem in definition_problems(asked)] == [path]


def test_good_definitions_have_no_problems() -> None:
    for kind, limits in (("text", {"max": 20}), ("number", {"min": 1}), ("date", {"min": "2000-01-01"}), ("url", {})):
        assert definition_problems(rule(kind, **limits)) == []
    assert definition_problems(rule("dropdown", choices=["a", "b"])) == []
