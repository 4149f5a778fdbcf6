"""A site with two tournaments whose boards are frozen, and everything that anybody can ask it without being an official."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask import Flask
from sqlalchemy import select

from tests.arenas import REASON, Arena, ended_at, open_battle_royale, open_league
from tests.personas import HTMX, Persona, persona
from tests.services.placements import RULES
from tests.views.api.worlds import forget_rates, program_of, turn_on_the_api
from webapp.domain.permissions import reaches
from webapp.domain.scoring import BattleRoyaleLine as Line
from webapp.domain.series import SeriesGame
from webapp.models import Match, Registration, Tournament
from webapp.services.live import freezes
from webapp.services.matches import matches, results, series
from webapp.services.matches.matches import Fixture
from webapp.services.ranking import adjustments, overrides, ranking, season_ranking
from webapp.services.registration import registrations
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.tournaments import tournaments
from webapp.views import access

SEASON: Final = "2026_S1"

PUBLIC: Final[Mapping[str, Sequence[str]]] = {
    "api.announcements": ("",),
    "api.bracket": ("",),
    "api.bracket_tables": ("",),
    "api.browse": ("",),
    "api.by_game": ("",),
    "api.deltas": ("?since=0", "?since=1", "?since=2"),
    "api.discover": ("", "?status=live", "?status=completed", "?search=cup", "?ordering=-prize_pool"),
    "api.events": ("?since=0&limit=500", "?since=12", "?since=0&wait=0"),
    "api.featured": ("",),
    "api.leaderboard": (
        "", "?explain=1", "?limit=2&offset=1", "?at=1", "?at=2", "?at=3", "?at=9", "?matches=1", "?matches=2,3",
    ),
    "api.live_tournaments": ("",),
    "api.match_detail": ("",),
    "api.match_list": ("?tournament_id=1", "?tournament_id=2", "?tournament_id=2&state=completed"),
    "api.openapi": ("",),
    "api.own_invites": ("",),
    "api.participant_history": ("",),
    "api.profiles": ("?ids=1,2,3",),
    "api.scoped": (
        "?scope=tournament&tournament_id=1", "?scope=tournament&tournament_id=2",
        f"?scope=season&game=pubgm&season={SEASON}", "?scope=all_time&game=pubgm",
        "?scope=all_time&game=pubgm&from=2026-01-01", "?scope=all_time&game=valorant",
    ),
    "api.series": ("",),
    "api.team": ("",),
    "api.teams": ("?ids=1,2,3,4,5,6,7,8",),
    "api.tournament": ("",),
    "api.tournament_metadata": ("",),
    "api.upcoming": ("",),
    "api.winners": ("",),
    "embed.tournament": ("", "?lang=bn"),
    "embed.tournament_fragment": ("",),
    "overlay.scoreboard": ("",),
    "overlay.scoreboard_fragment": ("",),
    "overlay.tournament": ("",),
    "overlay.tournament_fragment": ("",),
    "public.game_seasons": ("",),
    "public.home": ("", "?lang=bn"),
    "public.player": ("",),
    "public.preview": ("",),
    "public.robots": ("",),
    "public.schedule": ("",),
    "public.season": ("", "?region=EU"),
    "public.seasons": ("",),
    "public.sitemap": ("",),
    "public.sitemap_part": ("",),
    "public.team": ("",),
    "public.tournament": ("", "?lang=bn"),
    "public.tournaments": ("", "?status=completed", "?status=live"),
    "spectator.bracket": ("", "?part=all", "?lang=bn"),
    "spectator.bracket_fragment": ("",),
    "teams.listing": ("", "?q=a", "?game=pubgm"),
    "spectator.changes": ("?version=0", "?version=1", "?version=2"),
    "spectator.chart": ("",),
    "spectator.feed": ("",),
    "spectator.following": ("?ids=1&ids=2&ids=6", "?ids=1,2,3,4,5,6"),
    "spectator.leaderboard": ("", "?page=2", "?lang=bn"),
    "spectator.leaderboard_csv": ("",),
    "spectator.leaderboard_json": ("",),
    "spectator.match": ("", "?lang=bn"),
    "spectator.match_feed": ("",),
    "spectator.matches": ("",),
    "spectator.participant": ("",),
    "spectator.replay": ("", "?at=1", "?at=2", "?at=3"),
    "spectator.replay_frame": ("?at=1", "?at=2", "?at=3"),
    "spectator.scoreboard": ("", "?lang=bn"),
    "spectator.tournament": ("", "?lang=bn", "?page=2"),
    "spectator.why": ("",),
    "spectator.winners": ("", "?lang=bn"),
}  # fmt: skip
"""Every address that is not an official's and knows of tournaments, with the queries it is asked."""

