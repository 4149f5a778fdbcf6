"""A file of results on the page: looked at, corrected, confirmed, and never twice."""

import io
import re
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from tests.arenas import Arena, open_battle_royale
from tests.personas import Persona
from tests.trail import trail
from tests.views.organizer.pages import assert_only_for_its_officials, draft, referee, said
from webapp.models import Match, Registration, Result
from webapp.services.matches import results
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot
from webapp.services.tournaments import tournaments
from webapp.views.organizer.imports import LARGEST_UPLOAD

GOOD = "match,participant,placement,kills\n1,Squad 01,1,5\n1,Squad 02,2,1\n2,Squad 02,1,0\n"
BAD = "match,participant,placement,kills\n1,Squad 01,1,5\n1,Sqaud 02,2,1\n2,Squad 02,1,many\n"


def open_cup(olga: Persona, **details: Any) -> Arena:
    return open_battle_royale(squads=2, lobbies=1, organizer_id=olga.user_id, **details)


def path_of(arena: Arena) -> str:
    return f"/organizer/tournaments/{arena.tournament_id}/import/"


def upload(who: Persona, arena: Arena, text: str | bytes, **fields: str) -> TestResponse:
    raw = text.encode() if isinstance(text, str) else text
    return who.post(path_of(arena), {"file": (io.BytesIO(raw), "results.csv"), **fields})


def confirmed(who: Persona, arena: Arena, seen: TestResponse, **changes: str) -> TestResponse:
    """Press “Take it in” on the page that was shown."""
    start = seen.text.index('name="packed"')
    form = seen.text[seen.text.rindex("<form", 0, start) : seen.text.index("</form>", start)]
    hidden = {}
    for tag in re.findall(r"<input\b[^>]*>", form):
        name, value = (re.search(rf'\b{part}="([^"]*)"', tag) for part in ("name", "value"))
        if name and value:
            hidden[name[1]] = value[1]
    return who.post(path_of(arena), {**hidden, "confirm": "1", **changes})


def written() -> int:
    with read_snapshot() as session:
        return session.scalar(select(func.count()).select_from(Result)) or 0


def test_it_is_for_its_organizers(olga: Persona, otto: Persona, sam: Persona, pat: Persona, vic: FlaskClient) -> None:
    arena = open_cup(olga)
    assert_only_for_its_officials(path_of(arena), olga, otto, pat, vic)
    assert sam.get(path_of(arena)).status_code == 200
    for who, status in ((otto, 404), (pat, 403)):
        assert upload(who, arena, GOOD).status_code == status
        assert who.post(path_of(arena), {"pasted": GOOD, "confirm": "1"}).status_code in (status, 422)
    assert written() == 0
    una = otto
    referee(una, arena.tournament_id)
    assert una.get(path_of(arena)).status_code == 403


def test_a_file_is_looked_at_then_taken(olga: Persona) -> None:
    arena = open_cup(olga)
    with trail() as found:
        seen = upload(olga, arena, GOOD)
    assert (seen.status_code, found.events, found.audited) == (200, [], [])
    text = said(seen)
    assert "1 Match 1 was open Squad 01 2" in text
    assert "2 Match 2 new match Squad 02 1" in text
    answer = confirmed(olga, arena, seen)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/organizer/tournaments/{arena.tournament_id}/")
    assert "Taken in: 3 results of 2 matches." in said(olga.get(answer.headers["Location"]))
    assert written() == 3
    # A second press, and the same file again.
    assert confirmed(olga, arena, seen).status_code == 303
    assert "nothing would change" in said(upload(olga, arena, GOOD))
    assert written() == 3


def test_every_wrong_line_is_told_and_can_be_corrected_on_the_page(olga: Persona) -> None:
    arena = open_cup(olga)
    refused = upload(olga, arena, BAD)
    assert refused.status_code == 422
    text = said(refused)
    assert "2 lines of the file are wrong; nothing of it was taken." in text
    assert "3 participant “Sqaud 02” does not take part in this tournament; is “Squad 02” meant? 1,Sqaud 02,2,1" in text
    assert "4 kills “many” is not a whole number; write 0, 1, 2 … 2,Squad 02,1,many" in text
    assert "2,Squad 02,1,many\n</textarea>" in refused.text
    assert written() == 0
    seen = olga.post(path_of(arena), {"pasted": GOOD})
    assert confirmed(olga, arena, seen).status_code == 303
    assert written() == 3


