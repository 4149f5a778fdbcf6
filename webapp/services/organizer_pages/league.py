"""What the page of a league shows an organizer: the round that can be paired now, and who goes on to the bracket."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from webapp.domain.brackets import multi_stage
from webapp.domain.brackets.formats import rounds_of
from webapp.domain.brackets.settings import parse_settings
from webapp.domain.errors import Conflict, NotFound
from webapp.domain.permissions import Action
from webapp.models import Stage, Tournament
from webapp.services.bracketing import league_progress, next_stages, stages, swiss_rounds
from webapp.services.bracketing.swiss_rounds import Proposal
from webapp.services.organizer_pages.managed import ManagedHead, find_managed, head_of
from webapp.services.registration.participant_names import names_of
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the field, by the seed of the stage."""

    seed: int
    participant_id: int
    name: str
    score: int = 0


@dataclass(frozen=True, slots=True)
class RoundView:
    """The round that can be paired now; `is_there`: it is paired and waits."""

    number: int
    is_there: bool
    people: tuple[Person, ...]
    """Who plays it, in the order of the table."""
    pairs: tuple[tuple[Person | None, Person | None], ...]
    """As it is, or as it would be; None where only a person can say."""
    bye: Person | None


@dataclass(frozen=True, slots=True)
class AdvanceLine:
    """Somebody who goes on to the bracket; `seed` None where a person must decide whether it does."""

    participant_id: int
    name: str
    group: str | None
    seed: int | None


@dataclass(frozen=True, slots=True)
class AdvanceView:
    """Who goes on, in the order of the seeds; then those whom the rules leave level."""

    format: str
    is_started: bool
    is_outdated: bool
    """Whether the tables say now that others go on than those in the bracket: a result was corrected since."""
    size: int
    lines: tuple[AdvanceLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedLeague:
    """A league stage under its organizer's hands."""

    head: ManagedHead
    is_league: bool
    is_swiss: bool
    rounds_played: int
    rounds_total: int
    round: RoundView | None
    round_refusal: str
    """Why no round can be paired now."""
    advance: AdvanceView | None
    advance_refusal: str
    """Why nobody goes on yet; empty where nothing follows."""


def read_managed_league(tournament_id: int, *, actor: Actor) -> ManagedLeague:
    """The league of a tournament for one of its organizers. Raises NotFound, Forbidden."""
    with read_snapshot() as session:
        tournament = find_managed(session, tournament_id, actor, Action.MANAGE_BRACKET)
        stage = _stage(session, tournament)
        is_swiss = stage is not None and stage.format == "swiss"
        names = {} if stage is None else names_of(session, stage.seeds)
        of_round, round_refusal = _round(session, tournament, stage, names) if stage and is_swiss else (None, "")
        advance, advance_refusal = _advance(session, tournament, names) if stage else (None, "")
        played = league_progress.matches_of(session, stage) if stage else []
        return ManagedLeague(
            head=head_of(session, tournament, actor),
            is_league=stage is not None,
            is_swiss=is_swiss,
            rounds_played=max((match.round for match in played), default=0),
            rounds_total=_rounds_total(stage) if stage and is_swiss else 0,
            round=of_round,
            round_refusal=round_refusal,
            advance=advance,
            advance_refusal=advance_refusal,
        )


def _stage(session: Session, tournament: Tournament) -> Stage | None:
    """The league stage that is drawn, if there is one."""
    try:
        stage = league_progress.generated_stage(session, tournament, 1)
    except NotFound:
        return None
    return stage if stage.format in ("round-robin", "swiss") else None


def _rounds_total(stage: Stage) -> int:
    return rounds_of(len(stage.seeds), parse_settings(stage.settings, stage.format))


def _round(
    session: Session, tournament: Tournament, stage: Stage, names: Mapping[int, str]
) -> tuple[RoundView | None, str]:
    try:
        found = swiss_rounds.proposal(session, tournament, stage)
    except Conflict as refusal:
        return None, refusal.message
    people = {
        entrant.seed: Person(entrant.seed, who, names[who], entrant.score)
        for entrant in found.field
        for who in (stage.seeds[entrant.seed - 1],)
    }
    bye = None if found.bye is None else people.get(found.bye)
    return RoundView(found.number, found.is_there, tuple(people.values()), _pairs(found, people), bye), ""


def _pairs(found: Proposal, people: Mapping[int, Person]) -> tuple[tuple[Person | None, Person | None], ...]:
    if not found.pairs:
        return ((None, None),) * (len(people) // 2)
    return tuple((people.get(a), people.get(b)) for a, b in found.pairs)


def _advance(session: Session, tournament: Tournament, names: Mapping[int, str]) -> tuple[AdvanceView | None, str]:
    try:
        found = next_stages.proposal(session, tournament)
    except Conflict as refusal:
        return None, "" if refusal.code == "no_next_stage" else refusal.message
    group_of = {who: cut.group for cut in found.cuts for who in (*cut.sure, *cut.level)}
    following = stages.the(session, tournament.id, 2)
    is_started = following is not None and following.state != "planned"
    if following is not None and is_started:
        seeds = tuple(following.seeds)
    elif any(cut.level for cut in found.cuts):
        seeds = ()
    else:
        seeds = multi_stage.seeds_of(found.cuts)
    numbers = {who: seed for seed, who in enumerate(seeds, start=1)}
    ordered = [*(who for who in seeds if who in group_of), *(who for who in group_of if who not in numbers)]
    lines = tuple(AdvanceLine(who, names[who], group_of[who], numbers.get(who)) for who in ordered)
    is_outdated = is_started and not multi_stage.fits(found.cuts, seeds)
    return AdvanceView(found.format, is_started, is_outdated, sum(cut.advance for cut in found.cuts), lines), ""
