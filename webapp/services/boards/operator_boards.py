"""Boards for the operator's terminal and for exports: the API's envelope with names, read past the cache."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.rules import Ruleset
from webapp.models import Adjustment, Tournament
from webapp.services.boards import boards, explanations, leaderboards
from webapp.services.operations import flags
from webapp.services.operations.maintenance import RECOMPUTED_STATUSES
from webapp.services.ranking import board_store, ranking, scopes, standings
from webapp.services.ranking.board_store import PublishedBoard
from webapp.services.registration.participant_names import names_of
from webapp.services.spine.transaction import read_snapshot

AUDIENCE = "official"
_NAMES_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorBoard:
    """A board with what a person needs to read it.

    `document` is the API's envelope, each entry with its public `name`, and with its `explanation` where asked for.
    `penalized` are the participants from whom points were taken. `is_paused`: standings are switched off, so that the
    document is empty.
    """

    tournament_name: str
    status: str
    rules: Ruleset
    document: dict[str, Any]
    penalized: frozenset[int]
    is_paused: bool

    @property
    def api_document(self) -> dict[str, Any]:
        """The document in the form that the API has now: `entries` alone while the plain service computes boards."""
        if self.document["metadata"]["source"] != boards.LIVE:
            return self.document
        kept = {name: value for name, value in self.document.items() if name not in {"rankings", "deltas", "metadata"}}
        return kept | {"entries": self.document["rankings"], "metadata": self.document["metadata"]}


def read(
    tournament_id: int,
    *,
    now: datetime,
    limit: int | None = None,
    at: int | None = None,
    explain: bool = False,
    audience: str = AUDIENCE,
) -> OperatorBoard:
    """The board of a tournament as `audience` sees it, or its first `limit` rows; `at` a past version. Raises NotFound.

    Explanations are of the newest version alone: a past one only names the key that decided.
    """
    with read_snapshot() as session:
        tournament = boards.find_tournament(session, tournament_id)
        is_paused = not flags.is_on("LEADERBOARDS_COMPUTE_ENABLED")
        if at is None or is_paused:
            published = boards.shown(session, tournament, audience, now=now)
            changes = leaderboards.last_changes(session, published)
        else:
            published, changes = leaderboards.past(session, tournament, at, audience=audience)
        return _described(
            session, tournament, published, changes, limit=limit, explain=explain and at is None, is_paused=is_paused
        )


def read_final(tournament_id: int, *, now: datetime) -> OperatorBoard:
    """The board as its results make it, whatever the flags say: what an import shows at its end."""
    with read_snapshot() as session:
        tournament = boards.find_tournament(session, tournament_id)
        published = board_store.load(session, scopes.tournament(tournament_id), AUDIENCE)
        if published is None:
            rules = standings.rules_of(tournament)
            board = ranking.compute_board(session, tournament, rules)
            scope = str(scopes.tournament(tournament_id))
            published = PublishedBoard(scope, AUDIENCE, 0, tournament.log_seq, rules.hash, boards.LIVE, now, 0, board)
        return _described(session, tournament, published, None, limit=None, explain=False, is_paused=False)


def recomputable() -> list[int]:
    """The tournaments whose boards a recomputation of everything goes through."""
    with read_snapshot() as session:
        wanted = select(Tournament.id).where(
            Tournament.status.in_(RECOMPUTED_STATUSES), Tournament.deleted_at.is_(None)
        )
        return list(session.scalars(wanted.order_by(Tournament.id)))


def _described(
    session: Session,
    tournament: Tournament,
    published: PublishedBoard,
    changes: dict[str, list[int]] | None,
    *,
    limit: int | None,
    explain: bool,
    is_paused: bool,
) -> OperatorBoard:
    rules = standings.rules_of(tournament)
    document = leaderboards.envelope(published, rules.cascade, changes, limit=limit, offset=0, explain=True)
    document["metadata"]["cache_hit"] = False
    rankings = document["rankings"]
    names = _names(session, [entry["participant_id"] for entry in rankings])
    document["rankings"] = [{"name": names[entry["participant_id"]], **entry} for entry in rankings]
    if explain:
        traces = explanations.of_published(session, tournament, rules, published, range(1, len(rankings)))
        for entry, trace in zip(document["rankings"][1:], traces, strict=True):
            entry["explanation"] = trace.as_data()
    penalized = select(Adjustment.registration_id).where(
        Adjustment.tournament_id == tournament.id, Adjustment.kind == "penalty", Adjustment.seq <= published.seq
    )
    return OperatorBoard(
        tournament_name=tournament.name,
        status=tournament.status,
        rules=rules,
        document=document,
        penalized=frozenset(session.scalars(penalized)),
        is_paused=is_paused,
    )


def _names(session: Session, participant_ids: list[int]) -> Mapping[int, str]:
    names: dict[int, str] = {}
    for start in range(0, len(participant_ids), _NAMES_AT_ONCE):
        names |= names_of(session, participant_ids[start : start + _NAMES_AT_ONCE])
    return names
