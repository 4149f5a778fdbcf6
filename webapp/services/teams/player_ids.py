"""How people are known inside games, as they last gave it."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models import PlayerId
from webapp.services.spine.upserts import insert_or_update


def known(session: Session, user_ids: Collection[int], game: str) -> dict[int, str]:
    """The last player id of each of these people in that game; who never gave one is left out."""
    found = select(PlayerId.user_id, PlayerId.player_id).where(
        PlayerId.game == game, PlayerId.user_id.in_(sorted(set(user_ids)))
    )
    return dict(session.execute(found).all())


def remember(session: Session, game: str, ids: Mapping[int, str], *, now: datetime) -> None:
    """Keep player ids, each in its one spelling (`domain.player_ids`), for the next time they are asked for."""
    rows = [
        {"user_id": user_id, "game": game, "player_id": player_id, "updated_at": now}
        for user_id, player_id in sorted(ids.items())
    ]
    insert_or_update(session, PlayerId, rows, keys=("user_id", "game"))
