"""Who won a bracket or a league, stored with the rules that were applied."""

from collections.abc import Sequence

import pytest
from flask import Flask
from sqlalchemy import select

from tests.arenas import OPENED_AT, REASON, ended_at, names
from tests.trail import trail
from webapp.domain.errors import ResultError
from webapp.domain.series import SeriesGame
from webapp.models import Match, Registration, Tournament, TournamentOutcome
from webapp.services.bracketing import brackets
from webapp.services.disputes import corrections
from webapp.services.disputes.corrections import Change
from webapp.services.matches import awards, series
from webapp.services.registration import registrations
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.tournaments import outcome_reviews, tournaments


def cup(sides: int, **details: object) -> tuple[int, Sequence[int]]:
    given: dict[str, object] = {"game": "valorant", "format": "single-elimination", "ruleset": {"cascade": ["points"]}}
    tournament_id = tournaments.create("Cup", actor=SYSTEM, now=OPENED_AT, **(given | details))  # type: ignore[arg-type]  # details of all kinds
    ids = registrations.register(tournament_id, names(sides), actor=SYSTEM, now=OPENED_AT)
    brackets.generate(tournament_id, actor=SYSTEM, now=OPENED_AT)
    tournaments.start(tournament_id, actor=SYSTEM, now=OPENED_AT)
    return tournament_id, ids


def play(tournament_id: int, *, forfeits: int = 0) -> None:
    """Every match in its order goes to the side with the lower id; the first ones by forfeit of the other."""
    minute = 0
    while (match := next_match(tournament_id)) is not None:
        minute += 1
        best, other = sorted((match.side_a_id or 0, match.side_b_id or 0))
        if minute <= forfeits:
            awards.forfeit(match.id, other, reason=REASON, actor=SYSTEM, now=ended_at(minute))
            continue
        games = [SeriesGame(1, {best: 13, other: 5 + minute}, "Haven")]
        series.confirm(match.id, games, actor=SYSTEM, now=ended_at(minute))


def next_match(tournament_id: int) -> Match | None:
    with read_snapshot() as session:
        match = session.scalar(
            select(Match)
            .where(
                Match.tournament_id == tournament_id, Match.state == "scheduled", Match.side_a_id.is_not(None),
                Match.side_b_id.is_not(None),
            )
            .order_by(Match.number)
            .limit(1)
        )  # fmt: skip
        if match is not None:
            session.expunge(match)
        return match


def complete(tournament_id: int) -> TournamentOutcome:
    tournaments.complete(tournament_id, actor=SYSTEM, now=ended_at(60))
    return stored(tournament_id)


def stored(tournament_id: int) -> TournamentOutcome:
    with read_snapshot() as session:
        row = session.get_one(TournamentOutcome, tournament_id)
        session.expunge(row)
        return row


def podium(row: TournamentOutcome) -> list[int | None]:
    return [row.winner_id, row.runner_up_id, row.third_place_id]


def test_the_final_and_the_match_for_third_place_say_who_won(app: Flask) -> None:
    tournament_id, ids = cup(4, bracket={"third_place": True})
    play(tournament_id)
    row = complete(tournament_id)
    assert (podium(row), row.method, row.requires_review) == (list(ids[:3]), "normal", False)
    assert row.steps[0] == {
        "rule": "bracket_final", "data": {"places": [[ids[0]], [ids[1]], [ids[2]]]}, "outcome": "decided",
    }  # fmt: skip
    assert row.steps[-1]["data"] == {"participant_id": ids[0], "matches": 2, "forfeits": 0}
    with trail() as again:
        tournaments.complete(tournament_id, actor=SYSTEM, now=ended_at(90))
    assert again.events == []
    assert stored(tournament_id).determined_at == ended_at(60)


