"""Pictures of pages for docs/organizers.md, taken by the tests that tell those pages' stories.

With `PICTURES=docs` in the environment (`make pictures`) they are written into docs/img/organizers. An ordinary run
takes none, but looks whether the page fits the widths that they would have.
"""

import io
import os
from pathlib import Path
from typing import Final, Literal

from PIL import Image
from playwright.sync_api import Locator, Page

from webapp.config import ROOT

FOLDER: Final = ROOT / "docs" / "img" / "organizers"
Width = Literal[390, 1440]
SIZES: Final[dict[Width, int]] = {390: 844, 1440: 900}
_QUALITY = 70
_TALLEST = 1400
_TOO_WIDE = """[...document.querySelectorAll("body *")]
    .filter((one) => one.getBoundingClientRect().right > document.documentElement.clientWidth)
    .map((one) => `${one.tagName}.${one.className}`).slice(0, 8)"""


class Pictures:
    """Takes pictures of pages into a folder; without one it only looks whether the pages fit."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder

    @classmethod
    def for_run(cls) -> "Pictures":
        """Those of the documentation where `PICTURES=docs` asks for them."""
        return cls(FOLDER if os.environ.get("PICTURES") == "docs" else None)

    def take(self, page: Page, name: str, *widths: Width, of: Locator | None = None) -> None:
        """Write NAME-WIDTH.webp for each width (390 and 1440 unless told) of the window, or of one part of the page.

        The page must fit both widths; its window and what was typed are as before afterwards.
        """
        page.wait_for_load_state()
        before = page.viewport_size
        for width, height in SIZES.items():
            page.set_viewport_size({"width": width, "height": height})
            drawn = page.evaluate("document.documentElement.scrollWidth")
            assert drawn <= width, (
                f"{page.url} is {drawn} pixels wide in a window of {width}: {page.evaluate(_TOO_WIDE)}"
            )
            if self.folder and width in (widths or SIZES):
                _write(page, of, self.folder / f"{name}-{width}.webp")
        if before:
            page.set_viewport_size(before)


def _write(page: Page, part: Locator | None, file: Path) -> None:
    if part is None:
        page.evaluate("window.scrollTo(0, 0)")
    # Playwright would stop animations and hide the caret by a style of its own, which our pages refuse.
    png = (part or page).screenshot(animations="allow", caret="initial")
    file.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(io.BytesIO(png)) as drawn:
        shown = drawn.convert("RGB").crop((0, 0, drawn.width, min(drawn.height, _TALLEST)))
        shown.save(file, "WEBP", quality=_QUALITY, method=6)
