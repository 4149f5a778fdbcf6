"""Tie-breaks from opponents' results: Buchholz and Sonneborn-Berger (FIDE), and Valve's difficulty.

Rounds that were not played follow the FIDE Handbook C.07 (rules of 2023, as its exercise of March 2024 asks them):

- An opponent's score, where it counts for others, is adjusted: rounds that the opponent left unplayed by choice after
  the last one it played count as draws (a forfeit won and a bye with full points count as played).
- One's own unplayed round counts as if against an opponent with one's own final score.
- A cut drops the lowest contribution of a round left unplayed by choice first, else the lowest.

Without byes and forfeits, as in most Swiss stages of esports, Buchholz is the plain sum of the opponents' scores.
"""

from dataclasses import dataclass

import numpy as np

from webapp.domain.columns import SCALE, BoolColumn, IntColumn, filled
from webapp.domain.packing import field_of, sort_by
from webapp.domain.tally import Tally

NO_OPPONENT = -1
WIN, DRAW, LOSS = 2, 1, 0


@dataclass(frozen=True, slots=True)
class Rounds:
    """One entry for each participant and round.

    `participant` and `opponent` are places 0 … size - 1 among the participants (NO_OPPONENT for a bye), `number`
    rises with the rounds, `outcome` is WIN, DRAW or LOSS, `score` what it brought. `is_played` is false for byes and
    forfeits; `is_own_choice` marks those of them that the participant did not play by choice (forfeit lost,
    half-point bye, absence).
    """

    size: int
    participant: IntColumn
    opponent: IntColumn
    number: IntColumn
    outcome: IntColumn
    score: IntColumn
    is_played: BoolColumn
    is_own_choice: BoolColumn

    @property
    def by_participant(self) -> Tally:
        """Totals of the rounds by participant."""
        return Tally(self.participant, self.size)


def final_scores(rounds: Rounds) -> IntColumn:
    """Each participant's score over all rounds."""
    return rounds.by_participant.sum(rounds.score)


def adjusted_scores(rounds: Rounds, draw_score: int) -> IntColumn:
    """Each participant's score as it counts for opponents: rounds left out by choice at the end count `draw_score`."""
    last_played = filled(rounds.size, int(np.iinfo(np.int64).min))
    stood = ~rounds.is_own_choice
    np.maximum.at(last_played, rounds.participant[stood], rounds.number[stood])
    left_out = rounds.is_own_choice & (rounds.number > last_played[rounds.participant])
    return rounds.by_participant.sum(np.where(left_out, draw_score, rounds.score))


def buchholz(rounds: Rounds, draw_score: int, *, cut: int = 0) -> IntColumn:
    """The sum of the opponents' adjusted scores in hundredths, without the `cut` lowest contributions."""
    contributions = _contributions(rounds, draw_score)
    if cut:
        counts = _place_from_lowest(rounds, contributions) >= cut
        contributions = np.where(counts, contributions, 0)
    return SCALE * rounds.by_participant.sum(contributions)


def sonneborn_berger(rounds: Rounds, draw_score: int) -> IntColumn:
    """The scores of beaten opponents and half the scores of those drawn with, in hundredths."""
    shares = rounds.outcome * _contributions(rounds, draw_score)
    return SCALE // WIN * rounds.by_participant.sum(shares)


def buchholz_difference(rounds: Rounds) -> IntColumn:
    """The opponents' wins minus losses ("difficulty", Valve's Major supplemental rulebook); a bye has no opponent."""
    balance = rounds.by_participant.sum(rounds.outcome - DRAW)
    met = rounds.opponent != NO_OPPONENT
    return Tally(rounds.participant[met], rounds.size).sum(balance[rounds.opponent[met]])


def _contributions(rounds: Rounds, draw_score: int) -> IntColumn:
    """What each round adds to its participant's Buchholz: the opponent's adjusted score, or one's own final score."""
    adjusted = adjusted_scores(rounds, draw_score)
    own = final_scores(rounds)[rounds.participant]
    if not rounds.size:
        return own
    return np.where(rounds.is_played, adjusted[np.where(rounds.is_played, rounds.opponent, 0)], own)


def _place_from_lowest(rounds: Rounds, contributions: IntColumn) -> IntColumn:
    """For each round how many of the participant's are cut before it."""
    cut_order, first_difference = sort_by(
        [
            field_of(rounds.participant),
            field_of(rounds.is_own_choice.astype(np.int64), ascending=False),
            field_of(contributions),
        ]
    )
    starts = np.flatnonzero(first_difference <= 0)
    places = np.empty(contributions.size, dtype=np.int64)
    run_starts = np.repeat(starts, np.diff(starts, append=contributions.size))
    places[cut_order] = np.arange(contributions.size) - run_starts
    return places
