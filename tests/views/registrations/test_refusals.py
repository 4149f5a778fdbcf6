"""Every refusal of a registration, by page and by API: its own code, its own words, and nothing is saved."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from tests.entering import enter, line_up, open_tournament, players, statuses, team
from tests.personas import Persona
from tests.views.api.worlds import code_of, program_of
from tests.views.organizer.pages import said
from webapp.domain.custom_fields import FieldRule
from webapp.models import TeamMember, User
from webapp.services.registration import custom_fields, entries, entry_decisions
from webapp.services.registration.entries import Entry
from webapp.services.spine.actors import SYSTEM, Actor
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import transaction

DAY = timedelta(days=1)
REASON = "The line-up is not of this region"


@dataclass
class Attempt:
    """What is tried, and as what it is refused."""

    tournament_id: int
    status: int
    words: str
    players: list[tuple[int, str]] = field(default_factory=list)
    team_id: int | None = None
    player_id: str = "Striker9000"
    answers: dict[str, str] = field(default_factory=dict)

    @property
    def form(self) -> dict[str, Any]:
        data: dict[str, Any] = {f"answer-{key}": value for key, value in self.answers.items()}
        if self.team_id is not None:
            data["team_id"] = str(self.team_id)
        for user_id, player_id in self.players:
            data |= {f"role-{user_id}": "player", f"player_id-{user_id}": player_id}
        return data

    @property
    def body(self) -> dict[str, Any]:
        players = [{"user_id": user_id, "role": "player", "player_id": name} for user_id, name in self.players]
        team = {"team_id": self.team_id, "players": players} if self.team_id is not None else {}
        return {"tournament_id": self.tournament_id, "player_id": self.player_id, "answers": self.answers, **team}


def open_now(game: str = "fc26", **columns: Any) -> int:
    return open_tournament(game, **({"starts_at": utc_now() + DAY} | columns))


def full(pat: Persona, **columns: Any) -> int:
    tournament_id = open_now(places=2, **columns)
    for person in players(2):
        enter(tournament_id, person, now=utc_now())
    return tournament_id


def teamed(pat: Persona, *, others: int = 4, **changes: Any) -> Attempt:
    """Pat's team of five, everybody with a good id, and what is to be wrong with it."""
    tournament_id = open_now("valorant")
    mates = players(others)
    team_id = team(pat.actor, mates, name="Pats")
    five = [(person.user_id or 0, f"Rider {person.user_id}#EUW1") for person in (pat.actor, *mates)]
    attempt = Attempt(tournament_id, 422, "", players=five, team_id=team_id)
    for name, value in changes.items():
        setattr(attempt, name, value)
    return attempt


def registered_with(attempt: Attempt, people: list[Actor], tag: str) -> None:
    """Another team has these people, under these ids."""
    captain, *others = players(5 - len(people), first=70)
    other = team(captain, others, name="Others")
    entry = Entry(team_id=other, players=line_up([captain, *others, *people], tag=tag))
    play_for(people, other)
    entries.register(attempt.tournament_id, entry, actor=captain, now=utc_now())
    play_for(people, attempt.team_id or 0)


def play_for(people: list[Actor], team_id: int) -> None:
    with transaction() as session:
        ids = [person.user_id for person in people]
        session.execute(update(TeamMember).where(TeamMember.user_id.in_(ids)).values(team_id=team_id))


def sanctioned(pat: Persona) -> Attempt:
    attempt = teamed(pat, words="may not take part at present")
    with transaction() as session:
        session.get_one(User, attempt.players[2][0]).disabled_at = utc_now()
    return attempt


def elsewhere(pat: Persona) -> Attempt:
    attempt = teamed(pat, words="is registered in this tournament already, with another team")
    registered_with(attempt, [Actor(attempt.players[1][0], "player")], "OLD1")
    return attempt


def same_id(pat: Persona) -> Attempt:
    attempt = teamed(pat, words="is registered in this tournament already")
    captain, *others = players(5, first=70)
    other = team(captain, others, name="Others")
    entry = Entry(team_id=other, players=line_up([captain, *others]))
    entries.register(attempt.tournament_id, entry, actor=captain, now=utc_now())
    attempt.players[3] = (attempt.players[3][0], f"RIDER {captain.user_id}#euw1")
    return attempt


