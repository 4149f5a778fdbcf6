"""Seasons: how their boards count."""

from datetime import datetime

from webapp.domain.errors import FieldError, NotFound, RulesError
from webapp.domain.games import load_games
from webapp.domain.ruleset import TIES
from webapp.domain.seasons import SEASON_SLUG
from webapp.models import Season
from webapp.services.spine import audit, outbox
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import transaction
from webapp.services.spine.upserts import insert_or_update


def define(
    game: str, slug: str, *, count_best: int | None = None, ties: str = "id", actor: Actor, now: datetime
) -> None:
    """Say how the board of a season counts: the best `count_best` tournaments (None: all), ties by id or shared.

    A season without a definition counts all, with ties by id. Audited; its board is computed again. Raises NotFound for
    an unknown game, RulesError naming every value that cannot be.
    """
    if game not in load_games():
        raise NotFound(f"There is no game {game}; the games are {', '.join(load_games())}.", code="game_unknown")
    errors = []
    if not SEASON_SLUG.fullmatch(slug):
        errors.append(FieldError("season", "write up to 40 letters, digits, _ . or -, such as 2025_S1"))
    if count_best is not None and count_best < 1:
        errors.append(FieldError("count_best", f"must be 1 or more, not {count_best}"))
    if ties not in TIES:
        errors.append(FieldError("ties", f"must be one of {', '.join(TIES)}, not {ties!r}"))
    if errors:
        raise RulesError.listing("The season cannot count so", errors)
    with transaction() as session:
        stored = session.get(Season, (game, slug))
        before = None if stored is None else {"count_best": stored.count_best, "ties": stored.ties}
        after = {"count_best": count_best, "ties": ties}
        if before == after:
            return
        audit.record(session, actor, "season.defined", now=now, game=game, season=slug, before=before, after=after)
        insert_or_update(session, Season, [{"game": game, "slug": slug} | after], keys=("game", "slug"))
        outbox.want(session, "season", f"{game}:{slug}", now=now)
