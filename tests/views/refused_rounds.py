"""What is refused around rounds, results, disputes and the tournament itself, arranged like `refused.py`."""

from typing import Any, Final

from tests.arenas import REASON, open_battle_royale
from tests.contests import Contest
from tests.knockouts import open_knockout, registered
from tests.services.league_play import League, drawn
from tests.services.test_outcomes import MATCH_POINT, play
from tests.views.refused import confirmed, contest, of_match
from tests.views.refusing import Attempt, World, own
from webapp.models import Registration
from webapp.services.matches import matches, reporting
from webapp.services.registration import registrations
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import transaction
from webapp.services.tournaments import tournaments

GROUPS: Final = {"groups": 2, "advance": 2, "then": {"format": "single-elimination"}}
ONE_GAME: Final = {"games": [{"number": 1, "score_a": 3, "score_b": 1}]}
ENTERED: Final = {"games-0-score_a": "3", "games-0-score_b": "1", "reason": REASON}


# -- rounds


def of_league(world: World, league: League, page: str, api: str, words: str, **more: Any) -> Attempt:
    tournament_id = own(world, league.tournament_id)
    return Attempt(
        world.olga, tournament_id, f"/organizer/tournaments/{tournament_id}/league/{page}/",
        f"/api/tournaments/brackets/{tournament_id}/{api}/", words, **more,
    )  # fmt: skip


def gone_on(world: World, league: League, words: str, **more: Any) -> Attempt:
    """To the next stage."""
    return of_league(world, league, "next-stage", "next-stage", words, body={}, **more)


def round_of(world: World, league: League, number: int, words: str, **more: Any) -> Attempt:
    return of_league(world, league, f"rounds/{number}", "next-round", words, **({"body": {"number": number}} | more))


def too_early(world: World) -> Attempt:
    return gone_on(world, drawn("round-robin", 8, GROUPS), "The first stage is not over: matches 1, 2")


def seeded_anyhow(world: World) -> Attempt:
    """Twice the first by page; programs say who is in the order, of whom one does not advance."""
    groups = drawn("round-robin", 8, GROUPS)
    groups.play(groups.stronger)
    form = {f"seed-{who}": "1" for who in groups.ids[:2]}
    attempt = gone_on(world, groups, "Give the seeds 1 to 4 once each; who is out has none.", form=form, status=422)
    attempt.api = ""
    return attempt


def with_nothing_to_follow(world: World) -> Attempt:
    return gone_on(world, drawn("round-robin", 4), "Nothing follows the first stage of tournament")


def level(world: World) -> Attempt:
    """Names by page, ids by API."""
    groups = drawn("round-robin", 8, GROUPS)
    groups.play(lambda _duel: (1, 1))
    return gone_on(world, groups, "The rules leave open who advances", shown="The rules leave open who advances")


def of_no_swiss(world: World) -> Attempt:
    return round_of(world, drawn("round-robin", 4), 2, "is no Swiss: all its rounds are there from the start.")


def skipped(world: World) -> Attempt:
    return round_of(world, drawn("swiss", 4), 3, "Round 2 comes next, not round 3.")


def unpairable(world: World) -> Attempt:
    """Those who are left have met."""
    swiss = drawn("swiss", 4, {"rounds": 3})
    _, other = swiss.open_duels()
    swiss.play(swiss.stronger)
    for who in (other.a, other.b):
        registrations.withdraw(who or 0, actor=SYSTEM, now=utc_now())
    return round_of(world, swiss, 2, "Round 2 cannot be paired: too many of the 2 who play on have met already")


