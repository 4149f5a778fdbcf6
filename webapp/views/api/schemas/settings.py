"""A tournament's settings: what makes and changes one, and what is told of it."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field

from webapp.services.tournaments.tournament_details import (
    LONGEST_DESCRIPTION,
    LONGEST_NAME,
    LONGEST_REGION,
    LONGEST_RULES,
)
from webapp.services.tournaments.tournament_settings import MOST_METHODS, MOST_MONEY, MOST_PRIZES, WHOLE
from webapp.views.api.schemas.base import Instant, Passage, Sent, Text, Told
from webapp.views.api.schemas.matches import Moment
from webapp.views.api.schemas.staff import whole_number
from webapp.views.api.schemas.tournaments import Format, PageQuery

AnyStatus = Literal[
    "draft", "registration_open", "registration_closed", "live", "completed", "archived", "cancelled"
]  # fmt: skip
Visibility = Literal["public", "unlisted", "private"]
Relation = Literal["owner", "co_organizer", "referee"]
Game = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")]
Money = Annotated[
    int, Field(ge=0, le=MOST_MONEY, description="In the currency's smallest unit."), BeforeValidator(whole_number)
]
Whole = Annotated[int, Field(ge=0, le=100_000), BeforeValidator(whole_number)]
Rules = Annotated[
    dict[str, Any],
    Field(description='The points and the cascade; `{"extends": "algs"}` takes a preset, with changes beside it.'),
]
Bracket = Annotated[dict[str, Any], Field(description="How the format is played: `legs`, `third_place`, `advance` …")]
BestOf = Annotated[
    dict[str, Whole], Field(description="Best of by round (`final`, `W1` …); `default` for those that are not named.")
]


class PaymentMethod(Sent):
    """A way to pay, in words."""

    name: Annotated[Text, Field(max_length=60)]
    instructions: Annotated[Passage, Field(max_length=1000)] = ""


class SettingsSent(Sent):
    """What may be said of a tournament; what is left out is as usual."""

    description: Annotated[Passage, Field(max_length=LONGEST_DESCRIPTION, description="Markdown.")] = ""
    rules: Annotated[Passage, Field(max_length=LONGEST_RULES, description="The rules in words; Markdown.")] = ""
    season: Annotated[Text, Field(max_length=40)] | None = None
    region: Annotated[Text, Field(max_length=LONGEST_REGION)] | None = None
    visibility: Visibility = "public"
    publishes_reasons: bool = False
    is_official: bool = Field(default=False, description="For staff; so is `is_featured`.")
    is_featured: bool = False
    starts_at: Moment | None = None
    registration_opens_at: Moment | None = None
    registration_closes_at: Moment | None = None
    checkin_opens_at: Moment | None = None
    has_checkin: bool = False
    places: Whole | None = None
    has_waitlist: bool = True
    team_size: Whole | None = None
    asks_approval: bool = False
    entry_fee: Money = 0
    currency: Annotated[str, Field(pattern=r"^([A-Z]{3})?$", description="ISO 4217; empty for none.")] = ""
    payment_methods: Annotated[list[PaymentMethod], Field(max_length=MOST_METHODS)] = Field(default_factory=list)
    prize_pool: Money = 0
    prize_distribution: Annotated[
        list[Annotated[int, Field(ge=1, le=WHOLE), BeforeValidator(whole_number)]],
        Field(max_length=MOST_PRIZES, description="By place, in hundredths of a percent."),
    ] = Field(default_factory=list)
    bracket: Bracket = Field(default_factory=dict)
    best_of_by_round: BestOf = Field(default_factory=dict)
    asks_ready: bool = False
    shares_first: bool = False


class TournamentBody(SettingsSent):
    """A new tournament; it begins as a draft."""

    name: Annotated[Text, Field(min_length=1, max_length=LONGEST_NAME)]
    game: Game
    format: Format
    ruleset: Rules


def _without_defaults(schema: dict[str, Any]) -> None:
    """What is left out stays: there is nothing that it would be instead."""
    for told in schema["properties"].values():
        told.pop("default", None)


class TournamentChanges(SettingsSent):
    """What is to be different; what is left out stays. Game, format and points stand once registration has opened."""

    model_config = ConfigDict(json_schema_extra=_without_defaults)

    name: Annotated[Text, Field(min_length=1, max_length=LONGEST_NAME)] = ""
    game: Game = ""
    format: Format = "battle-royale"
    ruleset: Rules = Field(default_factory=dict)


class OwnQuery(PageQuery):
    """Which of one's own tournaments."""

    status: AnyStatus | None = None


class OwnTournament(Told):
    """A tournament that one runs or helps to run."""

    id: int
    slug: str
    game: str
    format: Format
    status: AnyStatus
    visibility: Visibility
    starts_at: Instant | None
    started_at: Instant | None
    completed_at: Instant | None
    is_frozen: bool
    is_paused: bool
    requires_review: bool
    relation: Relation


class OwnTournaments(Told):
    """A page of them."""

    count: int
    next: str | None
    previous: str | None
    results: list[OwnTournament]


class TournamentTold(Told):
    """A tournament whole; its words are given by `/api/tournaments/<id>/metadata/`."""

    id: int
    slug: str
    organizer_id: int | None
    game: str
    format: Format
    status: AnyStatus
    visibility: Visibility
    season: str | None
    region: str | None
    is_official: bool
    is_featured: bool
    is_frozen: bool
    is_paused: bool
    publishes_reasons: bool
    starts_at: Instant | None
    started_at: Instant | None
    completed_at: Instant | None
    registration_opens_at: Instant | None
    registration_closes_at: Instant | None
    checkin_opens_at: Instant | None = Field(description="Null: half an hour before the start.")
    has_checkin: bool
    places: int | None
    has_waitlist: bool
    team_size: int | None
    asks_approval: bool
    participant_count: int
    entry_fee: int
    prize_pool: int
    currency: str | None
    prize_distribution: list[int]
    bracket: dict[str, Any]
    best_of_by_round: dict[str, int]
    asks_ready: bool
    shares_first: bool
    ruleset: dict[str, Any] = Field(description="The points, without head starts that are given by name.")
    requires_review: bool | None = Field(description="Whether its winners wait for a word; null for all but officials.")
    relation: Relation | None = Field(description="What the asker is to it.")
    fixed: list[str] | None = Field(description="Settings that cannot be changed any more; null for all but officials.")


class TournamentChanged(TournamentTold):
    """The tournament as it is now."""

    changed: list[str] = Field(description="The settings that differ now.")


class TournamentCopied(Told):
    """The draft that was made."""

    tournament_id: int
    copied_from: int
