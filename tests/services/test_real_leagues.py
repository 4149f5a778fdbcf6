"""Real leagues, played through the services: Major Swiss stages, World Cup groups, a VALORANT Masters."""

from collections import Counter, defaultdict
from collections.abc import Sequence

import pytest
from flask import Flask

from tests.arenas import ended_at
from tests.real_data import real_rows
from tests.services.league_play import Duel, League, drawn
from webapp.domain.brackets.seeding import standard_order
from webapp.domain.errors import Conflict
from webapp.services.bracketing import bracket_placements, next_stages, stages, swiss_rounds
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot

NOW = ended_at(5000)
Row = dict[str, str]

MAJOR_RULES = {"cascade": ["wins", "losses", "buchholz_difference", "seed"]}
MAJOR = {"wins_out": 3, "losses_out": 3, "advance": 8, "then": {"format": "single-elimination"}}
STAGES = [
    (event, stage)
    for event in ("Stockholm2021", "Rio2022", "Copenhagen2024")
    for stage in ("opening_swiss", "elimination_swiss")
]


def of_stage(file: str, event: str, stage: str) -> list[Row]:
    return [row for row in real_rows("cs_majors_swiss", file) if (row["event"], row["stage"]) == (event, stage)]


def rounds_of(rows: Sequence[Row]) -> dict[int, list[Row]]:
    """The source has the matches in the order of the rounds: somebody's third match is one of round 3."""
    played: Counter[str] = Counter()
    rounds: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        sides = (row["team_a"], row["team_b"])
        played.update(sides)
        assert played[sides[0]] == played[sides[1]]
        rounds[played[sides[0]]].append(row)
    return rounds


def major(event: str, stage: str) -> tuple[League, dict[str, int]]:
    """A stage played to its end, and the participants' ids by their codes."""
    entrants = sorted(of_stage("entrants.csv", event, stage), key=lambda row: int(row["seed"]))
    league = drawn("swiss", [row["team"] for row in entrants], MAJOR, game="cs2", rules=MAJOR_RULES)
    ids = {row["code"]: who for row, who in zip(entrants, league.ids, strict=True)}
    for number, rows in rounds_of(of_stage("matches.csv", event, stage)).items():
        pairs = [(ids[row["team_a"]], ids[row["team_b"]]) for row in rows]
        swiss_rounds.next_round(league.tournament_id, number=number, pairs=pairs, actor=SYSTEM, now=NOW)
        by_pair = {frozenset(pair): row for pair, row in zip(pairs, rows, strict=True)}
        for duel in league.open_duels():
            row = by_pair[frozenset((duel.a, duel.b or 0))]
            league.confirm(duel, (1, 0) if ids[row["winner"]] == duel.a else (0, 1))
    return league, ids


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("event", "stage"), STAGES)
def test_a_major_stage_ends_in_the_published_order_and_seeds_the_next_one(app: Flask, event: str, stage: str) -> None:
    league, ids = major(event, stage)

    final = sorted(of_stage("derived_final_order.csv", event, stage), key=lambda row: int(row["rank"]))
    (table,) = league.tables()
    assert [(row.participant_id, row.wins, row.losses) for row in table.rows] == [
        (ids[row["code"]], int(row["wins"]), int(row["losses"])) for row in final
    ]
    assert league.stage().state == "completed"
    with pytest.raises(Conflict) as refused:
        swiss_rounds.next_round(league.tournament_id, actor=SYSTEM, now=NOW)
    assert refused.value.code == "rounds_over"

    next_stages.start(league.tournament_id, actor=SYSTEM, now=NOW)
    official = sorted(
        of_stage("official_next_stage_seeds.csv", event, stage), key=lambda row: int(row["rank_in_stage"])
    )
    assert league.stage(2).seeds == [ids[row["code"]] for row in official]


@pytest.mark.parametrize("stage", ["opening_swiss", "elimination_swiss"])
def test_copenhagen_pairs_itself(app: Flask, stage: str) -> None:
    entrants = sorted(of_stage("entrants.csv", "Copenhagen2024", stage), key=lambda row: int(row["seed"]))
    settings = {**MAJOR, "pairing": "major"}
    league = drawn("swiss", [row["team"] for row in entrants], settings, game="cs2", rules=MAJOR_RULES)
    ids = {row["code"]: who for row, who in zip(entrants, league.ids, strict=True)}
    for number, rows in rounds_of(of_stage("matches.csv", "Copenhagen2024", stage)).items():
        if number > 1:
            swiss_rounds.next_round(league.tournament_id, number=number, actor=SYSTEM, now=NOW)
        winners = {frozenset((ids[row["team_a"]], ids[row["team_b"]])): ids[row["winner"]] for row in rows}
        duels = league.open_duels()

        assert {frozenset((duel.a, duel.b)) for duel in duels} == winners.keys()
        for duel in duels:
            league.confirm(duel, (1, 0) if winners[frozenset((duel.a, duel.b or 0))] == duel.a else (0, 1))