def paired_again(world: World) -> Attempt:
    """By hand, once a match of the round has begun."""
    swiss = drawn("swiss", 4)
    matches.start_match(swiss.open_duels()[0].match_id, actor=SYSTEM, now=utc_now())
    seeds = {"by_hand": "1", "a-1": "1", "b-1": "2", "a-2": "3", "b-2": "4"}
    one, two, three, four = swiss.ids
    pairs = [{"side_a_id": one, "side_b_id": two}, {"side_a_id": three, "side_b_id": four}]
    return round_of(
        world, swiss, 1, "Round 1 has begun: match 1 is not waiting any more.", form=seeds,
        shown="Round 1 has begun: its pairs stay as they are.",
        body={"number": 1, "pairs": pairs},
    )  # fmt: skip


def drawn_for_lobbies(world: World) -> Attempt:
    found = own(world, open_battle_royale(squads=4).tournament_id)
    return Attempt(
        world.olga, found, f"/organizer/tournaments/{found}/bracket/", f"/api/tournaments/brackets/{found}/generate/",
        "A battle royale is played in lobbies; it has no bracket.", {"seeding": "slot", "draw": "1"}, {}, 422,
    )  # fmt: skip


def drawn_in_many_groups(world: World) -> Attempt:
    found = own(world, registered("round-robin", sides=3, settings={"groups": 4}).tournament_id)
    return Attempt(
        world.olga, found, f"/organizer/tournaments/{found}/bracket/", f"/api/tournaments/brackets/{found}/generate/",
        "3 participants make 1 to 1 groups of 2 to 64, not 4.", {"seeding": "slot", "draw": "1"}, {}, 422,
    )  # fmt: skip


def paired_before_the_draw(world: World) -> Attempt:
    found = own(world, registered("swiss", sides=4).tournament_id)
    return Attempt(
        world.olga, found, f"/organizer/tournaments/{found}/league/rounds/1/",
        f"/api/tournaments/brackets/{found}/next-round/", "has no stage 1 yet; generate it.", {}, {"number": 1}, 404,
    )  # fmt: skip


def seeded_by_mood(world: World) -> Attempt:
    """Programs are told by the description which seedings there are."""
    tournament_id = own(world, registered(sides=4).tournament_id)
    path = f"/organizer/tournaments/{tournament_id}/bracket/"
    words = "The seeding is one of slot, random, manual, ranked, not 'mood'."
    return Attempt(world.olga, tournament_id, path, "", words, {"seeding": "mood", "draw": "1"}, status=422)


# -- matches


def never_confirmed(world: World) -> Attempt:
    form = ENTERED | {"what": "correct", "revision": "0"}
    body = ONE_GAME | {"kind": "correct", "reason": REASON, "revision": 0}
    return of_match(
        world, contest(world), "correct", "correct", "has no confirmed result yet; confirm one.", form=form, body=body
    )


def archived(world: World) -> Contest:
    """The match of a tournament whose book is closed."""
    found = confirmed(world)
    tournaments.complete(found.tournament_id, actor=SYSTEM, now=utc_now())
    tournaments.archive(found.tournament_id, actor=SYSTEM, now=utc_now())
    return found


def corrected_in_the_archive(world: World) -> Attempt:
    form = {"what": "correct", "games-0-score_a": "0", "games-0-score_b": "1", "reason": REASON, "revision": "1"}
    body = {"kind": "correct", "games": [{"number": 1, "score_a": 0, "score_b": 1}], "reason": REASON, "revision": 1}
    return of_match(
        world, archived(world), "correct", "correct", "is archived; its results can be corrected no more.", form=form,
        body=body,
    )  # fmt: skip


def relabelled_in_the_archive(world: World) -> Attempt:
    found = archived(world)
    return Attempt(
        world.olga, found.tournament_id,
        f"/organizer/tournaments/{found.tournament_id}/matches/{found.match_id}/edit/",
        f"/api/tournaments/matches/{found.match_id}/", "is archived; its matches stay as they are.",
        {"label": "Final", "zone": "UTC"}, {"label": "Final"}, method="PATCH",
    )  # fmt: skip


