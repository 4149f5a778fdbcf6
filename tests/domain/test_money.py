"""Amounts of money."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.money import UnusableAmountError, parse_amount, shown_amount, split


@pytest.mark.parametrize(
    ("text", "currency", "amount", "shown"),
    [("50", "BDT", 5000, "50.00 BDT"), ("1 250,5", "EUR", 125_050, "1,250.50 EUR"), ("", "EUR", 0, "0.00 EUR"),
     ("900", "JPY", 900, "900 JPY"), ("0.125", "KWD", 125, "0.125 KWD")],
)  # fmt: skip
def test_amounts_are_read_and_shown(text: str, currency: str, amount: int, shown: str) -> None:
    assert parse_amount(text, currency) == amount
    assert shown_amount(amount, currency) == shown


@pytest.mark.parametrize(("text", "currency"), [("-1", "BDT"), ("five", "BDT"), ("1.234", "BDT"), ("1.5", "JPY")])
def test_what_is_no_amount_is_refused(text: str, currency: str) -> None:
    with pytest.raises(UnusableAmountError, match="write an amount such as"):
        parse_amount(text, currency)


@given(st.integers(0, 10**9), st.lists(st.integers(1, 10_000), max_size=8))
def test_a_split_gives_out_what_the_shares_say_and_not_a_unit_more(pool: int, shares: list[int]) -> None:
    shares = shares if sum(shares) <= 10_000 else [10_000]
    amounts = split(pool, shares)
    assert sum(amounts) == pool * sum(shares) // 10_000
