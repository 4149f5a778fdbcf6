"""A site with a name wherever people write one, and a request for every operation of the API."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import select, update

from tests.arenas import OPENED_AT, ended_at
from tests.disputed import games, open_duel
from tests.entering import enter, open_tournament
from tests.personas import PASSWORD, Persona
from tests.uploaded import picture
from tests.webhooked import attempted, deliver, deliveries, endpoint_at
from webapp.domain.custom_fields import FieldRule
from webapp.domain.scoring import BattleRoyaleLine as Line
from webapp.models import Match, Payment, Registration, Team
from webapp.services.disputes import dispute_evidence, disputes
from webapp.services.files import uploads
from webapp.services.matches import matches, results, series
from webapp.services.matches.matches import Fixture
from webapp.services.ranking import adjustments, overrides, ranking, season_ranking
from webapp.services.registration import custom_fields, payments, registrations
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.teams import team_invites, teams
from webapp.services.tournaments import organizer_notices, tournament_templates, tournaments
from webapp.views.api.description import Described

REASON: Final = "Shoebill told the referee to"
NAMES: Final = (
    "Zanzibar Cup", "Kestrel Squad", "Osprey Squad", "Lobby of Dodos", "Marabou", "Shoebill", "Heron Five",
    "Grebe Guild", "Bittern", "Zanzibar Duel", "Player01", "Striker1",
)  # fmt: skip
"""What people called things, or wrote."""
QUERIES: Final[Mapping[str, str]] = {
    "leaderboard": "?explain=1", "deltas": "?since=0", "profiles": "?ids=1,2,3", "teams": "?ids=1,2,3",
    "scoped": "?scope=season&game=pubgm&season=2026_S1", "match_list": "?tournament_id={tournament_id}",
}  # fmt: skip
LAST: Final = (
    "withdraw_announcement", "dismiss_official", "remove_custom_field", "delete_template", "disband_team", "refund_payment",
    "reject_payment", "withdraw_participant", "cancel_registration", "unfinalize_bracket", "complete_tournament", "archive_tournament",
    "cancel_tournament", "delete_tournament",
    "restore_tournament",
)  # fmt: skip
"""What ends something, so that it comes after what needs it."""
MATCHES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("ready_match", "match_lobby", "patch_match", "begin_match", "result_submit"), "own_id"),
    **dict.fromkeys(("submit_result", "start_match", "result_confirm", "reset_match", "assign_coordinator"), "own_id"),
    "cancel_match": "other_id", "force_win": "third_id", "open_dispute": "own_id", "report_dispute": "own_id",
}  # fmt: skip
"""Which match of the duel an operation is tried on, where it is not the first, which is confirmed and disputed."""
GAMES: Final = [{"number": number, "score_a": 13, "score_b": 4} for number in (1, 2)]
_WHY: Final = {"reason": REASON}
BODIES: Final[Mapping[str, dict[str, Any]]] = {
    "add_custom_field": {"key": "shirt", "label": "Shirt", "kind": "text"},
    "add_participants": {"names": ["Bittern"]},
    "adjust_points": _WHY | {"kind": "penalty", "points": -1},
    "add_evidence": {"url": "https://example.com/Bittern.png"},
    "appoint_official": {"handle": "olga", "role": "referee"},
    "assign_coordinator": {"user_id": None},
    "cancel_match": _WHY,
    "cancel_tournament": _WHY,
    "change_custom_field": {"label": "Name in chat"},
    "change_team": {"description": "Of Bittern"},
    "change_template": {"scope": "global"},
    "change_tournament": {"description": "Bittern plays", "rules": "No Bittern"},
    "comment_on_dispute": {"text": "Bittern saw it all"},
    "confirm_result": {"games": GAMES},
    "correct_match": _WHY | {"games": GAMES},
    "create_team": {"name": "Bittern", "game": "pubgm"},
    "create_tournament": {
        "name": "Bittern",
        "game": "valorant",
        "format": "swiss",
        "ruleset": {"win_points": 3},
        "payment_methods": [{"name": "Bittern"}],
    },
    "decide_registration": {"decision": "waitlist", "reason": REASON},
    "delete_tournament": _WHY,
    "emergency_stop": _WHY,
    "escalate_dispute": _WHY,
    "invalidate_cache": {"scope": "tournament"},
    "invite_to_team": {"handle": "una"},
    "match_lobby": {"name": "Bittern", "password": "Bittern"},
    "move_custom_field": {"step": 1},
    "open_dispute": {"reason_code": "wrong_score", "text": REASON},
    "patch_match": {"label": "Bittern"},
    "preview_correction": {"games": GAMES},
    "publish_announcement": {"text": "Bittern plays at eight"},
    "preview_decision": {"resolution": "approve_original"},
    "refresh": {"refresh": "dr_x"},
    "refund_payment": _WHY,
    "reject_payment": _WHY,
    "report_dispute": {"reason_code": "wrong_score", "text": REASON},
    "reset_match": _WHY,
    "resolve_dispute": _WHY | {"resolution": "approve_original"},
    "result_confirm": {"games": GAMES},
    "result_submit": {"games": GAMES},
    "review_winners": _WHY | {"decision": "computed"},
    "submit_proof": {"method": "Bittern Pay", "reference": "Bittern"},
    "submit_result": {"games": GAMES},
}
"""What an operation is sent, where that names no ids."""


@dataclass(frozen=True)
class NamedWorld:
    """Where everything is."""

    cup: Mapping[str, int]
    duel: Mapping[str, int]
    entry: Mapping[str, Any]
    team: Mapping[str, int]
    staff_email: str

    def ids_for(self, described: Described) -> dict[str, Any]:
        """Values of the variables in the operation's address."""
        name, world = described.operation.name, self.cup
        if described.operation.family in ("Brackets", "Matches", "Disputes", "Corrections") or name == "series":
            world = {**self.duel, "match_id": self.duel[MATCHES.get(name, "match_id")]}
        elif described.operation.family in ("Registration", "Payments", "Check-in"):
            world = self.entry
        return {"game": "pubgm", "action_id": 1, "game_number": 1, **self.cup, **self.team, **world}

    def body_for(self, name: str, secret: str) -> dict[str, Any]:
        """What that operation is sent."""
        duel, entry = self.duel, self.entry
        bodies: dict[str, dict[str, Any]] = {
            "add_matches": {"tournament_id": entry["tournament_id"], "matches": [{"label": "Bittern"}]},
            "bulk_schedule": {
                "tournament_id": duel["tournament_id"],
                "times": [{"match_id": duel["other_id"], "scheduled_at": "2026-04-01T18:00:00Z"}],
            },
            "change_line_up": {"player_id": "Striker1"},
            "check_in_many": {"tournament_id": entry["tournament_id"], "registration_ids": [entry["registration_id"]]},
            "decide_registrations": {"registration_ids": [entry["registration_id"]], "decision": "approve"},
            "force_win": _WHY | {"participant_id": duel["second_id"]},
            "keep_draft": {"first_id": duel["participant_id"], "actions": []},
            "override_placement": {"participant_id": self.cup["other_id"], "new_rank": 1, "reason": REASON},
            "register_entry": {"tournament_id": entry["tournament_id"], "player_id": "Striker1"},
            "remove_member": {"user_id": self.team["user_id"]},
            "save_template": {"tournament_id": self.cup["tournament_id"], "name": "Monthly"},
            "set_member_role": {"user_id": self.team["user_id"], "role": "coach"},
            "swap_seeds": {"first": duel["participant_id"], "second": duel["second_id"]},
            "token": {"email": self.staff_email, "password": PASSWORD},
            "transfer_captain": {"user_id": self.team["user_id"]},
            "verify": {"token": secret},
            "verify_payments": {"payments": [{"payment_id": entry["payment_id"]}]},
        }
        return bodies.get(name) or BODIES.get(name, {})


