"""Applications that one test after the other uses: to build one takes longer than most tests.

What a test can leave in an application is taken out of it: its configuration, what the fragment layer and the limits
have counted, and its open connections. What belongs to the process (log, Redis, mail) is set anew for each test.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask
from limits.storage import MemoryStorage

from webapp import connect_process, create_app
from webapp.config import Settings
from webapp.extensions import db
from webapp.services.operations import flags
from webapp.services.spine import doorbell, redis_link
from webapp.views.fragment_layer import FragmentLayer
from webapp.views.limits import limiter


@dataclass(frozen=True)
class _Kept:
    app: Flask
    config: Mapping[str, Any]


class KeptApps:
    """One application for each settings that tests ask for; those with a Redis are built anew each time."""

    def __init__(self) -> None:
        self._kept: dict[Settings, _Kept] = {}

    def take(self, settings: Settings) -> Flask:
        """An application with these settings, as new."""
        kept = self._kept.get(settings)
        # Limits are counted where the application that was built last wanted it: in memory here, for no Redis is kept.
        if kept is None or not isinstance(limiter.storage, MemoryStorage):
            app = create_app(settings)
            if settings.redis_url is None:
                self._kept[settings] = _Kept(app, dict(app.config))
            return app
        connect_process(settings)
        limiter.reset()
        kept.app.config.clear()
        kept.app.config.update(kept.config)
        layer: FragmentLayer = kept.app.extensions["fragment_layer"]
        layer.forget()
        return kept.app


def close(app: Flask) -> None:
    """Give back what an application holds beyond its contexts: connections, and what is one a process."""
    with app.app_context():
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()
    doorbell.connect(None)
    redis_link.connect(None)
    flags.forget()
