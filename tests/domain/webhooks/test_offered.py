from webapp.domain.events import CATALOGUE, TEAM_ROOM
from webapp.domain.notifications import discord
from webapp.domain.webhooks.offered import GROUPS, OFFERED, TEST


def test_every_event_of_a_tournament_is_offered_once_and_none_of_a_team() -> None:
    of_teams = {event.name for event in CATALOGUE.values() if TEAM_ROOM in event.rooms}
    assert sorted(OFFERED) == sorted(CATALOGUE.keys() - of_teams)
    assert all(GROUPS.values())
    assert TEST not in CATALOGUE


def test_each_stands_where_one_looks_for_it() -> None:
    where = {name: title for title, names in GROUPS.items() for name in names}
    looked_for = ("rank_update", "match_completed", "draft_updated", "bracket_updated", "checkin_open")
    assert [where[name] for name in looked_for] == ["Tournament", "Matches", "Matches", "Brackets", "Registrations"]


def test_what_a_discord_channel_can_choose_is_offered_to_webhooks_too() -> None:
    assert set(discord.EVENTS) <= set(OFFERED)
