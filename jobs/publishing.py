"""Publishing after commit: run by the relay itself, since it is a few short calls to Redis."""

from jobs.context import outbox_job
from webapp.services.live import heads, rooms
from webapp.services.spine.crashpoints import crashpoint


@outbox_job
def publish_tournament(key: str) -> None:
    """Tell every web process how far a tournament's log has come, and what its watchers are to hear."""
    crashpoint("before_publish")
    heads.publish(int(key))
    rooms.publish(int(key))
    crashpoint("after_publish")
