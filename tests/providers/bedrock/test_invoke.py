"""Bedrock's invoke: each kind of body is recognised, and Bedrock's own counts are added."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hilt.genai.values import Request, Response, Usage
from hilt.providers.bedrock.answers import Answer
from hilt.providers.bedrock.invoke import InvokedModel, invoke_request
from tests.providers.wire import PIXELS_BASE64, PIXELS_DIGEST, folded

CLAUDE = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude",
          "content": [{"type": "text", "text": "Hi"}], "stop_reason": "end_turn"}  # fmt: skip
BLOB = {"type": "blob", "modality": "image", **PIXELS_DIGEST}


def text(content: str) -> dict[str, Any]:
    """A text part."""
    return {"type": "text", "content": content}


def user(*parts: dict[str, Any]) -> list[dict[str, Any]]:
    """The messages of a request with one of the user's."""
    return [{"role": "user", "parts": list(parts)}]


def answer(body: Any, **headers: str) -> Answer:
    """An answer as the hooks give it."""
    return Answer(
        json.dumps(body).encode(),
        {name.replace("_", "-"): value for name, value in headers.items()},
    )


def chunk(event: Any) -> dict[str, Any]:
    """An event of a stream, as boto3 gives it."""
    return {"chunk": {"bytes": json.dumps(event).encode()}}


# -- requests ---------------------------------------------------------------------------------


def read_messages(request: Request) -> list[Any]:
    """The messages of a request, read."""
    return [request.read(raw) for raw in request.messages]


@pytest.mark.parametrize(
    ("model", "body", "operation", "messages"),
    [
        ("m", {"anthropic_version": "x", "messages": [{"role": "user", "content": "Hi"}]},
         "chat", user(text("Hi"))),
        ("m", {"messages": [{"role": "user", "content": [{"text": "Hi"}]}]},
         "chat", user(text("Hi"))),
        ("m", {"schemaVersion": "v1", "messages": [{"role": "user", "content": [{"text": "Hi"}]}]},
         "chat", user(text("Hi"))),
        ("cohere.command-r", {"messages": [{"role": "user", "content": "Hi"}]},
         "chat", user(text("Hi"))),
        ("m", {"messages": [{"role": "user", "content": "Hi"}]}, "chat", user(text("Hi"))),
        ("m", {"message": "Hi", "chat_history": []}, "chat", user(text("Hi"))),
        ("m", {"query": "Which?", "documents": ["One."]}, "rerank", user(text("Which?"))),
        ("m", {"texts": ["One."], "input_type": "search_query"}, "embeddings", user(text("One."))),
        ("m", {"texts": ["One."]}, "embeddings", user(text("One."))),
        ("amazon.titan-embed", {"inputText": "One."}, "embeddings", user(text("One."))),
        ("m", {"inputImage": PIXELS_BASE64}, "embeddings", user(BLOB)),
        ("m", {"inputText": "Hi", "textGenerationConfig": {"topP": 1}}, "text_completion",
         user(text("Hi"))),
        ("m", {"prompt": "Hi", "images": [PIXELS_BASE64]}, "text_completion",
         user(text("Hi"), BLOB)),
        ("m", {"taskType": "TEXT_IMAGE", "textToImageParams": {"text": "A cat"}},
         "generate_content", user(text("A cat"))),
        ("m", {"text_prompts": [{"text": "A cat"}, {"text": "black"}]}, "generate_content",
         user(text("A cat\nblack"))),
        ("m", {"something": 1}, "chat", user({"type": "json", "content": {"something": 1}})),
        ("m", [1], "chat", user({"type": "json", "content": {"body": [1]}})),
    ],
)  # fmt: skip
def test_request_is_recognised_by_its_fields(
    model: str, body: Any, operation: str, messages: list[Any]
) -> None:
    """Each maker's body gives the same values, and the provider is Bedrock."""
    request = invoke_request(model, body)

    assert (request.operation, request.provider) == (operation, "aws.bedrock")
    assert read_messages(request) == messages


def test_request_that_is_no_json() -> None:
    """Nothing of it is known."""
    assert invoke_request("m", None) == Request("chat", "aws.bedrock")


def test_parameters_of_each_maker() -> None:
    """Whatever a maker calls them, and wherever they stand."""
    llama = invoke_request("m", {"prompt": "Hi", "max_gen_len": 9, "top_p": 0.5, "stop": "|"})
    titan = invoke_request(
        "m",
        {"inputText": "Hi",
         "textGenerationConfig": {"maxTokenCount": 9, "topP": 0.5, "stopSequences": ["|"]}},
    )  # fmt: skip

    assert llama.attributes == titan.attributes == {
        "gen_ai.request.max_tokens": 9,
        "gen_ai.request.top_p": 0.5,
        "gen_ai.request.stop_sequences": ["|"],
    }  # fmt: skip


# -- answers ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "content"),
    [
        (CLAUDE, "Hi"),
        ({"output": {"message": {"role": "assistant", "content": [{"text": "Hi"}]}}}, "Hi"),
        ({"choices": [{"message": {"role": "assistant", "content": "Hi"}}]}, "Hi"),
        ({"choices": [{"text": "Hi"}]}, "Hi"),
        ({"generations": [{"text": "Hi"}]}, "Hi"),
        ({"response_id": "r", "text": "Hi"}, "Hi"),
        ({"message": {"content": [{"type": "text", "text": "Hi"}]}, "finish_reason": "COMPLETE"},
         "Hi"),
        ({"results": [{"outputText": "Hi"}]}, "Hi"),
        ({"generation": "Hi"}, "Hi"),
    ],
)  # fmt: skip
def test_answer_is_recognised_by_its_fields(body: Any, content: str) -> None:
    """Each maker's body gives the same message."""
    response = InvokedModel().response(answer(body))

    assert [message["parts"] for message in response.messages] == [[text(content)]]


