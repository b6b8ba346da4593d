"""Azure AI Inference's clients against a server: defaults of the client, errors, and a cost."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Log
from tests.providers.scripted import Scripted

inference = pytest.importorskip("azure.ai.inference")
core = pytest.importorskip("azure.core")

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

ANSWER = {
    "id": "c1",
    "object": "chat.completion",
    "created": 1,
    "model": "phi-4",
    "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "Hi."}, "finish_reason": "stop"}
    ],
    "usage": {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100},
}


def client(url: str, **options: Any) -> Any:
    """A client for chat."""
    from azure.core.credentials import AzureKeyCredential

    return inference.ChatCompletionsClient(
        endpoint=url, credential=AzureKeyCredential("SECRET"), retry_total=0, **options
    )


def test_answer(log: Log) -> None:
    """What the client has for all its calls is part of the request, and the answer is priced."""
    with Scripted(ANSWER) as server:
        made = client(server.url, model="phi-4", temperature=0.5)
        answer = made.complete(
            messages=[
                inference.models.SystemMessage("Be brief."),
                inference.models.UserMessage("Hello"),
            ]
        )

    assert answer.choices[0].message.content == "Hi."
    asked, ending = log.one("prompt"), log.one("completion")
    assert asked["content"]["text"] == "Hello"
    assert [each["role"] for each in asked["content"]["messages"]] == ["system", "user"]
    assert asked["extensions"]["parameters"] == {"temperature": 0.5}
    assert ending["content"]["text"] == "Hi."
    assert ending["provenance"]["provider"] == "azure.ai.inference"
    # 0.125 and 0.50 USD a million tokens
    assert ending["metrics"]["cost_usd"] == pytest.approx((1000 * 0.125 + 100 * 0.50) / 1e6)
    assert "SECRET" not in str([each.to_dict() for each in log.events])


def test_error(log: Log) -> None:
    """The SDK's exception is the caller's, and the provider's own code is in the log."""
    body = {"error": {"code": "unknown_model", "message": "No such model."}}
    with Scripted((404, body)) as server, pytest.raises(core.exceptions.ResourceNotFoundError):
        client(server.url).complete(messages=[inference.models.UserMessage("Hello")])

    facts = log.one("system")["extensions"]
    assert (facts["error_code"], facts["status_code"]) == ("not_found", 404)


def test_error_in_place_of_embeddings(log: Log) -> None:
    """The body of an error with status 200 is a failed call, although the SDK does not raise."""
    from azure.core.credentials import AzureKeyCredential

    body = {"error": {"code": "429", "message": "Slow down."}}
    with Scripted(body) as server:
        made = inference.EmbeddingsClient(server.url, AzureKeyCredential("SECRET"), retry_total=0)
        made.embed(input=["Hello"])

    ending = log.one("system")
    facts = ending["extensions"]
    assert (facts["outcome"], facts["error_code"]) == ("failed", "rate_limit")
    assert ending["content"]["text"] == "Slow down."


def test_no_connection(log: Log) -> None:
    """A server that is not there is a failed connection."""
    with pytest.raises(core.exceptions.ServiceRequestError):
        client("http://127.0.0.1:1").complete(messages=[inference.models.UserMessage("Hello")])

    facts = log.one("system")["extensions"]
    assert (facts["error_code"], facts["status_code"]) == ("connection", 503)


def test_time_out(log: Log) -> None:
    """A server that says nothing for too long is a time-out."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(core.exceptions.ServiceResponseError):
            client(url, read_timeout=0.2).complete(messages=[inference.models.UserMessage("Hi")])

    assert log.one("system")["extensions"]["outcome"] == "timeout"
