"""Bedrock's agents and knowledge bases through boto3's own client."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.conftest import Log
from tests.instrumentation.bedrock_server import frame

boto3 = pytest.importorskip("boto3")
from botocore.config import Config  # noqa: E402
from botocore.exceptions import ClientError  # noqa: E402

from tests.providers.bedrock.test_adapter import _Server  # noqa: E402 # skips without boto3

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
ARN = f"arn:aws:bedrock:us-east-1::foundation-model/{MODEL}"
REFERENCE = {
    "content": {"type": "TEXT", "text": "Within 30 days."},
    "location": {"type": "S3", "s3Location": {"uri": "s3://bucket/policy.md"}},
}
DOCUMENT = {"text": "Within 30 days.", "location": REFERENCE["location"]}
RAG = {
    "input": {"text": "Return policy?"},
    "retrieveAndGenerateConfiguration": {
        "type": "KNOWLEDGE_BASE",
        "knowledgeBaseConfiguration": {"knowledgeBaseId": "KB12345678", "modelArn": ARN},
    },
}
TRACE = {
    "trace": {"orchestrationTrace": {"modelInvocationInput": {"foundationModel": MODEL}}},
    "sessionId": "s1",
}


def traced(inputs: int, outputs: int) -> bytes:
    """The trace of one call of a model within an agent."""
    usage = {"inputTokens": inputs, "outputTokens": outputs}
    output = {"modelInvocationOutput": {"metadata": {"usage": usage}}}
    return frame("trace", {"trace": {"orchestrationTrace": output}, "sessionId": "s1"})


def piece(text: str) -> bytes:
    """A piece of an agent's answer."""
    return frame("chunk", {"bytes": base64.b64encode(text.encode()).decode()})


@contextmanager
def serving(answer: Any, status: int = 200, **headers: str) -> Iterator[Any]:
    """A client of a server that gives this answer."""
    with _Server(answer, status, **headers) as server:
        yield boto3.client(
            "bedrock-agent-runtime",
            region_name="us-east-1",
            endpoint_url=server.url,
            aws_access_key_id="AKIASECRETSECRETSECR",
            aws_secret_access_key="SECRET-KEY",
            config=Config(retries={"total_max_attempts": 1}),
        )


def ask(client: Any, **fields: Any) -> Any:
    """The stream of an agent's answer."""
    return client.invoke_agent(
        agentId="AGENT12345", agentAliasId="ALIAS12345", sessionId="s1",
        inputText="Weather in Paris?", **fields,
    )["completion"]  # fmt: skip


def test_agent(log: Log) -> None:
    """The session is the conversation, and a trace's counts add up and are priced."""
    events = [frame("trace", TRACE), traced(1000, 50), traced(1200, 50), piece("14 "), piece("C.")]
    with serving(events) as client:
        texts = [
            each["chunk"]["bytes"] for each in ask(client, enableTrace=True) if "chunk" in each
        ]

    assert texts == [b"14 ", b"C."]
    assert log.actions == ["prompt", "completion"]
    ending = log.one("completion")
    assert ending["session_id"] == "s1"
    assert ending["content"]["text"] == "14 C."
    assert ending["extensions"]["outcome"] == "completed"
    assert ending["provenance"]["operation"] == "invoke_agent"
    assert ending["provenance"]["usage"] == {"inputTokens": 2200, "outputTokens": 100}
    # 0.25 and 1.25 USD a million tokens
    expected = (2200 * 0.25 + 100 * 1.25) / 1e6
    assert ending["metrics"]["cost_usd"] == pytest.approx(expected)
    assert "SECRET" not in str([each.to_dict() for each in log.events])


def test_agent_without_trace_has_no_cost(log: Log) -> None:
    """Nothing is guessed where the agent counts nothing."""
    with serving([piece("14 C.")]) as client:
        list(ask(client))

    ending = log.one("completion")
    assert "metrics" not in ending
    assert ending["extensions"]["cost_unknown"] == "the provider sent no usage"


def test_agent_that_is_left_early(log: Log) -> None:
    """What came by then is kept."""
    with serving([piece("14 "), piece("C.")]) as client:
        stream = ask(client)
        next(iter(stream))
        stream.close()

    assert log.one("completion")["extensions"]["outcome"] == "closed"
    assert log.one("completion")["content"]["text"] == "14 "


