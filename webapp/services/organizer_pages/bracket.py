"""What the page of the bracket shows an organizer: who is seeded where, how far the stages are, what can be done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from webapp.domain.brackets.structure import Bracket
from webapp.domain.checkin import Refill
from webapp.domain.errors import BracketError, Conflict
from webapp.domain.permissions import Action
from webapp.models import Stage, Tournament
from webapp.services.bracketing import brackets, drawn_field, stages
from webapp.services.bracketing.drawn_field import Difference
from webapp.services.organizer_pages.managed import ManagedHead, find_managed, head_of
from webapp.services.pages.bracket_cells import Entry, StageNodes, cell_of
from webapp.services.pages.bracket_drawings import ALL_PARTS, sections_of, shown_of
from webapp.services.pages.bracket_leagues import rounds_of
from webapp.services.pages.bracket_reads import bracket_of
from webapp.services.pages.bracket_view import BracketCell, BracketView, GroupView, StageView
from webapp.services.pages.match_view import MatchCard, MatchPhase, MatchSide
from webapp.services.registration import checkin_close
from webapp.services.registration.participant_names import names_of
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot

_OFFICIAL: Final = "official"
_LEAGUES: Final = ("round-robin", "swiss")


@dataclass(frozen=True, slots=True)
class SeedLine:
    """A participant in the order of the seeds; `points` are those of its team's ranking."""

    seed: int
    participant_id: int
    name: str
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StageLine:
    """How far a stage is."""

    number: int
    name: str
    format: str
    state: str
    seeding: str
    seeding_seed: str

    @property
    def is_league(self) -> bool:
        """Whether it is a round robin or a Swiss."""
        return self.format in _LEAGUES


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedBracket:
    """The bracket of a tournament as its organizers see it."""

    head: ManagedHead
    format: str
    lines: tuple[SeedLine, ...]
    refusal: str | None
    """Why there is nobody to seed, or the settings make no bracket."""
    fixed: str | None
    """Why the first stage cannot be drawn anew."""
    stages: tuple[StageLine, ...]
    bracket: BracketView
    difference: Difference
    """Who is drawn and takes part no more, or takes part and is not drawn."""
    closing: Refill | None
    """What drawing now does to the field, where it closes check-in."""

    @property
    def first(self) -> StageLine | None:
        """The first stage, once it is drawn."""
        return next((stage for stage in self.stages if stage.number == 1 and stage.state != "planned"), None)


def read_managed_bracket(tournament_id: int, *, part: str, actor: Actor, now: datetime) -> ManagedBracket:
    """The bracket for one of the organizers. Raises NotFound, Forbidden."""
    with read_snapshot() as session:
        tournament = find_managed(session, tournament_id, actor, Action.MANAGE_BRACKET)
        found = stages.of_tournament(session, tournament_id)
        view = bracket_of(session, tournament, part=part, audience=_OFFICIAL)
        lines, refusal = _lines(session, tournament, found, actor=actor, now=now)
        return ManagedBracket(
            head=head_of(session, tournament, actor),
            format=tournament.format,
            lines=lines,
            refusal=refusal,
            fixed=_why_fixed(session, tournament, found),
            stages=tuple(_stage_line(stage) for stage in found),
            bracket=view,
            difference=drawn_field.difference(session, tournament),
            closing=checkin_close.plan_of(session, tournament) if brackets.closes_checkin(tournament, now) else None,
        )


def read_drawn(bracket: Bracket, seeds: Sequence[int], *, format: str) -> BracketView:  # noqa: A002  (the field's name everywhere)
    """A bracket that is not stored, as it would look."""
    with read_snapshot() as session:
        names = names_of(session, seeds)
    entries = {
        node.key: Entry(node, 0, number, MatchPhase.UPCOMING, 1) for number, node in enumerate(bracket.nodes, start=1)
    }
    found = StageNodes(Stage(number=1, name="", format=format, seeds=list(seeds)), entries)
    by_participant = found.seeds()
    cells = {key: cell_of(entry, _card(entry, seeds, names), found, by_participant) for key, entry in entries.items()}
    shown = shown_of(found, ALL_PARTS)
    stage = StageView(
        id=0, number=1, name="", format=format, is_planned=False,
        sections=() if found.is_league else sections_of(found, shown, cells),
        groups=_groups(found, cells) if found.is_league else (),
    )  # fmt: skip
    return BracketView(tournament_id=0, log_number=0, stages=(stage,))


def _groups(found: StageNodes, cells: dict[str, BracketCell]) -> tuple[GroupView, ...]:
    names = sorted({node.group or "" for node in found.nodes}, key=lambda name: (len(name), name))
    return tuple(
        GroupView(
            name=name if len(names) > 1 else None, lines=(), is_swiss=not name, has_cross=False,
            rounds=rounds_of(name, [node for node in found.nodes if (node.group or "") == name], found, cells),
        )
        for name in names
    )  # fmt: skip


def _card(entry: Entry, seeds: Sequence[int], names: dict[int, str]) -> MatchCard:
    ids = [seeds[int(side.of) - 1] if side.kind == "seed" else None for side in (entry.node.a, entry.node.b)]
    return MatchCard(
        id=0, number=entry.number, label="", map=None, stage=None, round=None, phase=entry.phase, is_forfeit=False,
        best_of=1, winner=None, scheduled_at=None, started_at=None, completed_at=None,
        sides=tuple(MatchSide(who, names.get(who or 0), None, is_winner=False, is_loser=False) for who in ids),
    )  # fmt: skip


def _lines(
    session: Session, tournament: Tournament, found: Sequence[Stage], *, actor: Actor, now: datetime
) -> tuple[tuple[SeedLine, ...], str | None]:
    """Those who would be in the bracket, in the order in which they are seeded now, or by their slots."""
    try:
        slots = brackets.preview(tournament.id, actor=actor, now=now).seeds
    except BracketError as error:
        return (), error.message
    seeded = next((stage.seeds for stage in found if stage.number == 1 and stage.state != "planned"), [])
    there = {entrant.participant_id: entrant for entrant in brackets.field_of(session, tournament, now)}
    in_order = [*(who for who in seeded if who in set(slots)), *(who for who in slots if who not in set(seeded))]
    return tuple(
        SeedLine(seed, who, there[who].name, there[who].points) for seed, who in enumerate(in_order, start=1)
    ), None


def _why_fixed(session: Session, tournament: Tournament, found: Sequence[Stage]) -> str | None:
    if tournament.status in ("completed", "cancelled", "archived"):
        return f"The tournament is {tournament.status}; its bracket stays as it is."
    first = next((stage for stage in found if stage.number == 1 and stage.state != "planned"), None)
    if first is None:
        return None
    try:
        stages.ensure_changeable(session, first)
    except Conflict as error:
        return error.message
    return None


def _stage_line(stage: Stage) -> StageLine:
    return StageLine(
        number=stage.number, name=stage.name, format=stage.format, state=stage.state, seeding=stage.seeding,
        seeding_seed=stage.seeding_seed,
    )  # fmt: skip
