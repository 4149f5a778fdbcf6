"""A long log in a moment."""

from webapp.services.spine import log
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.clock import utc_now
from webapp.services.spine.log import Fact
from webapp.services.spine.transaction import transaction


def append_numbers(tournament_id: int, count: int) -> int:
    """So many more facts in the log; the last number."""
    with transaction() as session:
        tournament = log.lock_tournament(session, tournament_id)
        facts = [Fact("tournament_updated", {"changed": ["name"]}) for _ in range(count)]
        return log.record_many(session, tournament, facts, actor=SYSTEM, now=utc_now(), announce=True)
