"""What the application of web processes and of the command line has beyond that of workers."""

from flask import Flask

from webapp.cli import register_commands
from webapp.config import ROOT
from webapp.errors import init_errors
from webapp.extensions import db, migrate
from webapp.logging import init_request_logging
from webapp.views import init_views


def complete(app: Flask) -> None:
    """Give it its pages, its answers to errors and its commands."""
    migrate.init_app(app, db, directory=str(ROOT / "migrations"), render_as_batch=True, compare_type=True)
    init_request_logging(app)
    init_errors(app)
    init_views(app, app.config["SETTINGS"])
    register_commands(app)
