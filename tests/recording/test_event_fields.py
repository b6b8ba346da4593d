"""The fields of a call's events: what all have, and how the last one says that it ended."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from hilt.core.guard import guard
from hilt.genai.values import Failure, Response, Usage
from hilt.recording import event_fields
from hilt.recording.event_fields import (
    add_cost,
    ending_content,
    ending_extensions,
    ending_metrics,
    ending_outcome,
    ending_provenance,
    new_event,
    provenance_of,
)
from hilt.testing import fixed
from tests.recording.calls import STARTED, answer, call, message, request, text


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


REASONING = {"type": "reasoning", "content": "Think."}
IMAGE = {"type": "blob", "mime_type": "image/png", "modality": "image", "size": 1, "sha256": "ab"}
AUDIO = {"type": "blob", "mime_type": "audio/wav", "modality": "audio", "size": 1, "sha256": "cd"}
FAILURE = Failure("rate_limit", "acme.RateLimitError", "Slow down.", 429)


def plain(value: Any) -> Any:
    """What would be written."""
    return msgspec.json.decode(msgspec.json.encode(value))


# -- metrics ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        (Usage(5, 7), {"prompt": 5, "completion": 7, "total": 12}),
        (Usage(5, 7, 13), {"prompt": 5, "completion": 7, "total": 13}),
        (Usage(5), {"prompt": 5}),
        (Usage(output_tokens=7), {"completion": 7}),
        (Usage(total_tokens=13), {"total": 13}),
        (Usage(cache_read_tokens=3), {"cached": 3}),
        (Usage(cache_write_tokens=4, cache_write_1h_tokens=2), {"cache_write": 4}),
        (Usage(reasoning_tokens=6), {"reasoning": 6}),
        (Usage(input_audio_tokens=2), {"audio": 2}),
        (Usage(output_audio_tokens=3), {"audio": 3}),
        (Usage(input_audio_tokens=2, output_audio_tokens=3), {"audio": 5}),
        (Usage(input_audio_tokens=0), {"audio": 0}),
        (Usage(0, 0), {"prompt": 0, "completion": 0, "total": 0}),
    ],
)
def test_tokens_are_what_the_provider_counted(usage: Usage, tokens: dict[str, int]) -> None:
    """Nothing is guessed; audio is what went in and what came out."""
    assert plain(ending_metrics(call(response=answer(usage=usage)))) == {"tokens": tokens}


@pytest.mark.parametrize("response", [None, Response(), Response(usage=Usage())])
def test_without_counts_there_are_no_metrics(response: Response | None) -> None:
    """No answer, no usage, and a usage of nothing."""
    assert ending_metrics(call(response=response)) == {}


def test_cost_is_a_number() -> None:
    """It stands beside the tokens."""
    costly = call(response=answer(usage=Usage(5, 7)), cost_usd=0.5)

    assert plain(ending_metrics(costly)) == {
        "tokens": {"prompt": 5, "completion": 7, "total": 12},
        "cost_usd": 0.5,
    }


# -- cost ---------------------------------------------------------------------------------------


def priced(**fields: Any) -> tuple[float | None, str | None]:
    """Cost of a call, or why it is not known."""
    observation = call(request(provider="openai", model="gpt-4o-mini"), **fields)
    add_cost(observation)
    return observation.cost_usd, observation.cost_unknown


def test_cost_is_that_of_the_model_that_answered() -> None:
    """The model of the request is for answers that name none."""
    cheap, dear = answer(usage=Usage(1000, 0)), answer(usage=Usage(1000, 0), model="gpt-4o")

    assert priced(response=cheap) == (0.00015, None)
    assert priced(response=dear) == (0.0025, None)


def test_cost_in_a_batch_or_of_a_tier() -> None:
    """Both are part of what a price depends on."""
    gold = answer(usage=Usage(1000, 0), service_tier="gold")
    batch = call(
        request(provider="openai", model="gpt-4o-mini", batch=True),
        answer(usage=Usage(1000, 0)),
    )
    add_cost(batch)

    assert priced(response=gold) == (None, "no price for service tier gold of model gpt-4o-mini")
    assert batch.cost_usd == 0.000075


@pytest.mark.parametrize(
    ("usage", "cost", "unknown"),
    [
        (Usage(1000, 100), 0.00021, None),
        (Usage(1000, 100, 1100), 0.00021, None),
        (Usage(1000, 100, 1150, reasoning_tokens=50), 0.00024, None),
        (Usage(None, 100, 100), 0.00006, None),
        (Usage(1000, None, 1000), 0.00015, None),
        (
            Usage(1000, 100, 100),
            None,
            "the counts do not add up: 1000 input and 100 output tokens, but 100 in total",
        ),
        (
            Usage(1000, 100, 900),
            None,
            "the counts do not add up: 1000 input and 100 output tokens, but 900 in total",
        ),
    ],
)
def test_cost_of_counts_and_their_total(
    usage: Usage, cost: float | None, unknown: str | None
) -> None:
    """Reasoning that only the total has is paid for; what contradicts itself has no cost."""
    assert priced(response=answer(usage=usage)) == (cost, unknown)


def test_cost_of_what_is_not_counted() -> None:
    """It is not known, and not guessed."""
    assert priced(response=answer("Ho")) == (None, "the provider sent no usage")


def test_call_without_an_answer_has_no_cost() -> None:
    """And nothing to say about it."""
    assert priced(failure=FAILURE) == (None, None)


@pytest.mark.parametrize("known", [{"cost_usd": 1.0}, {"cost_unknown": "a reason"}])
def test_cost_is_calculated_once(known: dict[str, Any]) -> None:
    """What is set stays."""
    assert priced(response=answer(usage=Usage(1000, 0)), **known) == (
        known.get("cost_usd"),
        known.get("cost_unknown"),
    )


def test_price_that_cannot_be_calculated(monkeypatch: pytest.MonkeyPatch) -> None:
    """A defect is counted, and costs the call its cost only."""

    def broken(*_: object) -> None:
        raise RuntimeError("0")

    monkeypatch.setattr(event_fields, "cost_usd_of", broken)
    before = guard.errors

    assert priced(response=answer(usage=Usage(1000, 0))) == (
        None,
        "the price cannot be calculated: RuntimeError('0')",
    )
    assert guard.errors == before + 1


# -- outcome ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({"failure": FAILURE}, "failed"),
        ({"failure": Failure("timeout", "TimeoutError", outcome="timeout")}, "timeout"),
        ({"failure": FAILURE, "response": answer("Ho", finish_reasons=["stop"])}, "failed"),
        ({}, "completed"),
        ({"response": answer("Ho")}, "completed"),
        ({"response": answer("Ho", finish_reasons=["max_tokens"])}, "length"),
        ({"response": answer("Ho", finish_reasons=["stop"], outcome="filtered")}, "filtered"),
    ],
)
def test_outcome(fields: dict[str, Any], outcome: str) -> None:
    """A failure comes first, then what the answer has, then its finish reason."""
    assert ending_outcome(call(**fields)) == outcome


# -- extensions ---------------------------------------------------------------------------------


@pytest.mark.parametrize("duration", [0.0, 86_400_000.0])
def test_durations_that_can_be(duration: float) -> None:
    """A double of an SDK answers at once, and a batch takes a day."""
    extensions = ending_extensions(call(latency_ms=duration, first_chunk_ms=duration))

    assert plain(extensions) == {
        "model": "acme-1", "latency_ms": duration, "time_to_first_chunk_ms": duration,
    }  # fmt: skip


@pytest.mark.parametrize("duration", [-1.0, -1.9e12, 1.6e12])
def test_durations_that_cannot_be(duration: float) -> None:
    """A test stopped all clocks within the call, or let them go on: how long it took is unknown."""
    observation = call(latency_ms=duration, first_chunk_ms=duration, outcome="completed")

    assert plain(ending_extensions(observation)) == {"model": "acme-1", "outcome": "completed"}


def test_extensions_of_an_answer() -> None:
    """What is known, and nothing that is None."""
    observation = call(
        response=answer("Ho", finish_reasons=["stop"]),
        reply_to="evt_1",
        latency_ms=250.0,
        status_code=200,
        outcome="completed",
        attempts=2,
        first_chunk_ms=100.0,
        cost_unknown="a reason",
    )

    assert plain(ending_extensions(observation)) == {
        "reply_to": "evt_1",
        "model": "acme-1",
        "latency_ms": 250.0,
        "status_code": 200,
        "outcome": "completed",
        "finish_reason": "stop",
        "attempts": 2,
        "time_to_first_chunk_ms": 100.0,
        "cost_unknown": "a reason",
    }


def test_extensions_of_several_choices() -> None:
    """Each has its finish reason; the first stands alone as well."""
    reasons = ["stop", "length"]

    assert plain(ending_extensions(call(response=Response(finish_reasons=reasons)))) == {
        "model": "acme-1",
        "finish_reason": "stop",
        "finish_reasons": reasons,
    }


def test_extensions_of_embeddings() -> None:
    """Vectors are counted."""
    response = Response(vectors=2, dimensions=8)

    assert plain(ending_extensions(call(response=response))) == {
        "model": "acme-1",
        "vectors": 2,
        "dimensions": 8,
    }


def test_extensions_of_a_failure() -> None:
    """Codes, type, and when to try again; what had arrived is partial."""
    failure = Failure(
        "rate_limit", "acme.RateLimitError", "Slow down.", 429, provider_code="rl", retry_after=1.5
    )
    observation = call(
        response=answer("H", partial=True), failure=failure, status_code=429, outcome="failed"
    )

    assert plain(ending_extensions(observation)) == {
        "model": "acme-1",
        "status_code": 429,
        "outcome": "failed",
        "error_code": "rate_limit",
        "error_type": "acme.RateLimitError",
        "error_provider_code": "rl",
        "retry_after_s": 1.5,
        "partial": True,
    }


def test_extensions_of_the_user() -> None:
    """They stand beside HILT's, and win."""
    own = {"score": 1, "model": "mine", "nothing": None}
    observation = call(response=answer("Ho", finish_reasons=["stop"]), extensions=own)

    assert ending_extensions(observation) == {
        "model": "mine",
        "finish_reason": "stop",
        "score": 1,
    }


