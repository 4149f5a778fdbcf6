"""The life of a tournament: create, open, start, complete, cancel, archive."""

import re
import secrets
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Unpack

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.domain import lifecycle
from webapp.domain.errors import Conflict, Forbidden
from webapp.domain.permissions import Action
from webapp.domain.rules import Ruleset, names_cascade, parse_ruleset
from webapp.models import CustomField, Match, Tournament
from webapp.services.bracketing import league_progress, stages
from webapp.services.live import freezes
from webapp.services.matches.matches import Fixture, add_fixtures, record_cancelled
from webapp.services.operations import flags
from webapp.services.ranking import adjustments, ranking, scopes, snapshots, standings
from webapp.services.spine import audit, log, outbox, permissions
from webapp.services.spine.actors import Actor
from webapp.services.spine.log import Fact
from webapp.services.spine.reasons import checked_reason
from webapp.services.spine.transaction import transaction
from webapp.services.tournaments import outcomes, tournament_edits
from webapp.services.tournaments.outcomes import Outcome
from webapp.services.tournaments.tournament_details import (
    FIELDS,
    LONGEST_NAME,
    Changes,
    Details,
    checked,
    rules_as_stored,
)

_SLUG_LENGTH: Final = 60
_ATTEMPTS: Final = 3
_ENDED_MATCHES: Final = ("completed", "forfeit")
_OPEN_MATCHES: Final = ("scheduled", "ready", "live", "pending_result", "disputed")
_COPY: Final = " (copy)"
_NOT_COPIED: Final = (
    "starts_at", "registration_opens_at", "registration_closes_at", "checkin_opens_at", "is_official", "is_featured",
)  # fmt: skip
_OF_A_QUESTION: Final = ("position", "key", "label", "help", "kind", "is_required", "limits")
_WAY_TO_LIVE: Final = ("draft", "registration_open", "registration_closed", "live")


def create(
    name: str,
    *,
    game: str,
    format: str,  # noqa: A002  (the field's name everywhere)
    ruleset: Ruleset | Mapping[str, Any],
    actor: Actor,
    now: datetime,
    fixtures: Sequence[Fixture] = (),
    **details: Unpack[Details],
) -> int:
    """A new tournament as a draft, with its first matches if any are given; returns its id.

    Who creates it organizes it, unless `organizer_id` says otherwise. Rules given as data (`parse_ruleset`) that name
    no cascade get the default one when the tournament opens. Raises NotFound for an unknown game, RulesError,
    ResultError naming every other wrong setting.
    """
    permissions.ensure_on_site(actor, Action.CREATE_TOURNAMENT)
    if actor.role != "admin" and (details.get("is_official") or details.get("is_featured")):
        raise Forbidden("Only staff say which tournaments are official or featured.")
    name = checked(name, game, format, details)
    details.setdefault("organizer_id", actor.user_id)
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with transaction() as session:
                tournament = add(
                    session, name, game=game, format=format, ruleset=ruleset, actor=actor, now=now, **details
                )
                audit.record(session, actor, "tournament.created", now=now, tournament_id=tournament.id)
                add_fixtures(session, tournament, fixtures, actor=actor, now=now)
                return tournament.id
        except IntegrityError:
            # Somebody else has taken the same address at this moment.
            if attempt == _ATTEMPTS:
                raise
    raise AssertionError("the last attempt returns or raises")


def duplicate(tournament_id: int, *, actor: Actor, now: datetime) -> int:
    """A new draft with the settings and questions of a tournament, without its dates; returns its id.

    Raises NotFound, Forbidden as for one that the actor cannot manage or make.
    """
    permissions.ensure_on_site(actor, Action.CREATE_TOURNAMENT)
    with transaction() as session:
        source = log.lock_tournament(session, tournament_id)
        permissions.ensure(session, actor, Action.MANAGE_TOURNAMENT, source)
        kept = {field: getattr(source, field) for field in FIELDS if field not in _NOT_COPIED}
        name, form = kept.pop("name"), kept.pop("format")
        copy = add(
            session, f"{name[: LONGEST_NAME - len(_COPY)]}{_COPY}", game=kept.pop("game"), format=form,
            ruleset=kept.pop("ruleset"), actor=actor, now=now, organizer_id=actor.user_id, **kept,
        )  # fmt: skip
        for question in session.scalars(select(CustomField).where(CustomField.tournament_id == tournament_id)):
            asked = {name: getattr(question, name) for name in _OF_A_QUESTION}
            session.add(CustomField(tournament_id=copy.id, **asked))
        audit.record(session, actor, "tournament.created", now=now, tournament_id=copy.id, copied_from=tournament_id)
        return copy.id


