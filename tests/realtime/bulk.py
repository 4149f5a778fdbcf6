"""A long log in a moment."""

from webapp.services import log
from webapp.services.actors import SYSTEM
from webapp.services.clock import utc_now
from webapp.services.log import Fact
from webapp.services.transaction import transaction


def append_numbers(tournament_id: int, count: int) -> int:
    """So many more facts in the log; the last number."""
    with transaction() as session:
        tournament = log.lock_tournament(session, tournament_id)
        facts = [Fact("tournament_updated", {"changed": ["name"]}) for _ in range(count)]
        return log.record_many(session, tournament, facts, actor=SYSTEM, now=utc_now(), announce=True)
