"""Stages as rows: opened, filled with nodes and their matches, read back. In the transaction of the caller."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from webapp.domain.brackets.rounds import labels_of
from webapp.domain.brackets.seeding import Entrant
from webapp.domain.brackets.settings import BracketSettings, best_of_by_node
from webapp.domain.brackets.structure import Bracket, Node, Section, Slot, Source
from webapp.domain.errors import Conflict
from webapp.domain.games import load_games
from webapp.models import BracketNode, Match, Registration, Stage, Team, Tournament, User
from webapp.services.registration.participant_names import name_column
from webapp.services.spine import log
from webapp.services.spine.actors import Actor

_NOT_BEGUN: Final = ("scheduled", "ready", "cancelled")
_AFRESH: Final[Mapping[str, Any]] = {
    "state": "scheduled", "winner_id": None, "decided_by": None, "forfeited_by_id": None, "completed_at": None,
    "ready_a_at": None, "ready_b_at": None, "lobby": None,
}  # fmt: skip
"""What a match that is used again forgets; when the nodes are others it forgets its plans as well."""
_UNPLANNED: Final[Mapping[str, Any]] = {"scheduled_at": None, "coordinator_id": None, "stream_url": None}


class Written(NamedTuple):
    """The matches of nodes, in the order of the nodes, and the nodes' ids."""

    match_ids: list[int]
    node_ids: list[int]


def of_tournament(session: Session, tournament_id: int) -> list[Stage]:
    """The stages in the order in which they are played."""
    return list(session.scalars(select(Stage).where(Stage.tournament_id == tournament_id).order_by(Stage.number)))


def the(session: Session, tournament_id: int, number: int = 1) -> Stage | None:
    """The stage of that number, if there is one."""
    return session.scalar(select(Stage).where(Stage.tournament_id == tournament_id, Stage.number == number))


def opened(
    session: Session,
    tournament: Tournament,
    *,
    number: int = 1,
    format: str,  # noqa: A002  (the field's name everywhere)
    name: str = "",
    settings: BracketSettings,
) -> Stage:
    """The stage of that number; added as `planned` where there is none, and as told now where nothing is drawn yet."""
    stage = the(session, tournament.id, number)
    if stage is None:
        stage = Stage(tournament_id=tournament.id, number=number, name=name, format=format, state="planned")
        session.add(stage)
    stage.format, stage.name, stage.settings = format, name, settings.to_mapping()
    session.flush()
    return stage


def entrants(session: Session, tournament: Tournament, *, seeds: Mapping[int, int] | None = None) -> list[Entrant]:
    """Who takes part, as seeding needs them; or those whom `seeds` names, by registration, with these seeds."""
    are_there = Registration.status == "approved" if seeds is None else Registration.id.in_(seeds)
    rows = session.execute(
        select(
            Registration.id, Registration.seed, Registration.team_id, func.coalesce(Team.points, 0), Team.created_at,
            name_column(),
        )
        .outerjoin(Team, Team.id == Registration.team_id)
        .outerjoin(User, User.id == Registration.user_id)
        .where(Registration.tournament_id == tournament.id, are_there)
        .order_by(Registration.id)
    )  # fmt: skip
    there = [Entrant(*row) for row in rows]
    return there if seeds is None else [replace(one, seed=seeds[one.participant_id]) for one in there]


def ensure_changeable(session: Session, stage: Stage) -> None:
    """Raises Conflict for a stage that is finalized, or of which a match has begun; a bye is no match that begins."""
    if stage.state == "finalized":
        raise Conflict("The bracket is finalized; unfinalize it first.", code="bracket_finalized")
    begun = session.scalar(
        select(func.min(Match.number)).where(
            Match.stage_id == stage.id,
            Match.state.not_in(_NOT_BEGUN),
            Match.side_b_id.is_not(None) | (Match.state != "completed"),
        )
    )
    if begun is not None:
        raise Conflict(f"Match {begun} has begun: the bracket stays as it is.", code="bracket_begun")


def write(
    session: Session,
    tournament: Tournament,
    stage: Stage,
    bracket: Bracket,
    seeds: Sequence[int],
    *,
    seeding: str,
    random_seed: str = "",
    actor: Actor,
    now: datetime,
) -> Written:
    """Fill a stage with a bracket of the participants `seeds`, in place of what it holds; events, no audit.

    Matches that are there are used again, so that whoever looks at one by its address finds the one that takes its
    place; where the nodes are the same it keeps its time, coordinator and stream. What is left over is called off.
    """
    before = {node.key: node.match_id for node in rows_of(session, stage)}
    session.execute(delete(BracketNode).where(BracketNode.stage_id == stage.id))
    stage.seeds, stage.seeding, stage.seeding_seed = list(seeds), seeding, random_seed
    stage.state, stage.generated_at, stage.completed_at = "generated", now, None
    is_same = before.keys() == bracket.by_key.keys()
    spare = (
        [before[node.key] for node in bracket.nodes]
        if is_same
        else list(session.scalars(select(Match.id).where(Match.stage_id == stage.id).order_by(Match.number)))
    )
    used, surplus = spare[: len(bracket.nodes)], spare[len(bracket.nodes) :]
    rows = _match_rows(tournament, stage, bracket)
    forgotten = _AFRESH if is_same else {**_AFRESH, **_UNPLANNED}
    _use_again(session, used, [{**row, **forgotten} for row in rows[: len(used)]])
    written = _added(session, tournament, stage, bracket, used, rows, actor=actor, now=now)
    for match in session.scalars(select(Match).where(Match.id.in_(surplus), Match.state != "cancelled")):
        match.state, match.side_a_id, match.side_b_id = "cancelled", None, None
        data = {"number": match.number}
        log.record(session, tournament, "match_cancelled", data, actor=actor, now=now, match_id=match.id)
    return written


