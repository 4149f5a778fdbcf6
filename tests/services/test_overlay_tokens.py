"""Links of overlays: made, used, taken back."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.arenas import OPENED_AT
from tests.personas import Persona
from tests.statements import count_statements
from tests.views.organizer.pages import draft, referee
from webapp.domain.errors import Forbidden, NotFound
from webapp.domain.token_scopes import TokenError
from webapp.models import AuditEntry, OverlayToken, Tournament
from webapp.services.live import overlay_tokens
from webapp.services.live.overlay_tokens import NewLink, OverlayAccess
from webapp.services.spine.transaction import read_snapshot, transaction

NOW = OPENED_AT + timedelta(days=1)


def make(owner: Persona, tournament_id: int, name: str = "Main PC") -> NewLink:
    return overlay_tokens.create(tournament_id, name, actor=owner.actor, now=NOW)


def audited() -> list[tuple[str, int | None, object]]:
    with read_snapshot() as session:
        rows = session.scalars(
            select(AuditEntry).where(AuditEntry.action.startswith("overlay.")).order_by(AuditEntry.number)
        )
        return [(row.action, row.actor_id, row.data) for row in rows]


def test_a_link_is_kept_as_a_hash_and_audited(olga: Persona) -> None:
    tournament_id = draft(olga)
    made = make(olga, tournament_id)
    assert (made.secret[:4], len(made.secret)) == ("dco_", 47)
    with read_snapshot() as session:
        kept = session.get_one(OverlayToken, made.id)
        assert made.secret not in repr([getattr(kept, column.name) for column in OverlayToken.__table__.columns])
        assert (kept.name, kept.hint, kept.created_by_id) == ("Main PC", made.secret[-4:], olga.user_id)
        (chain,) = session.scalars(select(AuditEntry.chain).where(AuditEntry.action == "overlay.link_made"))
    assert chain == f"tournament:{tournament_id}"
    assert audited() == [("overlay.link_made", olga.user_id, {"overlay_id": made.id})]


def test_it_opens_its_tournament_and_its_use_is_noted_once_a_minute(olga: Persona) -> None:
    tournament_id = draft(olga)
    made = make(olga, tournament_id)
    for seconds, noted in ((0, 0), (59, 0), (60, 60)):
        found = overlay_tokens.find(made.secret, now=NOW + timedelta(seconds=seconds))
        assert found == OverlayAccess(made.id, tournament_id)
        with read_snapshot() as session:
            (info,) = overlay_tokens.list_of(session, tournament_id)
        assert info.last_used_at == NOW + timedelta(seconds=noted)


def test_finding_it_again_is_one_statement(olga: Persona) -> None:
    made = make(olga, draft(olga))
    overlay_tokens.find(made.secret, now=NOW)
    with count_statements() as statements:
        overlay_tokens.find(made.secret, now=NOW)
    assert len([text for text in statements if "overlay_tokens" in text]) == 1


@pytest.mark.parametrize("secret", ["", "dco_", "dco_" + "x" * 43, "dc_" + "x" * 43, "dco_" + "x" * 5000, "dco_\x00"])
def test_what_was_never_made_opens_nothing(olga: Persona, secret: str) -> None:
    make(olga, draft(olga))
    assert overlay_tokens.find(secret, now=NOW) is None


def test_a_link_that_is_taken_back_opens_nothing_at_once(olga: Persona) -> None:
    tournament_id = draft(olga)
    made, other = make(olga, tournament_id), make(olga, tournament_id, "Backup")
    assert overlay_tokens.good_among([made.id, other.id, 999_999]) == {made.id, other.id}
    for minutes in (0, 5):
        overlay_tokens.revoke(tournament_id, made.id, actor=olga.actor, now=NOW + timedelta(minutes=minutes))
    assert overlay_tokens.find(made.secret, now=NOW) is None
    assert overlay_tokens.find(other.secret, now=NOW) == OverlayAccess(other.id, tournament_id)
    assert overlay_tokens.good_among([made.id, other.id]) == {other.id}
    with read_snapshot() as session:
        assert [info.revoked_at for info in overlay_tokens.list_of(session, tournament_id)] == [None, NOW]
    assert audited()[2:] == [("overlay.link_revoked", olga.user_id, {"overlay_id": made.id})]


def test_a_link_dies_with_its_tournament(olga: Persona) -> None:
    tournament_id = draft(olga)
    made = make(olga, tournament_id)
    with transaction() as session:
        session.get_one(Tournament, tournament_id).deleted_at = NOW
    assert overlay_tokens.find(made.secret, now=NOW) is None


def test_only_its_organizers_make_and_revoke(olga: Persona, otto: Persona, pat: Persona, sam: Persona) -> None:
    tournament_id = draft(olga)
    made = make(olga, tournament_id)
    for stranger, refusal in ((otto, NotFound), (pat, Forbidden)):
        with pytest.raises(refusal):
            make(stranger, tournament_id)
        with pytest.raises(refusal):
            overlay_tokens.revoke(tournament_id, made.id, actor=stranger.actor, now=NOW)
    referee(otto, tournament_id)
    with pytest.raises(Forbidden):
        make(otto, tournament_id)
    make(sam, tournament_id)


def test_a_link_of_another_tournament_is_not_there(olga: Persona) -> None:
    made = make(olga, draft(olga))
    with pytest.raises(NotFound):
        overlay_tokens.revoke(draft(olga, "Other Cup"), made.id, actor=olga.actor, now=NOW)
    assert overlay_tokens.good_among([made.id]) == {made.id}


@pytest.mark.parametrize("name", ["", "   ", "\u202e", "x" * 61])
def test_a_name_that_cannot_be_used_is_said_to_be(olga: Persona, name: str) -> None:
    with pytest.raises(TokenError) as refused:
        make(olga, draft(olga), name)
    assert [field.path for field in refused.value.fields] == ["name"]


def test_nobody_collects_links(olga: Persona) -> None:
    tournament_id = draft(olga)
    made = [make(olga, tournament_id) for _ in range(overlay_tokens.LINKS_AT_MOST)]
    with pytest.raises(TokenError) as refused:
        make(olga, tournament_id)
    assert refused.value.code == "token_limit"
    overlay_tokens.revoke(tournament_id, made[0].id, actor=olga.actor, now=NOW)
    make(olga, tournament_id)
