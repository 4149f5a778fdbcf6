import re

import pytest
from flask import Flask
from sqlalchemy import select

from tests.arenas import REASON, Arena, ended_at, open_battle_royale, turn_on_the_engine
from tests.personas import HTMX, Persona
from tests.statements import count_statements
from tests.trail import trail
from webapp.domain.scoring import BattleRoyaleLine as Line
from webapp.models import Override
from webapp.services.matches import results
from webapp.services.operations import flags
from webapp.services.ranking import overrides, ranking
from webapp.services.registration import registrations
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot

RULES = {"placement_points": [12, 9, 7, 5, 4, 3], "points_per_kill": 1}


@pytest.fixture
def arena(app: Flask) -> Arena:
    """Six squads: Squad 01 leads, Squad 06 is last."""
    turn_on_the_engine()
    arena = open_battle_royale(RULES, squads=6, lobbies=2)
    lines = [Line(who, place, 0) for place, who in enumerate(arena.participant_ids, start=1)]
    results.confirm(arena.match_ids[0], lines, actor=SYSTEM, now=ended_at(1))
    ranking.rank_due(arena.tournament_id, now=ended_at(1))
    return arena


def path(arena: Arena, rest: str = "") -> str:
    return f"/staff/tournaments/{arena.tournament_id}/overrides/{rest}"


def typed(*placements: tuple[object, object], reason: str = REASON) -> dict[str, object]:
    form: dict[str, object] = {"reason": reason}
    for number, (who, rank) in enumerate(placements):
        form |= {f"placements-{number}-participant_id": who, f"placements-{number}-new_rank": rank}
    return form


def held(arena: Arena) -> dict[int, int]:
    with read_snapshot() as session:
        rows = select(Override.registration_id, Override.new_rank).where(Override.restored_at.is_(None))
        return {arena.participant_ids.index(who) + 1: rank for who, rank in session.execute(rows)}


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_the_form_lists_the_board_and_the_row_it_was_opened_for_is_chosen(arena: Arena, sam: Persona) -> None:
    who = arena.participant_ids[4]
    page = sam.get(path(arena, f"?participant={who}")).text
    assert "1. Squad 01 (12 points)" in page
    assert re.search(rf'<option selected value="{who}">5. Squad 05', page)
    assert "No placement of this tournament was ever set by hand." in page
    two = sam.get(path(arena, f"?participant={who}&participant={arena.participant_ids[0]}")).text
    assert len(re.findall("<option selected value=.\\d", two)) == 2


def test_staff_get_there_from_the_page_behind_the_row_of_the_board(arena: Arena, sam: Persona, pat: Persona) -> None:
    who = arena.participant_ids[4]
    row = f"/spectator/tournaments/{arena.tournament_id}/participants/{who}/"
    link = path(arena, f"?participant={who}")
    assert f'href="{link}"' in sam.get(row).text
    assert "/staff/" not in pat.get(row).text


def test_saving_leads_back_to_the_page_with_the_history(arena: Arena, sam: Persona) -> None:
    with trail() as found:
        answer = sam.post(path(arena), typed((arena.participant_ids[4], 2)))
    assert (answer.status_code, answer.headers["Location"]) == (303, path(arena))
    assert [action for action, _ in found.audited] == ["placement.overridden"]
    assert found.rows[0].actor_id == sam.user_id
    page = words(sam.get(path(arena)).text)
    assert "Squad 05 stands 2nd now, by staff (was 5th)." in page
    assert f"Squad 05 5th → 2nd In force {REASON} Set by Sam ," in page
    assert held(arena) == {5: 2}


def test_several_are_saved_at_once_and_empty_lines_are_nothing(arena: Arena, sam: Persona) -> None:
    ids = arena.participant_ids
    answer = sam.post(path(arena), typed((ids[4], 2), ("", ""), (ids[0], 6)))
    assert answer.status_code == 303
    assert held(arena) == {5: 2, 1: 6}
    assert "Squad 01 stands 6th now, by staff (was 1st)." in words(sam.get(path(arena)).text)


def test_the_same_again_says_that_nothing_changed(arena: Arena, sam: Persona) -> None:
    form = typed((arena.participant_ids[4], 2))
    sam.post(path(arena), form)
    sam.get(path(arena))
    with trail() as found:
        answer = sam.post(path(arena), form)
    assert (answer.status_code, found.events, found.audited) == (303, [], [])
    assert "Squad 05 stood 2nd by staff already: nothing changed." in words(sam.get(path(arena)).text)