def add(
    session: Session, tournament: Tournament, stage: Stage, nodes: Sequence[Node], *, actor: Actor, now: datetime
) -> Written:
    """More nodes of a stage, behind those that it has: the next round of a Swiss."""
    bracket = Bracket(tuple(nodes), len(stage.seeds))
    rows = _match_rows(tournament, stage, bracket)
    return _added(session, tournament, stage, bracket, [], rows, actor=actor, now=now)


def _use_again(session: Session, match_ids: Sequence[int], rows: Sequence[Mapping[str, Any]]) -> None:
    """Gives matches these values; only those that have others are written, most rounds having no sides yet."""
    if not match_ids:
        return
    names = list(rows[0])
    found = select(Match.id, *(getattr(Match, name) for name in names)).where(Match.id.in_(match_ids))
    before = {match_id: dict(zip(names, values, strict=True)) for match_id, *values in session.execute(found)}
    wanted = zip(match_ids, rows, strict=True)
    changed = [{"id": match_id, **row} for match_id, row in wanted if before[match_id] != row]
    if changed:
        session.execute(update(Match), changed)
        session.expire_all()


def rows_of(session: Session, stage: Stage) -> list[BracketNode]:
    """The nodes of a stage as rows, in their order."""
    found = select(BracketNode).where(BracketNode.stage_id == stage.id).order_by(BracketNode.id)
    return list(session.scalars(found))


def bracket_of(session: Session, stage: Stage) -> Bracket:
    """The bracket that a stage holds."""
    return Bracket(tuple(map(node_of, rows_of(session, stage))), len(stage.seeds))


def node_of(row: BracketNode) -> Node:
    """A node as the rules see it."""
    return Node(
        row.key,
        Section(row.section),
        row.round,
        row.position,
        Source.parse(row.source_a),
        Source.parse(row.source_b),
        None if row.winner_to is None else Slot.parse(row.winner_to),
        None if row.loser_to is None else Slot.parse(row.loser_to),
        row.group,
        row.is_conditional,
    )


def best_of_is_as_set(session: Session, tournament: Tournament, stage: Stage) -> bool:
    """Whether the matches of a stage are as long as the tournament says now."""
    wanted = _best_of(tournament, bracket_of(session, stage))
    found = select(BracketNode.key, Match.best_of).join(Match, Match.id == BracketNode.match_id)
    return dict(session.execute(found.where(BracketNode.stage_id == stage.id)).all()) == wanted


def _best_of(tournament: Tournament, bracket: Bracket) -> dict[str, int]:
    shortest = load_games()[tournament.game].best_of[0]
    return best_of_by_node(tournament.best_of_by_round, bracket, default=shortest)


def _match_rows(tournament: Tournament, stage: Stage, bracket: Bracket) -> list[dict[str, Any]]:
    """What the nodes say of their matches."""
    labels = labels_of(bracket)
    best_of = _best_of(tournament, bracket)
    return [
        {
            "label": labels[node.key],
            "stage": stage.name or None,
            "round": node.round,
            "best_of": best_of[node.key],
            "side_a_id": seated(stage, node.a),
            "side_b_id": seated(stage, node.b),
        }
        for node in bracket.nodes
    ]


def seated(stage: Stage, source: Source) -> int | None:
    """Who stands at the beginning on a side that comes from there; None where nobody does."""
    return int(stage.seeds[int(source.of) - 1]) if source.kind == "seed" else None


def _added(
    session: Session,
    tournament: Tournament,
    stage: Stage,
    bracket: Bracket,
    used: list[int],
    rows: list[dict[str, Any]],
    *,
    actor: Actor,
    now: datetime,
) -> Written:
    """Matches for the nodes that `used` has none for, and all nodes."""
    last = session.scalar(select(func.max(Match.number)).where(Match.tournament_id == tournament.id)) or 0
    fresh = [
        {"tournament_id": tournament.id, "stage_id": stage.id, "number": number, "state": "scheduled", **row}
        for number, row in enumerate(rows[len(used) :], start=last + 1)
    ]
    match_ids = list(used)
    if fresh:
        match_ids += session.scalars(insert(Match).returning(Match.id, sort_by_parameter_order=True), fresh)
    nodes = [_node_row(stage, node, match_id) for node, match_id in zip(bracket.nodes, match_ids, strict=True)]
    node_ids = list(session.scalars(insert(BracketNode).returning(BracketNode.id, sort_by_parameter_order=True), nodes))
    log.record(session, tournament, "match_scheduled", {"match_ids": match_ids}, actor=actor, now=now)
    data = {"stage_id": stage.id, "node_ids": node_ids}
    log.record(session, tournament, "bracket_generated", data, actor=actor, now=now)
    return Written(match_ids, node_ids)


def _node_row(stage: Stage, node: Node, match_id: int) -> dict[str, Any]:
    return {
        "tournament_id": stage.tournament_id,
        "stage_id": stage.id,
        "key": node.key,
        "section": node.section.value,
        "group": node.group,
        "round": node.round,
        "position": node.position,
        "source_a": str(node.a),
        "source_b": str(node.b),
        "winner_to": _written(node.winner_to),
        "loser_to": _written(node.loser_to),
        "is_conditional": node.is_conditional,
        "match_id": match_id,
    }


def _written(slot: Slot | None) -> str | None:
    return None if slot is None else str(slot)
