"""Answers of ``generateContent``, whole and streamed."""

from __future__ import annotations

from typing import Any

import pytest

from hilt.genai.values import Delta, Failure, Response, Usage
from hilt.providers.gemini.content import GenerateContent, citations_of
from hilt.providers.gemini.requests import content_request
from tests.providers.wire import PIXELS_BASE64, folded

USAGE = {"promptTokenCount": 3, "candidatesTokenCount": 2, "totalTokenCount": 5}


def text(content: str) -> dict[str, Any]:
    """A text part."""
    return {"type": "text", "content": content}


def candidate(*parts: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A candidate of an answer."""
    return {"content": {"role": "model", "parts": list(parts)}, **fields}


def test_whole_answer() -> None:
    """The candidates in their order, with what the answer says of itself."""
    body = {
        "responseId": "r1",
        "modelVersion": "gemini-2.5",
        "usageMetadata": {**USAGE, "serviceTier": "STANDARD"},
        "candidates": [
            candidate({"text": "B"}, index=1, finishReason="MAX_TOKENS"),
            candidate({"text": "A"}, finishReason="STOP"),
        ],
    }

    assert GenerateContent().response(body) == Response(
        id="r1",
        model="gemini-2.5",
        messages=[
            {"role": "assistant", "parts": [text("A")], "finish_reason": "STOP"},
            {"role": "assistant", "parts": [text("B")], "finish_reason": "MAX_TOKENS"},
        ],
        finish_reasons=["STOP", "MAX_TOKENS"],
        usage=Usage(3, 2, 5),
        raw_usage={**USAGE, "serviceTier": "STANDARD"},
        service_tier="standard",
    )


def test_answer_that_the_model_goes_on_with() -> None:
    """The token is the same in both alphabets of base64, whole and streamed; a wrong one is none."""
    body = {"candidates": [candidate({"text": "A"}, continuationToken="/+7/")]}
    resumed = content_request({"contents": [], "continuationToken": "_-7_"}).resumes

    assert resumed is not None
    assert GenerateContent().response(body).resumed_by == resumed
    assert folded(GenerateContent(), [body, {"candidates": []}]).resumed_by == resumed
    assert content_request({"contents": [], "continuationToken": "other"}).resumes != resumed
    assert content_request({"contents": [], "continuationToken": {}}).resumes is None


@pytest.mark.parametrize(
    ("feedback", "content", "reason"),
    [
        ({"blockReason": "SAFETY", "blockReasonMessage": "Not safe."}, "Not safe.", "SAFETY"),
        ({"blockReason": "OTHER"}, "OTHER", "content_filter"),
        ({"blockReason": "JAILBREAK"}, "JAILBREAK", "JAILBREAK"),
    ],
)
def test_blocked_prompt(feedback: dict[str, str], content: str, reason: str) -> None:
    """It has an answer all the same: a refusal, whole or in a stream."""
    body = {"promptFeedback": feedback}
    refusal = {"type": "refusal", "content": content}

    assert GenerateContent().response(body) == Response(
        messages=[{"role": "assistant", "parts": [refusal], "finish_reason": reason}],
        finish_reasons=[reason],
    )
    assert GenerateContent().delta(body) == Delta(
        parts=[refusal], finish_reasons={0: reason}, response=Response()
    )


@pytest.mark.parametrize(
    ("reason", "message"),
    [
        ("NO_IMAGE", "the answer ended, with the finish reason 'NO_IMAGE': It was a text."),
        ("STOP", None),
        ("SAFETY", None),
        (None, None),
    ],
)
def test_why_an_answer_failed(reason: str | None, message: str | None) -> None:
    """What Google says of it is in the error, whole and streamed."""
    said = {"finishReason": reason, "finishMessage": "It was a text."}
    body = {"candidates": [candidate(index=1, finishMessage="No"), candidate(**said)]}
    failures = [GenerateContent().response(body).failure, folded(GenerateContent(), [body]).failure]

    assert [each and each.message for each in failures] == [message, message]


def test_stream_adds_up() -> None:
    """Reasoning, text, a tool call and the last counts."""
    chunks = [
        {"candidates": [candidate({"text": "Hm", "thought": True}, {"text": "Hel"})]},
        {"candidates": [candidate({"text": "lo."})], "usageMetadata": {"promptTokenCount": 3}},
        {"candidates": [candidate({"functionCall": {"name": "f", "args": {"a": 1}}},
                                  finishReason="STOP")], "usageMetadata": USAGE},
    ]  # fmt: skip

    assert folded(GenerateContent(), chunks) == Response(
        messages=[
            {
                "role": "assistant",
                "parts": [
                    {"type": "reasoning", "content": "Hm"},
                    text("Hello."),
                    {"type": "tool_call", "name": "f", "arguments": {"a": 1}},
                ],
                "finish_reason": "STOP",
            }
        ],
        finish_reasons=["STOP"],
        usage=Usage(3, 2, 5),
        raw_usage=USAGE,
    )


def test_chunk_of_several_candidates() -> None:
    """Each has what came for it; more of a candidate may stand beside it."""
    chunk = {
        "candidates": [
            candidate({"text": "A"}, {"inlineData": {"data": "eA=="}}),
            candidate({"text": "B"}, {"text": "Hm", "thought": True}, index=1,
                      finishReason="STOP"),
            candidate({"functionCall": {"name": "f", "args": {}}}, index=1),
        ]
    }  # fmt: skip

    delta = GenerateContent().delta(chunk)

    assert delta is not None
    assert (delta.text, delta.texts, delta.reasoning) == ("A", None, None)
    assert delta.others == [
        (1, Delta(text="B", reasoning="Hm")),
        (1, Delta(ends_part=True)),
    ]
    assert [call.choice for call in delta.tool_calls or ()] == [1]
    assert [part["type"] for part in delta.parts or ()] == ["blob"]
    assert delta.ends_part
    assert delta.finish_reasons == {1: "STOP"}


def test_second_candidate_of_a_stream() -> None:
    """It has its reasoning, images, sound, sources and tool calls, as the only one would."""
    picture = {"inlineData": {"mimeType": "image/png", "data": PIXELS_BASE64}}
    sound = {"inlineData": {"mimeType": "audio/wav", "data": PIXELS_BASE64}}
    call = {"functionCall": {"name": "f", "args": {"a": 1}}}
    sources = {"citationMetadata": {"citations": [{"uri": "https://a"}]},
               "groundingMetadata": {"webSearchQueries": ["q"]}}  # fmt: skip
    own = [
        candidate({"text": "Hm", "thought": True}, {"text": "B"}, picture),
        candidate(sound),
        candidate({"text": "C"}),
        candidate(call, finishReason="STOP", **sources),
    ]

    alone = folded(GenerateContent(), [{"candidates": [each]} for each in own])
    both = folded(
        GenerateContent(),
        [{"candidates": [candidate({"text": "A"}), {**each, "index": 1}]} for each in own],
    )

    kinds = ["reasoning", "text", "blob", "blob", "text", "server_tool_call", "tool_call"]
    assert sorted(part["type"] for part in alone.messages[0]["parts"]) == sorted(kinds)
    assert both.messages == [{"role": "assistant", "parts": [text("AAAA")]}, *alone.messages]


@pytest.mark.parametrize(
    ("code", "error_code", "raised"),
    [
        (429, "rate_limit", "ClientError"),
        (503, "overloaded", "ServerError"),
        (None, "unknown", "APIError"),
    ],
)
def test_error_in_a_stream(code: int | None, error_code: str, raised: str) -> None:
    """The SDK raises it when it gets there, as the class of its status."""
    retry = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "12s"}
    error = {"code": code, "message": "Slow down", "status": "BUSY", "details": [retry]}

    assert GenerateContent().delta({"error": error}) == Delta(
        response=Response(
            failure=Failure(error_code, f"google.genai.errors.{raised}", "Slow down", code,
                            provider_code="BUSY", retry_after=12.0)
        )
    )  # fmt: skip


def test_citations_of_a_search() -> None:
    """Each supported segment with its sources; an index beyond the sources is left out."""
    grounding = {
        "groundingChunks": [{"web": {"uri": "https://x"}}, {"web": {"uri": "https://y"}}],
        "groundingSupports": [
            {"segment": {"startIndex": 0, "endIndex": 5}, "groundingChunkIndices": [1, 2, 9]}
        ],
    }

    assert citations_of({"groundingMetadata": grounding}) == [
        {"startIndex": 0, "endIndex": 5, "sources": [{"web": {"uri": "https://y"}}]}
    ]


@pytest.mark.parametrize(
    ("candidate", "citations"),
    [
        ({}, []),
        ({"citationMetadata": {"citations": [{"uri": "https://x"}]}}, [{"uri": "https://x"}]),
        ({"citationMetadata": {"citationSources": [{"uri": "https://x"}]}},
         [{"uri": "https://x"}]),
        ({"groundingMetadata": {"groundingChunks": [{"web": {"uri": "https://x"}}]}},
         [{"web": {"uri": "https://x"}}]),
    ],
)  # fmt: skip
def test_citations(candidate: dict[str, Any], citations: list[Any]) -> None:
    """Recited sources, and those of a search that names no segments."""
    assert citations_of(candidate) == citations


def test_citations_stand_at_the_text() -> None:
    """Whole or in a stream, they are with the text of the answer."""
    one = candidate({"text": "Hm", "thought": True}, {"text": "A"},
                    citationMetadata={"citations": [{"uri": "https://x"}]})  # fmt: skip
    whole = GenerateContent().response({"candidates": [one]}).messages[0]["parts"]

    assert whole[1] == {**text("A"), "citations": [{"uri": "https://x"}]}
    assert folded(GenerateContent(), [{"candidates": [one]}]).messages[0]["parts"] == whole


def test_searches_and_pages_are_server_tools_streamed_and_whole() -> None:
    """What was searched for, and the pages that were read; a stream has them at its end."""
    page = {"retrievedUrl": "https://a", "urlRetrievalStatus": "URL_RETRIEVAL_STATUS_SUCCESS"}
    ending = {
        "groundingMetadata": {"webSearchQueries": ["hilt"]},
        "urlContextMetadata": {"urlMetadata": [page]},
    }
    whole = GenerateContent().response({"candidates": [candidate({"text": "Hi"}, **ending)]})

    streamed = folded(
        GenerateContent(),
        [{"candidates": [candidate({"text": "Hi"})]}, {"candidates": [candidate(**ending)]}],
    )

    assert streamed.messages == whole.messages
    assert whole.messages[0]["parts"] == [
        text("Hi"),
        {"type": "server_tool_call", "name": "google_search",
         "server_tool_call": {"type": "google_search", "queries": ["hilt"]}},
        {"type": "server_tool_call", "name": "url_context",
         "server_tool_call": {"type": "url_context", "urls": [page]}},
    ]  # fmt: skip
