"""Swiss, groups and round robins, and the bracket that follows them."""

from collections import Counter
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule
from sqlalchemy import select

from tests.entering import OPENED_AT, STARTS_AT
from tests.services.days import people_of
from tests.services.placings import assert_all_stand_where_results_say
from tests.services.series_days import SeriesDay
from webapp.domain.series import SeriesGame
from webapp.models import BracketNode, Match, Registration, Stage, Tournament
from webapp.services.bracketing import brackets, group_tables, next_stages, stages, swiss_rounds
from webapp.services.matches import series
from webapp.services.registration import registrations
from webapp.services.spine.transaction import read_snapshot
from webapp.services.tournaments import tournaments

MOST: Final = 7
_KNOCK_OUT: Final = {"format": "single-elimination", "third_place": True}
FORMS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "swiss": ("swiss", {"rounds": 3}),
    "swiss until out": ("swiss", {"wins_out": 2, "losses_out": 2, "advance": 2, "then": _KNOCK_OUT}),
    "swiss by high and low": ("swiss", {"rounds": 2, "pairing": "high-low", "advance": 4, "then": _KNOCK_OUT}),
    "league": ("round-robin", {"legs": 2}),
    "groups": ("round-robin", {"groups": 2, "advance": 2, "then": {"format": "double-elimination"}}),
}
RULES: Final = {"win_points": 3, "cascade": ["points", "score_difference", "head_to_head", "wins"]}


