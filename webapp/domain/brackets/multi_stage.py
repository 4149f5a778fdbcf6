"""From groups into a bracket: who goes on, and with which seed."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from webapp.domain.errors import BracketError, Conflict, FieldError


class Cut(NamedTuple):
    """Where the line is drawn in one group: who goes on for certain, best first, and who is level across the line."""

    group: str | None
    advance: int
    sure: tuple[int, ...]
    level: tuple[int, ...]

    @property
    def name(self) -> str:
        """The group as an error's path names it."""
        return "stage" if self.group is None else f"group {self.group}"


def cut(group: str | None, ranked: Sequence[tuple[int, int]], advance: int) -> Cut:
    """The line after the first `advance` of a table; `ranked` is rank and participant, best first, ties sharing ranks.

    Who is level with somebody on the other side of the line has not gone on for certain.
    """
    first = [participant for _, participant in ranked[:advance]]
    if len(ranked) <= advance or ranked[advance][0] != ranked[advance - 1][0]:
        return Cut(group, advance, tuple(first), ())
    shared = ranked[advance][0]
    sure = tuple(participant for rank, participant in ranked if rank < shared)
    return Cut(group, advance, sure, tuple(participant for rank, participant in ranked if rank == shared))


def seeds_of(cuts: Sequence[Cut], order: Sequence[int] = ()) -> tuple[int, ...]:
    """Those who advance, by the seed they get: as `advancing` places them, or in the order that a person gives.

    Raises Conflict (`tie_at_cut`) naming who is level across a line while no order decides between them, BracketError
    for an order that is not made of those who advance.
    """
    if order:
        errors = list(_order_errors(cuts, order))
        if errors:
            raise BracketError.listing("The order cannot be used", errors)
        return tuple(order)
    level = [FieldError(cut.name, f"participants {_listed(cut.level)} are level") for cut in cuts if cut.level]
    if level:
        listed = "; ".join(map(str, level))
        raise Conflict(
            f"The rules leave open who advances ({listed}); give the order by hand.", level, code="tie_at_cut"
        )
    return advancing([cut.sure for cut in cuts])


def fits(cuts: Sequence[Cut], order: Sequence[int]) -> bool:
    """Whether an order is made of those who advance."""
    return not any(_order_errors(cuts, order))


def changed_seats(drawn: Sequence[int], before: Sequence[int] | None, after: Sequence[int]) -> tuple[int, ...]:
    """By seed who would stand in a drawn bracket once others go on than before.

    A bracket that stands as the rules drew it is seated anew by them. In one that a person has ordered whoever comes
    takes the place of somebody who leaves, and all others keep theirs.
    """
    if before is not None and tuple(drawn) == tuple(before):
        return tuple(after)
    coming = (who for who in after if who not in drawn)
    return tuple(who if who in after else next(coming) for who in drawn)


def seated_around(drawn: Sequence[int], wanted: Sequence[int], kept: Collection[int]) -> tuple[int, ...]:
    """By seed who stands in a bracket of which the seeds `kept` stay as they are drawn; nobody stands in it twice.

    All others get the seat that is wanted for them, or one that is left where that is kept. For everybody who stays
    although others go on instead, one of those who come is not in: first those whose seat is kept, then the last ones.
    """
    staying = {drawn[seed - 1] for seed in kept}
    coming = [(seed not in kept, -seed, who) for seed, who in enumerate(wanted, start=1) if who not in drawn]
    too_late = {who for *_, who in sorted(coming)[: len(staying - set(wanted))]}
    free = [who if who not in staying | too_late else None for who in wanted]
    seats = [drawn[seed - 1] if seed in kept else who for seed, who in enumerate(free, start=1)]
    left = (who for who in wanted if who not in seats and who not in too_late)
    return tuple(next(left) if who is None else who for who in seats)


