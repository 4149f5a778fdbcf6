"""The organizer's page of a league: rounds of a Swiss by rule and by hand, and who goes on to the bracket."""

import pytest
from flask.testing import FlaskClient

from tests.arenas import REASON, ended_at
from tests.personas import Persona
from tests.services.league_play import Duel, League, drawn
from tests.views.organizer.pages import assert_only_for_its_officials, said
from webapp.domain.series import SeriesGame
from webapp.models import Tournament
from webapp.services.matches import series
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import transaction

GROUPS = {"groups": 2, "advance": 1, "then": {"format": "single-elimination"}}


def owned(league: League, olga: Persona) -> League:
    with transaction() as session:
        session.get_one(Tournament, league.tournament_id).organizer_id = olga.user_id
    return league


@pytest.fixture
def swiss(olga: Persona) -> League:
    return owned(drawn("swiss", 5, {"rounds": 2}), olga)


@pytest.fixture
def groups(olga: Persona) -> League:
    return owned(drawn("round-robin", 4, GROUPS), olga)


def path_of(league: League, more: str = "") -> str:
    return f"/organizer/tournaments/{league.tournament_id}/league/{more}"


def by_hand(*pairs: tuple[object, object]) -> dict[str, str]:
    fields = {
        f"{side}-{place}": str(seed)
        for place, pair in enumerate(pairs, 1)
        for side, seed in zip("ab", pair, strict=True)
    }
    return fields | {"by_hand": "1"}


def seeds_of_round(league: League, number: int) -> list[tuple[int, int | None]]:
    seed = {who: place for place, who in enumerate(league.ids, start=1)}
    return [(seed[duel.a], None if duel.b is None else seed[duel.b]) for duel in league.duels() if duel.round == number]


def test_it_is_for_the_organizers_of_the_tournament(
    olga: Persona, otto: Persona, pat: Persona, vic: FlaskClient, swiss: League
) -> None:
    assert_only_for_its_officials(path_of(swiss), olga, otto, pat, vic)
    assert otto.post(path_of(swiss, "rounds/2/"), {}).status_code == 404
    assert otto.post(path_of(swiss, "next-stage/"), {}).status_code == 404


def test_the_next_round_is_paired_by_a_button(olga: Persona, swiss: League) -> None:
    assert f'href="{path_of(swiss)}"' in olga.get(path_of(swiss).replace("league", "bracket")).text
    assert "It is paired and waits for its first match." in said(olga.get(path_of(swiss)))
    first = swiss.open_duels()[0]
    swiss.confirm(first, (1, 0))
    assert "Round 1 is not over: match 2 is still open." in said(olga.get(path_of(swiss)))
    swiss.play(swiss.stronger)
    assert "Pair round 2" in said(olga.get(path_of(swiss)))

    answer = olga.post(path_of(swiss, "rounds/2/"), {})
    assert (answer.status_code, answer.headers["Location"]) == (303, path_of(swiss))
    assert "Round 2 is paired." in said(olga.get(path_of(swiss)))
    assert len(seeds_of_round(swiss, 2)) == 3
    swiss.play(swiss.stronger)
    assert "Round 2 was the last one." in said(olga.get(path_of(swiss)))
    refused = olga.post(path_of(swiss, "rounds/3/"), {})
    assert refused.status_code == 409
    assert "Round 2 was the last one." in said(refused)


def test_a_round_that_waits_is_paired_by_hand(olga: Persona, swiss: League) -> None:
    answer = olga.post(path_of(swiss, "rounds/1/"), by_hand((5, 1), (2, 4)))

    assert answer.status_code == 303
    assert seeds_of_round(swiss, 1) == [(5, 1), (2, 4), (3, None)]


def test_a_pairing_that_cannot_be_keeps_what_was_written_and_says_what_is_wrong(olga: Persona, swiss: League) -> None:
    before = seeds_of_round(swiss, 1)
    wrong = olga.post(path_of(swiss, "rounds/1/"), by_hand((5, 9), ("x", 4)))
    assert wrong.status_code == 422
    assert said(wrong).count("needs the seeds of two who play this round") >= 2
    assert 'value="9"' in wrong.text
    assert 'value="x"' in wrong.text

    twice = olga.post(path_of(swiss, "rounds/1/"), by_hand((1, 2), (1, 3)))
    assert twice.status_code == 422
    assert "Player 01 is paired 2 times" in said(twice)
    assert seeds_of_round(swiss, 1) == before


def test_those_who_advance_go_into_the_bracket(olga: Persona, groups: League) -> None:
    assert "The first stage is not over: matches 1, 2 are still open." in said(olga.get(path_of(groups)))
    assert olga.post(path_of(groups, "next-stage/"), {}).status_code == 409
    groups.play(groups.stronger)
    shown = said(olga.get(path_of(groups)))
    assert "Next stage: Single elimination" in shown
    assert "Player 01 Group A" in shown

    one, two = groups.ids[:2]
    answer = olga.post(path_of(groups, "next-stage/"), {f"seed-{one}": "1", f"seed-{two}": "2"})
    assert (answer.status_code, answer.headers["Location"]) == (303, path_of(groups).replace("league", "bracket"))
    assert groups.stage(2).seeds == [one, two]

    olga.post(path_of(groups, "next-stage/"), {f"seed-{one}": "2", f"seed-{two}": "1"})
    assert groups.stage(2).seeds == [two, one]


