"""The picture of a board for links in messages and posts: 1200 by 630, as PNG."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import Final

from PIL import Image, ImageDraw

from webapp.services.boards.preview_fonts import Writer

SIZE: Final = (1200, 630)
_INK: Final = "#0d1214"
_MOUNTAIN: Final = "#151d20"
_LINE: Final = "#263137"
_TEXT: Final = "#f2f5ee"
_QUIETER: Final = "#cdd5d1"
_MUTED: Final = "#a9b5ba"
_VOLT: Final = "#cdf23a"
_MEDALS: Final = {1: "#efbf3f", 2: "#c6cfd6", 3: "#d9955c"}
_LEFT: Final = 72
_RIGHT: Final = 1128
_ROW: Final = 66
_SHARPER: Final = 3
"""Shapes are drawn so many times larger and shrunk, so that their slopes are smooth."""
_CROWN: Final = (
    (_VOLT, ((3, 9), (9.2, 15.6), (16, 4), (22.8, 15.6), (29, 9), (29, 23), (3, 23))),
    (_INK, ((16, 11.2), (21.4, 20.5), (10.6, 20.5))),
    (_VOLT, ((3, 25.4), (29, 25.4), (29, 28.2), (3, 28.2))),
)


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """A place on the board."""

    rank: int
    name: str
    points: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What the picture says. `note` stands where rows would, before there are any."""

    name: str
    kicker: str
    status: str
    is_live: bool
    rows: tuple[PreviewRow, ...]
    note: str


def draw(preview: Preview) -> bytes:
    """The picture as a PNG file."""
    image = _ground().copy()
    canvas = ImageDraw.Draw(image)
    _heading(canvas, preview)
    if preview.rows:
        for index, row in enumerate(preview.rows):
            _row(canvas, 306 + index * _ROW, row, is_last=index == len(preview.rows) - 1)
    else:
        Writer(34).write(canvas, (_LEFT, 340), preview.note, _MUTED)
    file = BytesIO()
    image.save(file, "PNG", compress_level=6)
    return file.getvalue()


@cache
def _ground() -> Image.Image:
    """What every picture stands on: it takes longer than all the words."""
    width, height = SIZE
    large = Image.new("RGB", (width * _SHARPER, height * _SHARPER), _INK)
    canvas = ImageDraw.Draw(large)
    _shape(canvas, ((870, -70), (1280, 630), (460, 630)), _MOUNTAIN)
    canvas.rectangle((0, (height - 12) * _SHARPER, width * _SHARPER, height * _SHARPER), fill=_VOLT)
    for colour, points in _CROWN:
        _shape(canvas, [(_LEFT - 4 + x * 1.5, 44 + y * 1.5) for x, y in points], colour)
    return large.resize(SIZE, Image.Resampling.LANCZOS)


def _shape(canvas: ImageDraw.ImageDraw, points: Sequence[tuple[float, float]], colour: str) -> None:
    canvas.polygon([(x * _SHARPER, y * _SHARPER) for x, y in points], fill=colour)


def _heading(canvas: ImageDraw.ImageDraw, preview: Preview) -> None:
    Writer(30, "heavy").write(canvas, (_LEFT + 58, 82), "DeltaCrown", _TEXT)
    status = Writer(26, "heavy")
    status.write(canvas, (_RIGHT, 81), preview.status, _VOLT if preview.is_live else _MUTED, ends=True)
    for writer, base, line in _name_lines(preview.name):
        writer.write(canvas, (_LEFT, base), line, _TEXT)
    kicker = Writer(28)
    kicker.write(canvas, (_LEFT, 234), kicker.fitted(preview.kicker, _RIGHT - _LEFT), _MUTED)


def _name_lines(name: str) -> list[tuple[Writer, int, str]]:
    """The name as large as fits on one line, or on two, the second of which may be cut."""
    room = _RIGHT - _LEFT
    for size in (60, 52, 46):
        writer = Writer(size, "heavy")
        if writer.width_of(name) <= room:
            return [(writer, 184, name)]
    writer = Writer(42, "heavy")
    words = name.split(" ")
    count = next((count for count in range(len(words), 0, -1) if writer.width_of(" ".join(words[:count])) <= room), 0)
    if count in (0, len(words)):
        return [(writer, 184, writer.fitted(name, room))]
    rest = writer.fitted(" ".join(words[count:]), room)
    return [(writer, 146, " ".join(words[:count])), (writer, 194, rest)]


def _row(canvas: ImageDraw.ImageDraw, base: int, row: PreviewRow, *, is_last: bool) -> None:
    colour = _MEDALS.get(row.rank, _MUTED)
    Writer(34, "heavy").write(canvas, (_LEFT + 52, base), str(row.rank), colour, ends=True)
    points = Writer(36, "heavy")
    points.write(canvas, (_RIGHT, base), str(row.points), _TEXT, ends=True)
    name = Writer(36, "heavy")
    room = _RIGHT - _LEFT - 84 - points.width_of(str(row.points)) - 40
    name.write(canvas, (_LEFT + 84, base), name.fitted(row.name, room), _TEXT if row.rank == 1 else _QUIETER)
    if not is_last:
        canvas.line((_LEFT, base + 22, _RIGHT, base + 22), fill=_LINE, width=2)
