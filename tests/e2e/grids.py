"""What the browser tests of the grid share."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from playwright.sync_api import Page, expect

from tests.arenas import Arena
from tests.personas import Persona
from webapp.domain.scoring import BattleRoyaleLine
from webapp.services.matches import grid, results
from webapp.services.spine.clock import utc_now

SQUADS: Final = 25
PASTE: Final = """(text) => {
  const data = new DataTransfer();
  data.setData('text/plain', text);
  document.activeElement.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
}"""


@dataclass
class Sheets:
    """The grids of a cup's three matches (0, 1, 2), and who organizes it; the first match has its result."""

    site: str
    arena: Arena
    olga: Persona

    @property
    def ids(self) -> tuple[int, ...]:
        return self.arena.participant_ids

    def address(self, place: int) -> str:
        return f"{self.site}/organizer/matches/{self.arena.match_ids[place]}/grid/"

    def log_in(self, page: Page) -> None:
        page.context.add_cookies([{"name": "dc_session", "value": self.olga.secret, "url": self.site}])

    def open(self, page: Page, place: int) -> None:
        self.log_in(page)
        page.goto(self.address(place))
        expect(page.locator("#grid-form")).to_have_class(re.compile("has-script"))

    def lines(self, place: int) -> dict[int, tuple[int | None, int]]:
        """Placement and kills of everybody in the result that counts now."""
        lines = grid.read_grid(self.arena.match_ids[place], actor=self.olga.actor).lines
        return {line.participant_id: (line.placement, line.kills) for line in lines}

    def revision(self, place: int) -> int:
        return grid.read_grid(self.arena.match_ids[place], actor=self.olga.actor).revision

    def confirm_as(self, who: Persona, place: int, *, winner: int = 0) -> None:
        """Somebody else confirms a match without kills: `winner` first, the others in their order."""
        order = [self.ids[winner], *(one for one in self.ids if one != self.ids[winner])]
        lines = [BattleRoyaleLine(one, rank, 0) for rank, one in enumerate(order, start=1)]
        results.confirm(self.arena.match_ids[place], lines, actor=who.actor, now=utc_now())


def type_rows(page: Page, rows: Sequence[tuple[str, str]]) -> None:
    """Type placement and kills row by row, from the cell that has the focus; Enter only where nothing jumps."""
    for placement, kills in rows:
        page.keyboard.type(placement)
        if placement in {"1", "2"}:
            page.keyboard.press("Enter")
        page.keyboard.type(kills)
        page.keyboard.press("Enter")


def rows_for(order: Sequence[int], kills: int = 0) -> list[tuple[str, str]]:
    return [(str(place), str(kills)) for place in order]
