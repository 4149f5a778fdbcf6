"""Files that people may hand in: which types for what, how large, and how a type is told by content."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from webapp.domain.errors import DomainError, FieldError

MEGABYTE: Final = 1024 * 1024
MOST_PIXELS: Final = 32_000_000
"""Of a picture: what any phone takes by default, and what still fits into memory once it is unpacked."""

JPEG: Final = "image/jpeg"
PNG: Final = "image/png"
WEBP: Final = "image/webp"
PDF: Final = "application/pdf"
ENDINGS: Final[Mapping[str, str]] = {JPEG: ".jpg", PNG: ".png", WEBP: ".webp", PDF: ".pdf"}
_NAMES: Final[Mapping[str, str]] = {JPEG: "JPG", PNG: "PNG", WEBP: "WebP", PDF: "PDF"}
_PDF_START: Final = re.compile(rb"%PDF-[12]\.[0-9]\s")
_PDF_END: Final = re.compile(rb"%%EOF[\s\x00]*\Z")
_LONGEST_END: Final = 1024


class UploadError(DomainError):
    """A file that is not taken."""

    default_code = "invalid_file"


@dataclass(frozen=True, slots=True)
class UploadRule:
    """What a kind of file may be. Pictures are kept with no side longer than `longest_side`."""

    types: tuple[str, ...]
    largest: int
    longest_side: int

    @property
    def accept(self) -> str:
        """The types, as a form's field names them."""
        return ",".join(self.types)

    @property
    def words(self) -> str:
        """What to send: `PNG, JPG or WebP up to 2 MB`."""
        names = [_NAMES[kind] for kind in self.types]
        return f"{', '.join(names[:-1])} or {names[-1]} up to {self.largest // MEGABYTE} MB"


RULES: Final[Mapping[str, UploadRule]] = {
    "logo": UploadRule((PNG, JPEG, WEBP), 2 * MEGABYTE, 512),
    "proof": UploadRule((JPEG, PNG, PDF), 5 * MEGABYTE, 2560),
    "evidence": UploadRule((JPEG, PNG, WEBP), 5 * MEGABYTE, 2560),
    "screenshot": UploadRule((JPEG, PNG, WEBP), 5 * MEGABYTE, 2560),
    "answer": UploadRule((JPEG, PNG, WEBP, PDF), 5 * MEGABYTE, 2560),
}
"""Every kind of file, by the name under which it is stored."""
LARGEST: Final = max(rule.largest for rule in RULES.values())


def type_of(raw: bytes) -> str | None:
    """The type that the first and last bytes say; None for every other one. A file's name says nothing.

    A PDF with anything before its head or behind its end is none: something else may be hidden there.
    """
    if raw.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if raw.startswith(b"\xff\xd8\xff"):
        return JPEG
    if raw[:4] == b"RIFF" and raw[8:12] == b"WEBP":
        return WEBP
    if _PDF_START.match(raw) and _PDF_END.search(raw[-_LONGEST_END:]):
        return PDF
    return None


def checked_type(raw: bytes, kind: str) -> str:
    """The type of a file that may be a `kind`; UploadError, which says what to send, for every other file."""
    rule = RULES[kind]
    if not raw:
        raise refused("Choose a file; this one is empty.")
    if len(raw) > rule.largest:
        raise refused(f"The file is larger than {rule.largest // MEGABYTE} MB; make it smaller.", code="file_too_large")
    found = type_of(raw)
    if found not in rule.types:
        is_called = f"is a {_NAMES[found]}" if found else "is of another type, whatever its name says"
        raise refused(f"The file {is_called}; send a {rule.words}.", code="file_type_refused")
    return found


def refused(message: str, *, code: str | None = None) -> UploadError:
    """An error about the field `file`."""
    return UploadError(message, [FieldError("file", message)], code=code)
