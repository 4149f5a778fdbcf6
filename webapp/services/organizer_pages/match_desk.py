"""One match as its officials see it: who plays, what they say, and everything that can be done to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.drafts import DraftAction, DraftStep, draft_order
from webapp.domain.errors import NotFound
from webapp.domain.games import load_games
from webapp.domain.lifecycle import WITHOUT_RESULT
from webapp.domain.permissions import Action
from webapp.models import Match, MatchGame, Tournament, User
from webapp.services.matches.lobbies import officials_of
from webapp.services.matches.match_drafts import actions_of
from webapp.services.organizer_pages.managed import ManagedHead, find_managed, head_of
from webapp.services.pages.match_view import PHASES, MatchPhase
from webapp.services.pages.report_views import ReportedGame, ReportView, reports_of
from webapp.services.registration.participant_names import names_of
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot

_OPEN = ("scheduled", "ready", "live", "pending_result", "disputed")
_BEFORE_PLAY = ("scheduled", "ready")


@dataclass(frozen=True, slots=True)
class DeskSide:
    """A side: `id` and `name` None where it is not known yet."""

    letter: str
    id: int | None
    name: str | None
    ready_at: datetime | None
    is_winner: bool
    has_forfeited: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskView:
    """The desk of one match. `lobby` has name, password and notes; `games` are those that count."""

    head: ManagedHead
    id: int
    number: int
    label: str
    map: str | None
    stage: str | None
    state: str
    phase: MatchPhase
    revision: int
    best_of: int
    scheduled_at: datetime | None
    started_at: datetime | None
    completed_at: datetime | None
    stream_url: str | None
    decided_by: str | None
    sides: tuple[DeskSide, ...]
    games: tuple[ReportedGame, ...]
    reports: tuple[ReportView, ...]
    asks_ready: bool
    is_paused: bool
    is_league: bool
    has_draft: bool
    lobby: Mapping[str, str] | None
    coordinator_id: int | None
    coordinator: str | None
    officials: tuple[tuple[int, str], ...]

    @property
    def title(self) -> str:
        """What it is called."""
        return self.label or f"Match {self.number}"

    @property
    def has_sides(self) -> bool:
        """Whether both sides are known."""
        return len(self.sides) == 2 and all(side.id is not None for side in self.sides)

    @property
    def is_series(self) -> bool:
        """Whether it is between two sides."""
        return not self.head.is_battle_royale

    @property
    def wins(self) -> tuple[int, int]:
        """Games that each side has won, of those that count."""
        games = self.games
        return sum(game.score_a > game.score_b for game in games), sum(game.score_b > game.score_a for game in games)

    @property
    def is_forfeit(self) -> bool:
        """Whether it was decided without being played."""
        return self.state == "forfeit"

    @property
    def is_open(self) -> bool:
        """Whether it has no result and is not off."""
        return self.state in _OPEN

    @property
    def can_start(self) -> bool:
        """Whether it can begin now."""
        return self.state in _BEFORE_PLAY and self.head.status == "live" and not self.is_paused

    @property
    def can_be_decided(self) -> bool:
        """Whether its result can be entered, or somebody's win declared; after the end only of one to be replayed."""
        is_played = self.head.status == "live" or (self.head.status == "completed" and bool(self.revision))
        return self.is_open and self.is_series and self.has_sides and is_played

    @property
    def can_be_reset(self) -> bool:
        """Whether anything has happened that can be taken back."""
        touched = self.state not in ("scheduled", "cancelled") or any(side.ready_at for side in self.sides)
        return touched and self.head.status != "archived"

    @property
    def can_be_cancelled(self) -> bool:
        """Whether it can be taken off; a confirmed result is voided instead."""
        return self.is_open and not self.has_result and not self.head.is_over

    @property
    def has_result(self) -> bool:
        """Whether a result counts, or is held back by a dispute, or was taken out with the match."""
        return bool(self.revision) and self.state not in WITHOUT_RESULT

    @property
    def reports_differ(self) -> bool:
        """Whether both sides have reported, and not the same."""
        return sum(report.is_open for report in self.reports) > 1


