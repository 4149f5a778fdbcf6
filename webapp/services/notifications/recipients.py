"""Who hears of an event: one function a rule. Only people who can log in are found, each with their own registration.

People come in the rising order of their ids, `wanted` at most from `after` on, so that the work on an event of
thousands can stop anywhere and go on there.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, exists, literal_column, or_, select, true
from sqlalchemy import case as case_when
from sqlalchemy.orm import Session

from webapp.domain.notifications.kinds import Hears
from webapp.domain.notifications.moves import AT_MOST_ONCE_IN, Move
from webapp.domain.notifications.routing import Happened, Notice
from webapp.domain.registration import OUT
from webapp.models import (
    Dispute,
    Match,
    Notification,
    Payment,
    Registration,
    RegistrationPlayer,
    Team,
    TeamInvite,
    TeamMember,
    Tournament,
    TournamentOfficial,
    User,
)

_IN_ONE_STATEMENT: Final = 5000
_FEW: Final = 200
"""Up to so many participants are looked up by their ids; for more the whole field is read."""
_CHECKS_IN: Final = ("approved", "waitlisted")
_UNDECIDED: Final = ("pending", "submitted", "approved", "waitlisted")
_STILL_TO_BE_PLAYED: Final = ("scheduled", "ready")
_MEETS_IN_LOBBY: Final = (*_STILL_TO_BE_PLAYED, "live")
_SCHEDULED: Final = "match_scheduled"
_UPDATED: Final = "match_updated"


class Recipient(NamedTuple):
    """Somebody who hears of it: with which registration of theirs, and what of it is theirs alone."""

    user_id: int
    registration_id: int | None = None
    data: Mapping[str, Any] = {}
    match_id: int | None = None


class Some(NamedTuple):
    """The next recipients, and up to which user everybody is among them; None once there is nobody else."""

    recipients: Sequence[Recipient]
    upto: int | None


@dataclass(frozen=True, slots=True)
class Case:
    """What a rule looks at. `ranks` are final ranks and `moves` those on the board, by participant."""

    session: Session
    event: Happened
    notice: Notice
    now: datetime
    tournament: Tournament | None = None
    team: Team | None = None
    ranks: Mapping[int, int] = field(default_factory=dict)
    moves: Mapping[int, Move] = field(default_factory=dict)


def find(case: Case, *, after: int, wanted: int) -> Some:
    """The people who hear of the notice from `after` on, without whoever did it where they need not be told."""
    found = _RULES[case.notice.hears](case, after, wanted)
    told = [one for one in found.recipients if case.notice.tells(one.user_id, case.event.actor_id)]
    can_log_in = _who_can_log_in(case.session, [one.user_id for one in told])
    return Some([one for one in told if one.user_id in can_log_in], found.upto)


def _who_can_log_in(session: Session, user_ids: Sequence[int]) -> frozenset[int]:
    found: set[int] = set()
    for some in _chunks(user_ids):
        rows = select(User.id).where(User.id.in_(some), User.email.is_not(None), User.disabled_at.is_(None))
        found.update(session.scalars(rows))
    return frozenset(found)


# -- the field


def _of_field(
    case: Case, after: int, wanted: int, statuses: Sequence[str], also: ColumnElement[bool] | None = None
) -> Some:
    """Every active player of the registrations in one of the states, by ranges of users."""
    assert case.tournament is not None
    in_field = (
        Registration.tournament_id == case.tournament.id,
        Registration.status.in_(statuses),
        true() if also is None else also,
    )
    lines = (
        select(RegistrationPlayer.user_id, RegistrationPlayer.registration_id)
        .join(Registration, Registration.id == RegistrationPlayer.registration_id)
        .where(
            RegistrationPlayer.tournament_id == case.tournament.id,
            # In the words of the index that has them in this order.
            literal_column("registration_players.is_active"),
            RegistrationPlayer.user_id > after,
            *in_field,
        )
    )
    solos = select(Registration.user_id, Registration.id).where(Registration.user_id > after, *in_field)
    ordered = (lines.order_by(RegistrationPlayer.user_id), solos.order_by(Registration.user_id))
    found: dict[int, int] = {}
    ends: list[int] = []
    for statement in ordered:
        rows = [(user_id or 0, one) for user_id, one in case.session.execute(statement.limit(wanted))]
        found.update(rows)
        if len(rows) == wanted:
            ends.append(rows[-1][0])
    upto = min(ends, default=None)
    recipients = [Recipient(*pair) for pair in sorted(found.items()) if upto is None or pair[0] <= upto]
    return Some(recipients, upto)


def _participants(case: Case, after: int, wanted: int) -> Some:
    kind = case.notice.kind
    some = _of_field(case, after, wanted, _UNDECIDED if kind == "tournament_cancelled" else ("approved",))
    if kind != "tournament_completed":
        return some
    return some._replace(
        recipients=[one._replace(data={"rank": case.ranks.get(one.registration_id or 0)}) for one in some.recipients]
    )


def _moved(case: Case, after: int, wanted: int) -> Some:
    """Whose rank moved far enough, but for those who heard of a move a moment ago."""
    if len(case.moves) <= _FEW:
        some = _portion(_line_ups(case, case.moves), after, wanted)
    else:
        some = _of_field(case, after, wanted, ("approved",))
    assert case.tournament is not None
    lately = select(Notification.user_id).where(
        Notification.tournament_id == case.tournament.id,
        Notification.kind == case.notice.kind,
        Notification.created_at > case.now - AT_MOST_ONCE_IN,
        Notification.event_id != case.event.event_id,
    )
    told = set(case.session.scalars(lately)) if some.recipients else set()
    moved = [
        one._replace(data=move._asdict())
        for one in some.recipients
        if (move := case.moves.get(one.registration_id or 0)) and one.user_id not in told
    ]
    return some._replace(recipients=moved)


# -- registrations


def _registered(case: Case, after: int, wanted: int) -> Some:
    if case.event.type == "checkin_open":
        return _of_field(case, after, wanted, _CHECKS_IN, Registration.checked_in_at.is_(None))
    meant = case.event.data.get("registration_ids", [case.event.registration_id])
    return _portion(_of_registrations(case, meant), after, wanted)


def _placed(case: Case, after: int, wanted: int) -> Some:
    meant = case.event.registration_id
    people = _of_registrations(case, [meant])
    return _portion([*people, *(Recipient(one, meant) for one in _organizers(case))], after, wanted)


def _payer(case: Case, after: int, wanted: int) -> Some:
    meant = case.event.registration_id
    found = case.session.execute(
        select(Payment.submitted_by_id, _registrar(), Registration.user_id, Team.captain_id)
        .join(Registration, Registration.id == Payment.registration_id)
        .outerjoin(Team, Team.id == Registration.team_id)
        .where(Payment.id == case.event.data["payment_id"])
    ).first()
    return _portion([Recipient(one, meant) for one in found or () if one is not None], after, wanted)


def _of_registrations(case: Case, registration_ids: Sequence[int | None]) -> list[Recipient]:
    """Who registered it, the player or the captain, and everybody on the line-up, which an ended one keeps."""
    found: list[Recipient] = []
    for some in _chunks([one for one in registration_ids if one is not None]):
        owners = (
            select(Registration.id, Registration.user_id, _registrar(), Team.captain_id)
            .outerjoin(Team, Team.id == Registration.team_id)
            .where(Registration.id.in_(some))
        )
        for registration_id, *people in case.session.execute(owners):
            found += [Recipient(one, registration_id) for one in people if one is not None]
        players = (
            select(RegistrationPlayer.user_id, RegistrationPlayer.registration_id)
            .join(Registration, Registration.id == RegistrationPlayer.registration_id)
            .where(Registration.id.in_(some), or_(RegistrationPlayer.is_active, Registration.status.in_(OUT)))
        )
        found += [Recipient(*row) for row in case.session.execute(players)]
    return found


def _registrar() -> ColumnElement[int | None]:
    """Who registered it, for statements; NULL once they have left the team, whose matter it is then."""
    is_still_in = exists().where(
        TeamMember.team_id == Registration.team_id,
        TeamMember.user_id == Registration.registered_by_id,
        TeamMember.left_at.is_(None),
    )
    return case_when((or_(Registration.team_id.is_(None), is_still_in), Registration.registered_by_id), else_=None)


# -- matches


def _sides(case: Case, after: int, wanted: int) -> Some:
    """Both sides of the matches; in a tournament of lobbies everybody."""
    assert case.tournament is not None
    matches = _matches(case)
    if not matches:
        return Some([], None)
    if case.tournament.format == "battle-royale":
        some = _of_field(case, after, wanted, ("approved",))
        all_ids = sorted(match.id for match in matches)
        return some._replace(recipients=[_with_matches(case, one, all_ids) for one in some.recipients])
    return _portion(_of_matches(case, matches), after, wanted)


def _opponent(case: Case, after: int, wanted: int) -> Some:
    return _portion(_other_side(case), after, wanted)


def _officials(case: Case, after: int, wanted: int) -> Some:
    assert case.tournament is not None
    helpers = select(TournamentOfficial.user_id).where(TournamentOfficial.tournament_id == case.tournament.id)
    staff = select(User.id).where(User.role == "admin")
    officials = {*case.session.scalars(helpers), *case.session.scalars(staff), *_organizers(case)}
    return _portion([*_other_side(case), *(Recipient(one) for one in officials)], after, wanted)


def _organizing(case: Case, after: int, wanted: int) -> Some:
    return _portion([Recipient(one) for one in _organizers(case)], after, wanted)


def _organizers(case: Case) -> set[int]:
    assert case.tournament is not None
    helpers = select(TournamentOfficial.user_id).where(
        TournamentOfficial.tournament_id == case.tournament.id, TournamentOfficial.role == "co_organizer"
    )
    owner = case.tournament.organizer_id
    return {*case.session.scalars(helpers), *([] if owner is None else [owner])}


def _matches(case: Case) -> Sequence[Match]:
    """The matches that the event is about; of a lobby those in which people still meet there.

    Planned ones only if they have a time, or are the one that is planned.
    """
    ids = case.event.data.get("match_ids", [case.event.match_id])
    found: list[Match] = []
    for some in _chunks(ids):
        found += case.session.scalars(select(Match).where(Match.id.in_(some)))
    if case.event.type == _UPDATED:
        return [match for match in found if match.state in _MEETS_IN_LOBBY]
    if case.event.type != _SCHEDULED:
        return found
    is_one = case.event.match_id is not None
    return [
        match for match in found if match.state in _STILL_TO_BE_PLAYED and (is_one or match.scheduled_at is not None)
    ]  # fmt: skip


def _of_matches(case: Case, matches: Sequence[Match]) -> list[Recipient]:
    by_side: dict[int, list[int]] = {}
    for match in matches:
        for side in (match.side_a_id, match.side_b_id):
            if side is not None:
                by_side.setdefault(side, []).append(match.id)
    return [_with_matches(case, one, by_side[one.registration_id or 0]) for one in _line_ups(case, by_side)]


def _with_matches(case: Case, one: Recipient, match_ids: Sequence[int]) -> Recipient:
    if case.notice.kind != _SCHEDULED:
        return one
    return one._replace(data={"match_ids": match_ids}, match_id=match_ids[0] if len(match_ids) == 1 else None)


def _other_side(case: Case) -> list[Recipient]:
    """Whoever plays the match and is not on the side that reported or objects; a lobby has no other side."""
    match = case.session.get(Match, case.event.match_id)
    if match is None:
        return []
    own = case.event.registration_id
    if "dispute_id" in case.event.data:
        own = case.session.get_one(Dispute, case.event.data["dispute_id"]).registration_id
    sides = {side for side in (match.side_a_id, match.side_b_id) if side is not None}
    return _line_ups(case, sides - {own})


def _line_ups(case: Case, registration_ids: Iterable[int]) -> list[Recipient]:
    """Every active player of the registrations; a player who registered alone is the whole line-up."""
    found: list[Recipient] = []
    for some in _chunks(sorted(registration_ids)):
        solos = select(Registration.user_id, Registration.id).where(Registration.id.in_(some))
        players = select(RegistrationPlayer.user_id, RegistrationPlayer.registration_id).where(
            RegistrationPlayer.registration_id.in_(some), RegistrationPlayer.is_active
        )
        found += [Recipient(user_id, one) for user_id, one in case.session.execute(solos) if user_id is not None]
        found += [Recipient(*row) for row in case.session.execute(players)]
    return found


# -- teams


def _invited(case: Case, after: int, wanted: int) -> Some:
    return _portion([Recipient(case.event.data["user_id"])], after, wanted)


def _leaders(case: Case, after: int, wanted: int) -> Some:
    assert case.team is not None
    invite = case.session.get(TeamInvite, case.event.data["invite_id"])
    people = {case.team.captain_id, None if invite is None else invite.invited_by_id}
    return _portion([Recipient(one) for one in people if one is not None], after, wanted)


def _team(case: Case, after: int, wanted: int) -> Some:
    """Every member, and who has just gone."""
    assert case.team is not None
    members = select(TeamMember.user_id).where(TeamMember.team_id == case.team.id, TeamMember.left_at.is_(None))
    gone = [case.event.data["user_id"]] if case.event.type == "member_removed" else []
    return _portion([Recipient(one) for one in {*case.session.scalars(members), *gone}], after, wanted)


def _portion(recipients: Iterable[Recipient], after: int, wanted: int) -> Some:
    """The next of people who are known all at once; of somebody who is there twice the first."""
    by_user: dict[int, Recipient] = {}
    for one in recipients:
        if one.user_id > after:
            by_user.setdefault(one.user_id, one)
    ids = sorted(by_user)
    return Some([by_user[one] for one in ids[:wanted]], ids[wanted - 1] if len(ids) > wanted else None)


def _chunks(ids: Iterable[int | None]) -> Iterable[list[int]]:
    known = [one for one in ids if one is not None]
    return (known[start : start + _IN_ONE_STATEMENT] for start in range(0, len(known), _IN_ONE_STATEMENT))


_RULES: Final[Mapping[Hears, Callable[[Case, int, int], Some]]] = {
    Hears.PAYER: _payer,
    Hears.REGISTERED: _registered,
    Hears.SIDES: _sides,
    Hears.OPPONENT: _opponent,
    Hears.OFFICIALS: _officials,
    Hears.ORGANIZERS: _organizing,
    Hears.PARTICIPANTS: _participants,
    Hears.MOVED: _moved,
    Hears.PLACED: _placed,
    Hears.INVITED: _invited,
    Hears.LEADERS: _leaders,
    Hears.TEAM: _team,
}
"""By the name that the table of kinds has for it."""
