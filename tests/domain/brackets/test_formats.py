"""One door to the brackets of every format."""

import pytest

from webapp.domain.brackets import elimination, groups, round_robin, swiss
from webapp.domain.brackets.formats import bracket_of, rounds_of
from webapp.domain.brackets.settings import BracketSettings
from webapp.domain.errors import BracketError


def test_every_format_has_its_bracket() -> None:
    third, legs = BracketSettings(third_place=True), BracketSettings(legs=2)

    assert bracket_of("single-elimination", 8, third) == elimination.single(8, third_place=True)
    assert bracket_of("double-elimination", 8, BracketSettings(reset=False)) == elimination.double(8, reset=False)
    assert bracket_of("round-robin", 8, legs) == round_robin.round_robin(8, legs=2)
    assert bracket_of("round-robin", 8, BracketSettings(groups=2)) == groups.group_stage(8, 2)
    assert bracket_of("swiss", 8, BracketSettings(pairing="high-low")) == swiss.first_round(8, pairing="high-low")


@pytest.mark.parametrize(
    ("format_", "size", "settings", "message"),
    [
        ("single-elimination", 1, BracketSettings(), "2"),
        ("round-robin", 65, BracketSettings(), "65 participants make 2 to 32 groups of 2 to 64, not 1."),
        ("round-robin", 9, BracketSettings(groups=4, advance=3), "3 cannot go on where 2 play."),
        ("swiss", 1, BracketSettings(), "A Swiss has 2 to 1024 participants, not 1."),
        ("swiss", 8, BracketSettings(rounds=8), "8 participants can play 7 Swiss rounds without a rematch, not 8."),
        ("swiss", 9, BracketSettings(rounds=10), "9 participants can play 9 Swiss rounds without a rematch, not 10."),
        ("swiss", 8, BracketSettings(advance=9), "9 cannot go on where 8 play."),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(
    format_: str, size: int, settings: BracketSettings, message: str
) -> None:
    with pytest.raises(BracketError) as refused:
        bracket_of(format_, size, settings)

    assert message in refused.value.message
    assert refused.value.code == "bracket_impossible"


def test_a_swiss_plays_the_rounds_it_says_or_the_usual_ones() -> None:
    assert rounds_of(16, BracketSettings()) == 4
    assert rounds_of(16, BracketSettings(rounds=3)) == 3
    assert rounds_of(16, BracketSettings(wins_out=3, losses_out=3)) == 5
    # Nobody is left after five, whatever more is said.
    assert rounds_of(16, BracketSettings(rounds=7, wins_out=3, losses_out=3)) == 5
    assert rounds_of(16, BracketSettings(rounds=4, wins_out=3, losses_out=3)) == 4
