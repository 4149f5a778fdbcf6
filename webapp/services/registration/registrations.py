"""Who takes part: teams, or players where a game is played solo."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import count
from typing import Any, Final

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from webapp.domain.errors import Conflict, FieldError, NotFound, ResultError
from webapp.domain.games import load_games
from webapp.domain.names import UnusableNameError, clean_name, name_key, quoted
from webapp.domain.permissions import Action
from webapp.domain.registration import checked_withdrawal_reason
from webapp.extensions import Base
from webapp.models import Registration, Team, Tournament, User
from webapp.services.ranking import adjustments
from webapp.services.registration import entry_moves, withdrawals
from webapp.services.registration.participant_names import names_of
from webapp.services.spine import audit, log, permissions
from webapp.services.spine.actors import Actor
from webapp.services.spine.log import Fact
from webapp.services.spine.transaction import transaction
from webapp.services.spine.upserts import insert_ignoring_conflicts

_OVER: Final = ("completed", "cancelled", "archived")
_NAMES_AT_ONCE: Final = 500


def register(
    tournament_id: int,
    names: Sequence[str],
    *,
    actor: Actor,
    now: datetime,
    seeded: bool = True,
    seeds: Mapping[str, int] | None = None,
) -> list[int]:
    """Register teams (or players, where the game is played solo) by name; ids are in the order of the names.

    Who takes part already stays as it is; who withdrew takes part again. Seeds go on in the order of the names, but for
    those that `seeds` gives to clean names. Raises ResultError naming every name or seed that cannot be used, Conflict
    once the tournament is over.
    """
    cleaned = _cleaned(names)
    with transaction() as session:
        tournament = log.lock_tournament(session, tournament_id)
        permissions.ensure(session, actor, Action.MANAGE_PARTICIPANTS, tournament)
        if tournament.status in _OVER:
            raise Conflict(f"Tournament {tournament_id} is {tournament.status}; nobody can join any more.")
        before = tournament.log_seq
        ensure_seeds_free(session, tournament_id, seeds or {})
        ids = add_registrations(session, tournament, cleaned, actor=actor, now=now, seeded=seeded, seeds=seeds)
        if tournament.log_seq == before:
            return ids
        audit.record(session, actor, "registration.created", now=now, tournament_id=tournament_id, registration_ids=ids)
        if tournament.status == "live":
            adjustments.give_head_starts(session, tournament, actor=actor, now=now, only=set(ids))
    return ids


def withdraw(registration_id: int, *, reason: str = "", actor: Actor, now: datetime) -> int | None:
    """Take a participant out: its row leaves the board, its results stay on record. Twice is the same as once.

    Returns by which id that can be undone, if it can. Before the start its place goes to the waitlist, after it the
    matches that it has not played are lost (`withdrawals.take_out`). A reason may be given; it is kept, and read by
    officials and by who is taken out.
    Raises NotFound, Conflict once the tournament is over, TransitionError for a registration that was never accepted,
    ResultError for a reason that cannot be kept.
    """
    reason = checked_withdrawal_reason(reason)
    with transaction() as session:
        tournament_id = session.scalar(select(Registration.tournament_id).where(Registration.id == registration_id))
        if tournament_id is None:
            raise NotFound(f"There is no registration {registration_id}.", code="registration_not_found")
        tournament = log.lock_tournament(session, tournament_id)
        permissions.ensure(session, actor, Action.MANAGE_PARTICIPANTS, tournament)
        registration = session.get_one(Registration, registration_id, populate_existing=True)
        if registration.status == "withdrawn":
            return None
        if tournament.status in _OVER:
            raise Conflict(f"Tournament {tournament_id} is {tournament.status}; nobody can withdraw any more.")
        return withdrawals.take_out(session, tournament, registration, reason=reason, actor=actor, now=now)


def add_registrations(
    session: Session,
    tournament: Tournament,
    names: Sequence[str],
    *,
    actor: Actor,
    now: datetime,
    seeded: bool = True,
    seeds: Mapping[str, int] | None = None,
    announce: bool = True,
) -> list[int]:
    """Write registrations in the caller's transaction, teams and players found by their names or added.

    The names must be clean (`domain.names.clean_name`); ids are in their order. Who is not in `seeds` (names by seed)
    gets the next free one if `seeded`.
    """
    is_solo = load_games()[tournament.game].side == "solo"
    subject_of = _players(session, names, now) if is_solo else _teams(session, tournament.game, names, now)
    column = Registration.user_id if is_solo else Registration.team_id
    subjects = [subject_of[name] for name in names]
    ids, withdrawn = _known(session, tournament.id, column)
    joining = [subject for subject in dict.fromkeys(subjects) if subject not in ids]
    returning = [ids[subject] for subject in dict.fromkeys(subjects) if ids.get(subject) in withdrawn]
    if returning:
        session.execute(
            update(Registration).where(Registration.id.in_(returning)).values(status="approved", decision_reason="")
        )
        for registration in session.scalars(select(Registration).where(Registration.id.in_(returning))):
            entry_moves.free_players(session, registration, is_active=True)
    if joining:
        given = {subject_of[name]: seed for name, seed in (seeds or {}).items() if name in subject_of}
        free = (seed for seed in count(_last_seed(session, tournament.id) + 1) if seed not in given.values())
        rows = [
            {
                "tournament_id": tournament.id,
                column.key: subject,
                "seed": given.get(subject) or (next(free) if seeded else None),
                "status": "approved",
                "created_at": now,
            }
            for subject in joining
        ]
        added = session.scalars(insert(Registration).returning(Registration.id, sort_by_parameter_order=True), rows)
        ids |= dict(zip(joining, added, strict=True))
    created = [*returning, *(ids[subject] for subject in joining)]
    if created:
        fact = Fact("registration_created", {"registration_ids": created, "status": "approved"})
        log.record_many(session, tournament, [fact], actor=actor, now=now, announce=announce)
    return [ids[subject] for subject in subjects]


def ensure_seeds_free(session: Session, tournament_id: int, seeds: Mapping[str, int]) -> None:
    """Raises ResultError naming every name that is to get a seed which another participant holds."""
    if not seeds:
        return
    rows = session.execute(
        select(Registration.seed, Registration.id).where(
            Registration.tournament_id == tournament_id,
            Registration.status == "approved",
            Registration.seed.is_not(None),
        )
    ).all()
    names = names_of(session, [row.id for row in rows])
    holder = {seed: names[registration_id] for seed, registration_id in rows}
    errors = [
        FieldError(name, f"seed {seed} is that of {quoted(holder[seed])}")
        for name, seed in seeds.items()
        if name_key(holder.get(seed, name)) != name_key(name)
    ]
    if errors:
        raise ResultError.listing("The participants cannot be registered", errors)


def _cleaned(names: Sequence[str]) -> list[str]:
    cleaned, errors = [], []
    for place, name in enumerate(names, start=1):
        try:
            cleaned.append(clean_name(name))
            if not cleaned[-1]:
                errors.append(FieldError(f"name {place}", "is empty"))
        except UnusableNameError as error:
            errors.append(FieldError(f"name {place}", str(error)))
    if errors:
        raise ResultError.listing("The participants cannot be registered", errors)
    return cleaned


def _known(
    session: Session, tournament_id: int, column: InstrumentedAttribute[int | None]
) -> tuple[dict[int, int], set[int]]:
    """Registrations by team or player, and which of them were withdrawn."""
    rows = session.execute(
        select(Registration.id, column, Registration.status).where(Registration.tournament_id == tournament_id)
    ).all()
    ids = {subject: registration_id for registration_id, subject, _ in rows if subject is not None}
    return ids, {registration_id for registration_id, _, status in rows if status == "withdrawn"}


def _last_seed(session: Session, tournament_id: int) -> int:
    last = session.scalar(select(func.max(Registration.seed)).where(Registration.tournament_id == tournament_id))
    return last or 0


def _teams(session: Session, game: str, names: Sequence[str], now: datetime) -> Mapping[str, int]:
    def known(wanted: Sequence[str]) -> dict[str, int]:
        found = select(Team.name, Team.id).where(Team.game == game, Team.name.in_(wanted))
        return dict(session.execute(found).all())

    return _found_or_added(session, Team, names, known, lambda name: {"game": game, "name": name, "created_at": now})


def _players(session: Session, handles: Sequence[str], now: datetime) -> Mapping[str, int]:
    handle_of = {name_key(handle): handle for handle in reversed(handles)}

    def known(wanted: Sequence[str]) -> dict[str, int]:
        return dict(session.execute(select(User.handle_key, User.id).where(User.handle_key.in_(wanted))).all())

    ids = _found_or_added(
        session, User, list(handle_of), known,
        lambda key: {"handle": handle_of[key], "handle_key": key, "role": "player", "created_at": now},
    )  # fmt: skip
    return {handle: ids[name_key(handle)] for handle in handles}


def _found_or_added(
    session: Session,
    table: type[Base],
    names: Sequence[str],
    known: Callable[[Sequence[str]], dict[str, int]],
    new_row: Callable[[str], Mapping[str, Any]],
) -> dict[str, int]:
    """Ids by name of those that `known` finds and, for the others, of rows that are added."""
    ids: dict[str, int] = {}
    # Somebody else may add the same names at this moment; in one order nobody waits in a circle.
    in_order = sorted(set(names))
    for start in range(0, len(in_order), _NAMES_AT_ONCE):
        wanted = in_order[start : start + _NAMES_AT_ONCE]
        ids |= known(wanted)
        missing = [name for name in wanted if name not in ids]
        if missing:
            insert_ignoring_conflicts(session, table, [new_row(name) for name in missing])
            ids |= known(missing)
    return ids
