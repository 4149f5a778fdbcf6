"""An official's word about the winners of a tournament that asks for it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.errors import Conflict, FieldError, ResultError
from webapp.domain.permissions import Action
from webapp.models import Registration, Tournament, TournamentOutcome
from webapp.services.ranking import ranking, standings
from webapp.services.spine import audit, log, permissions
from webapp.services.spine.actors import Actor
from webapp.services.spine.reasons import checked_reason
from webapp.services.spine.transaction import transaction
from webapp.services.tournaments import outcomes
from webapp.services.tournaments.outcomes import Outcome

CONFIRM: Final = "confirm"
COMPUTED: Final = "computed"
BY_HAND: Final = "by_hand"
DECISIONS: Final = (CONFIRM, COMPUTED, BY_HAND)
_HAVE_PLAYED: Final = ("approved", "withdrawn")
"""Who may have a place: who takes part, and who went while it was played."""
Podium = tuple[int | None, int | None, int | None]


def review(
    tournament_id: int, decision: str, *, podium: Podium | None = None, reason: str, actor: Actor, now: datetime
) -> bool:
    """Say who won: `confirm` what was declared, take what is `computed` now, or set the `podium` `by_hand`.

    False when nothing differs after it. Raises ResultError for a podium or reason that cannot be used, Conflict for a
    tournament that is not completed.
    """
    reason = checked_reason(reason)
    if decision not in DECISIONS:
        raise ResultError.listing(
            "The winners stay as they are", [FieldError("decision", f"choose one of {', '.join(DECISIONS)}")]
        )
    with transaction() as session:
        tournament = log.lock_tournament(session, tournament_id)
        permissions.ensure(session, actor, Action.RESOLVE_DISPUTES, tournament)
        row = session.get(TournamentOutcome, tournament_id)
        if row is None or tournament.status != "completed":
            raise Conflict(
                f"Winners are reviewed once a tournament is completed; this one is {tournament.status}.",
                code="not_completed",
            )
        rules = standings.rules_of(tournament)
        board = ranking.compute_board(session, tournament, rules)
        verdict = outcomes.verdict_of(session, tournament, rules, board)
        found, before = Outcome.of(verdict), Outcome.stored(row)
        after = _decided(session, tournament, decision, podium, before, found)
        if not tournament.requires_review and after[:3] == before[:3]:
            return False
        if decision == COMPUTED:
            row.steps = [step.to_mapping() for step in verdict.steps]
        _write(row, after, found, decision, reason=reason, actor=actor, now=now)
        tournament.requires_review = False
        log.record(session, tournament, "outcome_reviewed", after._asdict(), actor=actor, now=now)
        audit.record(
            session, actor, "tournament.outcome_reviewed", now=now, tournament_id=tournament_id, decision=decision,
            before=before._asdict(), after=after._asdict(), reason=reason,
        )  # fmt: skip
        return True


def _decided(
    session: Session, tournament: Tournament, decision: str, podium: Podium | None, before: Outcome, found: Outcome
) -> Outcome:
    if decision == CONFIRM:
        return before._replace(requires_review=False)
    if decision == COMPUTED:
        return found._replace(requires_review=False)
    first, second, third = _checked(session, tournament, podium or (None, None, None))
    return Outcome(first, second, third, "manual", requires_review=False)


def _checked(session: Session, tournament: Tournament, podium: Podium) -> Sequence[int | None]:
    names = ("winner_id", "runner_up_id", "third_place_id")
    known = set(
        session.scalars(
            select(Registration.id).where(
                Registration.tournament_id == tournament.id,
                Registration.id.in_([who for who in podium if who is not None]),
                Registration.status.in_(_HAVE_PLAYED),
            )
        )
    )
    problems = []
    for place, (name, who) in enumerate(zip(names, podium, strict=True)):
        if who is None and (place == 0 or any(later is not None for later in podium[place:])):
            problems.append(FieldError(name, "say who it is"))
        elif who is not None and who not in known:
            problems.append(FieldError(name, "takes no part in this tournament"))
        elif who is not None and who in podium[:place]:
            problems.append(FieldError(name, "has a better place already"))
    if problems:
        raise ResultError.listing("The winners cannot be set so", problems)
    return podium


def _write(
    row: TournamentOutcome,
    after: Outcome,
    found: Outcome,
    decision: str,
    *,
    reason: str,
    actor: Actor,
    now: datetime,
) -> None:
    row.winner_id, row.runner_up_id, row.third_place_id = after[:3]
    row.method, row.requires_review = after.determination_method, False
    row.reviewed_by_id, row.reviewed_at, row.review_reason = actor.user_id, now, reason
    data: dict[str, Any] = {"decision": decision, "podium": list(after[:3]), "found": list(found)}
    row.steps = [*row.steps, {"rule": "official", "data": data, "outcome": "decided"}]
