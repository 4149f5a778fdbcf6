"""Brackets of a tournament's first stage: seeded, drawn, drawn again, locked. What follows is `progression`."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.brackets.formats import bracket_of
from webapp.domain.brackets.seeding import Entrant, seeded
from webapp.domain.brackets.settings import BracketSettings, parse_settings
from webapp.domain.brackets.structure import Bracket, Source
from webapp.domain.errors import BracketError, Conflict, FieldError, NotFound
from webapp.domain.permissions import Action
from webapp.models import BracketNode, Match, Stage, Tournament
from webapp.services.bracketing import league_progress, stages
from webapp.services.bracketing.stages import Written
from webapp.services.registration import checkin_close, checkins
from webapp.services.spine import audit, log, permissions
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot, transaction

_OVER: Final = ("completed", "cancelled", "archived")
_SEED_BYTES: Final = 8


class Preview(NamedTuple):
    """A bracket that has not been drawn: its nodes, and the participants' ids by seed."""

    bracket: Bracket
    seeds: tuple[int, ...]


def preview(
    tournament_id: int,
    *,
    seeding: str = "slot",
    order: Sequence[int] = (),
    random_seed: str = "",
    unranked_last: bool = False,
    actor: Actor,
    now: datetime,
) -> Preview:
    """What `generate` would draw now. Raises like it, but for brackets that may not change any more."""
    with read_snapshot() as session:
        tournament = session.get(Tournament, tournament_id)
        if tournament is None or tournament.deleted_at is not None:
            raise NotFound(f"There is no tournament {tournament_id}.", code="tournament_not_found")
        permissions.ensure(session, actor, Action.MANAGE_BRACKET, tournament)
        settings = _settings_of(tournament)
        there = field_of(session, tournament, now)
        seeds = seeded(there, seeding, random_seed=random_seed, order=order, unranked_last=unranked_last)
        return Preview(_drawn(tournament.format, len(seeds), settings), seeds)


def generate(
    tournament_id: int,
    *,
    seeding: str = "slot",
    order: Sequence[int] = (),
    random_seed: str = "",
    unranked_last: bool = False,
    actor: Actor,
    now: datetime,
) -> int:
    """Draw the first stage, or draw it anew; returns its id. What would be drawn as it is changes nothing.

    Where check-in has opened and nobody has closed it, it closes now: who is not there is out. A random seeding without
    a seed draws one, which is kept. Raises BracketError for settings, seedings, fields that make no bracket, Conflict
    for one that is finalized or has begun, and once the tournament is over.
    """
    with transaction() as session:
        tournament = _managed(session, tournament_id, actor)
        settings = _settings_of(tournament)
        if closes_checkin(tournament, now):
            checkin_close.close_in(session, tournament, actor=actor, now=now)
        there = stages.entrants(session, tournament)
        if seeding == "random" and not random_seed:
            random_seed = secrets.token_hex(_SEED_BYTES)
        seeds = seeded(there, seeding, random_seed=random_seed, order=order, unranked_last=unranked_last)
        bracket = _drawn(tournament.format, len(seeds), settings)
        stage = stages.the(session, tournament_id)
        drawn_before = stage is not None and stage.state != "planned"
        if stage is not None and _is_as_wanted(session, tournament, stage, settings, seeds, (seeding, random_seed)):
            return stage.id
        if stage is not None:
            stages.ensure_changeable(session, stage)
            _take_byes_out(session, tournament, stage, actor=actor, now=now)
        stage = stages.opened(session, tournament, format=tournament.format, settings=settings)
        stages.write(
            session, tournament, stage, bracket, seeds, seeding=seeding, random_seed=random_seed, actor=actor, now=now
        )
        audit.record(
            session, actor, "bracket.regenerated" if drawn_before else "bracket.generated", now=now,
            tournament_id=tournament_id, stage_id=stage.id, seeding=seeding, random_seed=random_seed, seeds=list(seeds),
        )  # fmt: skip
        return stage.id


def generate_in(
    session: Session,
    tournament: Tournament,
    stage: Stage,
    seeds: Sequence[int],
    *,
    seeding: str,
    random_seed: str = "",
    actor: Actor,
    now: datetime,
) -> Written:
    """Draw a stage of these participants in the caller's transaction: the knock-out that follows groups or a Swiss."""
    settings = parse_settings(stage.settings, stage.format)
    bracket = _drawn(stage.format, len(seeds), settings)
    return stages.write(
        session, tournament, stage, bracket, seeds, seeding=seeding, random_seed=random_seed, actor=actor, now=now
    )


def finalize(tournament_id: int, *, stage_number: int = 1, actor: Actor, now: datetime) -> None:
    """Lock a bracket against being drawn anew; twice is the same as once."""
    with transaction() as session:
        tournament = _managed(session, tournament_id, actor)
        stage = _drawn_stage(session, tournament, stage_number)
        if stage.state == "generated":
            _set_state(session, tournament, stage, "finalized", actor=actor, now=now)


def unfinalize(tournament_id: int, *, stage_number: int = 1, actor: Actor, now: datetime) -> None:
    """Open a locked bracket again; twice is the same as once."""
    with transaction() as session:
        tournament = _managed(session, tournament_id, actor)
        stage = _drawn_stage(session, tournament, stage_number)
        if stage.state == "finalized":
            _set_state(session, tournament, stage, "generated", actor=actor, now=now)


