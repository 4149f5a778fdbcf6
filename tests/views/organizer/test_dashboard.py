from flask.testing import FlaskClient

from tests.arenas import open_battle_royale
from tests.personas import Persona
from tests.statements import count_statements
from tests.views.organizer.pages import draft, said


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
    assert len([statement for statement in with_three if statement.startswith("SELECT")]) < 8
