"""DeltaCrown: a self-hosted esports tournament platform."""

from flask import Flask

from webapp import collector, models  # noqa: F401  (the tables must be known before the first session)
from webapp.config import ROOT, Settings
from webapp.extensions import db, engine_options
from webapp.logging import configure_logging
from webapp.services.accounts import links
from webapp.services.files import uploads
from webapp.services.operations import mail
from webapp.services.spine import doorbell, precedence, redis_link, relay
from webapp.services.spine.clock import utc_now
from webapp.services.webhooks import addresses, policies, sealing


def create_app(settings: Settings | None = None) -> Flask:
    """Build the application; opens no connection and never migrates."""
    app = create_bare_app(settings)
    with collector.resting():
        from webapp import whole  # noqa: PLC0415  (half of a worker's start would go into pages that it never serves)

    whole.complete(app)
    return app


def create_bare_app(settings: Settings | None = None) -> Flask:
    """The application without pages and commands: all that jobs need."""
    settings = settings or Settings.from_environment()
    app = Flask(__name__, root_path=str(ROOT), instance_path=str(settings.instance_path))
    app.config.update(
        SETTINGS=settings,
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings.database_url),
    )
    connect_process(settings)
    db.init_app(app)
    return app


def connect_process(settings: Settings) -> None:
    """Set up what a process has one of, whatever applications it builds: log, Redis, links, mail, files, webhooks."""
    configure_logging(settings)
    redis_link.connect(settings.redis_url)
    links.connect(secret_key=settings.secret_key, base_url=settings.base_url)
    mail.connect(settings.mail_url, base_url=settings.base_url)
    uploads.connect(settings.instance_path / "uploads")
    precedence.connect(settings.instance_path)
    sealing.connect(secret_key=settings.secret_key)
    addresses.connect(allow_private=settings.webhook_allow_private, https_only=settings.production)
    policies.connect(delays_s=settings.webhook_retry_delays, timeout_s=settings.webhook_timeout)


def connect_doorbell(app: Flask) -> None:
    """Let this process dispatch what its commits make due, in a thread of its own, instead of waiting for the sweep."""

    def answer() -> None:
        with app.app_context():
            relay.answer_doorbell(utc_now)

    doorbell.connect(answer)


collector.resume()