class LeagueDay(SeriesDay):
    """One league of players, who may leave in the middle of it."""

    @initialize(
        data=st.data(),
        form=st.sampled_from(sorted(FORMS)),
        size=st.integers(4, MOST),
        way=st.sampled_from(["drawn", "played", "with its bracket"]),
    )
    def open(self, data: st.DataObject, form: str, size: int, way: str) -> None:
        type(self).opened += 1
        number = type(self).opened
        self.now, self.is_swiss = OPENED_AT, form.startswith("swiss")
        self.organizer, *self.people = people_of(f"L{number}", MOST)
        format_, settings = FORMS[form]
        self.tournament_id = tournaments.create(
            f"League {number}", game="fc26", format=format_, ruleset=RULES, starts_at=STARTS_AT, bracket=settings,
            actor=self.organizer, now=self.now,
        )  # fmt: skip
        self.now = STARTS_AT
        self.join(size)
        self.may(brackets.generate, self.tournament_id)
        self.may(tournaments.start, self.tournament_id)
        if way != "drawn":
            # Else few stories would come so far.
            self.play_to_the_end(data)
        if way == "with its bracket":
            self.go_on_to_the_bracket(data, by_hand=False)

    @rule(data=st.data())
    def play_to_the_end(self, data: st.DataObject) -> None:
        """Every match that can be played, round after round."""
        for _ in range(MOST):
            self.play_the_next(data, at_once=MOST * MOST)
            if not self.is_swiss or not self.may(swiss_rounds.next_round, self.tournament_id):
                return

    @rule(count=st.integers(4, MOST))
    def join(self, count: int) -> None:
        """Some take part who did not, or do so again."""
        handles = [f"PL{type(self).opened}x{place}" for place in range(count)]
        self.may(registrations.register, self.tournament_id, handles)

    @rule(data=st.data(), by_hand=st.booleans())
    def draw_anew(self, data: st.DataObject, by_hand: bool) -> None:
        if by_hand:
            # No lots: they go by ids, which no two stories share.
            order = data.draw(st.permutations([one for one, _ in self.registered()]), label="order")
            self.may(brackets.generate, self.tournament_id, seeding="manual", order=order)
        else:
            self.may(brackets.generate, self.tournament_id)

    @rule(first=st.integers(1, 4), second=st.integers(1, 4), number=st.integers(1, 2))
    def swap(self, first: int, second: int, number: int) -> None:
        self.may(brackets.swap_seeds, self.tournament_id, first, second, stage_number=number)

    @rule(wins_a=st.booleans())
    def draw_or_thrash(self, wins_a: bool) -> None:
        """In a league nobody has to win."""
        match = next((one for one in self.matches() if one.state == "scheduled" and one.side_b_id is not None), None)
        if match is None or match.side_a_id is None or match.side_b_id is None:
            return
        score = {match.side_a_id: 4 if wins_a else 1, match.side_b_id: 1}
        self.may(series.confirm, match.id, [SeriesGame(1, score)])

    @rule(number=st.one_of(st.none(), st.integers(1, 4)))
    def pair_the_next_round(self, number: int | None) -> None:
        if self.is_swiss:
            self.may(swiss_rounds.next_round, self.tournament_id, number=number)

    @rule(data=st.data(), is_newest=st.booleans())
    def pair_by_hand(self, data: st.DataObject, is_newest: bool) -> None:
        if not self.is_swiss:
            return
        last = max((round_ for round_, *_ in self.rounds()), default=0)
        field = data.draw(st.permutations([one for one, _ in self.registered()]), label="order")
        pairs = list(zip(field[::2], field[1::2], strict=False))
        number = last if is_newest else last + 1
        self.may(swiss_rounds.next_round, self.tournament_id, number=number, pairs=pairs)

    @rule(data=st.data(), by_hand=st.booleans())
    def go_on_to_the_bracket(self, data: st.DataObject, by_hand: bool) -> None:
        with read_snapshot() as session:
            tournament = session.get_one(Tournament, self.tournament_id)
            has_next = tournament.bracket.get("then") is not None
        if not has_next:
            return
        order = data.draw(st.permutations([one for one, _ in self.registered()]), label="order")[:4] if by_hand else ()
        self.may(next_stages.start, self.tournament_id, order=order)

    # -- what always holds

    @invariant()
    def everybody_stands_in_one_place(self) -> None:
        assert_all_stand_where_results_say(self.tournament_id)

    @invariant()
    def rounds_are_fair(self) -> None:
        """In no round of a Swiss anybody plays twice, and nobody rests twice while another one has not rested."""
        if not self.is_swiss:
            return
        rounds = self.rounds()
        for number in {round_ for round_, *_ in rounds}:
            times = Counter(who for round_, *sides in rounds if round_ == number for who in sides if who is not None)
            assert not times or max(times.values()) == 1, f"somebody plays twice in round {number}"
        with read_snapshot() as session:
            stage = stages.the(session, self.tournament_id)
            last = stage.settings.get("rounds", 3) if stage is not None else 0
        assert max((round_ for round_, *_ in rounds), default=0) <= last

    @invariant()
    def tables_are_those_of_the_field(self) -> None:
        """Everybody who is drawn and takes part is in one table; wins and losses are each other's but for byes."""
        with read_snapshot() as session:
            stage = stages.the(session, self.tournament_id)
            if stage is None or stage.state == "planned":
                return
            tournament = session.get_one(Tournament, self.tournament_id)
            tables = group_tables.of_stage(session, tournament, stage, audience="official")
            found = select(Registration.id).where(
                Registration.id.in_(stage.seeds), Registration.status.in_(("approved", "no_show"))
            )
            there = sorted(session.scalars(found))
        assert sorted(row.participant_id for table in tables for row in table.rows) == there
        for table in tables:
            for row in table.rows:
                assert row.matches_played == row.wins + row.draws + row.losses

    def rounds(self) -> list[tuple[Any, ...]]:
        """The matches of the first stage that are on or were played: round, and both sides."""
        with read_snapshot() as session:
            found = (
                select(BracketNode.round, Match.side_a_id, Match.side_b_id)
                .join(Match, Match.id == BracketNode.match_id)
                .join(Stage, Stage.id == BracketNode.stage_id)
                .where(Stage.tournament_id == self.tournament_id, Stage.number == 1)
            )
            return [tuple(row) for row in session.execute(found)]
