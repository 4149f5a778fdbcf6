"""Matches by API: the schedule, what officials do, what the sides report. Pages call the same services."""

from datetime import timedelta
from typing import Any, Final

from flask import Blueprint, Response
from pydantic import TypeAdapter

from webapp.domain.series import SeriesGame
from webapp.services.matches import (
    awards,
    lobbies,
    lobby_reports,
    match_details,
    match_reads,
    match_resets,
    matches,
    pauses,
    reporting,
    results,
    schedules,
)
from webapp.services.matches import series as series_services
from webapp.services.matches.confirmation import MatchOutcome
from webapp.services.matches.match_reads import MatchesWanted
from webapp.services.spine.clock import utc_now
from webapp.views import access
from webapp.views.api import rates
from webapp.views.api.operation import WRONG_FILE, as_json, operation
from webapp.views.api.paging import around
from webapp.views.api.requests import InvalidRequest
from webapp.views.api.results import lines_of
from webapp.views.api.schemas.matches import (
    Changed,
    ConfirmBody,
    Confirmed,
    CoordinatorBody,
    Games,
    LobbyBody,
    MatchBody,
    MatchDetail,
    Matches,
    MatchesQuery,
    ReasonBody,
    ReportBody,
    Reported,
    ScheduleBody,
    Scheduled,
    Stopped,
    WinBody,
)

FAMILY: Final = "Matches"
_ALL: Final = "/tournaments/matches/"
_ONE: Final = _ALL + "<int(max=2147483647):match_id>/"
_RESULTS: Final = "/tournaments/results/<int(max=2147483647):match_id>/"
_TOURNAMENT: Final = "/tournaments/<int(max=2147483647):tournament_id>/"
_POST: Final = ("POST",)
_GONE: Final = "match_not_found, tournament_not_found"
_BUSY: Final = "idempotency_running"
_REUSED: Final = "idempotency_key_reused"
_OFFICIALS: Final[dict[str, Any]] = {"family": FAMILY, "scope": "organize", "rate": rates.ORGANIZE, "takes_key": True}
_SIDES: Final[dict[str, Any]] = {"family": FAMILY, "scope": "play", "rate": rates.PLAY, "takes_key": True}


_REPORTS: Final[dict[str, Any]] = _SIDES | {
    "summary": "Report a result, as one of the sides",
    "description": "Of a series its games: where the other side has said the same the match is confirmed, else it has"
    " 15 minutes to answer. Of a lobby the side's own place and kills, for the officials to compare.",
    "body": ReportBody,
    "file": "screenshot",
    "gives": TypeAdapter(Reported),
    "problems": {
        404: "match_not_found",
        409: f"stale_revision, match_not_live, match_without_sides, tournament_not_live, tournament_paused, {_BUSY}",
        413: "file_too_large",
        422: f"invalid_series, invalid_result, invalid_draft, {WRONG_FILE}, {_REUSED}",
    },
}
_CONFIRMS: Final[dict[str, Any]] = _SIDES | {
    "summary": "Confirm a result",
    "description": "A side answers the other one's report by its number; an official gives the games of a series or"
    " the lines of a lobby, which count at once. An answer to an older report is refused.",
    "body": ConfirmBody,
    "gives": TypeAdapter(Confirmed),
    "problems": {
        404: _GONE,
        409: "stale_revision, nothing_to_answer, own_report, already_confirmed, match_without_sides, "
        f"illegal_transition, {_BUSY}",
        422: f"invalid_request, invalid_series, invalid_result, invalid_draft, {_REUSED}",
    },
}


