"""What both versions of Cohere's API have in common: parameters, counts, and errors in answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hilt import semconv
from hilt.genai.coerce import count_or_none, number_or_none
from hilt.genai.json_values import get_path, to_plain_json
from hilt.genai.outcome import failure_in_body
from hilt.genai.values import Failure, Usage
from hilt.providers._counts import first_count
from hilt.providers._parameters import (
    Attributes,
    add_choice_count,
    add_output_type,
    add_stop_sequences,
    number_attributes,
)

__all__ = ["failure_of_body", "failure_of_reason", "request_parameters", "usage_of"]

_PARAMETERS = (
    ("max_tokens", semconv.REQUEST_MAX_TOKENS),
    ("temperature", semconv.REQUEST_TEMPERATURE),
    ("p", semconv.REQUEST_TOP_P),
    ("k", semconv.REQUEST_TOP_K),
    ("frequency_penalty", semconv.REQUEST_FREQUENCY_PENALTY),
    ("presence_penalty", semconv.REQUEST_PRESENCE_PENALTY),
    ("seed", semconv.REQUEST_SEED),
)
_ERROR_CODES = {"ERROR": "server_error", "TIMEOUT": "timeout"}


def request_parameters(body: Mapping[str, object]) -> Attributes:
    """``gen_ai.request.*`` for the parameters of a request's body."""
    attributes = number_attributes(body, _PARAMETERS)
    add_stop_sequences(attributes, body.get("stop_sequences") or body.get("end_sequences"))
    add_choice_count(attributes, body.get("num_generations"))
    add_output_type(attributes, get_path(body.get("response_format"), "type"))
    return attributes


def usage_of(meta: object) -> tuple[Usage | None, dict[str, Any] | None]:
    """The counts of a ``usage`` or a ``meta``, and the same as Cohere sent them.

    What is billed counts, where it differs from what was consumed.
    """
    raw = {
        name: to_plain_json(get_path(meta, name))
        for name in ("billed_units", "tokens", "cached_tokens")
        if get_path(meta, name) is not None
    }
    if not raw:
        return None, None
    billed, consumed = raw.get("billed_units"), raw.get("tokens")
    consumed_input = count_or_none(get_path(consumed, "input_tokens"))
    usage = Usage(
        input_tokens=first_count(get_path(billed, "input_tokens"), consumed_input),
        output_tokens=first_count(
            get_path(billed, "output_tokens"), get_path(consumed, "output_tokens")
        ),
    )
    if usage.input_tokens == consumed_input:
        # Of tokens that are not billed, such as Cohere's own preamble, some may be cached too.
        usage.cache_read_tokens = count_or_none(raw.get("cached_tokens"))
    images = count_or_none(get_path(billed, "image_tokens"))
    if images:
        usage.input_image_tokens = images
        usage.input_tokens = images + (usage.input_tokens or 0)
    for unit in ("search_units", "images"):
        count = number_or_none(get_path(billed, unit))
        if count:
            usage.units[unit] = count
    return usage, raw


def failure_of_body(body: object) -> Failure | None:
    """The failure that a body without an answer is if it has a message, as Cohere's errors have.

    With an error's status the SDK raises for it; with status 200 it does not.
    """
    message = get_path(body, "message")
    return failure_in_body(message) if isinstance(message, str) else None


def failure_of_reason(finish_reason: object, message: object) -> Failure | None:
    """The error that an answer reports in its finish reason, if it does."""
    reason = str(finish_reason)
    code = _ERROR_CODES.get(reason)
    if code is None:
        return None
    return Failure(code, reason, str(message or ""), provider_code=reason)
