from flask.testing import FlaskClient
from sqlalchemy import select

from tests.arenas import OPENED_AT, REASON, open_battle_royale
from tests.personas import Persona
from tests.statements import count_statements
from tests.trail import trail
from tests.views.organizer.pages import assert_only_for_its_officials, draft, referee, said
from webapp.models import Match
from webapp.services.matches import matches, results
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot
from webapp.services.tournaments import tournaments


def path_of(tournament_id: int, rest: str = "") -> str:
    return f"/organizer/tournaments/{tournament_id}/matches/{rest}"


def listed() -> list[tuple[object, ...]]:
    with read_snapshot() as session:
        rows = session.execute(select(Match.label, Match.map, Match.state, Match.scheduled_at).order_by(Match.id))
        return [(*row[:3], row[3] and row[3].strftime("%d %H:%M")) for row in rows]


def test_it_is_for_its_officials(olga: Persona, otto: Persona, pat: Persona, vic: FlaskClient) -> None:
    tournament_id = draft(olga)
    assert_only_for_its_officials(path_of(tournament_id), olga, otto, pat, vic)
    form = {"count": "1", "zone": "UTC"}
    assert otto.post(path_of(tournament_id), form).status_code == 404
    assert pat.post(path_of(tournament_id), form).status_code == 403
    assert listed() == []


def test_lobbies_are_planned_one_after_the_other_and_more_added(olga: Persona) -> None:
    tournament_id = draft(olga)
    form = {
        "count": "3", "first_at": "2026-12-01T23:45", "zone": "Europe/Berlin", "every_minutes": "40",
        "maps": "Erangel, Miramar,,",
    }  # fmt: skip
    answer = olga.post(path_of(tournament_id), form)
    assert (answer.status_code, answer.headers["Location"]) == (303, path_of(tournament_id))
    assert listed() == [
        ("Match 1", "Erangel", "scheduled", "01 22:45"),
        ("Match 2", "Miramar", "scheduled", "01 23:25"),
        ("Match 3", "Erangel", "scheduled", "02 00:05"),
    ]
    olga.post(path_of(tournament_id), {"count": "1", "zone": "UTC", "first_at": "", "maps": ""})
    assert listed()[3] == ("Match 4", None, "scheduled", None)
    assert "One match is added." in said(olga.get(path_of(tournament_id)))


def test_what_cannot_be_planned_is_said_beside_the_field(olga: Persona) -> None:
    tournament_id = draft(olga)
    wrong = olga.post(path_of(tournament_id), {"count": "0", "first_at": "soon", "zone": "UTC", "maps": "Erangel"})
    assert wrong.status_code == 422
    assert "Number must be between 1 and 100" in said(wrong)
    assert "Write day and time" in said(wrong)
    assert 'value="Erangel"' in wrong.text
    tournaments.cancel(tournament_id, reason=REASON, actor=SYSTEM, now=OPENED_AT)
    over = olga.post(path_of(tournament_id), {"count": "1", "zone": "UTC"})
    assert over.status_code == 409
    assert "no match can be added any more" in said(over)
    assert listed() == []


def test_a_match_starts_and_is_cancelled_with_a_reason(olga: Persona, otto: Persona) -> None:
    arena = open_battle_royale(squads=2, lobbies=2, organizer_id=olga.user_id)
    other = open_battle_royale(name="Others", squads=2, lobbies=1, organizer_id=olga.user_id)
    first, second = arena.match_ids
    assert olga.post(path_of(arena.tournament_id, f"{other.match_ids[0]}/start/")).status_code == 404
    assert otto.post(path_of(arena.tournament_id, f"{first}/start/")).status_code == 404
    assert olga.post(path_of(arena.tournament_id, f"{first}/start/")).status_code == 303
    short = olga.post(path_of(arena.tournament_id, f"{second}/cancel/"), {"reason": "rain"})
    assert short.status_code == 422
    assert ">rain</textarea>" in short.text
    assert olga.post(path_of(arena.tournament_id, f"{second}/cancel/"), {"reason": REASON}).status_code == 303
    assert [row[2] for row in listed()] == ["live", "cancelled", "scheduled"]
    again = olga.post(path_of(arena.tournament_id, f"{second}/start/"))
    assert again.status_code == 409
    assert "A match that is cancelled cannot become live" in said(again)


