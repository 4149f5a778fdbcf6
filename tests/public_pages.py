"""Every kind of public page with something on it, for the tests that look at all of them."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from tests.arenas import OPENED_AT, Arena, ended_at, open_battle_royale, open_league, turn_on_the_engine
from tests.knockouts import Knockout, open_knockout
from tests.services.league_play import League, drawn
from webapp.domain.series import SeriesGame
from webapp.models import Match, Tournament
from webapp.services.disputes import disputes
from webapp.services.live import freezes
from webapp.services.matches import matches, results, series
from webapp.services.ranking import adjustments, overrides, ranking, season_ranking
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import transaction
from webapp.services.tournaments import organizer_notices, tournaments

RULES = {
    "placement_points": [10, 6, 5, 4, 3, 2, 1, 1],
    "points_per_kill": 1,
    "cascade": ["points", "kills"],
    "match_point": {"threshold": 15, "cap": 9},
    "source": "The rule book at https://example.org/rules.",
}
REASON = "The referee saw the replay and moved them"
PENALTY = "Late to the lobby twice"


def open_cup() -> Arena:
    """A cup with everything that a row can be marked with: a tie, a penalty, match point, a place set by staff."""
    turn_on_the_engine()
    cup = open_battle_royale(RULES, squads=25, lobbies=4, name="Axe Cup", season="2026_S1", region="South Asia")
    for number, match_id in enumerate(cup.match_ids[:2], start=1):
        results.confirm(match_id, cup.lines(match_id), actor=SYSTEM, now=ended_at(number))
        ranking.rank_due(cup.tournament_id, now=ended_at(number))
    adjustments.adjust(
        cup.tournament_id, cup.participant_ids[3], kind="penalty", points=-2, reason=PENALTY, actor=SYSTEM, now=ended_at(3)
    )  # fmt: skip
    with transaction() as session:
        session.get_one(Tournament, cup.tournament_id).publishes_reasons = True
    overrides.override(
        cup.tournament_id, cup.participant_ids[7], new_rank=4, reason=REASON, actor=SYSTEM, now=ended_at(4)
    )
    ranking.rank_due(cup.tournament_id, now=ended_at(5))
    matches.start_match(cup.match_ids[2], actor=SYSTEM, now=ended_at(5))
    matches.update_score(cup.match_ids[2], [[cup.participant_ids[0], -1, 3]], actor=SYSTEM, now=ended_at(5))
    return cup


def open_frozen() -> Arena:
    """A cup whose board is frozen, with a result that nobody may know yet."""
    frozen = open_battle_royale(squads=4, lobbies=3, name="Held Cup")
    for number, match_id in enumerate(frozen.match_ids[:2], start=1):
        results.confirm(match_id, frozen.lines(match_id), actor=SYSTEM, now=ended_at(number))
        ranking.rank_due(frozen.tournament_id, now=ended_at(number))
        if number == 1:
            freezes.freeze_now(frozen.tournament_id, actor=SYSTEM, now=ended_at(number))
    return frozen


def open_friday() -> Arena:
    """A league of players."""
    league = open_league("fc26", {"cascade": ["points", "head_to_head"]}, [(0, 1)], sides=2, best_of=1, name="Friday")
    one, other = league.participant_ids
    series.confirm(league.match_ids[0], [SeriesGame(1, {one: 3, other: 1})], actor=SYSTEM, now=ended_at(1))
    ranking.rank_due(league.tournament_id, now=ended_at(1))
    return league


def open_ladder() -> Knockout:
    """A double elimination in the middle: played, live, disputed and forfeited matches."""
    ladder = open_knockout("double-elimination", sides=7, name="Ladder")
    ladder.play(until="W2-1")
    keys = ladder.match_ids()
    disputes.open_dispute(
        keys["W1-3"], reason_code="wrong_score", text="A round was counted twice.", actor=SYSTEM, now=ended_at(1)
    )  # fmt: skip
    matches.start_match(keys["W2-1"], actor=SYSTEM, now=utc_now())
    ranking.rank_due(ladder.tournament_id, now=ended_at(2))
    return ladder


def open_groups() -> League:
    """Two groups, some of whose matches are played."""
    league = drawn("round-robin", 8, {"groups": 2})
    for duel in league.open_duels()[:5]:
        league.confirm(duel, (3, 1))
    ranking.rank_due(league.tournament_id, now=ended_at(1))
    return league


def open_swiss() -> League:
    """A Swiss of five, somebody of whom sits out."""
    league = drawn("swiss", 5)
    league.confirm(league.open_duels()[0], (2, 0))
    ranking.rank_due(league.tournament_id, now=ended_at(1))
    return league


def open_to_come() -> str:
    """A tournament that can be registered for and says everything that one can say; its slug."""
    tournament_id = tournaments.create(
        "Soon", game="valorant", format="double-elimination", ruleset={"win_points": 3}, actor=SYSTEM, now=OPENED_AT,
        starts_at=utc_now() + timedelta(days=400),
    )  # fmt: skip
    tournaments.open_registration(tournament_id, actor=SYSTEM, now=OPENED_AT)
    with transaction() as session:
        row = session.get_one(Tournament, tournament_id)
        row.places, row.entry_fee, row.currency, row.is_official, row.is_featured = 16, 500, "BDT", True, True
        row.prize_pool, row.prize_distribution = 100_000, [5000, 3000, 2000]
        row.payment_methods = [{"name": "Wallet", "instructions": "To the number above."}]
        row.registration_closes_at, row.has_checkin = utc_now() + timedelta(days=300), True
        row.description, row.rules = "## Field\n\n- One\n- Two", "1. **Five** a side\n2. No *substitutes*"
        slug = row.slug
    organizer_notices.publish(tournament_id, "Five a side.", audience="all", actor=SYSTEM, now=OPENED_AT)
    return slug


def open_done() -> Knockout:
    """A cup that is over, with its winners."""
    done = open_knockout(sides=4, settings={"third_place": True}, name="Done Cup")
    done.play()
    tournaments.complete(done.tournament_id, actor=SYSTEM, now=ended_at(8))
    return done


@dataclass(frozen=True)
class PublicPages:
    """The addresses, and what they show."""

    cup: Arena
    league: Arena
    paths: tuple[str, ...]
    """Pages of their own."""
    framed: tuple[str, ...]
    """Pages that stand in somebody else's page or stream; their language is in their address."""


