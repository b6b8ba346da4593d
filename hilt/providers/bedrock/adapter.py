"""Amazon Bedrock through boto3: converse and invoke, whole and streamed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from hilt.genai.json_values import decode_json, get_path
from hilt.genai.values import Arguments, Failure, Request, Surface, Target
from hilt.instrumentation.attempts import ATTEMPT
from hilt.providers._http import server_of_url
from hilt.providers.bedrock import bodies, hooks
from hilt.providers.bedrock.agents import agent_call
from hilt.providers.bedrock.answers import AGENT_OPERATIONS, OPERATIONS
from hilt.providers.bedrock.converse import Converse, converse_request
from hilt.providers.bedrock.errors import failure_of
from hilt.providers.bedrock.invoke import InvokedModel, invoke_request

__all__ = ["Bedrock"]

_PATH = re.compile(r"/model/(.+)/[^/]+")
_CONVERSE = Converse()
_STREAMED = frozenset(("InvokeAgent", "RetrieveAndGenerateStream"))


class Bedrock:
    """The clients of boto3, botocore and aiobotocore for Bedrock's runtime and its agents'."""

    name = "bedrock"
    targets: tuple[Target, ...] = (
        Target("botocore.client", "BaseClient._make_api_call", hooks.API_CALL),
        Target("botocore.client", "BaseClient._make_request", hooks.HTTP_REQUEST),
        Target("botocore.endpoint", "Endpoint._get_response", ATTEMPT, optional=True),
        Target("botocore.eventstream", "EventStream._parse_event", bodies.PARSE_EVENT),
        Target("botocore.eventstream", "EventStream.close", bodies.CLOSE),
        Target("botocore.response", "StreamingBody.read", bodies.READ),
        Target("botocore.response", "StreamingBody.readinto", bodies.READ_INTO, optional=True),
        Target(
            "aiobotocore.eventstream",
            "AioEventStream._parse_event",
            bodies.PARSE_EVENT,
            optional=True,
        ),
        *(
            Target("aiobotocore.response", f"{body}.{name}", hook, optional=True)
            for body in ("AioStreamingBody", "AioHttpxStreamingBody")
            for name, hook in (("read", bodies.READ), ("readinto", bodies.READ_INTO))
        ),
        Target("aiobotocore.client", "AioBaseClient._make_api_call", hooks.API_CALL, optional=True),
        Target(
            "aiobotocore.client", "AioBaseClient._make_request", hooks.HTTP_REQUEST, optional=True
        ),
        Target("aiobotocore.endpoint", "AioEndpoint._get_response", ATTEMPT, optional=True),
    )
    surfaces: Mapping[str, str] = {
        "converse": "converse, converse_stream",
        "invoke_model": "invoke_model, invoke_model_with_response_stream",
        "invoke_agent": "invoke_agent",
        "retrieve_and_generate": "retrieve_and_generate, retrieve_and_generate_stream",
        "retrieve": "retrieve",
        "rerank": "rerank",
    }

    def request(self, call: Arguments) -> tuple[Request, Surface] | None:
        """The request and what reads its answer, by its operation; None if it calls no model."""
        operation = get_path(call.get(0, "operation_model"), "name")
        sent = call.get(1, "request_dict")
        url_path = str(get_path(sent, "url_path") or "")
        if operation in AGENT_OPERATIONS:
            return _agent_call(operation, url_path, sent)
        path = _PATH.fullmatch(url_path)
        if operation not in OPERATIONS or path is None:
            return None
        model, body = unquote(path[1]), _body_of(get_path(sent, "body"))
        surface: Surface
        if operation.startswith("Converse"):
            request, surface = converse_request(body if isinstance(body, dict) else {}), _CONVERSE
        else:
            request, surface = invoke_request(model, body), InvokedModel()
        request.model = model
        request.stream = operation.endswith("Stream")
        request.server_address, request.server_port = server_of_url(str(get_path(sent, "url")))
        guardrail = get_path(body, "guardrailConfig", "guardrailIdentifier")
        guardrail = guardrail or get_path(sent, "headers", "X-Amzn-Bedrock-GuardrailIdentifier")
        if guardrail:
            request.attributes["aws.bedrock.guardrail.id"] = str(guardrail)
        return request, surface

    def failure(self, error: BaseException) -> Failure:
        """Why a call raised."""
        return failure_of(error)


def _agent_call(operation: str, path: str, sent: object) -> tuple[Request, Surface] | None:
    observed = agent_call(path, _body_of(get_path(sent, "body")))
    if observed is not None:
        request = observed[0]
        request.stream = operation in _STREAMED
        request.server_address, request.server_port = server_of_url(str(get_path(sent, "url")))
    return observed


def _body_of(body: object) -> Any:
    """The JSON that will be sent; a file is the caller's to read."""
    if not isinstance(body, (bytes, bytearray, str)):
        return None
    try:
        return decode_json(bytes(body) if isinstance(body, bytearray) else body)
    except ValueError:
        return None
