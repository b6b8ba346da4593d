"""What LangChain's run metadata, serialized runnables, inputs and outputs mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hilt._context import CONVERSATION_KEYS
from hilt.genai.json_values import to_plain_json

__all__ = [
    "conversation_of",
    "input_text",
    "is_agent",
    "name_of",
    "output_text",
    "run_provenance",
]

_INTERNAL_METADATA = ("ls_", "langgraph_", "checkpoint_ns", "lc_", "__pregel")
_INTERNAL_TAGS = ("seq:step", "graph:step")
_INPUT_KEYS = ("input", "question", "query")
_OUTPUT_KEYS = ("output", "answer", "result", "text")


def run_provenance(
    run_id: object,
    parent_run_id: object | None,
    tags: Sequence[str] | None,
    metadata: Mapping[str, object] | None,
) -> dict[str, Any]:
    """A run's ids, tags and metadata, without what LangChain keeps there for itself."""
    provenance: dict[str, Any] = {"framework": "langchain", "run_id": str(run_id)}
    if parent_run_id is not None:
        provenance["parent_run_id"] = str(parent_run_id)
    if own_tags := [tag for tag in tags or () if not tag.startswith(_INTERNAL_TAGS)]:
        provenance["tags"] = own_tags
    own_metadata = {
        name: to_plain_json(value)
        for name, value in (metadata or {}).items()
        if not name.startswith(_INTERNAL_METADATA)
    }
    if own_metadata:
        provenance["metadata"] = own_metadata
    return provenance


def conversation_of(metadata: Mapping[str, object] | None) -> str | None:
    """The conversation that a run's metadata names."""
    for key in CONVERSATION_KEYS:
        value = (metadata or {}).get(key)
        if isinstance(value, (str, int)) and str(value):
            return str(value)
    return None


def name_of(serialized: Mapping[str, object] | None) -> str | None:
    """The name of a runnable that LangChain has serialized."""
    if not serialized:
        return None
    path = serialized.get("id")
    name = serialized.get("name") or (path[-1] if isinstance(path, list) and path else None)
    return str(name) if name else None


def is_agent(name: str, metadata: Mapping[str, object]) -> bool:
    """Whether a chain is an agent, by its name or by the metadata that ``create_agent`` sets."""
    from_create_agent = str(metadata.get("ls_integration") or "").endswith("create_agent")
    return "agent" in name.lower() or (
        from_create_agent and name in ("LangGraph", metadata.get("lc_agent_name"))
    )


def input_text(inputs: object) -> str | None:
    """The input of a chain, if it is a single text; messages are in the model's prompt event."""
    return _only_text(inputs, _INPUT_KEYS)


def output_text(outputs: object) -> str | None:
    """The output of a chain, if it is a single text."""
    return _only_text(outputs, _OUTPUT_KEYS)


def _only_text(value: object, keys: Sequence[str]) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        texts = (value[key] for key in keys if isinstance(value.get(key), str))
        return next(texts, None)
    return None
