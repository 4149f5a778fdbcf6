"""HTTP: pages, fragments, health. A view loads, calls one service, renders."""

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from webapp.config import Settings
from webapp.views import fragments, health, public, spectator
from webapp.views.assets import init_assets
from webapp.views.presentation import init_presentation
from webapp.views.security import init_security


def init_views(app: Flask, settings: Settings) -> None:
    """Serve every page of the site."""
    init_assets(app)
    init_presentation(app, base_url=settings.base_url)
    init_security(app, production=settings.production)
    app.register_blueprint(health.bp)
    public.register(app)
    spectator.register(app)
    fragments.register(app)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]  # the way Flask documents
