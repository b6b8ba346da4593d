"""google-genai: one method sends everything, and hands out the answer's JSON text or its chunks."""

from __future__ import annotations

from typing import Any

from hilt.core.guard import guard
from hilt.genai.json_values import json_or_text
from hilt.instrumentation.engine import Call
from hilt.instrumentation.observer import Ending
from hilt.instrumentation.streams import AsyncTap, tap

__all__ = ["API_REQUEST"]


class _ApiRequest:
    """``BaseApiClient._request``: its ``HttpResponse`` holds the text of the answer or a stream."""

    def observe(self, call: Call, result: Any) -> Any:
        """Complete the call from the text that came, or tap the stream's decoded chunks."""
        try:
            if isinstance(result.response_stream, list):
                call.end(Ending.RETURNED, _body(result.response_stream))
            else:
                _observe_chunks(result, call)
        except Exception:
            guard.report("observing an answer")
        return result


def _body(texts: list[Any]) -> Any:
    """The JSON of an answer; a text that is none, for which the SDK raises, stays one."""
    return json_or_text(texts[0]) if texts and texts[0] else {}


def _observe_chunks(result: Any, call: Call) -> None:
    """Put the taps into the response object, which stays the very same."""
    call.open_stream()
    segments = result.segments
    result.segments = lambda: tap(segments(), call)
    waiting = getattr(result, "segment_iterator", None)
    if waiting is not None:  # google-genai before 1.4: made early, and read by async streams too
        result.segment_iterator = tap(waiting, call)
    async_segments = getattr(result, "async_segments", None)
    if async_segments is not None:
        result.async_segments = lambda: AsyncTap(async_segments(), call)


API_REQUEST = _ApiRequest()
"""``BaseApiClient._request``: its ``HttpResponse`` holds the text of the answer or a stream."""
