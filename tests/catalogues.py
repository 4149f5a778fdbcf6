"""The catalogues of translations: `python -m tests.catalogues` brings them up to date with the sources and compiles them.

What is to be translated is found in the templates and in the code; the catalogue of each language is kept under
`webapp/translations`, with its compilation beside it, which is what the running site reads.
"""

import io
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from webapp.config import ROOT
from webapp.languages import DEFAULT, LANGUAGES

FOLDER: Final = ROOT / "webapp" / "translations"
TRANSLATED: Final = tuple(code for code in LANGUAGES if code != DEFAULT)
_KEYWORDS: Final = {**DEFAULT_KEYWORDS, "worded": None}
_SOURCES: Final[tuple[tuple[str, str, str, dict[str, Any]], ...]] = (
    ("templates", "*.html", "jinja2", {"trimmed": "true", "silent": "false"}),
    ("webapp", "*.py", "python", {}),
)
_PLACEHOLDER: Final = re.compile(r"%\(\w+\)[sd]|%%|%")
_MARKUP: Final = re.compile(r"</?\w+[^<>]*>")
_EPOCH: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""A catalogue says nothing about when it was made: the same sources make the same bytes."""


def po_file(code: str) -> Path:
    """Where a language's translations are written by people."""
    return FOLDER / code / "LC_MESSAGES" / "messages.po"


def mo_file(code: str) -> Path:
    """Where the site reads them."""
    return po_file(code).with_suffix(".mo")


def extracted() -> Catalog:
    """Every message of the sources, with where it is said."""
    catalog = Catalog(project="DeltaCrown", version="1", creation_date=_EPOCH, charset="utf-8")
    for folder, pattern, method, options in _SOURCES:
        for path in sorted((ROOT / folder).rglob(pattern)):
            found = extract_from_file(method, path, keywords=_KEYWORDS, options=options)
            for _line, message, comments, context in found:
                # Without line numbers, which would change with every edit.
                place = (path.relative_to(ROOT).as_posix(), 0)
                catalog.add(message, locations=[place], auto_comments=comments, context=context)
    return catalog


def read(code: str) -> Catalog:
    """A language's catalogue as it is kept."""
    with po_file(code).open("rb") as file:
        return read_po(file, locale=code)


def compiled(catalog: Catalog) -> bytes:
    """What the site reads of a catalogue."""
    out = io.BytesIO()
    write_mo(out, catalog)
    return out.getvalue()


def update(code: str) -> Catalog:
    """Bring a language's catalogue up to date: new messages come in empty, those that nobody says any more go."""
    catalog = read(code) if po_file(code).exists() else _empty(code)
    catalog.update(extracted(), no_fuzzy_matching=True, update_creation_date=False)
    catalog.obsolete.clear()
    po_file(code).parent.mkdir(parents=True, exist_ok=True)
    with po_file(code).open("wb") as file:
        write_po(file, catalog, width=118, sort_output=True, ignore_obsolete=True, include_lineno=False)
    mo_file(code).write_bytes(compiled(read(code)))
    return catalog


def _empty(code: str) -> Catalog:
    """The head of a new catalogue."""
    return Catalog(
        locale=code,
        header_comment=f"# What DeltaCrown says in {LANGUAGES[code]}.",
        project="DeltaCrown",
        version="1",
        copyright_holder="DeltaCrown",
        msgid_bugs_address="DeltaCrown",
        last_translator="DeltaCrown",
        language_team=code,
        creation_date=_EPOCH,
        revision_date=_EPOCH,
        fuzzy=False,
    )


def problems(code: str) -> list[str]:
    """What is wrong with a language's catalogue, each in a line; nothing when it can be shipped."""
    catalog, sources = read(code), extracted()
    wanted, kept = ({message.id for message in one if message.id} for one in (sources, catalog))
    found = [f"{code}: not in the catalogue: {_forms(missing)[0]!r}" for missing in wanted - kept]
    found += [f"{code}: said nowhere any more: {_forms(stale)[0]!r}" for stale in kept - wanted]
    found += [f"{code}: {problem}" for message in catalog if message.id for problem in _problems_of(message, catalog)]
    if not mo_file(code).exists() or mo_file(code).read_bytes() != compiled(catalog):
        found.append(f"{code}: {mo_file(code).name} is not the compilation of {po_file(code).name}")
    return sorted(found)


def _problems_of(message: Message, catalog: Catalog) -> Iterator[str]:
    ids, strings = _forms(message.id), _forms(message.string)
    if message.fuzzy:
        yield f"marked as fuzzy: {ids[0]!r}"
    if not all(strings) or (message.pluralizable and len(strings) != catalog.num_plurals):
        yield f"not translated: {ids[0]!r}"
        return
    # The plural of the source has every placeholder; a singular may leave the number out, in either language.
    wanted = _parts(ids[-1])
    for string in strings:
        parts = _parts(string)
        if parts - wanted or (not message.pluralizable and parts != wanted):
            yield f"placeholders or marks differ: {ids[0]!r} and {string!r}"


def _parts(text: str) -> set[str]:
    return set(_PLACEHOLDER.findall(text)) | set(_MARKUP.findall(text))


def _forms(value: Any) -> tuple[str, ...]:
    """A message or a translation: one text, or one for each plural."""
    return tuple(map(str, value)) if isinstance(value, list | tuple) else (str(value or ""),)


def main() -> int:
    """Update and compile every catalogue; 1 when something is left to translate."""
    left = []
    for code in TRANSLATED:
        update(code)
        left += problems(code)
    print("\n".join(left) or "every message is translated")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
