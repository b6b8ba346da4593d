"""What the embedded provider answers when nothing was scripted."""

from __future__ import annotations

import json
from typing import Any

from hilt.testing.provider.answers import Answer, Json, ParsedRequest, ToolCall

__all__ = ["default_answer"]

_EXAMPLES: dict[str, Any] = {
    "string": "text",
    "integer": 1,
    "number": 1.5,
    "boolean": True,
    "null": None,
}


def default_answer(request: ParsedRequest) -> Answer:
    """A sensible answer, always the same for the same request.

    It calls a tool if one must be called, follows a JSON Schema if one is given, repeats
    the result of a tool, and otherwise repeats what the user wrote.
    """
    if request.must_call and request.tools:
        return Answer(tool_calls=[_example_call(request)])
    if request.schema:
        return Answer(json.dumps(example_of(request.schema, request.schema)))
    if results := request.tool_results:
        return Answer(f"The tool says: {'; '.join(map(_as_text, results))}")
    return Answer(
        f"You said: {request.text}" if request.text else "Hello! How can I help you today?"
    )


def _example_call(request: ParsedRequest) -> ToolCall:
    required = request.must_call or ""
    name = required if required in request.tools else next(iter(request.tools))
    schema = request.tools[name]
    return ToolCall(name, example_of(schema, schema))


def _as_text(result: Any) -> str:
    return result if isinstance(result, str) else json.dumps(result, default=str)


def example_of(schema: Any, root: Json) -> Any:
    """A value that the JSON Schema allows: its simplest keywords only, no patterns or ranges."""
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
    return _EXAMPLES.get(kind)


def _resolved(schema: Any, root: Json) -> Json:
    while isinstance(schema, dict) and "$ref" in schema:
        target: Any = root
        for name in str(schema["$ref"]).removeprefix("#/").split("/"):
            target = target.get(name, {})
        schema = target
    return schema if isinstance(schema, dict) else {}