def test_who_lost_the_semi_finals_are_separated_by_the_tie_rules(app: Flask) -> None:
    tournament_id, ids = cup(4)
    play(tournament_id)
    row = complete(tournament_id)
    # 3 lost the second semi-final by less than 4 the first one.
    assert (podium(row), row.method) == ([ids[0], ids[1], ids[2]], "normal")
    assert [(step["rule"], step["outcome"]) for step in row.steps] == [
        ("bracket_final", "tied"), ("head_to_head", "level"), ("score_difference", "decided"),
        ("forfeit_chain", "passed"),
    ]  # fmt: skip


def test_a_way_of_forfeits_asks_for_an_officials_word(app: Flask) -> None:
    tournament_id, ids = cup(4)
    play(tournament_id, forfeits=1)
    row = complete(tournament_id)
    assert (row.winner_id, row.method, row.requires_review) == (ids[0], "forfeit_chain", True)
    with trail() as found:
        changed = outcome_reviews.review(
            tournament_id, outcome_reviews.CONFIRM, reason=REASON, actor=SYSTEM, now=ended_at(61)
        )
    assert changed
    assert [name for name, _ in found.events] == ["outcome_reviewed"]
    assert found.audited[0][0] == "tournament.outcome_reviewed"
    row = stored(tournament_id)
    assert (row.winner_id, row.requires_review, row.review_reason) == (ids[0], False, REASON)
    assert row.steps[-1]["rule"] == "official"
    with trail() as again:
        assert not outcome_reviews.review(
            tournament_id, outcome_reviews.CONFIRM, reason=REASON, actor=SYSTEM, now=ended_at(62)
        )
    assert (again.events, again.audited) == ([], [])


def test_the_seed_that_separates_is_the_one_of_the_draw(app: Flask) -> None:
    tournament_id, ids = cup(4)
    order = list(reversed(ids))
    brackets.generate(tournament_id, seeding="manual", order=order, actor=SYSTEM, now=OPENED_AT)
    while (match := next_match(tournament_id)) is not None:
        best, other = sorted((match.side_a_id or 0, match.side_b_id or 0), reverse=True)
        series.confirm(match.id, [SeriesGame(1, {best: 13, other: 5}, "Haven")], actor=SYSTEM, now=ended_at(1))
    row = complete(tournament_id)
    assert podium(row) == order[:3]
    assert row.steps[3]["rule"] == "seed"
    assert row.steps[3]["data"]["values"] == [[order[3], 4], [order[2], 3]]


def test_only_who_has_taken_part_is_set_as_the_winner(app: Flask) -> None:
    tournament_id, ids = cup(4)
    (stranger,) = registrations.register(tournament_id, ["Late"], actor=SYSTEM, now=OPENED_AT)
    with transaction() as session:
        session.get_one(Registration, stranger).status = "waitlisted"
    play(tournament_id)
    complete(tournament_id)
    with pytest.raises(ResultError) as refused:
        outcome_reviews.review(
            tournament_id, "by_hand", podium=(stranger, ids[0], ids[1]), reason=REASON, actor=SYSTEM, now=ended_at(61)
        )
    assert [str(error) for error in refused.value.fields] == ["winner_id: takes no part in this tournament"]


def test_a_final_that_is_to_be_played_again_after_the_end_can_be_played(app: Flask) -> None:
    tournament_id, ids = cup(2)
    play(tournament_id)
    complete(tournament_id)
    with read_snapshot() as session:
        final = session.scalars(select(Match.id).where(Match.tournament_id == tournament_id)).one()
    corrections.apply(final, Change("replay"), reason=REASON, actor=SYSTEM, now=ended_at(61))
    games = [SeriesGame(1, {ids[0]: 3, ids[1]: 13}, "Haven")]
    series.confirm(final, games, actor=SYSTEM, now=ended_at(62))
    with read_snapshot() as session:
        assert session.get_one(Tournament, tournament_id).requires_review
    outcome_reviews.review(tournament_id, "computed", reason=REASON, actor=SYSTEM, now=ended_at(63))
    assert podium(stored(tournament_id))[:2] == [ids[1], ids[0]]
