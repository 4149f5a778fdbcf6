"""What organizers do with a tournament beside playing it: officials, announcements, copies, templates, deleting."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.arenas import OPENED_AT, REASON, open_battle_royale
from tests.services.test_tournament_settings import CUP
from tests.services.test_tournament_updates import create, person, stored, update
from tests.trail import trail
from webapp.domain.errors import Conflict, Forbidden, NotFound, ResultError
from webapp.models import Announcement, CustomField, User
from webapp.services.matches import pauses
from webapp.services.spine.actors import SYSTEM, Actor
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.tournaments import (
    officials,
    organizer_notices,
    template_facts,
    tournament_facts,
    tournament_removal,
    tournament_templates,
    tournaments,
)

STAFF = Actor(None, "admin")


def with_login(handle: str, role: str = "organizer") -> Actor:
    actor = person(handle, role)
    with transaction() as session:
        user = session.get_one(User, actor.user_id)
        user.password_hash, user.email, user.email_key = "x", f"{handle}@example.org", f"{handle}@example.org"
    return actor


# -- officials


def test_officials_are_appointed_changed_and_dismissed(app: Flask) -> None:
    olga, otto = with_login("olga"), with_login("otto")
    tournament_id = create(olga)
    with trail() as found:
        officials.appoint(tournament_id, " @Otto ", "referee", actor=olga, now=OPENED_AT)
        officials.appoint(tournament_id, "otto", "referee", actor=olga, now=OPENED_AT)
    assert found.events == [("tournament_updated", {"changed": ["officials"]})]
    assert found.audited == [("official.appointed", {"user_id": otto.user_id, "before": None, "after": "referee"})]
    with pytest.raises(Forbidden):
        update(tournament_id, otto, region="Asia")
    officials.appoint(tournament_id, "otto", "co_organizer", actor=olga, now=OPENED_AT)
    assert update(tournament_id, otto, region="Asia") == ("region",)
    with trail() as found:
        for _ in range(2):
            officials.dismiss(tournament_id, otto.user_id or 0, actor=olga, now=OPENED_AT)
    assert [action for action, _ in found.audited] == ["official.dismissed"]
    with pytest.raises(NotFound):
        update(tournament_id, otto, region="Europe")


@pytest.mark.parametrize(
    ("handle", "role", "path"),
    [("nobody", "referee", "handle"), ("pat", "referee", "handle"), ("olga", "referee", "handle"),
     ("otto", "king", "role")],
)  # fmt: skip
def test_who_cannot_be_an_official_is_told_why(app: Flask, handle: str, role: str, path: str) -> None:
    olga = with_login("olga")
    with_login("otto")
    with_login("pat", "player")
    tournament_id = create(olga)
    with pytest.raises(ResultError) as refused:
        officials.appoint(tournament_id, handle, role, actor=olga, now=OPENED_AT)
    assert [field.path for field in refused.value.fields] == [path]


# -- announcements


def test_an_announcement_is_told_and_taken_back_by_its_id_alone(app: Flask) -> None:
    olga = person("olga")
    tournament_id = create(olga)
    with trail() as found:
        row_id = organizer_notices.publish(
            tournament_id, "  Lobby **opens** at 7  ", audience="participants", actor=olga, now=OPENED_AT
        )
    data = {"announcement_id": row_id, "audience": "participants", "status": "published"}
    assert found.events == [("announcement", data)]
    assert found.audited == [("announcement.published", data)]
    with read_snapshot() as session:
        assert [row.text for row in organizer_notices.list_of(session, tournament_id)] == ["Lobby **opens** at 7"]
        assert organizer_notices.list_of(session, tournament_id, audiences=("all",)) == []
    with trail() as found:
        for _ in range(2):
            organizer_notices.withdraw(tournament_id, row_id, actor=olga, now=OPENED_AT)
    assert found.events == [("announcement", data | {"status": "withdrawn"})]
    with read_snapshot() as session:
        assert organizer_notices.list_of(session, tournament_id) == []
        assert session.get_one(Announcement, row_id).text
    other = create(olga)
    with pytest.raises(NotFound):
        organizer_notices.withdraw(other, row_id, actor=olga, now=OPENED_AT)
    with pytest.raises(ResultError) as refused:
        organizer_notices.publish(tournament_id, " ", audience="fans", actor=olga, now=OPENED_AT)
    assert [field.path for field in refused.value.fields] == ["text", "audience"]


# -- copies


def test_a_copy_is_a_draft_with_the_settings_and_questions_but_without_dates(app: Flask) -> None:
    olga = person("olga")
    tournament_id = create(olga, **CUP, places=8, starts_at=OPENED_AT, bracket={"third_place": True})
    with transaction() as session:
        session.add(CustomField(tournament_id=tournament_id, position=1, key="city", label="City", kind="text"))
    tournaments.start(tournament_id, actor=olga, now=OPENED_AT)
    with trail() as found:
        copy_id = tournaments.duplicate(tournament_id, actor=olga, now=OPENED_AT)
    copy = stored(copy_id)
    assert (copy.name, copy.status, copy.places, copy.starts_at, copy.bracket) == (
        "Cup (copy)", "draft", 8, None, {"third_place": True}
    )  # fmt: skip
    assert found.audited == [("tournament.created", {"copied_from": tournament_id})]
    with read_snapshot() as session:
        keys = session.scalars(select(CustomField.key).where(CustomField.tournament_id == copy_id)).all()
    assert keys == ["city"]
    with pytest.raises(NotFound):
        tournaments.duplicate(tournament_id, actor=person("otto"), now=OPENED_AT)


# -- deleting


def test_a_deleted_tournament_is_gone_until_staff_restore_it(app: Flask) -> None:
    olga = person("olga")
    tournament_id = create(olga)
    with pytest.raises(ResultError):
        tournament_removal.delete(tournament_id, reason="no", actor=olga, now=OPENED_AT)
    with trail() as found:
        tournament_removal.delete(tournament_id, reason=REASON, actor=olga, now=OPENED_AT)
    assert found.audited == [("tournament.deleted", {"reason": REASON})]
    for act in (
        lambda: update(tournament_id, olga, region="Asia"),
        lambda: tournament_removal.delete(tournament_id, reason=REASON, actor=olga, now=OPENED_AT),
    ):
        with pytest.raises(NotFound):
            act()
    with pytest.raises(Forbidden):
        tournament_removal.restore(tournament_id, actor=olga, now=OPENED_AT)
    with trail() as found:
        for _ in range(2):
            tournament_removal.restore(tournament_id, actor=STAFF, now=OPENED_AT)
    assert [action for action, _ in found.audited] == ["tournament.restored"]
    assert update(tournament_id, olga, region="Asia") == ("region",)


def test_nothing_is_deleted_while_it_is_played(app: Flask) -> None:
    arena = open_battle_royale(squads=2, lobbies=1)
    with pytest.raises(Conflict, match="being played"):
        tournament_removal.delete(arena.tournament_id, reason=REASON, actor=SYSTEM, now=OPENED_AT)


# -- templates


def test_a_template_is_merged_under_what_the_form_says_and_counts_its_use(app: Flask) -> None:
    olga = person("olga")
    tournament_id = create(
        olga, **CUP, places=8, bracket={"third_place": True}, best_of_by_round={"final": 5}, starts_at=OPENED_AT
    )
    template_id = tournament_templates.save(tournament_id, "Weekly", actor=olga, now=OPENED_AT)
    given: dict[str, Any] = {"places": 16, "best_of_by_round": {"default": 3}}
    applied = tournament_templates.apply(template_id, given, actor=olga, now=OPENED_AT)
    assert (applied["places"], applied["bracket"], applied["best_of_by_round"]) == (
        16, {"third_place": True}, {"final": 5, "default": 3},
    )  # fmt: skip
    assert not {"name", "starts_at", "is_official"} & applied.keys()
    with read_snapshot() as session:
        (row,) = tournament_templates.list_for(session, olga)
        assert (row.uses, row.last_used_at, row.game) == (1, OPENED_AT, "valorant")


def test_who_reads_a_template_is_said_by_its_scope(app: Flask) -> None:
    olga, otto, carl = with_login("olga"), with_login("otto"), with_login("carl")
    tournament_id = create(olga)
    officials.appoint(tournament_id, "carl", "co_organizer", actor=olga, now=OPENED_AT)
    for scope in ("private", "organization"):
        tournament_templates.save(tournament_id, scope, scope=scope, actor=olga, now=OPENED_AT)
    with pytest.raises(Forbidden):
        tournament_templates.save(tournament_id, "global", scope="global", actor=olga, now=OPENED_AT)
    tournament_templates.save(tournament_id, "global", scope="global", actor=STAFF, now=OPENED_AT)
    with read_snapshot() as session:
        seen = {
            who.user_id: {row.name for row in tournament_templates.list_for(session, who)} for who in (olga, otto, carl)
        }
        named = [row.name for row in tournament_templates.list_for(session, olga, search="PRIV")]
    assert seen == {
        olga.user_id: {"private", "organization", "global"}, otto.user_id: {"global"},
        carl.user_id: {"organization", "global"},
    }  # fmt: skip
    assert named == ["private"]


def test_a_template_is_switched_off_and_deleted_by_who_saved_it(app: Flask) -> None:
    olga, otto = with_login("olga"), with_login("otto")
    tournament_id = create(olga)
    template_id = tournament_templates.save(tournament_id, "Weekly", actor=olga, now=OPENED_AT)
    with pytest.raises(NotFound):
        tournament_templates.set_active(template_id, is_active=False, actor=otto, now=OPENED_AT)
    with trail() as found:
        for _ in range(2):
            tournament_templates.set_active(template_id, is_active=False, actor=olga, now=OPENED_AT)
    assert [action for action, _ in found.audited] == ["template.deactivated"]
    with pytest.raises(NotFound):
        tournament_templates.apply(template_id, {}, actor=olga, now=OPENED_AT)
    tournament_templates.delete(template_id, actor=olga, now=OPENED_AT)
    with read_snapshot() as session:
        assert tournament_templates.list_for(session, olga) == []


def test_nothing_is_announced_while_everything_stands_still(app: Flask) -> None:
    arena = open_battle_royale(squads=2, lobbies=1)
    pauses.stop(arena.tournament_id, reason=REASON, actor=SYSTEM, now=OPENED_AT)
    with trail() as found, pytest.raises(Conflict) as refused:
        organizer_notices.publish(arena.tournament_id, "Soon", audience="all", actor=SYSTEM, now=OPENED_AT)
    assert (refused.value.code, found.events) == ("tournament_paused", [])
    pauses.resume(arena.tournament_id, actor=SYSTEM, now=OPENED_AT)
    organizer_notices.publish(arena.tournament_id, "Soon", audience="all", actor=SYSTEM, now=OPENED_AT)


def test_a_template_is_renamed_and_opened_to_others_by_who_saved_it(app: Flask) -> None:
    olga, otto = with_login("olga"), with_login("otto")
    template_id = tournament_templates.save(create(olga), "Weekly", actor=olga, now=OPENED_AT)
    changes = {"name": " Weekly  cup ", "scope": "organization"}
    with trail() as found:
        changed = [tournament_templates.change(template_id, changes, actor=olga, now=OPENED_AT) for _ in range(2)]
    assert changed == [("name", "scope"), ()]
    assert found.audited == [("template.changed", {"template_id": template_id, "changed": ["name", "scope"]})]
    for who, wrong, refused in (
        (olga, {"scope": "global"}, Forbidden), (olga, {"name": " "}, ResultError), (otto, {"name": "Mine"}, NotFound),
    ):  # fmt: skip
        with pytest.raises(refused):
            tournament_templates.change(template_id, wrong, actor=who, now=OPENED_AT)
    wanted = template_facts.Wanted("cup", "", "", True, 20, 0)
    assert [line["name"] for line in template_facts.listed(wanted, actor=olga)["results"]] == ["Weekly cup"]
    assert template_facts.listed(wanted, actor=otto)["count"] == 0


def test_programs_read_a_draft_as_its_officials_and_list_what_is_theirs(app: Flask) -> None:
    olga, otto, carl = with_login("olga"), with_login("otto"), with_login("carl")
    tournament_id = create(olga)
    officials.appoint(tournament_id, "otto", "referee", actor=olga, now=OPENED_AT)
    for who, relation in ((olga, "owner"), (otto, "referee"), (STAFF, None)):
        told = tournament_facts.of_tournament(tournament_id, actor=who)
        assert (told["relation"], told["status"], told["requires_review"]) == (relation, "draft", False)
    with pytest.raises(NotFound):
        tournament_facts.of_tournament(tournament_id, actor=carl)
    wanted = tournament_facts.Wanted("draft", 20, 0)
    listed = {who: tournament_facts.own(wanted, actor=who)["results"] for who in (olga, otto, carl)}
    assert {who: [line["relation"] for line in lines] for who, lines in listed.items()} == {
        olga: ["owner"], otto: ["referee"], carl: []
    }  # fmt: skip
