"""The event format as a JSON Schema, generated from the structures, and a check against it.

``event.schema.json`` beside this module is what is published; a test compares it with `schema`,
and ``python -m hilt.core.schema`` writes it anew.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from inspect import cleandoc
from pathlib import Path
from typing import Any

import msgspec

from hilt.core.event import ACTIONS, ACTOR_TYPES, HILT_VERSION, Event
from hilt.core.exceptions import EventError
from hilt.core.timestamps import parse_timestamp

__all__ = ["SCHEMA_PATH", "problems_of", "schema", "validate_line"]

SCHEMA_PATH = Path(__file__).with_name("event.schema.json")
"""The published schema."""

_REF = "#/$defs/{name}"
_REQUIRED = ("event_id", "timestamp", "session_id", "actor", "action")
_SAID = {
    "event_id": "evt_ and the 32 hex digits of a UUIDv7: unique, and sorts by time.",
    "timestamp": "RFC 3339, in UTC, with microseconds and Z.",
    "actor": "Who acts.",
    "action": "What happens.",
    "content": "What was said.",
    "metrics": "What it cost.",
}
_FIELD = re.compile(r"^ {4}(\w+): (.+(?:\n {8,}.+)*)", re.MULTILINE)
_TYPES: dict[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    # A bool is an int too, in Python only.
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
}
_WORDS = {"object": "an object", "array": "a list", "string": "text", "integer": "a whole number"}


@lru_cache(maxsize=1)
def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of an event, as it is written."""
    (_,), parts = msgspec.json.schema_components([Event], ref_template=_REF)
    parts = {name: _described(name, part) for name, part in parts.items()}
    event = parts.pop("Event")
    said = event["properties"]
    event["required"] = list(_REQUIRED)
    for name, text in _SAID.items():
        said[name]["description"] = text
    said["action"]["enum"] = list(ACTIONS)
    said["timestamp"]["format"] = "date-time"
    parts["Actor"]["properties"]["type"]["enum"] = list(ACTOR_TYPES)
    for owner, name in ((said, "event_id"), (said, "session_id"), (said, "hilt_version")):
        owner[name]["minLength"] = 1
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
    """What is wrong with a line of a log, by field; nothing if it is an event.

    >>> validate_line('{"event_id": "evt_1", "action": "dance"}')[0]
    'timestamp: is missing'
    """
    try:
        value = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return [f"event: not JSON: {error}"]
    return problems_of(value)


def problems_of(value: Any) -> list[str]:
    """What is wrong with an event that was read as JSON, by field; nothing if all is right."""
    return list(_problems(value, schema(), ""))


def _described(name: str, part: dict[str, Any]) -> dict[str, Any]:
    """One structure, with its docstring's texts, without nulls and without ``extra``."""
    text = cleandoc(part.pop("description", ""))  # Python 3.13 has taken the margin off already
    described = {found[1]: " ".join(found[2].split()) for found in _FIELD.finditer(text)}
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


def _without_null(shape: dict[str, Any]) -> dict[str, Any]:
    """A field that may be absent, but is never null."""
    shape = {key: value for key, value in shape.items() if key not in ("default", "description")}
    options = [option for option in shape.pop("anyOf", ()) if option != {"type": "null"}]
    return {**shape, **options[0]} if options else shape


def _problems(value: Any, shape: dict[str, Any], path: str) -> Iterator[str]:
    """Check a value against the part of JSON Schema that `schema` uses."""
    if "$ref" in shape:
        shape = {**schema()["$defs"][shape["$ref"].rpartition("/")[2]], **shape}
    where = path or "event"
    kind = shape.get("type")
    if kind is not None and not _TYPES[kind](value):
        yield f"{where}: {_shown(value)} is not allowed; expected {_WORDS.get(kind, f'a {kind}')}"
        return
    if "enum" in shape and value not in shape["enum"]:
        allowed = ", ".join(shape["enum"])
        yield f"{where}: {_shown(value)} is not allowed; expected one of {allowed}"
    if len(value) < shape.get("minLength", 0) if isinstance(value, str) else False:
        yield f"{where}: is empty"
    if "minimum" in shape and value < shape["minimum"]:
        yield f"{where}: {_shown(value)} is not allowed; expected {shape['minimum']} or more"
    if shape.get("format") == "date-time":
        yield from _timestamp_problems(value, where)
    if isinstance(value, dict):
        yield from _member_problems(value, shape, path)


def _member_problems(value: dict[str, Any], shape: dict[str, Any], path: str) -> Iterator[str]:
    prefix = f"{path}." if path else ""
    for name in shape.get("required", ()):
        if name not in value:
            yield f"{prefix}{name}: is missing"
    others = shape.get("additionalProperties") or {}
    for name, member in value.items():
        yield from _problems(member, shape.get("properties", {}).get(name, others), prefix + name)


def _timestamp_problems(value: str, where: str) -> Iterator[str]:
    try:
        parse_timestamp(value)
    except EventError:
        yield f"{where}: {_shown(value)} is not RFC 3339 with a time zone"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."  # noqa: PLR2004


if __name__ == "__main__":
    SCHEMA_PATH.write_text(json.dumps(schema(), indent=2) + "\n", encoding="utf-8")
