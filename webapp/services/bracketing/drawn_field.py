"""Whether those who are drawn are those who take part: somebody may leave, or be let in, after the draw."""

from typing import Final, NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from webapp.models import Match, Registration, Tournament
from webapp.services.bracketing import stages
from webapp.services.matches import walk_overs
from webapp.services.registration.participant_names import names_of

_OVER: Final = ("completed", "cancelled", "archived")


class Difference(NamedTuple):
    """Names by participant. `gone` take part no more and are still to play; `left_out` take part and are not drawn."""

    gone: dict[int, str]
    left_out: dict[int, str]

    def __bool__(self) -> bool:
        """Whether there is anybody of either."""
        return bool(self.gone or self.left_out)


NONE: Final = Difference({}, {})


def difference(session: Session, tournament: Tournament) -> Difference:
    """Who is drawn in the first stage and does not take part, and the other way round; nobody before a draw."""
    stage = stages.the(session, tournament.id)
    if stage is None or stage.state in ("planned", "completed") or tournament.status in _OVER:
        return NONE
    drawn = set(stage.seeds)
    there = set(
        session.scalars(
            select(Registration.id).where(
                Registration.tournament_id == tournament.id, Registration.status == "approved"
            )
        )
    )
    missing = drawn - there
    gone: set[int] = set()
    if missing:
        # Who left in the middle has lost what was open; only who is still waited for is news.
        waiting = select(Match.side_a_id, Match.side_b_id).where(
            Match.stage_id == stage.id, Match.state.in_(walk_overs.WAITING),
            or_(Match.side_a_id.in_(sorted(missing)), Match.side_b_id.in_(sorted(missing))),
        )  # fmt: skip
        gone = {who for sides in session.execute(waiting) for who in sides if who in missing}
    names = names_of(session, sorted(gone | (there - drawn)))
    return Difference({who: names[who] for who in sorted(gone)}, {who: names[who] for who in sorted(there - drawn)})
