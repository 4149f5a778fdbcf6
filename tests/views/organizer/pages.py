"""What tests of an organizer's pages share."""

import re
from html import unescape

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.arenas import OPENED_AT
from tests.personas import Persona
from webapp.models import TournamentOfficial
from webapp.services.spine.transaction import transaction
from webapp.services.tournaments import tournaments

PLAIN = {"points_per_kill": 1, "placement_points": [10, 6]}


def draft(owner: Persona, name: str = "Harbor Cup", **details: object) -> int:
    given: dict[str, object] = {"game": "pubgm", "format": "battle-royale", "ruleset": PLAIN}
    return tournaments.create(name, actor=owner.actor, now=OPENED_AT, **(given | details))  # type: ignore[arg-type]  # details of all kinds


def referee(who: Persona, tournament_id: int) -> None:
    with transaction() as session:
        row = TournamentOfficial(tournament_id=tournament_id, user_id=who.user_id, role="referee", created_at=OPENED_AT)
        session.add(row)


def said(answer: TestResponse) -> str:
    """The text of a page in one line, without its tags."""
    text = re.sub(r"<(script|style)\b.*?</\1>", " ", answer.text, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


def assert_only_for_its_officials(path: str, olga: Persona, otto: Persona, pat: Persona, vic: FlaskClient) -> None:
    """Its organizer sees it, another organizer is told that there is nothing, a player may not, nobody must log in."""
    assert olga.get(path).status_code == 200
    assert otto.get(path).status_code == 404
    assert pat.get(path).status_code == 403
    answer = vic.get(path)
    assert (answer.status_code, answer.headers["Location"].startswith("/login/")) == (303, True)