KNOWS_OF_NO_RESULT: Final = frozenset({
    "api.answer_file", "api.checkin_status", "api.custom_fields", "api.game_config", "api.game_config_schema",
    "api.payment_proof", "api.registration", "api.registrations", "auth.forgot", "auth.login", "auth.register",
    "auth.reset", "auth.verify", "health.healthz", "health.readiness", "me.line_up", "me.own_answer", "me.own_proof", "me.password",
    "me.notification_count", "me.notifications", "me.open_notification", "me.register", "me.registration", "me.registrations", "me.sessions", "me.start", "me.teams", "me.tokens",
    "metrics.metrics", "public.rules", "static", "teams.logo", "teams.manage", "teams.new",
    "teams.new_promotion", "teams.new_sponsor", "teams.promotion", "teams.sponsor", "teams.sponsor_logo",
    "unsubscribe.ask",
})  # fmt: skip
"""Addresses that show nothing of any match: accounts, the state of the machine, presets, files."""

OF_ITS_SIDES: Final = frozenset({
    "api.dispute_detail", "api.dispute_picture", "api.evidence_list", "api.report_screenshot", "me.dispute", "me.disputes", "me.evidence", "me.match", "me.matches", "me.open_dispute",
    "me.report_screenshot",
})  # fmt: skip
"""Addresses for the sides of a match alone: what they have played and reported themselves they know anyway."""

OF_THE_BOARD: Final = (
    "api.leaderboard", "overlay.tournament", "spectator.leaderboard_csv", "spectator.leaderboard_json",
    "spectator.match", "spectator.tournament",
)  # fmt: skip

_RANDOM: Final = (
    re.compile(r'nonce="[^"]*"'),
    re.compile(r'content="[^"]*"(?= name="csrf)'),
    re.compile(r'name="csrf_token" value="[^"]*"|"X-CSRFToken": "[^"]*"'),
    re.compile(r'"id":\s?"[0-9a-f-]{36}"'),
    # Numbers of requests, and tags of what pages are made of, which somebody may be editing.
    re.compile(r"\b([0-9a-f]{8}|[0-9a-f]{12}|[0-9a-f]{32})\b"),
    re.compile(r'"(duration_ms|computed_at|last_updated_at)":\s?("[^"]*"|[0-9.e-]+)'),
)


@dataclass(frozen=True)
class Hidden:
    """What happens while the boards are frozen: in which order matches end, and numbers that nothing else has."""

    order: tuple[int, ...]
    kills: int
    penalized: int
    points: int
    placed: int
    series_winner: int

    @property
    def marks(self) -> tuple[str, ...]:
        """What must not be found anywhere."""
        kills = range(self.kills, self.kills + 6)
        points = (given + killed for given, killed in zip(RULES["placement_points"], kills, strict=True))
        return (*map(str, kills), *map(str, points), str(self.points), "Quince penalty", "Staff of quince")


ONE: Final = Hidden(order=(5, 4, 3, 2, 1, 0), kills=44_417, penalized=1, points=-7773, placed=4, series_winner=1)
OTHER: Final = Hidden(order=(4, 0, 2, 5, 3, 1), kills=9, penalized=3, points=-2, placed=0, series_winner=0)


@dataclass(frozen=True)
class World:
    """The two tournaments, and who asks."""

    cup: Arena
    league: Arena
    people: Mapping[str, Persona]


