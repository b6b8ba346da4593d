"""Gemini's interactions as values: requests, whole answers, counts, events; no SDK is needed."""

from __future__ import annotations

from typing import Any

import pytest

from hilt.genai.values import Delta, Failure, Request, Response, ToolCallDelta, Usage
from hilt.providers.gemini.interactions import (
    Interactions,
    _add_delta,
    interaction_request,
    usage_of,
)
from tests.providers.wire import folded

USAGE = {"total_input_tokens": 3, "total_output_tokens": 2, "total_tokens": 5}


def text(content: str) -> dict[str, Any]:
    """A text part."""
    return {"type": "text", "content": content}


def test_request_to_a_model() -> None:
    """Input, instructions, tools, parameters, and the interaction that this one continues."""
    body = {
        "model": "gemini-2.5",
        "input": "Hi",
        "system_instruction": "Be brief.",
        "tools": [{"type": "google_search"}],
        "previous_interaction_id": "i0",
        "stream": True,
        "generation_config": {
            "temperature": 0, "top_p": 0.5, "max_output_tokens": 9, "seed": 7,
            "stop_sequences": ["|"], "thinking_level": "high",
        },
    }  # fmt: skip

    assert interaction_request(body) == Request(
        "generate_content",
        "",
        model="gemini-2.5",
        messages=[{"role": "user", "parts": [text("Hi")]}],
        instructions=[text("Be brief.")],
        attributes={
            "gen_ai.request.temperature": 0,
            "gen_ai.request.top_p": 0.5,
            "gen_ai.request.max_tokens": 9,
            "gen_ai.request.seed": 7,
            "gen_ai.request.stop_sequences": ["|"],
            "gen_ai.request.reasoning.level": "high",
        },
        tools=[{"type": "google_search"}],
        stream=True,
        previous_response="i0",
    )


def test_request_to_an_agent() -> None:
    """The agent is named where a model would be."""
    request = interaction_request({"agent": "deep-research", "input": "Hi"})

    assert (request.operation, request.model, request.attributes) == (
        "invoke_agent", "deep-research", {"gen_ai.agent.name": "deep-research"},
    )  # fmt: skip


def test_all_counts() -> None:
    """Thoughts are part of the output, and the results of tools part of the input."""
    usage = {
        **USAGE,
        "total_thought_tokens": 4,
        "total_tool_use_tokens": 6,
        "total_cached_tokens": 1,
        "input_tokens_by_modality": [{"modality": "audio", "tokens": 2}, {"modality": "image"}],
        "output_tokens_by_modality": [{"modality": "image", "tokens": 7}],
        "cached_tokens_by_modality": [{"modality": "audio", "tokens": 1}],
    }

    assert usage_of(usage) == Usage(
        input_tokens=9,
        output_tokens=6,
        total_tokens=5,
        cache_read_tokens=1,
        reasoning_tokens=4,
        input_audio_tokens=2,
        input_image_tokens=0,
        output_image_tokens=7,
        cache_read_audio_tokens=1,
    )
    assert usage_of(None) is None


def test_text_in_the_cache_is_no_sound() -> None:
    """Rows of what was cached that have no sound say that none was: else there is no cost."""
    usage = {**USAGE, "total_cached_tokens": 1, "cached_tokens_by_modality": [
        {"modality": "text", "tokens": 1}]}  # fmt: skip

    found = usage_of(usage)

    assert found is not None
    assert found.cache_read_audio_tokens == 0


# -- answers ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["steps", "outputs"])
def test_whole_answer(name: str) -> None:
    """The model's steps are one message; in the first versions, contents were the answer."""
    steps = [{"type": "user_input", "content": "Hi"}, {"type": "model_output", "content": "Hello."}]
    rows = steps if name == "steps" else [{"type": "text", "text": "Hello."}]
    body = {"id": "i1", "model": "gemini-2.5", "status": "completed", "usage": USAGE, name: rows,
            "service_tier": "standard"}  # fmt: skip

    assert Interactions().response(body) == Response(
        id="i1",
        model="gemini-2.5",
        messages=[{"role": "assistant", "parts": [text("Hello.")], "finish_reason": "completed"}],
        finish_reasons=["completed"],
        usage=Usage(3, 2, 5),
        raw_usage=USAGE,
        service_tier="standard",
        status="completed",
    )


@pytest.mark.parametrize("status", ["in_progress", "queued"])
def test_answer_that_a_later_call_fetches(status: str) -> None:
    """It has no end yet."""
    assert Interactions().response({"id": "i1", "status": status}) == Response(
        id="i1", status=status, pending=True
    )


