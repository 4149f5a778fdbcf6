"""Battle royales: lobbies that sides report and officials confirm, until somebody has won at match point."""

from collections.abc import Callable
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule
from sqlalchemy import func, select

from tests.arenas import REASON
from tests.entering import OPENED_AT, STARTS_AT
from tests.services.days import Day, people_of
from tests.services.placings import OPEN
from webapp.domain.grid import DNF, Cells
from webapp.models import Adjustment, Match, Registration, Result, ResultSubmission, Tournament
from webapp.services.disputes import corrections
from webapp.services.disputes.corrections import Change
from webapp.services.matches import grid, lobby_reports, match_resets, matches, results
from webapp.services.matches.grid_view import GridMode, Typed
from webapp.services.matches.matches import Fixture
from webapp.services.ranking import adjustments, standings
from webapp.services.registration import registrations
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.tournaments import tournaments

SQUADS: Final = 4
LOBBIES: Final = 4
THRESHOLD: Final = 12
_POINTS: Final = {"placement_points": [10, 6, 3], "points_per_kill": 1}
RULES: Final[dict[str, dict[str, Any]]] = {
    "plain": _POINTS,
    "match point": {**_POINTS, "match_point": {"threshold": THRESHOLD}},
    "match point with a cap": {**_POINTS, "match_point": {"threshold": THRESHOLD, "cap": 3}},
    "the best two": {**_POINTS, "count_best": 2},
}


