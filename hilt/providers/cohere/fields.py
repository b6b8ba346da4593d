"""What Cohere's answers have in common, in each version of its API: counts, citations, errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hilt import semconv
from hilt.genai.coerce import count_or_none, number_or_none, str_or_empty
from hilt.genai.json_values import get_path, to_plain_json
from hilt.genai.values import Failure, Usage

__all__ = ["failure_in", "parameters", "usage_of"]

_PARAMETERS = (
    ("max_tokens", semconv.REQUEST_MAX_TOKENS),
    ("temperature", semconv.REQUEST_TEMPERATURE),
    ("p", semconv.REQUEST_TOP_P),
    ("k", semconv.REQUEST_TOP_K),
    ("frequency_penalty", semconv.REQUEST_FREQUENCY_PENALTY),
    ("presence_penalty", semconv.REQUEST_PRESENCE_PENALTY),
    ("seed", semconv.REQUEST_SEED),
)
_OUTPUT_TYPES = {"json_object": "json", "text": "text"}


def parameters(body: Mapping[str, Any]) -> dict[str, Any]:
    """``gen_ai.request.*`` for the parameters that stand in a request's body."""
    found: dict[str, Any] = {}
    for name, attribute in _PARAMETERS:
        value = number_or_none(body.get(name))
        if value is not None:
            found[attribute] = value
    stop = body.get("stop_sequences") or body.get("end_sequences")
    if stop:
        found[semconv.REQUEST_STOP_SEQUENCES] = to_plain_json(stop)
    choices = count_or_none(body.get("num_generations"))
    if choices is not None and choices != 1:
        found[semconv.REQUEST_CHOICE_COUNT] = choices
    output = _OUTPUT_TYPES.get(str_or_empty(get_path(body.get("response_format"), "type")))
    if output:
        found[semconv.OUTPUT_TYPE] = output
    return found


def usage_of(sent: Any) -> tuple[Usage | None, Any]:
    """The counts of a ``usage`` or a ``meta``, and the same as Cohere sent them.

    What is billed counts, where it differs from what was consumed.
    """
    raw = {
        name: to_plain_json(get_path(sent, name))
        for name in ("billed_units", "tokens", "cached_tokens")
        if get_path(sent, name) is not None
    }
    if not raw:
        return None, None
    billed, consumed = raw.get("billed_units"), raw.get("tokens")
    taken = count_or_none(get_path(consumed, "input_tokens"))
    given = count_or_none(get_path(billed, "input_tokens"))
    usage = Usage(
        input_tokens=taken if given is None else given,
        output_tokens=_first(billed, consumed, "output_tokens"),
    )
    if usage.input_tokens == taken:
        # Of tokens that are not billed, such as Cohere's own preamble, some may be cached too.
        usage.cache_read_tokens = count_or_none(raw.get("cached_tokens"))
    pictures = count_or_none(get_path(billed, "image_tokens"))
    if pictures:
        usage.input_image_tokens = pictures
        usage.input_tokens = pictures + (usage.input_tokens or 0)
    for unit in ("search_units", "images"):
        count = number_or_none(get_path(billed, unit))
        if count:
            usage.units[unit] = count
    return usage, raw


def _first(billed: Any, consumed: Any, name: str) -> int | None:
    count = count_or_none(get_path(billed, name))
    return count_or_none(get_path(consumed, name)) if count is None else count


def failure_in(reason: Any, message: Any) -> Failure | None:
    """The error that an answer reports in its finish reason, where it does."""
    if reason == "ERROR":
        return Failure("server_error", "ERROR", str(message or ""), provider_code="ERROR")
    if reason == "TIMEOUT":
        return Failure("timeout", "TIMEOUT", str(message or ""), provider_code="TIMEOUT")
    return None
