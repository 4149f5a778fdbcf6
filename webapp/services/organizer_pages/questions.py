"""What a tournament asks at registration, as its organizers see it."""

from dataclasses import dataclass

from webapp.domain.custom_fields import FieldRule
from webapp.domain.permissions import Action
from webapp.services.organizer_pages.managed import ManagedHead, find_managed, head_of
from webapp.services.registration import custom_fields
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot


@dataclass(frozen=True, slots=True)
class Question:
    """A question in the list."""

    id: int
    rule: FieldRule


@dataclass(frozen=True, slots=True)
class QuestionsView:
    """All of them, in order."""

    head: ManagedHead
    questions: tuple[Question, ...]


def read_questions(tournament_id: int, *, actor: Actor) -> QuestionsView:
    """The questions for who may change them. Raises NotFound, Forbidden."""
    with read_snapshot() as session:
        tournament = find_managed(session, tournament_id, actor, Action.MANAGE_TOURNAMENT)
        rows = custom_fields.rows_of(session, tournament_id)
        return QuestionsView(
            head=head_of(session, tournament, actor),
            questions=tuple(Question(row.id, custom_fields.rule_of(row)) for row in rows),
        )