def named_world(staff: Persona, player: Persona, second: Persona) -> NamedWorld:
    """Open it."""
    return NamedWorld(_cup(staff), _duel(staff, player, second), _entry(player), _team(staff, player), staff.email)


def in_order(operations: list[Described]) -> list[Described]:
    """Reads first, then changes, then what ends something."""

    def place(one: Described) -> tuple[int, str, str]:
        name = one.operation.name
        return (0 if one.method == "GET" else 2 + LAST.index(name) if name in LAST else 1, one.path, one.method)

    return sorted(operations, key=place)


def _cup(staff: Persona) -> dict[str, int]:
    cup = tournaments.create(
        "Zanzibar Cup", game="pubgm", format="battle-royale", actor=SYSTEM, now=OPENED_AT, season="2026_S1",
        ruleset={"placement_points": [9, 5], "points_per_kill": 1}, description="Marabou's evening",
    )  # fmt: skip
    one, other = registrations.register(cup, ["Kestrel Squad", "Osprey Squad"], actor=SYSTEM, now=OPENED_AT)
    tournaments.start(cup, actor=SYSTEM, now=OPENED_AT)
    (match_id,) = matches.schedule(cup, [Fixture("Lobby of Dodos")], actor=SYSTEM, now=OPENED_AT)
    results.confirm(match_id, [Line(one, 1, 3), Line(other, 2, 0)], actor=SYSTEM, now=ended_at(1))
    adjustments.adjust(cup, one, kind="penalty", points=-1, reason=REASON, actor=SYSTEM, now=ended_at(2))
    overrides.override(cup, other, 1, reason=REASON, actor=staff.actor, now=ended_at(3))
    ranking.rank_due(cup, now=ended_at(4))
    season_ranking.compute_season_rankings("pubgm", "2026_S1", now=ended_at(5))
    template_id = tournament_templates.save(cup, "Weekly", actor=staff.actor, now=OPENED_AT)
    tournaments.update(cup, region="South Asia", actor=staff.actor, now=OPENED_AT)
    notice_id = organizer_notices.publish(cup, "Shoebill is late", audience="all", actor=staff.actor, now=OPENED_AT)
    return {
        "tournament_id": cup, "match_id": match_id, "participant_id": one, "registration_id": one, "other_id": other,
        "template_id": template_id, "announcement_id": notice_id, "number": 1, "delivery_id": _delivery(cup),
    }  # fmt: skip