@pytest.mark.parametrize("year", ["2018"])
def test_a_world_cup_is_played_from_its_groups_to_its_final(app: Flask, year: str) -> None:
    rows = [row for row in real_rows("groups_and_knockout_worldcup", "matches.csv") if row["year"] == year]
    cup, ids = world_cup_groups(rows)
    name_of = {who: name for name, who in ids.items()}

    tables = {f"Group {table.group}": table for table in cup.tables()}
    for group, published in world_cup_tables(year).items():
        assert [
            (plain(name_of[row.participant_id]), row.matches_played, row.wins, row.draws, row.losses, row.score_for, row.score_against, row.points)
            for row in tables[group].rows
        ] == published  # fmt: skip

    knock_out = [row for row in rows if not row["group"]]
    order = [ids[name] for name in seeds_of_knock_out(knock_out)]
    if year == "2018":
        # Japan and Senegal are level on everything that results tell; fair play, which a person knows, was for Japan.
        with pytest.raises(Conflict, match="The rules leave open who advances") as refused:
            next_stages.start(cup.tournament_id, actor=SYSTEM, now=NOW)
        assert refused.value.fields[0].message == (
            f"participants {', '.join(str(ids[name]) for name in sorted(('Japan', 'Senegal'), key=ids.__getitem__))} are level"
        )
    next_stages.start(cup.tournament_id, order=order, actor=SYSTEM, now=NOW)

    winners = {frozenset((ids[row["team1"]], ids[row["team2"]])): ids[row["winner"]] for row in knock_out}
    cup.play(lambda duel: (1, 0) if winners[frozenset((duel.a, duel.b or 0))] == duel.a else (0, 1), number=2)
    with read_snapshot() as session:
        stage = stages.the(session, cup.tournament_id, 2)
        assert stage is not None
        placed = bracket_placements.of_stage(session, stage).placements
    last_two = {row["round"]: row for row in knock_out}
    third = next(row for name, row in last_two.items() if "third" in name.lower())
    final = next(row for name, row in last_two.items() if name.lower() == "final")
    expected = [final["winner"], loser(final), third["winner"], loser(third)]
    assert [name_of[placement.participant_id] for placement in placed[:4]] == expected
    assert [(placement.first, placement.last) for placement in placed[:5]] == [(1, 1), (2, 2), (3, 3), (4, 4), (5, 8)]


def loser(row: Row) -> str:
    return row["team2"] if row["winner"] == row["team1"] else row["team1"]


def plain(name: str) -> str:
    """One of the files says USA, the other United States."""
    return {"USA": "United States"}.get(name, name)


def world_cup_tables(year: str) -> dict[str, list[tuple[str, int, int, int, int, int, int, int]]]:
    rows = real_rows("groups_and_knockout_worldcup", "official_group_standings.csv")
    tables: dict[str, list[tuple[str, int, int, int, int, int, int, int]]] = defaultdict(list)
    for row in sorted((row for row in rows if row["year"] == year), key=lambda row: int(row["pos"])):
        played, won, drawn_, lost, scored, conceded, points = (
            int(row[name]) for name in ("played", "won", "drawn", "lost", "gf", "ga", "pts")
        )
        tables[row["group"]].append((plain(row["team"]), played, won, drawn_, lost, scored, conceded, points))
    return tables


def world_cup_groups(rows: Sequence[Row]) -> tuple[League, dict[str, int]]:
    """The groups as they were drawn, all matches played."""
    members: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        for team in (row["team1"], row["team2"]):
            if row["group"] and team not in members[row["group"]]:
                members[row["group"]].append(team)
    # The snake deals every second row backwards.
    names = [
        members[group][tier]
        for tier in range(4)
        for group in (sorted(members) if tier % 2 == 0 else sorted(members, reverse=True))
    ]
    cup = drawn(
        "round-robin", names,
        {"groups": 8, "advance": 2, "then": {"format": "single-elimination", "third_place": True}},
    )  # fmt: skip
    ids = dict(zip(names, cup.ids, strict=True))
    goals = {(ids[row["team1"]], ids[row["team2"]]): (int(row["ft1"]), int(row["ft2"])) for row in rows if row["group"]}

    def score(duel: Duel) -> tuple[int, int]:
        assert duel.b is not None
        one, other = goals.get((duel.a, duel.b)) or goals[duel.b, duel.a][::-1]
        return one, other

    cup.play(score)
    return cup, ids


def seeds_of_knock_out(rows: Sequence[Row]) -> list[str]:
    """The seeds with which the standard bracket is the one that was played: read from the final back to the groups."""
    by_winner: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if "third" not in row["round"].lower():
            by_winner[row["winner"]].append(row)

    def leaves(team: str, depth: int) -> list[str]:
        if depth == 0:
            return [team]
        # Of a team's won matches the one that leads to this depth; a beaten finalist has won one less than the winner.
        row = by_winner[team][depth - 1]
        return leaves(row["team1"], depth - 1) + leaves(row["team2"], depth - 1)

    final = next(row for row in rows if row["round"].lower() == "final")
    in_order = leaves(final["winner"], 4)
    return [in_order[standard_order(16).index(seed)] for seed in range(1, 17)]


