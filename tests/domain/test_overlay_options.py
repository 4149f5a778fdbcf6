"""What the address of an overlay asks for, and what becomes of a value that is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.overlay_options import MOST_ROWS, THEMES, OverlayOptions, WrongOption, parse_options

DEFAULTS = OverlayOptions()


def test_nothing_asked_for_is_the_default() -> None:
    assert parse_options({}, DEFAULTS) == (DEFAULTS, ())


def test_what_can_be_used_is_used() -> None:
    given_ = {"theme": "clear", "rows": "25", "rotate": "600", "token": "x"}
    assert parse_options(given_, DEFAULTS) == (OverlayOptions("clear", 25, 600), ())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("theme", "pink"), ("theme", ""), ("theme", "DARK"),
        ("rows", "0"), ("rows", "26"), ("rows", "-1"), ("rows", "ten"), ("rows", ""), ("rows", "٣"), ("rows", "1.5"),
        ("rows", "9" * 5000),
        ("rotate", "1"), ("rotate", "2"), ("rotate", "601"), ("rotate", "-5"), ("rotate", "5s"), ("rotate", "²"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_the_default_and_named(name: str, value: str) -> None:
    used = {"theme": "dark", "rows": "10", "rotate": "0"}[name]
    assert parse_options({name: value}, DEFAULTS) == (DEFAULTS, (WrongOption(name, value, used),))


@given(st.dictionaries(st.sampled_from(["theme", "rows", "rotate", "other"]), st.text(max_size=8)))
def test_whatever_is_asked_for_can_be_shown(asked: dict[str, str]) -> None:
    options, wrong = parse_options(asked, DEFAULTS)
    assert options.theme in THEMES
    assert 1 <= options.rows <= MOST_ROWS
    assert options.rotate_s == 0 or 3 <= options.rotate_s <= 600
    assert all(asked[option.name] == option.given for option in wrong)
