"""Schemathesis against the real application: requests right and wrong, made of the API's own description.

`API_FUZZ_EXAMPLES=400` (or more) fuzzes longer than a normal run of the tests does.
"""

import contextvars
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.config import SchemathesisConfig

from tests.conftest import TEST_SECRET_KEY
from tests.personas import persona
from tests.views.api.worlds import forget_rates, played_cup, played_league, program_of, turn_on_the_api
from webapp import create_app
from webapp.config import Settings
from webapp.views.api.description import operations_of

load_all_checks()
(POSITIVE,) = CHECKS.get_by_names(["positive_data_acceptance"])
EXAMPLES: Final = int(os.environ.get("API_FUZZ_EXAMPLES", "25"))

MEANINGFUL: Final = {
    "GET /api/tournaments/{tournament_id}/leaderboard/",
    "GET /api/tournaments/{tournament_id}/series/{match_id}/",
    "GET /api/tournaments/leaderboards/scoped/",
    "POST /api/admin/leaderboards/cache/invalidate/",
    "PATCH /api/tournaments/matches/{match_id}/",
    "POST /api/token/",
    "POST /api/tournaments/matches/bulk-schedule/",
    "POST /api/tournaments/brackets/{tournament_id}/next-round/",
    "POST /api/tournaments/brackets/{tournament_id}/next-stage/",
    "POST /api/tournaments/disputes/{dispute_id}/comment/",
    "POST /api/tournaments/disputes/{dispute_id}/escalate/",
    "POST /api/tournaments/disputes/{dispute_id}/evidence/",
    "POST /api/tournaments/payments/{payment_id}/submit-proof/",
    "POST /api/tournaments/results/{match_id}/report-dispute/",
    "POST /api/tournaments/results/{match_id}/confirm-result/",
    "POST /api/tournaments/results/{match_id}/submit-result/",
    "POST /api/teams/",
    "PUT /api/teams/{team_id}/logo/",
    "POST /api/teams/{team_id}/set-role/",
    "POST /api/tournaments/matches/",
    "PUT /api/tournaments/matches/{match_id}/drafts/{game_number}/",
    "POST /api/tournaments/registrations/{registration_id}/cancel/",
    "POST /api/tournaments/{tournament_id}/participants/",
    "POST /api/tournaments/{tournament_id}/participants/{participant_id}/adjust/",
    "POST /api/tournaments/{tournament_id}/participants/{participant_id}/withdraw/",
    "POST /api/tournaments/{tournament_id}/registrations/decide/",
    "PUT /api/tournaments/registrations/{registration_id}/line-up/",
    "POST /api/tournaments/{tournament_id}/announcements/",
    "POST /api/tournaments/{tournament_id}/payments/verify/",
    "PATCH /api/teams/{team_id}/",
    "POST /api/teams/{team_id}/invite/",
    "POST /api/teams/{team_id}/remove-member/",
    "POST /api/teams/{team_id}/transfer-captain/",
    "DELETE /api/tournaments/{tournament_id}/",
    "DELETE /api/tournaments/{tournament_id}/officials/{user_id}/",
    "POST /api/tournaments/{tournament_id}/cancel/",
    "POST /api/tournaments/{tournament_id}/review/",
    "POST /api/tournaments/brackets/{tournament_id}/generate/",
    "POST /api/tournaments/brackets/{tournament_id}/swap-seeds/",
    "POST /api/tournaments/checkin/bulk/",
    "POST /api/tournaments/payments/{payment_id}/refund/",
    "POST /api/tournaments/payments/{payment_id}/reject/",
    "POST /api/tournaments/registrations/",
    "POST /api/tournaments/registrations/{registration_id}/decide/",
    "POST /api/tournaments/",
    "PATCH /api/tournaments/{tournament_id}/",
    "POST /api/tournaments/{tournament_id}/custom-fields/",
    "PATCH /api/tournaments/{tournament_id}/custom-fields/{field_id}/",
    "POST /api/tournaments/{tournament_id}/officials/",
    "POST /api/tournaments/templates/",
    "PATCH /api/tournaments/templates/{template_id}/",
    "POST /api/tournaments/{tournament_id}/emergency-stop/",
    *(
        f"POST /api/tournaments/matches/{{match_id}}/{action}/"
        for action in (
            "assign-coordinator",
            "cancel",
            "confirm-result",
            "correct",
            "correct/preview",
            "dispute",
            "force-win",
            "lobby",
            "reset",
            "resolve-dispute",
            "resolve-dispute/preview",
            "start",
            "submit-result",
        )
    ),
    "POST /api/tournaments/{tournament_id}/override-placement/",
}
"""What they refuse depends on more than a schema can say: other parameters, the board, the account, a key used before."""


def operations() -> Iterator[str]:
    unused = Settings(
        secret_key=TEST_SECRET_KEY, database_url="sqlite:////nowhere.sqlite3", instance_path=Path("/nowhere")
    )
    for one in operations_of(create_app(unused)):
        yield f"{one.method} {one.path}"


@dataclass
class Asked:
    """Whom the requests of a test go to, whose token they bring, and what is there."""

    app: Flask | None = None
    authorization: str = ""
    there: dict[str, list[int]] = field(default_factory=dict)
    schema: Any = None
    """The description, as the application gives it; to read it takes longer than to try an operation."""


@pytest.fixture(scope="module")
def asked() -> Asked:
    return Asked()


@pytest.fixture
def description(app: Flask, asked: Asked) -> Any:
    """The description; ids in addresses are those of something in most cases."""
    turn_on_the_api()
    cup, league = played_cup(), played_league()
    asked.app = app
    asked.authorization = program_of(app, persona(app, "sam")).headers["Authorization"]
    asked.there = {
        "tournament_id": [cup.tournament_id, league.tournament_id],
        "match_id": [league.match_ids[0]],
        "participant_id": [*cup.participant_ids[:2]],
    }
    if asked.schema is None:
        asked.schema = _read(asked)
    return asked.schema


def _read(asked: Asked) -> Any:
    def outside(environ: Any, start_response: Any) -> Any:
        assert asked.app is not None
        # As the tests' own client does: no request sees the context of the test or of another request.
        return contextvars.Context().run(asked.app.wsgi_app, environ, start_response)

    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", outside, config=SchemathesisConfig())

    @schema.hook
    def map_path_parameters(_context: Any, given: dict[str, Any] | None) -> dict[str, Any] | None:
        for name, ids in asked.there.items():
            if given and isinstance(given.get(name), int) and given[name] % 4:
                given[name] = ids[given[name] % len(ids)]
        return given

    @schema.auth(refresh_interval=None)
    class _Token:
        def get(self, _case: Any, _context: Any) -> str:
            return asked.authorization

        def set(self, case: Any, header: str, _context: Any) -> None:
            case.headers = {**(case.headers or {}), "Authorization": header}

    return schema


@pytest.mark.parametrize("operation", list(operations()))
def test_no_request_breaks_it_and_every_answer_is_as_described(operation: str, description: Any) -> None:
    method, path = operation.split()
    described = description[path][method]
    right = described.as_strategy(generation_mode=GenerationMode.POSITIVE)
    wrong = described.as_strategy(generation_mode=GenerationMode.NEGATIVE)

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(case=st.one_of(right, wrong))
    def every_case(case: Any) -> None:
        forget_rates()
        case.call_and_validate(excluded_checks=[POSITIVE] if operation in MEANINGFUL else [])

    every_case()