def _delivery(cup: int) -> int:
    """What was sent to a webhook whose receiver names people in its answer."""
    endpoint_id = endpoint_at("https://example.org/Bittern", description="Marabou", tournament_id=cup)
    deliver(endpoint_id, now=utc_now())
    (delivery,) = deliveries(endpoint_id)
    attempted(delivery, answer=b"Thank you, Shoebill of the Zanzibar Cup")
    return delivery.id


def _duel(staff: Persona, player: Persona, second: Persona) -> dict[str, int]:
    """A result that a side objects to, and a match of the staff's own."""
    duel = open_duel(player, second, name="Zanzibar Duel")
    with transaction() as session:
        session.get_one(Registration, duel.arena.participant_ids[2]).registered_by_id = staff.user_id
        team_id = session.get_one(Registration, duel.sides[0]).team_id
        session.execute(update(Team).where(Team.id == team_id).values(name="Heron Five"))
        session.execute(update(Match).where(Match.id == duel.match_id).values(label="Lobby of Dodos"))
    series.confirm(duel.match_id, games(duel.sides, "aa"), actor=SYSTEM, now=utc_now() - timedelta(minutes=5))
    dispute_id = disputes.open_dispute(
        duel.match_id, reason_code="wrong_score", text=REASON, claim=None, report_revision=None, expected_revision=None,
        actor=player.actor, now=utc_now(),
    )  # fmt: skip
    evidence_id = dispute_evidence.add_file(dispute_id, picture(), actor=player.actor, now=utc_now())
    return {
        "tournament_id": duel.arena.tournament_id, "match_id": duel.match_id, "participant_id": duel.sides[0],
        "second_id": duel.sides[1], "own_id": duel.arena.match_ids[1], "other_id": duel.arena.match_ids[2],
        "third_id": duel.arena.match_ids[3], "dispute_id": dispute_id, "evidence_id": evidence_id, "report_id": 1,
    }  # fmt: skip


def _entry(player: Persona) -> dict[str, Any]:
    """A registration whose fee is said to be paid."""
    tournament_id = open_tournament(
        name="Zanzibar Open", entry_fee=500, currency="BDT", payment_methods=[{"name": "Marabou Pay"}],
        has_checkin=True, starts_at=utc_now() + timedelta(minutes=20),
    )  # fmt: skip
    shown = FieldRule("rank", "Rank", "media")
    custom_fields.add(tournament_id, shown, actor=SYSTEM, now=OPENED_AT)
    entered = enter(
        tournament_id, player.actor, now=utc_now(), files={"rank": uploads.receive(picture(), "answer")}
    )  # fmt: skip
    with read_snapshot() as session:
        payment_id = session.scalar(select(Payment.id).where(Payment.registration_id == entered.registration_id)) or 0
    payments.submit_proof(
        payment_id, method="Marabou Pay", reference="Shoebill", proof=uploads.receive(picture(), "proof"),
        actor=player.actor, now=utc_now(),
    )  # fmt: skip
    rule = FieldRule("nick", "Nickname", "text")
    field_id = custom_fields.add(tournament_id, rule, actor=SYSTEM, now=OPENED_AT)
    return {
        "tournament_id": tournament_id, "registration_id": entered.registration_id, "payment_id": payment_id,
        "field_id": field_id, "key": "rank", "participant_id": entered.registration_id,
    }  # fmt: skip


def _team(staff: Persona, player: Persona) -> dict[str, int]:
    team_id = teams.create(
        name="Grebe Guild", tag="GRB", game="valorant", description="Shoebill's", actor=player.actor, now=OPENED_AT
    )
    invite_id = team_invites.invite(team_id, staff.name, role="player", actor=player.actor, now=utc_now())
    return {"team_id": team_id, "invite_id": invite_id, "user_id": staff.user_id}