def swap_seeds(
    tournament_id: int, first: int, second: int, *, stage_number: int = 1, actor: Actor, now: datetime
) -> None:
    """Two seeds change places in a bracket that is neither finalized nor begun.

    Raises BracketError for a seed that nobody has. Done again it is taken back.
    """
    with transaction() as session:
        tournament = _managed(session, tournament_id, actor)
        stage = _drawn_stage(session, tournament, stage_number)
        before = [int(who) for who in stage.seeds]
        wrong = [seed for seed in (first, second) if not 0 < seed <= len(before)]
        if wrong:
            problems = [FieldError("seed", f"there is no seed {seed}") for seed in wrong]
            raise BracketError.listing("The seeds cannot change places", problems)
        if first == second:
            return
        stages.ensure_changeable(session, stage)
        _take_byes_out(session, tournament, stage, actor=actor, now=now)
        after = list(before)
        after[first - 1], after[second - 1] = before[second - 1], before[first - 1]
        stage.seeds, stage.seeding = after, "manual"
        _seat(session, tournament, stage, {first, second}, actor=actor, now=now)
        audit.record(
            session, actor, "bracket.seeds_swapped", now=now, tournament_id=tournament_id, stage_id=stage.id,
            seeds=[first, second], before=before, after=after,
        )  # fmt: skip


def _managed(session: Session, tournament_id: int, actor: Actor) -> Tournament:
    tournament = log.lock_tournament(session, tournament_id)
    permissions.ensure(session, actor, Action.MANAGE_BRACKET, tournament)
    if tournament.status in _OVER:
        raise Conflict(
            f"Tournament {tournament_id} is {tournament.status}; its bracket stays as it is.", code="tournament_over"
        )
    return tournament


def _settings_of(tournament: Tournament) -> BracketSettings:
    if tournament.format == "battle-royale":
        raise BracketError("A battle royale is played in lobbies; it has no bracket.", code="no_bracket")
    return parse_settings(tournament.bracket, tournament.format)


def _drawn(format: str, size: int, settings: BracketSettings) -> Bracket:  # noqa: A002  (the field's name everywhere)
    if size < 2:
        raise BracketError(
            f"{'Nobody takes' if size == 0 else 'One participant alone takes'} part: a bracket needs two at least.",
            code="too_few_participants",
        )
    return bracket_of(format, size, settings)


def closes_checkin(tournament: Tournament, now: datetime) -> bool:
    """Whether drawing now ends check-in: it is asked for, has opened, and nobody has closed it."""
    opens_at = checkins.window_of_tournament(tournament).opens_at
    has_opened = opens_at is not None and opens_at <= now
    return tournament.has_checkin and tournament.reseeded_seq is None and has_opened


def field_of(session: Session, tournament: Tournament, now: datetime) -> list[Entrant]:
    """Who would be drawn now; where that closes check-in, those whom it leaves, the waitlist among them."""
    if not closes_checkin(tournament, now):
        return stages.entrants(session, tournament)
    return stages.entrants(session, tournament, seeds=checkin_close.plan_of(session, tournament).seeds)


def _is_as_wanted(
    session: Session,
    tournament: Tournament,
    stage: Stage,
    settings: BracketSettings,
    seeds: Sequence[int],
    seeding: tuple[str, str],
) -> bool:
    """Whether drawing would change nothing: the lengths of series are looked at as well."""
    as_drawn = (stage.format, stage.settings, stage.seeds, (stage.seeding, stage.seeding_seed))
    if stage.state == "planned" or as_drawn != (tournament.format, settings.to_mapping(), list(seeds), seeding):
        return False
    return stages.best_of_is_as_set(session, tournament, stage)


def _take_byes_out(session: Session, tournament: Tournament, stage: Stage, *, actor: Actor, now: datetime) -> None:
    """Byes of a Swiss that count do not any more once it is drawn anew."""
    played = league_progress.matches_of(session, stage)
    league_progress.take_byes_back(session, tournament, stage, played, actor=actor, now=now)


def _drawn_stage(session: Session, tournament: Tournament, number: int) -> Stage:
    stage = stages.the(session, tournament.id, number)
    if stage is None or stage.state == "planned":
        raise Conflict("There is no bracket yet; generate it.", code="no_bracket_yet")
    return stage


def _set_state(
    session: Session, tournament: Tournament, stage: Stage, state: str, *, actor: Actor, now: datetime
) -> None:
    before, stage.state = stage.state, state
    stage.finalized_at = now if state == "finalized" else None
    data = {"stage_id": stage.id, "node_ids": [], "advanced": []}
    log.record(session, tournament, "bracket_updated", data, actor=actor, now=now)
    audit.record(
        session, actor, "bracket.finalized" if state == "finalized" else "bracket.unfinalized", now=now,
        tournament_id=tournament.id, stage_id=stage.id, before=before, after=state,
    )  # fmt: skip


def _seat(
    session: Session, tournament: Tournament, stage: Stage, seeds: set[int], *, actor: Actor, now: datetime
) -> None:
    """Puts the participants of these seeds where the seeds begin."""
    sources = [str(Source.seed(seed)) for seed in seeds]
    rows = session.execute(
        select(BracketNode, Match)
        .join(Match, Match.id == BracketNode.match_id)
        .where(
            BracketNode.stage_id == stage.id, BracketNode.source_a.in_(sources) | BracketNode.source_b.in_(sources)
        )
        .order_by(BracketNode.id)
    )  # fmt: skip
    advanced, node_ids = [], []
    for node, match in rows:
        node_ids.append(node.id)
        for side, text in (("a", node.source_a), ("b", node.source_b)):
            if text in sources:
                who = stage.seeds[int(Source.parse(text).of) - 1]
                setattr(match, f"side_{side}_id", who)
                match.ready_a_at = match.ready_b_at = None
                advanced.append([match.id, side, who])
    data = {"stage_id": stage.id, "node_ids": node_ids, "advanced": advanced}
    log.record(session, tournament, "bracket_updated", data, actor=actor, now=now)
