"""Words in many scripts for the preview images."""

import pytest

from webapp.services.boards.preview_fonts import ELLIPSIS, FACES, FOLDER, Writer, is_writable


@pytest.mark.parametrize(
    "name", ["Squad 01", "Łódź Ünited", "Đội Việt", "Север", "Ωmega", "ঢাকা ক্ষত্রিয়", "दिल्ली", "دلتا"]
)
def test_these_scripts_can_be_written(name: str) -> None:
    assert is_writable(name)
    assert Writer(36, "heavy").width_of(name) > 36


@pytest.mark.parametrize("name", ["战队", "ทีม", "team 😀", "\x00", "a\tb", "\ue000"])
def test_others_are_known_not_to_be(name: str) -> None:
    assert not is_writable(name)


def test_bengali_is_shaped_not_set_letter_by_letter() -> None:
    """A conjunct is one sign, narrower than its letters side by side."""
    writer = Writer(48, "heavy")
    assert writer.width_of("ক্ষ") < 0.8 * (writer.width_of("ক") + writer.width_of("ষ"))


@pytest.mark.parametrize("name", ["The name that goes on and on and never ends", "ঢাকা ক্ষত্রিয় শ্রেষ্ঠ ঢাকা ক্ষত্রিয় শ্রেষ্ঠ"])
def test_a_name_is_cut_to_its_room_and_never_between_a_letter_and_its_sign(name: str) -> None:
    writer = Writer(36, "heavy")
    short = writer.fitted(name, 300)
    assert writer.width_of(short) <= 300
    assert short.endswith(ELLIPSIS)
    assert name.startswith(short[:-1])
    assert writer.fitted("Short", 300) == "Short"


def test_every_font_is_there_with_its_licence() -> None:
    files = {file for face in FACES for file in (face.regular, face.heavy)}
    assert {path.name for path in FOLDER.glob("*.woff")} == files
    listed = (FOLDER / "README.md").read_text()
    assert all(file in listed for file in files)
    assert len(list(FOLDER.glob("*-LICENSE.txt"))) == 4
