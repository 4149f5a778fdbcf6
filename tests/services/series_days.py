"""What happens to matches of two sides on the day: results, reports, objections, decisions, corrections."""

from collections.abc import Callable
from typing import Final

from hypothesis import strategies as st
from hypothesis.stateful import rule
from sqlalchemy import select

from tests.arenas import REASON
from tests.knockouts import games
from tests.services.days import Day
from webapp.models import Dispute
from webapp.services.disputes import corrections, dispute_decisions, disputes
from webapp.services.disputes.corrections import Change
from webapp.services.disputes.dispute_decisions import Decision
from webapp.services.matches import awards, match_resets, matches, reporting, series
from webapp.services.matches.sides import both_of
from webapp.services.spine.transaction import read_snapshot

MOST_AT_ONCE: Final = 4
PLAYED: Final = ("completed", "forfeit", "cancelled", "disputed")


class SeriesDay(Day):
    """A day of matches of one game each, which one of the sides wins."""

    @rule(data=st.data(), at_once=st.integers(1, MOST_AT_ONCE))
    def play_the_next(self, data: st.DataObject, at_once: int) -> None:
        """As a day goes on: what can be played is, so that stories come to their end."""
        playable = [match for match in self.matches() if match.state == "scheduled" and match.side_b_id is not None]
        for match in playable[:at_once]:
            if match.side_a_id is not None:
                winner = data.draw(st.sampled_from(both_of(match)), label=f"wins {match.number}")
                self.may(series.confirm, match.id, games(match.id, winner))

    @rule(data=st.data(), way=st.sampled_from(["confirm", "confirm", "confirm", "start", "cancel", "reset", "void"]))
    def official(self, data: st.DataObject, way: str) -> None:
        match = self.some_match(data)
        if match is None:
            return
        winner = data.draw(st.sampled_from(both_of(match)), label="winner")
        ways: dict[str, Callable[[], object]] = {
            "confirm": lambda: self.may(series.confirm, match.id, games(match.id, winner)),
            "start": lambda: self.may(matches.start_match, match.id),
            "cancel": lambda: self.may_undoably(matches.cancel_match, match.id, reason=REASON),
            "reset": lambda: self.may_undoably(match_resets.reset, match.id, reason=REASON),
            "void": lambda: self.may(series.void, match.id, reason=REASON),
        }
        ways[way]()

    @rule(data=st.data(), way=st.sampled_from(["confirm", "forfeit", "walk_over", "force_win"]))
    def official_and_back(self, data: st.DataObject, way: str) -> None:
        match = self.some_match(data)
        if match is None:
            return
        side = data.draw(st.sampled_from(both_of(match)), label="side")
        ways: dict[str, Callable[[], object]] = {
            "confirm": lambda: self.may_undoably(series.confirm, match.id, games(match.id, side)),
            "forfeit": lambda: self.may_undoably(awards.forfeit, match.id, side, reason=REASON),
            "walk_over": lambda: self.may_undoably(awards.forfeit, match.id, side, walk_over=True, reason=REASON),
            "force_win": lambda: self.may_undoably(awards.force_win, match.id, side, reason=REASON),
        }
        ways[way]()

    @rule(data=st.data(), agrees=st.booleans())
    def side(self, data: st.DataObject, agrees: bool) -> None:
        match = self.some_match(data)
        if match is None:
            return
        sides = both_of(match)
        who = self.speaker(data.draw(st.sampled_from(sides), label="speaks"))
        if agrees:
            self.may(reporting.agree, match.id, report_revision=match.report_revision, actor=who)
        else:
            winner = data.draw(st.sampled_from(sides), label="winner")
            self.may(reporting.submit, match.id, games(match.id, winner), actor=who)

    @rule(data=st.data())
    def object(self, data: st.DataObject) -> None:
        match = self.some_match(data, "completed", "pending_result")
        if match is None:
            return
        who = data.draw(st.sampled_from(both_of(match)), label="objects")
        claim = [[1, 1, 0, None]] if data.draw(st.booleans(), label="claims") else None
        self.may(
            disputes.open_dispute, match.id, reason_code="wrong_score", text="The score is another one.", claim=claim,
            actor=self.speaker(who),
        )  # fmt: skip

    @rule(
        data=st.data(),
        how=st.sampled_from(["reject", "approve_original", "approve_dispute", "custom_result", "replay"]),
    )
    def decide(self, data: st.DataObject, how: str) -> None:
        with read_snapshot() as session:
            still_open = select(Dispute.id, Dispute.match_id).where(
                Dispute.tournament_id == self.tournament_id, Dispute.resolved_at.is_(None)
            )
            found = session.execute(still_open.order_by(Dispute.id)).all()
        if not found:
            return
        dispute_id, match_id = data.draw(st.sampled_from([tuple(row) for row in found]), label="dispute")
        decision = Decision(
            how, entries=[[1, 0, 1, None]] if how == "custom_result" else (), choices=self.choices(data, match_id)
        )
        self.may(dispute_decisions.decide, dispute_id, decision, reason=REASON)

    @rule(data=st.data(), kind=st.sampled_from(["correct", "correct", "void", "replay", "forfeit"]))
    def correct(self, data: st.DataObject, kind: str) -> None:
        match = self.some_match(data, *PLAYED)
        if match is None:
            return
        side = data.draw(st.sampled_from(both_of(match)), label="side")
        score = [1, 1, 0, None] if side == match.side_a_id else [1, 0, 1, None]
        change = Change(kind, entries=[score] if kind == "correct" else (), lost_by=side if kind == "forfeit" else None)
        self.may_undoably(
            corrections.apply, match.id, change, reason=REASON, choices=self.choices(data, match.id)
        )  # fmt: skip
