"""Tables of groups, of a Swiss and of a round robin for programs."""

from typing import Any, Final

from sqlalchemy import select

from webapp.models import BracketNode
from webapp.services.bracketing import group_tables, stages
from webapp.services.live import visibility
from webapp.services.live.known_matches import EVERYTHING
from webapp.services.matches import match_reads
from webapp.services.ranking.ranking import OFFICIAL
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot

LEAGUES: Final = ("round-robin", "swiss")
_HUNDREDTHS: Final = 100


def of_tournament(tournament_id: int, *, actor: Actor) -> dict[str, Any]:
    """The tables of every league stage, group by group; raises NotFound for a hidden tournament.

    While the board is frozen all but officials are told what the public knew then, and nothing of a stage that was
    drawn since.
    """
    with read_snapshot() as session:
        tournament, known = match_reads.opened(session, tournament_id, actor)
        audience = OFFICIAL if known is EVERYTHING else visibility.PUBLIC
        told = []
        for stage in stages.of_tournament(session, tournament.id):
            if stage.format not in LEAGUES:
                continue
            drawn = set(session.scalars(select(BracketNode.match_id).where(BracketNode.stage_id == stage.id)))
            is_told = bool(drawn - set(known.sideless))
            tables = group_tables.of_stage(session, tournament, stage, audience=audience) if is_told else []
            told.append(
                {
                    "stage_id": stage.id, "number": stage.number, "format": stage.format,
                    "tables": [
                        {"group": table.group, "rows": [_row(row) for row in table.rows]} for table in tables
                    ],
                }
            )  # fmt: skip
        return {"tournament_id": tournament.id, "stages": told}


def _row(row: group_tables.TableRow) -> dict[str, Any]:
    return row._asdict() | {"buchholz": row.buchholz / _HUNDREDTHS}
