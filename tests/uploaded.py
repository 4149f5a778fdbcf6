"""Files as people send them, and as people who mean harm do."""

import struct
import zlib
from io import BytesIO
from typing import Final

from PIL import Image

PDF: Final = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"
SVG: Final = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML: Final = b"<!doctype html><script>alert(1)</script>"
HIDDEN: Final = b"<script>alert(document.cookie)</script>"


def picture(kind: str = "PNG", size: tuple[int, int] = (64, 48), colour: str = "#cdf23a", **options: object) -> bytes:
    """A picture of one colour."""
    file = BytesIO()
    Image.new("RGB", size, colour).save(file, kind, **options)
    return file.getvalue()


def png_bomb(width: int, height: int) -> bytes:
    """A PNG of a few kilobytes whose head promises that many pixels, all of them the same."""
    body = zlib.compress(bytes(min((width + 7) // 8 * height, 12_000_000)), 9)
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
