"""Settings of a tournament that depend on one another: its dates, its places, its money, how its format is played."""

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any, Final

from webapp.domain.brackets.settings import best_of_errors, parse_settings
from webapp.domain.errors import BracketError, FieldError
from webapp.domain.games import Game

MOST_PLACES: Final = {
    "battle-royale": 100_000, "single-elimination": 1024, "double-elimination": 1024, "round-robin": 2048, "swiss": 1024
}  # fmt: skip
MOST_MONEY: Final = 2_000_000_000
MOST_METHODS: Final = 10
MOST_PRIZES: Final = 64
WHOLE: Final = 10_000
"""All shares of a prize together, in hundredths of a percent."""
_LONGEST_METHOD: Final = 60
_LONGEST_INSTRUCTIONS: Final = 1000
_CURRENCY_LETTERS: Final = 3
# In the order in which they come to pass.
_DATES: Final = (
    ("registration_opens_at", "registration opens"),
    ("registration_closes_at", "registration closes"),
    ("starts_at", "it starts"),
)


def wrong(given: Mapping[str, Any], merged: Mapping[str, Any], game: Game, format_: str) -> Iterator[FieldError]:
    """What is wrong with the settings that are `given`; `merged` holds them beside those that stay."""
    yield from _wrong_dates(given, merged)
    yield from _wrong_places(given, game, format_)
    yield from _wrong_money(given, merged)
    if "payment_methods" in given:
        yield from _wrong_methods(given["payment_methods"])
    if "prize_distribution" in given:
        yield from _wrong_shares(given["prize_distribution"])
    if "best_of_by_round" in given:
        yield from best_of_errors(given["best_of_by_round"], game.best_of)
    if {"bracket", "format"} & given.keys():
        yield from _wrong_bracket(merged.get("bracket") or {}, format_)


def _wrong_dates(given: Mapping[str, Any], merged: Mapping[str, Any]) -> Iterator[FieldError]:
    for (earlier, its_words), (later, words) in combinations(_DATES, 2):
        first, then = merged.get(earlier), merged.get(later)
        if first is None or then is None or first <= then:
            continue
        if earlier in given:
            yield FieldError(earlier, f"is after the moment at which {words}")
        elif later in given:
            yield FieldError(later, f"is before the moment at which {its_words}")
    opens, starts = merged.get("checkin_opens_at"), merged.get("starts_at")
    if opens is not None and starts is not None and opens >= starts:
        if "checkin_opens_at" in given:
            yield FieldError("checkin_opens_at", "choose a moment before the start; check-in ends with it")
        else:
            yield FieldError("starts_at", "choose a moment after check-in opens")


def _wrong_places(given: Mapping[str, Any], game: Game, format_: str) -> Iterator[FieldError]:
    places, most = given.get("places"), MOST_PLACES[format_]
    if places is not None and not 2 <= places <= most:
        yield FieldError("places", f"write a number from 2 to {most}, or leave it blank")
    size = given.get("team_size")
    if size is not None and not game.players_min <= size <= game.players_max:
        fewest, most_players = game.players_min, game.players_max
        players = f"{fewest}" if fewest == most_players else f"{fewest} to {most_players}"
        yield FieldError("team_size", f"{game.title} is played with {players} a team")


def _wrong_money(given: Mapping[str, Any], merged: Mapping[str, Any]) -> Iterator[FieldError]:
    for field in ("entry_fee", "prize_pool"):
        if not 0 <= given.get(field, 0) <= MOST_MONEY:
            yield FieldError(field, "write an amount of 0 or more")
    currency = merged.get("currency") or ""
    is_code = len(currency) == _CURRENCY_LETTERS and currency.isascii() and currency.isupper() and currency.isalpha()
    if currency and not is_code:
        yield FieldError("currency", "write its three letters, such as BDT or EUR")
    has_money = bool(merged.get("entry_fee") or merged.get("prize_pool"))
    if has_money and not currency and {"entry_fee", "prize_pool", "currency"} & given.keys():
        yield FieldError("currency", "say in which currency the fee and the prizes are")


def _wrong_methods(methods: Any) -> Iterator[FieldError]:
    if len(methods) > MOST_METHODS:
        yield FieldError("payment_methods", f"name at most {MOST_METHODS} ways to pay")
    names = [str(method.get("name", "")) for method in methods]
    if len(set(names)) < len(names):
        yield FieldError("payment_methods", "name each way to pay once")
    for method in methods[:MOST_METHODS]:
        name, instructions = str(method.get("name", "")), str(method.get("instructions", ""))
        if not name or len(name) > _LONGEST_METHOD or not name.isprintable():
            yield FieldError("payment_methods", f"give each way to pay a name of at most {_LONGEST_METHOD} characters")
        if len(instructions) > _LONGEST_INSTRUCTIONS:
            yield FieldError("payment_methods", f"say how to pay in at most {_LONGEST_INSTRUCTIONS} characters")


def _wrong_shares(shares: Any) -> Iterator[FieldError]:
    if len(shares) > MOST_PRIZES:
        yield FieldError("prize_distribution", f"share it among at most {MOST_PRIZES} places")
    elif any(not isinstance(share, int) or share <= 0 for share in shares):
        yield FieldError("prize_distribution", "write shares above 0, such as 50, 30, 20")
    elif sum(shares) > WHOLE:
        yield FieldError("prize_distribution", f"share 100 percent at most; these make {sum(shares) / 100:g}")


def _wrong_bracket(bracket: Mapping[str, Any], format_: str) -> Iterator[FieldError]:
    try:
        parse_settings(bracket, format_)
    except BracketError as error:
        yield from error.fields
