"""What is said of a tournament beside its state: which values can be used, and until when each may be changed."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final, TypedDict

from webapp.domain.errors import Conflict, FieldError, NotFound, ResultError
from webapp.domain.games import load_games
from webapp.domain.names import UnusableNameError, clean_name
from webapp.domain.rules import Ruleset, names_cascade, parse_ruleset
from webapp.domain.seasons import SEASON_SLUG
from webapp.models import Tournament
from webapp.models.tournaments import FORMATS
from webapp.services.tournaments import tournament_settings

LONGEST_NAME: Final = 120
LONGEST_REGION: Final = 60
LONGEST_DESCRIPTION: Final = 10_000
LONGEST_RULES: Final = 30_000
VISIBILITIES: Final = ("public", "unlisted", "private")
_TEXTS_FOR_PEOPLE: Final = ("name", "description", "rules", "payment_methods")
"""Not for the audit, which holds ids, numbers and states."""
_ONLY_AS_DRAFT: Final = ("game", "format", "ruleset")
_BEFORE_START: Final = ("draft", "registration_open", "registration_closed")
_FIXED_BY_START: Final = (
    "starts_at", "registration_opens_at", "registration_closes_at", "checkin_opens_at", "has_checkin", "places",
    "has_waitlist", "team_size", "asks_approval", "entry_fee", "currency", "payment_methods", "bracket",
)  # fmt: skip
_FIXED_BY_END: Final = ("prize_pool", "prize_distribution", "best_of_by_round", "asks_ready", "shares_first")
STAFF_ALONE: Final = ("is_official", "is_featured")
"""What only staff say of a tournament."""


class Settings(TypedDict, total=False):
    """What may be said of a tournament beside its name, game, format and points."""

    description: str
    rules: str
    season: str | None
    region: str | None
    visibility: str
    publishes_reasons: bool
    is_official: bool
    is_featured: bool
    starts_at: datetime | None
    registration_opens_at: datetime | None
    registration_closes_at: datetime | None
    checkin_opens_at: datetime | None
    has_checkin: bool
    places: int | None
    has_waitlist: bool
    team_size: int | None
    asks_approval: bool
    entry_fee: int
    currency: str
    payment_methods: list[Any]
    prize_pool: int
    prize_distribution: list[Any]
    bracket: dict[str, Any]
    best_of_by_round: dict[str, Any]
    asks_ready: bool
    shares_first: bool


class Details(Settings, total=False):
    """What a tournament may be made with."""

    organizer_id: int | None
    started_at: datetime | None
    completed_at: datetime | None
    status: str


class Changes(Settings, total=False):
    """What an organizer may change of a tournament; what is left out stays."""

    name: str
    game: str
    format: str
    ruleset: Ruleset | Mapping[str, Any]


FIELDS: Final = tuple(Changes.__annotations__)
"""Every setting that a version of a tournament keeps."""


def checked(name: str, game: str, format_: str, details: Details) -> str:
    """The name in its one spelling, once every setting can be used. Raises NotFound or ResultError."""
    games = load_games()
    if game not in games:
        raise NotFound(f"There is no game {game}; the games are {', '.join(games)}.", code="game_unknown")
    cleaned, errors = _clean_name(name)
    if format_ not in FORMATS:
        errors.append(FieldError("format", f"must be one of {', '.join(FORMATS)}, not {format_!r}"))
    elif games[game].is_battle_royale != (format_ == "battle-royale"):
        errors.append(FieldError("format", f"{games[game].title} is not played as {format_}"))
    errors += _wrong(details)
    if not errors:
        errors += tournament_settings.wrong(details, details, games[game], format_)
    if errors:
        raise ResultError.listing("The tournament cannot be created", errors)
    return cleaned


def checked_changes(tournament: Tournament, changes: Changes) -> dict[str, Any]:
    """Those of the changes that change something, as they are stored.

    Raises Conflict naming what is frozen in the tournament's state, ResultError and RulesError for values that cannot
    be used.
    """
    wanted: dict[str, Any] = dict(changes)
    errors = list(_wrong(changes))
    if "name" in changes:
        wanted["name"], wrong = _clean_name(changes["name"])
        errors += wrong
    format_ = wanted.get("format", tournament.format)
    game = load_games().get(wanted.get("game", tournament.game))
    if format_ not in FORMATS:
        errors.append(FieldError("format", f"must be one of {', '.join(FORMATS)}, not {format_!r}"))
    elif game is None or game.is_battle_royale != (format_ == "battle-royale"):
        errors.append(FieldError("game", f"choose a game that is played as {format_}"))
    else:
        before = {field: getattr(tournament, field) for field in Settings.__annotations__}
        errors += tournament_settings.wrong(wanted, before | wanted, game, format_)
    if errors:
        raise ResultError.listing("The tournament cannot be changed so", errors)
    if "ruleset" in changes:
        stored = rules_as_stored(changes["ruleset"])
        wanted["ruleset"] = tournament.ruleset if _same_rules(stored, tournament.ruleset) else stored
    changed = {field: value for field, value in wanted.items() if value != getattr(tournament, field)}
    frozen = [FieldError(field, message) for field in changed if (message := _frozen(tournament.status, field))]
    if frozen:
        raise Conflict(
            f"Tournament {tournament.id} is {tournament.status}: {'; '.join(map(str, frozen))}.", frozen, code="frozen"
        )
    return changed


def frozen_fields(status: str) -> dict[str, str]:
    """Why which field cannot be changed in this state."""
    return {field: why for field in FIELDS if (why := _frozen(status, field))}


def as_record(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as the audit keeps them: instants as text, of a text for people its length alone."""
    return {field: _recorded(field, value) for field, value in values.items()}