def register(bp: Blueprint) -> None:
    """Serve this family."""
    bp.add_url_rule(_ALL, "match_list", match_list)
    bp.add_url_rule(_ALL + "bulk-schedule/", "bulk_schedule", bulk_schedule, methods=_POST)
    bp.add_url_rule(_ONE, "match_detail", match_detail)
    bp.add_url_rule(_ONE, "patch_match", patch_match, methods=("PATCH",))
    bp.add_url_rule(_ONE + "start/", "start_match", start_match, methods=_POST)
    bp.add_url_rule(_ONE + "assign-coordinator/", "assign_coordinator", assign_coordinator, methods=_POST)
    bp.add_url_rule(_ONE + "lobby/", "match_lobby", match_lobby, methods=_POST)
    bp.add_url_rule(_ONE + "submit-result/", "submit_result", submit_result, methods=_POST)
    bp.add_url_rule(_ONE + "confirm-result/", "confirm_result", confirm_result, methods=_POST)
    bp.add_url_rule(_RESULTS + "submit-result/", "result_submit", result_submit, methods=_POST)
    bp.add_url_rule(_RESULTS + "confirm-result/", "result_confirm", result_confirm, methods=_POST)
    bp.add_url_rule(_TOURNAMENT + "emergency-stop/", "emergency_stop", emergency_stop, methods=_POST)
    bp.add_url_rule(_TOURNAMENT + "resume/", "resume_play", resume_play, methods=_POST)
    bp.add_url_rule(_ONE + "force-win/", "force_win", force_win, methods=_POST)
    bp.add_url_rule(_ONE + "reset/", "reset_match", reset_match, methods=_POST)
    bp.add_url_rule(_ONE + "cancel/", "cancel_match", cancel_match, methods=_POST)


@access.open_to(access.LOGGED_IN)
@operation(
    summary="The matches of a tournament",
    family=FAMILY,
    scope="read",
    rate=rates.NAMES,
    query=MatchesQuery,
    gives=TypeAdapter(Matches),
    problems={404: "tournament_not_found"},
)
def match_list(query: MatchesQuery) -> Response:
    """Who plays whom, when, and how it ended."""
    wanted = MatchesWanted(query.tournament_id, query.state, query.limit, query.offset)
    count, found = match_reads.listed(wanted, actor=access.actor())
    return as_json(Matches.model_validate({**around(query, count), "results": found}))


@access.open_to(access.LOGGED_IN)
@operation(
    summary="One match",
    family=FAMILY,
    scope="read",
    rate=rates.NAMES,
    gives=TypeAdapter(MatchDetail),
    problems={404: "match_not_found"},
)
def match_detail(match_id: int) -> Response:
    """For its sides and officials with the lobby and the reports that wait."""
    return as_json(MatchDetail.model_validate(match_reads.one(match_id, actor=access.actor())))


@access.open_to(access.ORGANIZER)
@operation(
    summary="Change label, map, time or stream of a match",
    body=MatchBody,
    gives=TypeAdapter(Changed),
    problems={404: _GONE, 409: f"conflict, tournament_archived, {_BUSY}", 422: f"invalid_result (a clash), {_REUSED}"},
    **_OFFICIALS,
)
def patch_match(match_id: int, body: MatchBody) -> Response:
    """What is left out stays."""
    given = {name: getattr(body, name) for name in body.model_fields_set}
    changed = match_details.change(match_id, given, actor=access.actor(), now=utc_now())
    return as_json(Changed(match_id=match_id, changed=changed))


@access.open_to(access.ORGANIZER)
@operation(
    summary="Set the times of many matches",
    description="All of them or none. A clash is named as `at-<match id>`: nobody plays in two matches at once.",
    body=ScheduleBody,
    gives=TypeAdapter(Scheduled),
    problems={
        404: _GONE,
        409: f"match_begun, conflict, {_BUSY}",
        422: f"invalid_result (a clash), invalid_request, {_REUSED}",
    },
    **_OFFICIALS,
)
def bulk_schedule(body: ScheduleBody) -> Response:
    """The page of times does the same."""
    times = {planned.match_id: planned.scheduled_at for planned in body.times}
    if len(times) < len(body.times):
        raise InvalidRequest("A match is there more than once; give each one time.")
    ids = schedules.set_times(
        body.tournament_id, times, length=timedelta(minutes=body.minutes), actor=access.actor(), now=utc_now()
    )
    return as_json(Scheduled(match_ids=ids))


