"""The API's description as people read it: families, operations, fields in words, a command to try each."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

_EXAMPLE_QUERIES: Final[Mapping[str, str]] = {
    "leaderboard": "?limit=20&explain=1",
    "deltas": "?since=3",
    "events": "?since=0",
    "scoped": "?scope=season&game=pubgm&season=2026_S1",
    "profiles": "?ids=1,2",
    "teams": "?ids=1,2",
}
_GAMES: Final = [{"number": 1, "score_a": 1, "score_b": 3}]
_REPORT: Final = {"games": _GAMES, "note": "Close until the end"}
_OBJECTION: Final = {"reason_code": "wrong_score", "text": "The second half was played again.", "revision": 1}
_EXAMPLE_BODIES: Final[Mapping[str, Mapping[str, Any]]] = {
    "generate_bracket": {"seeding": "random"},
    "swap_seeds": {"first": 3, "second": 6},
    "create_tournament": {
        "name": "Copper Cup",
        "game": "valorant",
        "format": "single-elimination",
        "ruleset": {"win_points": 3},
    },
    "change_tournament": {"places": 16, "starts_at": "2026-05-01T18:00:00Z"},
    "save_template": {"tournament_id": 1, "name": "Our monthly cup"},
    "change_template": {"scope": "organization"},
    "apply_template": {"settings": {"name": "Copper Cup, June", "places": 32}},
    "add_custom_field": {"key": "discord", "label": "Name on Discord", "kind": "text", "limits": {"max": 32}},
    "change_custom_field": {"is_required": True},
    "move_custom_field": {"step": -1},
    "appoint_official": {"handle": "olga", "role": "referee"},
    "publish_announcement": {"text": "Doors open at **six**.", "audience": "all"},
    "change_line_up": {"player_id": "StrikerNine9"},
    "add_participants": {"names": ["Night Ferry", "Copper Owls"]},
    "adjust_points": {"kind": "penalty", "points": -3, "reason": "Twenty minutes late for the lobby"},
    "add_matches": {"tournament_id": 1, "matches": [{"label": "Match 5", "map": "Erangel"}]},
    "keep_draft": {"first_id": 3, "actions": [{"side": "first", "action": "ban", "hero": "Lina"}]},
    "decide_registrations": {"registration_ids": [3, 4], "decision": "approve"},
    "verify_payments": {"payments": [{"payment_id": 1, "revision": 1}]},
    "set_member_role": {"user_id": 3, "role": "substitute"},
    "register_entry": {"tournament_id": 1, "player_id": "StrikerNine9"},
    "decide_registration": {"decision": "approve"},
    "submit_proof": {"method": "bKash", "reference": "TX8812"},
    "verify_payment": {"revision": 1},
    "reject_payment": {"reason": "Nothing of this amount has arrived", "revision": 1},
    "refund_payment": {"reason": "The tournament was called off", "revision": 2},
    "check_in_many": {"tournament_id": 1, "registration_ids": [3, 4]},
    "close_checkin": {"seen": "a43748dce5f49e82"},
    "next_round": {"number": 2},
    "next_stage": {"order": []},
    "ready_match": {"is_ready": True},
    "submit_result": _REPORT,
    "result_submit": _REPORT,
    "confirm_result": {"report_revision": 1},
    "result_confirm": {"report_revision": 1},
    "open_dispute": _OBJECTION,
    "report_dispute": _OBJECTION,
    "comment_on_dispute": {"text": "Look at the second half"},
    "add_evidence": {"url": "https://clips.twitch.tv/TheSecondHalf"},
    "take_dispute": {"dispute_revision": 1},
    "escalate_dispute": {"reason": "It is beyond what our rules say"},
    "resolve_dispute": {"resolution": "approve_dispute", "reason": "The video shows the other score"},
    "preview_decision": {"resolution": "approve_dispute"},
    "correct_match": {"games": _GAMES, "reason": "It was written the wrong way round", "revision": 1},
    "preview_correction": {"games": _GAMES},
    "override_placement": {"participant_id": 3, "new_rank": 1, "reason": "Ruling of the jury, protocol 12"},
    "invalidate_cache": {"tournament_id": 1},
    "token": {"email": "you@example.org", "password": "your password", "scopes": ["read"]},
    "refresh": {"refresh": "dr_…"},
    "verify": {"token": "dc_…"},
}


class Field(NamedTuple):
    """A parameter, or a field of a body or an answer."""

    name: str
    kind: str
    is_required: bool
    words: str


class Shape(NamedTuple):
    """An object: its name, what it is, its fields."""

    name: str
    words: str
    fields: tuple[Field, ...]


class Refusal(NamedTuple):
    """A status that says no."""

    status: str
    words: str


class Entry(NamedTuple):
    """One operation."""

    name: str
    method: str
    path: str
    summary: str
    words: str
    parameters: tuple[Field, ...]
    body: Shape | None
    answers: tuple[Shape, ...]
    refusals: tuple[Refusal, ...]
    command: str


class Family(NamedTuple):
    """Operations that belong together."""

    name: str
    words: str
    entries: tuple[Entry, ...]


def families(description: Mapping[str, Any]) -> tuple[Family, ...]:
    """The families of the description, in its order."""
    entries: dict[str, list[Entry]] = {tag["name"]: [] for tag in description["tags"]}
    for path, methods in description["paths"].items():
        for method, told in methods.items():
            entries[told["tags"][0]].append(_entry(description, path, method, told))
    return tuple(Family(tag["name"], tag["description"], tuple(entries[tag["name"]])) for tag in description["tags"])


def shapes_beside(description: Mapping[str, Any], families: tuple[Family, ...]) -> tuple[Shape, ...]:
    """The objects inside others, by name."""
    shown = {shape.name for family in families for entry in family.entries for shape in entry.answers}
    shown |= {entry.body.name for family in families for entry in family.entries if entry.body}
    names = [name for name in description["components"]["schemas"] if name not in shown]
    return tuple(_shape(description, name) for name in names)


def _entry(description: Mapping[str, Any], path: str, method: str, told: Mapping[str, Any]) -> Entry:
    body = told.get("requestBody")
    success = next(answer for status, answer in told["responses"].items() if status.startswith("2"))
    return Entry(
        told["operationId"],
        method.upper(),
        path,
        told["summary"],
        told["description"],
        tuple(
            Field(one["name"], _kind(one["schema"]), one["required"], one.get("description", ""))
            for one in told["parameters"]
        ),
        _shape(description, names[0]) if (names := _names_in(body["content"]) if body else []) else None,
        tuple(_shape(description, name) for name in _names_in(success["content"])),
        tuple(
            Refusal(status, answer["description"]) for status, answer in told["responses"].items() if status >= "400"
        ),
        _command(description["servers"][0]["url"], path, method, told),
    )


def _shape(description: Mapping[str, Any], name: str) -> Shape:
    schema = description["components"]["schemas"][name]
    required = schema.get("required", ())
    fields = (
        Field(key, _kind(value), key in required, value.get("description", ""))
        for key, value in schema.get("properties", {}).items()
    )
    return Shape(name, schema.get("description", ""), tuple(fields))


def _kind(schema: Mapping[str, Any]) -> str:
    """The type in words: `integer 1–200`, `list of Entry`, `text or null`."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(_kind(option) for option in schema["anyOf"])
    if "const" in schema:
        return f"“{schema['const']}”"
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    return _plain_kind(schema)


