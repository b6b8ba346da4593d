"""What hosts of the chat completions API answer beside the text: sources, images, tools they ran.

The same fields stand in a message and, streamed, in deltas, and both are read here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hilt.core.plain_json import to_sent_json
from hilt.genai.coerce import as_list, texts_of
from hilt.genai.json_values import get_path
from hilt.genai.media import blob_of_base64, blob_of_url, without_binary
from hilt.genai.values import Part
from hilt.providers._message_parts import index_of, server_tool_call

__all__ = [
    "EXTRA_FIELDS",
    "add_sources",
    "citations_of",
    "extra_parts",
    "image_parts",
    "reasoning_of",
    "search_result_parts",
]

_CONTEXTS = (
    "context",  # Azure OpenAI on your data
    "graph_data",  # Writer, here and below
    "llm_data",
    "web_search_data",
    "translation_data",
    "search_results",
    "documents",
)
_REASONINGS = ("reasoning_content", "reasoning", "thinking", "reasoning_text")
_CITATIONS = ("annotations", "citations")
EXTRA_FIELDS = frozenset((
    *_CONTEXTS, *_REASONINGS, "citations", "images", "executed_tools", "reasoning_details",
))  # fmt: skip
"""Fields of a message that hold more than its text; ``annotations`` is in most, and empty."""


def citations_of(get: Callable[[str], Any]) -> list[Any]:
    """What a message, a delta or an answer cites."""
    citations: list[Any] = []
    for name in _CITATIONS:
        citations += to_sent_json(as_list(get(name)))
    context = get("context")
    return (
        citations + to_sent_json(as_list(get_path(context, "citations"))) if context else citations
    )


def search_result_parts(get: Callable[[str], Any]) -> dict[str, Part]:
    """The results of a search that an answer has beside its choices (Perplexity), by their key."""
    results = get("search_results")
    if not results:
        return {}
    content = without_binary(to_sent_json(results))
    return {"search_results": {"type": "search_results", "content": content}}


def add_sources(parts: list[Part], get: Callable[[str], Any]) -> None:
    """Add what an answer cites beside its choices to the parts of the first, before its calls."""
    text = next((part for part in parts if part["type"] == "text"), None)
    citations = citations_of(get)
    if text is not None and citations:
        text.setdefault("citations", citations)
    kinds = [part["type"] for part in parts]
    if "search_results" not in kinds:
        end = kinds.index("tool_call") if "tool_call" in kinds else len(parts)
        parts[end:end] = search_result_parts(get).values()


def image_parts(get: Callable[[str], Any]) -> list[Part]:
    """The images of an answer, as blobs (OpenRouter, and hosts that copy it)."""
    return [_image_part(image) for image in as_list(get("images"))]


def _image_part(image: object) -> Part:
    data = get_path(image, "b64_json") or get_path(image, "data")
    if isinstance(data, (str, bytes)) and not str(data).startswith("data:"):
        return blob_of_base64(data, get_path(image, "mime_type"), "image")
    url = image if isinstance(image, str) else get_path(image, "image_url") or data
    return blob_of_url(
        url if isinstance(url, str) else get_path(url, "url") or get_path(image, "url")
    )


def extra_parts(get: Callable[[str], Any]) -> dict[str, Part]:
    """Tools that the provider ran (Groq), and what the answer was made from, by a key of each."""
    parts: dict[str, Part] = {}
    for position, tool in enumerate(as_list(get("executed_tools"))):
        plain = without_binary(to_sent_json(tool))
        details = plain if isinstance(plain, dict) else {"content": plain}
        name = details.get("name") or details.get("type")
        index = position if get_path(tool, "index") is None else index_of(tool)
        part = server_tool_call(details.get("id"), name, {"type": name, **details})
        parts[f"executed_tools {index}"] = part
    for name in _CONTEXTS:
        value = get(name)
        if value and not isinstance(value, (str, int, float)):
            parts[name] = {"type": name, "content": without_binary(to_sent_json(value))}
    return parts


def reasoning_of(get: Callable[[str], Any]) -> str:
    """The reasoning beside a text, under any of the names that hosts have for it."""
    for name in _REASONINGS:
        value = get(name)
        if value:
            return value if isinstance(value, str) else "".join(texts_of(value))
    details = get("reasoning_details")
    if not details:
        return ""
    texts = (get_path(each, "text") or get_path(each, "summary") for each in as_list(details))
    return "".join(text for text in texts if isinstance(text, str))
