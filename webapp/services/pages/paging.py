"""Pages of a long list."""

from dataclasses import dataclass

SURROUNDING_PAGES = 2


@dataclass(frozen=True, slots=True)
class Paging:
    """One page out of a list of `total` entries, counted from 1; a page beyond the last one is the last one."""

    number: int
    size: int
    total: int

    @classmethod
    def of(cls, wanted: int, *, size: int, total: int) -> "Paging":
        """The page nearest to `wanted` that exists; an empty list has one empty page."""
        last = max(1, -(-total // size))
        return cls(number=min(max(1, wanted), last), size=size, total=total)

    @property
    def count(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // self.size))

    @property
    def offset(self) -> int:
        """How many entries come before this page."""
        return (self.number - 1) * self.size

    @property
    def first(self) -> int:
        """The position of the page's first entry, from 1; 0 in an empty list."""
        return min(self.offset + 1, self.total)

    @property
    def last(self) -> int:
        """The position of the page's last entry."""
        return min(self.offset + self.size, self.total)

    @property
    def previous(self) -> int | None:
        """The page before, if there is one."""
        return self.number - 1 if self.number > 1 else None

    @property
    def following(self) -> int | None:
        """The page after, if there is one."""
        return self.number + 1 if self.number < self.count else None

    @property
    def shown(self) -> tuple[int | None, ...]:
        """Page numbers worth a link: the ends and the neighbourhood of this page; None stands for a gap."""
        low, high = self.number - SURROUNDING_PAGES, self.number + SURROUNDING_PAGES
        near = {1, self.count, *range(max(1, low), min(self.count, high) + 1)}
        shown: list[int | None] = []
        for page in sorted(near):
            if shown and page != (shown[-1] or 0) + 1:
                shown.append(None)
            shown.append(page)
        return tuple(shown)