def test_a_correction_that_sends_others_on_is_pointed_out(olga: Persona, groups: League) -> None:
    groups.play(groups.stronger)
    olga.post(path_of(groups, "next-stage/"), {f"seed-{who}": str(seed) for seed, who in enumerate(groups.ids[:2], 1)})
    assert "others go on by the tables now" not in said(olga.get(path_of(groups)))

    first = next(duel for duel in groups.duels() if {duel.a, duel.b} == {groups.ids[0], groups.ids[3]})
    games = [SeriesGame(1, {groups.ids[0]: 0, groups.ids[3]: 1})]
    series.correct(first.match_id, games, reason=REASON, actor=SYSTEM, now=ended_at(900))

    assert "others go on by the tables now" in said(olga.get(path_of(groups)))
    anew = {f"seed-{groups.ids[3]}": "1", f"seed-{groups.ids[1]}": "2"}
    assert olga.post(path_of(groups, "next-stage/"), anew).status_code == 303
    assert groups.stage(2).seeds == [groups.ids[3], groups.ids[1]]


def test_what_was_played_in_the_bracket_is_asked_about_on_the_page(olga: Persona, groups: League) -> None:
    groups.play(groups.stronger)
    olga.post(path_of(groups, "next-stage/"), {f"seed-{who}": str(seed) for seed, who in enumerate(groups.ids[:2], 1)})
    (final,) = groups.duels(2)
    groups.confirm(final, (1, 0))
    first = next(duel for duel in groups.duels() if {duel.a, duel.b} == {groups.ids[0], groups.ids[3]})
    path = f"/organizer/tournaments/{groups.tournament_id}/matches/{first.match_id}/correct/"
    for_fourth = ("0", "1") if first.a == groups.ids[0] else ("1", "0")
    form = {"kind": "correct", "reason": REASON, "games-0-score_a": for_fourth[0], "games-0-score_b": for_fourth[1]}
    asked = olga.post(path, form)
    assert asked.status_code == 409
    assert f'name="choice-{final.match_id}"' in asked.text
    assert "Others would go on to the next stage: Player 04 in the place of Player 01" in said(asked)
    assert "Say below what becomes of what was played there." in said(asked)
    assert groups.stage(2).seeds == list(groups.ids[:2])
    assert olga.post(path, form | {f"choice-{final.match_id}": "replay"}).status_code == 303
    assert groups.stage(2).seeds == [groups.ids[3], groups.ids[1]]
    assert [(duel.a, duel.b, duel.state) for duel in groups.duels(2)] == [(groups.ids[3], groups.ids[1], "scheduled")]


def test_a_person_decides_who_goes_on_where_the_rules_do_not(olga: Persona, groups: League) -> None:
    def even(_duel: Duel) -> tuple[int, int]:
        return 1, 1

    groups.play(even)
    assert "The rules leave some level where the line is drawn" in said(olga.get(path_of(groups)))
    fields = {f"seed-{who}": "" for who in groups.ids}
    open_ = olga.post(path_of(groups, "next-stage/"), fields)
    assert open_.status_code == 409
    assert "Player 01, Player 04 are level" in said(open_)
    few = olga.post(path_of(groups, "next-stage/"), fields | {f"seed-{groups.ids[3]}": "1"})
    assert few.status_code == 422
    assert "Give the seeds 1 to 2 once each" in said(few)

    chosen = {f"seed-{groups.ids[3]}": "1", f"seed-{groups.ids[1]}": "2"}
    assert olga.post(path_of(groups, "next-stage/"), fields | chosen).status_code == 303
    assert groups.stage(2).seeds == [groups.ids[3], groups.ids[1]]


def test_a_tournament_without_a_league_says_so(olga: Persona) -> None:
    cup = owned(drawn("single-elimination", 4), olga)

    assert "There is no league here yet" in said(olga.get(path_of(cup)))
    robin = owned(drawn("round-robin", 3), olga)
    assert "Nothing follows this stage" in said(olga.get(path_of(robin)))


def test_between_two_rounds_the_pages_lead_on_and_not_to_the_end(swiss: League, olga: Persona) -> None:
    swiss.play(swiss.stronger)
    overview = olga.get(f"/organizer/tournaments/{swiss.tournament_id}/")
    assert "is to be drawn. Go on End it here" in said(overview)
    assert "Complete the tournament" not in said(overview)
    dashboard = olga.get("/organizer/")
    assert "Every match is confirmed, and more is to be drawn" in said(dashboard)
    for page in (overview, dashboard):
        assert f'href="/organizer/tournaments/{swiss.tournament_id}/league/"' in page.text


def test_the_groups_alone_are_no_end(olga: Persona) -> None:
    groups = owned(drawn("round-robin", 4, GROUPS), olga)
    groups.play(groups.stronger)
    refused = olga.post(f"/organizer/tournaments/{groups.tournament_id}/complete/")
    assert refused.status_code == 409
    assert "is still to be drawn and played" in said(refused)
