"""Brackets by API: read by everybody who may see the tournament, drawn and locked by its organizers."""

from typing import Any, Final

from flask import Blueprint, Response
from pydantic import TypeAdapter

from webapp.domain.errors import BracketError
from webapp.services.bracketing import bracket_data, brackets, next_stages, swiss_rounds, table_data
from webapp.services.spine.clock import utc_now
from webapp.views import access
from webapp.views.api import rates
from webapp.views.api.operation import as_json, operation
from webapp.views.api.schemas.brackets import (
    AdvanceBody,
    BracketTold,
    DrawBody,
    RoundBody,
    RoundTold,
    SwapBody,
    TablesTold,
)

_ONE: Final = "/tournaments/brackets/<int(max=2147483647):tournament_id>/"
_POST: Final = ("POST",)
_GONE: Final = "tournament_not_found"
_REUSED: Final = "idempotency_key_reused"
_LOCKED: Final = "bracket_finalized, bracket_begun, tournament_over, idempotency_running"
_DRAWS: Final[dict[str, Any]] = {
    "family": "Brackets", "scope": "organize", "rate": rates.ORGANIZE, "takes_key": True,
    "gives": TypeAdapter(BracketTold),
}  # fmt: skip


def register(bp: Blueprint) -> None:
    """Serve this family."""
    bp.add_url_rule(_ONE, "bracket", bracket)
    bp.add_url_rule(_ONE + "tables/", "bracket_tables", bracket_tables)
    bp.add_url_rule(_ONE + "generate/", "generate_bracket", generate_bracket, methods=_POST)
    bp.add_url_rule(_ONE + "finalize/", "finalize_bracket", finalize_bracket, methods=_POST)
    bp.add_url_rule(_ONE + "unfinalize/", "unfinalize_bracket", unfinalize_bracket, methods=_POST)
    bp.add_url_rule(_ONE + "swap-seeds/", "swap_seeds", swap_seeds, methods=_POST)
    bp.add_url_rule(_ONE + "next-round/", "next_round", next_round, methods=_POST)
    bp.add_url_rule(_ONE + "next-stage/", "next_stage", next_stage, methods=_POST)


@access.open_to(access.LOGGED_IN)
@operation(
    summary="The bracket of a tournament",
    family="Brackets",
    scope="read",
    rate=rates.NAMES,
    gives=TypeAdapter(BracketTold),
    problems={404: _GONE},
)
def bracket(tournament_id: int) -> Response:
    """Its stages with all nodes; sides and winners as far as the asker may know of them."""
    return _told(tournament_id)


@access.open_to(access.LOGGED_IN)
@operation(
    summary="The tables of groups, of a round robin or a Swiss",
    family="Brackets",
    scope="read",
    rate=rates.NAMES,
    gives=TypeAdapter(TablesTold),
    problems={404: _GONE},
)
def bracket_tables(tournament_id: int) -> Response:
    """Each stage's own, by the results that the asker may know of; empty for a tournament without such stages."""
    found = table_data.of_tournament(tournament_id, actor=access.actor())
    return as_json(TablesTold.model_validate(found))


@access.open_to(access.ORGANIZER)
@operation(
    summary="Draw the bracket, or draw it anew",
    description="Possible until the first match has begun. What would be drawn as it is changes nothing.",
    body=DrawBody,
    problems={
        404: _GONE,
        409: f"{_LOCKED}, too_few_left",
        422: "invalid_bracket, unranked_teams, ranking_needs_teams, too_few_participants, bracket_impossible, "
        f"no_bracket, {_REUSED}",
    },
    **_DRAWS,
)
def generate_bracket(tournament_id: int, body: DrawBody) -> Response:
    """Seeds by slot, at random, by hand or by ranking; Swiss tournaments get their first round."""
    try:
        brackets.generate(
            tournament_id, seeding=body.seeding, order=body.order, random_seed=body.random_seed,
            unranked_last=body.unranked_last, actor=access.actor(), now=utc_now(),
        )  # fmt: skip
    except BracketError as error:
        if error.code != "unranked_teams":
            raise
        # For people it names the teams; answers hold ids.
        sentence = "Some teams have no ranking points; place them last or seed by hand."
        raise BracketError(sentence, error.fields, code=error.code) from error
    return _told(tournament_id)


@access.open_to(access.ORGANIZER)
@operation(
    summary="Lock the bracket",
    problems={404: _GONE, 409: "no_bracket_yet, tournament_over, idempotency_running", 422: _REUSED},
    **_DRAWS,
)
def finalize_bracket(tournament_id: int) -> Response:
    """It cannot be drawn anew from then on."""
    brackets.finalize(tournament_id, actor=access.actor(), now=utc_now())
    return _told(tournament_id)


@access.open_to(access.ORGANIZER)
@operation(
    summary="Open a locked bracket again",
    problems={404: _GONE, 409: "no_bracket_yet, tournament_over, idempotency_running", 422: _REUSED},
    **_DRAWS,
)
def unfinalize_bracket(tournament_id: int) -> Response:
    """Until its first match has begun it can be drawn anew."""
    brackets.unfinalize(tournament_id, actor=access.actor(), now=utc_now())
    return _told(tournament_id)


@access.open_to(access.ORGANIZER)
@operation(
    summary="Let two seeds change places",
    body=SwapBody,
    problems={404: _GONE, 409: f"no_bracket_yet, {_LOCKED}", 422: f"invalid_bracket, {_REUSED}"},
    **_DRAWS,
)
def swap_seeds(tournament_id: int, body: SwapBody) -> Response:
    """Everybody else stays where they are."""
    brackets.swap_seeds(tournament_id, body.first, body.second, actor=access.actor(), now=utc_now())
    return _told(tournament_id)


@access.open_to(access.ORGANIZER)
@operation(
    summary="Pair the next round of a Swiss",
    description="By score, without a rematch; refused while a match of the round before is open.",
    body=RoundBody,
    problems={
        404: f"{_GONE}, stage_not_found",
        409: "round_open, rounds_over, round_skipped, round_begun, round_changed, no_pairing, no_swiss,"
        " tournament_not_live, tournament_archived, idempotency_running",
        422: f"invalid_bracket (names each wrong pair), {_REUSED}",
    },
    **(_DRAWS | {"gives": TypeAdapter(RoundTold)}),
)
def next_round(tournament_id: int, body: RoundBody) -> Response:
    """The page of the league does the same."""
    ids = swiss_rounds.next_round(
        tournament_id, number=body.number, pairs=[(pair.side_a_id, pair.side_b_id) for pair in body.pairs],
        actor=access.actor(), now=utc_now(),
    )  # fmt: skip
    return as_json(RoundTold(tournament_id=tournament_id, match_ids=ids))


@access.open_to(access.ORGANIZER)
@operation(
    summary="Start the bracket that follows groups or a Swiss",
    description="Of those who advance. The same again changes nothing; another order draws it anew until it begins.",
    body=AdvanceBody,
    problems={
        404: f"{_GONE}, stage_not_found",
        409: f"stage_open, no_next_stage, tie_at_cut, {_LOCKED}",
        422: f"invalid_bracket, {_REUSED}",
    },
    **_DRAWS,
)
def next_stage(tournament_id: int, body: AdvanceBody) -> Response:
    """The page of the league does the same."""
    next_stages.start(tournament_id, order=body.order, actor=access.actor(), now=utc_now())
    return _told(tournament_id)


def _told(tournament_id: int) -> Response:
    return as_json(BracketTold.model_validate(bracket_data.of_tournament(tournament_id, actor=access.actor())))