def rules_as_stored(rules: Ruleset | Mapping[str, Any]) -> dict[str, Any]:
    """Rules as the tournament keeps them; those that name no cascade have none until it opens. Raises RulesError."""
    if isinstance(rules, Ruleset):
        return rules.to_mapping()
    stored = parse_ruleset(rules).to_mapping()
    return stored if names_cascade(rules) else {name: stored[name] for name in stored if name != "cascade"}


def _clean_name(name: str) -> tuple[str, list[FieldError]]:
    try:
        cleaned = clean_name(name, limit=LONGEST_NAME)
    except UnusableNameError as error:
        return "", [FieldError("name", str(error))]
    return cleaned, [] if cleaned else [FieldError("name", "is empty; give the tournament a name")]


def _wrong(details: Details | Changes) -> Iterator[FieldError]:
    season = details.get("season")
    if season is not None and not SEASON_SLUG.fullmatch(season):
        yield FieldError("season", "write up to 40 letters, digits, _ . or -, such as 2025_S1")
    for field, longest in (("description", LONGEST_DESCRIPTION), ("rules", LONGEST_RULES)):
        text = str(details.get(field, ""))
        if len(text) > longest:
            yield FieldError(field, f"shorten it to at most {longest} characters")
        if any(not (character.isprintable() or character in "\n\t") for character in text):
            yield FieldError(field, "holds a character that cannot be shown; write it anew")
    if details.get("visibility", "public") not in VISIBILITIES:
        yield FieldError("visibility", f"must be one of {', '.join(VISIBILITIES)}")
    region = details.get("region")
    if region is not None and (len(region) > LONGEST_REGION or not region.isprintable()):
        yield FieldError("region", f"write at most {LONGEST_REGION} characters on one line")


def _recorded(field: str, value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return len(value) if field in _TEXTS_FOR_PEOPLE else value


def _same_rules(stored: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Rules that make the same board under another title are the same, and keep what they say of their source."""
    return ("cascade" in stored) == ("cascade" in now) and parse_ruleset(stored).hash == parse_ruleset(now).hash


def _frozen(status: str, field: str) -> str:
    """Why a field cannot be changed in this state; empty when it can."""
    if status == "archived":
        return "an archived tournament stays as it is"
    if field in _ONLY_AS_DRAFT and status != "draft":
        return "was fixed when the tournament opened"
    if field in _FIXED_BY_START and status not in _BEFORE_START:
        return "it has begun already"
    if field in _FIXED_BY_END and status in ("completed", "cancelled"):
        return "it is over"
    return ""
