"""What the application of web processes and of the command line has beyond that of workers."""

from flask import Flask

from webapp.cli import register_commands
from webapp.errors import init_errors
from webapp.logging import init_request_logging
from webapp.migrating import connect_migrations
from webapp.views import init_views


def complete(app: Flask) -> None:
    """Give it its pages, its answers to errors and its commands."""
    connect_migrations(app)
    init_request_logging(app)
    init_errors(app)
    init_views(app, app.config["SETTINGS"])
    register_commands(app)
