"""How a bracket is to be seeded, as the page asks for it."""

import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from flask import request
from wtforms import BooleanField, IntegerField, RadioField, StringField
from wtforms.validators import NumberRange

from webapp.domain.errors import BracketError, FieldError
from webapp.services.organizer_pages.bracket import SeedLine
from webapp.views.forms import Form

LONGEST_SEED: Final = 64
SEED_FIELD: Final = "seed-"
_SEED_BYTES: Final = 4


METHODS: Final = {
    "slot": "As they are listed",
    "random": "At random",
    "ranked": "By the teams’ ranking points",
    "manual": "By hand",
}


class SeedingForm(Form):
    """In which order participants go into the bracket."""

    seeding = RadioField("Seeding", choices=METHODS, default="slot")
    random_seed = StringField(
        "Drawn from", description="The same word gives the same order again; empty draws a new one.",
        render_kw={"maxlength": LONGEST_SEED, "autocomplete": "off", "translate": "no"},
    )  # fmt: skip
    unranked_last = BooleanField("Teams without ranking points come last")

    def wanted(self, lines: Sequence[SeedLine]) -> dict[str, Any]:
        """What the services are asked for. Raises BracketError naming the numbers that make no order."""
        if self.seeding.data == "random" and not (self.random_seed.data or "").strip():
            # Drawn here already, so that what is looked at is what will be drawn.
            self.random_seed.data = secrets.token_hex(_SEED_BYTES)
        return {
            "seeding": self.seeding.data,
            "order": order_of(request.form, lines) if self.seeding.data == "manual" else (),
            "random_seed": (self.random_seed.data or "").strip()[:LONGEST_SEED]
            if self.seeding.data == "random"
            else "",
            "unranked_last": bool(self.unranked_last.data),
        }


class SwapForm(Form):
    """Two seeds that are to change places."""

    first = IntegerField("Seed", validators=[NumberRange(min=1, message="Write a seed.")])
    second = IntegerField("with seed", validators=[NumberRange(min=1, message="Write a seed.")])


def order_of(given: Mapping[str, str], lines: Sequence[SeedLine]) -> tuple[int, ...]:
    """The participants by the numbers beside their names. Raises BracketError naming each that is none."""
    by_number: dict[int, list[SeedLine]] = defaultdict(list)
    errors = []
    for line in lines:
        text = given.get(f"{SEED_FIELD}{line.participant_id}", "").strip()
        if text.isascii() and text.isdigit() and 0 < int(text[:9]) <= len(lines):
            by_number[int(text)].append(line)
        else:
            message = f"{line.name} needs a number from 1 to {len(lines)}."
            errors.append(FieldError(f"{SEED_FIELD}{line.participant_id}", message))
    for number, found in by_number.items():
        errors += [
            FieldError(f"{SEED_FIELD}{line.participant_id}", f"Seed {number} is given to {found[0].name} already.")
            for line in found[1:]
        ]
    if errors:
        raise BracketError.listing("The seeds make no order", errors)
    return tuple(by_number[number][0].participant_id for number in sorted(by_number))
