"""What every event of a call has: id, time, conversation, actor, action, and provenance."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from hilt.core import git_commit
from hilt.core.event import HILT_VERSION
from hilt.core.ids import new_event_id
from hilt.core.service import service_of_program
from hilt.core.timestamps import format_nanos
from hilt.genai.observation import Observation
from hilt.pricing.table import price_version

__all__ = ["EventDict", "add_agent", "ending_provenance", "new_event", "provenance_of"]

EventDict = dict[str, Any]
"""An event as a plain dict, with its fields in the order of the format."""


def new_event(
    session_id: str,
    unix_nanos: int,
    actor_type: str,
    actor_id: str,
    action: str,
    event_id: str | None = None,
) -> EventDict:
    """An event with the fields that every event has.

    Args:
        session_id: The conversation.
        unix_nanos: The moment, in nanoseconds since the epoch.
        actor_type: ``human``, ``agent``, ``tool`` or ``system``.
        actor_id: Who it is.
        action: What the event is.
        event_id: Its id, where that is chosen already.
    """
    return {
        "hilt_version": HILT_VERSION,
        "event_id": event_id or new_event_id(),
        "timestamp": format_nanos(unix_nanos),
        "session_id": session_id,
        "actor": {"type": actor_type, "id": actor_id},
        "action": action,
    }


def add_agent(event: EventDict, call: Observation) -> None:
    """Name the agent that answers, where a framework has named it."""
    if call.framework is not None and call.framework.agent:
        event["actor"]["name"] = call.framework.agent


def provenance_of(call: Observation) -> dict[str, object]:
    """``provenance`` of the events before the ending. Shared by them: do not change it."""
    if call.origin is not None:
        return call.origin
    request = call.request
    server = (request.server_address, request.server_port)
    origin = _shared(request.provider, request.operation, request.model, server, call.sdk).copy()
    service = service_of_program() if call.service is None else call.service
    if service:
        origin.update(service)
    if call.trace_id:
        origin["trace_id"], origin["span_id"] = call.trace_id, call.span_id
        if call.parent_span_id:
            origin["parent_span_id"] = call.parent_span_id
    if call.framework is not None:
        origin.update(call.framework.provenance)
    if call.provenance:
        origin.update(call.provenance)
    call.origin = origin
    return origin


@lru_cache(maxsize=256)
def _shared(
    provider: str,
    operation: str,
    model: str | None,
    server: tuple[str | None, int | None],
    sdk: str | None,
) -> dict[str, object]:
    """What many calls have in common. Shared by them: copy it."""
    address, port = server
    if address and port not in (None, 443):
        address = f"{address}:{port}"
    origin: dict[str, object] = {"provider": provider, "operation": operation}
    optional = {"request_model": model, "server": address, "sdk": sdk}
    origin.update((name, value) for name, value in optional.items() if value)
    return origin


def ending_provenance(call: Observation) -> dict[str, object]:
    """``provenance`` of the ending, with what only the answer has."""
    origin, response = dict(call.origin or provenance_of(call)), call.response
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
        origin["price_version"] = call.price_file or price_version()
        if call.request.price_assumed and call.price_file is None:
            origin["price_assumed"] = True
    if call.request_id:
        origin["request_id"] = call.request_id
    if git_commit.current is not None and not git_commit.is_hidden:
        origin["commit"] = git_commit.current
        tree = git_commit.tree
        if tree is not None and tree.is_clean is not None:
            origin["commit_clean"] = tree.is_clean
    return origin