@pytest.mark.parametrize(
    ("body", "failure"),
    [
        ({"status": "failed", "error": {"code": 429, "message": "Slow"}},
         Failure("rate_limit", "429", "Slow", 429, provider_code="429")),
        ({"status": "failed", "error": {"code": "busy"}},
         Failure("server_error", "busy", "the interaction failed", provider_code="busy")),
        ({"status": "failed"}, Failure("server_error", "failed", "the interaction failed")),
        ({"status": "cancelled"},
         Failure("cancelled", "cancelled", "the interaction was cancelled", 499, "cancelled")),
    ],
)  # fmt: skip
def test_answer_that_failed(body: dict[str, Any], failure: Failure) -> None:
    """Why, in HILT's terms and in Google's."""
    assert Interactions().response(body).failure == failure


# -- events -----------------------------------------------------------------------------------


def step(**delta: Any) -> dict[str, Any]:
    """An event that adds to a step."""
    return {"event_type": "step.delta", "index": 1, "delta": delta}


@pytest.mark.parametrize(
    ("event", "found"),
    [
        (step(type="text", text="Hel"), "Hel"),
        (step(type="text", text=""), None),
        (step(type="thought_summary", content={"text": "Hm"}), None),
        ({**step(type="text", text="Hel"), "metadata": {}}, None),
        ({"event_type": "interaction.start"}, None),
        ("odd", None),
    ],
)
def test_text_event(event: Any, found: str | None) -> None:
    """An event that holds nothing else is read at once."""
    assert Interactions().text(event) == found


@pytest.mark.parametrize(
    ("event", "delta"),
    [
        (step(type="text", text="Hel"), Delta(text="Hel")),
        (step(type="thought_summary", content={"text": "Hm"}), Delta(reasoning="Hm")),
        (step(type="arguments_delta", arguments='{"a'),
         Delta(tool_calls=[ToolCallDelta(1, arguments='{"a')])),
        (step(type="function_call", id="c1", name="f", arguments={"a": 1}),
         Delta(tool_calls=[ToolCallDelta(1, "c1", "f", {"a": 1})])),
        (step(type="thought_signature", signature="x"), Delta()),
        (step(type="google_search_call", id="s1"),
         Delta(parts=[{"type": "server_tool_call", "id": "s1", "name": "google_search",
                       "server_tool_call": {"type": "google_search_call", "id": "s1"}}])),
        ({"event_type": "step.start", "index": 1,
          "step": {"type": "function_call", "id": "c1", "name": "f", "arguments": {}}},
         Delta(tool_calls=[ToolCallDelta(1, "c1", "f")])),
        ({"event_type": "step.start", "step": {"type": "model_output"}}, Delta()),
        ({"event_type": "interaction.complete", "interaction": {}},
         Delta(finish_reasons={0: "completed"})),
    ],
)  # fmt: skip
def test_event(event: dict[str, Any], delta: Delta) -> None:
    """What each event adds."""
    delta.response = Response()

    assert Interactions().delta(event) == delta


def test_error_event() -> None:
    """It is the failure of the call."""
    event = {"event_type": "error", "error": {"code": 503, "message": "Busy"}}

    assert Interactions().delta(event) == Delta(
        response=Response(failure=Failure("overloaded", "503", "Busy", 503, provider_code="503"))
    )


def test_stream_adds_up() -> None:
    """Text, the interaction's own fields, and counts that came beside an event."""
    interaction = {"id": "i1", "model": "gemini-2.5", "status": "in_progress"}
    events = [
        {"event_type": "interaction.start", "interaction": interaction},
        step(type="text", text="Hel"),
        {**step(type="text", text="lo."), "metadata": {"usage": USAGE}},
        {"event_type": "interaction.completed", "interaction": {"status": "completed"}},
    ]

    assert folded(Interactions(), events) == Response(
        id="i1",
        model="gemini-2.5",
        messages=[{"role": "assistant", "parts": [text("Hello.")], "finish_reason": "completed"}],
        finish_reasons=["completed"],
        usage=Usage(3, 2, 5),
        raw_usage=USAGE,
        status="completed",
    )


def test_sound_in_pieces_is_one_blob_for_each_place() -> None:
    """By its index; one without data is nothing."""
    delta = Delta()
    _add_delta(delta, {"type": "audio", "mime_type": "audio/wav", "data": "AQI="}, 3)
    assert [(each.key, each.data, each.mime_type) for each in delta.binary] == [
        ("sound 3", "AQI=", "audio/wav")
    ]

    empty = Delta()
    _add_delta(empty, {"type": "audio", "data": ""}, 0)
    assert not empty.binary
