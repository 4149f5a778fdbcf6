"""Reads of a schedule for calendars. Nothing in it comes from a result: it says who meets when, never how it went."""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.errors import Forbidden, NotFound
from webapp.domain.permissions import Action
from webapp.models import Event, Match, Tournament
from webapp.services.live import known_matches, visibility
from webapp.services.pages.calendar_view import CalendarEntry, Revision, ScheduleView
from webapp.services.pages.tournament_reads import find_visible_by_slug, game_title
from webapp.services.registration.participant_names import names_of
from webapp.services.spine import permissions
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot

_SCHEDULED: Final = "match_scheduled"
_UPDATED: Final = "match_updated"
_CANCELLED: Final = "match_cancelled"
_UNDECIDED: Final = "To be decided"
_OF_TOURNAMENT: Final = ("tournament_updated", "tournament_cancelled")


def read_schedule(slug: str, *, actor: Actor | None) -> ScheduleView:
    """The schedule of a tournament. Raises NotFound for one that neither the public nor the actor may see."""
    with read_snapshot() as session:
        tournament = _find(session, slug, actor)
        revisions = _revisions(session, tournament)
        own = revisions.get(None, Revision(0, tournament.created_at))
        return ScheduleView(
            tournament_id=tournament.id,
            log_number=tournament.log_seq,
            slug=tournament.slug,
            name=tournament.name,
            is_listed=tournament.visibility == "public",
            entries=(*_of_tournament(tournament, own), *_of_matches(session, tournament, revisions)),
        )


def _find(session: Session, slug: str, actor: Actor | None) -> Tournament:
    try:
        return find_visible_by_slug(session, slug)
    except NotFound:
        found = session.scalar(select(Tournament).where(Tournament.slug == slug)) if slug.isprintable() else None
        if actor is None or found is None or found.deleted_at is not None:
            raise
        try:
            permissions.ensure(session, actor, Action.SEE_OFFICIAL_BOARD, found)
        except Forbidden:
            # Who may not see it is not told that it is there.
            found = None
        if found is None:
            raise
        return found


def _revisions(session: Session, tournament: Tournament) -> Mapping[int | None, Revision]:
    """By match, and of the tournament itself under None: read from the log, so that no change goes uncounted."""
    statement = (
        select(Event.type, Event.match_id, Event.data, Event.created_at)
        .where(
            Event.tournament_id == tournament.id,
            Event.type.in_((_SCHEDULED, _UPDATED, _CANCELLED, *_OF_TOURNAMENT)),
            visibility.told(tournament),
        )
        .order_by(Event.seq)
    )
    revisions: dict[int | None, Revision] = {None: Revision(0, tournament.created_at)}
    for kind, match_id, data, at in session.execute(statement):
        for about in data["match_ids"] if kind == _SCHEDULED else [match_id]:
            before = revisions.get(about)
            revisions[about] = Revision(0 if before is None else before.number + 1, at)
    return revisions


def _of_tournament(tournament: Tournament, revision: Revision) -> Sequence[CalendarEntry]:
    if tournament.starts_at is None:
        return ()
    entry = CalendarEntry(
        key=f"tournament-{tournament.id}",
        title=tournament.name,
        details=game_title(tournament.game),
        path=f"/tournaments/{tournament.slug}/",
        starts_at=tournament.starts_at,
        is_cancelled=tournament.status == "cancelled",
        revision=revision,
    )
    return (entry,)


def _of_matches(
    session: Session, tournament: Tournament, revisions: Mapping[int | None, Revision]
) -> Sequence[CalendarEntry]:
    known = known_matches.of_tournament(session, tournament)
    planned = select(Match).where(Match.tournament_id == tournament.id, Match.scheduled_at.is_not(None))
    matches = [known.of(match) for match in session.scalars(planned.order_by(Match.number))]
    names = names_of(session, {side for match in matches for side in _sides(match) if side is not None})
    is_off = tournament.status == "cancelled"
    return [
        CalendarEntry(
            key=f"match-{match.id}",
            title=f"{tournament.name}: {_title(match, names)}",
            details=" · ".join(part for part in (_label(match), match.stage, match.map) if part),
            path=f"/spectator/matches/{match.id}/",
            starts_at=match.scheduled_at,
            is_cancelled=is_off or match.state == "cancelled",
            revision=_latest(revisions.get(match.id), revisions[None] if is_off else None, tournament),
        )
        for match in matches
        if match.scheduled_at is not None
    ]


def _latest(own: Revision | None, of_tournament: Revision | None, tournament: Tournament) -> Revision:
    """A tournament that is called off changes every entry once more."""
    own = own or Revision(0, tournament.created_at)
    return own if of_tournament is None else Revision(own.number + 1, max(own.at, of_tournament.at))


def _title(match: Match, names: Mapping[int, str]) -> str:
    if _sides(match) == (None, None):
        return _label(match)
    return " vs ".join(_UNDECIDED if side is None else names.get(side, _UNDECIDED) for side in _sides(match))


def _sides(match: Match) -> tuple[int | None, int | None]:
    return match.side_a_id, match.side_b_id


def _label(match: Match) -> str:
    return match.label or f"Match {match.number}"
