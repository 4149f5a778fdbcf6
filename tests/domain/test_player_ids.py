import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.errors import PlayerIdError
from webapp.domain.games import Game, game, load_games
from webapp.domain.player_ids import normalise_player_id, player_identity

STEAM = "76561198012345678"
GOOD = [
    ("valorant", "Night Owl#EUW1", "Night Owl#EUW1"),
    ("valorant", "  abc#123 ", "abc#123"),
    ("valorant", "a" * 16 + "#ABCDE", "a" * 16 + "#ABCDE"),
    ("valorant", "Jose\u0301#ESP", "Jos\u00e9#ESP"),
    ("valorant", "페이커#KR1", "페이커#KR1"),
    ("valorant", "তামিম\u200cx#BD1", "তামিম\u200cx#BD1"),
    ("cs2", STEAM, STEAM),
    ("cs2", f"\n{STEAM}\t", STEAM),
    ("dota2", STEAM, STEAM),
    ("efootball", "123456789", "123456789"),
    ("efootball", "123456789012", "123456789012"),
    ("fc26", "abcde", "abcde"),
    ("fc26", "A1" * 10, "A1" * 10),
    ("mlbb", "123456|1234", "123456|1234"),
    ("mlbb", "123456789012|12345", "123456789012|12345"),
    ("mlbb", "123456789(2345)", "123456789|2345"),
    ("mlbb", " 123456789 (2345) ", "123456789|2345"),
    ("mlbb", "123456789 | 2345", "123456789|2345"),
    ("codm", "Ghost/123456", "Ghost/123456"),
    ("codm", "G/" + "1" * 20, "G/" + "1" * 20),
    ("freefire", "ITAL0$$/5123456789", "ITAL0$$/5123456789"),
    ("freefire", "Pão 7 / 5123456789", "Pão 7/5123456789"),
    ("freefire", "a/b/5123456789", "a/b/5123456789"),
    ("pubgm", "★Night★/5123456789", "★Night★/5123456789"),
]
BAD = [
    ("valorant", "Night Owl"),
    ("valorant", "ab#EUW"),
    ("valorant", "a" * 17 + "#EUW"),
    ("valorant", "abc#EU"),
    ("valorant", "abc#EUWEST"),
    ("valorant", "abc#E!W"),
    ("valorant", "abc #EUW"),
    ("valorant", "a#c#EUW"),
    ("valorant", "ab\u202ec#EUW"),
    ("valorant", "ab\u200bc#EUW"),
    ("valorant", "ab\x00c#EUW"),
    ("cs2", "7656119801234567"),
    ("cs2", "765611980123456789"),
    ("cs2", "86561198012345678"),
    ("cs2", "STEAM_0:1:26040012"),
    ("cs2", "７６５６１１９８０１２３４５６７８"),
    ("dota2", "123456789"),
    ("efootball", "12345678"),
    ("efootball", "1234567890123"),
    ("efootball", "12345678a"),
    ("fc26", "abcd"),
    ("fc26", "a" * 21),
    ("fc26", "abc de"),
    ("fc26", "abc_de"),
    ("mlbb", "12345|1234"),
    ("mlbb", "1234567890123|1234"),
    ("mlbb", "123456789|123"),
    ("mlbb", "123456789|123456"),
    ("mlbb", "123456789(2345"),
    ("mlbb", "123456789"),
    ("codm", "Ghost"),
    ("codm", "/123456"),
    ("codm", "Ghost/12345"),
    ("codm", "Ghost/" + "1" * 21),
    ("codm", "Ghost/12345a"),
    ("codm", "x" * 31 + "/123456"),
    ("freefire", "a\nb/5123456789"),
    ("pubgm", ""),
    ("pubgm", "   "),
    ("pubgm", "x" * 5000),
]


@pytest.mark.parametrize(("slug", "raw", "normal"), GOOD)
def test_a_good_id_gets_its_one_spelling(slug: str, raw: str, normal: str) -> None:
    assert normalise_player_id(game(slug), raw) == normal


@pytest.mark.parametrize(("slug", "raw"), BAD)
def test_a_bad_id_is_refused_with_the_right_form_and_an_example(slug: str, raw: str) -> None:
    found = game(slug)
    with pytest.raises(PlayerIdError) as caught:
        normalise_player_id(found, raw)
    message = caught.value.message
    assert message.endswith(f"is not a {found.player_id.name} of {found.title}: {caught.value.fields[0].message}")
    assert caught.value.fields == (
        ("player_id", f"write it as {found.player_id.form}; for example {found.player_id.example}"),
    )
    assert message.isprintable()
    assert len(message) < 300


def test_the_message_shows_what_was_written() -> None:
    with pytest.raises(PlayerIdError) as caught:
        normalise_player_id(game("mlbb"), "123456789")
    assert caught.value.message == (
        "“123456789” is not a Mobile Legends ID of Mobile Legends: write it as UID|Zone or UID(Zone), "
        "a UID of 6 to 12 digits and a zone of 4 to 5 digits; for example 123456789|2345"
    )


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(PlayerIdError, match="This is not a Steam ID64"):
        normalise_player_id(game("cs2"), 76561198012345678)  # type: ignore[arg-type]  # as JSON may have it


@pytest.mark.parametrize(
    ("slug", "some", "other", "same"),
    [
        ("valorant", "Night Owl#EUW", "night owl#euw", True),
        ("valorant", "Night Owl#EUW", "Night Owl#EUW1", False),
        ("fc26", "Striker9", "STRIKER9", True),
        ("pubgm", "Old Name/5123456789", "New Name/5123456789", True),
        ("pubgm", "Name/5123456789", "Name/5123456780", False),
        ("mlbb", "123456789|2345", "123456789(2345)", True),
        ("mlbb", "123456789|2345", "123456789|2346", False),
    ],
)
def test_one_player_is_known_again(slug: str, some: str, other: str, same: bool) -> None:
    found = game(slug)
    ids = [player_identity(found, normalise_player_id(found, raw)) for raw in (some, other)]
    assert (ids[0] == ids[1]) is same


@pytest.mark.parametrize("found", load_games().values(), ids=lambda found: found.slug)
def test_the_example_of_every_game_is_a_normal_id(found: Game) -> None:
    assert normalise_player_id(found, found.player_id.example) == found.player_id.example


@given(st.sampled_from(sorted(load_games())), st.text(max_size=40) | st.from_regex(r"\A[^#/|]{1,16}[#/|]\d{3,8}\Z"))
def test_normalising_twice_is_normalising_once(slug: str, raw: str) -> None:
    try:
        once = normalise_player_id(game(slug), raw)
    except PlayerIdError:
        return
    assert normalise_player_id(game(slug), once) == once == unicodedata.normalize("NFC", once).strip()
