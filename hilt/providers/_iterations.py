"""What other models took in one answer of Anthropic's: an advisor, or one that was asked first.

An answer counts each time that a model ran in ``iterations``. The totals beside it are those of
the model that answers (https://platform.claude.com/docs/en/agents-and-tools/tool-use/advisor-tool).
Where a model declined and another one answers, the entry of that one is a ``fallback_message``
(https://platform.claude.com/docs/en/build-with-claude/refusals-and-fallback).
"""

from __future__ import annotations

from hilt.genai.coerce import count_or_none, str_or_empty, str_or_none
from hilt.genai.json_values import field_getter, get_path
from hilt.genai.values import Usage
from hilt.providers._counts import sum_of_counts

__all__ = [
    "fallback_of",
    "iterations_of",
    "own_iterations",
    "take_out_other_models",
    "usage_by_model",
    "usage_of_entries",
    "usage_of_entry",
]

_OWN = frozenset(("", "message", "compaction"))
_FALLBACK = "fallback_message"


def iterations_of(usage: object) -> list[object]:
    """Each time that a model ran."""
    entries = get_path(usage, "iterations")
    return list(entries) if isinstance(entries, (list, tuple)) else []


def fallback_of(usage: object) -> str | None:
    """The model that answers in the place of one that declined; None if none did."""
    entries = (each for each in iterations_of(usage) if _type_of(each) == _FALLBACK)
    return next(filter(None, map(_model_of, entries)), None)


def own_iterations(usage: object) -> list[object]:
    """Those in which the model that answers ran, also to make room for itself."""
    fallback = fallback_of(usage)
    return [entry for entry in iterations_of(usage) if _is_own(entry, fallback)]


def _is_own(entry: object, fallback: str | None) -> bool:
    """Whether the model that answers ran; entries may name a model only where several did."""
    if fallback is None:
        return _type_of(entry) in _OWN
    model = _model_of(entry)
    return model == fallback if model else _type_of(entry) in _OWN


def usage_by_model(usage: object) -> dict[str, Usage] | None:
    """The counts of the other models, each with its own; None if no other model ran."""
    entries: dict[str, list[object]] = {}
    fallback = fallback_of(usage)
    for entry in iterations_of(usage):
        if not _is_own(entry, fallback):
            model = _model_of(entry) or _type_of(entry)
            entries.setdefault(model, []).append(entry)
    return {model: usage_of_entries(each) for model, each in entries.items()} or None


def usage_of_entry(entry: object) -> Usage:
    """The counts of one entry."""
    return _usage(*_counts_of(entry))


def usage_of_entries(entries: list[object]) -> Usage:
    """The sum of the counts of some entries."""
    columns = zip(*map(_counts_of, entries), strict=True)
    return _usage(*(sum_of_counts(*column) for column in columns)) if entries else Usage()


def take_out_other_models(usage: Usage, counts: object) -> None:
    """LiteLLM adds what an advisor took to the counts of the model that answered."""
    usage.by_model = usage_by_model(counts)
    if usage.by_model:
        own = usage_of_entries(own_iterations(counts))
        usage.input_tokens, usage.output_tokens = own.input_tokens, own.output_tokens
        usage.cache_read_tokens, usage.cache_write_tokens = (
            own.cache_read_tokens,
            own.cache_write_tokens,
        )
        usage.cache_write_1h_tokens = own.cache_write_1h_tokens
        usage.total_tokens = sum_of_counts(own.input_tokens, own.output_tokens)


def _counts_of(entry: object) -> tuple[int | None, ...]:
    """Input, output, what was read from the cache and written to it, and that for an hour."""
    get = field_getter(entry)
    return (
        count_or_none(get("input_tokens")),
        count_or_none(get("output_tokens")),
        count_or_none(get("cache_read_input_tokens")),
        count_or_none(get("cache_creation_input_tokens")),
        count_or_none(get_path(get("cache_creation"), "ephemeral_1h_input_tokens")),
    )


def _usage(
    inputs: int | None, outputs: int | None, read: int | None, written: int | None, hour: int | None
) -> Usage:
    """A usage; what was cached is counted apart from the input, and is part of it in HILT."""
    if inputs is not None:
        inputs += (read or 0) + (written or 0)
    return Usage(inputs, outputs, None, read, written, hour)


def _type_of(entry: object) -> str:
    return str_or_empty(get_path(entry, "type"))


def _model_of(entry: object) -> str | None:
    return str_or_none(get_path(entry, "model"))