def open_everything() -> PublicPages:
    """A cup, a league, a tournament to come, seasons and boards of all time."""
    cup, league, frozen = open_cup(), open_friday(), open_frozen()
    ladder, groups, swiss, soon, done = open_ladder(), open_groups(), open_swiss(), open_to_come(), open_done()
    with transaction() as session:
        # Labels of their own: the word of the pages is told from the words of the data.
        for match in session.scalars(select(Match)):
            match.label = f"Heat {match.number}"
    season_ranking.compute_season_rankings("pubgm", "2026_S1", now=ended_at(6))
    for game in ("pubgm", "fc26"):
        season_ranking.compute_all_time_rankings(game, now=ended_at(7))
    cup_path, league_path = (f"/spectator/tournaments/{arena.tournament_id}/" for arena in (cup, league))
    paths = (
        "/", "/tournaments/", "/tournaments/?q=nothing", "/tournaments/?official=on&order=-prize_pool", "/tournaments/axe-cup/",
        f"/tournaments/{soon}/", "/tournaments/ladder/", "/rules/",
        cup_path, f"{cup_path}?page=2", f"{cup_path}replay/",
        f"{cup_path}participants/{cup.participant_ids[7]}/", f"{cup_path}participants/{cup.participant_ids[7]}/why/",
        *(f"/spectator/matches/{match_id}/" for match_id in (cup.match_ids[0], *cup.match_ids[2:4])),
        f"/spectator/tournaments/{frozen.tournament_id}/", f"/spectator/matches/{frozen.match_ids[1]}/",
        league_path, f"{league_path}participants/{league.participant_ids[0]}/why/", f"/spectator/matches/{league.match_ids[0]}/",
        "/seasons/", "/seasons/pubgm/2026_S1/", "/seasons/pubgm/2026_S1/?from=2030-01-01", "/seasons/fc26/all-time/",
        *(f"/spectator/tournaments/{drawn.tournament_id}/bracket/" for drawn in (ladder, groups, swiss)),
        *(f"/spectator/tournaments/{each.tournament_id}/winners/" for each in (done, frozen)),
        f"/spectator/tournaments/{done.tournament_id}/", "/tournaments/done-cup/",
        f"/spectator/tournaments/{ladder.tournament_id}/", f"/spectator/matches/{ladder.match_ids()['W1-3']}/",
        "/teams/", "/teams/?q=squad", "/teams/1/", "/players/1/", "/no-such-page/", "/login/", "/register/", "/password/forgot/",
    )  # fmt: skip
    framed = (
        f"/embed/tournaments/{cup.tournament_id}/", f"/embed/tournaments/{league.tournament_id}/",
        *(f"/overlay/tournaments/{cup.tournament_id}/{kind}/" for kind in ("leaderboard", "ticker", "match-point", "next-match")),
        *(f"/overlay/tournaments/{drawn.tournament_id}/bracket/" for drawn in (ladder, groups, swiss)),
        *(f"/overlay/matches/{arena.match_ids[0]}/scoreboard/" for arena in (cup, league)),
    )  # fmt: skip
    return PublicPages(cup, league, paths, framed)
