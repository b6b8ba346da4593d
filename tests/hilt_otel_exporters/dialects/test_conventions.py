"""Tests for spans that follow OpenTelemetry's conventions."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hilt_otel_exporters.dialects.conventions import DIALECT, operation_of
from hilt_otel_exporters.dialects.dialect import PLUMBING, Content
from hilt_otel_exporters.span_record import SpanEvent
from tests.hilt_otel_exporters.conftest import chat, events_of, record

HI = {"type": "text", "content": "Hi"}
CALL = {"type": "tool_call", "id": "c1", "name": "f", "arguments": {"a": 1}}
RESPONSE = {"type": "tool_call_response", "id": "c1", "response": "14"}


def inputs_of(*messages: Any) -> Any:
    """The input messages that are read from an attribute."""
    return DIALECT.content(record({"gen_ai.input.messages": json.dumps(messages)})).inputs


@pytest.mark.parametrize("part", [HI, CALL, RESPONSE])
def test_messages_in_their_own_form_are_taken_as_they_are(part: dict[str, Any]) -> None:
    """They are what the log has; a name that is null says nothing."""
    message = {"role": "user", "parts": [part]}

    assert inputs_of(message) == [message]
    assert inputs_of({**message, "name": None}) == [message]
    assert inputs_of({**message, "finish_reason": "stop"}) == [{**message, "finish_reason": "stop"}]
    assert inputs_of({**message, "finish_reason": None}) == [message]


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({"role": "user", "content": "Hi"}, {"role": "user", "parts": [HI]}),
        ({"role": "model", "parts": [HI]}, {"role": "assistant", "parts": [HI]}),
        (
            {"role": "user", "parts": [{**HI, "other": 1}, {"type": "text", "content": ""}]},
            {"role": "user", "parts": [HI]},
        ),
        (
            {"role": "assistant", "parts": [{**CALL, "arguments": '{"a": 1}'}]},
            {"role": "assistant", "parts": [CALL]},
        ),
        (
            {"role": "assistant", "parts": [{"type": "tool_call", "id": 5, "name": "f"}]},
            {"role": "assistant", "parts": [{"type": "tool_call", "name": "f", "arguments": {}}]},
        ),
        (
            {"role": "tool", "parts": [{**RESPONSE, "response": [{"type": "text", "text": "14"}]}]},
            {"role": "tool", "parts": [RESPONSE]},
        ),
        ("Hi", {"role": "user", "parts": [HI]}),
    ],
)
def test_other_messages_are_converted(raw: Any, message: dict[str, Any]) -> None:
    """One that is not in their form has the others of its list read with care, too."""
    assert inputs_of(raw) == [message]
    assert inputs_of(raw, {"role": "user", "parts": [HI]})[0] == message


@pytest.mark.parametrize("value", ['{"role', "[{", 5, None, {"role": "user", "parts": [HI]}])
def test_what_is_no_list_is_no_messages(value: Any) -> None:
    """It was cut off by a limit, or is something else."""
    assert DIALECT.content(record({"gen_ai.input.messages": value})).inputs == []


@pytest.mark.parametrize(
    ("prompt", "completion"),
    [
        ("Hi", "Ho"),
        ('[{"role": "user", "content": "Hi"}]', '{"role": "assistant", "content": "Ho"}'),
    ],
)
@pytest.mark.parametrize(
    "names",
    [("gen_ai.input.messages", "gen_ai.output.messages"), ("gen_ai.prompt", "gen_ai.completion")],
)
def test_texts_in_spans_that_are_made_by_hand(
    names: tuple[str, str], prompt: str, completion: str
) -> None:
    """The attributes of messages, and the older ones, may hold a bare text."""
    if "messages" in names[0] and completion[0] == "{":
        completion = f"[{completion}]"
    content = DIALECT.content(record({names[0]: prompt, names[1]: completion}))

    assert content.inputs == [{"role": "user", "parts": [HI]}]
    assert content.outputs == [{"role": "assistant", "parts": [{"type": "text", "content": "Ho"}]}]


@pytest.mark.parametrize(
    "text", ["[INFO] why?", "{name} is ready", '{"id":"A-1","city":"Paris"}', "5", "true"]
)
@pytest.mark.parametrize("name", ["gen_ai.output.messages", "gen_ai.completion"])
def test_texts_that_look_like_json(name: str, text: str) -> None:
    """An answer may begin with a bracket, follow a schema or be a number."""
    (message,) = DIALECT.content(record({name: text})).outputs or ()

    assert message == {"role": "assistant", "parts": [{"type": "text", "content": text}]}


def test_structured_attributes_are_read_as_well() -> None:
    """Newer APIs carry messages as lists and maps rather than JSON in a string."""
    messages = ({"role": "user", "parts": (HI,)},)

    assert DIALECT.content(record({"gen_ai.input.messages": messages})).inputs == [
        {"role": "user", "parts": [HI]}
    ]


def test_whole_content() -> None:
    """Messages, instructions and tools."""
    attributes = chat(
        **{
            "gen_ai.system_instructions": json.dumps([HI]),
            "gen_ai.tool.definitions": '[{"type": "function", "function": {"name": "f"}}]',
        }
    )

    assert DIALECT.content(record(attributes)) == Content(
        inputs=[{"role": "user", "parts": [HI]}],
        outputs=[{"role": "assistant", "parts": [{"type": "text", "content": "Hello"}]}],
        instructions=[HI],
        tools=[{"type": "function", "name": "f"}],
    )


def test_instructions_may_be_bare_text() -> None:
    """Some emitters forget the parts."""
    content = DIALECT.content(record({"gen_ai.system_instructions": "Hi"}))

    assert content.instructions == [HI]


def test_event_with_the_details_has_what_the_span_lacks() -> None:
    """It repeats a call with its content; what is on the span counts first."""
    details = SpanEvent("gen_ai.client.inference.operation.details", 0, chat())
    bare = record({"gen_ai.system_instructions": json.dumps([HI])}, events=[details])
    content = DIALECT.content(bare)

    assert (content.inputs, content.instructions) == ([{"role": "user", "parts": [HI]}], [HI])
    other = SpanEvent("another.event", 0, chat())
    assert DIALECT.content(record({}, events=[other])) == Content(inputs=[], outputs=[])


@pytest.mark.parametrize(
    ("attributes", "kind", "operation"),
    [
        ({"gen_ai.operation.name": "generate_content"}, "model", "generate_content"),
        ({"gen_ai.operation.name": "completion"}, "model", "chat"),
        ({"gen_ai.operation.name": "vector_db_retrieve"}, "retrieval", "vector_db_retrieve"),
        ({"gen_ai.operation.name": "create_agent"}, "agent", "create_agent"),
        ({"gen_ai.operation.name": "execute_task"}, PLUMBING, ""),
        ({"gen_ai.operation.name": ("chat",)}, PLUMBING, ""),
        ({"gen_ai.response.model": "m"}, "model", "chat"),
        ({"gen_ai.system": "openai"}, PLUMBING, ""),
    ],
)
def test_kind_and_operation(attributes: dict[str, Any], kind: str, operation: str) -> None:
    """The operation says what a span stands for; a model's name says that it is a chat."""
    span = record(attributes)

    assert (DIALECT.kind(span), operation_of(span, kind)) == (kind, operation)