def frozen_world(app: Flask) -> World:
    """A battle royale with two matches played and a league with one, both frozen then."""
    turn_on_the_api()
    people = {name: persona(app, name, now=ended_at(0)) for name in ("olga", "pat", "una", "sam")}
    cup = open_battle_royale(RULES, squads=6, lobbies=5, season=SEASON, name="Cup", publishes_reasons=True)
    for number, order in ((1, (0, 1, 2, 3, 4, 5)), (2, (1, 0, 2, 3, 5, 4))):
        _play(cup, number, order, kills=0)
    pairs = [(0, 1), (2, 3), (0, 2)]
    league = open_league("valorant", {"cascade": ["points"]}, pairs, sides=4, best_of=3, name="League")
    _play_series(league, 1, winner=0, score=5)
    for arena in (cup, league):
        with transaction() as session:
            session.get_one(Tournament, arena.tournament_id).organizer_id = people["olga"].user_id
    _rank_wider(now=6)
    for arena in (cup, league):
        freezes.freeze_now(arena.tournament_id, actor=SYSTEM, now=ended_at(7))
    return World(cup, league, people)


def go_on(world: World, hidden: Hidden) -> None:
    """Everything that can happen to a board while it is frozen, with results that are to be kept."""
    cup, league = world.cup, world.league
    for number in (3, 4):
        matches.start_match(cup.match_ids[number - 1], actor=SYSTEM, now=ended_at(8))
        lines = [[who, place, hidden.kills + place] for place, who in enumerate(_ordered(cup, hidden.order), start=1)]
        matches.update_score(cup.match_ids[number - 1], lines, actor=SYSTEM, now=ended_at(9))
        _play(cup, number, hidden.order, kills=hidden.kills)
    results.correct(
        cup.match_ids[0], _lines(cup, hidden.order, hidden.kills), reason=REASON, actor=SYSTEM, now=ended_at(12)
    )
    adjustments.adjust(
        cup.tournament_id, cup.participant_ids[hidden.penalized], kind="penalty", points=hidden.points,
        reason="Quince penalty, at last", actor=SYSTEM, now=ended_at(13),
    )  # fmt: skip
    overrides.override(
        cup.tournament_id, cup.participant_ids[hidden.placed], 1, reason="Staff of quince, at last", actor=SYSTEM,
        now=ended_at(14),
    )  # fmt: skip
    registrations.withdraw(cup.participant_ids[hidden.order[-1]], actor=SYSTEM, now=ended_at(15))
    matches.cancel_match(cup.match_ids[4], reason=REASON, actor=SYSTEM, now=ended_at(15))
    _rank(cup, 16)
    _play_series(league, 2, winner=hidden.series_winner, score=11 if hidden.series_winner else 3)
    won_by = league.participant_ids[2 + hidden.series_winner]
    final = Fixture(label="Final", side_a_id=league.participant_ids[0], side_b_id=won_by, best_of=3)
    matches.schedule(league.tournament_id, [final], actor=SYSTEM, now=ended_at(17))
    tournaments.complete(cup.tournament_id, actor=SYSTEM, now=ended_at(18))
    _rank_wider(now=19)


def asked(app: Flask, world: World, only: Collection[str] = tuple(PUBLIC)) -> Iterator[tuple[str, bytes]]:
    """Every public address with its answer: pages by a visitor, the API by a player. The audience belongs to the address
    and not to who asks, so that for some of them the tournament's own organizer asks as well.
    """
    readers = {name: program_of(app, world.people[name]) for name in ("pat", "una", "olga")}
    for endpoint, path in addresses(app, world):
        if endpoint not in only:
            continue
        if endpoint.startswith("api."):
            # What an account is makes no difference to any program: tried where it would matter most.
            everybody = endpoint == "api.leaderboard"
            for name, program in readers.items() if everybody else [("pat", readers["pat"])]:
                forget_rates()
                yield f"{name} {path}", program.get(path).data
            continue
        yield f"vic {path}", app.test_client().get(path).data
        if endpoint in OF_THE_BOARD:
            yield f"olga {path}", world.people["olga"].client.get(path).data
        if "/fragment/" in path:
            yield f"htmx {path}", app.test_client().get(path, headers=HTMX).data


def addresses(app: Flask, world: World) -> Iterator[tuple[str, str]]:
    """Every public address that the site has, for everything in the world."""
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            if rule.endpoint in PUBLIC:
                for values in _values(world, set(rule.arguments)):
                    path = app.url_map.bind("localhost").build(rule.endpoint, values)
                    yield from ((rule.endpoint, path + query) for query in PUBLIC[rule.endpoint])


