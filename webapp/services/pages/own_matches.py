"""Matches of the tournaments in which somebody plays: the list, and the page of one with what its sides may do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, Select, case, func, or_, select
from sqlalchemy.orm import Session

from webapp.domain.errors import NotFound
from webapp.models import Match, MatchGame, Registration, ResultSubmission, Tournament
from webapp.services.matches import sides
from webapp.services.matches.reports import PENDING
from webapp.services.pages.match_view import PHASES, MatchPhase
from webapp.services.pages.paging import Paging
from webapp.services.pages.report_views import ReportedGame, ReportView, reports_of
from webapp.services.pages.tournament_reads import game_title
from webapp.services.registration.participant_names import names_of
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot

OWN_A_PAGE: Final = 30
_OPEN: Final = ("scheduled", "ready", "live", "pending_result", "disputed")
_BEFORE_PLAY: Final = ("scheduled", "ready")
_SHOWN: Final = ("registration_open", "registration_closed", "live", "completed", "archived")


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLine:
    """A match in one's list."""

    id: int
    number: int
    label: str
    tournament_name: str
    phase: MatchPhase
    is_forfeit: bool
    scheduled_at: datetime | None
    completed_at: datetime | None
    opponents: tuple[str | None, ...]
    has_won: bool | None
    """None without a result, and where nobody won."""
    asks: str | None
    """What the match wants of the reader: `answer`, `ready`, `report`, `place`."""


class Said(NamedTuple):
    """The matches in which a report is open: by a side for which one speaks, and by another."""

    by_own: frozenset[int]
    by_others: frozenset[int]


@dataclass(frozen=True, slots=True)
class OwnMatches:
    """One page of one's matches: those being played, those to come by time, those that are over from the last one."""

    matches: tuple[OwnLine, ...]
    paging: Paging


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnMatch:
    """One match for one of its sides (`own`: `a` or `b`, None in a lobby of many)."""

    id: int
    number: int
    label: str
    tournament_id: int
    tournament_name: str
    tournament_status: str
    game_title: str
    state: str
    phase: MatchPhase
    best_of: int
    map: str | None
    scheduled_at: datetime | None
    started_at: datetime | None
    completed_at: datetime | None
    stream_url: str | None
    own: str | None
    names: tuple[str | None, str | None]
    side_ids: tuple[int, int] | None
    """None where they are not both known."""
    ready: tuple[bool, bool]
    winner: str | None
    """`a`, `b` or None."""
    decided_by: str | None
    games: tuple[ReportedGame, ...]
    reports: tuple[ReportView, ...]
    report_revision: int
    own_id: int
    lobby: Mapping[str, str] | None
    asks_ready: bool
    is_paused: bool
    is_forfeit: bool
    is_lobby: bool

    @property
    def title(self) -> str:
        """What it is called."""
        return self.label or f"Match {self.number}"

    @property
    def wins(self) -> tuple[int, int]:
        """Games that each side has won, of those that count."""
        games = self.games
        return sum(game.score_a > game.score_b for game in games), sum(game.score_b > game.score_a for game in games)

    @property
    def is_ready(self) -> bool:
        """Whether the own side has said so."""
        return self.ready[0 if self.own == "a" else 1]

    @property
    def _runs(self) -> bool:
        return self.tournament_status == "live" and not self.is_paused and None not in self.names

    @property
    def can_say_ready(self) -> bool:
        """Whether the side can say that it is ready, or take it back."""
        return self.asks_ready and self._runs and self.own is not None and self.state in _BEFORE_PLAY

    @property
    def can_begin(self) -> bool:
        """Whether both sides are ready and one may begin."""
        return self._runs and self.own is not None and self.state == "ready"

    @property
    def can_report(self) -> bool:
        """Whether the side may say how it went."""
        open_states = ("live", "pending_result") if self.asks_ready else (*_BEFORE_PLAY, "live", "pending_result")
        return self._runs and self.own is not None and self.state in open_states

    @property
    def to_answer(self) -> ReportView | None:
        """The other side's report that waits for an answer."""
        waiting = (report for report in self.reports if report.is_open and report.side_id != self.own_id)
        return next(waiting, None) if self._runs and self.state == "pending_result" else None

    @property
    def own_report(self) -> ReportView | None:
        """What the own side has reported, while it waits for the other one's answer."""
        return next((report for report in self.reports if report.is_open and report.side_id == self.own_id), None)


def read_own_matches(actor: Actor, *, page: int) -> OwnMatches:
    """The matches of those for whom the actor speaks."""
    with read_snapshot() as session:
        own = sides.of_user(session, actor.user_id or 0)
        found = _of(own)
        total = session.scalar(select(func.count()).select_from(found.subquery())) or 0
        paging = Paging.of(page, size=OWN_A_PAGE, total=total)
        is_open = Match.state.in_(_OPEN)
        order = (
            case((is_open & Match.state.not_in(_BEFORE_PLAY), 0), (is_open, 1), else_=2),
            case((is_open, Match.scheduled_at)).asc().nulls_last(),
            case((is_open, Match.id)).asc().nulls_last(),
            Match.completed_at.desc(),
            Match.id.desc(),
        )
        rows = session.execute(found.order_by(*order).offset(paging.offset).limit(paging.size)).all()
        names = names_of(session, {one for match, _ in rows for one in (match.side_a_id, match.side_b_id) if one})
        said = _said(session, [match.id for match, _ in rows], own)
        lines = tuple(_line(match, tournament, own, names, said) for match, tournament in rows)
        return OwnMatches(lines, paging)


