"""The event format as a JSON Schema, generated from the structures, and a check against it.

``event.schema.json`` beside this module is published; a test compares it with `schema`, and
``python -m hilt.core.schema`` writes it anew.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from inspect import cleandoc
from pathlib import Path

import msgspec

from hilt.core.event import ACTIONS, ACTOR_TYPES, HILT_VERSION, Event
from hilt.core.exceptions import EventError
from hilt.core.ids_and_times import parse_timestamp
from hilt.core.json_types import JsonObject

__all__ = ["SCHEMA_PATH", "problems_of", "schema", "validate_line"]

SCHEMA_PATH = Path(__file__).with_name("event.schema.json")
"""The published schema."""

_REF = "#/$defs/{name}"
_REQUIRED = ("event_id", "timestamp", "session_id", "actor", "action")
_DESCRIPTIONS = {
    "event_id": "evt_ and the 32 hex digits of a UUIDv7: unique, and sorts by time.",
    "timestamp": "RFC 3339, in UTC, with microseconds and Z.",
    "actor": "Who acts.",
    "action": "What happens.",
    "content": "The text, messages, documents or media.",
    "metrics": "Tokens and cost.",
}
_FIELD = re.compile(r"^ {4}(\w+): (.+(?:\n {8,}.+)*)", re.MULTILINE)
_TYPES: dict[str, Callable[[object], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    # In Python a bool is an int, in JSON it is not.
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
}
_TYPE_NAMES = {
    "object": "an object",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
}


@lru_cache(maxsize=1)
def schema() -> JsonObject:
    """The JSON Schema (2020-12) of an event as HILT writes it."""
    (_,), parts = msgspec.json.schema_components([Event], ref_template=_REF)
    parts = {name: _described(name, part) for name, part in parts.items()}
    event = parts.pop("Event")
    properties = event["properties"]
    event["required"] = list(_REQUIRED)
    for name, text in _DESCRIPTIONS.items():
        properties[name]["description"] = text
    properties["action"]["enum"] = list(ACTIONS)
    properties["timestamp"]["format"] = "date-time"
    parts["Actor"]["properties"]["type"]["enum"] = list(ACTOR_TYPES)
    for name in ("event_id", "session_id", "hilt_version"):
        properties[name]["minLength"] = 1
    parts["Actor"]["properties"]["id"]["minLength"] = 1
    parts["Metrics"]["properties"]["tokens"]["additionalProperties"]["minimum"] = 0
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"https://hilt-format.org/schema/{HILT_VERSION}/event.json",
        **event,
        "title": "HILT event",
        "$defs": dict(sorted(parts.items())),
    }


def validate_line(line: str | bytes) -> list[str]:
    """What is wrong with a line of a log, by field; an empty list if it is an event.

    >>> validate_line('{"event_id": "evt_1", "action": "dance"}')[0]
    'timestamp: is missing'
    """
    try:
        value = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return [f"event: not JSON: {error}"]
    except RecursionError:
        return ["event: the JSON is nested too deeply"]
    return problems_of(value)


def problems_of(value: object) -> list[str]:
    """What is wrong with an event that was read as JSON, by field; an empty list if nothing is."""
    return list(_problems(value, schema(), ""))


def _described(name: str, part: JsonObject) -> JsonObject:
    """One structure with the descriptions in its docstring, without nulls and ``extra``."""
    text = cleandoc(part.pop("description", ""))  # Python 3.13 removes the margin itself
    described = {match[1]: " ".join(match[2].split()) for match in _FIELD.finditer(text)}
    fields = {
        field: {**_without_null(shape), "description": described.get(field, "")}
        for field, shape in part["properties"].items()
        if field != "extra"
    }
    return {
        "title": name,
        "description": text.split("\n", 1)[0],
        "type": "object",
        "properties": fields,
        **({"required": part["required"]} if part.get("required") else {}),
    }


def _without_null(shape: JsonObject) -> JsonObject:
    """A field that may be absent, but is never null."""
    shape = {key: value for key, value in shape.items() if key not in ("default", "description")}
    options = [option for option in shape.pop("anyOf", ()) if option != {"type": "null"}]
    return {**shape, **options[0]} if options else shape


def _problems(value: object, shape: JsonObject, path: str) -> Iterator[str]:
    """Check a value against a schema; supports the part of JSON Schema that `schema` uses."""
    if "$ref" in shape:
        shape = {**schema()["$defs"][shape["$ref"].rpartition("/")[2]], **shape}
    field = path or "event"
    kind = shape.get("type")
    if kind is not None and not _TYPES[kind](value):
        expected = _TYPE_NAMES.get(kind, f"a {kind}")
        yield f"{field}: {_shown(value)} is not allowed; expected {expected}"
        return
    if "enum" in shape and value not in shape["enum"]:
        allowed = ", ".join(shape["enum"])
        yield f"{field}: {_shown(value)} is not allowed; expected one of {allowed}"
    if isinstance(value, str):
        yield from _text_problems(value, shape, field)
    elif isinstance(value, dict):
        yield from _member_problems(value, shape, path)
    elif isinstance(value, (int, float)) and value < shape.get("minimum", value):
        yield f"{field}: {_shown(value)} is not allowed; expected {shape['minimum']} or more"


def _member_problems(value: JsonObject, shape: JsonObject, path: str) -> Iterator[str]:
    prefix = f"{path}." if path else ""
    for name in shape.get("required", ()):
        if name not in value:
            yield f"{prefix}{name}: is missing"
    others = shape.get("additionalProperties") or {}
    for name, member in value.items():
        yield from _problems(member, shape.get("properties", {}).get(name, others), prefix + name)


def _text_problems(value: str, shape: JsonObject, field: str) -> Iterator[str]:
    if len(value) < shape.get("minLength", 0):
        yield f"{field}: is empty"
    if shape.get("format") == "date-time":
        try:
            parse_timestamp(value)
        except EventError:
            yield f"{field}: {_shown(value)} is not RFC 3339 with a time zone"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."  # noqa: PLR2004


if __name__ == "__main__":
    SCHEMA_PATH.write_text(json.dumps(schema(), indent=2) + "\n", encoding="utf-8")
