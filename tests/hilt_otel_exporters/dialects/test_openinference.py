"""Tests for spans as OpenInference writes them."""

from __future__ import annotations

import json
from typing import Any

from hilt_otel_exporters.span_record import SpanEvent
from tests.hilt_otel_exporters.conftest import MILLI, plain_events_of, record
from tests.hilt_otel_exporters.expected import call_events
from tests.providers.wire import PIXELS_BASE64

SCOPE = "openinference.instrumentation.openai"


def llm(**more: Any) -> dict[str, Any]:
    """The attributes of a chat call."""
    return {
        "openinference.span.kind": "LLM",
        "llm.provider": "openai",
        "llm.model_name": "house-1",
        "llm.invocation_parameters": '{"model": "house-model"}',
        "llm.input_messages.0.message.role": "user",
        "llm.input_messages.0.message.content": "Hi",
        "llm.output_messages.0.message.role": "assistant",
        "llm.output_messages.0.message.content": "Hello",
        "llm.token_count.prompt": 9,
        "llm.token_count.completion": 3,
        "output.value": '{"id": "resp-1"}',
        **more,
    }


def test_call() -> None:
    """Messages come from numbered attributes, the id from the whole output."""
    events = plain_events_of(record(llm(), scope=SCOPE, status="OK"))

    assert events == call_events("openinference", SCOPE)


def test_requested_model_is_the_one_among_the_parameters() -> None:
    """Where it writes the official names, too, the requested model is that of the answer."""
    both = llm(**{"gen_ai.request.model": "house-1", "gen_ai.operation.name": "chat"})

    assert plain_events_of(record(both, scope=SCOPE)) == call_events("openinference", SCOPE)


def test_parameters_user_and_cost() -> None:
    """They are among the parameters of the call, and beside it."""
    parameters = {"model": "house-model", "temperature": 0.5, "user": "ann", "stream": True}
    attributes = llm(
        **{"llm.invocation_parameters": json.dumps(parameters), "llm.cost.total": 0.25}
    )
    events = plain_events_of(record(attributes, scope=SCOPE))

    assert events == call_events(
        "openinference",
        SCOPE,
        prompt={"actor": {"id": "ann"}, "extensions": {"parameters": {"temperature": 0.5}}},
        ending={"provenance": {"reported_cost_usd": 0.25}},
    )


def test_stream_has_an_event_when_its_first_token_came() -> None:
    """The time to the first chunk is that to the span event."""
    first = SpanEvent("First Token Stream Event", 40 * MILLI, {})
    events = plain_events_of(record(llm(), scope=SCOPE, events=[first]))

    assert events == call_events(
        "openinference", SCOPE, ending={"extensions": {"time_to_first_chunk_ms": 40.0}}
    )


def test_tool_call_that_is_listed_twice_is_one() -> None:
    """It stands among the contents and among the tool calls of a message."""
    answer = "llm.output_messages.0.message"
    call = {"id": "c1", "function.name": "weather", "function.arguments": '{"city": "Paris"}'}
    attributes = llm()
    attributes |= {f"{answer}.tool_calls.0.tool_call.{name}": call[name] for name in call}
    attributes |= {f"{answer}.contents.0.tool_call.{name}": call[name] for name in call}
    attributes |= {
        f"{answer}.contents.1.message_content.type": "text",
        f"{answer}.contents.1.message_content.text": "Hello",
    }
    *events, tool_call = plain_events_of(record(attributes, scope=SCOPE))

    assert events == call_events("openinference", SCOPE)
    assert tool_call["content"] == {
        "tool": {"name": "weather", "call_id": "c1", "arguments": {"city": "Paris"}}
    }


def test_embedding() -> None:
    """The texts and how many vectors came back; not the vectors."""
    attributes = {
        "openinference.span.kind": "EMBEDDING",
        "llm.provider": "openai",
        "embedding.model_name": "house-embedding",
        "embedding.embeddings.0.embedding.text": "one",
        "embedding.embeddings.0.embedding.vector": (0.125, 0.5),
        "embedding.embeddings.1.embedding.text": "two",
        "embedding.embeddings.1.embedding.vector": (0.3, 0.4),
    }
    prompt, ending = plain_events_of(record(attributes, scope=SCOPE))

    assert [each["parts"][0]["content"] for each in prompt["content"]["messages"]] == ["one", "two"]
    assert (ending["action"], ending["extensions"]["vectors"]) == ("embedding", 2)
    assert "0.125" not in json.dumps([prompt, ending])


def test_retrieval_has_its_documents_with_the_ids_of_the_output() -> None:
    """The list of documents lacks ids; the whole output has them."""
    attributes = {
        "openinference.span.kind": "RETRIEVER",
        "input.value": "capital?",
        "retrieval.documents.0.document.content": "Paris",
        "retrieval.documents.0.document.score": 0.9,
        "output.value": '{"documents": [{"id": "d1", "page_content": "Paris"}]}',
    }
    (event,) = plain_events_of(record(attributes, scope=SCOPE))

    assert event["content"] == {
        "text": "capital?",
        "documents": [{"id": "d1", "score": 0.9, "text": "Paris"}],
    }


