"""Pages about a tournament itself: its officials, announcements, versions, templates, winners."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from webapp.domain.permissions import Action
from webapp.models import Registration, Tournament, TournamentOutcome, TournamentTemplate, TournamentVersion, User
from webapp.services.organizer_pages.managed import ManagedHead, find_managed, head_of
from webapp.services.pages.notice_reads import NoticeLine, notice_lines
from webapp.services.pages.tournament_reads import game_title
from webapp.services.ranking import ranking, standings
from webapp.services.registration.participant_names import names_of
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot
from webapp.services.tournaments import officials, outcomes, tournament_edits
from webapp.services.tournaments import tournament_templates as templates
from webapp.services.tournaments.officials import Official
from webapp.services.tournaments.outcomes import Outcome
from webapp.services.tournaments.tournament_details import FIELDS, frozen_fields

MOST_VERSIONS = 100
MOST_CHOICES = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficialsView:
    """Who runs a tournament."""

    head: ManagedHead
    owner: str | None
    officials: tuple[Official, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticesView:
    """The announcements of a tournament."""

    head: ManagedHead
    notices: tuple[NoticeLine, ...]


@dataclass(frozen=True, slots=True)
class VersionLine:
    """An edit: who, when, what changed."""

    number: int
    author: str | None
    changed: Sequence[str]
    restored_from: int | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionsView:
    """The edits of a tournament, the newest first; `shown` is the one that is looked at, beside what it is now."""

    head: ManagedHead
    versions: tuple[VersionLine, ...]
    shown: VersionLine | None
    differences: tuple[tuple[str, Any, Any, str], ...]
    """Setting, its value in the version, its value now, and why it stays as it is, if it does."""


@dataclass(frozen=True, slots=True)
class TemplateLine:
    """A template in the list."""

    id: int
    name: str
    description: str
    scope: str
    game_title: str
    uses: int
    last_used_at: datetime | None
    is_active: bool
    may_change: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeView:
    """How the winners were found, and what is found now."""

    head: ManagedHead
    declared: Outcome | None
    found: Outcome | None
    steps: Sequence[Mapping[str, Any]]
    names: Mapping[int, str]
    choices: tuple[tuple[int, str], ...]
    requires_review: bool
    reviewed_at: datetime | None
    review_reason: str


def read_officials(tournament_id: int, *, actor: Actor) -> OfficialsView:
    """Who runs a tournament. Raises NotFound, Forbidden."""
    with read_snapshot() as session:
        tournament = find_managed(session, tournament_id, actor, Action.MANAGE_TOURNAMENT)
        owner = session.scalar(select(User.handle).where(User.id == tournament.organizer_id))
        return OfficialsView(
            head=head_of(session, tournament, actor),
            owner=owner,
            officials=officials.list_of(session, tournament_id),
        )


def read_official_ids(tournament_id: int, *, actor: Actor) -> dict[str, Any]:
    """The same for programs, by ids."""
    with read_snapshot() as session:
        find_managed(session, tournament_id, actor, Action.MANAGE_TOURNAMENT)
        return officials.told_of(session, tournament_id)


def read_notices(tournament_id: int, *, actor: Actor) -> NoticesView:
    """The announcements of a tournament for its organizers. Raises NotFound, Forbidden."""
    with read_snapshot() as session:
        tournament = find_managed(session, tournament_id, actor, Action.ANNOUNCE)
        return NoticesView(
            head=head_of(session, tournament, actor), notices=notice_lines(session, tournament_id)
        )  # fmt: skip


def read_versions(tournament_id: int, *, number: int | None, actor: Actor) -> VersionsView:
    """The edits of a tournament, and one of them beside what it is now. Raises NotFound, Forbidden."""
    with read_snapshot() as session:
        tournament = find_managed(session, tournament_id, actor, Action.MANAGE_TOURNAMENT)
        rows = session.execute(
            select(TournamentVersion, User.handle)
            .outerjoin(User, User.id == TournamentVersion.actor_id)
            .where(TournamentVersion.tournament_id == tournament_id)
            .order_by(TournamentVersion.number.desc())
            .limit(MOST_VERSIONS)
        )
        lines = tuple(
            VersionLine(row.number, handle, row.changed, row.restored_from, row.created_at) for row, handle in rows
        )
        differences: tuple[tuple[str, Any, Any, str], ...] = ()
        if number is not None:
            differences = _differences(tournament, tournament_edits.find(session, tournament_id, number))
        return VersionsView(
            head=head_of(session, tournament, actor),
            versions=lines,
            shown=next((line for line in lines if line.number == number), None),
            differences=differences,
        )


def read_templates(*, actor: Actor, search: str, game: str, scope: str) -> tuple[TemplateLine, ...]:
    """The templates that somebody may use."""
    with read_snapshot() as session:
        rows = templates.list_for(session, actor, search=search, game=game, scope=scope)
        return tuple(_template_line(row, actor) for row in rows)


def read_outcome(tournament_id: int, *, actor: Actor) -> OutcomeView:
    """How the winners of a tournament were found, for its officials. Raises NotFound, Forbidden."""
    with read_snapshot() as session:
        tournament = find_managed(session, tournament_id, actor, Action.SEE_OFFICIAL_BOARD)
        row = session.get(TournamentOutcome, tournament_id)
        rules = standings.rules_of(tournament)
        verdict = None
        if tournament.status in ("live", "completed"):
            board = ranking.compute_board(session, tournament, rules)
            verdict = outcomes.verdict_of(session, tournament, rules, board)
        ids = session.scalars(
            select(Registration.id).where(Registration.tournament_id == tournament_id).limit(MOST_CHOICES)
        ).all()
        names = names_of(session, ids)
        steps = row.steps if row is not None else [step.to_mapping() for step in verdict.steps] if verdict else []
        return OutcomeView(
            head=head_of(session, tournament, actor),
            declared=None if row is None else Outcome.stored(row),
            found=None if verdict is None else Outcome.of(verdict),
            steps=steps,
            names=names,
            choices=tuple(sorted(names.items(), key=lambda pair: pair[1].casefold())),
            requires_review=tournament.requires_review,
            reviewed_at=None if row is None else row.reviewed_at,
            review_reason="" if row is None else row.review_reason,
        )


def _differences(tournament: Tournament, version: TournamentVersion) -> tuple[tuple[str, Any, Any, str], ...]:
    now = tournament_edits.snapshot_of(tournament)
    fixed = frozen_fields(tournament.status)
    return tuple(
        (name, version.settings[name], now[name], fixed.get(name, ""))
        for name in FIELDS
        if name in version.settings and version.settings[name] != now[name]
    )


def _template_line(row: TournamentTemplate, actor: Actor) -> TemplateLine:
    return TemplateLine(
        row.id, row.name, row.description, row.scope, game_title(row.game or ""), row.uses, row.last_used_at,
        row.is_active, templates.may_change(row, actor),
    )  # fmt: skip
