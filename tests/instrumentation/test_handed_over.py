"""What a framework's call takes over from the SDK's."""

from __future__ import annotations

from typing import Any

from hilt.genai.observation import Observation
from hilt.genai.values import Request, Response, Usage
from hilt.instrumentation.framework_calls import FrameworkCall
from hilt.instrumentation.handed_over import enrich, enriched_response


def _call(provider: str, **fields: Any) -> Observation:
    return Observation(Request("chat", provider, model="m"), 0, **fields)


def _response(text: str, **fields: Any) -> Response:
    parts = [{"type": "text", "content": text}]
    return Response(messages=[{"role": "assistant", "parts": parts}], **fields)


def test_provider_and_model_are_those_of_the_sdk() -> None:
    """A model of one's own has no price."""
    own, sent = _call("own"), _call("openai", status_code=200, attempts=2)
    sent.request.model, sent.request.server_address = "gpt-4o", "api.openai.com"
    enrich(own, sent)

    request = own.request
    assert (request.provider, request.model) == ("openai", "gpt-4o")
    assert (request.server_address, own.status_code, own.attempts) == ("api.openai.com", 200, 2)


def test_messages_are_those_of_the_framework() -> None:
    """Usage, id and model are those of the SDK."""
    usage = Usage(1, 2, 3)
    sent = _call("openai", response=_response("hello", id="r1", model="gpt-4o", usage=usage))
    framework_call = FrameworkCall(Request("chat", "own"), "key")
    made = enriched_response(_response("HELLO", usage=Usage(9, 9, 18)), sent, framework_call)

    assert (made.id, made.model, made.usage) == ("r1", "gpt-4o", usage)
    assert made.messages[0]["parts"][0]["content"] == "HELLO"


def test_answer_of_another_request_is_not_mixed_with_the_usage_of_this_one() -> None:
    """Of several requests, the text and the counts belong to one."""
    sent = _call("openai", response=_response("first", usage=Usage(1, 2, 3)))
    framework_call = FrameworkCall(Request("chat", "own"), "key")
    framework_call.others = 1

    assert enriched_response(_response("second"), sent, framework_call) is sent.response
