"""A tournament is made in steps: each keeps what the others say, and nothing is saved before the last one."""

import re
from typing import Any

import pytest

from tests.personas import Persona
from tests.views.organizer.pages import draft, said
from tests.views.organizer.test_details import FORM, NEW, number_of, only
from webapp.models import Tournament
from webapp.services.spine.clock import utc_now
from webapp.services.tournaments import tournament_templates

CUP: dict[str, Any] = {
    "name": "Harbor Cup", "game": "valorant", "visibility": "public", "zone": "UTC", "format": "single-elimination",
    "part": ["about", "format", "dates", "money"], "description": "An **evening**.", "rules": "# Fair play",
    "third_place": "y", "places": "16", "team_size": "", "has_waitlist": "y", "best_of_default": "3",
    "best_of_final": "5", "win_points": "3", "draw_points": "1", "loss_points": "0", "order": "own",
    "key-0": "points:desc", "key-1": "head_to_head:desc", "starts_at": "2026-12-01T18:00",
    "registration_closes_at": "2026-12-01T12:00", "has_checkin": "y", "entry_fee": "50", "currency": "bdt",
    "payment_methods": "Wallet: send it\nBank", "prize_pool": "5000.50", "prize_distribution": "50, 30, 20",
}  # fmt: skip


def step_of(text: str) -> str:
    found = re.search(r'name="at" value="([^"]+)"', text)
    assert found
    return found[1]


def test_a_cup_of_two_sided_matches_is_made_with_all_its_settings(olga: Persona) -> None:
    assert olga.post(NEW, CUP).status_code == 303
    cup = only()
    assert (cup.game, cup.format, cup.places, cup.team_size, cup.has_waitlist) == (
        "valorant", "single-elimination", 16, None, True,
    )  # fmt: skip
    assert (cup.bracket, cup.best_of_by_round) == ({"third_place": True}, {"default": 3, "final": 5})
    assert (cup.entry_fee, cup.currency, cup.prize_pool) == (5000, "BDT", 500_050)
    assert cup.prize_distribution == [5000, 3000, 2000]
    assert cup.payment_methods == [{"name": "Wallet", "instructions": "send it"}, {"name": "Bank", "instructions": ""}]
    assert cup.ruleset["cascade"] == ["points:desc", "head_to_head:desc"]
    assert (cup.rules, cup.has_checkin) == ("# Fair play", True)
    assert cup.registration_closes_at is not None
    # What the form shows of it is what it was made with.
    path = f"/organizer/tournaments/{cup.id}/edit/"
    assert olga.post(path, CUP).status_code == 303
    assert "Nothing was different" in said(olga.get(f"/organizer/tournaments/{cup.id}/"))


def test_a_step_goes_on_once_it_can_be_used_and_saves_nothing(olga: Persona) -> None:
    first = olga.post(NEW, CUP | {"at": "about", "go": "format", "name": ""})
    assert (first.status_code, step_of(first.text)) == (422, "about")
    assert "Name is empty" in said(first)
    on = olga.post(NEW, CUP | {"at": "about", "go": "format", "entry_fee": "much"})
    # What is wrong in a later step is said there.
    assert (on.status_code, step_of(on.text)) == (200, "format")
    assert "write an amount" not in said(on)
    money = olga.post(NEW, CUP | {"at": "money", "go": "check", "entry_fee": "much"})
    assert (money.status_code, step_of(money.text)) == (422, "money")
    assert "write an amount such as 50.00" in said(money)
    back = olga.post(NEW, CUP | {"at": "money", "go": "format", "entry_fee": "much"})
    assert (back.status_code, step_of(back.text)) == (200, "format")
    assert 'value="much"' in back.text
    points = olga.post(NEW, CUP | {"at": "points", "go": "dates", "win_points": "three"})
    assert (points.status_code, step_of(points.text)) == (422, "points")
    assert number_of(Tournament) == 0


def test_the_last_button_leads_to_the_first_step_with_something_wrong(olga: Persona) -> None:
    answer = olga.post(NEW, CUP | {"places": "1", "entry_fee": "-3"})
    assert (answer.status_code, step_of(answer.text)) == (422, "money")
    answer = olga.post(NEW, CUP | {"places": "1"})
    assert (answer.status_code, step_of(answer.text)) == (422, "format")
    assert "write a number from 2 to 1024" in said(answer)


def test_another_game_brings_its_own_formats(olga: Persona) -> None:
    page = olga.post(NEW, FORM | {"at": "about", "go": "format", "game": "valorant", "format": "battle-royale"})
    assert page.status_code == 200
    assert 'value="battle-royale"' not in page.text
    assert 'name="third_place"' in page.text
    assert 'name="win_points"' in page.text


@pytest.mark.parametrize(
    ("changed", "bracket"),
    [
        ({"format": "double-elimination"}, {"reset": False}),
        # The box of the reset was not on the form that was drawn for another format: that is no wish to do without.
        ({"format": "double-elimination", "drawn_for": "single-elimination"}, {}),
        ({"format": "round-robin", "legs": "2", "groups": "4", "advance": "2", "then_format": "single-elimination"},
         {"legs": 2, "groups": 4, "advance": 2, "then": {"format": "single-elimination"}}),
        ({"format": "swiss", "rounds": "5"}, {"rounds": 5}),
    ],
)  # fmt: skip
def test_every_format_has_its_own_settings(olga: Persona, changed: dict[str, str], bracket: dict[str, Any]) -> None:
    assert olga.post(NEW, CUP | changed).status_code == 303
    assert only().bracket == bracket


def test_while_somebody_types_the_preview_says_what_it_comes_to(olga: Persona) -> None:
    shown = olga.post("/organizer/tournaments/preview/", CUP, htmx=True)
    assert shown.text.lstrip().startswith('<section id="settings-preview"')
    text = said(shown)
    for part in (
        "Harbor Cup",
        "With a match for third place.",
        "16 places",
        "Entry fee 50.00 BDT.",
        "1st 2,500.25 BDT",
    ):
        assert part in text
    assert "<strong>evening</strong>" in shown.text
    for wrong in ({"zone": "Mars/Olympus"}, {"format": "chess"}, {"legs": "x", "format": "round-robin"}):
        assert olga.post("/organizer/tournaments/preview/", CUP | wrong, htmx=True).status_code == 200


def test_a_template_fills_the_form_and_is_counted_when_it_is_used(olga: Persona, otto: Persona) -> None:
    source = draft(olga, game="valorant", format="swiss", places=24, bracket={"rounds": 5})
    template_id = tournament_templates.save(source, "Weekly Swiss", actor=olga.actor, now=utc_now())
    used = olga.post(f"/organizer/templates/{template_id}/use/")
    assert used.headers["Location"] == f"{NEW}?template={template_id}"
    page = olga.get(used.headers["Location"])
    assert 'value="24"' in page.text
    assert f'name="template" value="{template_id}"' in page.text
    assert "used 1 time" in said(olga.get("/organizer/templates/"))
    assert otto.get(f"{NEW}?template={template_id}").status_code == 404