@pytest.mark.parametrize(
    ("reasons", "reason"),
    [({"stop_reason": "length"}, "length"), ({"stop_reason": "tool_calls"}, "tool_calls"),
     ({"finish_reason": "stop", "stop_reason": 128_009}, "stop")],
)  # fmt: skip
@pytest.mark.parametrize("said", [{"message": {"role": "assistant", "content": "Hello"}},
                                  {"text": "Hello"}])  # fmt: skip
def test_stop_reason_of_a_choice(
    said: dict[str, Any], reasons: dict[str, Any], reason: str
) -> None:
    """Mistral's chats and DeepSeek's texts on Bedrock have their finish reason by this name.

    A vLLM that one imports has its own one beside it, which is a token.
    """
    response = InvokedModel().response(answer({"choices": [{"index": 0, **said, **reasons}]}))

    assert response.finish_reasons == [reason]


@pytest.mark.parametrize("kind", ["text", "delta", "message"])
def test_streamed_choices(kind: str) -> None:
    """Their text stands where each maker puts it, and the last one has the reason."""
    pieces = ["Hel", "lo", ""]
    chunks = [
        chunk({"choices": [{"index": 0, "stop_reason": None if piece else "length",
                            kind: piece if kind == "text" else {"content": piece}}]})
        for piece in pieces
    ]  # fmt: skip

    response = folded(InvokedModel(), chunks)

    assert response.messages == [
        {"role": "assistant", "parts": [text("Hello")], "finish_reason": "length"}
    ]
    assert response.finish_reasons == ["length"]


@pytest.mark.parametrize(
    ("body", "vectors"),
    [({"embedding": [0.1, 0.2]}, 1), ({"embeddings": [[0.1, 0.2], [0.3, 0.4]]}, 2),
     ({"embeddingsByType": {"float": [0.1, 0.2]}}, 1)],
)  # fmt: skip
def test_vectors(body: Any, vectors: int) -> None:
    """They are counted, whoever made the model."""
    response = InvokedModel().response(answer(body))

    assert (response.vectors, response.dimensions, response.messages) == (vectors, 2, [])


def test_reranking() -> None:
    """It has documents by rank."""
    rows = [{"index": 1, "relevance_score": 0.9}]

    assert InvokedModel().response(answer({"results": rows})).documents == [
        {"index": 1, "score": 0.9}
    ]


def test_images() -> None:
    """They are blobs."""
    response = InvokedModel().response(answer({"images": [PIXELS_BASE64]}))

    assert response.messages == [{"role": "assistant", "parts": [BLOB]}]


def test_bedrocks_counts_are_used_where_the_model_has_none() -> None:
    """They stand in the headers; a model's own counts are better."""
    headers = {
        "x_amzn_bedrock_input_token_count": "3",
        "x_amzn_bedrock_output_token_count": "4",
    }
    without = InvokedModel().response(answer({"generation": "Hi"}, **headers))
    partly = InvokedModel().response(
        answer({"generation": "Hi", "prompt_token_count": 9}, **headers)
    )

    assert without.usage == Usage(3, 4)
    assert without.raw_usage == {
        "x-amzn-bedrock-input-token-count": 3,
        "x-amzn-bedrock-output-token-count": 4,
    }
    assert partly.usage == Usage(9, 4)


def test_answer_that_is_no_json() -> None:
    """Bedrock's counts are known all the same."""
    found = InvokedModel().response(Answer(b"{", {"x-amzn-bedrock-input-token-count": "3"}))

    assert found == Response(usage=Usage(3), raw_usage={"x-amzn-bedrock-input-token-count": 3})


def test_guardrail_that_intervened() -> None:
    """It is the outcome, whatever reason the model gave."""
    body = {"generation": "Sorry.", "stop_reason": "stop",
            "amazon-bedrock-guardrailAction": "INTERVENED"}  # fmt: skip

    assert InvokedModel().response(answer(body)).outcome == "filtered"


# -- streams ----------------------------------------------------------------------------------


def test_stream_keeps_to_its_kind() -> None:
    """The first event decides what reads the rest; Bedrock's counts come with the last."""
    surface = InvokedModel()
    metrics = {"inputTokenCount": 3, "outputTokenCount": 4}
    first = surface.delta(chunk({"generation": "Hel"}))
    last = surface.delta(
        chunk({"generation": "lo", "stop_reason": "stop",
               "amazon-bedrock-invocationMetrics": metrics})
    )  # fmt: skip

    assert first is not None
    assert last is not None
    assert (first.text, last.text, last.finish_reasons) == ("Hel", "lo", {0: "stop"})
    assert last.response == Response(usage=Usage(3, 4), raw_usage=metrics)


def test_counts_of_the_model_are_not_replaced_later() -> None:
    """What the model counted in an earlier event stands."""
    surface = InvokedModel()
    surface.delta(chunk({"generation": "Hi", "prompt_token_count": 9}))
    last = surface.delta(
        chunk({"generation": "", "amazon-bedrock-invocationMetrics": {"inputTokenCount": 3}})
    )

    assert last is not None
    assert last.response == Response()


@pytest.mark.parametrize("event", [{}, {"chunk": {}}, {"chunk": {"bytes": b""}}, "odd"])
def test_event_without_bytes(event: Any) -> None:
    """It adds nothing."""
    assert InvokedModel().delta(event) is None
    assert InvokedModel().text(event) is None
