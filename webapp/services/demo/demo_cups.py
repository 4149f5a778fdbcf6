"""More of the demo: tournaments in which organizers have something to do. None of them plays itself."""

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from sqlalchemy import select

from webapp.domain.custom_fields import FieldRule
from webapp.domain.errors import DomainError
from webapp.domain.games import load_games
from webapp.domain.registration import LinedUp
from webapp.domain.rules import parse_ruleset
from webapp.domain.series import SeriesGame
from webapp.models import BracketNode, Match, Payment, Tournament
from webapp.services.bracketing import brackets, swiss_rounds  # fmt: skip
from webapp.services.demo import demo, demo_crowd
from webapp.services.disputes import disputes
from webapp.services.matches import matches, reporting, series
from webapp.services.registration import checkins, custom_fields, entries, payments, registrations
from webapp.services.spine.actors import SYSTEM, Actor
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot
from webapp.services.tournaments import tournaments

logger = structlog.get_logger(__name__)

CUP_NAME: Final = "Lantern Cup"
SWISS_NAME: Final = "Tidewater Swiss"
GROUPS_NAME: Final = "Sandbar Groups"
OPEN_NAME: Final = "Paper Boat Open"
CHECKIN_NAME: Final = "First Light Duels"
NAMES: Final = (CUP_NAME, SWISS_NAME, GROUPS_NAME, OPEN_NAME, CHECKIN_NAME)
_OF_THE_CUP: Final = (
    "Kiln Works", demo_crowd.HERONS, demo_crowd.PARADE, "Marble Run", "Far Shore", "Tall Order", demo_crowd.COMETS,
    "Plan Bee",
)  # fmt: skip
_OF_THE_SWISS: Final = (
    "Tern Street", "Ballast", "Wet Paint", "Nine Lives", "Soft Reset", "Yes Chef", "Dry Dock", "Odd Socks",
)  # fmt: skip
_OF_THE_GROUPS: Final = (
    "Cloud Porch", "Red Kettle", "Long Division", "Sun Bears", "Grey Area", "Small Hours", "Loose Change", "Moth Club",
)  # fmt: skip
_DUELISTS: Final = ("Anika", "Bashir", "Demo Player", "Farhan", "Ishika", "Nadia", "Rafi", "Tanvir")
_BOATS: Final = ("Ayaan", "Joya", "Shuvo")
_CASCADE: Final = ("points", "head_to_head", "score_difference", "games_won")
_BETTER_WINS: Final = 0.65
_WORDS: Final = (
    "- Best of three, the grand final best of five.\n- Be in the lobby **ten minutes** early.\n"
    "- A pause is asked for in the chat, one a map.\n"
)


def ensure_cups(*, now: datetime | None = None) -> list[str]:
    """Make those of the demo's organized tournaments that are not there; returns their names.

    One that was made stays as it is from then on, whatever has become of it. Nothing is made where there is no demo.
    """
    now = now or utc_now()
    makers: Mapping[str, Callable[[Mapping[str, Actor], datetime], None]] = {
        CUP_NAME: _cup, SWISS_NAME: _swiss, GROUPS_NAME: _groups, OPEN_NAME: _open, CHECKIN_NAME: _checkin
    }  # fmt: skip
    with read_snapshot() as session:
        wanted = (demo.FINISHED_NAME, *makers)
        there = set(session.scalars(select(Tournament.name).where(Tournament.name.in_(wanted))))
    missing = [name for name in makers if name not in there]
    if demo.FINISHED_NAME not in there or not missing:
        return []
    crowd = demo_crowd.ensure_crowd(now=now)
    made = []
    for name in missing:
        try:
            makers[name](crowd, now)
        except DomainError as refused:
            # People have played with the demo and left no room for it; the site starts all the same.
            logger.warning("demo_cup_left_out", code=refused.code)
        else:
            made.append(name)
    return made


