"""What the call of a framework takes over from the SDK that makes it: each knows some of it."""

from __future__ import annotations

from hilt.genai.fold import merge_response
from hilt.genai.observation import Observation
from hilt.genai.values import Response, text_of
from hilt.instrumentation.framework_calls import FrameworkCall

__all__ = ["enrich", "enriched_response"]


def enrich(
    observation: Observation, sdk_call: Observation | None, attempts: int | None = None
) -> None:
    """Take over what only the SDK knows of a call.

    Args:
        observation: The framework's.
        sdk_call: The SDK's.
        attempts: How many requests were made, if there is more than one.
    """
    if sdk_call is None:
        return
    observation.status_code = sdk_call.status_code
    observation.request_id = sdk_call.request_id
    observation.attempts = attempts or sdk_call.attempts or observation.attempts
    observation.sdk = sdk_call.sdk or observation.sdk
    request, sent = observation.request, sdk_call.request
    if request.provider != sent.provider:  # a model of one's own, around the SDK
        request.provider, request.model = sent.provider, sent.model or request.model
    request.provider_hint = request.provider_hint or sent.provider_hint
    request.price_assumed = request.price_assumed or sent.price_assumed
    request.cost_unknown = request.cost_unknown or sent.cost_unknown
    request.server_address = request.server_address or sent.server_address
    request.server_port = request.server_port or sent.server_port
    observation.origin = None  # so that it is computed again, from what is known now


def enriched_response(
    response: Response, sdk_call: Observation | None, framework_call: FrameworkCall
) -> Response:
    """The framework's response, with what only the SDK has observed of it."""
    if sdk_call is None or sdk_call.response is None:
        return response
    is_other = framework_call.others and not _has_text_of(response, sdk_call.response)
    return sdk_call.response if is_other else _merged(response, sdk_call.response)


def _has_text_of(response: Response, sdk_response: Response) -> bool:
    return [text_of(each["parts"]) for each in response.messages] == [
        text_of(each["parts"]) for each in sdk_response.messages
    ]


def _merged(response: Response, sdk_response: Response) -> Response:
    """The framework's response, completed by the SDK's; the messages stay the framework's.

    The usage is that of one of them, since a mixture would be nobody's count.
    """
    messages = response.messages or sdk_response.messages
    usage, raw_usage = response.usage, response.raw_usage
    response.usage = response.raw_usage = None
    merge_response(response, sdk_response)
    if response.usage is None:
        response.usage, response.raw_usage = usage, raw_usage
    response.messages, response.partial = messages, False
    return response
