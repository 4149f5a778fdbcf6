"""Random days of whole tournaments: people come and go, play, report, object, and officials do everything they may.

Whatever is done in whatever order, after every step everybody stands where the results say, the totals are those of the
results, the log has no gap, the audit is intact, nobody is one too many, and a refusal has changed nothing.
"""

from datetime import timedelta
from typing import Final

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule
from sqlalchemy import select

from tests.entering import OPENED_AT, STARTS_AT, solo
from tests.services.days import people_of
from tests.services.placings import assert_all_stand_where_results_say, open_matches_by_participant
from tests.services.series_days import SeriesDay
from webapp.models import Registration, Tournament
from webapp.services.bracketing import brackets
from webapp.services.registration import checkin_close, checkins, entries
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.tournaments import tournaments

PEOPLE: Final = 9
PLACES: Final = 6
FORMATS: Final = {
    "single-elimination": {}, "single-elimination with third place": {"third_place": True}, "double-elimination": {},
}  # fmt: skip


class PlayersDay(SeriesDay):
    """One cup of players with check-in, waitlist and bracket."""

    @initialize(data=st.data(), form=st.sampled_from(sorted(FORMATS)), is_day=st.sampled_from([True, True, False]))
    def open(self, data: st.DataObject, form: str, *, is_day: bool) -> None:
        number = type(self).opened = type(self).opened + 1
        self.now = OPENED_AT
        self.organizer, *self.people = people_of(number, PEOPLE)
        self.tournament_id = tournaments.create(
            f"Day {number}", game="fc26", format=form.partition(" ")[0], ruleset={"win_points": 3}, starts_at=STARTS_AT,
            actor=self.organizer, now=self.now,
        )  # fmt: skip
        with transaction() as session:
            row = session.get_one(Tournament, self.tournament_id)
            row.places, row.has_checkin, row.bracket = PLACES, True, dict(FORMATS[form])
        tournaments.open_registration(self.tournament_id, actor=self.organizer, now=self.now)
        if is_day:
            # Else few stories would come so far.
            self.begin(data)

    # -- before the start

    @rule(data=st.data())
    def register_some(self, data: st.DataObject) -> None:
        for who in data.draw(st.lists(st.sampled_from(self.people), min_size=1, max_size=PEOPLE, unique=True)):
            self.may(entries.register, self.tournament_id, solo(who, waitlist=True), actor=who)

    @rule(data=st.data())
    def withdraw_by_oneself(self, data: st.DataObject) -> None:
        registration_id, owner = self.some_registration(data)
        if registration_id is not None:
            self.may(entries.withdraw, registration_id, actor=owner)

    @rule(data=st.data())
    def check_in_some(self, data: st.DataObject) -> None:
        for registration_id, owner in self.registered():
            if data.draw(st.integers(0, 3)):
                self.may(checkins.check_in, registration_id, actor=owner)

    @rule(data=st.data())
    def undo_check_in(self, data: st.DataObject) -> None:
        registration_id, owner = self.some_registration(data)
        if registration_id is not None:
            self.may(checkins.undo, registration_id, actor=owner)

    @precondition(lambda self: self.now < STARTS_AT - timedelta(minutes=25))
    @rule()
    def come_to_check_in(self) -> None:
        self.now = STARTS_AT - timedelta(minutes=25)

    @rule()
    def close_check_in(self) -> None:
        self.may(checkin_close.close, self.tournament_id)

    @rule()
    def reopen_check_in(self) -> None:
        self.may(checkin_close.reopen, self.tournament_id)

    @rule(data=st.data(), by_hand=st.booleans())
    def draw_the_bracket(self, data: st.DataObject, by_hand: bool) -> None:
        if by_hand:
            # No lots: they go by ids, which no two stories share.
            order = data.draw(st.permutations([one for one, _ in self.registered()]), label="order")
            self.may(brackets.generate, self.tournament_id, seeding="manual", order=order)
        else:
            self.may(brackets.generate, self.tournament_id)

    @rule(locks=st.booleans())
    def lock_the_bracket(self, locks: bool) -> None:
        self.may(brackets.finalize if locks else brackets.unfinalize, self.tournament_id)

    @rule(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        """Whoever wants to comes, and it starts."""
        if self.status() not in ("registration_open", "registration_closed"):
            return
        for who in data.draw(st.lists(st.sampled_from(self.people), min_size=3, max_size=PEOPLE, unique=True)):
            self.may(entries.register, self.tournament_id, solo(who, waitlist=True), actor=who)
        self.now = max(self.now, STARTS_AT - timedelta(minutes=25))
        for registration_id, owner in self.registered():
            self.may(checkins.check_in, registration_id, actor=owner)
        self.may(checkin_close.close, self.tournament_id)
        self.now = max(self.now, STARTS_AT)
        self.may(tournaments.start, self.tournament_id)
        self.may(brackets.generate, self.tournament_id)

    # -- what always holds

    @invariant()
    def everybody_stands_in_one_place(self) -> None:
        assert_all_stand_where_results_say(self.tournament_id)
        twice = {who: found for who, found in open_matches_by_participant(self.tournament_id).items() if len(found) > 1}
        assert twice == {}, "somebody is in two open matches"

    @invariant()
    def nobody_is_one_too_many(self) -> None:
        if self.status() != "registration_open":
            return
        with read_snapshot() as session:
            rows = select(Registration.status).where(Registration.tournament_id == self.tournament_id)
            found = list(session.scalars(rows))
            is_closed = session.get_one(Tournament, self.tournament_id).reseeded_seq is not None
        held = found.count("approved")
        assert held <= PLACES
        assert held == PLACES or not found.count("waitlisted") or is_closed, "somebody waits while there is a place"
