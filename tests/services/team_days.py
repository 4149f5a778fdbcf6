"""Cups of teams: line-ups, fees, organizers who decide, captains who change their minds."""

from datetime import timedelta
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule
from sqlalchemy import select

from tests.arenas import REASON
from tests.entering import OPENED_AT, STARTS_AT, team
from tests.services.days import people_of
from tests.services.placings import assert_all_stand_where_results_say
from tests.services.series_days import SeriesDay
from webapp.domain.registration import HOLDING, OUT, LinedUp
from webapp.models import Payment, Registration, RegistrationPlayer, Team, TeamMember, Tournament
from webapp.services.bracketing import brackets
from webapp.services.registration import (
    checkin_close,
    checkins,
    entries,
    entry_decisions,
    entry_line_ups,
    payments,
    waitlist,
)
from webapp.services.registration.entries import Entry
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.teams import teams
from webapp.services.tournaments import tournaments

TEAMS: Final = 6
SIZE: Final = 5
RESERVES: Final = 2
PLACES: Final = 4
BEFORE_START: Final = ("registration_open", "registration_closed")


class TeamsDay(SeriesDay):
    """One cup of teams of five, two of which have nobody to spare and two who change sides."""

    @initialize(
        data=st.data(),
        fee=st.sampled_from([0, 500]),
        asks=st.booleans(),
        checks_in=st.booleans(),
        is_day=st.sampled_from([True, True, False]),
    )
    def open(self, data: st.DataObject, *, fee: int, asks: bool, checks_in: bool, is_day: bool) -> None:
        type(self).opened += 1
        number = type(self).opened
        self.now = OPENED_AT
        self.organizer, *self.people = people_of(f"T{number}", TEAMS * SIZE + RESERVES)
        members = [self.people[start : start + SIZE] for start in range(0, TEAMS * SIZE, SIZE)]
        self.teams = {
            team(each[0], each[1:], name=f"T{number} {place}", game="dota2"): each[0]
            for place, each in enumerate(members)
        }
        self.tournament_id = tournaments.create(
            f"Teams {number}", game="dota2", format="single-elimination", ruleset={"win_points": 3},
            starts_at=STARTS_AT, actor=self.organizer, now=self.now, places=PLACES, has_checkin=checks_in,
            entry_fee=fee, currency="BDT", asks_approval=asks,
        )  # fmt: skip
        tournaments.open_registration(self.tournament_id, actor=self.organizer, now=self.now)
        if is_day:
            self.begin(data)

    # -- before the start

    @rule(data=st.data())
    def register_some(self, data: st.DataObject) -> None:
        chosen = st.lists(st.sampled_from(sorted(self.teams)), min_size=1, max_size=TEAMS, unique=True)
        for team_id in data.draw(chosen, label="teams"):
            entry = Entry(team_id=team_id, players=self.line_up(team_id), waitlist=True)
            if self.captain(team_id) is not None:
                self.may(entries.register, self.tournament_id, entry, actor=self.captain(team_id))

    @rule(data=st.data())
    def withdraw_by_oneself(self, data: st.DataObject) -> None:
        registration_id, owner = self.some_registration(data, *HOLDING, "waitlisted", "rejected", "no_show")
        if registration_id is not None:
            self.may(entries.withdraw, registration_id, actor=owner)

    @rule(data=st.data())
    def play_with_others(self, data: st.DataObject) -> None:
        """A captain names the members who are there now, some of whom may have come from another team."""
        registration_id, owner = self.some_registration(data, *HOLDING, "waitlisted", "withdrawn")
        if registration_id is None:
            return
        with read_snapshot() as session:
            team_id = session.get_one(Registration, registration_id).team_id
        assert team_id is not None
        if self.captain(team_id) == owner:
            self.may(entry_line_ups.change, registration_id, self.line_up(team_id), actor=owner)

    @rule(data=st.data())
    def change_teams(self, data: st.DataObject) -> None:
        """Somebody who leads nobody leaves for another team."""
        who = data.draw(st.sampled_from(self.people), label="who")
        wanted = data.draw(st.sampled_from(sorted(self.teams)), label="to")
        if self.captain(wanted) is None or any(who == self.captain(team_id) for team_id in self.teams):
            return
        with transaction() as session:
            current = select(TeamMember).where(TeamMember.user_id == who.user_id, TeamMember.left_at.is_(None))
            before = session.scalar(current)
            if before is not None and before.team_id == wanted:
                return
            if before is not None:
                before.left_at = self.now
                session.flush()
            session.add(
                TeamMember(team_id=wanted, user_id=who.user_id, game="dota2", role="player", joined_at=self.now)
            )

    @rule(data=st.data())
    def disband(self, data: st.DataObject) -> None:
        team_id = data.draw(st.sampled_from(sorted(self.teams)), label="team")
        captain = self.captain(team_id)
        if captain is not None and self.status() in (*BEFORE_START, "live"):
            self.may(teams.disband, team_id, actor=captain)

    @rule(data=st.data(), way=st.sampled_from(["pay", "pay", "verify", "verify", "reject", "refund"]))
    def money(self, data: st.DataObject, way: str) -> None:
        found = self.owed()
        if not found:
            return
        payment_id, registration_id = data.draw(st.sampled_from(found), label="payment")
        if way == "pay":
            payer = self.speaker(registration_id)
            if registration_id not in self.led():
                return
            self.may(payments.submit_proof, payment_id, method="", reference="TX 1", proof=None, actor=payer)
        elif way == "verify":
            self.may(payments.verify, payment_id)
        else:
            self.may(payments.reject if way == "reject" else payments.refund, payment_id, reason=REASON)

    @rule(data=st.data(), decision=st.sampled_from(["approve", "approve", "reject", "waitlist"]), many=st.booleans())
    def decide_about(self, data: st.DataObject, decision: str, many: bool) -> None:
        found = [one for one, _ in self.registered(*HOLDING, *OUT, "waitlisted", "no_show")]
        if not found:
            return
        reason = REASON if decision == "reject" else ""
        if many:
            chosen = data.draw(st.lists(st.sampled_from(found), min_size=1, unique=True), label="registrations")
            self.may(entry_decisions.decide_many, self.tournament_id, chosen, decision, reason=reason)
        else:
            chosen_one = data.draw(st.sampled_from(found), label="registration")
            self.may(entry_decisions.decide, chosen_one, decision, reason=reason)

    @rule(hours=st.integers(1, 26))
    def let_offers_lapse(self, hours: int) -> None:
        if self.now + timedelta(hours=hours) < STARTS_AT:
            self.now += timedelta(hours=hours)
            waitlist.pass_on(now=self.now)

    @rule()
    def close_or_reopen(self) -> None:
        if self.status() == "registration_open":
            self.may(tournaments.close_registration, self.tournament_id)

    @rule(back=st.booleans())
    def close_check_in(self, back: bool) -> None:
        self.may(checkin_close.reopen if back else checkin_close.close, self.tournament_id)

    @rule(data=st.data())
    def check_in_some(self, data: st.DataObject) -> None:
        for registration_id, owner in self.registered("approved", "waitlisted"):
            if data.draw(st.integers(0, 3)):
                self.may(checkins.check_in, registration_id, actor=owner)

    @rule(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        """Whoever wants to comes and pays, and it starts."""
        if self.status() not in BEFORE_START:
            return
        self.register_some(data)
        self.register_some(data)
        for payment_id, registration_id in self.owed():
            payer = self.speaker(registration_id)
            if self.may(payments.submit_proof, payment_id, method="", reference="TX 2", proof=None, actor=payer):
                self.may(payments.verify, payment_id)
        for registration_id, _ in self.registered("submitted"):
            self.may(entry_decisions.decide, registration_id, "approve")
        self.now = max(self.now, STARTS_AT - timedelta(minutes=25))
        for registration_id, owner in self.registered():
            self.may(checkins.check_in, registration_id, actor=owner)
        self.now = max(self.now, STARTS_AT)
        self.may(tournaments.start, self.tournament_id)
        seeding = data.draw(st.sampled_from(["slot", "ranked"]), label="seeding")
        self.may(brackets.generate, self.tournament_id, seeding=seeding, unranked_last=True)

    # -- what always holds

    @invariant()
    def everybody_stands_in_one_place(self) -> None:
        assert_all_stand_where_results_say(self.tournament_id)

    @invariant()
    def places_are_kept(self) -> None:
        """Nobody is one too many, and nobody waits while there is a place."""
        with read_snapshot() as session:
            rows = select(Registration.status).where(Registration.tournament_id == self.tournament_id)
            found = list(session.scalars(rows))
            is_closed = session.get_one(Tournament, self.tournament_id).reseeded_seq is not None
        if self.status() not in BEFORE_START:
            return
        held = sum(status in HOLDING for status in found)
        assert held <= PLACES, "one too many"
        assert held == PLACES or not found.count("waitlisted") or is_closed, "somebody waits while there is a place"

    @invariant()
    def who_owes_can_pay(self) -> None:
        """Who has a place because of a fee that is still to come is waited for, or can send it."""
        with read_snapshot() as session:
            rows = session.execute(
                select(Registration.status, Payment.state)
                .outerjoin(Payment, Payment.registration_id == Registration.id)
                .where(Registration.tournament_id == self.tournament_id)
            ).all()
        for status, state in rows:
            assert status != "pending" or state in ("pending", "rejected"), f"pending, and its fee is {state}"

    @invariant()
    def players_count_with_their_registration(self) -> None:
        """Whose registration is out is free, and nobody counts in two."""
        with read_snapshot() as session:
            rows = session.execute(
                select(RegistrationPlayer.user_id, RegistrationPlayer.is_active, Registration.status)
                .join(Registration, Registration.id == RegistrationPlayer.registration_id)
                .where(Registration.tournament_id == self.tournament_id)
            ).all()
        counted = [user_id for user_id, is_active, _ in rows if is_active]
        assert len(counted) == len(set(counted)), "somebody plays for two"
        assert not any(is_active and status in OUT for _, is_active, status in rows), "out, and still counted"

    def registered(self, *states: str) -> list[tuple[int, Actor]]:
        led = self.led()
        return [(one, who) for one, who in super().registered(*states) if one in led]

    def led(self) -> set[int]:
        """The registrations of teams that somebody leads: nobody speaks for one that was disbanded."""
        with read_snapshot() as session:
            found = select(Registration.id).join(Team, Team.id == Registration.team_id)
            wanted = (Registration.tournament_id == self.tournament_id, Team.captain_id.is_not(None))
            return set(session.scalars(found.where(*wanted)))

    def line_up(self, team_id: int) -> list[LinedUp]:
        with read_snapshot() as session:
            rows = select(TeamMember.user_id).where(TeamMember.team_id == team_id, TeamMember.left_at.is_(None))
            members = list(session.scalars(rows.order_by(TeamMember.id)))[:SIZE]
        return [LinedUp(user_id, "player", f"7656119{user_id:010}") for user_id in members]

    def captain(self, team_id: int) -> Actor | None:
        """Who leads a team, while there is one."""
        with read_snapshot() as session:
            current = select(TeamMember.id).where(TeamMember.team_id == team_id, TeamMember.left_at.is_(None))
            is_there = session.scalar(current.limit(1)) is not None
        return self.teams[team_id] if is_there and team_id in self.teams else None

    def owed(self) -> list[tuple[Any, ...]]:
        with read_snapshot() as session:
            rows = select(Payment.id, Payment.registration_id).where(Payment.tournament_id == self.tournament_id)
            return [tuple(row) for row in session.execute(rows.order_by(Payment.id))]