def _cup(crowd: Mapping[str, Actor], now: datetime) -> None:
    """A double elimination half way: a dispute, a report that nobody has answered, a match that is played."""
    began = now - timedelta(hours=2)
    tournament_id = _drawn(
        CUP_NAME, _OF_THE_CUP, game=demo_crowd.GAME, format="double-elimination", now=began, is_featured=True,
        best_of_by_round={"default": 3, "final": 5}, prize_pool=5_000_000, currency="BDT",
        prize_distribution=[5000, 3000, 2000], rules=_WORDS,
        description="Eight teams, two lives each. The last one with a life takes the lantern.",
    )  # fmt: skip
    match_of = _matches_of(tournament_id)
    for place, key in enumerate(("W1-1", "W1-2", "W1-3", "W1-4", "L1-1")):
        _win(match_of[key], now=began + timedelta(minutes=15 * (place + 1)))
    disputed = match_of["L1-2"]
    _win(disputed, now=now - timedelta(minutes=12))
    disputes.open_dispute(
        disputed, reason_code="wrong_score", actor=crowd["mira@demo.example"], now=now - timedelta(minutes=8),
        text="The last map ended 13:11 for us; the screenshot of the scoreboard is in our team's chat.",
    )  # fmt: skip
    reported = match_of["W2-2"]
    matches.start_match(reported, actor=SYSTEM, now=now - timedelta(minutes=40))
    reporting.submit(
        reported, _games(reported, second_wins=True), note="Good series, see you in the losers' final.",
        actor=crowd[demo_crowd.RIVAL_EMAIL], now=now - timedelta(minutes=3),
    )  # fmt: skip
    matches.start_match(match_of["W2-1"], actor=SYSTEM, now=now - timedelta(minutes=20))
    matches.update_score(match_of["W2-1"], [[1, 13, 9], [2, 6, 8]], actor=SYSTEM, now=now - timedelta(minutes=1))
    demo_crowd.invite_to(demo_crowd.HERONS, ["Tuck"], actor=crowd[demo_crowd.PLAYER_EMAIL], now=now)


def _swiss(_: Mapping[str, Actor], now: datetime) -> None:
    """A Swiss in its second round."""
    began = now - timedelta(hours=1)
    tournament_id = _drawn(
        SWISS_NAME, _OF_THE_SWISS, game="cs2", format="swiss", now=began, bracket={"rounds": 3},
        description="Three rounds; whoever has won as much as you is whom you meet next.",
    )  # fmt: skip
    for match_id in _matches_of(tournament_id).values():
        _win(match_id, now=began + timedelta(minutes=20))
    second = swiss_rounds.next_round(tournament_id, number=2, actor=SYSTEM, now=began + timedelta(minutes=30))
    for match_id in second[:2]:
        _win(match_id, now=now - timedelta(minutes=10))


def _groups(_: Mapping[str, Actor], now: datetime) -> None:
    """Two groups, most of their matches played; the best two of each go on into a bracket."""
    began = now - timedelta(hours=3)
    tournament_id = _drawn(
        GROUPS_NAME, _OF_THE_GROUPS, game="mlbb", format="round-robin", now=began,
        bracket={"groups": 2, "advance": 2, "then": {"format": "single-elimination", "third_place": True}},
        description="Two groups of four. The best two of each play for the title.",
    )  # fmt: skip
    for place, match_id in enumerate(list(_matches_of(tournament_id).values())[:8]):
        _win(match_id, now=began + timedelta(minutes=15 * (place + 1)))


def _open(crowd: Mapping[str, Actor], now: datetime) -> None:
    """Open for registration, with a fee: who owes it, who says that it is paid, and who waits for a place."""
    starts_at = (now + timedelta(days=5)).replace(hour=12, minute=0, second=0, microsecond=0)
    tournament_id = _opened(
        OPEN_NAME, game="efootball", format="single-elimination", now=now, starts_at=starts_at,
        registration_closes_at=starts_at - timedelta(days=1), places=5, has_waitlist=True, has_checkin=True,
        entry_fee=20_000, currency="BDT", prize_pool=300_000, prize_distribution=[7000, 3000],
        payment_methods=[{"name": "bKash", "instructions": "Send to 01000-000000 and write your handle."}],
        description="One against one. A small fee, a small prize, a long evening.", rules=_WORDS,
    )  # fmt: skip
    sizes = FieldRule("shirt", "Shirt size", "dropdown", True, "The finalists get one.", {"choices": ["S", "M", "L"]})
    custom_fields.add(tournament_id, sizes, actor=SYSTEM, now=now)
    tournaments.open_registration(tournament_id, actor=SYSTEM, now=now)
    registrations.register(tournament_id, _BOATS, actor=SYSTEM, now=now)
    wishes = (demo_crowd.PLAYER_EMAIL, demo_crowd.RIVAL_EMAIL, "mira@demo.example", "tuck@demo.example")
    for place, email in enumerate(wishes):
        actor = crowd[email]
        assert actor.user_id is not None
        mine = LinedUp(actor.user_id, player_id=f"10000000{place}0")
        entry = entries.Entry(players=(mine,), answers={"shirt": "M"}, waitlist=True)
        entered = entries.register(tournament_id, entry, actor=actor, now=now)
        if email == demo_crowd.RIVAL_EMAIL:
            payments.submit_proof(
                _payment_of(entered.registration_id), method="bKash", reference="8N7A6D5C4B", proof=None,
                actor=actor, now=now,
            )  # fmt: skip


