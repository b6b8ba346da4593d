"""What the embedded provider answers when nothing was scripted."""

from __future__ import annotations

import json
from typing import Any

from hilt.testing.provider.answers import Answer, Asked, Json, ToolCall

__all__ = ["default_answer"]

_SIMPLE: dict[str, Any] = {
    "string": "text",
    "integer": 1,
    "number": 1.5,
    "boolean": True,
    "null": None,
}


def default_answer(asked: Asked) -> Answer:
    """A sensible answer, always the same for the same request.

    It calls a tool where one must be called, follows a JSON Schema where one is given, repeats
    what a tool said, and else repeats what the user said.
    """
    if asked.must_call and asked.tools:
        return Answer(tool_calls=[_made_up_call(asked)])
    if asked.schema:
        return Answer(json.dumps(example_of(asked.schema, asked.schema)))
    if results := asked.tool_results:
        return Answer(f"The tool says: {'; '.join(map(_shown, results))}")
    return Answer(f"You said: {asked.text}" if asked.text else "Hello! How can I help you today?")


def _made_up_call(asked: Asked) -> ToolCall:
    wanted = asked.must_call or ""
    name = wanted if wanted in asked.tools else next(iter(asked.tools))
    schema = asked.tools[name]
    return ToolCall(name, example_of(schema, schema))


def _shown(result: Any) -> str:
    return result if isinstance(result, str) else json.dumps(result, default=str)


def example_of(schema: Any, root: Json) -> Any:
    """A value that the JSON Schema allows: its simplest words only, no patterns or ranges."""
    schema = _resolved(schema, root)
    for name in ("const", "default"):
        if name in schema:
            return schema[name]
    if schema.get("enum"):
        return schema["enum"][0]
    for name in ("anyOf", "oneOf", "allOf"):
        if schema.get(name):
            return example_of(schema[name][0], root)
    return _example_of_type(schema, root)


def _example_of_type(schema: Json, root: Json) -> Any:
    kind = schema.get("type", "object")
    # Gemini writes the types in capitals.
    kind = str(kind[0] if isinstance(kind, list) else kind).lower()
    if kind == "object":
        properties = schema.get("properties") or {}
        return {name: example_of(each, root) for name, each in properties.items()}
    if kind == "array":
        return [example_of(schema.get("items") or {"type": "string"}, root)]
    return _SIMPLE.get(kind)


def _resolved(schema: Any, root: Json) -> Json:
    while isinstance(schema, dict) and "$ref" in schema:
        found: Any = root
        for name in str(schema["$ref"]).removeprefix("#/").split("/"):
            found = found.get(name, {})
        schema = found
    return schema if isinstance(schema, dict) else {}
