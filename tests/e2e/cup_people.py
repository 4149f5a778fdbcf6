"""The people of a cup: captains with teams, those in browsers of their own, and those who come by the services alone."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from playwright.sync_api import Browser, BrowserContext, Page, Response
from sqlalchemy import func, select

from tests.e2e.accounts import enter, make_account
from tests.entering import line_up, players, team
from tests.servers.browser import PageComplaints
from tests.servers.web import LiveSite
from webapp.models import Payment, Team, TeamMember, User
from webapp.services.registration import entries, payments
from webapp.services.registration.entries import Entry
from webapp.services.spine.actors import Actor
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot, transaction

GAME = "valorant"
SIZE = 5
_FAILURE = 500


@dataclass
class People:
    """Whoever looks at the site, each in a browser profile of their own; what pages must never do is noted."""

    site: LiveSite
    chromium: Browser
    contexts: list[BrowserContext] = field(default_factory=list)
    complaints: list[PageComplaints] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def page(self, *, width: int = 1280) -> Page:
        """A page of somebody who is not logged in."""
        context = self.chromium.new_context(viewport={"width": width, "height": 844}, reduced_motion="reduce")
        context.set_default_timeout(30_000)
        page = context.new_page()
        self.contexts.append(context)
        self.complaints.append(PageComplaints(page))
        page.on("response", self._note)
        return page

    def logged_in(self, name: str, role: str, path: str, *, width: int = 1280) -> Page:
        """A page of a new account, at `path`."""
        make_account(self.site, name, role)
        page = self.page(width=width)
        enter(page, self.site, name, path)
        return page

    def leave(self) -> list[str]:
        """Close every browser; what their pages should not have done."""
        for context in self.contexts:
            context.close()
        return [words for complaints in self.complaints for words in complaints.found] + self.failures

    def _note(self, response: Response) -> None:
        if response.status >= _FAILURE:
            self.failures.append(f"{response.status}: {response.url}")


def register_others(site: LiveSite, tournament_id: int, names: Sequence[str], answers: dict[str, str]) -> None:
    """Teams whose captains register them by the services that the page uses, and say that they have paid."""
    with site.app.app_context():
        for name in names:
            people = _new_players(SIZE)
            team_id = team(people[0], people[1:], name=name, game=GAME)
            entry = Entry(team_id=team_id, players=line_up(people), answers=answers, waitlist=True)
            entered = entries.register(tournament_id, entry, actor=people[0], now=utc_now())
            if entered.status == "pending":
                payments.submit_proof(
                    _payment_of(entered.registration_id), method="Mobile wallet", reference=f"TX-{team_id:04}",
                    proof=None, actor=people[0], now=utc_now(),
                )  # fmt: skip


def fill_up(site: LiveSite, team_name: str) -> list[str]:
    """Friends who join a team of two, so that it can line up; their handles."""
    with site.app.app_context():
        with read_snapshot() as session:
            found = session.scalars(select(Team).where(Team.name == team_name)).one()
        friends = _new_players(SIZE - 2)
        with transaction() as session:
            session.add_all(
                TeamMember(
                    team_id=found.id, user_id=friend.user_id, game=GAME, role="player", joined_at=utc_now()
                )
                for friend in friends
            )  # fmt: skip
            return [session.get_one(User, friend.user_id).handle for friend in friends]


def _new_players(count: int) -> list[Actor]:
    with read_snapshot() as session:
        known = session.scalar(select(func.count()).select_from(User)) or 0
    return players(count, first=known + 1)


def _payment_of(registration_id: int) -> int:
    with read_snapshot() as session:
        return session.scalars(select(Payment.id).where(Payment.registration_id == registration_id)).one()
