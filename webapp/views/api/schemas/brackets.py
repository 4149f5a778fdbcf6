"""Brackets: what programs read of them, and how they are drawn."""

from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field

from webapp.views.api.schemas.base import Sent, Text, Told
from webapp.views.api.schemas.matches import State
from webapp.views.api.schemas.staff import BodyId, whole_number

_MOST: Final = 1024


class NodeTold(Told):
    """A place for one match."""

    id: int
    key: str = Field(description="`W1-3`: winners' round 1, third place from above; `L2-1`, `GF`, `GF2`, `3RD`.")
    section: Literal["winners", "losers", "final", "third_place", "group", "swiss"]
    group: str | None
    round: int
    position: int
    source_a: str = Field(description="Where side A comes from: `seed:5`, `winner:W1-3`, `loser:W1-3`, `bye:`.")
    source_b: str
    winner_to: str | None = Field(description="The place that the winner takes: `W2-2:a`.")
    loser_to: str | None
    is_conditional: bool = Field(description="Played only where the one from the winners' side lost the grand final.")
    match_id: int
    state: State
    side_a_id: int | None
    side_b_id: int | None
    winner_id: int | None


class StageTold(Told):
    """A part of a tournament that is played by one format."""

    id: int
    number: int
    name: str
    format: Literal["single-elimination", "double-elimination", "round-robin", "swiss"]
    state: Literal["planned", "generated", "finalized", "completed"]
    seeding: Literal["slot", "random", "manual", "ranked", "advanced"]
    random_seed: str = Field(description="From which a random seeding follows; else empty.")
    seeds: list[int] | None = Field(description="The participants by seed; null where the board is frozen before it.")
    nodes: list[NodeTold]


class BracketTold(Told):
    """The stages of a tournament, in the order in which they are played."""

    tournament_id: int
    stages: list[StageTold]


class DrawBody(Sent):
    """How the first stage is drawn."""

    seeding: Literal["slot", "random", "manual", "ranked"] = "slot"
    order: Annotated[list[BodyId], Field(max_length=_MOST, description="Participants by seed, for `manual`.")] = Field(
        default_factory=list
    )
    random_seed: Annotated[Text, Field(max_length=64, description="Repeats a draw; without one it is drawn.")] = ""
    unranked_last: bool = Field(default=False, description="For `ranked`: teams without ranking come last.")


class SwapBody(Sent):
    """Two seeds that change places."""

    first: BodyId
    second: BodyId


class PairSent(Sent):
    """Two who meet."""

    side_a_id: BodyId
    side_b_id: BodyId


class RoundBody(Sent):
    """Which round of a Swiss; by its rules, or by hand where there are `pairs`."""

    number: Annotated[int, Field(ge=1, le=99), BeforeValidator(whole_number)] | None = Field(
        default=None, description="The round that is meant; one that is there changes nothing."
    )
    pairs: Annotated[
        list[PairSent],
        Field(max_length=_MOST // 2, description="By hand; who is in none has the bye. Pairs a waiting round again."),
    ] = Field(default_factory=list)


class TableRowTold(Told):
    """A participant in its table."""

    rank: int
    participant_id: int
    matches_played: int
    wins: int
    draws: int
    losses: int
    score_for: int
    score_against: int
    points: int
    buchholz: float = Field(description="What the opponents have scored.")
    is_tied: bool = Field(description="Nothing separates it from a neighbour but the id.")
    advances: bool = Field(description="Whether its place leads to the next stage.")


class TableTold(Told):
    """A table, the best first; `group` is null where there is but one."""

    group: str | None
    rows: list[TableRowTold]


class StageTables(Told):
    """The tables of a stage; none before it is drawn."""

    stage_id: int
    number: int
    format: Literal["round-robin", "swiss"]
    tables: list[TableTold]


class TablesTold(Told):
    """The stages that are played by tables, in their order."""

    tournament_id: int
    stages: list[StageTables]


class RoundTold(Told):
    """The matches of the round, the bye last."""

    tournament_id: int
    match_ids: list[int]


class AdvanceBody(Sent):
    """How those who advance are seeded."""

    order: Annotated[
        list[BodyId],
        Field(max_length=_MOST, description="Participants by seed; without it as groups and tables say."),
    ] = Field(default_factory=list)
