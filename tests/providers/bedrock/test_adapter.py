"""boto3's own client against a server that answers like Bedrock."""

from __future__ import annotations

import base64
import gc
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from hilt.testing.provider import Provider
from hilt.testing.provider.server import HTTPAnswer, HTTPRequest
from tests.conftest import Log
from tests.instrumentation.bedrock_server import frame
from tests.providers.wire import wire

boto3 = pytest.importorskip("boto3")
from botocore.config import Config  # noqa: E402
from botocore.exceptions import ClientError, EventStreamError, NoCredentialsError  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

OLD = tuple(map(int, boto3.__version__.split(".")[:2])) < (1, 38)
MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
ASK = [{"role": "user", "content": [{"text": "Hello"}]}]
COUNTED = {
    "x-amzn-requestid": "req-1",
    "x-amzn-bedrock-input-token-count": "3",
    "x-amzn-bedrock-output-token-count": "4",
}


class _Server(Provider):
    """Answers everything with one thing: JSON, or the frames of a stream."""

    def __init__(self, answer: Any, status: int = 200, **headers: str) -> None:
        super().__init__()
        self._answer, self._status, self._headers = answer, status, headers

    def handle(self, request: HTTPRequest) -> tuple[HTTPAnswer, Any]:
        """The answer."""
        _, fault = super().handle(request)
        headers = {**COUNTED, "content-type": "application/json", **self._headers}
        if isinstance(self._answer, list):
            kind = {"content-type": "application/vnd.amazon.eventstream"}
            return HTTPAnswer(self._status, {**headers, **kind}, events=self._answer), fault
        return HTTPAnswer(self._status, headers, json.dumps(self._answer).encode()), fault


@contextmanager
def serving(answer: Any, status: int = 200, **headers: str) -> Iterator[Any]:
    """A client of a server that gives this answer."""
    with _Server(answer, status, **{k.replace("_", "-"): v for k, v in headers.items()}) as server:
        yield boto3.client(
            "bedrock-runtime",
            region_name="us-east-1",
            endpoint_url=server.url,
            aws_access_key_id="AKIASECRETSECRETSECR",
            aws_secret_access_key="SECRET-KEY",
            config=Config(retries={"total_max_attempts": 1}),
        )


def _deltas(*texts: str) -> list[bytes]:
    events = [
        frame("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": text}})
        for text in texts
    ]
    return [frame("messageStart", {"role": "assistant"}), *events]


# -- converse ---------------------------------------------------------------------------------


@pytest.mark.skipif(OLD, reason="this release hides thoughts and cached tokens")
def test_converse(log: Log) -> None:
    """Text, thoughts and tool calls are in the log; cached tokens are part of the input."""
    with serving(wire("bedrock/converse")) as client:
        client.converse(
            modelId=MODEL,
            messages=ASK,
            system=[{"text": "Be brief."}],
            inferenceConfig={"maxTokens": 9, "temperature": 0.5, "stopSequences": ["|"]},
        )

    asked, event = log.one("prompt"), log.one("completion")
    assert asked["extensions"]["parameters"] == {
        "max_tokens": 9,
        "temperature": 0.5,
        "stop_sequences": ["|"],
    }
    assert event["content"]["text"] == "I will look."
    assert event["content"]["reasoning"] == "They ask for two."
    tokens = event["metrics"]["tokens"]
    assert (tokens["prompt"], tokens["cached"], tokens["cache_write"]) == (110, 90, 10)
    assert event["provenance"]["usage"] == wire("bedrock/converse")["usage"]
    assert event["provenance"]["request_id"] == "req-1"
    assert event["extensions"]["attempts"] == 1
    assert log.one("tool_call")["content"]["tool"]["arguments"] == {"city": "Oslo"}
    assert "SECRET" not in json.dumps([each.to_dict() for each in log.events])


def test_binary_content_is_hashed(log: Log) -> None:
    """An image among the blocks is its size and hash, in bytes as in base64."""
    picture = {"image": {"format": "png", "source": {"bytes": b"\x89PNG picture"}}}
    with serving(wire("bedrock/converse")) as client:
        client.converse(modelId=MODEL, messages=[{"role": "user", "content": [picture]}])

    (part,) = log.one("prompt")["content"]["messages"][0]["parts"]
    assert (part["type"], part["mime_type"], part["size"]) == ("blob", "image/png", 12)
    assert base64.b64encode(b"\x89PNG picture").decode() not in log.of("prompt")[0].to_json()


def test_tool_results(log: Log) -> None:
    """A tool's result is an event, whether it is text or JSON."""
    result = {"toolUseId": "t1", "content": [{"json": {"rain": True}}], "status": "success"}
    answer = wire("bedrock/converse")
    said = answer["output"]["message"]
    del said["content"][0]  # thoughts, which older releases do not send
    with serving(answer) as client:
        client.converse(modelId=MODEL, messages=ASK)
        more = [*ASK, said, {"role": "user", "content": [{"toolResult": result}]}]
        client.converse(modelId=MODEL, messages=more)

    assert log.one("tool_result")["content"]["tool"]["result"] == {"rain": True}
    assert len(log.of("prompt")) == 1


def test_guardrail(log: Log) -> None:
    """An answer that a guardrail stepped into is filtered, and the guardrail is named."""
    answer = {**wire("bedrock/converse"), "stopReason": "guardrail_intervened"}
    with serving(answer) as client:
        client.converse(
            modelId=MODEL,
            messages=ASK,
            guardrailConfig={"guardrailIdentifier": "gr1", "guardrailVersion": "DRAFT"},
        )

    assert log.ending["extensions"]["outcome"] == "filtered"


