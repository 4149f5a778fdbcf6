"""Files of results taken into a tournament that is there: all of a file or nothing, and the same file only once."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain import lifecycle
from webapp.domain.errors import Conflict, FieldError
from webapp.domain.games import game as find_game
from webapp.domain.names import name_key
from webapp.domain.permissions import Action
from webapp.domain.results_participants import HandleRoster
from webapp.models import ImportedFile, Match, Registration, Team, Tournament, User
from webapp.services.boards import boards
from webapp.services.imports import import_places, import_writes
from webapp.services.imports.import_places import MatchPlace
from webapp.services.imports.import_plan import ImportPlan, ImportSettings, only_matches, planned_into
from webapp.services.matches.matches import ensure_live
from webapp.services.matches.results import PLAYED_STATUSES, winner_of
from webapp.services.ranking import standings
from webapp.services.ranking.adjustments import give_head_starts
from webapp.services.registration import registrations
from webapp.services.registration.participant_names import name_column
from webapp.services.spine import audit, log, permissions
from webapp.services.spine.actors import Actor
from webapp.services.spine.crashpoints import crashpoint
from webapp.services.spine.transaction import read_snapshot, transaction

_ATTEMPTS: Final = 3
_OPEN: Final = ("registration_open", "registration_closed", "live")


@dataclass(frozen=True, slots=True, kw_only=True)
class IntoOptions:
    """How a file is taken: whether who is unknown takes part from now on, and which matches its matches are.

    `numbers_on`: they are the next ones to be played, whatever the file calls them; else its match 3 is match 3.
    """

    adds_participants: bool = False
    numbers_on: bool = False
    digest: str | None = None
    """Of the preview that somebody has agreed to; None takes the file as it comes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntoPreview:
    """What taking the file in would do. `is_known`: the same file was taken in before, so nothing."""

    places: tuple[MatchPlace, ...]
    newcomers: tuple[str, ...]
    results: int
    penalties: int
    warnings: tuple[FieldError, ...]
    is_known: bool

    @property
    def digest(self) -> str:
        """The same as long as taking the file in would do the same."""
        return hashlib.sha256(repr((self.places, self.newcomers, self.results, self.is_known)).encode()).hexdigest()

    @property
    def is_nothing(self) -> bool:
        """Whether all of it is there already."""
        return self.is_known or not any(place.is_to_be_written for place in self.places)


class _RosterChanged(Exception):
    """Somebody joined while the file was read; it is read again."""


def preview_into(tournament_id: int, raw: bytes, options: IntoOptions, *, actor: Actor) -> IntoPreview:
    """What `import_into` would do now; changes nothing. Raises as it does, but allows a tournament not yet started."""
    roster = _roster_for(tournament_id, actor)
    plan = _planned(raw, roster, options)
    with read_snapshot() as session:
        tournament = boards.find_tournament(session, tournament_id)
        return _looked_at(session, tournament, plan, roster, options)


def import_into(tournament_id: int, raw: bytes, options: IntoOptions, *, actor: Actor, now: datetime) -> IntoPreview:
    """Take a CSV of battle-royale results (docs/importing.md) into a live tournament, as confirmed results.

    One transaction writes participants, matches, results, log, totals and audit. The same file a second time changes
    nothing, nor do matches that hold the same results already. Raises ResultError with every wrong line, Conflict for
    a tournament that is not live, or where something else would happen than what was looked at (`digest`), NotFound and
    Forbidden by the permissions.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        roster = _roster_for(tournament_id, actor)
        plan = _planned(raw, roster, options)
        try:
            return _write(tournament_id, plan, roster, options, actor=actor, now=now)
        except _RosterChanged:
            if attempt == _ATTEMPTS:
                raise Conflict("The participants change at this moment; try again.", code="roster_changed") from None
    raise AssertionError("the last attempt returns or raises")


@dataclass(frozen=True, slots=True)
class _Roster:
    """Who may have results in the tournament: registration ids by name, or by handle in any case."""

    settings: ImportSettings
    tournament_id: int
    id_of: dict[str, int]

    @property
    def is_solo(self) -> bool:
        return self.settings.game.side == "solo"

    def names(self) -> Collection[str]:
        return HandleRoster(self.id_of) if self.is_solo else self.id_of.keys()

    def ids_of(self, plan: ImportPlan) -> list[int | None]:
        """Registrations of the plan's participants; None for who is new."""
        known = {name_key(name): id_ for name, id_ in self.id_of.items()} if self.is_solo else self.id_of
        names = [participant.name for participant in plan.parsed.participants]
        return [known.get(name_key(name) if self.is_solo else name) for name in names]


def _roster_for(tournament_id: int, actor: Actor) -> _Roster:
    with read_snapshot() as session:
        tournament = boards.find_tournament(session, tournament_id)
        permissions.ensure(session, actor, Action.IMPORT_RESULTS, tournament)
        if tournament.format != "battle-royale":
            raise Conflict(
                "Files of results are of battle-royale matches; this tournament has none.", code="no_lobbies"
            )
        if tournament.status not in _OPEN:
            raise Conflict(
                f"Tournament {tournament_id} is {tournament.status}; results are taken in while it is live.",
                code="tournament_not_live",
            )
        return _read_roster(session, tournament)