class LobbyDay(Day):
    """One final of four squads in as many lobbies as it takes."""

    @initialize(form=st.sampled_from(sorted(RULES)))
    def open(self, form: str) -> None:
        type(self).opened += 1
        number = type(self).opened
        self.now, self.cap = OPENED_AT, RULES[form].get("match_point", {}).get("cap")
        self.has_match_point = "match_point" in RULES[form]
        self.organizer, *self.people = people_of(f"B{number}", SQUADS)
        self.tournament_id = tournaments.create(
            f"Lobbies {number}", game="pubgm", format="battle-royale", ruleset=RULES[form], starts_at=STARTS_AT,
            actor=self.organizer, now=self.now,
        )  # fmt: skip
        self.now = STARTS_AT
        names = [f"B{number} squad {place}" for place in range(SQUADS)]
        ids = registrations.register(self.tournament_id, names, actor=self.organizer, now=self.now)
        with transaction() as session:
            for captain, registration_id in zip(self.people, ids, strict=True):
                session.get_one(Registration, registration_id).registered_by_id = captain.user_id
        self.may(tournaments.start, self.tournament_id)
        self.plan(LOBBIES)

    @rule(count=st.integers(1, 2))
    def plan(self, count: int) -> None:
        self.may(matches.schedule, self.tournament_id, [Fixture(label="Lobby")] * count)

    @rule(data=st.data())
    def report(self, data: st.DataObject) -> None:
        match = self.some_lobby(data)
        found = self.registered()
        if match is None or not found:
            return
        _, who = data.draw(st.sampled_from(found), label="reports")
        placement = data.draw(st.one_of(st.none(), st.integers(1, SQUADS + 1)), label="place")
        kills = data.draw(st.integers(0, 4), label="kills")
        self.may(lobby_reports.submit, match.id, placement=placement, kills=kills, actor=who)

    @rule(data=st.data())
    def take_the_reports(self, data: st.DataObject) -> None:
        match = self.some_lobby(data)
        if match is None:
            return
        view = grid.read_reported(match.id, actor=self.organizer)
        if view.mode is not GridMode.ENTER:
            return
        typed = Typed([row.cells for row in view.rows], view.head.revision, accepts_warnings=True)
        if self.may(grid.confirm, match.id, typed):
            assert self.open_reports(match.id) == [], "what was reported is closed with the result"

    @rule(data=st.data(), stays=st.booleans())
    def confirm(self, data: st.DataObject, stays: bool) -> None:
        match = self.next_lobby()
        if match is not None:
            typed = self.typed(data, match)
            if not stays:
                self.may_undoably(grid.confirm, match.id, typed)
            elif self.may(grid.confirm, match.id, typed):
                again = grid.confirm(match.id, typed, actor=self.organizer, now=self.now)
                assert again.was_saved_before, "the same submission again changes nothing"

    @rule(data=st.data())
    def play_to_the_end(self, data: st.DataObject) -> None:
        """Lobby after lobby, as long as there is one to be played, and the winner is declared."""
        while (match := self.next_lobby()) is not None:
            if not self.may(grid.confirm, match.id, self.typed(data, match)):
                break
        self.complete()

    @rule(data=st.data())
    def correct(self, data: st.DataObject) -> None:
        match = self.some_lobby(data)
        if match is not None:
            self.may(grid.correct, match.id, self.typed(data, match), reason=REASON)

    @rule(data=st.data(), kind=st.sampled_from(["void", "replay"]))
    def take_back(self, data: st.DataObject, kind: str) -> None:
        match = self.some_lobby(data)
        if match is not None:
            self.may_undoably(corrections.apply, match.id, Change(kind), reason=REASON)

    @rule(data=st.data(), way=st.sampled_from(["start", "cancel", "reset", "void", "cancel for good", "preview"]))
    def official(self, data: st.DataObject, way: str) -> None:
        match = self.some_lobby(data)
        if match is None:
            return
        ways: dict[str, Callable[[], object]] = {
            "start": lambda: self.may(matches.start_match, match.id),
            "cancel": lambda: self.may_undoably(matches.cancel_match, match.id, reason=REASON),
            "cancel for good": lambda: self.may(matches.cancel_match, match.id, reason=REASON),
            "reset": lambda: self.may_undoably(match_resets.reset, match.id, reason=REASON),
            "void": lambda: self.may(results.void, match.id, reason=REASON),
            "preview": lambda: self.may(grid.preview, match.id, self.typed(data, match)),
        }
        ways[way]()

    @rule(data=st.data(), points=st.sampled_from([-3, 2]))
    def adjust(self, data: st.DataObject, points: int) -> None:
        registration_id, _ = self.some_registration(data)
        match = self.some_lobby(data) if data.draw(st.booleans(), label="from a lobby on") else None
        if registration_id is not None:
            self.may(
                adjustments.adjust, self.tournament_id, registration_id, kind="penalty" if points < 0 else "bonus",
                points=points, reason=REASON, match_id=None if match is None else match.id,
            )  # fmt: skip

    # -- what always holds

    @invariant()
    def reports_are_those_of_open_lobbies(self) -> None:
        for match in self.matches():
            assert match.state not in ("completed", "forfeit", "cancelled") or self.open_reports(match.id) == [], (
                f"a {match.state} lobby has open reports"
            )

    @invariant()
    def the_race_is_as_it_was_played(self) -> None:
        """Who has won at match point, told again from the lines of all lobbies."""
        if not self.has_match_point:
            return
        with read_snapshot() as session:
            tournament = session.get_one(Tournament, self.tournament_id)
            race = standings.match_point_race_of(session, tournament, standings.rules_of(tournament))
            rows = session.execute(
                select(Match.number, Result.registration_id, Result.placement, Result.placement_points + Result.kill_points)
                .join(Match, Match.id == Result.match_id)
                .join(Registration, Registration.id == Result.registration_id)
                .where(Match.tournament_id == self.tournament_id, Registration.status == "approved")
            ).all()  # fmt: skip
            found = session.execute(
                select(func.coalesce(Match.number, 0), Adjustment.registration_id, Adjustment.points)
                .outerjoin(Match, Match.id == Adjustment.match_id)
                .where(Adjustment.tournament_id == self.tournament_id)
            )
            extra = [(start, who, points) for start, who, points in found]
        assert (race.champion, race.deciding_match) == self.decided([tuple(row) for row in rows], extra)

    def decided(self, lines: list[tuple[Any, ...]], extra: list[tuple[int, int, int]]) -> tuple[int | None, int | None]:
        """The champion and the deciding match: who wins a lobby that began with enough points has won it all."""
        numbers = sorted({number for number, *_ in lines})
        gained = {(number, who): points for number, who, _, points in lines}
        for played, number in enumerate(numbers, start=1):
            winner = next((who for at, who, place, _ in lines if (at, place) == (number, 1)), None)
            earlier = numbers[: played - 1]
            before = sum(gained.get((one, winner or 0), 0) for one in earlier)
            before += sum(points for start, who, points in extra if who == winner and start <= max(earlier, default=0))
            if winner is not None and played > 1 and before >= THRESHOLD:
                return winner, number
            if played == self.cap:
                return None, number
        return None, None

    def typed(self, data: st.DataObject, match: Match) -> Typed:
        """How a lobby may have ended: somebody did not finish, somebody was not there."""
        with read_snapshot() as session:
            found = select(Registration.id).where(
                Registration.tournament_id == self.tournament_id, Registration.status.in_(results.PLAYED_STATUSES)
            )
            squads = list(session.scalars(found.order_by(Registration.id)))
        order = data.draw(st.permutations(squads), label="order")
        missing = data.draw(st.sampled_from([0, 0, 1, 2]), label="missing")
        unfinished = data.draw(st.sampled_from([0, 0, 1]), label="did not finish")
        there = order[: len(order) - missing]
        kills = data.draw(st.lists(st.integers(0, 5), min_size=len(there), max_size=len(there)), label="kills")
        rows = [
            Cells(who, DNF if place > len(there) - unfinished else str(place), str(killed))
            for place, (who, killed) in enumerate(zip(there, kills, strict=True), start=1)
        ]
        return Typed(rows, match.revision, accepts_warnings=True)

    def some_lobby(self, data: st.DataObject) -> Match | None:
        found = self.matches()
        return data.draw(st.sampled_from(found), label="lobby") if found else None

    def next_lobby(self) -> Match | None:
        """The first that has no result."""
        return next((match for match in self.matches() if match.state in OPEN), None)

    def open_reports(self, match_id: int) -> list[int]:
        with read_snapshot() as session:
            waiting = ResultSubmission.match_id == match_id, ResultSubmission.state == "pending_opponent"
            return list(session.scalars(select(ResultSubmission.id).where(*waiting)))