def test_message_that_is_none_is_passed_over() -> None:
    """A text where a message should be is no message, and no error."""
    odd = llm(**{"llm.input_messages.1": "odd", "llm.input_messages.2.message": "odd"})

    assert plain_events_of(record(odd, scope=SCOPE)) == call_events("openinference", SCOPE)


def test_rerank_has_its_query_and_both_lists_of_documents() -> None:
    """What was to be ranked is in the prompt, and the ranks in the ending."""
    attributes = {
        "openinference.span.kind": "RERANKER",
        "reranker.model_name": "rank-1",
        "reranker.query": "capital?",
        "reranker.input_documents.0.document.content": "Lima",
        "reranker.input_documents.1.document.content": "Paris",
        "reranker.output_documents.0.document.content": "Paris",
        "reranker.output_documents.0.document.score": 0.9,
    }
    prompt, ending = plain_events_of(record(attributes, scope=SCOPE))

    assert prompt["content"]["text"] == "capital?"
    assert prompt["content"]["documents"] == [{"text": "Lima"}, {"text": "Paris"}]
    assert (prompt["extensions"]["model"], ending["action"]) == ("rank-1", "rerank")
    assert ending["content"]["documents"] == [{"text": "Paris", "score": 0.9}]


def test_decision_is_a_call() -> None:
    """Models that decide have names of their own for what all models have."""
    attributes = {
        "openinference.span.kind": "DECISION",
        "decision.provider": "openai",
        "decision.request.model_name": "decide-latest",
        "decision.response.model_name": "decide-1",
        "decision.token_count.input": 9,
        "decision.token_count.output": 3,
        "input.value": "Is it spam?",
        "output.value": '{"spam": 0.9}',
    }
    prompt, ending = plain_events_of(record(attributes, scope=SCOPE))

    assert (prompt["content"]["text"], prompt["extensions"]["model"]) == (
        "Is it spam?", "decide-latest",
    )  # fmt: skip
    assert ending["content"]["text"] == '{"spam": 0.9}'
    assert ending["metrics"]["tokens"] == {"prompt": 9, "completion": 3, "total": 12}
    assert ending["provenance"]["response_model"] == "decide-1"
    assert ending["provenance"]["operation"] == "decision"


def test_images_beside_messages() -> None:
    """A model that makes pictures has them in no message; they are never inline."""
    attributes = llm(
        **{
            "input.images.0.image.url": "https://example.com/a.png",
            "output.images.0.image.url": "data:image/png;base64,iVBORw0KGgo=",
        }
    )
    for name in list(attributes):
        if "_messages." in name:
            del attributes[name]
    prompt, ending = plain_events_of(record(attributes, scope=SCOPE))

    assert prompt["content"]["messages"][0]["parts"][0]["uri"] == "https://example.com/a.png"
    assert ending["content"]["images"][0]["mime_type"] == "image/png"
    assert "iVBOR" not in json.dumps([prompt, ending])


def test_failed_call_names_the_model_that_was_asked_for() -> None:
    """Where nothing answered, there is no other one."""
    attributes = {
        "openinference.span.kind": "LLM",
        "llm.model_name": "house-model",
        "llm.input_messages.0.message.role": "user",
        "llm.input_messages.0.message.content": "Hi",
    }
    _, ending = plain_events_of(record(attributes, status="ERROR"))

    assert ending["extensions"]["model"] == "house-model"
    assert "response_model" not in ending["provenance"]


def test_blocks_of_a_message_as_json() -> None:
    """Mistral's instrumentation writes text and pictures, and results of tools, so."""
    blocks = [
        {"type": "text", "text": "See"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXELS_BASE64}"}},
    ]
    attributes = llm(**{"llm.input_messages.0.message.content": json.dumps(blocks)})
    prompt, _ = plain_events_of(record(attributes))
    kinds = [part["type"] for part in prompt["content"]["messages"][0]["parts"]]

    assert (prompt["content"]["text"], kinds) == ("See", ["text", "blob"])


def test_span_that_is_made_by_hand() -> None:
    """It has values, and no messages; an instrumentation's that has none is left alone."""
    attributes = {
        "openinference.span.kind": "LLM",
        "llm.model_name": "house-model",
        "input.value": "Hi",
        "output.value": "Hello",
    }
    texts = [
        [
            each.get("content", {}).get("text")
            for each in plain_events_of(record(attributes, scope=scope))
        ]
        for scope in ("my.app", "openinference.instrumentation.beeai", "")
    ]

    assert texts == [["Hi", "Hello"], ["", None], ["", None]]


def test_messages_beside_a_bare_answer() -> None:
    """A span of one's own may have only one of the two as messages."""
    attributes = {
        "openinference.span.kind": "LLM",
        "llm.input_messages.0.message.role": "user",
        "llm.input_messages.0.message.content": "How many?",
        "output.value": "5",
    }
    texts = [
        each["content"]["text"] for each in plain_events_of(record(attributes, scope="my.app"))
    ]

    assert texts == ["How many?", "5"]
