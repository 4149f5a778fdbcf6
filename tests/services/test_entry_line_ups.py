"""Another line-up for a registration that is there already."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from tests.entering import OPENED_AT, line_up, open_tournament, players, solo, team
from tests.trail import trail
from webapp.domain.errors import Conflict, DomainError, NotFound
from webapp.domain.registration import LinedUp
from webapp.models import Registration, RegistrationPlayer
from webapp.services.registration import entries, entry_line_ups
from webapp.services.registration.entries import Entry
from webapp.services.spine.transaction import read_snapshot, transaction

NOW = OPENED_AT


def listed(registration_id: int) -> dict[int, tuple[str, str | None]]:
    with read_snapshot() as session:
        found = select(RegistrationPlayer.user_id, RegistrationPlayer.role, RegistrationPlayer.player_id)
        rows = session.execute(found.where(RegistrationPlayer.registration_id == registration_id))
        return {user_id: (role, player_id) for user_id, role, player_id in rows}


def test_the_line_up_changes_once_and_leaves_who_and_where_in_the_audit(app: Flask) -> None:
    tournament_id = open_tournament("valorant")
    people = players(7)
    team_id = team(people[0], people[1:])
    entry = Entry(team_id=team_id, players=line_up(people[:5]))
    registration_id = entries.register(tournament_id, entry, actor=people[0], now=NOW).registration_id
    wanted = line_up(people[1:6])
    with trail() as found:
        assert entry_line_ups.change(registration_id, wanted, actor=people[0], now=NOW)
        assert not entry_line_ups.change(registration_id, wanted, actor=people[0], now=NOW)
    assert [action for action, _ in found.audited] == ["registration.line_up_changed"]
    assert sorted(listed(registration_id)) == sorted(one.user_id or 0 for one in people[1:6])
    with pytest.raises(NotFound):
        entry_line_ups.change(registration_id, wanted, actor=people[6], now=NOW)

    # The id of who is let go is free for others, and one of others cannot be taken.
    rival = players(5, first=20)
    theirs = line_up(rival)
    theirs[0] = theirs[0]._replace(player_id=f"Rider {people[0].user_id}#EUW1")
    other = Entry(team_id=team(rival[0], rival[1:], name="Rivals"), players=theirs)
    entries.register(tournament_id, other, actor=rival[0], now=NOW)
    with pytest.raises(DomainError) as refused:
        entry_line_ups.change(registration_id, line_up(people[:5]), actor=people[0], now=NOW)
    assert refused.value.code == "duplicate_player_id"
    assert sorted(listed(registration_id)) == sorted(one.user_id or 0 for one in people[1:6])


def test_a_player_alone_gives_another_id(app: Flask) -> None:
    tournament_id = open_tournament()
    player = players(1)[0]
    registration_id = entries.register(tournament_id, solo(player), actor=player, now=NOW).registration_id
    user_id = player.user_id or 0
    assert entry_line_ups.change(registration_id, [LinedUp(user_id, "player", "Keeper77")], actor=player, now=NOW)
    assert listed(registration_id) == {user_id: ("player", "Keeper77")}


@pytest.mark.parametrize("state", ["closed", "withdrawn", "rejected"])
def test_it_is_refused_once_nothing_can_change(app: Flask, state: str) -> None:
    closes_at = NOW + timedelta(hours=1)
    tournament_id = open_tournament(registration_closes_at=closes_at)
    player = players(1)[0]
    registration_id = entries.register(tournament_id, solo(player), actor=player, now=NOW).registration_id
    if state != "closed":
        with transaction() as session:
            session.get_one(Registration, registration_id).status = state
    now = closes_at if state == "closed" else NOW
    with pytest.raises(Conflict) as refused:
        entry_line_ups.change(
            registration_id, [LinedUp(player.user_id or 0, "player", "Keeper77")], actor=player, now=now
        )
    assert refused.value.code == ("registration_closed" if state == "closed" else "registration_over")
    assert "Keeper77" not in {known for _, known in listed(registration_id).values()}
