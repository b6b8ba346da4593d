"""Counts of tokens that stand in a recorded answer or in metadata, by any provider's names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hilt import semconv
from hilt.genai.coerce import count_or_none
from hilt.genai.json_values import get_path, json_or_text
from hilt_otel_exporters.dialects.all_dialects import STEP_FIELDS
from hilt_otel_exporters.dialects.text_values import value_in_text
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["add_usage"]

_ATTRIBUTES = (
    semconv.OTHER_USAGE,
    "usage",
    "llm.usage",
    semconv.OTHER_USAGE_RAW,
    *(str(source) for source in STEP_FIELDS[semconv.OUTPUT_MESSAGES] if isinstance(source, str)),
    "metadata",
    "response",
)
"""Attributes in whose JSON an answer's usage may stand, the nearest to the provider first."""
_PREFIXES = ("llm.usage.", "usage.", "metadata.usage_object.", "metadata.usage.")
_KEYS = ("usage", "usage_metadata", "usageMetadata", "token_usage", "tokenUsage", "usage_object")
_NAMES: dict[str, tuple[tuple[str, ...], ...]] = {
    semconv.USAGE_INPUT_TOKENS: (
        ("prompt_tokens",),
        ("input_tokens",),
        ("inputTokens",),
        ("promptTokens",),
        ("promptTokenCount",),
        ("prompt_token_count",),
        ("prompt_eval_count",),
    ),
    semconv.USAGE_OUTPUT_TOKENS: (
        ("completion_tokens",),
        ("output_tokens",),
        ("outputTokens",),
        ("completionTokens",),
        ("candidatesTokenCount",),
        ("candidates_token_count",),
        ("eval_count",),
    ),
    semconv.USAGE_CACHE_READ_INPUT_TOKENS: (
        ("prompt_tokens_details", "cached_tokens"),
        ("input_tokens_details", "cached_tokens"),
        ("input_token_details", "cache_read"),
        ("cache_read_input_tokens",),
        ("cacheReadInputTokens",),
        ("cachedContentTokenCount",),
        ("cached_content_token_count",),
        ("cached_prompt_tokens",),
        ("cached_tokens",),
    ),
    semconv.USAGE_CACHE_WRITE_INPUT_TOKENS: (
        ("cache_creation_input_tokens",),
        ("cacheWriteInputTokens",),
        ("input_token_details", "cache_creation"),
        ("cached_creation_tokens",),
    ),
    semconv.USAGE_REASONING_OUTPUT_TOKENS: (
        ("completion_tokens_details", "reasoning_tokens"),
        ("output_tokens_details", "reasoning_tokens"),
        ("output_token_details", "reasoning"),
        ("thoughtsTokenCount",),
        ("thoughts_token_count",),
        ("reasoning_tokens",),
    ),
}
_OUTSIDE_THE_INPUT = {
    "input_tokens": ("cache_read_input_tokens", "cache_creation_input_tokens"),  # Anthropic
    "inputTokens": ("cacheReadInputTokens", "cacheWriteInputTokens"),  # Bedrock
}
_OUTSIDE_THE_OUTPUT = {
    "candidatesTokenCount": "thoughtsTokenCount",
    "candidates_token_count": "thoughts_token_count",
}
_COUNTS = frozenset(
    path[0]
    for field in (semconv.USAGE_INPUT_TOKENS, semconv.USAGE_OUTPUT_TOKENS)
    for path in _NAMES[field]
)
_DEEPEST = 6
_MOST = 500


def add_usage(record: SpanRecord, fields: dict[str, Any]) -> None:
    """Add the counts of an answer to the fields of a call that has none as attributes.

    The input is to have all of it, also what came out of a cache.
    """
    usage = next(_usages(record), None)
    if usage is None:
        return
    fields.update(_counts(usage))
    fields.setdefault(semconv.OTHER_USAGE_RAW, usage)


def _usages(record: SpanRecord) -> Iterator[dict[str, Any]]:
    """Everything on a span that counts tokens."""
    for attribute in _ATTRIBUTES:
        if attribute in record.attributes:
            whole = value_in_text(record.json(attribute))
            yield from _usages_in([whole, {"usage": whole}])
    for prefix in _PREFIXES:
        flat = {
            name.removeprefix(prefix): value
            for name, value in record.attributes.items()
            if name.startswith(prefix)
        }
        if _is_usage(flat):
            yield flat


def _usages_in(values: list[Any]) -> Iterator[dict[str, Any]]:
    """The usages within values: the outermost first, and of a stream's chunks the last."""
    for _ in range(_DEEPEST):
        values = values[:_MOST]
        for value in values:
            for key in _KEYS if isinstance(value, dict) else ():
                if _is_usage(value.get(key)):
                    yield value[key]
        values = [inner for value in values for inner in _inner(value)]


def _inner(value: Any) -> list[Any]:
    listed = value.values() if isinstance(value, dict) else value if type(value) is list else ()
    return [each for each in reversed(list(listed)) if isinstance(each, (dict, list))]


def _is_usage(value: Any) -> bool:
    if not isinstance(value, dict) or _COUNTS.isdisjoint(value):
        return False
    return any(_count(value, (name,)) is not None for name in _COUNTS.intersection(value))


def _count(usage: Mapping[str, Any], path: tuple[str, ...]) -> int | None:
    flat = usage.get(".".join(path))
    found = get_path(usage, *path) if flat is None else flat
    return count_or_none(json_or_text(found) if isinstance(found, str) else found)


def _counts(usage: Mapping[str, Any]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for field, paths in _NAMES.items():
        found = ((path, _count(usage, path)) for path in paths)
        path, count = next((each for each in found if each[1] is not None), ((), None))
        if count is not None:
            counts[field] = count + _beside(usage, path[0])
    return counts


def _beside(usage: Mapping[str, Any], name: str) -> int:
    """What a provider counts apart from its input or its output, and others count with it."""
    names = _OUTSIDE_THE_INPUT.get(name, ())
    thoughts = _OUTSIDE_THE_OUTPUT.get(name)
    return sum(count_or_none(usage.get(each)) or 0 for each in (*names, thoughts) if each)
