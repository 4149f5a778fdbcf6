"""Who may do what: one table for the whole site.

Roles are ordered. What an organizer may do ends at the tournaments that are theirs or that list them; an admin (staff)
may everything, and some things nobody else may.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

ROLES: Final = ("spectator", "player", "organizer", "admin")
"""Every role, the least first."""


class Relation(StrEnum):
    """What an account is to a tournament."""

    NONE = "none"
    REFEREE = "referee"
    CO_ORGANIZER = "co_organizer"
    OWNER = "owner"


class Action(StrEnum):
    """Something that not everybody may do."""

    CREATE_TOURNAMENT = "create_tournament"
    SEE_OFFICIAL_BOARD = "see_official_board"
    MANAGE_TOURNAMENT = "manage_tournament"
    MANAGE_PARTICIPANTS = "manage_participants"
    MANAGE_MATCHES = "manage_matches"
    ENTER_RESULTS = "enter_results"
    CORRECT_RESULTS = "correct_results"
    ADJUST_POINTS = "adjust_points"
    IMPORT_RESULTS = "import_results"
    MANAGE_OVERLAYS = "manage_overlays"
    FREEZE_BOARD = "freeze_board"
    MANAGE_BRACKET = "manage_bracket"
    VERIFY_PAYMENTS = "verify_payments"
    CHECK_IN_PARTICIPANTS = "check_in_participants"
    RESOLVE_DISPUTES = "resolve_disputes"
    ANNOUNCE = "announce"
    STOP_EVERYTHING = "stop_everything"
    DELETE_TOURNAMENT = "delete_tournament"
    RESTORE_TOURNAMENT = "restore_tournament"
    OVERRIDE_PLACEMENT = "override_placement"
    INSPECT_LEADERBOARDS = "inspect_leaderboards"
    INVALIDATE_CACHE = "invalidate_cache"
    SET_FLAGS = "set_flags"
    READ_AUDIT = "read_audit"
    MANAGE_JOBS = "manage_jobs"
    MANAGE_USERS = "manage_users"
    MANAGE_WEBHOOKS = "manage_webhooks"
    MANAGE_SITE_WEBHOOKS = "manage_site_webhooks"
    APPROVE_SPONSORS = "approve_sponsors"


_A, _R = Action, Relation
_OWNERS: Final = frozenset({_R.OWNER, _R.CO_ORGANIZER})
_OFFICIALS: Final = _OWNERS | {_R.REFEREE}
_STAFF_ALONE: Final[frozenset[Relation]] = frozenset()

OF_TOURNAMENT: Final[Mapping[Action, frozenset[Relation]]] = {
    _A.SEE_OFFICIAL_BOARD: _OFFICIALS,
    _A.MANAGE_TOURNAMENT: _OWNERS,
    _A.MANAGE_PARTICIPANTS: _OWNERS,
    _A.MANAGE_MATCHES: _OFFICIALS,
    _A.ENTER_RESULTS: _OFFICIALS,
    _A.CORRECT_RESULTS: _OFFICIALS,
    _A.ADJUST_POINTS: _OFFICIALS,
    _A.IMPORT_RESULTS: _OWNERS,
    _A.FREEZE_BOARD: _OWNERS,
    _A.MANAGE_OVERLAYS: _OWNERS,
    _A.MANAGE_BRACKET: _OWNERS,
    _A.VERIFY_PAYMENTS: _OWNERS,
    _A.CHECK_IN_PARTICIPANTS: _OFFICIALS,
    _A.RESOLVE_DISPUTES: _OFFICIALS,
    _A.ANNOUNCE: _OWNERS,
    _A.STOP_EVERYTHING: _OFFICIALS,
    _A.DELETE_TOURNAMENT: frozenset({_R.OWNER}),
    _A.RESTORE_TOURNAMENT: _STAFF_ALONE,
    _A.OVERRIDE_PLACEMENT: _STAFF_ALONE,
    _A.INSPECT_LEADERBOARDS: _STAFF_ALONE,
    _A.INVALIDATE_CACHE: _STAFF_ALONE,
}
"""What is done to a tournament, and by whom beside staff. A relation counts from the role organizer up."""

OF_SITE: Final[Mapping[Action, str]] = {
    _A.CREATE_TOURNAMENT: "organizer",
    _A.INSPECT_LEADERBOARDS: "admin",
    _A.INVALIDATE_CACHE: "admin",
    _A.SET_FLAGS: "admin",
    _A.READ_AUDIT: "admin",
    _A.MANAGE_JOBS: "admin",
    _A.MANAGE_USERS: "admin",
    _A.MANAGE_WEBHOOKS: "organizer",
    _A.MANAGE_SITE_WEBHOOKS: "admin",
    _A.APPROVE_SPONSORS: "admin",
}
"""What concerns no single tournament, and the least role for it."""


def reaches(role: str, least: str) -> bool:
    """Whether `role` is `least` or above. Raises ValueError for a word that is no role."""
    return ROLES.index(role) >= ROLES.index(least)


def allows(role: str, relation: Relation, action: Action) -> bool:
    """Whether somebody of this role, who is this to the tournament, may do this to it."""
    if role == "admin":
        return True
    return reaches(role, "organizer") and relation in OF_TOURNAMENT[action]


def allows_on_site(role: str, action: Action) -> bool:
    """Whether somebody of this role may do what concerns no single tournament."""
    return reaches(role, OF_SITE[action])