def read_own_match(match_id: int, *, actor: Actor) -> OwnMatch:
    """One match for one of its sides. Raises NotFound for everybody else."""
    with read_snapshot() as session:
        match = session.get(Match, match_id)
        tournament = None if match is None else session.get(Tournament, match.tournament_id)
        if match is None or tournament is None or tournament.deleted_at is not None or tournament.status not in _SHOWN:
            raise NotFound(f"There is no match {match_id} of yours.", code="match_not_found")
        own_id = sides.ensure_side(session, actor, match)
        names = names_of(session, [one for one in (match.side_a_id, match.side_b_id) if one is not None])
        return _match(session, tournament, match, own_id, names)


def _of(own: frozenset[int]) -> Select[Match, Tournament]:
    return (
        select(Match, Tournament)
        .join(Tournament, Tournament.id == Match.tournament_id)
        .where(
            Tournament.deleted_at.is_(None), Tournament.status.in_(_SHOWN), Match.state != "cancelled",
            or_(Match.side_a_id.in_(own), Match.side_b_id.in_(own), _in_its_lobbies(own)),
        )
    )  # fmt: skip


def _in_its_lobbies(own: frozenset[int]) -> ColumnElement[bool]:
    in_tournaments = select(Registration.tournament_id).where(
        Registration.id.in_(own), Registration.status == "approved"
    )
    return (Tournament.format == "battle-royale") & Match.tournament_id.in_(in_tournaments)


def _said(session: Session, match_ids: Sequence[int], own: frozenset[int]) -> Said:
    """In which matches a report is open, of the own side and of another."""
    found = select(ResultSubmission.match_id, ResultSubmission.registration_id).where(
        ResultSubmission.match_id.in_(match_ids), ResultSubmission.state == PENDING
    )
    rows = session.execute(found).all()
    by_own = frozenset(match_id for match_id, side in rows if side in own)
    return Said(by_own, frozenset(match_id for match_id, side in rows if side not in own))


def _line(match: Match, tournament: Tournament, own: frozenset[int], names: Mapping[int, str], said: Said) -> OwnLine:
    both = (match.side_a_id, match.side_b_id)
    others = tuple(None if side is None else names.get(side) for side in both if side not in own)
    hidden = tournament.frozen_seq is not None
    return OwnLine(
        id=match.id,
        number=match.number,
        label=match.label,
        tournament_name=tournament.name,
        phase=PHASES[match.state],
        is_forfeit=match.state == "forfeit",
        scheduled_at=match.scheduled_at,
        completed_at=match.completed_at,
        opponents=() if tournament.format == "battle-royale" else others,
        has_won=None if match.winner_id is None or hidden else match.winner_id in own,
        asks=_asks(match, tournament, own, said),
    )


def _asks(match: Match, tournament: Tournament, own: frozenset[int], said: Said) -> str | None:
    if tournament.status != "live" or tournament.paused_at is not None:
        return None
    if tournament.format == "battle-royale":
        return "place" if match.state == "live" and match.id not in said.by_own else None
    if None in (match.side_a_id, match.side_b_id):
        return None
    if match.state == "pending_result":
        return "answer" if match.id in said.by_others else None
    if match.state == "live":
        return "report"
    ready_at = match.ready_a_at if match.side_a_id in own else match.ready_b_at
    return "ready" if tournament.asks_ready and match.state in _BEFORE_PLAY and ready_at is None else None


def _match(session: Session, tournament: Tournament, match: Match, own_id: int, names: Mapping[int, str]) -> OwnMatch:
    letters = {match.side_a_id: "a", match.side_b_id: "b"}
    games = session.scalars(select(MatchGame).where(MatchGame.match_id == match.id).order_by(MatchGame.number))
    return OwnMatch(
        id=match.id,
        number=match.number,
        label=match.label,
        tournament_id=tournament.id,
        tournament_name=tournament.name,
        tournament_status=tournament.status,
        game_title=game_title(tournament.game),
        state=match.state,
        phase=PHASES[match.state],
        best_of=match.best_of,
        map=match.map,
        scheduled_at=match.scheduled_at,
        started_at=match.started_at,
        completed_at=match.completed_at,
        stream_url=match.stream_url,
        own=letters.get(own_id),
        side_ids=None if not (match.side_a_id and match.side_b_id) else (match.side_a_id, match.side_b_id),
        names=(names.get(match.side_a_id or 0), names.get(match.side_b_id or 0)),
        ready=(match.ready_a_at is not None, match.ready_b_at is not None),
        winner=None if match.winner_id is None else letters.get(match.winner_id),
        decided_by=match.decided_by,
        games=tuple(ReportedGame(row.number, row.score_a, row.score_b, row.map) for row in games),
        reports=reports_of(session, match, names),
        report_revision=match.report_revision,
        own_id=own_id,
        lobby=match.lobby if match.state in _OPEN else None,
        asks_ready=tournament.asks_ready,
        is_paused=tournament.paused_at is not None,
        is_forfeit=match.state == "forfeit",
        is_lobby=tournament.format == "battle-royale",
    )