def test_agent_that_returns_control(log: Log) -> None:
    """The functions that the caller is to run are tool calls, and what they gave are results."""
    function = {
        "actionGroup": "g",
        "function": "weather",
        "parameters": [{"name": "city", "type": "string", "value": "Paris"}],
    }
    control = {"invocationId": "i1", "invocationInputs": [{"functionInvocationInput": function}]}
    with serving([frame("returnControl", control)]) as client:
        list(ask(client))
    result = {"actionGroup": "g", "function": "weather",
              "responseBody": {"TEXT": {"body": "14 C"}}}  # fmt: skip
    state = {
        "invocationId": "i1",
        "returnControlInvocationResults": [{"functionResult": result}],
    }
    with serving([piece("14 degrees.")]) as client:
        list(client.invoke_agent(
            agentId="AGENT12345", agentAliasId="ALIAS12345", sessionId="s1", sessionState=state
        )["completion"])  # fmt: skip

    assert log.actions == ["prompt", "completion", "tool_call", "tool_result", "completion"]
    call, answer = log.one("tool_call"), log.one("tool_result")
    assert call["content"]["tool"]["arguments"] == {"city": "Paris"}
    assert answer["content"]["text"] == "14 C"
    assert answer["extensions"]["reply_to"] == call["event_id"]


def test_retrieve_and_generate(log: Log) -> None:
    """The answer has what it cites, and its session is the next call's conversation."""
    body = {
        "sessionId": "s9",
        "output": {"text": "30 days."},
        "citations": [{"retrievedReferences": [REFERENCE]}],
    }
    with serving(body) as client:
        assert client.retrieve_and_generate(**RAG)["output"]["text"] == "30 days."

    asked, ending = log.one("prompt"), log.one("completion")
    assert asked["content"]["text"] == "Return policy?"
    assert asked["extensions"]["model"] == ARN
    assert ending["content"]["text"] == "30 days."
    assert ending["content"]["citations"] == [DOCUMENT]
    assert ending["extensions"]["cost_unknown"] == "the provider sent no usage"


def test_streamed_retrieve_and_generate(log: Log) -> None:
    """So has a streamed one."""
    events = [frame("output", {"text": "30 "}), frame("output", {"text": "days."}),
              frame("citation", {"citation": {"retrievedReferences": [REFERENCE]}})]  # fmt: skip
    with serving(events) as client:
        if not hasattr(client, "retrieve_and_generate_stream"):
            pytest.skip("this boto3 has no retrieve_and_generate_stream")
        list(client.retrieve_and_generate_stream(**RAG)["stream"])

    ending = log.one("completion")
    assert ending["content"]["text"] == "30 days."
    assert ending["content"]["citations"] == [DOCUMENT]
    assert ending["extensions"]["outcome"] == "completed"


def test_retrieve(log: Log) -> None:
    """A search calls no model: it is a retrieval."""
    with serving({"retrievalResults": [{**REFERENCE, "score": 0.8}]}) as client:
        client.retrieve(knowledgeBaseId="KB12345678", retrievalQuery={"text": "Return policy?"})

    event = log.one("retrieval")
    assert log.actions == ["retrieval"]
    assert event["actor"] == {"type": "tool", "id": "KB12345678"}
    assert event["content"] == {
        "text": "Return policy?", "documents": [{"score": 0.8, **DOCUMENT}],
    }  # fmt: skip
    assert event["extensions"]["score"] == 0.8


def test_refused(log: Log) -> None:
    """A refusal is boto3's exception, and a failure in the log."""
    with (
        serving({"message": "No."}, 403, x_amzn_errortype="AccessDeniedException") as client,
        pytest.raises(ClientError),
    ):
        client.retrieve_and_generate(**RAG)

    assert log.one("system")["extensions"]["status_code"] == 403


def test_rerank(log: Log) -> None:
    """Bedrock's own form of reranking; no counts come with it."""
    model = "arn:aws:bedrock:us-east-1::foundation-model/cohere.rerank-v3-5:0"
    settings = {"modelConfiguration": {"modelArn": model}, "numberOfResults": 1}
    sources = [
        {"type": "INLINE", "inlineDocumentSource": {"type": "TEXT", "textDocument": {"text": text}}}
        for text in ("one", "two")
    ]
    with serving({"results": [{"index": 1, "relevanceScore": 0.9}]}) as client:
        client.rerank(
            queries=[{"type": "TEXT", "textQuery": {"text": "second"}}],
            sources=sources,
            rerankingConfiguration={
                "type": "BEDROCK_RERANKING_MODEL",
                "bedrockRerankingConfiguration": settings,
            },
        )

    assert log.actions == ["prompt", "rerank"]
    assert log.one("prompt")["content"]["text"] == "second"
    assert log.ending["content"]["documents"] == [{"index": 1, "score": 0.9}]
    assert log.one("prompt")["content"]["documents"] == ["one", "two"]
    assert log.ending["extensions"]["cost_unknown"]
