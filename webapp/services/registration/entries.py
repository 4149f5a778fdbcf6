"""People register by themselves: a player alone, or a captain with a line-up; and withdraw."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from webapp.domain import permissions as permission_table
from webapp.domain import registration as rules
from webapp.domain.custom_fields import checked_answers
from webapp.domain.errors import Conflict, FieldError, Forbidden, NotFound
from webapp.domain.games import Game, load_games
from webapp.domain.registration import CheckedPlayer, Circle, Elsewhere, LinedUp, Problem
from webapp.models import Registration, RegistrationPlayer, Team, TeamMember, Tournament, User
from webapp.services.files import uploads
from webapp.services.files.uploads import Received
from webapp.services.registration import custom_fields, entry_moves, entry_owners, waitlist
from webapp.services.spine import audit, log
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import transaction
from webapp.services.teams import player_ids

MOST_PLAYERS: Final = 30
"""On one line-up; no game takes nearly as many."""
_AFTER_START: Final = ("live", "completed", "cancelled", "archived")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What somebody registers with. Without a team it is the player alone, whose id in the game `players` holds.

    `waitlist`: a place on the waitlist is welcome where no other is left.
    """

    team_id: int | None = None
    players: Sequence[LinedUp] = ()
    answers: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, Received] = field(default_factory=dict)
    waitlist: bool = False


class Entered(NamedTuple):
    """The registration that came of it."""

    registration_id: int
    status: str


def register(tournament_id: int, entry: Entry, *, actor: Actor, now: datetime) -> Entered:
    """Register the actor, or the team that they lead. Who withdrew may come again, behind all others.

    Raises Conflict for a window that is not open (`tournament_draft`, `registration_not_open`, `registration_closed`),
    a tournament that is full (`tournament_full`, `waitlist_closed`) or somebody who is in already
    (`already_registered`); RegistrationError naming everything else that is wrong; Forbidden for a team of others.
    """
    with transaction() as session:
        tournament = log.lock_tournament(session, tournament_id)
        user_id = _registering(tournament, actor)
        rules.ensure_window_open(
            tournament.status, opens_at=tournament.registration_opens_at, closes_at=tournament.registration_closes_at,
            starts_at=tournament.starts_at, now=now,
        )  # fmt: skip
        game = load_games()[tournament.game]
        before = _before(session, tournament, game, entry, user_id)
        players, answers = _checked(session, tournament, game, entry, user_id, before)
        status = _place_for(session, tournament, entry, before)
        registration = _written(session, tournament, entry, before, user_id=user_id, now=now)
        files = {
            key: uploads.add(session, file, actor=actor, now=now, tournament_id=tournament_id).id
            for key, file in entry.files.items()
        }
        registration.answers = answers | files
        write_players(session, registration, players)
        player_ids.remember(
            session, game.slug, {who.user_id: who.player_id for who in players if who.player_id is not None}, now=now
        )
        _enter(session, tournament, registration, status, actor=actor, now=now)
        return Entered(registration.id, registration.status)


def withdraw(registration_id: int, *, reason: str = "", actor: Actor, now: datetime) -> None:
    """Take one's own registration back, before the start; its place goes to the waitlist. Twice is the same as once.

    A reason may be given; it is kept, and officials read it. Raises NotFound for a registration of others, Conflict
    `tournament_started`, TransitionError for one that was turned down, ResultError for a reason that cannot be kept.
    """
    reason = rules.checked_withdrawal_reason(reason)
    with transaction() as session:
        tournament, registration = entry_owners.locked(session, registration_id)
        entry_owners.ensure_owner(session, registration, actor)
        if registration.status == "withdrawn":
            return
        has_started = tournament.starts_at is not None and now >= tournament.starts_at
        if tournament.status in _AFTER_START or has_started:
            raise Conflict("The tournament has begun; ask its organizer to take you out.", code="tournament_started")
        before = entry_moves.move(session, tournament, registration, "withdrawn", actor=actor, now=now, reason=reason)
        registration.checked_in_at = registration.checked_in_by_id = None
        audit.record(
            session, actor, "registration.withdrawn", now=now, tournament_id=tournament.id,
            registration_id=registration_id, before=before, after="withdrawn", **({"reason": reason} if reason else {}),
        )  # fmt: skip
        waitlist.fill(session, tournament, actor=actor, now=now)


def _registering(tournament: Tournament, actor: Actor) -> int:
    if actor.user_id is None or not permission_table.reaches(actor.role, "player"):
        raise Forbidden("Only players may register for tournaments.")
    if tournament.visibility == "private":
        raise NotFound(f"There is no tournament {tournament.id}.", code="tournament_not_found")
    return actor.user_id


def _before(session: Session, tournament: Tournament, game: Game, entry: Entry, user_id: int) -> Registration | None:
    """The withdrawn registration that comes again, if any."""
    found = select(Registration).where(Registration.tournament_id == tournament.id)
    if game.side == "solo":
        found = found.where(Registration.user_id == user_id)
    else:
        found = found.where(Registration.team_id == _led_team(session, game, entry, user_id).id)
    known = session.scalar(found.execution_options(populate_existing=True))
    if known is not None and known.status == "rejected":
        raise Conflict(
            f"The organizer has turned this registration down: {known.decision_reason}", code="registration_rejected"
        )
    if known is not None and known.status != "withdrawn":
        who = "You are" if game.side == "solo" else "The team is"
        raise Conflict(f"{who} registered already; the registration is {known.status}.", code="already_registered")
    return known