def _order_errors(cuts: Sequence[Cut], order: Sequence[int]) -> Iterator[FieldError]:
    possible = {participant for cut in cuts for participant in (*cut.sure, *cut.level)}
    for participant, count in Counter(order).items():
        if count > 1:
            yield FieldError("order", f"participant {participant} is there {count} times")
        if participant not in possible:
            yield FieldError("order", f"participant {participant} does not advance")
    for own in cuts:
        missing = [participant for participant in own.sure if participant not in order]
        if missing:
            yield FieldError(own.name, f"participants {_listed(missing)} advance and are missing")
        chosen = [participant for participant in own.level if participant in order]
        wanted = own.advance - len(own.sure)
        if own.level and len(chosen) != wanted:
            yield FieldError(own.name, f"{wanted} of the participants {_listed(own.level)} advance, not {len(chosen)}")


def _listed(participants: Sequence[int]) -> str:
    return ", ".join(map(str, participants))


def advancing(groups: Sequence[Sequence[int]]) -> tuple[int, ...]:
    """Those who go on, by the seed they get: first all group winners in the order of the groups, then all seconds …

    `groups` has of each group those who go on, best first, of every group as many. Seconds and lower get their seeds
    so that two of the same group meet again as late as the bracket allows. Raises ValueError for groups that send
    different numbers, or nobody.
    """
    counts = {len(group) for group in groups}
    if len(counts) != 1 or counts == {0}:
        raise ValueError("every group sends as many into the bracket, and at least one")
    size = sum(len(group) for group in groups)
    seeds: list[dict[int, int]] = [{} for _ in groups]
    for tier in range(counts.pop()):
        slots = range(tier * len(groups) + 1, (tier + 1) * len(groups) + 1)
        for group, slot in enumerate(_slots_of_tier(slots, seeds, size)):
            seeds[group][slot] = groups[group][tier]
    by_seed = {slot: participant for group in seeds for slot, participant in group.items()}
    return tuple(by_seed[slot] for slot in sorted(by_seed))


def meeting_round(one: int, other: int, size: int) -> int:
    """In which round two seeds of a bracket of `size` meet if neither loses before and better seeds always win places.

    The winner of a match takes over the better seed of its two, so that a bracket folds onto half of itself.
    """
    places = 1 << (size - 1).bit_length()
    met_in = 1
    while one + other != places + 1:
        one, other = min(one, places + 1 - one), min(other, places + 1 - other)
        places //= 2
        met_in += 1
    return met_in


def _slots_of_tier(slots: Sequence[int], seeds: Sequence[Mapping[int, int]], size: int) -> list[int]:
    """A slot for each group, such that the earliest meeting with somebody of the same group is as late as can be."""
    rounds = [
        [min((meeting_round(slot, taken, size) for taken in own), default=size) for slot in slots] for own in seeds
    ]
    for threshold in sorted({met_in for own in rounds for met_in in own}, reverse=True):
        possible = [[slot for slot, met_in in zip(slots, own, strict=True) if met_in >= threshold] for own in rounds]
        found = _assigned(possible)
        if found is not None:
            return found
    raise AssertionError("with the lowest threshold every slot is possible")


def _assigned(possible: Sequence[Sequence[int]]) -> list[int] | None:
    """A slot of its own for each group out of those that are possible for it; None where there is no such choice."""
    owner: dict[int, int] = {}
    if not all(_gets_slot(group, possible, owner, set()) for group in range(len(possible))):
        return None
    slot_of = {group: slot for slot, group in owner.items()}
    return [slot_of[group] for group in range(len(possible))]


def _gets_slot(group: int, possible: Sequence[Sequence[int]], owner: dict[int, int], asked: set[int]) -> bool:
    free = next((slot for slot in possible[group] if slot not in owner), None)
    if free is not None:
        owner[free] = group
        return True
    for slot in possible[group]:
        if slot not in asked:
            asked.add(slot)
            if _gets_slot(owner[slot], possible, owner, asked):
                owner[slot] = group
                return True
    return False
