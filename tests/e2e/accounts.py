"""Accounts on a running site, and browsers that log in to them by the form."""

from playwright.sync_api import Page
from sqlalchemy import select

from tests.personas import PASSWORD
from tests.servers.web import LiveSite
from webapp.models import User
from webapp.services.accounts import users
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot


def make_account(site: LiveSite, name: str, role: str) -> int:
    """An account of the given role on the site, whoever made it; returns its id."""
    email = f"{name}@example.org"
    with site.app.app_context():
        with read_snapshot() as session:
            known = session.scalar(select(User.id).where(User.email == email, User.role == role))
        return known or users.create_user(
            email=email, handle=name.title(), role=role, password=PASSWORD, actor=SYSTEM, now=utc_now()
        )


def enter(page: Page, site: LiveSite, name: str, path: str) -> None:
    """Log in by the form, which leads to `path`."""
    page.goto(f"{site.url}/login/?next={path}")
    page.get_by_label("Email address").fill(f"{name}@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Log in").click()
    page.wait_for_url(f"**{path}")