def timed_late(world: World) -> Attempt:
    found = contest(world)
    matches.start_match(found.match_id, actor=SYSTEM, now=utc_now())
    at = "2026-12-01T18:00"
    return Attempt(
        world.olga, found.tournament_id, f"/organizer/tournaments/{found.tournament_id}/schedule/",
        "/api/tournaments/matches/bulk-schedule/", "has begun; its time stays as it is.",
        {"do": "save", "zone": "UTC", f"at-{found.match_id}": at},
        {
            "tournament_id": found.tournament_id,
            "times": [{"match_id": found.match_id, "scheduled_at": f"{at}:00Z"}],
        },
    )  # fmt: skip


def half_a_match(world: World) -> tuple[int, int, int]:
    """A final for which pat alone is known; (tournament, match, pat's side)."""
    cup = open_knockout(sides=4)
    cup.win("W1-1", 1)
    own(world, cup.tournament_id)
    with transaction() as session:
        session.get_one(Registration, cup.seed(1)).registered_by_id = world.pat.user_id
    return cup.tournament_id, cup.match_ids()["W2-1"], cup.seed(1)


def ready_alone(world: World) -> Attempt:
    tournament_id, match_id, _ = half_a_match(world)
    return Attempt(
        world.pat, tournament_id, f"/me/matches/{match_id}/ready/", f"/api/tournaments/matches/{match_id}/ready/",
        "does not have its two sides yet.", {"is_ready": "yes"}, {"is_ready": True},
    )  # fmt: skip


def reported_alone(world: World) -> Attempt:
    tournament_id, match_id, _ = half_a_match(world)
    return Attempt(
        world.pat, tournament_id, f"/me/matches/{match_id}/report/",
        f"/api/tournaments/matches/{match_id}/submit-result/", "does not have its two sides yet.",
        {"games-0-score_a": "3", "games-0-score_b": "1", "report_revision": "0"}, ONE_GAME,
    )  # fmt: skip


def entered_alone(world: World) -> Attempt:
    tournament_id, match_id, _ = half_a_match(world)
    return Attempt(
        world.olga, tournament_id, f"/organizer/tournaments/{tournament_id}/matches/{match_id}/result/",
        f"/api/tournaments/matches/{match_id}/confirm-result/", "does not have its two sides yet.",
        {"games-0-score_a": "3", "games-0-score_b": "1", "revision": "0"}, ONE_GAME,
    )  # fmt: skip


def accepted_of_two(world: World) -> Attempt:
    """The organizer takes the one report, and there are two by now."""
    found = contest(world)
    for who, wins in ((world.pat.actor, 0), (found.bob, 1)):
        reporting.submit(found.match_id, found.games(wins), actor=who, now=utc_now())
    path = f"/organizer/tournaments/{found.tournament_id}/control/matches/{found.match_id}/confirm/"
    words = "Both sides of match 1 have reported, and not the same; enter what is right."
    return Attempt(world.olga, found.tournament_id, path, "", words, {"report_revision": "2"})


def after_the_decision(world: World) -> Attempt:
    """A match that comes after the one that decided by match point."""
    arena = open_battle_royale(MATCH_POINT, squads=4, lobbies=4)
    for number in (1, 2):
        play(arena, number, winner=0)
    own(world, arena.tournament_id)
    match_id = arena.match_ids[2]
    lines = [
        {"participant_id": who, "placement": place, "kills": 1} for place, who in enumerate(arena.participant_ids, 1)
    ]
    cells = {f"{cell}-{line['participant_id']}": str(line[cell]) for line in lines for cell in ("placement", "kills")}
    return Attempt(
        world.olga, arena.tournament_id, f"/organizer/matches/{match_id}/grid/confirm/",
        f"/api/tournaments/matches/{match_id}/confirm-result/", "by its match-point rule; match 3 comes after it",
        cells | {"revision": "0", "accepts_warnings": "1"}, {"lines": lines},
    )  # fmt: skip
