"""What every answer of Voyage AI says beside its vectors or documents."""

from __future__ import annotations

from hilt.genai.coerce import count_or_none
from hilt.genai.json_values import get_path, to_plain_json
from hilt.genai.values import Response, Usage

__all__ = ["response_fields"]


def response_fields(body: object) -> Response:
    """The model, and the tokens, all of which are input."""
    usage = get_path(body, "usage")
    response = Response(model=get_path(body, "model") or None)
    if usage:
        total = count_or_none(get_path(usage, "total_tokens"))
        response.usage = Usage(input_tokens=total, total_tokens=total)
        response.raw_usage = to_plain_json(usage)
    return response
