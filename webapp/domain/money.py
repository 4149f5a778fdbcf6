"""Amounts of money: whole numbers of a currency's smallest unit, written as people write them."""

import re
from typing import Final

USUAL_DIGITS: Final = 2
UNUSUAL_DIGITS: Final = {
    0: ("CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "XAF", "XOF"),
    3: ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"),
}  # fmt: skip
"""ISO 4217: how many digits stand after the point, where it is not two."""
_DIGITS: Final = {currency: digits for digits, currencies in UNUSUAL_DIGITS.items() for currency in currencies}
_AMOUNT: Final = re.compile(r"(\d{1,12})(?:[.,](\d{1,3}))?")


class UnusableAmountError(ValueError):
    """An amount that cannot be used; its text says why."""


def digits_of(currency: str) -> int:
    """How many digits the currency has after the point; two where none is named."""
    return _DIGITS.get(currency, USUAL_DIGITS)


def parse_amount(text: str, currency: str) -> int:
    """The amount in the currency's smallest unit; nothing written is 0. Raises UnusableAmountError."""
    plain = text.strip().replace("\u00a0", "").replace(" ", "")
    if not plain:
        return 0
    found = _AMOUNT.fullmatch(plain)
    digits = digits_of(currency)
    if found is None or len(found[2] or "") > digits:
        example = "50" if digits == 0 else f"50.{'0' * digits}"
        raise UnusableAmountError(f"write an amount such as {example}")
    rest = (found[2] or "").ljust(digits, "0")
    return int(found[1] + rest)


def shown_amount(amount: int, currency: str) -> str:
    """The amount as it is written, with its currency: `50.00 BDT`."""
    digits = digits_of(currency)
    whole, rest = divmod(amount, int("1" + "0" * digits))
    number = f"{whole:,}" if digits == 0 else f"{whole:,}.{rest:0{digits}}"
    return f"{number} {currency}".strip()


def split(pool: int, shares: list[int]) -> list[int]:
    """What each place gets of a pool by shares in hundredths of a percent, in smallest units; nothing is made up.

    What rounding leaves goes to the first places, one unit each, where the shares are everything.
    """
    amounts = [pool * share // 10_000 for share in shares]
    left = pool * sum(shares) // 10_000 - sum(amounts)
    return [amount + (1 if place < left else 0) for place, amount in enumerate(amounts)]
