from flask.testing import FlaskClient

from tests.arenas import OPENED_AT, open_battle_royale
from tests.personas import Persona
from tests.statements import count_statements
from tests.views.organizer.pages import draft, referee, said
from tests.views.organizer.test_match_desk import owned
from webapp.models import Match, Payment, Registration
from webapp.services.matches import reporting
from webapp.services.spine.transaction import transaction


def test_the_dashboard_says_what_needs_its_organizer(olga: Persona, otto: Persona) -> None:
    assert "Make your first tournament" in said(olga.get("/organizer/"))
    arena = open_battle_royale(name="Playing", squads=3, lobbies=1, organizer_id=olga.user_id)
    draft(olga, "Bare <i>Cup</i>")
    page = olga.get("/organizer/")
    assert "Playing Match 1 is the next without a result Enter the result" in said(page)
    assert f"/organizer/matches/{arena.match_ids[0]}/grid/" in page.text
    assert "Bare &lt;i&gt;Cup&lt;/i&gt;" in page.text
    assert "Nobody is registered" in page.text
    assert "Playing" not in otto.get("/organizer/").text


def test_it_is_for_organizers(pat: Persona, sam: Persona, vic: FlaskClient) -> None:
    assert pat.get("/organizer/").status_code == 403
    assert sam.get("/organizer/").status_code == 200
    assert vic.get("/organizer/").headers["Location"] == "/login/?next=/organizer/"


def test_it_takes_few_queries_whatever_their_number(olga: Persona) -> None:
    open_battle_royale(name="One", lobbies=1, organizer_id=olga.user_id)
    olga.get("/organizer/")
    with count_statements() as with_one:
        olga.get("/organizer/")
    for name in ("Two", "Three"):
        open_battle_royale(name=name, lobbies=1, organizer_id=olga.user_id)
    with count_statements() as with_three:
        olga.get("/organizer/")
    assert len(with_one) == len(with_three)
    # PostgreSQL is told besides that what follows reads one state.
    assert len([statement for statement in with_three if statement.startswith("SELECT")]) < 10


def test_what_waits_is_counted_and_leads_to_where_it_is_done(olga: Persona, otto: Persona) -> None:
    contest = owned(olga, name="Waiting")
    referee(otto, contest.tournament_id)
    reporting.submit(contest.match_id, contest.games(0, 0), actor=contest.alice, now=OPENED_AT)
    with transaction() as session:
        session.get_one(Match, contest.match_ids[1]).scheduled_at = OPENED_AT
        # One waits for the payment alone, one for the decision.
        late, asks = (
            Registration(tournament_id=contest.tournament_id, status="submitted", user_id=who.user_id)
            for who in (contest.stranger, contest.bob)
        )
        session.add_all([late, asks])
        session.flush()
        session.add(
            Payment(
                tournament_id=contest.tournament_id, registration_id=late.id, amount=1, currency="EUR",
                state="submitted", created_at=OPENED_AT,
            )
        )  # fmt: skip
    page = said(olga.get("/organizer/"))
    for words in (
        "1 reported result is not confirmed", "1 payment waits to be verified",
        "1 registration waits for a decision", "2 matches have no time",
    ):  # fmt: skip
        assert words in page
    of_referee = said(otto.get("/organizer/"))
    assert "1 reported result is not confirmed" in of_referee
    assert "payment" not in of_referee
    assert f"/organizer/tournaments/{contest.tournament_id}/control/" in otto.get("/organizer/").text
