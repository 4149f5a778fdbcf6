"""A referee who never stops: confirms, corrects and voids in bursts until killed. What came back is written down."""

import os
import random
import sys
import time
from contextlib import suppress
from pathlib import Path

from sqlalchemy import select

from tests.arenas import REASON
from webapp import create_app
from webapp.domain.errors import Conflict
from webapp.domain.scoring import BattleRoyaleLine
from webapp.extensions import db
from webapp.models import Match, Registration
from webapp.services import matches, results
from webapp.services.actors import SYSTEM
from webapp.services.clock import utc_now
from webapp.services.confirmation import MatchOutcome
from webapp.services.matches import Fixture
from webapp.services.transaction import read_snapshot

BURST = 12


def main() -> None:
    """`python -m tests.chaos.producer TOURNAMENT SEED FILE`."""
    tournament_id, seed, written = int(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    chance = random.Random(f"{seed}-{os.getpid()}")
    app = create_app()
    with written.open("a", encoding="ascii") as file:
        while True:
            with app.app_context():
                for line in burst(tournament_id, chance):
                    file.write(line + "\n")
                    file.flush()
                db.session.remove()
            time.sleep(chance.uniform(0.05, 0.4))


def burst(tournament_id: int, chance: random.Random) -> list[str]:
    """Some confirmations and now and then a correction or a void: `match revision` of each that came back."""
    with read_snapshot() as session:
        ids = list(session.scalars(select(Registration.id).where(Registration.tournament_id == tournament_id)))
        found = session.execute(select(Match.id, Match.state).where(Match.tournament_id == tournament_id)).all()
    waiting = [match_id for match_id, state in found if state == "scheduled"]
    played = [match_id for match_id, state in found if state in {"completed", "cancelled"}]
    if not waiting:
        fixtures = [Fixture(label=f"More {number}") for number in range(BURST)]
        waiting = matches.schedule(tournament_id, fixtures, actor=SYSTEM, now=utc_now())
    done: list[MatchOutcome] = []
    for match_id in waiting[: chance.randint(1, BURST)]:
        # The other referee may have been quicker.
        with suppress(Conflict):
            done.append(results.confirm(match_id, random_lines(ids, chance), actor=SYSTEM, now=utc_now()))
    if played and chance.random() < 0.5:
        with suppress(Conflict):
            done.append(changed(chance.choice(played), ids, chance))
    return [f"{outcome.match_id} {outcome.revision}" for outcome in done]


def changed(match_id: int, ids: list[int], chance: random.Random) -> MatchOutcome:
    """Void a played match, or give it another result."""
    if chance.random() < 0.3:
        return results.void(match_id, reason=REASON, actor=SYSTEM, now=utc_now())
    return results.correct(match_id, random_lines(ids, chance), reason=REASON, actor=SYSTEM, now=utc_now())


def random_lines(ids: list[int], chance: random.Random) -> list[BattleRoyaleLine]:
    """Everybody in random order with random kills."""
    order = chance.sample(ids, len(ids))
    return [BattleRoyaleLine(who, place, chance.randint(0, 9)) for place, who in enumerate(order, start=1)]


if __name__ == "__main__":
    main()
