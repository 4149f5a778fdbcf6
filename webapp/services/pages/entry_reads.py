"""Reads of the pages on which people register and look after their registrations."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain import registration as rules
from webapp.domain.errors import Conflict, NotFound
from webapp.domain.games import Game, load_games
from webapp.domain.registration import HOLDING
from webapp.models import LineUp, Registration, Team, TeamMember, Tournament, User
from webapp.services.pages.entry_view import EntryPage, MemberLine, TeamChoice
from webapp.services.registration import custom_fields, entry_moves, waitlist
from webapp.services.spine.transaction import read_snapshot
from webapp.services.teams import line_ups, player_ids

_ROLES_BY_DEFAULT: Final = {"captain": "player", "player": "player", "substitute": "substitute", "coach": "coach"}


def read_entry_page(
    tournament_id: int, *, user_id: int, team_id: int | None, now: datetime, line_up_id: int | None = None
) -> EntryPage:
    """The form for that person, that team of theirs and a saved line-up of it, if one is to begin with.

    Raises NotFound for what the public does not see.
    """
    with read_snapshot() as session:
        tournament = session.get(Tournament, tournament_id)
        game = load_games().get(tournament.game) if tournament else None
        if tournament is None or game is None or tournament.deleted_at or tournament.visibility == "private":
            raise NotFound(f"There is no tournament {tournament_id}.", code="tournament_not_found")
        teams = () if game.side == "solo" else _teams_led(session, user_id, game.slug)
        team = next((one for one in teams if one.id == team_id), teams[0] if len(teams) == 1 else None)
        saved = line_ups.line_ups_of(session, team.id) if team else []
        waiting = len(waitlist.in_order(session, tournament_id))
        return EntryPage(
            tournament_id=tournament_id,
            # Nobody but its organizers knows the name of a draft.
            slug="" if tournament.status == "draft" else tournament.slug,
            name="A tournament to come" if tournament.status == "draft" else tournament.name,
            game_title=game.title,
            is_solo=game.side == "solo",
            size_words=rules.size_words(game, tournament.team_size),
            fewest=rules.team_sizes(game, tournament.team_size)[0],
            id_name=game.player_id.name,
            id_form=game.player_id.form,
            id_example=game.player_id.example,
            substitutes=game.substitutes,
            shut=_shut(tournament, now),
            is_full=entry_moves.places_free(session, tournament) == 0 or waiting > 0,
            has_waitlist=tournament.has_waitlist,
            waiting=waiting,
            places=tournament.places,
            taken=entry_moves.places_taken(session, tournament_id),
            entry_fee=tournament.entry_fee,
            currency=tournament.currency,
            asks_approval=tournament.asks_approval,
            closes_at=tournament.registration_closes_at,
            starts_at=tournament.starts_at,
            fields=custom_fields.rules_of(session, tournament_id),
            teams=teams,
            team=team,
            members=_lined_up(saved, line_up_id, _members(session, game, user_id, team)),
            line_ups=tuple(TeamChoice(one.id, one.name) for one in saved),
            known_id=_known(session, tournament_id, game, user_id, team),
        )


def _shut(tournament: Tournament, now: datetime) -> str:
    try:
        rules.ensure_window_open(
            tournament.status, opens_at=tournament.registration_opens_at, closes_at=tournament.registration_closes_at,
            starts_at=tournament.starts_at, now=now,
        )  # fmt: skip
    except Conflict as error:
        return error.message
    return ""


def _teams_led(session: Session, user_id: int, game: str) -> tuple[TeamChoice, ...]:
    found = select(Team.id, Team.name).where(Team.captain_id == user_id, Team.game == game, Team.disbanded_at.is_(None))
    return tuple(TeamChoice(*row) for row in session.execute(found.order_by(Team.name, Team.id)))


def _members(session: Session, game: Game, user_id: int, team: TeamChoice | None) -> tuple[MemberLine, ...]:
    rows: Sequence[Any]
    if game.side == "solo":
        rows = session.execute(select(User.id, User.handle).where(User.id == user_id)).all()
        roles = {user_id: "player"}
    elif team is None:
        return ()
    else:
        found = (
            select(User.id, User.handle, TeamMember.role)
            .join(TeamMember, TeamMember.user_id == User.id)
            .where(TeamMember.team_id == team.id, TeamMember.left_at.is_(None))
        )
        rows = session.execute(found.order_by(TeamMember.role != "captain", TeamMember.joined_at, User.id)).all()
        roles = _by_default(game, {row.id: row.role for row in rows})
    known = player_ids.known(session, [row.id for row in rows], game.slug)
    return tuple(MemberLine(row.id, row.handle, roles[row.id], known.get(row.id, "")) for row in rows)


def _lined_up(
    saved: Sequence[LineUp], line_up_id: int | None, members: tuple[MemberLine, ...]
) -> tuple[MemberLine, ...]:
    """The members as a saved line-up has them; who is not on it stays at home."""
    chosen = next((one for one in saved if one.id == line_up_id), None)
    if chosen is None:
        return members
    plays = {each["user_id"]: each for each in chosen.players}
    return tuple(
        replace(
            member,
            role=_ROLES_BY_DEFAULT[plays[member.user_id]["role"]] if member.user_id in plays else "",
            player_id=plays.get(member.user_id, {}).get("player_id") or member.player_id,
        )
        for member in members
    )


def _by_default(game: Game, roles: dict[int, str]) -> dict[int, str]:
    """The first players play as far as the game lets them, the next sit on the bench."""
    places = {"player": game.players_max, "substitute": game.substitutes, "coach": rules.MOST_COACHES}
    chosen = {}
    for user_id, role in roles.items():
        wanted = [_ROLES_BY_DEFAULT[role]] + (["substitute"] if _ROLES_BY_DEFAULT[role] == "player" else [])
        chosen[user_id] = next((one for one in wanted if places[one] > 0), "")
        if chosen[user_id]:
            places[chosen[user_id]] -= 1
    return chosen


def _known(session: Session, tournament_id: int, game: Game, user_id: int, team: TeamChoice | None) -> int | None:
    found = select(Registration.id).where(
        Registration.tournament_id == tournament_id, Registration.status.in_((*HOLDING, "waitlisted", "rejected"))
    )
    if game.side == "solo":
        return session.scalar(found.where(Registration.user_id == user_id))
    return None if team is None else session.scalar(found.where(Registration.team_id == team.id))
