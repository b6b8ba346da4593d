"""``provenance`` of events: who was asked, where, in which span, and who says so."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from hilt.genai.observation import Observation
from hilt.pricing.table import price_version

__all__ = ["ending_provenance", "provenance_of"]


def provenance_of(call: Observation) -> dict[str, Any]:
    """Where an event comes from, as known when the call starts. Shared: do not change it."""
    if call.origin is not None:
        return call.origin
    request = call.request
    place = (request.server_address, request.server_port)
    origin = _asked_of(request.provider, request.operation, request.model, place, call.sdk).copy()
    if call.trace_id:
        origin["trace_id"], origin["span_id"] = call.trace_id, call.span_id
        if call.parent_span_id:
            origin["parent_span_id"] = call.parent_span_id
    if call.provenance:
        origin.update(call.provenance)
    call.origin = origin
    return origin


@lru_cache(maxsize=256)
def _asked_of(
    provider: str,
    operation: str,
    model: str | None,
    server: tuple[str | None, int | None],
    sdk: str | None,
) -> dict[str, Any]:
    """What many calls have in common. Shared: copy it."""
    address, port = server
    if address and port not in (None, 443):
        address = f"{address}:{port}"
    origin: dict[str, Any] = {"provider": provider, "operation": operation}
    known = {"request_model": model, "server": address, "sdk": sdk}
    origin.update((name, value) for name, value in known.items() if value)
    return origin


def ending_provenance(call: Observation) -> dict[str, Any]:
    """The same, and what the answer says of itself."""
    origin, response = dict(provenance_of(call)), call.response
    if response is not None:
        if response.model:
            origin["response_model"] = response.model
        if response.id:
            origin["response_id"] = response.id
        if response.service_tier:
            origin["service_tier"] = response.service_tier
        if response.raw_usage is not None:
            origin["usage"] = response.raw_usage
    if call.cost_usd is not None:
        origin["price_version"] = price_version()
    if call.request_id:
        origin["request_id"] = call.request_id
    return origin