@access.open_to(access.ORGANIZER)
@operation(
    summary="Start a match",
    gives=TypeAdapter(Changed),
    problems={
        404: _GONE,
        409: f"illegal_transition, match_without_sides, tournament_not_live, tournament_paused, {_BUSY}",
        422: _REUSED,
    },
    **_OFFICIALS,
)
def start_match(match_id: int) -> Response:
    """It is live from then on."""
    changed = matches.start_match(match_id, actor=access.actor(), now=utc_now())
    return as_json(Changed(match_id=match_id, changed=changed))


@access.open_to(access.ORGANIZER)
@operation(
    summary="Give a match to an official",
    body=CoordinatorBody,
    gives=TypeAdapter(Changed),
    problems={404: _GONE, 409: f"conflict, {_BUSY}", 422: f"invalid_result (no official), {_REUSED}"},
    **_OFFICIALS,
)
def assign_coordinator(match_id: int, body: CoordinatorBody) -> Response:
    """Who looks after it."""
    changed = lobbies.assign_coordinator(match_id, body.user_id, actor=access.actor(), now=utc_now())
    return as_json(Changed(match_id=match_id, changed=changed))


@access.open_to(access.ORGANIZER)
@operation(
    summary="Say where a match is played",
    body=LobbyBody,
    gives=TypeAdapter(Changed),
    problems={404: _GONE, 409: f"conflict, {_BUSY}", 422: f"invalid_result, {_REUSED}"},
    **_OFFICIALS,
)
def match_lobby(match_id: int, body: LobbyBody) -> Response:
    """Seen by its sides and officials alone."""
    changed = lobbies.set_lobby(match_id, **body.model_dump(), actor=access.actor(), now=utc_now())
    return as_json(Changed(match_id=match_id, changed=changed))


@access.open_to(access.LOGGED_IN)
@operation(**_REPORTS)
def submit_result(match_id: int, body: ReportBody, file: bytes | None = None) -> Response:
    """The player's page does the same."""
    return _reported(match_id, body, file)


@access.open_to(access.LOGGED_IN)
@operation(**_REPORTS)
def result_submit(match_id: int, body: ReportBody, file: bytes | None = None) -> Response:
    """The same by another address."""
    return _reported(match_id, body, file)


@access.open_to(access.LOGGED_IN)
@operation(**_CONFIRMS)
def confirm_result(match_id: int, body: ConfirmBody) -> Response:
    """A side's answer, or an official's word."""
    return _answered(match_id, body)


@access.open_to(access.LOGGED_IN)
@operation(**_CONFIRMS)
def result_confirm(match_id: int, body: ConfirmBody) -> Response:
    """The same by another address."""
    return _answered(match_id, body)


@access.open_to(access.ORGANIZER)
@operation(
    summary="Stop everything",
    description="No match begins, no side reports, nothing is announced until it goes on. Officials can enter results.",
    body=ReasonBody,
    gives=TypeAdapter(Stopped),
    problems={404: "tournament_not_found", 409: f"tournament_not_live, {_BUSY}", 422: f"invalid_result, {_REUSED}"},
    **_OFFICIALS,
)
def emergency_stop(tournament_id: int, body: ReasonBody) -> Response:
    """The button does the same."""
    changed = pauses.stop(tournament_id, reason=body.reason, actor=access.actor(), now=utc_now())
    return as_json(Stopped(tournament_id=tournament_id, is_stopped=True, changed=changed))


@access.open_to(access.ORGANIZER)
@operation(
    summary="Let everything go on",
    gives=TypeAdapter(Stopped),
    problems={404: "tournament_not_found", 409: _BUSY},
    **_OFFICIALS,
)
def resume_play(tournament_id: int) -> Response:
    """After an emergency stop."""
    changed = pauses.resume(tournament_id, actor=access.actor(), now=utc_now())
    return as_json(Stopped(tournament_id=tournament_id, is_stopped=False, changed=changed))