def test_new_participants_are_added_when_ticked(olga: Persona) -> None:
    arena = open_cup(olga)
    text = GOOD + "2,Late <i>Ones,2,0\n"
    assert upload(olga, arena, text).status_code == 422
    seen = upload(olga, arena, text, adds_participants="y")
    assert "1 new participant: Late <i>Ones" in said(seen)
    assert "Late &lt;i&gt;Ones" in seen.text
    confirmed(olga, arena, seen)
    with read_snapshot() as session:
        assert session.scalar(select(func.count()).select_from(Registration)) == 3


def test_a_match_that_has_another_result_can_come_next_by_choice(olga: Persona) -> None:
    arena = open_cup(olga)
    match_id = arena.match_ids[0]
    results.confirm(match_id, arena.lines(match_id), actor=SYSTEM, now=utc_now())
    refused = upload(olga, arena, GOOD)
    assert refused.status_code == 422
    assert "match 1 has another result already" in said(refused)
    seen = upload(olga, arena, GOOD, numbers_on="yes")
    confirmed(olga, arena, seen)
    with read_snapshot() as session:
        assert list(session.scalars(select(Match.number).order_by(Match.number))) == [1, 2, 3]


def test_nobody_confirms_what_was_not_shown(olga: Persona) -> None:
    arena = open_cup(olga)
    seen = upload(olga, arena, GOOD, numbers_on="yes")
    match_id = arena.match_ids[0]
    results.confirm(match_id, arena.lines(match_id), actor=SYSTEM, now=utc_now())
    before = written()
    answer = confirmed(olga, arena, seen)
    assert answer.status_code == 409
    assert "The tournament has changed since you looked" in said(answer)
    for packed in ("", "%%%", "AAAA", "eJwDAAAAAAE="):
        assert confirmed(olga, arena, seen, packed=packed).status_code == 422
    assert written() == before


def test_a_tournament_that_is_not_live_takes_nothing(olga: Persona) -> None:
    tournament_id = draft(olga)
    arena = Arena(tournament_id, (), ())
    assert "Results are taken in while the tournament is live" in said(olga.get(path_of(arena)))
    assert upload(olga, arena, GOOD).status_code == 409
    tournaments.open_registration(tournament_id, actor=SYSTEM, now=utc_now())
    seen = upload(olga, arena, GOOD, adds_participants="y")
    assert "It can be taken in once the tournament is live" in said(seen)
    assert "Take it in" not in said(seen)


def test_nothing_and_what_is_no_file_are_refused_with_words(olga: Persona) -> None:
    arena = open_cup(olga)
    assert "Choose a file, or paste its rows below." in said(olga.post(path_of(arena), {"pasted": " "}))
    workbook = upload(olga, arena, b"PK\x03\x04rest")
    assert workbook.status_code == 422
    assert "is a workbook or an archive, not CSV" in said(workbook)
    assert upload(olga, arena, b"\xff\xfeh\x00").status_code == 422


def test_what_is_too_large_is_refused_before_it_is_read(olga: Persona) -> None:
    arena = open_cup(olga)
    for size in (LARGEST_UPLOAD + 1, LARGEST_UPLOAD * 4):
        body = (
            b'--b\r\nContent-Disposition: form-data; name="file"; filename="r.csv"\r\n\r\n'
            + b"x" * size
            + b"\r\n--b--\r\n"
        )
        answer = olga.post(
            path_of(arena),
            input_stream=io.BytesIO(body),
            content_length=len(body),
            content_type="multipart/form-data; boundary=b",
        )
        assert answer.status_code == 413
        assert "A file of results may have 2 MB here. Divide it by matches" in said(answer)
    # A large file within the limit is read; pasted, it is larger by the way that forms write it.
    rows = "".join(f"{number},Squad 01,1,0\n" for number in range(1, 60_000))
    text = "match,participant,placement,kills\n" + rows
    assert 1_000_000 < len(text) < LARGEST_UPLOAD
    assert olga.post(path_of(arena), {"pasted": text.replace(",1,0", ",1,x", 1)}).status_code == 422