def test_masters_madrid_is_played_from_its_swiss_through_the_double_elimination(app: Flask) -> None:
    rows = [row for row in real_rows("valorant_vct", "series.csv") if row["event_id"] == "2024_M1"]
    maps: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for row in real_rows("valorant_vct", "maps.csv"):
        if row["event_id"] == "2024_M1":
            maps[row["series_no"]].append((int(row["score_a"]), int(row["score_b"])))
    in_swiss = [row for row in rows if row["bracket"].startswith("Round")]
    teams = list(dict.fromkeys(row[side] for row in in_swiss for side in ("team_a", "team_b")))
    madrid = drawn(
        "swiss", teams,
        {"wins_out": 2, "losses_out": 2, "advance": 4, "then": {"format": "double-elimination", "reset": False}},
        game="valorant", rules=MAJOR_RULES, best_of_by_round={"default": 3, "losers_final": 5, "final": 5},
    )  # fmt: skip
    ids = dict(zip(teams, madrid.ids, strict=True))

    def play(rows: Sequence[Row], number: int) -> None:
        by_pair = {frozenset((ids[row["team_a"]], ids[row["team_b"]])): row for row in rows}
        while duels := [duel for duel in madrid.open_duels(number) if frozenset((duel.a, duel.b)) in by_pair]:
            for duel in duels:
                row = by_pair[frozenset((duel.a, duel.b or 0))]
                scores = maps[row["series_no"]]
                madrid.confirm(duel, *(scores if ids[row["team_a"]] == duel.a else [score[::-1] for score in scores]))

    for name in ("Round 1", "Round 2", "Round 3"):
        of_round = [row for row in in_swiss if row["bracket"] == name]
        pairs = [(ids[row["team_a"]], ids[row["team_b"]]) for row in of_round]
        swiss_rounds.next_round(madrid.tournament_id, number=int(name[-1]), pairs=pairs, actor=SYSTEM, now=NOW)
        play(of_round, 1)
    first, second = ((row["team_a"], row["team_b"]) for row in rows if row["bracket"] == "Upper Semifinals")
    order = [ids[team] for team in (first[0], second[0], second[1], first[1])]
    next_stages.start(madrid.tournament_id, order=order, actor=SYSTEM, now=NOW)
    for row in rows[len(in_swiss) :]:
        play([row], 2)

    with read_snapshot() as session:
        stage = stages.the(session, madrid.tournament_id, 2)
        assert stage is not None
        placed = bracket_placements.of_stage(session, stage).placements
    (table,) = madrid.tables()
    out = {wins: sorted(row.participant_id for row in table.rows if row.wins == wins) for wins in (1, 0)}
    published: dict[str, list[int]] = defaultdict(list)
    for row in real_rows("valorant_vct", "official_placements.csv"):
        if row["event_id"] == "2024_M1":
            published[row["placement"]].append(ids[row["team"]])
    assert [placement.participant_id for placement in placed] == [published[str(place)][0] for place in range(1, 5)]
    assert out == {1: sorted(published["5-6"]), 0: sorted(published["7-8"])}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_swiss_of_masters_shanghai_sends_four_on(app: Flask) -> None:
    rows = [row for row in real_rows("valorant_vct", "series.csv") if row["event_id"] == "2024_M2"]
    in_swiss = [row for row in rows if row["bracket"].startswith("Round")]
    teams = list(dict.fromkeys(row[side] for row in in_swiss for side in ("team_a", "team_b")))
    settings = {"wins_out": 2, "losses_out": 2, "advance": 4, "then": {"format": "double-elimination"}}
    league = drawn("swiss", teams, settings, game="valorant", rules=MAJOR_RULES)
    ids = dict(zip(teams, league.ids, strict=True))
    for name in ("Round 1", "Round 2", "Round 3"):
        of_round = [row for row in in_swiss if row["bracket"] == name]
        pairs = [(ids[row["team_a"]], ids[row["team_b"]]) for row in of_round]
        swiss_rounds.next_round(league.tournament_id, number=int(name[-1]), pairs=pairs, actor=SYSTEM, now=NOW)
        winners = {frozenset(pair): ids[row["winner"]] for pair, row in zip(pairs, of_round, strict=True)}
        for duel in league.open_duels():
            league.confirm(duel, (13, 7) if winners[frozenset((duel.a, duel.b or 0))] == duel.a else (7, 13))

    next_stages.start(league.tournament_id, actor=SYSTEM, now=NOW)
    in_knock_out = {row[side] for row in rows[len(in_swiss) :] for side in ("team_a", "team_b")}
    assert set(league.stage(2).seeds) == {ids[team] for team in in_knock_out if team in ids}
    (table,) = league.tables()
    out = {wins: {row.participant_id for row in table.rows if row.wins == wins} for wins in (1, 0)}
    published: dict[str, set[int]] = defaultdict(set)
    for row in real_rows("valorant_vct", "official_placements.csv"):
        if row["event_id"] == "2024_M2" and row["team"] in ids:
            published[row["placement"]].add(ids[row["team"]])
    assert out == {1: published["9-10"], 0: published["11-12"]}
