"""What a file is, is told by its bytes."""

import pytest

from tests.uploaded import HTML, PDF, SVG, picture
from webapp.domain.uploads import MEGABYTE, RULES, UploadError, checked_type, type_of


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (picture("PNG"), "image/png"),
        (picture("JPEG"), "image/jpeg"),
        (picture("WEBP"), "image/webp"),
        (PDF, "application/pdf"),
        (PDF + b"\r\n\x00", "application/pdf"),
        (picture("GIF"), None),
        (picture("TIFF"), None),
        (picture("BMP"), None),
        (SVG, None),
        (HTML, None),
        (b"", None),
        (b"%PDF-9.9\n%%EOF", None),
        (b"%PDF-1.4\nno end", None),
        (b"\n" + PDF, None),
        (HTML + PDF, None),
        (PDF + b"PK\x03\x04 an archive", None),
        (b"MZ\x90\x00", None),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", None),
    ],
    ids=lambda value: None if isinstance(value, bytes) and len(value) > 100 else repr(value)[:20],
)
def test_a_type_is_told_by_content(raw: bytes, expected: str | None) -> None:
    assert type_of(raw) == expected


@pytest.mark.parametrize(
    ("kind", "raw", "code", "message"),
    [
        ("logo", PDF, "file_type_refused", "The file is a PDF; send a PNG, JPG or WebP up to 2 MB."),
        ("proof", picture("WEBP"), "file_type_refused", "The file is a WebP; send a JPG, PNG or PDF up to 5 MB."),
        (
            "proof", SVG, "file_type_refused",
            "The file is of another type, whatever its name says; send a JPG, PNG or PDF up to 5 MB.",
        ),
        ("evidence", b"", "invalid_file", "Choose a file; this one is empty."),
    ],
    ids=["pdf-as-logo", "webp-as-proof", "svg-as-proof", "empty"],
)  # fmt: skip
def test_what_is_refused_says_what_to_send(kind: str, raw: bytes, code: str, message: str) -> None:
    with pytest.raises(UploadError) as refused:
        checked_type(raw, kind)
    assert (refused.value.code, refused.value.message) == (code, message)
    assert refused.value.fields == (("file", message),)


def test_one_byte_too_many_is_refused() -> None:
    with pytest.raises(UploadError) as refused:
        checked_type(picture("PNG").ljust(2 * MEGABYTE + 1, b"\0"), "logo")
    assert (refused.value.code, refused.value.message) == (
        "file_too_large", "The file is larger than 2 MB; make it smaller."
    )  # fmt: skip


def test_a_file_as_large_as_allowed_is_taken() -> None:
    raw = picture("PNG")
    assert checked_type(raw + b"\0" * (RULES["logo"].largest - len(raw)), "logo") == "image/png"