def told_later(app: Flask, world: World) -> bytes:
    """What the pages of the battle royale say between them once nothing is kept any more."""
    tournament_id, participant_id = world.cup.tournament_id, world.cup.participant_ids[ONE.penalized]
    board = f"/spectator/tournaments/{tournament_id}/"
    pages = [board, board + "leaderboard.json", f"{board}participants/{participant_id}/"]
    pages += [f"{board}participants/{who}/why/" for who in world.cup.participant_ids]
    pages += [f"/spectator/matches/{match_id}/" for match_id in world.cup.match_ids]
    return b"".join(app.test_client().get(path).data for path in pages)


def unlisted(app: Flask) -> set[str]:
    """Endpoints that can be asked by somebody who is no official, and that no list here names."""
    readable = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    for_all = {name for name in readable if not _is_officials(app, name)}
    return for_all - PUBLIC.keys() - KNOWS_OF_NO_RESULT - OF_ITS_SIDES


def steady(body: bytes) -> bytes:
    """The answer without what differs from one asking to the next."""
    if body.startswith(b"\x89PNG"):
        return body
    text = body.decode()
    for pattern in _RANDOM:
        text = pattern.sub("", text)
    return text.encode()


def _is_officials(app: Flask, endpoint: str) -> bool:
    door = access.door_of(app, endpoint)
    return door is not access.EVERYBODY and reaches(door.value, "organizer")


def _values(world: World, names: set[str]) -> list[dict[str, Any]]:
    """What the variables of a rule can be: everything of both tournaments."""
    if not names:
        return [{}]
    found = []
    for arena in (world.cup, world.league):
        with read_snapshot() as session:
            tournament = session.get_one(Tournament, arena.tournament_id)
            # In one or the other of two hidden courses these are first, last, penalized, placed or gone.
            some = [who for who in arena.participant_ids if who - arena.participant_ids[0] in (0, 1, 4)]
            subjects = [session.get_one(Registration, who) for who in some]
            own: dict[str, list[Any]] = {
                "tournament_id": [arena.tournament_id],
                "match_id": _matches_of(arena),
                "participant_id": some,
                "slug": [SEASON, "all-time"] if "game" in names else [tournament.slug],
                "game": [tournament.game],
                "subject_id": [row.team_id or row.user_id for row in subjects],
                "kind": ["leaderboard", "ticker", "match-point", "next-match", "bracket"],
                "number": [1],
                "team_id": [row.team_id for row in subjects if row.team_id],
            }
        chosen: list[dict[str, Any]] = [{}]
        for name in sorted(names):
            chosen = [one | {name: value} for one in chosen for value in own[name]]
        found += chosen
    return found


def _matches_of(arena: Arena) -> list[int]:
    with read_snapshot() as session:
        return list(session.scalars(select(Match.id).where(Match.tournament_id == arena.tournament_id)))


def _ordered(arena: Arena, order: Sequence[int]) -> list[int]:
    return [arena.participant_ids[who] for who in order]


def _lines(arena: Arena, order: Sequence[int], kills: int) -> list[Line]:
    return [Line(who, place, kills and kills + place - 1) for place, who in enumerate(_ordered(arena, order), start=1)]


def _play(arena: Arena, number: int, order: Sequence[int], *, kills: int) -> None:
    match_id = arena.match_ids[number - 1]
    results.confirm(match_id, _lines(arena, order, kills), actor=SYSTEM, now=ended_at(number))
    _rank(arena, number)


def _play_series(arena: Arena, number: int, *, winner: int, score: int) -> None:
    pairs = ((0, 1), (2, 3), (0, 2))
    sides = [arena.participant_ids[who] for who in pairs[number - 1]]
    won, lost = sides[winner], sides[1 - winner]
    games = [SeriesGame(game, {won: 13, lost: score}, "Haven") for game in (1, 2)]
    series.confirm(arena.match_ids[number - 1], games, actor=SYSTEM, now=ended_at(number))
    _rank(arena, number)


def _rank(arena: Arena, number: int) -> None:
    ranking.rank_due(arena.tournament_id, now=ended_at(number))


def _rank_wider(*, now: int) -> None:
    season_ranking.compute_season_rankings("pubgm", SEASON, now=ended_at(now))
    for game in ("pubgm", "valorant"):
        season_ranking.compute_all_time_rankings(game, now=ended_at(now))
