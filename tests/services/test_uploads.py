"""Files that people hand in: checked, drawn anew, kept under random names, given to those who may have them."""

import hashlib
import os
import stat
import tracemalloc
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image

from tests.personas import Persona
from tests.uploaded import HIDDEN, HTML, PDF, SVG, picture, png_bomb
from webapp.config import Settings
from webapp.domain.errors import NotFound
from webapp.domain.uploads import MEGABYTE, UploadError
from webapp.models import StoredFile
from webapp.services.files import uploads
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import transaction


def stored(raw: bytes, kind: str, who: Persona) -> int:
    received = uploads.receive(raw, kind)
    with transaction() as session:
        return uploads.add(session, received, actor=who.actor, now=utc_now()).id


def read(file_id: int) -> uploads.FileContent:
    return uploads.read(file_id, may_read=lambda _session, _stored: True)


def files(settings: Settings) -> list[Path]:
    return sorted(path for path in (settings.instance_path / "uploads").rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("raw", "kind", "content_type"),
    [
        (picture("PNG"), "logo", "image/png"),
        (picture("JPEG"), "proof", "image/jpeg"),
        (picture("WEBP"), "screenshot", "image/webp"),
        (PDF, "proof", "application/pdf"),
    ],
    ids=["png", "jpeg", "webp", "pdf"],
)
def test_a_file_comes_back_as_what_it_is(
    app: Flask, settings: Settings, pat: Persona, raw: bytes, kind: str, content_type: str
) -> None:
    content = read(stored(raw, kind, pat))
    assert content.content_type == content_type
    assert content.sha256 == hashlib.sha256(raw).hexdigest()
    assert content.is_picture == (content_type != "application/pdf")
    [file] = files(settings)
    assert file.name == content.name
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with transaction() as session:
        row = session.query(StoredFile).one()
        assert (row.kind, row.size, row.created_by_id) == (kind, len(content.data), pat.user_id)


def test_names_are_random_and_say_nothing(app: Flask, pat: Persona) -> None:
    raw = picture()
    names = {read(stored(raw, "logo", pat)).name for _ in range(3)}
    assert len(names) == 3
    assert all(len(Path(name).stem) == 32 for name in names)


def test_a_picture_is_kept_without_what_came_with_it(app: Flask, pat: Persona) -> None:
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    exif[0x8825] = {1: "N", 2: (52.0, 31.0, 12.0)}
    exif[0x0112] = 6
    raw = picture("JPEG", (40, 20), exif=exif, comment=b"by me") + HIDDEN
    content = read(stored(raw, "evidence", pat))
    assert HIDDEN not in content.data
    with Image.open(BytesIO(content.data)) as kept:
        assert not kept.getexif()
        assert kept.info.keys() <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        # Turned as the camera said, since nothing says it any more.
        assert kept.size == (20, 40)


def test_a_picture_that_is_a_page_as_well_is_a_picture_alone(app: Flask, pat: Persona) -> None:
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("Comment", HTML.decode())
    content = read(stored(picture("PNG", pnginfo=info) + b"PK\x03\x04" + HIDDEN, "proof", pat))
    assert b"script" not in content.data


def test_a_large_picture_is_kept_smaller(app: Flask, pat: Persona) -> None:
    with Image.open(BytesIO(read(stored(picture("PNG", (2000, 1000)), "logo", pat)).data)) as kept:
        assert kept.size == (512, 256)


def test_transparency_stays(app: Flask, pat: Persona) -> None:
    file = BytesIO()
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(file, "PNG")
    with Image.open(BytesIO(read(stored(file.getvalue(), "logo", pat)).data)) as kept:
        assert kept.mode == "RGBA"
        assert kept.getpixel((0, 0)) == (0, 0, 0, 0)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "CMYK", "I;16"])
def test_every_way_to_keep_colours_is_read(app: Flask, pat: Persona, mode: str) -> None:
    file = BytesIO()
    Image.new(mode, (8, 8)).save(file, "JPEG" if mode == "CMYK" else "PNG")
    assert read(stored(file.getvalue(), "evidence", pat)).is_picture


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"\x89PNG\r\n\x1a\n" + os.urandom(100), "file_unreadable"),
        (picture("PNG", (300, 300))[:-40], "file_unreadable"),
        (picture("JPEG", (300, 300))[:200], "file_unreadable"),
        (b"\xff\xd8\xff" + HTML, "file_unreadable"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "file_unreadable"),
        (png_bomb(50_000, 50_000), "picture_too_large"),
        (png_bomb(8_000, 4_001), "picture_too_large"),
        (png_bomb(2**31 - 1, 2**31 - 1), "picture_too_large"),
        (SVG, "file_type_refused"),
    ],
    ids=["noise", "cut-png", "cut-jpeg", "html-as-jpeg", "empty-webp", "bomb", "too-wide", "absurd", "svg"],
)
def test_what_is_no_usable_picture_leaves_nothing(app: Flask, settings: Settings, raw: bytes, code: str) -> None:
    with pytest.raises(UploadError) as refused:
        uploads.receive(raw, "evidence")
    assert refused.value.code == code
    assert files(settings) == []


def test_a_hundred_megabytes_that_begin_as_a_picture_are_not_looked_at(app: Flask, settings: Settings) -> None:
    with pytest.raises(UploadError) as refused:
        uploads.receive(b"\x89PNG\r\n\x1a\n" + bytes(100 * MEGABYTE), "evidence")
    assert refused.value.code == "file_too_large"
    assert files(settings) == []


def test_a_bomb_is_refused_by_its_head(app: Flask) -> None:
    raw = png_bomb(50_000, 50_000)
    assert len(raw) < 100_000
    tracemalloc.start()
    with pytest.raises(UploadError):
        uploads.receive(raw, "logo")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < MEGABYTE


def test_a_file_is_only_for_whom_the_caller_says(app: Flask, pat: Persona) -> None:
    file_id = stored(PDF, "proof", pat)

    def owners(_session: object, stored: StoredFile) -> bool:
        return stored.created_by_id != pat.user_id

    with pytest.raises(NotFound) as hidden:
        uploads.read(file_id, may_read=owners)
    with pytest.raises(NotFound) as absent:
        uploads.read(file_id + 1, may_read=lambda _session, _stored: True)
    assert hidden.value.message == absent.value.message


def test_a_file_whose_bytes_are_gone_is_not_there(app: Flask, settings: Settings, pat: Persona) -> None:
    file_id = stored(PDF, "proof", pat)
    for file in files(settings):
        file.unlink()
    with pytest.raises(NotFound):
        read(file_id)


def test_nothing_is_received_within_a_transaction(app: Flask) -> None:
    with transaction(), pytest.raises(RuntimeError, match="before the transaction"):
        uploads.receive(PDF, "proof")


def test_what_belongs_to_nothing_is_swept_away_after_a_day(app: Flask, settings: Settings, pat: Persona) -> None:
    kept = read(stored(PDF, "proof", pat)).name
    lost = uploads.receive(PDF, "proof").name
    now = utc_now()
    assert uploads.sweep(now=now) == 0
    assert uploads.sweep(now=now + timedelta(days=2)) == 1
    assert [file.name for file in files(settings)] == [kept]
    assert kept != lost
    assert uploads.sweep(now=now + timedelta(days=2)) == 0
