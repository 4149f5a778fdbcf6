import pytest
from flask import Flask

from tests.arenas import Arena, ended_at, open_battle_royale, open_league, turn_on_the_engine
from tests.trail import trail
from webapp.domain.drafts import DraftAction, draft_order
from webapp.domain.errors import Conflict, DraftError
from webapp.domain.series import SeriesGame
from webapp.services.matches import match_drafts, matches, series
from webapp.services.pages.match_view import DraftMark
from webapp.services.pages.scoreboard_reads import read_scoreboard
from webapp.services.spine.actors import SYSTEM

DOTA = draft_order("dota2-captains-mode")
WHOLE = [DraftAction(order, step.side, step.action, f"Hero {order}") for order, step in enumerate(DOTA.steps, start=1)]


@pytest.fixture
def league(app: Flask) -> Arena:
    turn_on_the_engine()
    league = open_league("dota2", {"cascade": ["points"]}, [(0, 1)], sides=2, best_of=3, name="League")
    matches.start_match(league.match_ids[0], actor=SYSTEM, now=ended_at(1))
    return league


def record(league: Arena, actions: list[DraftAction], *, game: int = 1) -> bool:
    return match_drafts.record(
        league.match_ids[0], game, first_id=league.participant_ids[1], actions=actions, actor=SYSTEM, now=ended_at(2)
    )


def test_a_draft_is_kept_as_far_as_it_has_come_and_shown_by_side(league: Arena) -> None:
    with trail() as found:
        assert record(league, WHOLE[:8])
    assert found.events == [("draft_updated", {"number": 1, "game": 1, "actions_count": 8})]
    about = {"match_id": league.match_ids[0], "game": 1, "before": 0, "after": 8}
    assert found.audited == [("draft.updated", about)]
    assert not record(league, WHOLE[:8])
    (draft,) = read_scoreboard(league.match_ids[0]).drafts
    first = next(side for side in draft.sides if side.is_first)
    assert [side.name for side in draft.sides] == ["Squad 01", "Squad 02"]
    assert first.name == "Squad 02"
    assert first.bans[0] == DraftMark(1, "ban", "Hero 1")
    assert [mark.order for mark in first.picks] == [8]
    assert (draft.next_action, draft.next_name) == ("pick", "Squad 01")


def test_a_draft_that_breaks_the_order_is_refused(league: Arena) -> None:
    with pytest.raises(DraftError, match="breaks the order"):
        record(league, [WHOLE[0]._replace(side="second")])
    with pytest.raises(DraftError) as refused:
        match_drafts.record(league.match_ids[0], 4, first_id=10**6, actions=[], actor=SYSTEM, now=ended_at(2))
    assert [error.path for error in refused.value.fields] == ["game", "first_id"]
    lobby = open_battle_royale(squads=2, lobbies=1)
    with pytest.raises(Conflict):
        match_drafts.record(lobby.match_ids[0], 1, first_id=1, actions=[], actor=SYSTEM, now=ended_at(2))
    matches.start_match(lobby.match_ids[0], actor=SYSTEM, now=ended_at(2))
    with pytest.raises(DraftError, match="without a draft"):
        match_drafts.record(lobby.match_ids[0], 1, first_id=1, actions=[], actor=SYSTEM, now=ended_at(2))


def test_a_result_is_not_confirmed_with_half_a_draft(league: Arena) -> None:
    one, other = league.participant_ids
    games = [SeriesGame(number, {one: 1, other: 0}) for number in (1, 2)]
    record(league, WHOLE[:5])
    with pytest.raises(DraftError, match="cannot be confirmed"):
        series.confirm(league.match_ids[0], games, actor=SYSTEM, now=ended_at(3))
    record(league, WHOLE)
    series.confirm(league.match_ids[0], games, actor=SYSTEM, now=ended_at(3))
    (draft,) = read_scoreboard(league.match_ids[0]).drafts
    assert (draft.next_action, [len(side.picks) for side in draft.sides]) == (None, [5, 5])
