import pytest
from flask import Flask
from sqlalchemy import select

from tests.arenas import OPENED_AT, REASON
from tests.trail import trail
from webapp.domain.errors import Conflict, Forbidden, NotFound, ResultError
from webapp.models import Registration, User
from webapp.services.registration import participant_lists, registrations
from webapp.services.registration.participant_lists import ListPreview
from webapp.services.registration.participant_names import names_of
from webapp.services.spine.actors import SYSTEM, Actor
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.tournaments import tournaments


def create(game: str = "pubgm", form: str = "battle-royale", name: str = "Cup", **details: int) -> int:
    return tournaments.create(
        name, game=game, format=form, ruleset={"points_per_kill": 1}, actor=SYSTEM, now=OPENED_AT, **details  # type: ignore[arg-type]  # details of the test
    )  # fmt: skip


def preview(tournament_id: int, text: str) -> ListPreview:
    return participant_lists.preview(tournament_id, text, actor=SYSTEM)


def add(tournament_id: int, text: str) -> int:
    return participant_lists.add(tournament_id, text, actor=SYSTEM, now=OPENED_AT)


def seeds_by_name(tournament_id: int) -> dict[str, int | None]:
    with read_snapshot() as session:
        rows = session.execute(
            select(Registration.id, Registration.seed).where(Registration.tournament_id == tournament_id)
        ).all()
        names = names_of(session, [row.id for row in rows])
        return {names[row.id]: row.seed for row in rows}


def test_a_list_says_who_is_new_known_back_and_here_already(app: Flask) -> None:
    add(create(name="Elsewhere"), "Known Squad")
    tournament_id = create()
    gone = registrations.register(tournament_id, ["Gone", "Here"], actor=SYSTEM, now=OPENED_AT)[0]
    registrations.withdraw(gone, actor=SYSTEM, now=OPENED_AT)
    seen = preview(tournament_id, "New One, 9\nKnown Squad\nGone\nHere\nКnown Squad\n")
    assert [(name.line, name.name, name.seed, name.standing.value, name.looks_like) for name in seen.names] == [
        (1, "New One", 9, "new", None),
        (2, "Known Squad", None, "known", None),
        (3, "Gone", None, "returns", None),
        (4, "Here", None, "takes_part", None),
        (5, "Кnown Squad", None, "new", "Known Squad"),
    ]
    assert (seen.problems, seen.joining) == ((), 4)
    with trail() as found:
        assert preview(tournament_id, "New One").joining == 1
    assert (found.events, found.audited) == ([], [])


def test_seeds_are_those_of_the_list_and_the_rest_go_on(app: Flask) -> None:
    tournament_id = create()
    with trail() as found:
        assert add(tournament_id, "Alpha, 2\nBeta\nGamma, 1\nDelta") == 4
    assert seeds_by_name(tournament_id) == {"Alpha": 2, "Beta": 3, "Gamma": 1, "Delta": 4}
    assert [event for event, _ in found.events] == ["registration_created"]
    assert [action for action, _ in found.audited] == ["registration.created"]
    assert add(tournament_id, "Alpha, 7\nEcho") == 1
    assert seeds_by_name(tournament_id)["Alpha"] == 2


def test_a_wrong_list_changes_nothing_and_every_wrong_line_is_told(app: Flask) -> None:
    tournament_id = create()
    add(tournament_id, "Alpha, 1")
    wrong = "Beta, 1\nGamma, x9\nDelta,0\nBeta"
    with pytest.raises(ResultError) as refused:
        add(tournament_id, wrong)
    expected = [
        "line 3: “0” is no seed; write a whole number from 1 to 9,999",
        "line 4: “Beta” is on line 1 already",
        "line 1: seed 1 is that of “Alpha”",
    ]
    assert list(map(str, refused.value.fields)) == expected
    assert list(map(str, preview(tournament_id, wrong).problems)) == expected
    assert list(seeds_by_name(tournament_id)) == ["Alpha"]
    with pytest.raises(ResultError, match="one name a line"):
        add(tournament_id, " \n ")


def test_players_are_known_by_handle_in_any_case(app: Flask) -> None:
    add(create("fc26", "round-robin", name="Elsewhere"), "Mira")
    tournament_id = create("fc26", "round-robin")
    assert [name.standing.value for name in preview(tournament_id, "MIRA\nSol").names] == ["known", "new"]
    assert add(tournament_id, "mira, 4\nSol") == 2
    assert seeds_by_name(tournament_id) == {"Mira": 4, "Sol": 1}


def test_nobody_joins_what_is_over_and_only_organizers_see_lists(app: Flask) -> None:
    with transaction() as session:
        people = [
            User(handle=name, handle_key=name, role=role, created_at=OPENED_AT)
            for name, role in (("olga", "organizer"), ("otto", "organizer"), ("pat", "player"))
        ]
        session.add_all(people)
        session.flush()
        olga, otto, pat = (Actor(user.id, user.role) for user in people)
    tournament_id = create(organizer_id=olga.user_id or 0)
    assert participant_lists.preview(tournament_id, "A", actor=olga).joining == 1
    with pytest.raises(NotFound):
        participant_lists.preview(tournament_id, "A", actor=otto)
    with pytest.raises(Forbidden):
        participant_lists.add(tournament_id, "A", actor=pat, now=OPENED_AT)
    tournaments.cancel(tournament_id, reason=REASON, actor=SYSTEM, now=OPENED_AT)
    with pytest.raises(Conflict, match="cancelled"):
        add(tournament_id, "Late")