def test_label_map_and_start_of_a_match_are_changed(
    olga: Persona, otto: Persona, pat: Persona, vic: FlaskClient
) -> None:
    tournament_id = draft(olga)
    begins = OPENED_AT.replace(second=17)
    (match_id,) = matches.schedule(tournament_id, [matches.Fixture("One", begins)], actor=SYSTEM, now=OPENED_AT)
    path = path_of(tournament_id, f"{match_id}/edit/")
    assert_only_for_its_officials(path, olga, otto, pat, vic)
    assert olga.get(path_of(draft(olga, "Other"), f"{match_id}/edit/")).status_code == 404
    same = {"label": "One", "map": "", "scheduled_at": begins.strftime("%Y-%m-%dT%H:%M"), "zone": "UTC"}
    assert "nothing is changed" in said(olga.get(olga.post(path, same).headers["Location"]))
    with trail() as found:
        answer = olga.post(
            path, {"label": "Opener", "map": "Miramar", "scheduled_at": "2026-12-01T10:00", "zone": "UTC"}
        )
    assert (answer.status_code, answer.headers["Location"]) == (303, path_of(tournament_id))
    assert listed() == [("Opener", "Miramar", "scheduled", "01 10:00")]
    assert found.events == [("match_scheduled", {"match_ids": [match_id]})]
    assert [action for action, _ in found.audited] == ["match.updated"]
    for wrong in ({"label": "x" * 81}, {"map": "a\u202eb"}, {"scheduled_at": "0001-01-01T00:00"}):
        refused = olga.post(path, same | wrong)
        assert refused.status_code == 422
        assert "field__error" in refused.text
    assert listed() == [("Opener", "Miramar", "scheduled", "01 10:00")]


def test_a_match_that_has_begun_keeps_its_start(olga: Persona) -> None:
    arena = open_battle_royale(squads=2, lobbies=1, organizer_id=olga.user_id)
    matches.start_match(arena.match_ids[0], actor=SYSTEM, now=OPENED_AT)
    path = path_of(arena.tournament_id, f"{arena.match_ids[0]}/edit/")
    assert 'name="scheduled_at"' not in olga.get(path).text
    assert olga.post(path, {"label": "Now", "map": ""}).status_code == 303
    assert listed()[0][0] == "Now"


def test_a_match_with_a_result_is_not_cancelled_here(olga: Persona) -> None:
    arena = open_battle_royale(squads=2, lobbies=1, organizer_id=olga.user_id)
    match_id = arena.match_ids[0]
    results.confirm(match_id, arena.lines(match_id), actor=SYSTEM, now=OPENED_AT)
    answer = olga.post(path_of(arena.tournament_id, f"{match_id}/cancel/"), {"reason": REASON})
    assert answer.status_code == 409
    assert "Cancel …" not in said(olga.get(path_of(arena.tournament_id)))


def test_a_referee_may_plan_and_start(olga: Persona, otto: Persona) -> None:
    arena = open_battle_royale(squads=2, lobbies=1, organizer_id=olga.user_id)
    referee(otto, arena.tournament_id)
    assert otto.post(path_of(arena.tournament_id, f"{arena.match_ids[0]}/start/")).status_code == 303


def test_more_matches_cost_no_more_queries(olga: Persona) -> None:
    counts = []
    for size in (1, 3):
        arena = open_battle_royale(name=f"Cup {size}", squads=2, lobbies=size, organizer_id=olga.user_id)
        for match_id in arena.match_ids:
            results.confirm(match_id, arena.lines(match_id), actor=SYSTEM, now=OPENED_AT)
        matches.schedule(arena.tournament_id, [matches.Fixture("Next")] * size, actor=SYSTEM, now=OPENED_AT)
        olga.get(path_of(arena.tournament_id))
        with count_statements() as found:
            olga.get(path_of(arena.tournament_id))
        counts.append(len(found))
    assert counts[0] == counts[1]


def test_the_address_of_a_stream_is_one_of_the_web_and_leads_there_from_the_match(
    olga: Persona, client: FlaskClient
) -> None:
    arena = open_battle_royale(squads=2, lobbies=1, organizer_id=olga.user_id)
    path = path_of(arena.tournament_id, f"{arena.match_ids[0]}/edit/")
    form = {"label": "Match 1", "map": "", "zone": "UTC"}
    match_page = f"/spectator/matches/{arena.match_ids[0]}/"
    for wrong in ("javascript:alert(1)", "ftp://example.org/x", "twitch.tv/x", 'https://a.example/"onx', "https://"):
        refused = olga.post(path, form | {"stream_url": wrong})
        assert (refused.status_code, "must be an address of the web" in refused.text) == (422, True), wrong
    assert "Watch the stream" not in client.get(match_page).text
    assert olga.post(path, form | {"stream_url": " https://www.example.org/live?a=1&b=2 "}).status_code == 303
    page = client.get(match_page).text
    assert 'href="https://www.example.org/live?a=1&amp;b=2"' in page
    assert 'rel="noopener nofollow ugc"' in page
    assert 'value="https://www.example.org/live?a=1&amp;b=2"' in olga.get(path).text
