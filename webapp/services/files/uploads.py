"""Files that people hand in: checked by content, kept under random names outside the web root.

A file is taken in two steps, since nobody waits for a disk inside a transaction: `receive` checks it and writes its
bytes, `add` gives it its row within the caller's transaction. What was written and never got a row is swept away.
"""

import contextlib
import hashlib
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.errors import NotFound
from webapp.domain.uploads import ENDINGS, PDF, RULES, checked_type
from webapp.models import StoredFile
from webapp.services.files.pictures import redrawn
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import is_writing, read_snapshot

ORPHANS_KEPT: Final = timedelta(days=1)
"""A file without a row may belong to a transaction that has not committed yet; after a day it does not."""
_TOGETHER: Final = 500
_folder: Path | None = None

MayRead = Callable[[Session, StoredFile], bool]


@dataclass(frozen=True, slots=True)
class Received:
    """A file that is checked and written, and belongs to nothing yet."""

    kind: str
    name: str
    content_type: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class FileContent:
    """A stored file with its bytes; `sha256` is of the bytes as they came, `name` is like no other file's."""

    id: int
    name: str
    content_type: str
    sha256: str
    data: bytes

    @property
    def is_picture(self) -> bool:
        """Whether a page may show it."""
        return self.content_type != PDF


def connect(folder: Path) -> None:
    """Say where the files lie; nothing is made before the first one comes."""
    global _folder  # noqa: PLW0603  (one folder a process, told once when the application is made)
    _folder = folder


def receive(raw: bytes, kind: str) -> Received:
    """Check a file of that kind (`domain.uploads.RULES`) and write it; to be called before the transaction.

    Pictures are drawn anew, so that nothing but the picture is kept. Raises UploadError, whose message says what to
    send and whose field is `file`.
    """
    if is_writing():
        raise RuntimeError("a file is received before the transaction, not within")
    content_type = checked_type(raw, kind)
    kept = raw if content_type == PDF else redrawn(raw, content_type, longest_side=RULES[kind].longest_side)
    name = secrets.token_hex(16) + ENDINGS[content_type]
    _write(_path_of(name), kept)
    return Received(kind, name, content_type, len(kept), hashlib.sha256(raw).hexdigest())


def add(
    session: Session, received: Received, *, actor: Actor, now: datetime, tournament_id: int | None = None
) -> StoredFile:
    """Give a received file its row, in the caller's transaction; its id is there at once."""
    stored = StoredFile(
        kind=received.kind, name=received.name, content_type=received.content_type, size=received.size,
        sha256=received.sha256, tournament_id=tournament_id, created_by_id=actor.user_id, created_at=now,
    )  # fmt: skip
    session.add(stored)
    session.flush()
    return stored


def read(file_id: int, *, may_read: MayRead) -> FileContent:
    """A stored file, once `may_read` has looked at its row and said yes.

    Raises NotFound for one that is not there, and all the same for one that is not for the asker.
    """
    with read_snapshot() as session:
        stored = session.get(StoredFile, file_id)
        if stored is None or not may_read(session, stored):
            raise _missing()
        found = (stored.id, stored.name, stored.content_type, stored.sha256)
    try:
        data = _path_of(found[1]).read_bytes()
    except FileNotFoundError:
        raise _missing() from None
    return FileContent(*found, data)


def sweep(*, now: datetime) -> int:
    """Delete the files that no row names and that have lain for a day; returns how many."""
    if _folder is None or not _folder.is_dir():
        return 0
    before = (now - ORPHANS_KEPT).timestamp()
    old = [path for path in _folder.glob("??/*") if path.stat().st_mtime < before]
    removed = 0
    for start in range(0, len(old), _TOGETHER):
        some = {path.name: path for path in old[start : start + _TOGETHER]}
        with read_snapshot() as session:
            known = set(session.scalars(select(StoredFile.name).where(StoredFile.name.in_(some))))
        for name in some.keys() - known:
            some[name].unlink(missing_ok=True)
            removed += 1
    return removed


def _path_of(name: str) -> Path:
    if _folder is None:
        raise RuntimeError("uploads.connect has not said where files lie")
    return _folder / name[:2] / name


def _write(path: Path, data: bytes) -> None:
    """Write the file whole or not at all, readable for this account alone, and not only into the system's memory."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = path.with_suffix(".part")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise


def _missing() -> NotFound:
    return NotFound("There is no such file, or it is not for you.", code="file_not_found")
