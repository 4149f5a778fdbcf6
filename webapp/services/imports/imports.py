"""Files of results become tournaments: all of a file or nothing of it, and the same file only once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Select, select
from sqlalchemy.exc import DBAPIError, IntegrityError

from webapp.domain.errors import FieldError
from webapp.domain.look_alikes import look_alikes
from webapp.domain.names import quoted
from webapp.domain.rules import Ruleset
from webapp.models import ImportedFile, Team, User
from webapp.services.imports import import_writes
from webapp.services.imports.import_plan import ImportPlan, Progress, checked_settings, planned
from webapp.services.spine import audit
from webapp.services.spine.actors import Actor
from webapp.services.spine.crashpoints import crashpoint
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.spine.upserts import insert_ignoring_conflicts

_ATTEMPTS: Final = 8
_DEADLOCK: Final = "40P01"
"""PostgreSQL's code for two transactions that waited for each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOutcome:
    """What an import did.

    `tournament_id` is the new tournament's, or that of the one which holds the same file already (`is_new` False), or
    None after a dry run of a file that is not there yet.
    """

    tournament_id: int | None
    is_new: bool
    matches: int
    participants: int
    results: int
    warnings: tuple[FieldError, ...]


class _KnownFile(Exception):
    """Somebody else has taken the same file in meanwhile."""


def import_results(  # noqa: PLR0913  (an import has that many settings)
    raw: bytes,
    *,
    game: str,
    name: str,
    ruleset: Ruleset,
    organizer_id: int | None,
    season: str | None,
    now: datetime,
    actor: Actor,
    progress: Progress = lambda _share: None,
    dry_run: bool = False,
) -> ImportOutcome:
    """Take in a CSV of battle-royale results (docs/importing.md) as a tournament with its final board.

    Everything is read, checked and scored first; then one transaction writes it all. The tournament is completed, or
    live where its rules play to match point and nobody has won yet. The same results under the same settings change
    nothing and answer with the tournament that holds them; so does the slower one of two imports at once.

    Raises ResultError with every wrong line, RulesError when the rules do not fit the file, NotFound for an unknown
    game.
    """
    settings = checked_settings(game=game, name=name, ruleset=ruleset, organizer_id=organizer_id, season=season)
    plan = planned(raw, settings, progress)
    known = _tournament_with(plan.fingerprint)
    if known is not None or dry_run:
        return _outcome(plan, known, is_new=False, warnings=_name_warnings(plan) if known is None else ())
    warnings = _name_warnings(plan)
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            tournament_id = _write(plan, actor=actor, now=now, progress=progress)
        except _KnownFile:
            break
        except DBAPIError as error:
            # Another import has taken the same address or added the same team at the same moment.
            if attempt == _ATTEMPTS or not _is_collision(error):
                raise
            if _tournament_with(plan.fingerprint) is not None:
                break
        else:
            return _outcome(plan, tournament_id, is_new=True, warnings=warnings)
    return _outcome(plan, _tournament_with(plan.fingerprint), is_new=False)


def _outcome(
    plan: ImportPlan, tournament_id: int | None, *, is_new: bool, warnings: Sequence[FieldError] = ()
) -> ImportOutcome:
    return ImportOutcome(
        tournament_id=tournament_id,
        is_new=is_new,
        matches=len(plan.parsed.matches),
        participants=len(plan.parsed.participants),
        results=len(plan.parsed.lines),
        warnings=(*plan.warnings, *warnings),
    )


def _tournament_with(fingerprint: str) -> int | None:
    with read_snapshot() as session:
        return session.scalar(_holder_of(fingerprint))


def _holder_of(fingerprint: str) -> Select[int]:
    return select(ImportedFile.tournament_id).where(ImportedFile.fingerprint == fingerprint)


def _is_collision(error: DBAPIError) -> bool:
    return isinstance(error, IntegrityError) or getattr(error.orig, "sqlstate", None) == _DEADLOCK


def _name_warnings(plan: ImportPlan) -> list[FieldError]:
    """Names of the file that are new here and look like one that is known here."""
    game = plan.settings.game
    names = select(User.handle) if game.side == "solo" else select(Team.name).where(Team.game == game.slug)
    with read_snapshot() as session:
        known = set(session.scalars(names))
    line_of = {participant.name: participant.line for participant in plan.parsed.participants}
    new = [name for name in line_of if name not in known]
    return [
        FieldError(
            f"line {line_of[twin]}: participant",
            f"{quoted(twin)} looks like {quoted(name)}, who is known here; they are taken as two participants",
        )
        for name, twin in look_alikes([*sorted(known), *new])
        if name in known and twin not in known
    ]


def _write(plan: ImportPlan, *, actor: Actor, now: datetime, progress: Progress) -> int:
    with transaction() as session:
        tournament = import_writes.add_tournament(session, plan, actor=actor, now=now)
        claim = {"fingerprint": plan.fingerprint, "tournament_id": tournament.id, "created_at": now}
        # Waits for whoever is writing the same file, and then finds that one's claim.
        insert_ignoring_conflicts(session, ImportedFile, [claim])
        if session.scalar(_holder_of(plan.fingerprint)) != tournament.id:
            raise _KnownFile
        import_writes.add_content(session, tournament, plan, actor=actor, now=now, progress=progress)
        crashpoint("in_import")
        audit.record(
            session, actor, "tournament.imported", now=now, tournament_id=tournament.id,
            fingerprint=plan.fingerprint, rules_hash=plan.settings.ruleset.hash, matches=len(plan.parsed.matches),
            participants=len(plan.parsed.participants), results=len(plan.parsed.lines),
        )  # fmt: skip
        return tournament.id
