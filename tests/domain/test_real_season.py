"""Real seasons: best 8 of 12 rounds with shared ranks come out as the tour's official sheets."""

from collections import defaultdict

from tests.domain.builders import Placed, Scored, adjustments, columns_of_scored, ids, numbered, rules
from tests.real_data import real_rows
from webapp.domain.ranking import rank
from webapp.domain.standings import fold_battle_royale

SEASON = rules(cascade=["points"], ties="shared", count_best=8)
ROUNDS = range(1, 13)


def test_best_8_of_12_gives_the_official_points_and_shared_ranks_of_every_player_of_every_season() -> None:
    seasons: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in real_rows("season_league_wmgt_best_n", "season_results.csv"):
        seasons[row["season"]].append(row)

    checked = 0
    for season, rows in seasons.items():
        numbers = numbered(f"{row['player']}/{index}" for index, row in enumerate(rows))
        named = [(numbers[f"{row['player']}/{index}"], row) for index, row in enumerate(rows)]
        results = [
            Scored(Placed(player, number, None), 0, int(row[f"round_{number}"]))
            for player, row in named
            for number in ROUNDS
        ]
        standings = fold_battle_royale(ids(*numbers.values()), columns_of_scored(results), adjustments(), SEASON)
        ranking = rank(standings, SEASON.cascade, ties=SEASON.ties)

        shown = {
            player: (int(rank_), int(points))
            for player, rank_, points in zip(
                standings.participant_id.tolist(), ranking.ranks, standings.columns["points"], strict=True
            )
        }
        official = {player: (int(row["official_rank"]), int(row["official_season_points"])) for player, row in named}
        assert shown == official, f"season {season}"
        checked += len(rows)
    assert checked == 513
