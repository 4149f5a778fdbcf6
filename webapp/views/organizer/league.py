"""A league under its organizer's hands: the rounds of a Swiss are paired, and who advances goes into the bracket."""

import re
from collections.abc import Callable, Mapping
from typing import Final

from flask import Blueprint, Response, flash, request, url_for

from webapp.domain.errors import BracketError, Conflict, FieldError
from webapp.services.bracketing import next_stages, swiss_rounds
from webapp.services.organizer_pages.league import AdvanceView, ManagedLeague, RoundView, read_managed_league
from webapp.services.spine.clock import utc_now
from webapp.views import access
from webapp.views.forms import ConfirmForm
from webapp.views.htmx import page
from webapp.views.once import once

_PARTICIPANTS: Final = re.compile(r"participants? \d+(?:(?:, | and )\d+)*")
_SEED_DIGITS: Final = 4


def register(bp: Blueprint) -> None:
    """Serve these pages."""
    one = "/tournaments/<int(max=2147483647):tournament_id>/league/"
    bp.add_url_rule(one, "league", league)
    bp.add_url_rule(one + "rounds/<int(max=99):number>/", "pair_round", pair_round, methods=("POST",))
    bp.add_url_rule(one + "next-stage/", "start_next_stage", start_next_stage, methods=("POST",))


@access.open_to(access.ORGANIZER)
def league(tournament_id: int) -> Response:
    """The round that can be paired now, and who goes on."""
    return _page(read_managed_league(tournament_id, actor=access.actor()))


@access.open_to(access.ORGANIZER)
def pair_round(tournament_id: int, number: int) -> Response | tuple[Response, int]:
    """Pair a round of the Swiss, by its rules or by hand."""
    view = read_managed_league(tournament_id, actor=access.actor())

    def send() -> str:
        pairs = _pairs(view.round, number) if "by_hand" in request.form else []
        swiss_rounds.next_round(tournament_id, number=number, pairs=pairs, actor=access.actor(), now=utc_now())
        flash(f"Round {number} is paired.", "done")
        return url_for("organizer.league", tournament_id=tournament_id)

    return _done(view, send)


@access.open_to(access.ORGANIZER)
def start_next_stage(tournament_id: int) -> Response | tuple[Response, int]:
    """Make the bracket of those who advance, seeded as it is proposed or by hand."""
    view = read_managed_league(tournament_id, actor=access.actor())

    def send() -> str:
        order = _order(view.advance) if view.advance else []
        next_stages.start(tournament_id, order=order, actor=access.actor(), now=utc_now())
        flash("The bracket of the next stage is drawn.", "done")
        return url_for("organizer.bracket", tournament_id=tournament_id)

    return _done(view, send)


def _done(view: ManagedLeague, send: Callable[[], str]) -> Response | tuple[Response, int]:
    try:
        return once(send)
    except (BracketError, Conflict) as error:
        names = _names(view)
        wrong = {problem.path: _named(problem.message, names) for problem in error.fields}
        return _page(view, wrong=wrong, refused=_named(error.message, names)), 409 if isinstance(
            error, Conflict
        ) else 422


def _pairs(of_round: RoundView | None, number: int) -> list[tuple[int, int]]:
    """Participants by the seeds written for the boards. Raises BracketError naming each board without two of them.

    Conflict where another round is the one to be paired by now.
    """
    if of_round is None or of_round.number != number:
        raise Conflict(f"Round {number} has begun: its pairs stay as they are.", code="round_begun")
    by_seed = {person.seed: person.participant_id for person in of_round.people}
    pairs, errors = [], []
    for board in range(1, len(of_round.pairs) + 1):
        a, b = (by_seed.get(_number(f"{side}-{board}")) for side in ("a", "b"))
        if a is None or b is None:
            errors.append(FieldError(f"pair {board}", "needs the seeds of two who play this round"))
        else:
            pairs.append((a, b))
    if errors:
        raise BracketError.listing("The pairing cannot be used", errors)
    return pairs


def _order(advance: AdvanceView) -> list[int]:
    """Participants by the numbers beside their names; empty where they are as proposed. Raises BracketError."""
    given = {line.participant_id: _number(f"seed-{line.participant_id}") for line in advance.lines}
    if not advance.is_started and given == {line.participant_id: line.seed or 0 for line in advance.lines}:
        return []
    order = sorted((who for who, number in given.items() if number), key=given.__getitem__)
    if [given[who] for who in order] != list(range(1, advance.size + 1)):
        raise BracketError(
            f"Give the seeds 1 to {advance.size} once each; who is out has none.", code="invalid_seeding"
        )
    return order


def _number(name: str) -> int:
    text = request.form.get(name, "").strip()[:_SEED_DIGITS]
    return int(text) if text.isascii() and text.isdigit() else 0


def _names(view: ManagedLeague) -> Mapping[str, str]:
    """Names by the participants' ids as errors write them."""
    people = {str(person.participant_id): person.name for person in (view.round.people if view.round else ())}
    return people | {str(line.participant_id): line.name for line in (view.advance.lines if view.advance else ())}


def _named(message: str, names: Mapping[str, str]) -> str:
    """Rules speak of ids; people read names."""

    def name(found: re.Match[str]) -> str:
        ids = found[0].partition(" ")[2]
        return re.sub(r"\d+", lambda number: names.get(number[0], f"#{number[0]}"), ids)

    return _PARTICIPANTS.sub(name, message)


def _page(view: ManagedLeague, *, wrong: Mapping[str, str] | None = None, refused: str = "") -> Response:
    return page(
        "organizer/league.html", view=view, managed=view.head, form=ConfirmForm(formdata=None), wrong=wrong or {},
        refused=refused, written=request.form,
    )  # fmt: skip
