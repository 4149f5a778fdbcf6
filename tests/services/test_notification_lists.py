"""The list of what somebody was told, what is read of it, and the number on the bell."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from tests.arenas import Arena, open_battle_royale
from tests.notified import people
from tests.personas import Persona
from tests.services.notices import AT, minutes, told, told_many
from tests.statements import count_statements
from webapp.domain.errors import NotFound
from webapp.extensions import db
from webapp.models import Notification
from webapp.services.notifications import bells, reading
from webapp.services.notifications.lists import A_PAGE, NoticeList, Wanted, read_list


def ids(found: NoticeList) -> list[list[int]]:
    """The notifications of every entry."""
    return [[words.notification_id for words in entry.all] for entry in found.entries]


@pytest.fixture
def arena(app: Flask) -> Arena:
    return open_battle_royale(squads=2, lobbies=3)


def test_the_newest_come_first_and_others_are_not_there(pat: Persona, olga: Persona) -> None:
    first, second = told(pat.user_id), told(pat.user_id)
    told(olga.user_id)
    told(pat.user_id, is_in_app=False)
    found = read_list(pat.user_id, Wanted())
    assert (ids(found), found.unread, found.newest_id) == ([[second], [first]], 2, second)


def test_a_burst_is_one_entry(pat: Persona, arena: Arena) -> None:
    about = {"tournament_id": arena.tournament_id}
    scheduled = [
        told(pat.user_id, "match_scheduled", match_id=match, created_at=minutes(number), **about)
        for number, match in enumerate(arena.match_ids)
    ]
    later = told(pat.user_id, "match_scheduled", match_id=arena.match_ids[0], created_at=minutes(30), **about)
    other = told(pat.user_id, "announcement", created_at=minutes(30), **about)
    again = told(pat.user_id, "announcement", created_at=minutes(30), **about)
    reading.mark(pat.user_id, scheduled[:1], now=minutes(40))
    found = read_list(pat.user_id, Wanted())
    assert ids(found) == [[again], [other], [later], scheduled[::-1]]
    assert found.entries[-1].unread_ids == tuple(scheduled[:0:-1])
    assert found.tournaments == ((arena.tournament_id, "Cup"),)


def test_it_is_narrowed_by_area_tournament_and_what_is_unread(pat: Persona, arena: Arena) -> None:
    of_cup = told(pat.user_id, "match_started", tournament_id=arena.tournament_id, match_id=arena.match_ids[0])
    of_team = told(pat.user_id, "roster_changed")
    read = told(pat.user_id, "tournament_started", tournament_id=arena.tournament_id)
    reading.mark(pat.user_id, [read], now=AT)
    for wanted, shown in (
        (Wanted(area="matches"), [of_cup]),
        (Wanted(area="teams"), [of_team]),
        (Wanted(area="awards"), []),
        (Wanted(tournament_id=arena.tournament_id), [read, of_cup]),
        (Wanted(tournament_id=arena.tournament_id, is_unread=True), [of_cup]),
        (Wanted(tournament_id=999), []),
    ):
        assert (wanted, ids(read_list(pat.user_id, wanted))) == (wanted, [[each] for each in shown])


def test_it_has_pages(pat: Persona) -> None:
    told_many([pat.user_id] * (A_PAGE + 1))
    last = read_list(pat.user_id, Wanted(page=9))
    assert (len(last.entries), last.paging.number, last.paging.count) == (1, 2, 2)
    assert Wanted(area="teams", is_unread=True).parameters(2) == {"area": "teams", "unread": 1, "page": 2}


def test_what_is_deleted_is_no_filter_and_breaks_nothing(pat: Persona, arena: Arena) -> None:
    told(pat.user_id, "tournament_cancelled", tournament_id=arena.tournament_id)
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE tournaments SET deleted_at = created_at"))
    found = read_list(pat.user_id, Wanted())
    assert (len(found.entries), found.tournaments) == (1, ())


def test_more_of_them_ask_no_more_of_the_database(pat: Persona, arena: Arena) -> None:
    def statements_of_list() -> int:
        with count_statements() as statements:
            read_list(pat.user_id, Wanted())
        return len(statements)

    def tell(match: int) -> None:
        told(pat.user_id, "match_completed", tournament_id=arena.tournament_id, match_id=arena.match_ids[match])

    tell(0)
    with_one = statements_of_list()
    tell(1)
    tell(2)
    assert statements_of_list() == with_one


def test_marking_touches_what_is_theirs_and_unread(pat: Persona, olga: Persona) -> None:
    mine, hers = told(pat.user_id), told(olga.user_id)
    assert reading.mark(pat.user_id, [mine, hers], now=minutes(1)) == 1
    assert reading.mark(pat.user_id, [mine, hers], now=minutes(2)) == 0
    assert db.session.get_one(Notification, mine).read_at == minutes(1)
    assert bells.unread_of([pat.user_id, olga.user_id, 999]) == {pat.user_id: 0, olga.user_id: 1}


def test_all_means_all_that_was_seen(pat: Persona, arena: Arena) -> None:
    of_cup = told(pat.user_id, "announcement", tournament_id=arena.tournament_id)
    of_team = told(pat.user_id, "roster_changed")
    told(pat.user_id)
    assert reading.mark_all(pat.user_id, up_to=of_team, tournament_id=arena.tournament_id, now=AT) == 1
    assert reading.mark_all(pat.user_id, up_to=of_team, area="teams", now=AT) == 1
    assert of_cup < of_team
    assert bells.unread_of([pat.user_id]) == {pat.user_id: 1}


def test_going_there_is_reading_it(pat: Persona, olga: Persona, arena: Arena) -> None:
    mine = told(pat.user_id, "match_started", tournament_id=arena.tournament_id, match_id=arena.match_ids[0])
    path = reading.open_one(pat.user_id, mine, is_read=False, now=AT)
    by_mail_alone = told(
        pat.user_id, "match_started", tournament_id=arena.tournament_id, match_id=arena.match_ids[0], is_in_app=False
    )
    assert reading.open_one(pat.user_id, by_mail_alone, is_read=True, now=AT) == path
    assert (path.startswith("/"), bells.unread_of([pat.user_id])) == (True, {pat.user_id: 1})
    assert reading.open_one(pat.user_id, mine, is_read=True, now=AT) == path
    assert bells.unread_of([pat.user_id]) == {pat.user_id: 0}
    with pytest.raises(NotFound):
        reading.open_one(olga.user_id, mine, is_read=True, now=AT)


def test_the_bell_counts_no_further_than_anybody_wants_to_know(pat: Persona) -> None:
    told_many([pat.user_id] * (bells.MOST + 5))
    assert bells.unread_of([pat.user_id]) == {pat.user_id: bells.MOST}


def test_the_count_is_answered_by_its_index(pat: Persona) -> None:
    """Otherwise every page of somebody with years of notifications reads all of them."""
    plans = {"sqlite": "EXPLAIN QUERY PLAN", "postgresql": "EXPLAIN"}
    told_many([pat.user_id, *(other.user_id or 0 for other in people(300))] * 5)
    reading.mark_all(pat.user_id, up_to=10**9, now=AT)
    told_many([pat.user_id] * 3)
    with count_statements() as statements:
        bells.unread_of([pat.user_id])
    (statement,) = statements
    explained = plans[db.engine.dialect.name]
    with db.engine.begin() as connection:
        if db.engine.dialect.name == "postgresql":
            # It plans by what it knows of the table, which otherwise is what some earlier test has left.
            connection.execute(text("ANALYZE notifications"))
            connection.execute(text("SET LOCAL enable_seqscan = off"))
            connection.execute(text("SET LOCAL enable_bitmapscan = off"))
        cursor = connection.connection.cursor()
        values = (bells.MOST, -1, pat.user_id) if "OFFSET" in statement else (bells.MOST, pat.user_id)
        if db.engine.dialect.name == "postgresql":
            cursor.execute(f"{explained} {statement}", _named(statement, pat.user_id))
        else:
            cursor.execute(f"{explained} {statement}", values[: statement.count("?")])
        plan = " ".join(str(row) for row in cursor.fetchall())
    assert "ix_notifications_unread" in plan


def _named(statement: str, user_id: int) -> dict[str, int]:
    names = [part.partition(")")[0] for part in statement.split("%(")[1:]]
    return {name: user_id if name.startswith("id") else bells.MOST for name in names}


def test_the_stamp_moves_when_something_is_written_or_read(pat: Persona) -> None:
    def moved(change: Callable[[], object]) -> bool:
        before = bells.stamp()
        change()
        return bells.stamp() != before

    assert moved(lambda: told(pat.user_id))
    assert moved(lambda: reading.mark_all(pat.user_id, up_to=99, now=AT))
    assert not moved(lambda: bells.unread_of([pat.user_id]))


def test_what_was_read_long_ago_is_forgotten(pat: Persona) -> None:
    old, young, unread, elsewhere = (told(pat.user_id, is_in_app=is_in_app) for is_in_app in (True, True, True, False))
    reading.mark(pat.user_id, [old], now=AT)
    reading.mark(pat.user_id, [young], now=AT + timedelta(days=2))
    told_many([pat.user_id] * 1001, read_at=AT)
    assert reading.forget_old(90, now=AT + timedelta(days=90)) == 0
    assert reading.forget_old(90, now=AT + timedelta(days=91)) == 1003
    assert set(db.session.scalars(select(Notification.id))) == {young, unread}
    assert elsewhere not in {young, unread}
    assert db.session.scalar(select(func.count()).select_from(Notification)) == 2
