"""A referee who never stops: confirms, corrects and voids in bursts until killed. What came back is written down."""

import os
import random
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from sqlalchemy import select

from tests.arenas import REASON
from webapp import connect_doorbell, create_app
from webapp.domain.errors import Conflict
from webapp.domain.scoring import BattleRoyaleLine
from webapp.extensions import db
from webapp.models import Match, Registration
from webapp.services.matches import matches, results
from webapp.services.matches.confirmation import MatchOutcome
from webapp.services.matches.matches import Fixture
from webapp.services.spine import log
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.tournaments import organizer_notices

BURST = 12
ANNOUNCED = 0.1
AT_WORK = "at work"
TAKEN_BACK = "taken back"
"""What the log must never tell: it is recorded only by transactions that are rolled back."""


class ChangeOfMindError(Exception):
    """Raised in the last moment of a transaction."""


def main() -> None:
    """`python -m tests.chaos.producer FILE SEED TOURNAMENT …`."""
    written, seed, tournament_ids = Path(sys.argv[1]), sys.argv[2], [int(word) for word in sys.argv[3:]]
    chance = random.Random(f"{seed}-{os.getpid()}")
    app = create_app()
    connect_doorbell(app)
    print(AT_WORK, flush=True)
    with written.open("a", encoding="ascii") as file:
        while True:
            with app.app_context():
                for word in burst(chance.choice(tournament_ids), chance):
                    file.write(word + "\n")
                    file.flush()
                db.session.remove()
            time.sleep(chance.uniform(0.1, 0.8))


def burst(tournament_id: int, chance: random.Random) -> Iterator[str]:
    """Some confirmations, now and then a correction, a void or a change of mind; a line for each that came back."""
    with read_snapshot() as session:
        ids = list(session.scalars(select(Registration.id).where(Registration.tournament_id == tournament_id)))
        found = session.execute(select(Match.id, Match.state).where(Match.tournament_id == tournament_id)).all()
    waiting = [match_id for match_id, state in found if state == "scheduled"]
    played = [match_id for match_id, state in found if state in {"completed", "cancelled"}]
    if len(waiting) < BURST:
        fixtures = [Fixture(label=f"More {number}") for number in range(BURST)]
        waiting += matches.schedule(tournament_id, fixtures, actor=SYSTEM, now=utc_now())
    for match_id in waiting[: chance.randint(1, BURST)]:
        # The other referee may have been quicker.
        with suppress(Conflict):
            yield told(results.confirm(match_id, random_lines(ids, chance), actor=SYSTEM, now=utc_now()))
        if chance.random() < 0.1:
            change_mind(tournament_id)
            yield TAKEN_BACK
    if chance.random() < ANNOUNCED:
        organizer_notices.publish(
            tournament_id, "The next lobby opens soon.", audience="all", actor=SYSTEM, now=utc_now()
        )
    if played and chance.random() < 0.5:
        with suppress(Conflict):
            yield told(changed(chance.choice(played), ids, chance))


def told(outcome: MatchOutcome) -> str:
    return f"{outcome.match_id} {outcome.revision}"


def changed(match_id: int, ids: list[int], chance: random.Random) -> MatchOutcome:
    """Void a played match, or give it another result."""
    if chance.random() < 0.3:
        return results.void(match_id, reason=REASON, actor=SYSTEM, now=utc_now())
    return results.correct(match_id, random_lines(ids, chance), reason=REASON, actor=SYSTEM, now=utc_now())


def change_mind(tournament_id: int) -> None:
    """Write an event and roll it back."""
    with suppress(ChangeOfMindError), transaction() as session:
        tournament = log.lock_tournament(session, tournament_id)
        log.record(session, tournament, "tournament_updated", {"changed": [TAKEN_BACK]}, actor=SYSTEM, now=utc_now())
        session.flush()
        raise ChangeOfMindError


def random_lines(ids: list[int], chance: random.Random) -> list[BattleRoyaleLine]:
    """Everybody in random order with random kills."""
    order = chance.sample(ids, len(ids))
    return [BattleRoyaleLine(who, place, chance.randint(0, 9)) for place, who in enumerate(order, start=1)]


if __name__ == "__main__":
    main()
