"""The database's migrations, for the commands and the launcher that run them: everybody else starts without Alembic."""

from flask import Flask
from flask_migrate import Migrate

from webapp.config import ROOT
from webapp.extensions import db


def connect_migrations(app: Flask) -> None:
    """Let `flask_migrate` work on the application's database."""
    Migrate(app, db, directory=str(ROOT / "migrations"), render_as_batch=True, compare_type=True)