@pytest.mark.parametrize(
    ("rank", "reason", "message"),
    [
        ("0", REASON, "New rank must be a rank from 1 to 6"),
        ("7", REASON, "New rank must be a rank from 1 to 6"),
        ("second", REASON, "Not a valid integer value"),
        ("", REASON, "Type a rank."),
        ("2", "", "Reason: say why in 10 to 500 characters"),
        ("2", "too short", "Reason: say why in 10 to 500 characters"),
        ("2", "x" * 501, "Reason: say why in 10 to 500 characters"),
    ],
)
def test_what_is_refused_stands_beside_its_field_and_what_was_typed_stays(
    arena: Arena, sam: Persona, rank: str, reason: str, message: str
) -> None:
    who = arena.participant_ids[4]
    with trail() as found:
        answer = sam.post(path(arena), typed((who, rank), reason=reason))
    assert (answer.status_code, found.events) == (422, [])
    assert message in words(answer.text)
    assert re.search(rf'<option selected value="{who}">', answer.text)
    assert reason in answer.text
    assert f'value="{rank}"' in answer.text
    assert 'aria-invalid="true"' in answer.text


def test_a_form_without_anybody_is_refused(arena: Arena, sam: Persona) -> None:
    answer = sam.post(path(arena), typed(("", "")))
    assert (answer.status_code, "Choose who is to be placed." in answer.text) == (422, True)
    answer = sam.post(path(arena), typed(("", "3")))
    assert (answer.status_code, "Choose somebody." in answer.text) == (422, True)


def test_a_rank_that_is_held_is_refused_with_the_name_of_who_holds_it(arena: Arena, sam: Persona) -> None:
    ids = arena.participant_ids
    sam.post(path(arena), typed((ids[4], 2)))
    answer = sam.post(path(arena), typed(("", ""), (ids[3], 2)))
    assert answer.status_code == 422
    assert "New rank is held by Squad 05: restore that override first" in words(answer.text)
    assert held(arena) == {5: 2}


def test_participants_of_other_tournaments_are_not_found(arena: Arena, sam: Persona) -> None:
    other = open_battle_royale(name="Other", lobbies=0)
    for rest in ("", "preview/"):
        assert sam.post(path(arena, rest), typed((other.participant_ids[0], 1))).status_code == 404


@pytest.mark.parametrize("who", ["abc", "-1", "9" * 40, "1e3"])
def test_participants_that_cannot_be_are_refused(arena: Arena, sam: Persona, who: str) -> None:
    for rest in ("", "preview/"):
        assert sam.post(path(arena, rest), typed((who, 1))).status_code in {404, 422}
    assert sam.get(path(arena, f"?participant={who}&before={who}")).status_code == 200
    assert held(arena) == {}


def test_placements_can_be_set_while_boards_are_paused(arena: Arena, sam: Persona) -> None:
    flags.set_flag("LEADERBOARDS_COMPUTE_ENABLED", is_on=False, actor=SYSTEM, now=ended_at(2))
    assert "5. Squad 05" in sam.get(path(arena)).text
    assert sam.post(path(arena), typed((arena.participant_ids[4], 2))).status_code == 303


def test_another_line_keeps_what_was_typed(arena: Arena, sam: Persona) -> None:
    answer = sam.post(path(arena), typed((arena.participant_ids[4], 2)) | {"another": "1"})
    assert (answer.status_code, answer.text.count("<fieldset"), held(arena)) == (200, 2, {})
    assert REASON in answer.text


def test_the_preview_shows_the_moved_rows_and_saves_nothing(arena: Arena, sam: Persona) -> None:
    form = typed((arena.participant_ids[4], 2), reason="")
    with trail() as found:
        part = sam.post(path(arena, "preview/"), form, htmx=True)
        page = sam.post(path(arena, "preview/"), form)
    assert (part.status_code, page.status_code, found.events, found.audited) == (200, 200, [], [])
    assert part.text.strip().startswith('<div id="override-preview"')
    for text in (part.text, page.text):
        rows = re.findall(r'<tr ([^>]*)data-participant="(\d+)"', text)
        listed = [(arena.participant_ids.index(int(who)) + 1, "is-changed" in mark) for mark, who in rows]
        assert listed == [(1, False), (5, True), (2, True), (3, True), (4, True), (6, False)]
    assert "2 Squad 05 by staff 4 5 up 3" in words(part.text)
    assert held(arena) == {}