def _plain_kind(schema: Mapping[str, Any]) -> str:
    kind = str(schema.get("type", "anything"))
    if kind == "array":
        return f"list of {_kind(schema['items'])}"
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"object of {_kind(schema['additionalProperties'])}"
    if kind == "string":
        return {"date-time": "instant", "date": "day"}.get(schema.get("format", ""), "text")
    if kind == "integer" and schema.get("maximum", 2**31 - 1) < 2**31 - 1:
        return f"integer {schema.get('minimum', 0)}–{schema['maximum']}"
    return kind


def _names_in(content: Mapping[str, Any]) -> list[str]:
    """The names of the schemas that a body or an answer refers to."""

    def found(schema: Mapping[str, Any]) -> Iterator[str]:
        if "$ref" in schema:
            yield str(schema["$ref"]).rpartition("/")[2]
        for option in schema.get("anyOf", ()):
            yield from found(option)

    return [name for media in content.values() for name in found(media["schema"])]


def _command(server: str, path: str, method: str, told: Mapping[str, Any]) -> str:
    name = told["operationId"]
    address = server + re.sub(r"{\w+}", "1", path) + _EXAMPLE_QUERIES.get(name, "")
    lines = [f"curl '{address}'"]
    if told.get("security") != []:
        lines.append("-H 'Authorization: Bearer dc_…'")
    if any(one["in"] == "header" for one in told["parameters"]):
        lines.append("-H 'Idempotency-Key: 7d1f'")
    if method not in ("get", "post") or (method == "post" and "requestBody" not in told):
        lines.append(f"-X {method.upper()}")
    if told["responses"]["200"]["content"].keys() != {"application/json"}:
        lines[0] = lines[0].replace("curl", "curl -OJ", 1)
    if "application/json" in told.get("requestBody", {}).get("content", ()):
        example = json.dumps(_EXAMPLE_BODIES[name], ensure_ascii=False) if name in _EXAMPLE_BODIES else "{…}"
        lines.append(f"--json '{example}'")
    elif "requestBody" in told:
        lines.append("-F file=@picture.png")
    return " \\\n  ".join(lines)