def _read_roster(session: Session, tournament: Tournament) -> _Roster:
    settings = ImportSettings(
        game=find_game(tournament.game), name=tournament.name, ruleset=standings.rules_of(tournament),
        organizer_id=tournament.organizer_id, season=tournament.season,
    )  # fmt: skip
    rows = session.execute(
        select(name_column(), Registration.id)
        .outerjoin(Team, Team.id == Registration.team_id)
        .outerjoin(User, User.id == Registration.user_id)
        .where(Registration.tournament_id == tournament.id, Registration.status.in_(PLAYED_STATUSES))
    )
    return _Roster(settings, tournament.id, dict(rows.all()))


def _planned(raw: bytes, roster: _Roster, options: IntoOptions) -> ImportPlan:
    return planned_into(
        raw, roster.settings, tournament_id=roster.tournament_id, roster=roster.names(),
        adds_participants=options.adds_participants,
    )  # fmt: skip


def _looked_at(
    session: Session, tournament: Tournament, plan: ImportPlan, roster: _Roster, options: IntoOptions
) -> IntoPreview:
    if session.get(ImportedFile, plan.fingerprint) is not None:
        return _seen(plan, roster, (), is_known=True)
    places = import_places.places_of(session, tournament, plan, roster.ids_of(plan), numbers_on=options.numbers_on)
    return _seen(plan, roster, places, is_known=False)


def _seen(plan: ImportPlan, roster: _Roster, places: Sequence[MatchPlace], *, is_known: bool) -> IntoPreview:
    written = {place.index for place in places if place.is_to_be_written}
    lines = [line for line in plan.parsed.lines if line.match in written]
    playing = {line.participant for line in lines}
    return IntoPreview(
        places=tuple(places),
        newcomers=tuple(
            plan.parsed.participants[index].name
            for index, known in enumerate(roster.ids_of(plan))
            if known is None and index in playing
        ),
        results=len(lines),
        penalties=sum(bool(line.penalty) for line in lines),
        warnings=plan.warnings,
        is_known=is_known,
    )


def _write(
    tournament_id: int, plan: ImportPlan, roster: _Roster, options: IntoOptions, *, actor: Actor, now: datetime
) -> IntoPreview:
    with transaction() as session:
        tournament = log.lock_tournament(session, tournament_id)
        permissions.ensure(session, actor, Action.IMPORT_RESULTS, tournament)
        ensure_live(tournament)
        if _read_roster(session, tournament) != roster:
            raise _RosterChanged
        done = _looked_at(session, tournament, plan, roster, options)
        if done.is_nothing:
            return done
        if options.digest not in (None, done.digest):
            raise Conflict("The tournament has changed since you looked; look at it again.", code="preview_changed")
        places = [place for place in done.places if place.is_to_be_written]
        part = only_matches(plan, [place.index for place in places])
        ids = _registered(session, tournament, part, roster, done.newcomers, actor=actor, now=now)
        written = _put(session, tournament, part, places, ids, actor, now)
        session.add(ImportedFile(fingerprint=plan.fingerprint, tournament_id=tournament_id, created_at=now))
        crashpoint("in_import")
        audit.record(
            session, actor, "results.imported", now=now, tournament_id=tournament_id, fingerprint=plan.fingerprint,
            rules_hash=plan.settings.ruleset.hash, match_ids=[match.id for match in written], results=done.results,
            participants_added=len(done.newcomers),
        )  # fmt: skip
        return done


def _registered(
    session: Session,
    tournament: Tournament,
    part: ImportPlan,
    roster: _Roster,
    newcomers: Sequence[str],
    *,
    actor: Actor,
    now: datetime,
) -> list[int]:
    """Registrations of the plan's participants, by their index; who is new is added, who does not play is 0."""
    added = dict(
        zip(
            newcomers,
            registrations.add_registrations(session, tournament, newcomers, actor=actor, now=now) if newcomers else [],
            strict=True,
        )
    )
    if added:
        give_head_starts(session, tournament, actor=actor, now=now, only=set(added.values()))
    names = [participant.name for participant in part.parsed.participants]
    return [known or added.get(name, 0) for known, name in zip(roster.ids_of(part), names, strict=True)]


def _put(
    session: Session,
    tournament: Tournament,
    part: ImportPlan,
    places: Sequence[MatchPlace],
    ids: Sequence[int],
    actor: Actor,
    now: datetime,
) -> list[Match]:
    """The matches with their results, log and totals."""
    matches = []
    for place, parsed, lines, ended_at in zip(
        places, part.parsed.matches, part.lines, import_writes.ends_of(part, now), strict=True
    ):
        match = _match_at(session, tournament, place)
        match.state = lifecycle.move(lifecycle.MATCH, match.state, "completed", official=True)
        match.map = parsed.map or match.map
        match.completed_at, match.live_lines = ended_at, None
        match.revision = (match.revision or 0) + 1
        winner = winner_of(lines)
        match.winner_id = None if winner is None else ids[winner]
        matches.append(match)
    session.flush()
    import_writes.add_results(session, matches, part, ids, lambda _share: None)
    seq = import_writes.record_log(session, tournament, matches, part, ids, actor=actor, now=now, announce=True)
    rules = part.settings.ruleset
    standings.refresh(session, tournament, rules, {ids[line.participant] for line in part.parsed.lines}, seq=seq)
    import_places.ensure_all_count(session, tournament, rules, places)
    return matches


def _match_at(session: Session, tournament: Tournament, place: MatchPlace) -> Match:
    if place.match_id is not None:
        return session.get_one(Match, place.match_id, populate_existing=True)
    match = Match(tournament_id=tournament.id, number=place.number, label=place.label, state="scheduled", revision=0)
    session.add(match)
    return match
