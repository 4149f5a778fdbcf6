import pytest

from webapp.services.pages.paging import Paging


@pytest.mark.parametrize(
    ("wanted", "total", "number", "first", "last", "previous", "following"),
    [
        (1, 0, 1, 0, 0, None, None),
        (1, 20, 1, 1, 20, None, None),
        (1, 21, 1, 1, 20, None, 2),
        (2, 21, 2, 21, 21, 1, None),
        (99, 21, 2, 21, 21, 1, None),
        (-3, 21, 1, 1, 20, None, 2),
    ],
)
def test_a_page_is_the_nearest_one_that_exists(
    wanted: int, total: int, number: int, first: int, last: int, previous: int | None, following: int | None
) -> None:
    page = Paging.of(wanted, size=20, total=total)
    assert (page.number, page.first, page.last, page.previous, page.following) == (
        number, first, last, previous, following,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (1, (1, 2, 3, None, 30)),
        (4, (1, 2, 3, 4, 5, 6, None, 30)),
        (15, (1, None, 13, 14, 15, 16, 17, None, 30)),
        (30, (1, None, 28, 29, 30)),
    ],
)
def test_links_lead_to_the_ends_and_the_neighbours(number: int, shown: tuple[int | None, ...]) -> None:
    assert Paging.of(number, size=20, total=600).shown == shown
