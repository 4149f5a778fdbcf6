"""How somebody wants to be told: defaults, what differs from them, and what cannot be."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from tests.personas import Persona
from tests.services.notices import AT
from webapp.domain.errors import DomainError
from webapp.domain.notifications.kinds import CHANNELS, KINDS
from webapp.extensions import db
from webapp.models import NotificationPreference, NotificationSettings
from webapp.services.notifications import preferences
from webapp.services.notifications.preferences import USUAL, Choice, read_preferences, save
from webapp.services.spine.transaction import transaction


def stored() -> set[tuple[int, str, str, bool]]:
    rows = db.session.scalars(select(NotificationPreference))
    return {(row.user_id, row.kind, row.channel, row.is_on) for row in rows}


def test_who_never_chose_has_the_defaults(pat: Persona) -> None:
    found = read_preferences(pat.user_id)
    assert (found.choice, found.is_chosen) == (Choice(), False)
    assert found.choice.on == {(kind.name, channel) for kind in KINDS.values() for channel in kind.on}


def test_what_differs_is_stored_and_nothing_else(pat: Persona) -> None:
    on = (USUAL - {("announcement", "discord")}) | {("match_completed", "email")}
    choice = Choice(
        on=on, channels=frozenset({"in_app", "email"}), time_zone="Asia/Dhaka", quiet_from=23 * 60, quiet_until=7 * 60,
        has_digest=False, digest_minute=30,
    )  # fmt: skip
    for _ in range(2):
        save(pat.user_id, choice, now=AT)
        assert read_preferences(pat.user_id).choice == choice
    assert stored() == {
        (pat.user_id, "announcement", "discord", False), (pat.user_id, "match_completed", "email", True),
    }  # fmt: skip
    save(pat.user_id, Choice(), now=AT)
    assert (read_preferences(pat.user_id).choice, stored()) == (Choice(), set())


@pytest.mark.parametrize(
    ("wrong", "fields"),
    [
        ({"time_zone": "Mars/Olympus"}, ["time_zone"]),
        ({"quiet_from": 60}, ["quiet_until"]),
        ({"quiet_until": 60}, ["quiet_from"]),
        ({"quiet_from": 60, "quiet_until": 60}, ["quiet_until"]),
        ({"quiet_from": 0, "quiet_until": 1440, "digest_minute": -1}, ["quiet_until", "digest_minute"]),
    ],
)
def test_what_cannot_be_is_named_and_nothing_is_stored(pat: Persona, wrong: dict[str, Any], fields: list[str]) -> None:
    with pytest.raises(DomainError) as refused:
        save(pat.user_id, replace(Choice(), **wrong), now=AT)
    assert [field.path for field in refused.value.fields] == fields
    assert not read_preferences(pat.user_id).is_chosen


def test_one_is_switched_off_by_itself(pat: Persona) -> None:
    def off(kind: str, channel: str = "email") -> bool:
        with transaction() as session:
            return preferences.switch_off_in(session, pat.user_id, kind, channel, now=AT)

    assert [off("announcement"), off("announcement")] == [True, False]
    assert [off("digest"), off("digest")] == [True, False]
    assert not off("match_completed")
    choice = read_preferences(pat.user_id).choice
    assert (choice.on, choice.has_digest) == (USUAL - {("announcement", "email")}, False)


def test_an_address_that_was_refused_is_tried_again(pat: Persona) -> None:
    with transaction() as session:
        preferences.settings_in(session, pat.user_id, now=AT).email_stopped_at = AT
    assert read_preferences(pat.user_id).email_stopped_at == AT
    save(pat.user_id, Choice(), now=AT)
    assert read_preferences(pat.user_id).email_stopped_at == AT
    preferences.resume_email(pat.user_id, now=AT)
    assert read_preferences(pat.user_id).email_stopped_at is None


def test_the_columns_have_the_defaults_of_the_choice(pat: Persona) -> None:
    with transaction() as session:
        row = preferences.settings_in(session, pat.user_id, now=AT)
        known = {column.key for column in NotificationSettings.__table__.columns}
        assert {"is_in_app_on", "is_email_on", "is_discord_on"} <= known
        assert all((row.is_in_app_on, row.is_email_on, row.is_discord_on))
    found = read_preferences(pat.user_id)
    assert (found.choice, found.is_chosen, found.choice.channels) == (Choice(), True, frozenset(CHANNELS))
