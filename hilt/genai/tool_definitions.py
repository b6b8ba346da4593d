"""Definitions of tools as a log may show them: what a tool is and takes, never how it is reached.

A definition can carry the credentials of the service behind the tool: an MCP server's
``authorization`` and ``headers``, a key in its address, ``domain_secrets`` of a container. What may
be shown is listed here; of everything else only the name is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from hilt.core.credentials import REDACTED, without_credentials
from hilt.genai.json_values import json_or_text

__all__ = ["visible_definition", "visible_definitions"]

_SCHEMAS: Final = frozenset({
    "inputSchema", "input_examples", "input_schema", "outputSchema", "output_schema",
    "parameter_definitions", "parameters", "parametersJsonSchema", "parameters_json_schema",
    "response", "responseJsonSchema", "response_json_schema", "schema",
})  # fmt: skip
"""JSON Schemas, and examples of arguments: the model is sent them whole, and so is the log."""

_ADDRESSES: Final = frozenset({"endpoint", "server_url", "uri", "url"})

_VISIBLE: Final = frozenset({
    # What all have.
    "custom", "description", "function", "name", "strict", "type",
    # OpenAI, and those who copied it.
    "allowed_tools", "background", "connector_id", "container", "defer_loading", "definition",
    "display_height", "display_width", "environment", "file_ids", "filters", "format",
    "input_fidelity", "max_num_results", "memory_limit", "model", "moderation",
    "output_compression", "output_format", "partial_images", "quality", "ranker",
    "ranking_options", "read_only", "require_approval", "score_threshold", "search_context_size",
    "server_description",
    "server_label", "size", "syntax", "tool_names", "user_location", "vector_store_ids",
    "always", "never", "key", "value", "allowed_domains", "search_content_types",
    "city", "country", "region", "timezone",
    # Anthropic.
    "allowed_callers", "blocked_domains", "cache_control", "citations", "configs",
    "default_config", "display_height_px", "display_number", "display_width_px",
    "eager_input_streaming", "enabled", "max_characters", "max_content_tokens", "max_uses",
    "mcp_server_name", "ttl",
    # Google.
    "behavior", "codeExecution", "code_execution", "computerUse", "computer_use",
    "dynamicRetrievalConfig", "dynamic_retrieval_config", "enterpriseWebSearch",
    "enterprise_web_search", "excludeDomains", "exclude_domains",
    "excludedPredefinedFunctions", "excluded_predefined_functions", "fileSearch",
    "fileSearchStoreNames", "file_search", "file_search_store_names", "functionDeclarations",
    "function_declarations", "googleMaps", "googleSearch", "googleSearchRetrieval", "google_maps",
    "google_search", "google_search_retrieval", "mode", "retrieval", "timeRangeFilter",
    "time_range_filter", "urlContext", "url_context", "vertexAiSearch", "vertex_ai_search",
    "vertexRagStore", "vertex_rag_store", "datastore", "engine", "ragResources", "rag_resources",
    "ragCorpus", "rag_corpus", "startTime", "start_time", "endTime", "end_time",
    # Amazon, Cohere, Mistral.
    "cachePoint", "json", "library_ids", "systemTool", "toolSpec",
})  # fmt: skip
"""The names whose values describe a tool, of every provider."""


def visible_definitions(tools: object) -> list[object]:
    """Definitions of tools without what could be a credential; see `visible_definition`."""
    return [visible_definition(tool) for tool in tools] if isinstance(tools, list | tuple) else []


def visible_definition(tool: object) -> object:
    """One definition without what could be a credential.

    Numbers and flags stay whatever their name is. A text, a list or an object under a name that is
    not known to be harmless is replaced by ``[redacted]``, and an address keeps its host and path.

    Args:
        tool: As it was sent: an object of JSON.
    """
    tool = json_or_text(tool)
    if isinstance(tool, str):
        return without_credentials(tool)
    if not isinstance(tool, Mapping):
        return tool
    return {name: _visible(str(name), value) for name, value in tool.items()}


def _visible(name: str, value: object) -> object:
    if name in _SCHEMAS or value is None or isinstance(value, bool | int | float):
        return value
    if name in _ADDRESSES:
        return _host_and_path(value)
    if name not in _VISIBLE:
        return REDACTED if value else value
    if isinstance(value, list | tuple):
        return [visible_definition(each) for each in value]
    return visible_definition(value)


def _host_and_path(address: object) -> object:
    """An address without user, password, query and path segments that look like keys."""
    if not isinstance(address, str):
        return REDACTED
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port is not None else ""
    except ValueError:
        return REDACTED
    path = "/".join(REDACTED if _is_key(each) else each for each in parts.path.split("/"))
    query = f"?{REDACTED}" if parts.query else ""
    scheme = f"{parts.scheme}://" if parts.scheme else ""
    return f"{scheme}{host}{port}{path}{query}"


def _is_key(segment: str) -> bool:
    has_digit = any(each.isdigit() for each in segment)
    return len(segment) >= 16 and has_digit  # noqa: PLR2004 # shorter ones are names and versions
