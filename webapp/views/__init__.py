"""HTTP: pages, fragments, health. A view loads, calls one service, renders."""

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from webapp.config import Settings
from webapp.views import (
    access,
    api,
    auth,
    csrf,
    embed,
    files,
    fragments,
    health,
    limits,
    locales,
    me,
    metrics,
    organizer,
    overlay,
    public,
    spectator,
    staff,
    teams,
    unsubscribe,
)
from webapp.views.assets import init_assets
from webapp.views.presentation import init_presentation
from webapp.views.security import init_security


def init_views(app: Flask, settings: Settings) -> None:
    """Serve every page of the site."""
    init_assets(app)
    locales.init_locales(app, production=settings.production)
    init_presentation(app, base_url=settings.base_url)
    init_security(app, production=settings.production)
    csrf.init_csrf(app, production=settings.production)
    limits.init_limits(app, settings.redis_url)
    access.init_access(app)
    files.init_files(app)
    app.register_blueprint(health.bp)
    app.register_blueprint(metrics.bp)
    for area in (public, spectator, overlay, embed, auth, me, unsubscribe, teams, organizer, staff, api):
        area.register(app)
    fragments.register(app)
    access.ensure_declared(app)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]  # the way Flask documents
