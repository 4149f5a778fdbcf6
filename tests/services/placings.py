"""Who stands where in a bracket, against what the results of its matches say."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.brackets.progress import Sides, end_of, needs_reset
from webapp.domain.brackets.structure import Node, Source
from webapp.models import BracketNode, Match, Stage
from webapp.services.bracketing import stages
from webapp.services.spine.transaction import read_snapshot

OVER = ("completed", "forfeit", "cancelled")
OPEN = ("scheduled", "ready", "live", "pending_result")


def assert_all_stand_where_results_say(tournament_id: int) -> None:
    """Every side of every match is the seed, winner or loser that the bracket sends there, and nobody is stuck."""
    with read_snapshot() as session:
        drawn = select(Stage).where(Stage.tournament_id == tournament_id, Stage.state != "planned")
        for stage in session.scalars(drawn):
            found = _by_key(session, stage)
            for node in stages.bracket_of(session, stage).nodes:
                _assert_stands(node, found, stage.seeds)
            states = {match.state for match in found.values()}
            if "disputed" in states or (stage.format == "swiss" and stage.state != "completed"):
                # The result may stand in the end; another round may come.
                continue
            assert (stage.state == "completed") == states.issubset(OVER), f"stage {stage.number} is {stage.state}"


def open_matches_by_participant(tournament_id: int) -> dict[int, list[int]]:
    """The matches that everybody has yet to play."""
    with read_snapshot() as session:
        rows = select(Match).where(Match.tournament_id == tournament_id, Match.state.in_(OPEN)).order_by(Match.number)
        found: dict[int, list[int]] = {}
        for match in session.scalars(rows):
            for who in (match.side_a_id, match.side_b_id):
                if who is not None:
                    found.setdefault(who, []).append(match.number)
    return found


def _by_key(session: Session, stage: Stage) -> dict[str, Match]:
    rows = select(BracketNode.key, Match).join(Match, Match.id == BracketNode.match_id)
    return dict(session.execute(rows.where(BracketNode.stage_id == stage.id)).all())


def _assert_stands(node: Node, found: dict[str, Match], seeds: list[int]) -> None:
    match = found[node.key]
    sides: Sides = (match.side_a_id, match.side_b_id)
    if node.is_conditional:
        final = found["GF"]
        both = (final.side_a_id, final.side_b_id)
        is_needed = final.state != "disputed" and needs_reset(both, final.winner_id)
        assert final.state == "disputed" or sides == (both if is_needed else (None, None)), node.key
        return
    expected = tuple(
        seeds[int(source.of) - 1] if source.kind == "seed" else _sent(source, found.get(source.of))
        for source in (node.a, node.b)
    )
    assert sides == expected, f"{node.key} has {sides}, the results say {expected}"
    awaited = zip((node.a, node.b), sides, strict=True)
    waits_for = [source for source, who in awaited if who is None and source.kind != "bye"]
    is_forsaken = bool(waits_for) and all(found[source.of].state in OVER for source in waits_for)
    assert not is_forsaken or match.state in OVER, f"nobody can come to {node.key} any more"
    assert is_forsaken or match.decided_by != "walk_over" or match.state != "cancelled", f"{node.key} can be played"


def _sent(source: Source, match: Match | None) -> int | None:
    """Whom a match sends on, a bye nobody; a disputed result that counted has sent them already."""
    if match is None or match.state not in (*OVER, "disputed"):
        return None
    end = end_of((match.side_a_id, match.side_b_id), match.winner_id)
    return end.winner if source.kind == "winner" else end.loser
