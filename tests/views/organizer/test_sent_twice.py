"""A double click makes one tournament, one match, one penalty."""

import re
import threading
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from tests.arenas import REASON, open_battle_royale
from tests.personas import Persona
from tests.views.organizer.pages import draft
from webapp.models import Adjustment, Match, Tournament
from webapp.services.spine.transaction import read_snapshot


def number_of(table: Any) -> int:
    with read_snapshot() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def key_on(who: Persona, path: str) -> str:
    found = re.search(r'name="form_key" value="([^"]+)"', who.get(path).text)
    assert found
    return found[1]


def test_the_same_form_is_taken_once_and_leads_to_the_same_page(olga: Persona) -> None:
    path = "/organizer/tournaments/new/"
    form = {"name": "Cup", "game": "pubgm", "visibility": "public", "zone": "UTC", "table": "super", "order": "preset"}
    form["form_key"] = key_on(olga, path)
    first, second = olga.post(path, form), olga.post(path, form)
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.headers["Location"] == second.headers["Location"]
    assert number_of(Tournament) == 1
    # Gone back and changed, it is another form; so is one that is shown anew.
    assert olga.post(path, form | {"name": "Second"}).status_code == 303
    assert olga.post(path, form | {"form_key": key_on(olga, path)}).status_code == 303
    assert number_of(Tournament) == 3


def test_a_refused_form_may_come_again(olga: Persona) -> None:
    arena = open_battle_royale(squads=1, lobbies=0, organizer_id=olga.user_id)
    base = f"/organizer/tournaments/{arena.tournament_id}/participants/"
    path = f"{base}{arena.participant_ids[0]}/adjust/"
    form = {"kind": "penalty", "points": "3", "reason": "short", "form_key": key_on(olga, base)}
    assert [olga.post(path, form).status_code for _ in range(2)] == [422, 422]
    right = form | {"reason": REASON}
    assert [olga.post(path, right).status_code for _ in range(2)] == [303, 303]
    assert number_of(Adjustment) == 1


def test_two_at_the_same_moment_are_one(app: Flask, olga: Persona) -> None:
    tournament_id = draft(olga)
    path = f"/organizer/tournaments/{tournament_id}/matches/"
    form = {"count": "2", "zone": "UTC", "form_key": key_on(olga, path)}
    token = {"X-CSRFToken": re.search(r'"X-CSRFToken": "([^"]+)"', olga.get(path).text)[1]}  # type: ignore[index]  # it is there
    cookies = [olga.client.get_cookie(name) for name in ("dc_session", "dc_form")]
    answers: list[int] = []

    def send() -> None:
        client = app.test_client()
        for cookie in cookies:
            assert cookie is not None
            client.set_cookie(cookie.key, cookie.value)
        answers.append(client.post(path, data=form, headers=token).status_code)

    threads = [threading.Thread(target=send) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [303, 303, 303]
    assert number_of(Match) == 2