@access.open_to(access.ORGANIZER)
@operation(
    summary="Decide a match that is not played out",
    body=WinBody,
    gives=TypeAdapter(Confirmed),
    problems={
        404: _GONE,
        409: "stale_revision, already_confirmed, match_without_sides, tournament_not_live, illegal_transition, "
        f"{_BUSY}",
        422: f"invalid_result (does not play in it), {_REUSED}",
    },
    **_OFFICIALS,
)
def force_win(match_id: int, body: WinBody) -> Response:
    """By an official's word, or because the other side gives up or did not come."""
    named: dict[str, Any] = {
        "reason": body.reason, "actor": access.actor(), "now": utc_now(), "expected_revision": body.revision,
    }  # fmt: skip
    if body.how == "force_win":
        return _confirmed(awards.force_win(match_id, body.participant_id, **named))
    side_a, side_b = match_reads.sides_of(match_id, actor=access.actor())
    # Somebody else than the two is named as the one that is out, whom the service does not know.
    out = {side_a: side_b, side_b: side_a}.get(body.participant_id, body.participant_id)
    walk_over = body.how == "walk_over"
    return _confirmed(awards.forfeit(match_id, out, walk_over=walk_over, **named))


@access.open_to(access.ORGANIZER)
@operation(
    summary="Set a match back to the schedule",
    body=ReasonBody,
    gives=TypeAdapter(Changed),
    problems={
        404: _GONE,
        409: f"bracket_moved_on, tournament_archived, illegal_transition, {_BUSY}",
        422: f"invalid_result (the reason), {_REUSED}",
    },
    **_OFFICIALS,
)
def reset_match(match_id: int, body: ReasonBody) -> Response:
    """As if nobody had begun it."""
    changed = match_resets.reset(match_id, reason=body.reason, actor=access.actor(), now=utc_now())
    return as_json(Changed(match_id=match_id, changed=changed))


@access.open_to(access.ORGANIZER)
@operation(
    summary="Cancel a match that has no result",
    body=ReasonBody,
    gives=TypeAdapter(Changed),
    problems={
        404: _GONE,
        409: f"match_has_result, illegal_transition, {_BUSY}",
        422: f"invalid_result (the reason), {_REUSED}",
    },
    **_OFFICIALS,
)
def cancel_match(match_id: int, body: ReasonBody) -> Response:
    """Off the schedule."""
    changed = matches.cancel_match(match_id, reason=body.reason, actor=access.actor(), now=utc_now())
    return as_json(Changed(match_id=match_id, changed=changed))


def _reported(match_id: int, body: ReportBody, file: bytes | None) -> Response:
    if (body.place is None) == (body.games is None):
        raise InvalidRequest("Give games for a series, or your own place for a lobby.")
    if body.place is not None:
        reported = lobby_reports.submit(
            match_id, placement=body.place.placement, kills=body.place.kills, note=body.note, screenshot=file,
            actor=access.actor(), now=utc_now(),
        )  # fmt: skip
        return as_json(Reported(**reported._asdict()))
    reported = reporting.submit(
        match_id, _games(match_id, body.games or []), note=body.note, screenshot=file,
        seen_revision=body.report_revision, actor=access.actor(), now=utc_now(),
    )  # fmt: skip
    return as_json(Reported(**reported._asdict()))


def _answered(match_id: int, body: ConfirmBody) -> Response:
    now = utc_now()
    if body.lines is not None:
        lines = lines_of(body.lines)
        return _confirmed(
            results.confirm(match_id, lines, expected_revision=body.revision, actor=access.actor(), now=now)
        )
    if body.games is not None:
        games = _games(match_id, body.games)
        return _confirmed(
            series_services.confirm(match_id, games, expected_revision=body.revision, actor=access.actor(), now=now)
        )
    if body.report_revision is None:
        raise InvalidRequest("Give report_revision as a side, or games or lines as an official.")
    return _confirmed(reporting.agree(match_id, report_revision=body.report_revision, actor=access.actor(), now=now))


def _games(match_id: int, games: Games) -> list[SeriesGame]:
    side_a, side_b = match_reads.sides_of(match_id, actor=access.actor())
    return [
        SeriesGame(
            game.number, {side_a: game.score_a, side_b: game.score_b}, game.map,
            allow_irregular=game.allow_irregular, reason=game.reason,
        )
        for game in games
    ]  # fmt: skip


def _confirmed(outcome: MatchOutcome) -> Response:
    return as_json(
        Confirmed(match_id=outcome.match_id, revision=outcome.revision, seq=outcome.seq, changed=outcome.changed)
    )