def _checkin(_: Mapping[str, Actor], now: datetime) -> None:
    """Closed for registration, and people check in."""
    tournament_id = _opened(
        CHECKIN_NAME, game="fc26", format="single-elimination", now=now - timedelta(days=2), has_checkin=True,
        starts_at=now + timedelta(hours=3), checkin_opens_at=now - timedelta(minutes=10),
        description="Eight duelists before breakfast. Check in, or somebody else plays.",
    )  # fmt: skip
    tournaments.open_registration(tournament_id, actor=SYSTEM, now=now - timedelta(days=2))
    ids = registrations.register(tournament_id, _DUELISTS, actor=SYSTEM, now=now - timedelta(days=1))
    tournaments.close_registration(tournament_id, actor=SYSTEM, now=now - timedelta(hours=1))
    here = [who for who, handle in zip(ids, _DUELISTS, strict=True) if handle != "Demo Player"][:4]
    checkins.check_in_many(tournament_id, here, actor=SYSTEM, now=now)


def _drawn(name: str, teams: Sequence[str], *, now: datetime, **details: Any) -> int:
    """A live tournament of these teams in the order of their seeds, its first stage drawn."""
    tournament_id = _opened(name, now=now, starts_at=now, region="South Asia", **details)
    registrations.register(tournament_id, teams, actor=SYSTEM, now=now)
    tournaments.start(tournament_id, actor=SYSTEM, now=now)
    brackets.generate(tournament_id, actor=SYSTEM, now=now)
    return tournament_id


def _opened(name: str, *, now: datetime, **details: Any) -> int:
    rules = parse_ruleset({"name": "demo-cups", "title": "House rules", "cascade": list(_CASCADE)})
    return demo.opened(name, ruleset=rules, now=now, **details)


def _payment_of(registration_id: int) -> int:
    with read_snapshot() as session:
        return session.scalars(select(Payment.id).where(Payment.registration_id == registration_id)).one()


def _matches_of(tournament_id: int) -> dict[str, int]:
    """The matches by the keys of their places in the bracket, in order."""
    with read_snapshot() as session:
        found = select(BracketNode.key, BracketNode.match_id).where(BracketNode.tournament_id == tournament_id)
        return dict(session.execute(found.order_by(BracketNode.id)).all())


def _win(match_id: int, *, now: datetime) -> None:
    """Play a match to its end."""
    series.confirm(match_id, _games(match_id), actor=SYSTEM, now=now, completed_at=now)


def _games(match_id: int, *, second_wins: bool = False) -> list[SeriesGame]:
    """How a match ends, always the same for the same match; the better seed wins a little more often."""
    with read_snapshot() as session:
        match = session.get_one(Match, match_id)
        game = load_games()[session.get_one(Tournament, match.tournament_id).game]
        first, second, needed = match.side_a_id, match.side_b_id, match.best_of // 2 + 1
    assert first is not None
    assert second is not None
    if second_wins:
        return [SeriesGame(number, {first: low, second: 13}) for number, low in enumerate((11, 8)[:needed], start=1)]
    chance = random.Random(match_id)  # noqa: S311  (a game of chance, not a secret)
    games: list[SeriesGame] = []
    wins = Counter[int]()
    while max(wins.values(), default=0) < needed:
        winner, loser = (first, second) if chance.random() < _BETTER_WINS else (second, first)
        high, low = (13, chance.randint(3, 11)) if game.result_kind == "rounds" else (1, 0)
        games.append(SeriesGame(len(games) + 1, {winner: high, loser: low}))
        wins[winner] += 1
    return games
