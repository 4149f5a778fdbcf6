from datetime import UTC, datetime, timedelta, timezone

import pytest

from webapp.views.presentation import hundredths, iso, ordinal, signed, utc, without_empty

DHAKA = timezone(timedelta(hours=6))
MOMENT = datetime(2026, 3, 1, 4, 5, 6, tzinfo=DHAKA)


def test_instants_are_written_in_utc_whatever_zone_they_come_in() -> None:
    assert iso(MOMENT) == "2026-02-28T22:05:06Z"
    assert [utc(MOMENT, shows) for shows in ("clock", "moment", "day")] == [
        "22:05 UTC", "28 Feb 2026, 22:05 UTC", "28 Feb 2026",
    ]  # fmt: skip
    assert utc(datetime(2026, 11, 3, tzinfo=UTC)) == "3 Nov 2026, 00:00 UTC"


@pytest.mark.parametrize(
    ("number", "written"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (13, "13th"), (21, "21st"),
     (102, "102nd"), (111, "111th")],
)  # fmt: skip
def test_places_are_written_as_english_does(number: int, written: str) -> None:
    assert ordinal(number) == written


def test_numbers_keep_their_sign_and_their_hundredths() -> None:
    assert [signed(value) for value in (5, 0, -5)] == ["+5", "0", "−5"]
    assert [hundredths(value) for value in (None, 250, 1033)] == ["–", "2.50", "10.33"]


def test_what_has_no_value_is_left_out() -> None:
    assert without_empty({"a": 1, "b": None, "c": 0}) == {"a": 1, "c": 0}