def test_operation_of_another_kind_does_not_count() -> None:
    """A dialect may know better what a span is than the operation that it names."""
    span = record({"gen_ai.operation.name": "embeddings"})

    assert operation_of(span, "retrieval") == "retrieval"


def test_answer_of_an_agent_that_ended_in_an_error_is_a_failure() -> None:
    """Some agents leave the span's status alone, and say it in the finish reason."""
    answers = [{"role": "assistant", "parts": [], "finish_reason": "error"}]
    attributes = {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.output.messages": json.dumps(answers),
    }
    _, end = events_of(record(attributes))

    assert end["extensions"]["outcome"] == "failed"
    assert end["extensions"]["error_code"] == "server_error"


def test_whole_prompt_and_answer_as_json() -> None:
    """So gateways write them, and programs by hand; the answer may be that of an API."""
    attributes = {
        "gen_ai.request.model": "house-model",
        "gen_ai.model.provider": "openai",
        "gen_ai.user.id": "ann",
        "gen_ai.prompt_json": '[{"role": "user", "content": "Lima?"}]',
        "gen_ai.completion_json": json.dumps(
            {
                "id": "chatcmpl-1",
                "object": "chat.completion",
                "choices": [{"message": {"role": "assistant", "content": "Fog."}}],
            }
        ),
    }
    prompt, ending = events_of(record(attributes))

    assert (prompt["content"]["text"], prompt["actor"]["id"]) == ("Lima?", "ann")
    assert (ending["content"]["text"], ending["actor"]["id"]) == ("Fog.", "openai")


@pytest.mark.parametrize("name", ["http.response.status_code", "http.status_code", "http.status"])
def test_status_of_a_gateway(name: str) -> None:
    """Some gateways set no status of the span where the provider refuses a request."""
    attributes = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m", name: 429}
    _, ending = events_of(record(attributes))

    assert ending["extensions"]["outcome"] == "failed"
    assert ending["extensions"]["error_code"] == "rate_limit"


def test_role_that_is_no_text() -> None:
    """It is said as JSON, and the call is logged."""
    messages = [{"role": {"a": 1}, "parts": [{"type": "text", "content": "Hi"}]}]
    said = json.dumps(messages)
    events = events_of(record(chat(**{"gen_ai.input.messages": said})))

    assert [event["content"]["text"] for event in events] == [said, "Hello"]