def bad_id(pat: Persona) -> Attempt:
    attempt = teamed(pat, words="write it as name#TAG")
    attempt.players[1] = (attempt.players[1][0], "no tag")
    return attempt


def asked(pat: Persona, answers: dict[str, str], words: str) -> Attempt:
    attempt = Attempt(open_now(), 422, words, answers=answers)
    rule = FieldRule("age", "Your age", "number", is_required=True, limits={"min": 16})
    custom_fields.add(attempt.tournament_id, rule, actor=SYSTEM, now=utc_now())
    return attempt


def once_more(pat: Persona, decision: str, words: str) -> Attempt:
    tournament_id = open_now(asks_approval=True)
    done = enter(tournament_id, pat.actor, now=utc_now())
    entry_decisions.decide(done.registration_id, decision, reason=REASON, actor=SYSTEM, now=utc_now())
    return Attempt(tournament_id, 409, words)


def not_led(pat: Persona) -> Attempt:
    captain, *others = players(5)
    team_id = team(captain, others, name="Others")
    return Attempt(open_now("valorant"), 403, "", team_id=team_id, players=[(1, "Rider 1#EUW1")])


ATTEMPTS: dict[str, Callable[[Persona], Attempt]] = {
    "tournament_draft": lambda _pat: Attempt(open_now(opened=False), 409, "The tournament is a draft"),
    "registration_not_open": lambda _pat: Attempt(
        open_now(registration_opens_at=utc_now() + DAY), 409, "Registration opens at"
    ),
    "registration_closed": lambda _pat: Attempt(
        open_now(registration_closes_at=utc_now() - DAY), 409, "Registration closed at"
    ),
    "tournament_full": lambda pat: Attempt(full(pat), 409, "All places are taken; you can join the waitlist."),
    "waitlist_closed": lambda pat: Attempt(
        full(pat, has_waitlist=False), 409, "All places are taken, and there is no waitlist."
    ),
    "wrong_team_size": lambda pat: teamed(pat, others=3, words="bring 5 players and up to 2 substitutes"),
    "player_registered": elsewhere,
    "bad_player_id": bad_id,
    "duplicate_player_id": same_id,
    "missing_custom_field": lambda pat: asked(pat, {}, "is needed to register"),
    "invalid_custom_field": lambda pat: asked(pat, {"age": "12"}, "must be at least 16"),
    "player_sanctioned": sanctioned,
    "already_registered": lambda pat: once_more(pat, "approve", "You are registered already"),
    "registration_rejected": lambda pat: once_more(pat, "reject", "has turned this registration down"),
}


@pytest.mark.parametrize("code", list(ATTEMPTS))
def test_a_refusal_says_what_is_wrong_by_page_and_by_api(app: Flask, pat: Persona, code: str) -> None:
    attempt = ATTEMPTS[code](pat)
    before = statuses(attempt.tournament_id)
    form = attempt.form or {f"player_id-{pat.user_id}": attempt.player_id}
    if not attempt.team_id:
        form |= {f"player_id-{pat.user_id}": attempt.player_id}
    answer = pat.post(f"/me/tournaments/{attempt.tournament_id}/register/", form)
    assert (answer.status_code, attempt.words in said(answer)) == (attempt.status, True)
    told = program_of(app, pat, "play").post("/api/tournaments/registrations/", json=attempt.body)
    assert (told.status_code, code_of(told)) == (attempt.status, code)
    assert attempt.words in told.get_json()["detail"]
    assert statuses(attempt.tournament_id) == before


def test_a_team_of_others_is_not_registered(app: Flask, pat: Persona) -> None:
    attempt = not_led(pat)
    told = program_of(app, pat, "play").post("/api/tournaments/registrations/", json=attempt.body)
    assert (told.status_code, code_of(told)) == (403, "not_captain")
    answer = pat.post(f"/me/tournaments/{attempt.tournament_id}/register/", attempt.form)
    assert answer.status_code == 403
    assert statuses(attempt.tournament_id) == {}
