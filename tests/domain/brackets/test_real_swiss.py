"""Copenhagen 2024 round by round: what the rules of the Majors paired is what we pair."""

from collections import Counter, defaultdict

import pytest

from tests.real_data import real_rows
from webapp.domain.brackets.structure import Node
from webapp.domain.brackets.swiss import MAJOR, Entrant, next_round

STAGES = ("opening_swiss", "elimination_swiss")


def of_stage(file: str, stage: str) -> list[dict[str, str]]:
    rows = real_rows("cs_majors_swiss", file)
    return [row for row in rows if (row["event"], row["stage"]) == ("Copenhagen2024", stage)]


class Stage:
    """A stage as it stood before one of its rounds; participants by their seed of the event."""

    def __init__(self, name: str) -> None:
        seeds = {row["code"]: int(row["seed"]) for row in of_stage("entrants.csv", name)}
        self.seeds = sorted(seeds.values())
        self.rounds: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
        for row in of_stage("matches.csv", name):
            sides = (seeds[row["team_a"]], seeds[row["team_b"]], seeds[row["winner"]])
            self.rounds[int(row["round"])].append(sides)

    def pairs_of(self, number: int) -> set[frozenset[int]]:
        return {frozenset((a, b)) for a, b, _ in self.rounds[number]}

    def field(self, number: int) -> list[Entrant]:
        """Who still plays, by record, then by the opponents' wins less their losses, then by seed."""
        wins, losses = Counter[int](), Counter[int]()
        met: dict[int, set[int]] = defaultdict(set)
        for before in range(1, number):
            for a, b, winner in self.rounds[before]:
                wins[winner] += 1
                losses[a + b - winner] += 1
                met[a].add(b)
                met[b].add(a)
        difficulty = {seed: sum(wins[other] - losses[other] for other in met[seed]) for seed in self.seeds}
        playing = [seed for seed in self.seeds if wins[seed] < 3 and losses[seed] < 3]
        playing.sort(key=lambda seed: (-wins[seed], -difficulty[seed], seed))
        return [Entrant(seed, wins[seed], frozenset(met[seed])) for seed in playing]


def pairs(nodes: tuple[Node, ...]) -> set[frozenset[int]]:
    return {frozenset((int(node.a.of), int(node.b.of))) for node in nodes}


@pytest.mark.parametrize("stage", STAGES)
def test_all_pairings_of_copenhagen_are_ours(stage: str) -> None:
    # From the fourth round on the rulebook has a table of fifteen ways to pair six teams; ours come to the same.
    played = Stage(stage)

    for number in range(1, 6):
        assert pairs(next_round(played.field(number), number=number, pairing=MAJOR)) == played.pairs_of(number)
    assert sum(len(played.pairs_of(number)) for number in range(1, 6)) == 33
