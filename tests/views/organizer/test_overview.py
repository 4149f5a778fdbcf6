from flask.testing import FlaskClient
from sqlalchemy import select

from tests.arenas import OPENED_AT, REASON, ended_at, open_battle_royale, turn_on_the_engine
from tests.personas import Persona
from tests.statements import count_statements
from tests.views.organizer.pages import assert_only_for_its_officials, draft, referee, said
from webapp.domain.scoring import BattleRoyaleLine
from webapp.models import AuditEntry, Tournament
from webapp.services.matches import matches, results
from webapp.services.ranking import ranking
from webapp.services.registration import registrations
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot


def status_of(tournament_id: int) -> str:
    with read_snapshot() as session:
        return session.get_one(Tournament, tournament_id).status


def path_of(tournament_id: int, rest: str = "") -> str:
    return f"/organizer/tournaments/{tournament_id}/{rest}"


def test_it_is_for_its_officials(olga: Persona, otto: Persona, sam: Persona, pat: Persona, vic: FlaskClient) -> None:
    tournament_id = draft(olga)
    assert_only_for_its_officials(path_of(tournament_id), olga, otto, pat, vic)
    assert sam.get(path_of(tournament_id)).status_code == 200
    assert olga.get(path_of(999)).status_code == 404


def test_a_draft_says_what_is_missing_and_opens_with_one_button(olga: Persona) -> None:
    tournament_id = draft(olga)
    page = said(olga.get(path_of(tournament_id)))
    assert "Fewer than two take part" in page
    assert "No match is planned" in page
    assert "Open registration The rules are fixed from then on, and everybody can see the tournament." in page
    answer = olga.post(path_of(tournament_id, "open/"))
    assert (answer.status_code, answer.headers["Location"]) == (303, path_of(tournament_id))
    assert status_of(tournament_id) == "registration_open"
    opened = olga.get(path_of(tournament_id))
    assert "From now on the rules stand" in said(opened)
    assert "http://127.0.0.1:8000/tournaments/harbor-cup/" in opened.text
    assert "Start the tournament" in said(opened)


def test_from_open_to_completed(olga: Persona) -> None:
    turn_on_the_engine()
    tournament_id = draft(olga)
    ids = registrations.register(tournament_id, ["Alpha", "Beta"], actor=SYSTEM, now=OPENED_AT)
    (match_id,) = matches.schedule(tournament_id, [matches.Fixture("Final")], actor=SYSTEM, now=OPENED_AT)
    olga.post(path_of(tournament_id, "open/"))
    olga.post(path_of(tournament_id, "start/"))
    page = olga.get(path_of(tournament_id))
    assert "Final is the next without a result" in said(page)
    assert f"/organizer/matches/{match_id}/grid/" in page.text
    early = olga.post(path_of(tournament_id, "complete/"))
    assert early.status_code == 409
    assert "Matches are still open: 1" in said(early)
    lines = [BattleRoyaleLine(ids[0], 1, 3), BattleRoyaleLine(ids[1], 2, 0)]
    results.confirm(match_id, lines, actor=SYSTEM, now=ended_at(1))
    ranking.rank_due(tournament_id, now=ended_at(2))
    ready = said(olga.get(path_of(tournament_id)))
    assert "Complete the tournament" in ready
    assert "1st , gold Alpha 13 3 1" in ready
    assert olga.post(path_of(tournament_id, "complete/")).status_code == 303
    assert status_of(tournament_id) == "completed"
    assert "Archive it" in said(olga.get(path_of(tournament_id)))
    assert olga.post(path_of(tournament_id, "archive/")).status_code == 303
    assert "nothing can be changed any more" in said(olga.get(path_of(tournament_id)))


def test_an_impossible_step_says_so_and_changes_nothing(olga: Persona) -> None:
    tournament_id = draft(olga)
    answer = olga.post(path_of(tournament_id, "complete/"))
    assert answer.status_code == 409
    assert "A tournament that is draft cannot become completed" in said(answer)
    assert status_of(tournament_id) == "draft"


def test_cancelling_needs_a_reason_that_stays_on_record(olga: Persona) -> None:
    tournament_id = draft(olga)
    short = olga.post(path_of(tournament_id, "cancel/"), {"reason": "no"})
    assert short.status_code == 422
    assert "say why in 10 to 500 characters" in said(short)
    assert ">no</textarea>" in short.text
    assert olga.post(path_of(tournament_id, "cancel/"), {"reason": REASON}).status_code == 303
    assert status_of(tournament_id) == "cancelled"
    with read_snapshot() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "tournament.cancelled")).one()
        assert (entry.actor_id, entry.data["reason"]) == (olga.user_id, REASON)
    page = said(olga.get(path_of(tournament_id)))
    assert "Danger zone" not in page


def test_others_move_nothing(olga: Persona, otto: Persona, pat: Persona) -> None:
    tournament_id = draft(olga)
    for step in ("open/", "start/", "complete/", "archive/", "cancel/"):
        assert otto.post(path_of(tournament_id, step), {"reason": REASON}).status_code == 404
        assert pat.post(path_of(tournament_id, step), {"reason": REASON}).status_code == 403
        assert olga.client.post(path_of(tournament_id, step), data={"reason": REASON}).status_code == 400
    assert status_of(tournament_id) == "draft"


def test_a_referee_enters_results_and_takes_no_step(olga: Persona, otto: Persona) -> None:
    arena = open_battle_royale(squads=2, lobbies=1, organizer_id=olga.user_id)
    referee(otto, arena.tournament_id)
    page = said(otto.get(path_of(arena.tournament_id)))
    assert "Enter the result" in page
    assert "Danger zone" not in page
    assert "Import a file" not in page
    assert otto.post(path_of(arena.tournament_id, "cancel/"), {"reason": REASON}).status_code == 403


def test_more_matches_and_rows_cost_no_more_queries(olga: Persona) -> None:
    turn_on_the_engine()
    counts = []
    for size in (1, 3):
        arena = open_battle_royale(name=f"Cup {size}", squads=size, lobbies=size + 1, organizer_id=olga.user_id)
        for number, match_id in enumerate(arena.match_ids[:size], start=1):
            results.confirm(match_id, arena.lines(match_id), actor=SYSTEM, now=ended_at(number))
        ranking.rank_due(arena.tournament_id, now=ended_at(9))
        olga.get(path_of(arena.tournament_id))
        with count_statements() as found:
            olga.get(path_of(arena.tournament_id))
        # Flags are read again every half second, whoever asks.
        counts.append(len([statement for statement in found if "feature_flags" not in statement]))
    assert counts[0] == counts[1]
