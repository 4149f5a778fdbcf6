"""One spelling of a name, nothing deceptive in it, and names that only a program can tell apart."""

import pytest

from webapp.domain.look_alikes import look_alikes
from webapp.domain.names import NAME_LIMIT, UnusableNameError, clean_name, name_key, quoted


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("  Team   Liquid ", "Team Liquid"),
        ("Team\u00a0\tLiquid", "Team Liquid"),
        ("Cafe\u0301", "Caf\u00e9"),
        ("\ufeff\u200bAlpha\u200b ", "Alpha"),
        ("ITAL0$$", "ITAL0$$"),
        ("Pão7", "Pão7"),
        ("مرحبا", "مرحبا"),
        ("👩\u200d🚀 crew", "👩\u200d🚀 crew"),
        ("=1+1", "=1+1"),
        ("   ", ""),
        ("\u200b", ""),
    ],
)
def test_a_name_has_one_spelling(given: str, name: str) -> None:
    assert clean_name(given) == name
    assert clean_name(name) == name


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("Al\x00pha", "holds the control character U+0000; remove it"),
        ("Al\x1bpha", "holds the control character U+001B; remove it"),
        ("abc\u202edef", "holds U+202E, which turns the direction of text; remove it"),
        ("x" * (NAME_LIMIT + 1), "is 81 characters long; shorten it to at most 80"),
    ],
)
def test_a_name_that_could_deceive_or_overflow_is_refused(given: str, reason: str) -> None:
    with pytest.raises(UnusableNameError) as refusal:
        clean_name(given)
    assert str(refusal.value) == reason


def test_names_that_differ_in_case_or_width_share_their_key() -> None:
    assert name_key("Ｔｅａｍ Straße") == name_key("TEAM STRASSE") == name_key("team strasse")
    assert name_key("Team A") != name_key("Team B")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Team", "Теаm"),
        ("Team", "Tеam"),
        ("тeam", "team"),
        ("Team Il", "Team ll"),
        ("TEAM Il", "team ll"),
        ("Team I", "Team 1"),
        ("max", "rnax"),
        ("Zero", "Zer0"),
        ("FaZe Clan", "Faze Clan"),
        ("FaZe Clan", "ＦａＺｅ Clan"),
        ("Alpha", "Al\u200bpha"),
    ],
)
def test_names_that_people_cannot_tell_apart_are_pointed_out(first: str, second: str) -> None:
    assert look_alikes([first, "Something else", second]) == [(first, second)]


def test_different_names_are_left_in_peace() -> None:
    assert look_alikes(["Alpha", "Beta", "Alpha", "Team 1", "Team 2", "Pão7", "Pao7", "INTZ", "17Gaming", ""]) == []


def test_a_wrong_value_is_repeated_without_control_characters_and_cut() -> None:
    assert quoted("a\x1b[31mb") == "“a\\u001b[31mb”"
    assert quoted("x" * 100) == "“" + "x" * 40 + "…”"
