"""Rules while somebody makes them: as typed, with the steps of an editor, until they can be parsed.

Nothing typed is lost: a draft holds text, right or wrong, and says what is wrong with it only when it is asked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Self

from webapp.domain.cascades import KEYS, CascadeKey, cascade_to_data, parse_cascade
from webapp.domain.errors import FieldError, RulesError
from webapp.domain.names import UnusableNameError, clean_name
from webapp.domain.presets import load_presets
from webapp.domain.rules import Ruleset, parse_ruleset
from webapp.domain.ruleset_values import LONGEST, did_you_mean

OWN: Final = "own"
"""Instead of a preset's name: a table of one's own. Instead of the preset's order: an order of one's own."""
AS_PRESET: Final = "preset"
OWN_TITLE: Final = "Own table"
PLACES_AT_FIRST: Final = 8
MOST_PLACES: Final = 100
"""Rows of the editor; longer tables come by a rules file."""
LONGEST_TITLE: Final = 80
_NUMBERS: Final = ("kill_cap", "count_best", "lobby_size")
# What a rules file can say and the editor does not show: kept as it is while the table stays one's own.
_KEPT: Final = ("kill_bands", "points_per_kill_by_placement", "head_start", "win_points", "draw_points", "loss_points")


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesDraft:
    """Rules as a form holds them. `cascade` holds entries such as `points:desc` or `wins:desc:tied:restart`."""

    table: str = "blueprint"
    title: str = ""
    points_per_kill: str = ""
    placement_points: tuple[str, ...] = ()
    order: str = AS_PRESET
    cascade: tuple[str, ...] = ()
    kill_cap: str = ""
    count_best: str = ""
    lobby_size: str = ""
    match_point_threshold: str = ""
    match_point_cap: str = ""
    shares_ranks: bool = False

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Self:
        """The draft of rules that a tournament holds (`Ruleset.to_mapping`)."""
        rules = parse_ruleset(settings)
        base = _preset_below(rules)
        match_point = rules.match_point
        is_ordered = "cascade" in settings and (base is None or base.cascade != rules.cascade)
        return cls(
            table=base.name if base else OWN,
            title="" if base else rules.title,
            points_per_kill=str(rules.points_per_kill),
            placement_points=tuple(map(str, rules.placement_points)),
            order=OWN if is_ordered else AS_PRESET,
            cascade=tuple(map(entry_text, rules.cascade)),
            kill_cap=_shown(rules.kill_cap),
            count_best=_shown(rules.count_best),
            lobby_size=_shown(rules.lobby_size),
            match_point_threshold=_shown(match_point.threshold if match_point else None),
            match_point_cap=_shown(match_point.cap if match_point else None),
            shares_ranks=rules.ties == "shared",
        )

    def after(self, step: str) -> Self:
        """The draft after a step of the editor; a step that means nothing changes nothing.

        Steps: `start-from:PRESET` (a table of one's own that begins as the preset), `add-place`, `drop-place`,
        `add-key:NAME`, and `up:N`, `down:N`, `drop:N` for the N-th key of the order, counted from 0.
        """
        verb, _, operand = step.partition(":")
        if verb == "start-from" and operand in load_presets():
            return self._started_from(load_presets()[operand])
        if verb == "add-place":
            return replace(self, table=OWN, placement_points=(*self.placement_points, "")[:MOST_PLACES])
        if verb == "drop-place":
            return replace(self, table=OWN, placement_points=self.placement_points[:-1])
        if verb in ("add-key", "up", "down", "drop"):
            return replace(self, order=OWN, cascade=_moved(self.cascade, verb, operand))
        return self

    def filled(self) -> Self:
        """The draft with what an editor shows before anything is typed: the preset's table, rows, and order."""
        base = load_presets().get(self.table)
        table = self.placement_points or (_texts(base) if base else ("",) * PLACES_AT_FIRST)
        per_kill = self.points_per_kill or (str(base.points_per_kill) if base else "1")
        cascade = self.cascade or tuple(map(entry_text, base.cascade if base else parse_cascade("engine")))
        return replace(self, placement_points=table, points_per_kill=per_kill, cascade=cascade)

    def settings(self, *, kept: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The rules as data for `parse_ruleset`; raises RulesError with everything that cannot be read or used.

        `kept` are the rules before: what of them no editor shows stays in a table of one's own.
        """
        problems: list[FieldError] = []
        common = self._common(problems)
        own = self.table == OWN
        settings = (self._own(kept or {}, problems) | common) if own else self._of_preset(common, problems)
        if problems:
            raise RulesError.listing("The rules cannot be used", problems)
        parse_ruleset(settings)
        return settings

    def _started_from(self, base: Ruleset) -> Self:
        return replace(
            self,
            table=OWN,
            title=f"{base.title}, changed",
            points_per_kill=str(base.points_per_kill),
            placement_points=_texts(base),
            order=OWN,
            cascade=tuple(map(entry_text, base.cascade)),
        )

    def _common(self, problems: list[FieldError]) -> dict[str, Any]:
        settings: dict[str, Any] = {
            name: _number(getattr(self, name), name, problems, least=1)
            for name in _NUMBERS
            if getattr(self, name).strip()
        }
        if self.match_point_threshold.strip() or self.match_point_cap.strip():
            settings["match_point"] = {
                "threshold": _number(self.match_point_threshold, "match_point_threshold", problems, least=1)
            }
            if self.match_point_cap.strip():
                settings["match_point"]["cap"] = _number(self.match_point_cap, "match_point_cap", problems, least=1)
        if self.shares_ranks:
            settings["ties"] = "shared"
        if self.order == OWN:
            settings["cascade"] = self.own_cascade(problems)
        return settings

    def _own(self, kept: Mapping[str, Any], problems: list[FieldError]) -> dict[str, Any]:
        try:
            title = clean_name(self.title, limit=LONGEST_TITLE) or OWN_TITLE
        except UnusableNameError as error:
            title = OWN_TITLE
            problems.append(FieldError("title", str(error)))
        table = [_number(text, f"place-{place}", problems) for place, text in enumerate(self._table(), start=1)]
        per_kill = _number(self.points_per_kill or "0", "points_per_kill", problems)
        rest = {name: kept[name] for name in _KEPT if name in kept}
        scores = (*table, per_kill, *(("bands",) if "kill_bands" in rest else ()))
        if not problems and not any(scores):
            problems.append(FieldError("place-1", "nothing would score: give points for a place or for a kill"))
        return {"name": OWN, "title": title, "points_per_kill": per_kill, "placement_points": table} | rest

    def _table(self) -> Sequence[str]:
        """The rows down to the last one that says something; one left blank in between scores 0."""
        rows = [text.strip() for text in self.placement_points[:LONGEST]]
        while rows and not rows[-1]:
            rows.pop()
        return [text or "0" for text in rows]

    def _of_preset(self, common: dict[str, Any], problems: list[FieldError]) -> dict[str, Any]:
        presets = load_presets()
        if self.table not in presets:
            problems.append(FieldError("table", f"choose a table{did_you_mean(self.table, presets)}"))
            return common
        base = presets[self.table]
        if common.get("cascade") == cascade_to_data(base.cascade):
            del common["cascade"]
        return {"extends": self.table, "name": self.table, **common} if common else base.to_mapping()

    def own_cascade(self, problems: list[FieldError]) -> list[str | dict[str, Any]]:
        """The order of the draft as data; what is wrong with it is added to the problems."""
        try:
            return cascade_to_data(parse_cascade([_entry_data(text) for text in self.cascade]))
        except RulesError as refusal:
            problems.extend(FieldError("cascade", field.message) for field in refusal.fields)
            return []


def entry_text(key: CascadeKey) -> str:
    """A key of a cascade as one word: `points:desc`, `wins:desc:tied:restart`."""
    tied = ":tied" if key.among_tied and not KEYS[key.name].among_tied_default else ""
    return f"{key.name}:{'asc' if key.ascending else 'desc'}{tied}{':restart' if key.restart else ''}"


def _entry_data(text: str) -> str | dict[str, Any]:
    name, *rest = text.split(":")
    if len(rest) < 2:
        return text
    among = "tied" if "tied" in rest or (name in KEYS and KEYS[name].among_tied_default) else "all"
    return {"key": name, "direction": rest[0], "among": among, "restart": "restart" in rest}


def _moved(cascade: tuple[str, ...], verb: str, operand: str) -> tuple[str, ...]:
    if verb == "add-key":
        known = operand in KEYS and all(entry.partition(":")[0] != operand for entry in cascade)
        natural = "asc" if known and KEYS[operand].ascending else "desc"
        return (*cascade, f"{operand}:{natural}") if known else cascade
    if not operand.isdecimal() or int(operand) >= len(cascade):
        return cascade
    entries, place = list(cascade), int(operand)
    entry = entries.pop(place)
    if verb == "up":
        entries.insert(max(place - 1, 0), entry)
    elif verb == "down":
        entries.insert(place + 1, entry)
    return tuple(entries)


def _preset_below(rules: Ruleset) -> Ruleset | None:
    """The preset that these rules are, but for what the editor adds to a preset."""
    for base in load_presets().values():
        plain = replace(
            rules, kill_cap=None, count_best=None, lobby_size=None, match_point=None, ties="id", cascade=base.cascade
        )
        if plain.hash == base.hash:
            return base
    return None


def _texts(base: Ruleset) -> tuple[str, ...]:
    return tuple(map(str, base.placement_points))


def _shown(number: int | None) -> str:
    return "" if number is None else str(number)


def _number(text: str, path: str, problems: list[FieldError], *, least: int = 0) -> int:
    stripped = text.strip()
    if stripped.isascii() and stripped.isdecimal() and len(stripped) <= 9 and int(stripped) >= least:
        return int(stripped)
    problems.append(FieldError(path, f"write a whole number of {least} or more"))
    return least
