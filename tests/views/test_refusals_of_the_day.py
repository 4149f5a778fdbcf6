"""Every refusal from check-in to the winners, by page and by API: one code, the same words, and nothing is changed."""

from collections.abc import Callable
from typing import Final

import pytest
from flask import Flask

from tests.arenas import REASON
from tests.knockouts import registered
from tests.personas import Persona
from tests.views.refused import (
    SOON,
    agreed,
    begun,
    checking,
    closed,
    closed_over_a_bracket,
    confirmed,
    contest,
    corrected_in_the_middle,
    decided_without_report,
    drawn_anew,
    ended_unplayed,
    left_late,
    locked,
    locked_too_soon,
    moved,
    objected,
    objected_late,
    objected_twice,
    of_match,
    over,
    paid,
    paired,
    reported,
    reset_in_the_middle,
    seeded,
    stopped,
    taken_back,
    undone_late,
    unranked,
    waiting_for_approval,
)
from tests.views.refusing import Attempt, World, assert_refused, own
from webapp.services.spine.clock import utc_now


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


ATTEMPTS: Final[dict[str, Callable[[World], Attempt]]] = {
    "checkin_not_open": lambda world: checking(world, "Check-in opens"),
    "checkin_over": lambda world: checking(world, "Check-in ended with the start", starts_at=utc_now() - SOON),
    "checkin_undo_late": undone_late,
    "not_admitted": waiting_for_approval,
    "tournament_started": left_late,
    "close: checkin_not_open": lambda world: closed(world, "Check-in has not opened yet."),
    "close: too_few_left": lambda world: closed(world, "would be left in the field", starts_at=utc_now() + SOON),
    "close: bracket_exists": closed_over_a_bracket,
    "pay: illegal_transition": lambda world: paid(world, "reject", "verified"),
    "bracket_begun": drawn_anew,
    "bracket_finalized": locked,
    "draw: tournament_over": over,
    "no_bracket_yet": locked_too_soon,
    "too_few_participants": lambda world: seeded(world, registered(sides=1), "needs two at least", status=422),
    "ranking_needs_teams": lambda world: seeded(
        world, registered(sides=3, game="efootball"), "Only teams have ranking points", "ranked", status=422
    ),
    "unranked_teams": unranked,
    "round_open": lambda world: paired(world, "Round 1 is not over: matches 1, 2 are still open.", is_played=False),
    "rounds_over": lambda world: paired(world, "was the last one", is_played=True),
    "start: illegal_transition": lambda world: begun(world, "A match that is completed cannot become live", confirmed(world)),
    "start: tournament_not_live": lambda world: begun(
        world, "matches are played while it is live", contest(world, status="registration_closed")
    ),
    "start: tournament_paused": lambda world: begun(world, "stopped", stopped(world)),
    "report: tournament_paused": lambda world: reported(world, stopped(world), "stopped"),
    "report: match_not_live": lambda world: reported(world, confirmed(world), "is completed; nothing can be reported"),
    "agree: nothing_to_answer": lambda world: agreed(world, "waits for an answer", "", 0),
    "agree: own_report": lambda world: agreed(world, "the other one answers", "pat", 2),
    "agree: stale_revision": lambda world: agreed(world, "report", "bob", 1),
    "end: already_confirmed": lambda world: of_match(
        world, found := confirmed(world), "end", "force-win", "has a confirmed result; correct it.",
        form={"way": "force_win", "side_id": str(found.b), "reason": REASON},
        body={"participant_id": found.b, "reason": REASON},
    ),
    "cancel: match_has_result": lambda world: of_match(
        world, confirmed(world), "cancel", "cancel", "has a confirmed result", form={"reason": REASON},
        body={"reason": REASON},
    ),
    "dispute: nothing_to_dispute": lambda world: objected(
        world, contest(world), "a reported or confirmed result can be disputed"
    ),
    "dispute: dispute_open": objected_twice,
    "dispute: dispute_too_late": objected_late,
    "decide: invalid_result": decided_without_report,
    "reset: bracket_moved_on": reset_in_the_middle,
    "correct: choices_needed": corrected_in_the_middle,
    "complete: matches_open": lambda world: moved(
        world, contest(world).tournament_id, "complete", "Matches are still open: 1."
    ),
    "complete: nothing_played": ended_unplayed,
    "open: illegal_transition": lambda world: moved(
        world, contest(world).tournament_id, "open", "A tournament that is live cannot become registration_open"
    ),
    "stop: tournament_not_live": lambda world: Attempt(
        world.olga, found := own(world, registered(sides=2).tournament_id), f"/organizer/tournaments/{found}/stop/",
        f"/api/tournaments/{found}/emergency-stop/", "nothing runs that could be stopped.", {"reason": REASON}, {"reason": REASON},
    ),
    "undo_expired": lambda world: taken_back(world, "ten minutes", is_late=True),
    "undo_overtaken": lambda world: taken_back(world, "cannot be undone any more", is_late=False),
}  # fmt: skip


@pytest.mark.parametrize("name", list(ATTEMPTS))
def test_a_refusal_says_the_same_by_page_and_by_api(app: Flask, olga: Persona, pat: Persona, name: str) -> None:
    assert_refused(app, ATTEMPTS[name](World(olga, pat)), name.rpartition(" ")[2])