def _led_team(session: Session, game: Game, entry: Entry, user_id: int) -> Team:
    if entry.team_id is None:
        rules.refuse([Problem("team_missing", FieldError("team_id", f"{game.title} is played by teams; choose yours"))])
    team = session.get(Team, entry.team_id, populate_existing=True)
    if team is None or team.disbanded_at is not None or team.game != game.slug:
        rules.refuse([Problem("wrong_team", FieldError("team_id", f"is no team of {game.title}"))])
    assert team is not None
    if team.captain_id != user_id:
        raise Forbidden("Only the captain registers a team.", code="not_captain")
    return team


def _checked(
    session: Session, tournament: Tournament, game: Game, entry: Entry, user_id: int, before: Registration | None
) -> tuple[tuple[CheckedPlayer, ...], dict[str, Any]]:
    """Players and answers as they are kept; raises RegistrationError with everything that is wrong with them."""
    players, problems = checked_players(session, tournament, game, entry, user_id, before)
    asked = custom_fields.rules_of(session, tournament.id)
    answers, wrong = checked_answers(asked, entry.answers, files=dict.fromkeys(entry.files, 0))
    rules.refuse([*problems, *wrong])
    return players, answers


def checked_players(
    session: Session, tournament: Tournament, game: Game, entry: Entry, user_id: int, before: Registration | None
) -> tuple[tuple[CheckedPlayer, ...], list[Problem]]:
    """The players as they are kept, and everything that is wrong with them; `before` is their own registration."""
    if len(entry.players) > MOST_PLAYERS:
        rules.refuse([Problem("wrong_team_size", FieldError("players", f"list at most {MOST_PLAYERS} people"))])
    given = [LinedUp(user_id, "player", entry.players[0].player_id if entry.players else "")]
    return rules.checked_line_up(
        game,
        given if game.side == "solo" else entry.players,
        least=tournament.team_size,
        circle=_circle(session, game, entry, user_id),
        elsewhere=_elsewhere(session, tournament.id, before),
    )


def _circle(session: Session, game: Game, entry: Entry, user_id: int) -> Circle:
    members: Collection[int] = {user_id}
    if game.side != "solo":
        current = select(TeamMember.user_id).where(TeamMember.team_id == entry.team_id, TeamMember.left_at.is_(None))
        members = set(session.scalars(current))
    # Whom staff have shut out of the site plays nowhere.
    barred = select(User.id).where(User.id.in_(sorted(members)), User.disabled_at.is_not(None))
    return Circle(members=members, barred=set(session.scalars(barred)))


def _elsewhere(session: Session, tournament_id: int, before: Registration | None) -> Elsewhere:
    rows = session.execute(
        select(RegistrationPlayer.user_id, RegistrationPlayer.identity).where(
            RegistrationPlayer.tournament_id == tournament_id,
            RegistrationPlayer.is_active,
            RegistrationPlayer.registration_id != (before.id if before else 0),
        )
    ).all()
    # Whom an organizer registered by name has no player's row.
    named = select(Registration.user_id).where(
        Registration.tournament_id == tournament_id,
        Registration.user_id.is_not(None),
        Registration.status.not_in(rules.OUT),
        Registration.id != (before.id if before else 0),
    )
    people = {*(row.user_id for row in rows), *(user_id for user_id in session.scalars(named) if user_id is not None)}
    return Elsewhere(people, {row.identity for row in rows if row.identity is not None})


def _place_for(session: Session, tournament: Tournament, entry: Entry, before: Registration | None) -> str:
    """The state that a registration begins in. Raises Conflict where no place is left."""
    if entry_moves.places_free(session, tournament) == 0 or waitlist.in_order(session, tournament.id):
        if not tournament.has_waitlist:
            raise Conflict("All places are taken, and there is no waitlist.", code="waitlist_closed")
        if not entry.waitlist:
            raise Conflict("All places are taken; you can join the waitlist.", code="tournament_full")
        return "waitlisted"
    return waitlist.state_of_place(session, tournament, before.id if before else None)


def _written(
    session: Session, tournament: Tournament, entry: Entry, before: Registration | None, *, user_id: int, now: datetime
) -> Registration:
    registration = before
    if registration is None:
        whose = {"user_id": user_id} if entry.team_id is None else {"team_id": entry.team_id}
        registration = Registration(tournament_id=tournament.id, status="pending", created_at=now, **whose)
        session.add(registration)
    registration.registered_by_id = user_id
    session.flush()
    return registration


def write_players(session: Session, registration: Registration, players: Sequence[CheckedPlayer]) -> None:
    """The line-up of a registration, in place of the one before."""
    session.execute(delete(RegistrationPlayer).where(RegistrationPlayer.registration_id == registration.id))
    session.add_all(
        RegistrationPlayer(
            tournament_id=registration.tournament_id, registration_id=registration.id, is_active=True,
            **player._asdict(),
        )
        for player in players
    )  # fmt: skip
    session.flush()


def _enter(
    session: Session, tournament: Tournament, registration: Registration, status: str, *, actor: Actor, now: datetime
) -> None:
    """The state that the registration begins in, its seed, its payment; told once."""
    registration.status, registration.decision_reason = status, ""
    registration.checked_in_at = registration.checked_in_by_id = registration.offered_until = None
    registration.waitlisted_at = now if status == "waitlisted" else None
    # Whoever comes again does so behind all others.
    registration.seed = entry_moves.next_seed(session, tournament.id) if status == "approved" else None
    if status == "pending":
        waitlist.owe(session, tournament, registration, actor=actor, now=now)
    data = {"registration_ids": [registration.id], "status": status}
    log.record(session, tournament, "registration_created", data, actor=actor, now=now)
    audit.record(session, actor, "registration.created", now=now, tournament_id=tournament.id, **data)
