"""Checks that need the application but no test runner: `python -m tests.checks templates translations migrations`."""

import logging
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import flask_migrate
from alembic.script import ScriptDirectory
from flask import Flask
from jinja2 import TemplateError

from tests import catalogues
from webapp import create_app
from webapp.config import ROOT, Settings
from webapp.extensions import db


class CheckFailed(Exception):
    """What is wrong, on one line or a few."""


def check_templates(app: Flask) -> str:
    """Every template compiles."""
    names = app.jinja_env.list_templates()
    broken = []
    for name in names:
        try:
            app.jinja_env.get_template(name)
        except TemplateError as error:
            broken.append(f"{name}: {error}")
    if broken:
        raise CheckFailed("\n".join(broken))
    return f"{len(names)} templates compile"


def check_translations(_app: Flask) -> str:
    """Whatever readers are told is in the catalogue of every language, translated, with every value in its place."""
    found = [problem for code in catalogues.TRANSLATED for problem in catalogues.problems(code)]
    if found:
        raise CheckFailed("\n".join([*found, "`make translations` brings the catalogues up to date"]))
    return f"{len(catalogues.extracted())} messages are translated to {', '.join(catalogues.TRANSLATED)}"


def check_migrations(app: Flask) -> str:
    """There is one newest migration, and what the migrations make is what the models say."""
    heads = ScriptDirectory(str(ROOT / "migrations")).get_heads()
    if len(heads) != 1:
        raise CheckFailed(f"expected one newest migration, found {', '.join(sorted(heads)) or 'none'}")
    with app.app_context():
        flask_migrate.upgrade()
        try:
            flask_migrate.check()
        except SystemExit as error:
            raise CheckFailed(
                "models and migrations differ: make a migration with `flask --app wsgi db migrate`"
            ) from error
        finally:
            db.session.remove()
            db.engine.dispose()
    return f"the models match the migrations up to {heads[0]}"


CHECKS: dict[str, Callable[[Flask], str]] = {
    "templates": check_templates,
    "translations": check_translations,
    "migrations": check_migrations,
}


def main(names: list[str]) -> int:
    """Run the named checks; 1 when one of them fails."""
    logging.basicConfig(level=logging.WARNING)
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        database_url = f"sqlite:///{Path(folder) / 'check.sqlite3'}"
        app = create_app(Settings(secret_key="c" * 32, database_url=database_url, instance_path=Path(folder)))
        for name in names or CHECKS:
            try:
                print(f"{name}: {CHECKS[name](app)}")
            except CheckFailed as error:
                failed = True
                print(f"{name}: {error}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
