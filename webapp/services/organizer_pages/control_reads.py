"""What the control room reads: a fixed number of statements, whatever the size of the tournament."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Integer, Select, String, cast, func, literal, null, select, union_all
from sqlalchemy.orm import Session, aliased

from webapp.domain.brackets.formats import rounds_of
from webapp.domain.brackets.settings import parse_settings
from webapp.domain.control_room import BEFORE_PLAY, Day
from webapp.models import Match, Payment, Registration, Stage, Team, Tournament, UndoableAction, User
from webapp.services.bracketing import league_progress
from webapp.services.bracketing.league_progress import StageMatch
from webapp.services.matches import stuck_matches
from webapp.services.matches.stuck_matches import OPEN, Said
from webapp.services.ranking import standings
from webapp.services.registration import checkins
from webapp.services.registration.entry_decisions import waits_for_a_decision
from webapp.services.registration.participant_names import name_column
from webapp.services.spine import undo
from webapp.services.spine.actors import Actor

_DECIDED: Final = ("completed", "forfeit")
_TO_DECIDE: Final = "to decide"
SHOWN_ABSENT: Final = 12


@dataclass(frozen=True, slots=True)
class Side:
    """A side of an open match."""

    id: int
    name: str
    is_there: bool
    """Whether it has checked in."""


@dataclass(frozen=True, slots=True)
class OpenMatch:
    """A match without a result, and who plays it; None for a side that is not known yet."""

    row: Match
    sides: tuple[Side | None, Side | None]


@dataclass(frozen=True, slots=True)
class LastAction:
    """What the reader did last and can take back. `number` of its match, where it is about one."""

    id: int
    action: str
    number: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many there are: registrations and payments by state, matches by state, and who has checked in."""

    entries: Mapping[str, int]
    """By state; under `_TO_DECIDE` those about which officials are to decide."""
    payments: Mapping[str, int]
    matches: Mapping[str, int]
    checked_in: int
    unscheduled: int
    """Open matches without a time."""
    last: LastAction | None

    @property
    def matches_open(self) -> int:
        """Matches without a result."""
        return sum(self.matches.get(state, 0) for state in OPEN)

    @property
    def matches_done(self) -> int:
        """Matches with one."""
        return sum(self.matches.get(state, 0) for state in _DECIDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that was read."""

    matches: Sequence[OpenMatch]
    said: Said
    waiting: Mapping[int, int]
    """By match, how many others wait for it."""
    tally: Tally
    stages: Sequence[Stage]
    day: Day
    absent: Sequence[Side]
    """The first who take part and have not checked in, by seed; from when they can until the start."""


def read_facts(session: Session, tournament: Tournament, actor: Actor, *, now: datetime) -> Facts:
    """Everything that the control room shows, in the caller's snapshot."""
    matches = _open_matches(session, tournament.id)
    rows = [match.row for match in matches]
    # What waits for a match matters while it is played, who is not there before that: as many statements either way.
    has_bracket = tournament.format != "battle-royale"
    nodes = stuck_matches.nodes_of(session, [tournament.id]) if has_bracket and tournament.status == "live" else []
    tally = _tally(session, tournament.id, actor, now)
    stages = _stages(session, tournament.id) if has_bracket else []
    ids = (tournament.id,)
    day = _day(tournament, tally, stages, _played(nodes, rows, stages))
    if tournament.status == "live" and standings.deciding_match_of(session, tournament):
        # What is planned after a win at match point is not played.
        day = replace(day, matches_open=0)
    return Facts(
        matches=matches,
        said=Said(
            stuck_matches.reports_of(session, ids),
            stuck_matches.disputes_of(session, ids),
            _absent(tournament, matches, tally),
        ),
        waiting=stuck_matches.waiting_of(nodes, rows),
        tally=tally,
        stages=stages,
        day=day,
        absent=_not_here(session, tournament, now),
    )


def _not_here(session: Session, tournament: Tournament, now: datetime) -> list[Side]:
    opens_at = checkins.window_of_tournament(tournament).opens_at
    is_asked = tournament.has_checkin and tournament.reseeded_seq is None and (opens_at is None or opens_at <= now)
    if not is_asked or tournament.status not in BEFORE_PLAY:
        return []
    found = session.execute(
        select(Registration.id, name_column())
        .outerjoin(Team, Team.id == Registration.team_id)
        .outerjoin(User, User.id == Registration.user_id)
        .where(
            Registration.tournament_id == tournament.id, Registration.status == "approved",
            Registration.checked_in_at.is_(None),
        )
        .order_by(Registration.seed.is_(None), Registration.seed, Registration.id)
        .limit(SHOWN_ABSENT)
    )  # fmt: skip
    return [Side(who, name or "", is_there=False) for who, name in found]


def _stages(session: Session, tournament_id: int) -> list[Stage]:
    found = session.scalars(select(Stage).where(Stage.tournament_id == tournament_id).order_by(Stage.number))
    return list(found)


def _open_matches(session: Session, tournament_id: int) -> list[OpenMatch]:
    statement: Select[Any] = select(Match)
    for side in (Match.side_a_id, Match.side_b_id):
        who, team, user = aliased(Registration), aliased(Team), aliased(User)
        statement = (
            statement.add_columns(who.id, func.coalesce(team.name, user.handle), who.checked_in_at.is_not(None))
            .outerjoin(who, who.id == side)
            .outerjoin(team, team.id == who.team_id)
            .outerjoin(user, user.id == who.user_id)
        )
    found = session.execute(
        statement.where(Match.tournament_id == tournament_id, Match.state.in_(OPEN)).order_by(Match.number)
    )
    return [OpenMatch(row[0], (_known_side(row[1:4]), _known_side(row[4:7]))) for row in found]


def _known_side(columns: Sequence[Any]) -> Side | None:
    who, name, is_there = columns
    return None if who is None else Side(who, name or "", bool(is_there))


def _absent(tournament: Tournament, matches: Sequence[OpenMatch], tally: Tally) -> dict[int, frozenset[int]]:
    """As the radar wants it: of lobbies only how many are missing counts, so that any ids will do."""
    if not tournament.has_checkin:
        return {}
    if tournament.format == "battle-royale":
        return {tournament.id: frozenset(range(tally.entries.get("approved", 0) - tally.checked_in))}
    sides = {side for match in matches for side in match.sides if side is not None}
    return {tournament.id: frozenset(side.id for side in sides if not side.is_there)}


def _tally(session: Session, tournament_id: int, actor: Actor, now: datetime) -> Tally:
    """Counts of four kinds by one statement."""
    none = cast(null(), Integer)
    last = (
        select(func.max(UndoableAction.id))
        .where(
            UndoableAction.tournament_id == tournament_id, UndoableAction.actor_id == actor.user_id,
            UndoableAction.undone_at.is_(None), UndoableAction.created_at >= now - undo.UNDOABLE_FOR,
        )
        .scalar_subquery()
    )  # fmt: skip
    match_of_last = UndoableAction.data["match_id"].as_integer()
    rows = session.execute(
        union_all(
            select(
                literal("entry").label("what"), cast(Registration.status, String).label("key"),
                func.count().label("number"), func.count(Registration.checked_in_at).label("more"),
            )
            .where(Registration.tournament_id == tournament_id)
            .group_by(Registration.status),
            select(literal("entry"), literal(_TO_DECIDE), func.count(), none).where(
                Registration.tournament_id == tournament_id, waits_for_a_decision()
            ),
            select(literal("payment"), Payment.state, func.count(), none)
            .where(Payment.tournament_id == tournament_id)
            .group_by(Payment.state),
            select(literal("match"), Match.state, func.count(), func.count(Match.scheduled_at))
            .where(Match.tournament_id == tournament_id)
            .group_by(Match.state),
            select(literal("undo"), UndoableAction.action, UndoableAction.id, Match.number)
            .outerjoin(Match, Match.id == match_of_last)
            .where(UndoableAction.id == last),
        )
    ).all()  # fmt: skip
    counted: dict[str, dict[str, int]] = {"entry": {}, "payment": {}, "match": {}}
    for row in rows:
        if row.what in counted:
            counted[row.what][row.key] = row.number
    return Tally(
        entries=counted["entry"],
        payments=counted["payment"],
        matches=counted["match"],
        checked_in=sum(row.more for row in rows if row.what == "entry" and row.key == "approved"),
        unscheduled=sum(row.number - row.more for row in rows if row.what == "match" and row.key in OPEN),
        last=next((LastAction(row.number, row.key, row.more) for row in rows if row.what == "undo"), None),
    )


def _played(nodes: Sequence[Any], rows: Sequence[Match], stages: Sequence[Stage]) -> list[StageMatch]:
    """The first stage's matches as `league_progress` sees them; who plays does not matter to it."""
    if not stages:
        return []
    states = {match.id: match.state for match in rows}
    return [
        StageMatch(0, node.round, states.get(node.match_id, "completed"), None, None, node.source_b == "bye:")
        for node in nodes
        if node.stage_id == stages[0].id
    ]


def _day(tournament: Tournament, tally: Tally, stages: Sequence[Stage], played: list[StageMatch]) -> Day:
    drawn = [stage for stage in stages if stage.state != "planned"]
    round_due, is_stage_due = _league(stages, drawn, played)
    return Day(
        status=tournament.status,
        is_lobbies=tournament.format == "battle-royale",
        starts_at=tournament.starts_at,
        paused_at=tournament.paused_at,
        requires_review=tournament.requires_review,
        participants=tally.entries.get("approved", 0),
        entries_waiting=tally.entries.get(_TO_DECIDE, 0),
        payments_waiting=tally.payments.get("submitted", 0),
        has_checkin=tournament.has_checkin,
        is_checkin_closed=tournament.reseeded_seq is not None,
        is_drawn=bool(drawn),
        matches_open=tally.matches_open,
        matches_done=tally.matches_done,
        round_due=round_due,
        is_stage_due=is_stage_due,
    )


def _league(
    stages: Sequence[Stage], drawn: Sequence[Stage], played: list[StageMatch]
) -> tuple[int | None, bool]:  # fmt: skip
    """The round of a Swiss that is due, and whether the bracket after the first stage is."""
    if len(drawn) != 1 or drawn[0] is not stages[0] or not played or any(match.is_open for match in played):
        return None, False
    stage = stages[0]
    if stage.format not in ("round-robin", "swiss"):
        return None, False
    settings = parse_settings(stage.settings, stage.format)
    last = max(match.round for match in played)
    if stage.format == "swiss" and last < rounds_of(len(stage.seeds), settings):
        return (None, False) if league_progress.is_over(stage, played) else (last + 1, False)
    return None, settings.then is not None
