from itertools import product

import pytest

from webapp.domain.permissions import OF_SITE, OF_TOURNAMENT, ROLES, Action, Relation, allows, allows_on_site, reaches

OWNERS = {Relation.OWNER, Relation.CO_ORGANIZER}
BY_OFFICIALS = {
    Action.SEE_OFFICIAL_BOARD, Action.MANAGE_MATCHES, Action.ENTER_RESULTS, Action.CORRECT_RESULTS, Action.ADJUST_POINTS,
    Action.CHECK_IN_PARTICIPANTS, Action.RESOLVE_DISPUTES, Action.STOP_EVERYTHING,
}  # fmt: skip
BY_OWNERS = {
    Action.MANAGE_TOURNAMENT,
    Action.MANAGE_PARTICIPANTS,
    Action.IMPORT_RESULTS,
    Action.MANAGE_OVERLAYS,
    Action.FREEZE_BOARD,
    Action.MANAGE_BRACKET,
    Action.VERIFY_PAYMENTS,
    Action.ANNOUNCE,
}


def test_every_action_stands_in_one_table_at_least() -> None:
    assert OF_TOURNAMENT.keys() | OF_SITE.keys() == set(Action)


@pytest.mark.parametrize(("role", "relation", "action"), tuple(product(ROLES, Relation, OF_TOURNAMENT)))
def test_who_may_do_what_to_a_tournament(role: str, relation: Relation, action: Action) -> None:
    by_role = role == "admin"
    is_organizer = role in ("organizer", "admin")
    by_relation = (action in BY_OFFICIALS and relation is not Relation.NONE) or (
        action in BY_OWNERS and relation in OWNERS
    )
    by_relation = by_relation or (action is Action.DELETE_TOURNAMENT and relation is Relation.OWNER)
    assert allows(role, relation, action) is (by_role or (is_organizer and by_relation))


def test_what_concerns_the_site_is_the_staffs_but_for_opening_tournaments_and_hearing_of_them() -> None:
    allowed = {(role, action) for role in ROLES for action in OF_SITE if allows_on_site(role, action)}
    by_organizers = {Action.CREATE_TOURNAMENT, Action.MANAGE_WEBHOOKS}
    assert allowed == {("admin", action) for action in OF_SITE} | {("organizer", action) for action in by_organizers}


def test_roles_are_ordered() -> None:
    assert [[reaches(role, least) for least in ROLES] for role in ROLES] == [
        [True, False, False, False], [True, True, False, False], [True, True, True, False], [True, True, True, True],
    ]  # fmt: skip