@pytest.mark.parametrize(
    ("placements", "status", "message"),
    [
        ([("", "")], 422, "Choose somebody and type a rank"),
        ([(5, "")], 422, "Choose somebody and type a rank"),
        ([(5, 9)], 422, "New rank must be a rank from 1 to 6"),
        ([(5, 5)], 200, "by staff"),
    ],
)
def test_a_preview_of_what_cannot_be(
    arena: Arena, sam: Persona, placements: list[tuple[object, object]], status: int, message: str
) -> None:
    form = typed(*((arena.participant_ids[who - 1] if isinstance(who, int) else who, rank) for who, rank in placements))
    part = sam.post(path(arena, "preview/"), form, htmx=True)
    assert (part.status_code, message in words(part.text)) == (200, True)
    assert sam.post(path(arena, "preview/"), form).status_code == status


def test_restoring_asks_first_shows_what_it_changes_and_stays_in_the_history(arena: Arena, sam: Persona) -> None:
    sam.post(path(arena), typed((arena.participant_ids[4], 2)))
    ranking.rank_due(arena.tournament_id, now=ended_at(2))
    override_id = overrides.history(arena.tournament_id, actor=sam.actor)[0].override_id
    address = path(arena, f"{override_id}/restore/")
    asked = sam.get(address)
    assert (asked.status_code, held(arena)) == (200, {5: 2})
    assert "5 Squad 05 no longer by staff 4 2 down 3" in words(asked.text)
    refused = sam.post(address, {"reason": "because"})
    assert (refused.status_code, held(arena)) == (422, {5: 2})
    with trail() as found:
        answer = sam.post(address, {"reason": ""})
    assert (answer.status_code, answer.headers["Location"], held(arena)) == (303, path(arena), {})
    assert [action for action, _ in found.audited] == ["placement.restored"]
    page = words(sam.get(path(arena)).text)
    assert "Squad 05 stands 5th again, as computed." in page
    assert "Squad 05 5th → 2nd Restored" in page
    assert "restored by Sam" in page
    again = sam.post(address, {"reason": ""})
    assert again.status_code == 303
    assert "had been taken back already: nothing changed." in words(sam.get(path(arena)).text)
    assert "It was taken back already, by Sam ." in words(sam.get(address).text)


def test_an_override_of_another_tournament_is_not_found_here(arena: Arena, sam: Persona) -> None:
    done = overrides.override(
        arena.tournament_id, arena.participant_ids[0], 2, reason=REASON, actor=SYSTEM, now=ended_at(2)
    )
    other = open_battle_royale(name="Other", lobbies=0)
    assert sam.get(path(other, f"{done.override_id}/restore/")).status_code == 404
    assert sam.post(path(other, f"{done.override_id}/restore/")).status_code == 404
    assert held(arena) == {1: 2}


def test_the_history_is_read_in_pages(arena: Arena, sam: Persona) -> None:
    for number in range(26):
        for rank in (2, 3):
            overrides.override(
                arena.tournament_id, arena.participant_ids[5], rank, reason=f"{REASON} {number}-{rank}", actor=SYSTEM,
                now=ended_at(number),
            )  # fmt: skip
    page = sam.get(path(arena)).text
    assert page.count('id="override-') - page.count('id="override-form') - page.count('id="override-preview') == 50
    older = re.search(r'href="([^"]*before=\d+)[^"]*"', page)
    assert older
    last = sam.get(older[1]).text
    assert f"{REASON} 0-2" in last
    assert "by the site itself" in words(last)


@pytest.mark.parametrize("rest", ["", "preview/"])
def test_the_number_of_statements_does_not_grow_with_the_rows(arena: Arena, sam: Persona, rest: str) -> None:
    def ask() -> int:
        form = typed((arena.participant_ids[0], 4))
        with count_statements() as found:
            answer = sam.post(path(arena, rest), form, htmx=True) if rest else sam.get(path(arena))
        assert answer.status_code == 200
        return sum("feature_flags" not in statement for statement in found)

    overrides.override(arena.tournament_id, arena.participant_ids[4], 2, reason=REASON, actor=SYSTEM, now=ended_at(2))
    ranking.rank_due(arena.tournament_id, now=ended_at(2))
    ask()
    of_one = ask()
    for who, rank in ((3, 5), (2, 6)):
        overrides.override(
            arena.tournament_id, arena.participant_ids[who], rank, reason=REASON, actor=sam.actor, now=ended_at(3)
        )
    ranking.rank_due(arena.tournament_id, now=ended_at(3))
    assert ask() <= of_one + 1  # one more to read the handle of who acted, whoever they are


def test_a_board_without_anybody_has_no_rank_to_give(arena: Arena, sam: Persona) -> None:
    for who in arena.participant_ids:
        registrations.withdraw(who, actor=SYSTEM, now=ended_at(2))
    ranking.rank_due(arena.tournament_id, now=ended_at(2))
    assert "Nobody is on the board yet" in sam.get(path(arena)).text
    assert sam.get(path(arena), headers=HTMX).status_code == 200
