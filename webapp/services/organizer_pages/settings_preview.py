"""What the settings of a tournament come to, before they are saved."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup

from webapp.domain.games import load_games
from webapp.domain.money import shown_amount, split
from webapp.services.files.markdown import to_html

_WORDS = {
    "single-elimination": "Single elimination",
    "double-elimination": "Double elimination",
    "round-robin": "Round robin",
    "swiss": "Swiss",
    "battle-royale": "Battle royale",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsPreview:
    """A tournament as it would be seen."""

    name: str
    game_title: str
    format: str
    starts_at: datetime | None
    facts: tuple[str, ...]
    """How it is played, who gets in, what it costs; sentences."""
    prizes: tuple[tuple[int, str], ...]
    """Place and amount."""
    description: Markup
    rules: Markup


def preview_of(details: Mapping[str, Any], format_: str) -> SettingsPreview:
    """The preview of settings as a form gives them, right or wrong."""
    game = load_games().get(details["game"])
    currency = details.get("currency", "")
    amounts = split(details.get("prize_pool", 0), details.get("prize_distribution", []))
    return SettingsPreview(
        name=details["name"],
        game_title=game.title if game else str(details["game"]),
        format=format_,
        starts_at=details.get("starts_at"),
        facts=tuple(_facts(details, format_)),
        prizes=tuple((place, shown_amount(amount, currency)) for place, amount in enumerate(amounts, start=1)),
        description=to_html(details.get("description", "")),
        rules=to_html(details.get("rules", "")),
    )


def _facts(details: Mapping[str, Any], format_: str) -> Iterator[str]:
    yield from _of_bracket(details.get("bracket", {}), format_)
    best_of = details.get("best_of_by_round", {})
    if best_of:
        usual = f"Best of {best_of.get('default', 1)}"
        yield f"{usual}, best of {best_of['final']} in the final." if "final" in best_of else f"{usual}."
    places = details.get("places")
    yield (
        f"{places} places{', then a line of who waits' if details.get('has_waitlist') else ''}."
        if places
        else ("As many places as come.")
    )
    if details.get("asks_approval"):
        yield "An organizer decides about each registration."
    if details.get("has_checkin"):
        yield "Who has not checked in by the start is not there."
    fee, currency = details.get("entry_fee", 0), details.get("currency", "")
    yield f"Entry fee {shown_amount(fee, currency)}." if fee else "Free to enter."
    if details.get("prize_pool"):
        yield f"Prize pool {shown_amount(details['prize_pool'], currency)}."
    yield {
        "public": "Listed for everybody once it opens.",
        "unlisted": "For everybody who has the link, once it opens.",
        "private": "For its officials alone.",
    }.get(details.get("visibility", ""), "")


def _of_bracket(bracket: Mapping[str, Any], format_: str) -> Iterator[str]:
    if format_ == "single-elimination" and bracket.get("third_place"):
        yield "With a match for third place."
    if format_ == "double-elimination":
        yield "One grand final." if bracket.get("reset") is False else "A lost grand final is played again."
    if format_ == "round-robin":
        groups, legs = bracket.get("groups", 1), bracket.get("legs", 1)
        who = "Everybody meets everybody" if groups == 1 else f"{groups} groups; within them everybody meets everybody"
        yield f"{who}{' twice' if legs == 2 else ''}."
    if format_ == "swiss":
        yield f"{bracket['rounds']} rounds." if bracket.get("rounds") else "As many rounds as the field needs."
    then = bracket.get("then")
    if isinstance(then, Mapping):
        yield f"The first {bracket.get('advance') or '…'} go on to a {_WORDS.get(then.get('format', ''), '').lower()}."