def test_error_in_the_stream(log: Log) -> None:
    """An exception among the events fails the call with its own code; the text is kept."""
    frames = [*_deltas("Hi"), frame("throttlingException", {"message": "slow"}, "exception")]
    with serving(frames) as client, pytest.raises(EventStreamError):
        list(client.converse_stream(modelId=MODEL, messages=ASK)["stream"])

    facts = log.ending["extensions"]
    assert (facts["error_code"], facts["status_code"]) == ("rate_limit", 429)
    assert facts["partial"] is True


def test_finished_stream_is_complete_when_dropped(log: Log) -> None:
    """Who reads no further after the usage has missed nothing."""
    usage = {"inputTokens": 3, "outputTokens": 4, "totalTokens": 7}
    end = frame("messageStop", {"stopReason": "end_turn"})
    frames = [*_deltas("Hi"), end, frame("metadata", {"usage": usage})]
    with serving(frames) as client:
        for event in client.converse_stream(modelId=MODEL, messages=ASK)["stream"]:
            if "metadata" in event:
                break
        gc.collect()

    assert log.ending["extensions"]["outcome"] == "completed"
    assert log.ending["metrics"]["tokens"]["total"] == 7


# -- invoke -----------------------------------------------------------------------------------


@pytest.mark.parametrize("maker", sorted(wire("bedrock/bodies")))
def test_bodies(maker: str, log: Log) -> None:
    """The body of every maker's models is read: prompt, text, reason, tokens."""
    asked, answered = wire("bedrock/bodies")[maker]
    with serving(answered) as client:
        body = client.invoke_model(modelId="any.model", body=json.dumps(asked))["body"]
        assert json.loads(body.read()) == answered

    event = log.ending
    assert log.one("prompt")["content"]["text"] == "Hello"
    assert event["content"]["text"] == "Hi there."
    assert event["metrics"]["tokens"] == {"prompt": 3, "completion": 4, "total": 7} | (
        {"cached": 0} if maker == "nova" else {}
    )
    assert event["extensions"]["finish_reason"]
    assert event["extensions"]["outcome"] == "completed"


def test_body_that_is_not_read(log: Log) -> None:
    """Nobody reads for the caller: a body that is dropped is abandoned."""
    _, answered = wire("bedrock/bodies")["claude"]
    with serving(answered) as client:
        answer = client.invoke_model(modelId=MODEL, body=b"{}")
        assert not log.endings
        del answer
        gc.collect()

    assert log.ending["extensions"]["outcome"] == "abandoned"


def test_body_that_is_closed(log: Log) -> None:
    """A body that the caller closes before its end is closed."""
    _, answered = wire("bedrock/bodies")["claude"]
    with serving(answered) as client:
        body = client.invoke_model(modelId=MODEL, body=b"{}")["body"]
        body.read(5)
        body.close()

    assert log.ending["extensions"]["outcome"] == "closed"


def test_file_is_the_callers_to_read(log: Log, tmp_path: Any) -> None:
    """A body given as a file is sent whole."""
    asked, answered = wire("bedrock/bodies")["claude"]
    path = tmp_path / "body.json"
    path.write_text(json.dumps(asked), encoding="utf-8")
    with serving(answered) as client, path.open("rb") as file:
        client.invoke_model(modelId=MODEL, body=file)["body"].read()

    assert log.ending["content"]["text"] == "Hi there."


def test_titan_embedding(log: Log) -> None:
    """Titan's embedding is an embedding."""
    answer = {"embedding": [0.1, 0.2], "inputTextTokenCount": 3}
    with serving(answer) as client:
        body = json.dumps({"inputText": "Hello"})
        client.invoke_model(modelId="amazon.titan-embed-text-v2:0", body=body)["body"].read()

    event = log.one("embedding")
    assert (event["extensions"]["vectors"], event["extensions"]["dimensions"]) == (1, 2)
    assert event["metrics"]["cost_usd"] > 0


# -- errors -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (429, "ThrottlingException", "rate_limit"),
        (400, "ServiceQuotaExceededException", "rate_limit"),
        (403, "AccessDeniedException", "permission_denied"),
        (403, "ExpiredTokenException", "authentication"),
        (403, "UnrecognizedClientException", "authentication"),
        (400, "ValidationException", "invalid_request"),
        (404, "ResourceNotFoundException", "not_found"),
        (408, "ModelTimeoutException", "timeout"),
        (424, "ModelErrorException", "server_error"),
        (429, "ModelNotReadyException", "overloaded"),
        (500, "InternalServerException", "server_error"),
        (503, "ServiceUnavailableException", "overloaded"),
    ],
)
def test_error_codes(status: int, code: str, expected: str, log: Log) -> None:
    """AWS says in its own code what a status leaves open."""
    answer = {"message": "no"}
    with serving(answer, status, x_amzn_errortype=code) as client, pytest.raises(ClientError):
        client.converse(modelId=MODEL, messages=ASK)

    facts = log.ending["extensions"]
    assert (facts["error_code"], facts["status_code"]) == (expected, status)
    assert facts["outcome"] == "failed"
    assert facts["attempts"] == 1


def test_no_credentials(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without credentials nothing is sent: that is a matter of authentication."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    client = boto3.Session().client("bedrock-runtime", region_name="us-east-1")
    with pytest.raises(NoCredentialsError):
        client.converse(modelId=MODEL, messages=ASK)

    facts = log.ending["extensions"]
    assert facts["error_code"] == "authentication"
    assert "status_code" not in facts


def test_other_services_are_not_observed(log: Log) -> None:
    """What is not asked of a model is no call, and its bodies are read as ever."""
    with _Server({"Buckets": []}) as server:
        client = boto3.client(
            "bedrock",
            region_name="us-east-1",
            endpoint_url=server.url,
            aws_access_key_id="a",
            aws_secret_access_key="b",
        )
        client.list_foundation_models()

    assert not log.events
