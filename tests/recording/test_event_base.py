"""What every event of a call has."""

from __future__ import annotations

from typing import Any

import pytest

from hilt.genai.values import Response
from hilt.recording.event_base import ending_provenance, new_event, provenance_of
from hilt.testing import fixed
from tests.recording.calls import STARTED, call, request


def test_new_event() -> None:
    """The fields in the order of the format."""
    with fixed():
        event = new_event("conv_1", STARTED, "human", "alice", "prompt")

    assert list(event.items()) == [
        ("hilt_version", "1.0.0"),
        ("event_id", "evt_019b76daa80070008000000000000001"),
        ("timestamp", "2026-01-01T00:00:00.000000Z"),
        ("session_id", "conv_1"),
        ("actor", {"type": "human", "id": "alice"}),
        ("action", "prompt"),
    ]
    assert new_event("conv_1", STARTED, "human", "alice", "prompt", "evt_1")["event_id"] == "evt_1"


@pytest.mark.parametrize(
    ("fields", "server"),
    [
        ({}, None),
        ({"server_address": "acme.test"}, "acme.test"),
        ({"server_address": "acme.test", "server_port": 443}, "acme.test"),
        ({"server_address": "acme.test", "server_port": 80}, "acme.test:80"),
        ({"server_port": 80}, None),
    ],
)
def test_server(fields: dict[str, Any], server: str | None) -> None:
    """The port is named where it is not that of HTTPS."""
    assert provenance_of(call(request(**fields))).get("server") == server


def test_span_above_needs_a_span() -> None:
    """Without a trace there are no ids of spans."""
    alone = call(parent_span_id="c" * 16)
    root = call(trace_id="a" * 32, span_id="b" * 16)

    assert provenance_of(alone) == {
        "provider": "acme", "operation": "chat", "request_model": "acme-1"
    }  # fmt: skip
    assert list(provenance_of(root))[3:] == ["trace_id", "span_id"]


def test_provenance_is_made_once_for_a_call() -> None:
    """The events before the ending share it; the ending has one of its own."""
    observation = call(provenance={"helper": "rag"}, request_id="req_1")

    shared = provenance_of(observation)
    ending = ending_provenance(observation)

    assert provenance_of(observation) is shared
    assert ending == {**shared, "request_id": "req_1"}
    assert "request_id" not in shared


def test_calls_do_not_share_what_differs() -> None:
    """Two calls to one model have spans and additions of their own."""
    first = provenance_of(call(trace_id="a" * 32, span_id="b" * 16, provenance={"x": 1}))
    second = provenance_of(call())

    assert second == {"provider": "acme", "operation": "chat", "request_model": "acme-1"}
    assert first.keys() - second.keys() == {"trace_id", "span_id", "x"}


def test_provenance_of_an_ending() -> None:
    """What only the answer has; usage of nothing is usage."""
    response = Response("r1", "acme-1-large", raw_usage={}, service_tier="flex")

    ending = ending_provenance(call(response=response, cost_usd=0.0))

    assert ending.pop("price_version").startswith("genai-prices ")
    assert list(ending.items())[3:] == [
        ("response_model", "acme-1-large"),
        ("response_id", "r1"),
        ("service_tier", "flex"),
        ("usage", {}),
    ]


def test_provenance_of_an_ending_of_nothing() -> None:
    """What is not known is absent."""
    observation = call(response=Response())

    assert ending_provenance(observation) == provenance_of(observation)