# -- content ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parts", "content"),
    [
        (["Ho"], {"text": "Ho"}),
        ([], {"text": ""}),
        (["H", "o"], {"text": "Ho"}),
        ([REASONING, "Ho"], {"text": "Ho", "reasoning": "Think."}),
        ([REASONING, REASONING], {"text": "", "reasoning": "Think.Think."}),
        ([{"type": "reasoning"}, "Ho"], {"text": "Ho"}),
        ([{"type": "reasoning", "content": ""}, "Ho"], {"text": "Ho"}),
        ([{**text("Ho"), "citations": [1]}], {"text": "Ho", "citations": [1]}),
        ([{**text("Ho"), "citations": []}, REASONING], {"text": "Ho", "reasoning": "Think."}),
        ([{"type": "tool_call", "name": "f"}], {"text": ""}),
        ([IMAGE], {"text": "", "images": [IMAGE]}),
        (["Ho", IMAGE, AUDIO], {"text": "Ho", "media": [IMAGE, AUDIO]}),
        ([AUDIO], {"text": "", "media": [AUDIO]}),
        (
            ["Ho", {"type": "refusal", "content": "No."}],
            {"text": "Ho", "parts": [{"type": "refusal", "content": "No."}]},
        ),
    ],
)
def test_content_of_an_answer(parts: list[Any], content: dict[str, Any]) -> None:
    """Text, reasoning, citations, media and other parts, each in its field."""
    assert ending_content(call(response=answer(*parts))) == content


def test_content_of_several_choices() -> None:
    """The first is the text, the others are whole messages."""
    second = message("assistant", "Hey")
    response = answer("Ho")
    response.messages.append(second)

    assert ending_content(call(response=response)) == {"text": "Ho", "choices": [second]}


def test_content_of_a_reranking() -> None:
    """Documents without a text."""
    ranked = [{"index": 1, "score": 0.9}]

    assert ending_content(call(response=Response(documents=ranked))) == {"documents": ranked}


def test_content_of_a_failure() -> None:
    """The message of the error; what had arrived stands beside it."""
    partial = answer(REASONING, "H", partial=True)

    assert ending_content(call(failure=FAILURE)) == {"text": "Slow down."}
    assert ending_content(call(failure=FAILURE, response=answer(REASONING))) == {
        "text": "Slow down.",
        "reasoning": "Think.",
    }
    assert ending_content(call(failure=FAILURE, response=partial)) == {
        "text": "Slow down.",
        "partial_text": "H",
        "reasoning": "Think.",
    }


def test_content_of_nothing() -> None:
    """A call of which nothing came has none."""
    assert ending_content(call()) == {}
    assert ending_content(call(response=Response())) == {}
