"""Teams: founding, changing, logos, line-ups, disbanding; each with its row, its event and its audit."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.arenas import OPENED_AT
from tests.personas import Persona, persona
from tests.teams import team_of
from tests.uploaded import SVG, picture
from webapp.domain.errors import Conflict, Forbidden, NotFound
from webapp.domain.teams import TeamError
from webapp.domain.uploads import UploadError
from webapp.models import AuditEntry, LineUp, Registration, StoredFile, Team, TeamEvent, TeamMember, Tournament
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.teams import line_ups, player_ids, team_log, team_rosters, teams


def events(team_id: int) -> list[tuple[int, str, dict[str, Any]]]:
    with read_snapshot() as session:
        found = select(TeamEvent).where(TeamEvent.team_id == team_id).order_by(TeamEvent.seq)
        return [(event.seq, event.type, event.data) for event in session.scalars(found)]


def audited() -> list[str]:
    with read_snapshot() as session:
        actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
        return [action for action in actions if action.startswith(("team.", "registration."))]


def team(team_id: int) -> Team:
    with read_snapshot() as session:
        found = session.get_one(Team, team_id)
        session.expunge(found)
        return found


def test_who_founds_a_team_leads_it(app: Flask, pat: Persona) -> None:
    team_id = team_of(pat)
    assert (team(team_id).name, team(team_id).captain_id, team(team_id).log_seq) == ("Night Ferry", pat.user_id, 1)
    assert events(team_id) == [(1, "team_created", {"team_id": team_id, "captain_id": pat.user_id})]
    assert audited() == ["team.created"]
    with read_snapshot() as session:
        assert team_rosters.members_of(session, team_id) == [(pat.user_id, "Pat", "captain", None)]
        assert team_rosters.is_led_by(session, team_id, pat.user_id)
        assert [led.id for led in team_rosters.teams_led_by(session, pat.user_id, "valorant")] == [team_id]


def test_one_team_a_game_and_one_name_a_game(app: Flask, pat: Persona) -> None:
    una = persona(app, "vera")
    team_of(pat)
    with pytest.raises(Conflict) as second:
        team_of(pat, name="Another")
    assert second.value.code == "in_another_team"
    for name in ("Night Ferry", "night ferry"):
        with pytest.raises(Conflict) as taken:
            team_of(una, name=name)
        assert (taken.value.code, taken.value.fields[0].path) == ("team_name_taken", "name")
    assert team_of(una, game="cs2")
    assert team_of(pat, name="Another", game="cs2")


def test_only_the_captain_and_staff_change_a_team(app: Flask, pat: Persona, sam: Persona) -> None:
    vera = persona(app, "vera")
    team_id = team_of(pat, [vera])
    with pytest.raises(Forbidden):
        teams.change(team_id, {"name": "Vera's"}, actor=vera.actor, now=utc_now())
    assert teams.change(team_id, {"name": "Copper Kites", "tag": ""}, actor=pat.actor, now=utc_now())
    assert not teams.change(team_id, {"name": "Copper Kites", "game": "cs2"}, actor=pat.actor, now=utc_now())
    assert teams.change(team_id, {"description": "Hello"}, actor=sam.actor, now=utc_now())
    assert (team(team_id).name, team(team_id).tag, team(team_id).game) == ("Copper Kites", None, "valorant")
    changes = [data["changed"] for _, name, data in events(team_id) if name == "team_updated"]
    assert changes == [["name", "tag"], ["description"]]
    with pytest.raises(NotFound):
        teams.change(999, {"name": "x"}, actor=pat.actor, now=utc_now())
    with pytest.raises(TeamError):
        teams.change(team_id, {"name": ""}, actor=pat.actor, now=utc_now())


def test_a_logo_is_set_replaced_and_taken_away(app: Flask, pat: Persona) -> None:
    vera = persona(app, "vera")
    team_id = team_of(pat)
    with pytest.raises(Forbidden):
        teams.set_logo(team_id, picture(), actor=vera.actor, now=utc_now())
    with pytest.raises(UploadError):
        teams.set_logo(team_id, SVG, actor=pat.actor, now=utc_now())
    teams.set_logo(team_id, picture(), actor=pat.actor, now=utc_now())
    first = team(team_id).logo_id
    teams.set_logo(team_id, picture("WEBP"), actor=pat.actor, now=utc_now())
    assert team(team_id).logo_id not in {None, first}
    with read_snapshot() as session:
        assert [stored.id for stored in session.scalars(select(StoredFile))] == [team(team_id).logo_id]
    teams.set_logo(team_id, None, actor=pat.actor, now=utc_now())
    teams.set_logo(team_id, None, actor=pat.actor, now=utc_now())
    assert team(team_id).logo_id is None
    assert len(events(team_id)) == 4


def test_a_line_up_is_kept_with_the_ids_of_the_game(app: Flask, pat: Persona) -> None:
    vera = persona(app, "vera")
    team_id = team_of(pat, [vera])
    with transaction() as session:
        player_ids.remember(session, "valorant", {vera.user_id: "Vera#EUW"}, now=utc_now())
    roles = {pat.user_id: "player", vera.user_id: "coach"}
    first = line_ups.save(team_id, "Main", roles, actor=pat.actor, now=utc_now())
    assert line_ups.save(team_id, " Main ", {vera.user_id: "player"}, actor=pat.actor, now=utc_now()) == first
    with read_snapshot() as session:
        (kept,) = line_ups.line_ups_of(session, team_id)
        assert kept.players == [{"user_id": vera.user_id, "role": "player", "player_id": "Vera#EUW"}]
    with pytest.raises(TeamError):
        line_ups.save(team_id, "Main", {999: "player"}, actor=pat.actor, now=utc_now())
    for number in range(9):
        line_ups.save(team_id, f"Plan {number}", roles, actor=pat.actor, now=utc_now())
    with pytest.raises(Conflict) as many:
        line_ups.save(team_id, "Plan 9", roles, actor=pat.actor, now=utc_now())
    assert many.value.code == "too_many_line_ups"
    line_ups.delete(team_id, first, actor=pat.actor, now=utc_now())
    line_ups.delete(team_id, first, actor=pat.actor, now=utc_now())
    with read_snapshot() as session:
        assert session.get(LineUp, first) is None


def registered(team_id: int, status: str, *, tournament: str = "registration_open") -> int:
    with transaction() as session:
        made = Tournament(
            slug=f"cup-{tournament}", name=f"Cup {tournament}", game="valorant", format="single-elimination",
            status=tournament, ruleset={}, created_at=OPENED_AT,
        )  # fmt: skip
        session.add(made)
        session.flush()
        entry = Registration(tournament_id=made.id, team_id=team_id, status=status, created_at=OPENED_AT)
        session.add(entry)
        session.flush()
        return entry.id


def test_a_team_is_disbanded_with_what_it_planned(app: Flask, pat: Persona) -> None:
    vera = persona(app, "vera")
    team_id = team_of(pat, [vera])
    waiting = registered(team_id, "submitted")
    with pytest.raises(Forbidden):
        teams.disband(team_id, actor=vera.actor, now=utc_now())
    teams.disband(team_id, actor=pat.actor, now=utc_now())
    teams.disband(team_id, actor=SYSTEM, now=utc_now())
    assert (team(team_id).captain_id, events(team_id)[-1][1]) == (None, "team_disbanded")
    assert audited()[-2:] == ["registration.withdrawn", "team.disbanded"]
    with read_snapshot() as session:
        assert session.get_one(Registration, waiting).status == "withdrawn"
        assert team_rosters.members_of(session, team_id) == []
        assert session.scalars(select(TeamMember.left_at).where(TeamMember.left_at.is_(None))).all() == []
    with pytest.raises(Conflict) as gone:
        teams.change(team_id, {"name": "New"}, actor=SYSTEM, now=utc_now())
    assert gone.value.code == "team_disbanded"
    assert team_of(pat, name="The next")


def test_a_team_in_a_live_tournament_stays(app: Flask, pat: Persona) -> None:
    team_id = team_of(pat)
    registered(team_id, "approved", tournament="live")
    with pytest.raises(Conflict) as live:
        teams.disband(team_id, actor=pat.actor, now=utc_now())
    assert live.value.code == "team_in_live_tournament"
    assert "Cup live" in live.value.message
    assert team(team_id).disbanded_at is None


def test_a_fact_that_is_no_teams_is_refused(app: Flask, pat: Persona) -> None:
    team_id = team_of(pat)
    for name, data in (("match_started", {"number": 1}), ("team_created", {}), ("member_removed", {"captain_id": 1})):
        with transaction() as session:
            found = team_log.lock_team(session, team_id)
            with pytest.raises(ValueError, match="is no event of teams"):
                team_log.record(session, found, name, "made_up", data, actor=SYSTEM, now=utc_now())