def read_desk(tournament_id: int, match_id: int, *, actor: Actor) -> DeskView:
    """The desk of a match of the tournament. Raises NotFound, Forbidden."""
    with read_snapshot() as session:
        tournament, match = _found(session, tournament_id, match_id, actor)
        names = names_of(session, [side for side in (match.side_a_id, match.side_b_id) if side is not None])
        officials = _officials(session, tournament)
        game = load_games().get(tournament.game)
        return DeskView(
            head=head_of(session, tournament, actor),
            id=match.id,
            number=match.number,
            label=match.label,
            map=match.map,
            stage=match.stage,
            state=match.state,
            phase=PHASES[match.state],
            revision=match.revision,
            best_of=match.best_of,
            scheduled_at=match.scheduled_at,
            started_at=match.started_at,
            completed_at=match.completed_at,
            stream_url=match.stream_url,
            decided_by=match.decided_by,
            sides=_sides(tournament, match, names),
            games=_games(session, match),
            reports=reports_of(session, match, names),
            asks_ready=tournament.asks_ready,
            is_paused=tournament.paused_at is not None,
            is_league=tournament.format in ("round-robin", "swiss"),
            has_draft=game is not None and game.draft is not None,
            lobby=match.lobby,
            coordinator_id=match.coordinator_id,
            coordinator=dict(officials).get(match.coordinator_id or 0),
            officials=officials,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftDesk:
    """What the page of a draft needs: the order of the game, and what is kept so far."""

    title: str
    game_number: int
    steps: tuple[DraftStep, ...]
    actions: tuple[DraftAction, ...]
    first_id: int | None


def read_draft_desk(tournament_id: int, match_id: int, game_number: int, *, actor: Actor) -> tuple[DeskView, DraftDesk]:
    """The draft of one game of a match. Raises NotFound where the game knows no draft or the match no such game."""
    desk = read_desk(tournament_id, match_id, actor=actor)
    with read_snapshot() as session:
        tournament, match = _found(session, tournament_id, match_id, actor)
        order_name = load_games()[tournament.game].draft
        if order_name is None or not 1 <= game_number <= match.best_of:
            raise NotFound(f"There is no draft of game {game_number} of match {match.number}.", code="draft_not_found")
        order = draft_order(order_name)
        kept = (match.drafts or {}).get(str(game_number))
        return desk, DraftDesk(
            title=order.title,
            game_number=game_number,
            steps=order.steps,
            actions=tuple(actions_of(kept)) if kept else (),
            first_id=kept["first_id"] if kept else None,
        )


def _found(session: Session, tournament_id: int, match_id: int, actor: Actor) -> tuple[Tournament, Match]:
    tournament = find_managed(session, tournament_id, actor, Action.MANAGE_MATCHES)
    match = session.get(Match, match_id)
    if match is None or match.tournament_id != tournament_id:
        raise NotFound(f"There is no match {match_id} in tournament {tournament_id}.", code="match_not_found")
    return tournament, match


def _sides(tournament: Tournament, match: Match, names: Mapping[int, str]) -> tuple[DeskSide, ...]:
    if tournament.format == "battle-royale":
        return ()
    both = (("a", match.side_a_id, match.ready_a_at), ("b", match.side_b_id, match.ready_b_at))
    return tuple(
        DeskSide(
            letter,
            side_id,
            None if side_id is None else names.get(side_id),
            ready_at,
            side_id is not None and match.winner_id == side_id,
            side_id is not None and match.forfeited_by_id == side_id,
        )
        for letter, side_id, ready_at in both
    )


def _games(session: Session, match: Match) -> tuple[ReportedGame, ...]:
    rows = session.scalars(select(MatchGame).where(MatchGame.match_id == match.id).order_by(MatchGame.number))
    return tuple(ReportedGame(row.number, row.score_a, row.score_b, row.map) for row in rows)


def _officials(session: Session, tournament: Tournament) -> tuple[tuple[int, str], ...]:
    ids = officials_of(session, tournament)
    rows = session.execute(select(User.id, User.handle).where(User.id.in_(sorted(ids))).order_by(User.handle_key))
    return tuple((row.id, row.handle) for row in rows)
