"""Text in many scripts for drawn pictures: each run of letters in the font that has them."""

import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Final, Literal, NamedTuple

from PIL import ImageDraw, ImageFont, features

from webapp.config import ROOT

FOLDER: Final = ROOT / "webapp" / "fonts"
ELLIPSIS: Final = "…"

Weight = Literal["regular", "heavy"]
Span = tuple[int, int]


class Face(NamedTuple):
    """A font file by weight, and the letters that it has."""

    regular: str
    heavy: str
    spans: tuple[Span, ...]
    is_shaped: bool = False
    """Whether letters change with their neighbours, which takes more than setting one beside the other."""


def _archivo(script: str, *spans: Span) -> Face:
    return Face(f"archivo-{script}-500-normal.woff", f"archivo-{script}-800-normal.woff", spans)


def _noto(name: str, *spans: Span, is_shaped: bool = False) -> Face:
    file = f"noto-sans-{name}-700-normal.woff"
    return Face(file, file, spans, is_shaped)


# Within these spans some letters are missing from the files; they are looked for in turn.
FACES: Final = (
    _archivo("latin", (0x20, 0x7E), (0xA0, 0xFF), (0x152, 0x153), (0x2010, 0x203A), (0x20AC, 0x20AC), (0x2122, 0x2122)),
    _archivo("vietnamese", (0x102, 0x103), (0x110, 0x111), (0x1A0, 0x1B0), (0x300, 0x323), (0x1EA0, 0x1EF9)),
    _archivo("latin-ext", (0x100, 0x2BA), (0x1E00, 0x1EFF)),
    _noto("cyrillic", (0x401, 0x45F), (0x490, 0x491)),
    _noto("cyrillic-ext", (0x460, 0x52F)),
    _noto("greek", (0x370, 0x3FF)),
    _noto("bengali-bengali", (0x964, 0x965), (0x980, 0x9FE), is_shaped=True),
    _noto("devanagari", (0x900, 0x97F), is_shaped=True),
    _noto("arabic-arabic", (0x600, 0x6FF), is_shaped=True),
)
CAN_SHAPE: Final = features.check("raqm")
"""False where the system has no FriBidi: then scripts that need shaping are not written rather than written wrong."""
_JOINERS: Final = "\u200c\u200d"
"""They belong to the run that they stand in."""


class Writer(NamedTuple):
    """Writes in one size and weight."""

    size: int
    weight: Weight = "regular"

    def width_of(self, text: str) -> float:
        """How wide the text is."""
        return sum(self._font(face).getlength(run) for face, run in _runs(text))

    def fitted(self, text: str, width: float) -> str:
        """The text, or as much of its beginning as fits into `width` beside an ellipsis."""
        if self.width_of(text) <= width:
            return text
        low, high = 0, len(text)
        while low < high:
            middle = (low + high + 1) // 2
            if self.width_of(text[:middle].rstrip() + ELLIPSIS) <= width:
                low = middle
            else:
                high = middle - 1
        return _whole(text, low).rstrip() + ELLIPSIS

    def write(
        self, canvas: ImageDraw.ImageDraw, place: tuple[float, float], text: str, colour: str, *, ends: bool = False
    ) -> None:
        """Write the text on a base line; `ends` where it is to end at `place` rather than begin there."""
        x, y = place
        if ends:
            x -= self.width_of(text)
        for face, run in _runs(text):
            font = self._font(face)
            canvas.text((x, y), run, font=font, fill=colour, anchor="ls")
            x += font.getlength(run)

    def _font(self, face: Face) -> ImageFont.FreeTypeFont:
        return _font(face.regular if self.weight == "regular" else face.heavy, self.size)


def is_writable(text: str) -> bool:
    """Whether there is a font for every letter of the text."""
    return all(letter in _JOINERS or _face_of(letter) is not None for letter in unicodedata.normalize("NFC", text))


def _whole(text: str, length: int) -> str:
    """The first letters of the text, none of them without the signs that belong to it."""
    while 0 < length < len(text) and unicodedata.category(text[length]) in ("Mn", "Mc", "Cf"):
        length -= 1
    return text[:length]


def _runs(text: str) -> Iterator[tuple[Face, str]]:
    """The text in pieces of one font each; what no font has is left out."""
    face, run = FACES[0], ""
    for letter in unicodedata.normalize("NFC", text):
        # Spaces do not break a run: a script's own font has them at its own width, or the first one's will do.
        found = face if letter in _JOINERS else _face_of(letter)
        if found is None:
            continue
        if found is not face:
            if run:
                yield face, run
            face, run = found, ""
        run += letter
    if run:
        yield face, run


@lru_cache(maxsize=4096)
def _face_of(letter: str) -> Face | None:
    code = ord(letter)
    for face in FACES:
        if face.is_shaped and not CAN_SHAPE:
            continue
        if any(low <= code <= high for low, high in face.spans) and _has(face.heavy, letter):
            return face
    return None


def _has(file: str, letter: str) -> bool:
    """Whether the font draws something else for the letter than for one that it cannot have."""
    if letter.isspace() or unicodedata.category(letter).startswith("M"):
        return True
    font = _font(file, 24)
    drawn, missing = font.getmask(letter), font.getmask("\U000effff")
    return drawn.size != missing.size or bytes(drawn) != bytes(missing)


@cache
def _font(file: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FOLDER / file, size)
