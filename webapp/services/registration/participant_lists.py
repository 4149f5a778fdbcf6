"""Pasted lists of participants: who on them is known here, who is new, who looks like somebody else."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.errors import FieldError, ResultError
from webapp.domain.games import load_games
from webapp.domain.look_alikes import look_alikes
from webapp.domain.names import name_key
from webapp.domain.participant_lines import ParticipantLine, read_participants
from webapp.domain.permissions import Action
from webapp.models import Registration, Team, Tournament, User
from webapp.services.boards import boards
from webapp.services.registration import registrations
from webapp.services.spine import permissions
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot


class Standing(StrEnum):
    """What a name on a list is to the tournament."""

    NEW = "new"
    """Not known on this site: a team, or a player without an account, is added."""
    KNOWN = "known"
    """Known here, not in this tournament yet."""
    RETURNS = "returns"
    """Withdrew, and takes part again."""
    TAKES_PART = "takes_part"
    """In the tournament already; stays as it is."""


@dataclass(frozen=True, slots=True)
class ListedName:
    """A line of a list. `looks_like`: a name known here that people could take it for."""

    line: int
    name: str
    seed: int | None
    standing: Standing
    looks_like: str | None = None

    @property
    def joins(self) -> bool:
        """Whether it takes part only once the list is taken."""
        return self.standing is not Standing.TAKES_PART


@dataclass(frozen=True, slots=True)
class ListPreview:
    """What a list would do; nothing of it while it has problems."""

    names: tuple[ListedName, ...] = ()
    problems: tuple[FieldError, ...] = ()
    joining: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        """Counts who joins."""
        object.__setattr__(self, "joining", sum(name.joins for name in self.names))


def preview(tournament_id: int, text: str, *, actor: Actor) -> ListPreview:
    """Look at a list (`domain.participant_lines`) without taking it."""
    with read_snapshot() as session:
        tournament = boards.find_tournament(session, tournament_id)
        permissions.ensure(session, actor, Action.MANAGE_PARTICIPANTS, tournament)
        return _looked_at(session, tournament, text)


def add(tournament_id: int, text: str, *, actor: Actor, now: datetime) -> int:
    """Register everybody on the list; returns how many joined. All of it or nothing.

    Raises ResultError with every line that cannot be taken, Conflict once the tournament is over.
    """
    seen = preview(tournament_id, text, actor=actor)
    problems = seen.problems
    if not seen.names and not problems:
        problems = (FieldError("names", "is empty; write one name a line"),)
    if problems:
        raise ResultError.listing("The participants cannot be registered", problems)
    seeds = {name.name: name.seed for name in seen.names if name.seed is not None and name.joins}
    names = [name.name for name in seen.names]
    registrations.register(tournament_id, names, actor=actor, now=now, seeds=seeds)
    return seen.joining


def _looked_at(session: Session, tournament: Tournament, text: str) -> ListPreview:
    is_solo = load_games()[tournament.game].side == "solo"
    found = read_participants(text, are_handles=is_solo)
    known = _known(session, tournament, is_solo=is_solo)
    status = _statuses(session, tournament.id, is_solo=is_solo)
    spelled = {name_key(name): name for name in known} if is_solo else dict.fromkeys(known, "")
    new = [line.name for line in found.lines if (name_key(line.name) if is_solo else line.name) not in spelled]
    twins = {twin: name for name, twin in look_alikes([*sorted(known), *new]) if twin in set(new)}
    names = tuple(
        ListedName(*line, _standing(line, spelled, status, is_solo=is_solo), twins.get(line.name))
        for line in found.lines
    )
    return ListPreview(names, (*found.problems, *_seed_problems(session, tournament.id, names)))


def _standing(line: ParticipantLine, known: dict[str, str], status: dict[str, str], *, is_solo: bool) -> Standing:
    key = name_key(line.name) if is_solo else line.name
    if key in status:
        return Standing.RETURNS if status[key] == "withdrawn" else Standing.TAKES_PART
    return Standing.KNOWN if key in known else Standing.NEW


def _known(session: Session, tournament: Tournament, *, is_solo: bool) -> set[str]:
    names = select(User.handle) if is_solo else select(Team.name).where(Team.game == tournament.game)
    return set(session.scalars(names))


def _statuses(session: Session, tournament_id: int, *, is_solo: bool) -> dict[str, str]:
    """Statuses in the tournament by name, or by the key of a handle."""
    if is_solo:
        rows = select(User.handle_key, Registration.status).join(User, User.id == Registration.user_id)
    else:
        rows = select(Team.name, Registration.status).join(Team, Team.id == Registration.team_id)
    return dict(session.execute(rows.where(Registration.tournament_id == tournament_id)).all())


def _seed_problems(session: Session, tournament_id: int, names: Sequence[ListedName]) -> Sequence[FieldError]:
    joining = {name.name: name for name in names if name.joins and name.seed is not None}
    try:
        seeds = {name: listed.seed for name, listed in joining.items() if listed.seed is not None}
        registrations.ensure_seeds_free(session, tournament_id, seeds)
    except ResultError as refused:
        return [FieldError(f"line {joining[error.path].line}", error.message) for error in refused.fields]
    return []
