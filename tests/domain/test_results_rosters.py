"""Files of results of a tournament whose participants are known."""

import pytest

from webapp.domain.errors import ResultError
from webapp.domain.results_csv import read_results_csv
from webapp.domain.results_participants import HandleRoster


def file(*rows: str) -> bytes:
    return "\n".join(["match,participant,placement,kills", *rows]).encode()


def test_an_open_roster_takes_everybody_and_makes_the_lobby_larger() -> None:
    raw = file("1,Team Liquid,3,0", "1,Nobody,1,0")
    roster = {"Team Liquid", "FaZe Clan"}
    assert [line.placement for line in read_results_csv(raw, roster=roster, is_open=True).lines] == [3, 1]
    with pytest.raises(ResultError) as refused:
        read_results_csv(file("1,Nobody,4,0"), roster=roster, is_open=True)
    assert list(map(str, refused.value.fields)) == ["line 2: placement: must be 1 to 3, or blank for a DNF, not 4"]


def test_a_roster_of_handles_knows_them_in_any_case() -> None:
    roster = HandleRoster(["Mira", "Åsa"])
    assert [name in roster for name in ("MIRA", "åsa", "Mir")] == [True, True, False]
    assert (len(roster), list(roster)) == (2, ["Mira", "Åsa"])
    assert len(read_results_csv(file("1,mira,1,0"), roster=roster, are_handles=True).lines) == 1
