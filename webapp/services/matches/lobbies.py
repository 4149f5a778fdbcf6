"""What a match needs before it begins: who looks after it, the lobby, and both sides saying that they are ready."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain import lifecycle
from webapp.domain.errors import Conflict, FieldError, NotFound, ResultError
from webapp.domain.permissions import Action
from webapp.models import Match, Tournament, TournamentOfficial
from webapp.services.matches import pauses, sides
from webapp.services.matches.matches import ensure_live, lock_match
from webapp.services.spine import audit, log
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import transaction

LONGEST_NAME: Final = 80
LONGEST_NOTES: Final = 1000
_OVER: Final = ("completed", "forfeit", "cancelled")
_BEFORE_PLAY: Final = ("scheduled", "ready")


def set_lobby(match_id: int, *, name: str, password: str, notes: str, actor: Actor, now: datetime) -> bool:
    """Say where the match is played, for its participants and officials alone; False when nothing differs.

    All empty takes it away. What it says stands in no log and no audit. Raises ResultError for what cannot be shown.
    """
    wanted = {"name": name.strip(), "password": password.strip(), "notes": notes.replace("\r\n", "\n").strip()}
    errors = list(_lobby_errors(wanted))
    if errors:
        raise ResultError.listing("The lobby cannot be told so", errors)
    lobby = wanted if any(wanted.values()) else None
    with transaction() as session:
        tournament, match = lock_match(session, match_id, actor, Action.MANAGE_MATCHES)
        if lobby == match.lobby:
            return False
        _ensure_not_over(match)
        match.lobby = lobby
        _tell(session, tournament, match, "lobby", actor=actor, now=now)
        audit.record(
            session, actor, "match.lobby_set", now=now, tournament_id=tournament.id, match_id=match.id,
            is_set=lobby is not None,
        )  # fmt: skip
        return True


def assign_coordinator(match_id: int, user_id: int | None, *, actor: Actor, now: datetime) -> bool:
    """Give a match to an official to look after, or (None) to nobody; False when it is so already.

    Raises ResultError for somebody who is no official of the tournament.
    """
    with transaction() as session:
        tournament, match = lock_match(session, match_id, actor, Action.MANAGE_MATCHES)
        if match.coordinator_id == user_id:
            return False
        if user_id is not None and user_id not in officials_of(session, tournament):
            problem = FieldError("coordinator_id", "is none of the tournament's officials")
            raise ResultError.listing("The match cannot be given to them", [problem])
        _ensure_not_over(match)
        before, match.coordinator_id = match.coordinator_id, user_id
        _tell(session, tournament, match, "coordinator", actor=actor, now=now)
        audit.record(
            session, actor, "match.coordinator_assigned", now=now, tournament_id=tournament.id, match_id=match.id,
            before=before, after=user_id,
        )  # fmt: skip
        return True


def say_ready(match_id: int, *, is_ready: bool = True, actor: Actor, now: datetime) -> bool:
    """A side says that it is ready, or takes it back before the other one has said so; False when that is known.

    Once both have, the match is ready. Raises NotFound for who speaks for no side, Conflict for a match that has begun,
    and while everything stands still.
    """
    with transaction() as session:
        tournament, match, side_id = lock_own(session, match_id, actor)
        column = "ready_a_at" if side_id == match.side_a_id else "ready_b_at"
        if (getattr(match, column) is not None) == is_ready:
            return False
        _ensure_can_say(tournament, match)
        setattr(match, column, now if is_ready else None)
        if match.ready_a_at is not None and match.ready_b_at is not None:
            match.state = lifecycle.move(lifecycle.MATCH, match.state, "ready")
        elif match.state == "ready":
            match.state = lifecycle.move(lifecycle.MATCH, match.state, "scheduled", official=True)
        _tell(session, tournament, match, "ready", actor=actor, now=now)
        audit.record(
            session, actor, "match.ready_said", now=now, tournament_id=tournament.id, match_id=match.id,
            registration_id=side_id, is_ready=is_ready, state=match.state,
        )  # fmt: skip
        return True


def begin(match_id: int, *, actor: Actor, now: datetime) -> bool:
    """A side begins a match that both are ready for; False when it is being played already."""
    with transaction() as session:
        tournament, match, _ = lock_own(session, match_id, actor)
        if match.state == "live":
            return False
        ensure_live(tournament)
        pauses.ensure_not_paused(tournament)
        before, match.state = match.state, lifecycle.move(lifecycle.MATCH, match.state, "live")
        match.started_at = now
        data = {"number": match.number}
        log.record(session, tournament, "match_started", data, actor=actor, now=now, match_id=match.id)
        audit.record(
            session, actor, "match.started", now=now, tournament_id=tournament.id, match_id=match.id,
            before=before, after="live",
        )  # fmt: skip
        return True


def lock_own(session: Session, match_id: int, actor: Actor) -> tuple[Tournament, Match, int]:
    """The match with its tournament locked, and the side that the actor speaks for. Raises NotFound for others."""
    tournament_id = session.scalar(select(Match.tournament_id).where(Match.id == match_id))
    if tournament_id is None:
        raise NotFound(f"There is no match {match_id} of yours.", code="match_not_found")
    tournament = log.lock_tournament(session, tournament_id)
    match = session.get_one(Match, match_id, populate_existing=True)
    return tournament, match, sides.ensure_side(session, actor, match)


def officials_of(session: Session, tournament: Tournament) -> frozenset[int]:
    """The users who may be given a match: owner, co-organizers, referees."""
    listed = session.scalars(
        select(TournamentOfficial.user_id).where(TournamentOfficial.tournament_id == tournament.id)
    )
    owner = () if tournament.organizer_id is None else (tournament.organizer_id,)
    return frozenset((*listed, *owner))


def _ensure_can_say(tournament: Tournament, match: Match) -> None:
    ensure_live(tournament)
    pauses.ensure_not_paused(tournament)
    sides.both_of(match)
    if match.state not in _BEFORE_PLAY:
        raise Conflict(f"Match {match.number} is {match.state}; sides say that they are ready before it begins.")


def _ensure_not_over(match: Match) -> None:
    if match.state in _OVER:
        raise Conflict(f"Match {match.number} is {match.state}; there is nothing left to prepare.")


def _tell(session: Session, tournament: Tournament, match: Match, changed: str, *, actor: Actor, now: datetime) -> None:
    """Watchers hear that this is new of the match, and never what it says."""
    data = {"number": match.number, "changed": [changed]}
    log.record(session, tournament, "match_updated", data, actor=actor, now=now, match_id=match.id)


def _lobby_errors(lobby: dict[str, str]) -> Iterator[FieldError]:
    for field, text in lobby.items():
        longest = LONGEST_NOTES if field == "notes" else LONGEST_NAME
        if len(text) > longest:
            yield FieldError(field, f"must have at most {longest} characters")
        if any(not (sign.isprintable() or (field == "notes" and sign == "\n")) for sign in text):
            yield FieldError(field, "holds a character that cannot be shown")
