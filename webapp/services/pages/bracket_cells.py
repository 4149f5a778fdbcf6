"""Nodes of a tournament's stages with their matches: what every view of a bracket is made of."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.brackets.structure import Node, Section, Slot, Source
from webapp.models import BracketNode, Match, MatchGame, Stage
from webapp.services.live.known_matches import KnownMatches
from webapp.services.pages.bracket_view import BracketCell, BracketSide, RoundState
from webapp.services.pages.match_reads import cards_of, running_games
from webapp.services.pages.match_view import PHASES, MatchCard, MatchPhase

_OF_LEAGUES: Final = (Section.GROUP, Section.SWISS)
_FROM_MATCHES: Final = ("winner", "loser")
OVER: Final = (MatchPhase.DONE, MatchPhase.CANCELLED, MatchPhase.HIDDEN)


@dataclass(frozen=True, slots=True)
class Entry:
    """A node and what is known of its match."""

    node: Node
    match_id: int
    number: int
    phase: MatchPhase
    best_of: int


@dataclass(frozen=True)
class StageNodes:
    """The nodes of a stage by their keys, in the order in which they are numbered."""

    stage: Stage
    entries: Mapping[str, Entry]

    @property
    def nodes(self) -> list[Node]:
        """The nodes alone."""
        return [entry.node for entry in self.entries.values()]

    @property
    def is_league(self) -> bool:
        """Whether it is played in rounds, without anybody going out."""
        return any(entry.node.section in _OF_LEAGUES for entry in self.entries.values())

    def seeds(self) -> dict[int, int]:
        """Seeds by participant."""
        return {participant_id: seed for seed, participant_id in enumerate(self.stage.seeds, start=1)}


def nodes_of(session: Session, tournament_id: int, known: KnownMatches) -> list[StageNodes]:
    """All stages of a tournament with their nodes; two statements."""
    stages = session.scalars(select(Stage).where(Stage.tournament_id == tournament_id).order_by(Stage.number)).all()
    entries: dict[int, dict[str, Entry]] = {stage.id: {} for stage in stages}
    rows = session.execute(
        select(
            BracketNode.stage_id, BracketNode.key, BracketNode.section, BracketNode.round, BracketNode.position,
            BracketNode.source_a, BracketNode.source_b, BracketNode.winner_to, BracketNode.group,
            BracketNode.is_conditional, Match.id, Match.number, Match.state, Match.best_of,
        )
        .join(Match, Match.id == BracketNode.match_id)
        .where(BracketNode.tournament_id == tournament_id)
        .order_by(BracketNode.id)
    )  # fmt: skip
    for stage_id, key, section, round_, position, a, b, winner_to, group, conditional, match_id, *match in rows:
        number, state, best_of = match
        node = Node(
            key, Section(section), round_, position, Source.parse(a), Source.parse(b),
            Slot.parse(winner_to) if winner_to else None, group=group, is_conditional=conditional,
        )  # fmt: skip
        phase = PHASES[known.states.get(match_id, state)]
        entries[stage_id][key] = Entry(node, match_id, number, phase, best_of)
    return [StageNodes(stage, entries[stage.id]) for stage in stages]


def cells_of(session: Session, found: StageNodes, keys: Collection[str], known: KnownMatches) -> dict[str, BracketCell]:
    """The matches of these nodes by their keys; as many statements for many as for one."""
    entries = [found.entries[key] for key in keys]
    by_id = {
        match.id: match
        for match in session.scalars(select(Match).where(Match.id.in_(sorted(entry.match_id for entry in entries))))
    }
    matches = [by_id[entry.match_id] for entry in entries]
    scores = _single_games(session, matches, known)
    cards = [_with_score(card, scores) for card in cards_of(session, matches, known)]
    seeds = found.seeds()
    return {entry.node.key: cell_of(entry, card, found, seeds) for entry, card in zip(entries, cards, strict=True)}


def state_of(entries: Sequence[Entry], *, is_due: bool) -> RoundState:
    """How far a round is; `is_due` says whether something of it that is not over can be played now."""
    if all(entry.phase in OVER for entry in entries):
        return RoundState.DONE
    has_begun = any(entry.phase not in {MatchPhase.UPCOMING, *OVER} for entry in entries)
    return RoundState.CURRENT if is_due or has_begun else RoundState.COMING


def is_playable(entry: Entry, found: StageNodes) -> bool:
    """Whether a match is not over, and everything that leads to it is."""
    before = (found.entries.get(source.of) for source in (entry.node.a, entry.node.b) if source.kind in _FROM_MATCHES)
    return entry.phase not in OVER and all(one is None or one.phase in OVER for one in before)


def _single_games(session: Session, matches: Sequence[Match], known: KnownMatches) -> dict[int, tuple[int, int]]:
    """The scores of matches of one game: 13–7 says more than that somebody won it."""
    singles = [match for match in matches if match.best_of == 1]
    as_stored = [match.id for match in singles if match.id not in known.states]
    rows = session.execute(
        select(MatchGame.match_id, MatchGame.score_a, MatchGame.score_b).where(MatchGame.match_id.in_(as_stored))
    )
    scores = {match_id: (score_a, score_b) for match_id, score_a, score_b in rows}
    for match in singles:
        then = [(game[1] or 0, game[2] or 0) for game in known.games.get(match.id, ())]
        running = [(game.score_a, game.score_b) for game in running_games(known.of(match))]
        if then or running:
            scores[match.id] = (then or running)[-1]
    return scores


def _with_score(card: MatchCard, scores: Mapping[int, tuple[int, int]]) -> MatchCard:
    if card.id not in scores:
        return card
    both = zip(card.sides, scores[card.id], strict=False)
    return replace(card, sides=tuple(replace(side, score=score) for side, score in both))


def cell_of(entry: Entry, card: MatchCard, found: StageNodes, seeds: Mapping[int, int]) -> BracketCell:
    """A card in its place; where a side is not known yet, whose place it is."""
    node = entry.node
    return BracketCell(
        card=card,
        key=node.key,
        sides=(_side(0, node.a, card, found, seeds), _side(1, node.b, card, found, seeds)),
        is_conditional=node.is_conditional,
        is_bye=node.b.kind == "bye",
    )


def _side(place: int, source: Source, card: MatchCard, found: StageNodes, seeds: Mapping[int, int]) -> BracketSide:
    side = card.sides[place] if card.sides else None
    before = found.entries.get(source.of) if source.kind in _FROM_MATCHES else None
    if side is None or side.participant_id is None:
        return BracketSide(
            participant_id=None, name=None, seed=None, score=None, is_winner=False, is_loser=False,
            source=source.kind if before else None, source_number=before.number if before else None,
        )  # fmt: skip
    return BracketSide(
        participant_id=side.participant_id,
        name=side.name,
        seed=seeds.get(side.participant_id),
        score=side.score,
        is_winner=side.is_winner,
        is_loser=side.is_loser,
    )
