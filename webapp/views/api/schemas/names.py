"""The names behind ids."""

from pydantic import Field

from webapp.views.api.schemas.base import Asked, IdList, Instant, Limit, Offset, Told


class IdsQuery(Asked):
    """Whose names."""

    ids: IdList


class MetadataQuery(Asked):
    """Which part of the list of matches."""

    limit: Limit = 200
    offset: Offset = 0


class Profile(Told):
    """A person, by the name that they chose to be public."""

    id: int
    handle: str


class Profiles(Told):
    """Those that exist, by id."""

    count: int
    results: list[Profile]


class Team(Told):
    """A team of one game."""

    id: int
    name: str
    tag: str | None
    game: str


class Teams(Told):
    """Those that exist, by id."""

    count: int
    results: list[Team]


class RulesName(Told):
    """Which rules count; the hash changes with every word of them."""

    name: str
    version: str | int | None
    hash: str


class MatchName(Told):
    """A match by its number and label."""

    match_id: int
    number: int
    label: str
    map: str | None
    state: str


class PaymentWay(Told):
    """A way to pay, in the organizer's words."""

    name: str
    instructions: str = ""


class TournamentNames(Told):
    """What a tournament and its matches are called."""

    id: int
    slug: str
    name: str
    description: str = Field(description="Markdown; so is `rules_text`.")
    rules_text: str
    payment_methods: list[PaymentWay] | None = Field(description="For officials; null for everybody else.")
    game: str
    format: str
    status: str
    season: str | None
    region: str | None
    starts_at: Instant | None
    started_at: Instant | None
    completed_at: Instant | None
    participant_count: int
    rules: RulesName
    match_count: int
    matches: list[MatchName]