def add(
    session: Session,
    name: str,
    *,
    game: str,
    format: str,  # noqa: A002  (the field's name everywhere)
    ruleset: Ruleset | Mapping[str, Any],
    actor: Actor,
    now: datetime,
    **details: Unpack[Details],
) -> Tournament:
    """Write a tournament in the caller's transaction; it starts its log with `tournament_created`.

    One that is not a draft is opened at once: its cascade is settled and, where it wants lots, they are drawn.
    """
    tournament = Tournament(
        slug=free_slug(session, name),
        name=name,
        game=game,
        format=format,
        ruleset=rules_as_stored(ruleset),
        created_at=now,
        **details,
    )
    tournament.search_text = tournament_edits.search_text(tournament)
    session.add(tournament)
    session.flush()
    fact = Fact("tournament_created", {"status": tournament.status})
    log.record_many(session, tournament, [fact], actor=actor, now=now)
    if tournament.status != "draft":
        _settle_cascade(tournament)
        _draw_lots(session, tournament, actor=actor, now=now)
    return tournament


def default_cascade(ruleset_data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Rules that name no cascade get the engine's, or the plain service's while the engine is switched off."""
    if names_cascade(ruleset_data):
        return ruleset_data
    return {**ruleset_data, "cascade": "engine" if flags.is_on("LEADERBOARDS_ENGINE_V2_ENABLED") else "service"}


def update(tournament_id: int, *, actor: Actor, now: datetime, **changes: Unpack[Changes]) -> tuple[str, ...]:
    """Change what is said of a tournament; returns the names of what differs now. Twice is the same as once.

    Game, format and points can be changed in a draft alone; a version of every edit is kept. Raises Conflict naming
    what is frozen, ResultError and RulesError for values that cannot be used.
    """
    with transaction() as session:
        tournament = log.lock_tournament(session, tournament_id)
        permissions.ensure(session, actor, Action.MANAGE_TOURNAMENT, tournament)
        return tournament_edits.apply(session, tournament, changes, actor=actor, now=now)


def close_registration(tournament_id: int, *, actor: Actor, now: datetime) -> None:
    """Take no more registrations: what is to be played can be made ready. Twice is the same as once."""
    _set_status(tournament_id, "registration_closed", actor=actor, now=now)


def open_registration(tournament_id: int, *, actor: Actor, now: datetime) -> None:
    """Open a draft for registration: from now on its rules stand. Twice is the same as once."""
    with transaction() as session:
        tournament = log.lock_tournament(session, tournament_id)
        permissions.ensure(session, actor, Action.MANAGE_TOURNAMENT, tournament)
        if tournament.status == "registration_open":
            return
        before = tournament.status
        tournament.status = lifecycle.move(lifecycle.TOURNAMENT, before, "registration_open")
        _settle_cascade(tournament)
        log.record(session, tournament, "tournament_updated", {"changed": ["status"]}, actor=actor, now=now)
        _audit_status(session, tournament, "tournament.opened", before, actor=actor, now=now)


def start_opened(tournament_id: int, *, actor: Actor, now: datetime) -> None:
    """`start`, as officials do it: a draft, which nobody has seen, is opened first. Raises TransitionError for one."""
    start(tournament_id, actor=actor, now=now, from_draft=False)


def start(tournament_id: int, *, actor: Actor, now: datetime, from_draft: bool = True) -> None:
    """Take a tournament from wherever it stands before its start to live; twice is the same as once.

    Lots are drawn and head starts given now, when it is known who plays. Raises TransitionError after the start,
    Conflict when the rules give a head start to a name that nobody has.
    """
    with transaction() as session:
        tournament = log.lock_tournament(session, tournament_id)
        permissions.ensure(session, actor, Action.MANAGE_TOURNAMENT, tournament)
        if tournament.status == "live":
            return
        before = tournament.status
        if before not in _WAY_TO_LIVE or (before == "draft" and not from_draft):
            lifecycle.move(lifecycle.TOURNAMENT, before, "live")
        for state in _WAY_TO_LIVE[_WAY_TO_LIVE.index(before) + 1 :]:
            tournament.status = lifecycle.move(lifecycle.TOURNAMENT, tournament.status, state)
        tournament.started_at = now
        if before == "draft":
            _settle_cascade(tournament)
        log.record(session, tournament, "tournament_started", {"status": "live"}, actor=actor, now=now)
        _audit_status(session, tournament, "tournament.started", before, actor=actor, now=now)
        _draw_lots(session, tournament, actor=actor, now=now)
        adjustments.give_head_starts(session, tournament, actor=actor, now=now)
        freezes.begin_if_due(session, tournament, actor=actor, now=now)


def complete(tournament_id: int, *, actor: Actor, now: datetime) -> None:
    """End a live tournament: declare its winners and store the final board. Twice is the same as once.

    Where match point has decided it, matches planned for later are cancelled. Raises Conflict while a match is open
    (`matches_open`), where none was played (`nothing_played`), or the bracket after the first stage is not drawn yet
    (`stage_open`), TransitionError when it is not live.
    """
    with transaction() as session:
        tournament = log.lock_tournament(session, tournament_id)
        permissions.ensure(session, actor, Action.MANAGE_TOURNAMENT, tournament)
        if tournament.status != "completed":
            complete_in(session, tournament, actor=actor, now=now)


def complete_in(session: Session, tournament: Tournament, *, actor: Actor, now: datetime) -> None:
    """What `complete` does, in the transaction of whoever has locked the tournament and may do so; raises like it."""
    lifecycle.move(lifecycle.TOURNAMENT, tournament.status, "completed")
    _cancel_what_cannot_count(session, tournament, actor=actor, now=now)
    _ensure_nothing_open(session, tournament)
    _ensure_something_played(session, tournament)
    _ensure_no_stage_awaited(session, tournament)
    finish(session, tournament, actor=actor, now=now)


def finish(session: Session, tournament: Tournament, *, actor: Actor, now: datetime, announce: bool = True) -> None:
    """What completing writes, in the caller's transaction: final board, end, winners, event, audit, snapshot."""
    rules = standings.rules_of(tournament)
    board = ranking.final_board(session, tournament, rules, now=now)
    outcome = Outcome.stored(outcomes.determine(session, tournament, rules, board, now=now))
    tournament.status, tournament.completed_at = "completed", now
    tournament.requires_review = outcome.requires_review
    data = {"status": "completed", **outcome._asdict()}
    fact = Fact("tournament_completed", data)
    log.record_many(session, tournament, [fact], actor=actor, now=now, announce=announce)
    audit.record(session, actor, "tournament.completed", now=now, tournament_id=tournament.id, **data)
    snapshots.take(session, scopes.tournament(tournament.id), reason="completed", now=now)
    outbox.want(session, "team_points_of", str(tournament.id), now=now)


def cancel(tournament_id: int, *, reason: str, actor: Actor, now: datetime) -> None:
    """Call a tournament off, before its end; its board counts for no season any more. Twice is the same as once."""
    reason = checked_reason(reason)
    with transaction() as session:
        tournament = log.lock_tournament(session, tournament_id)
        permissions.ensure(session, actor, Action.MANAGE_TOURNAMENT, tournament)
        if tournament.status == "cancelled":
            return
        before = tournament.status
        tournament.status = lifecycle.move(lifecycle.TOURNAMENT, before, "cancelled")
        log.record(session, tournament, "tournament_cancelled", {"status": "cancelled"}, actor=actor, now=now)
        _audit_status(session, tournament, "tournament.cancelled", before, actor=actor, now=now, reason=reason)
        ranking.want_wider_boards(session, tournament, now=now)


def archive(tournament_id: int, *, actor: Actor, now: datetime) -> None:
    """Close a completed or cancelled tournament for good: no correction is possible any more."""
    _set_status(tournament_id, "archived", actor=actor, now=now)


def _set_status(tournament_id: int, status: str, *, actor: Actor, now: datetime) -> None:
    """A step of which nothing follows but that it is told and audited."""
    with transaction() as session:
        tournament = log.lock_tournament(session, tournament_id)
        permissions.ensure(session, actor, Action.MANAGE_TOURNAMENT, tournament)
        before = tournament.status
        if before == status:
            return
        tournament.status = lifecycle.move(lifecycle.TOURNAMENT, before, status)
        log.record(session, tournament, "tournament_updated", {"changed": ["status"]}, actor=actor, now=now)
        _audit_status(session, tournament, f"tournament.{status}", before, actor=actor, now=now)


def free_slug(session: Session, name: str) -> str:
    """An address for a name: ASCII letters, digits and hyphens, numbered when it is taken."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_SLUG_LENGTH].strip("-") or "tournament"
    taken = set(session.scalars(select(Tournament.slug).where(Tournament.slug.startswith(base, autoescape=True))))
    if base not in taken:
        return base
    number = 2
    while f"{base}-{number}" in taken:
        number += 1
    return f"{base}-{number}"


def _settle_cascade(tournament: Tournament) -> None:
    tournament.ruleset = parse_ruleset(default_cascade(tournament.ruleset)).to_mapping()


def _draw_lots(session: Session, tournament: Tournament, *, actor: Actor, now: datetime) -> None:
    """Draw the lots of a cascade that asks for them, once, so that everybody can draw them again from the log."""
    rules = standings.rules_of(tournament)
    if tournament.lot_seed or not any(key.name == "lot" for key in rules.cascade):
        return
    tournament.lot_seed = secrets.token_hex(16)
    data = {"lot_seed": tournament.lot_seed}
    log.record_many(session, tournament, [Fact("lot_drawn", data)], actor=actor, now=now)
    audit.record(session, actor, "lot.drawn", now=now, tournament_id=tournament.id, **data)


def _audit_status(
    session: Session, tournament: Tournament, action: str, before: str, *, actor: Actor, now: datetime, **data: Any
) -> None:
    audit.record(
        session, actor, action, now=now, tournament_id=tournament.id, before=before, after=tournament.status, **data
    )


def _cancel_what_cannot_count(session: Session, tournament: Tournament, *, actor: Actor, now: datetime) -> None:
    """Match point ends a tournament before its schedule does: what was planned for after the decision falls away."""
    rules = standings.rules_of(tournament)
    if rules.match_point is None:
        return
    race = standings.match_point_race_of(session, tournament, rules)
    if not race.is_over or race.deciding_match is None:
        return
    planned = select(Match).where(
        Match.tournament_id == tournament.id,
        Match.state.in_(("scheduled", "ready")),
        Match.number > race.deciding_match,
    )
    reason = f"Match {race.deciding_match} decided the tournament by its match-point rule."
    for match in session.scalars(planned.order_by(Match.number)).all():
        record_cancelled(session, tournament, match, reason=reason, actor=actor, now=now)


def _ensure_nothing_open(session: Session, tournament: Tournament) -> None:
    open_numbers = list(
        session.scalars(
            select(Match.number)
            .where(Match.tournament_id == tournament.id, Match.state.in_(_OPEN_MATCHES))
            .order_by(Match.number)
        )
    )
    if open_numbers:
        listed = ", ".join(map(str, open_numbers[:10]))
        raise Conflict(f"Matches are still open: {listed}. Confirm or cancel them first.", code="matches_open")


def _ensure_no_stage_awaited(session: Session, tournament: Tournament) -> None:
    """The winner of a knock-out is not known while only the groups before it are played."""
    if league_progress.awaits_bracket(stages.of_tournament(session, tournament.id)):
        raise Conflict(
            "The bracket that follows the first stage is still to be drawn and played; only then is there a winner. "
            "To end here all the same, draw it and cancel its matches.",
            code="stage_open",
        )


def _ensure_something_played(session: Session, tournament: Tournament) -> None:
    """Nobody wins what was not played: such a tournament is called off, not completed."""
    played = select(Match.id).where(Match.tournament_id == tournament.id, Match.state.in_(_ENDED_MATCHES))
    if session.scalar(played.limit(1)) is None:
        raise Conflict(
            "No match has a result, so there is no winner. Enter the results first, or cancel the tournament.",
            code="nothing_played",
        )
