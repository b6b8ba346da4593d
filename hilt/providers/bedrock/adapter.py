"""Amazon Bedrock through boto3: converse and invoke, whole and streamed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from hilt.genai.coerce import count_or_none
from hilt.genai.json_values import decode_json, get_path
from hilt.genai.outcome import error_code_of_status, failure_of
from hilt.genai.values import Arguments, Failure, Request, Surface, Target
from hilt.instrumentation.attempts import ATTEMPT
from hilt.providers.bedrock import bodies, hooks
from hilt.providers.bedrock.answers import OPERATIONS
from hilt.providers.bedrock.converse import Converse, converse_request
from hilt.providers.bedrock.invoke import Invoked, invoke_request
from hilt.providers.gemini.adapter import server_of_url

__all__ = ["Bedrock"]

_PATH = re.compile(r"/model/(.+)/[^/]+")
_CONVERSE = Converse()


class Bedrock:
    """The ``bedrock-runtime`` clients of boto3 and botocore, and of aiobotocore."""

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
    }

    def request(self, call: Arguments) -> tuple[Request, Surface] | None:
        """What a request asks for, as botocore is about to send it."""
        operation = get_path(call.get(0, "operation_model"), "name")
        sent = call.get(1, "request_dict")
        path = _PATH.fullmatch(str(get_path(sent, "url_path") or ""))
        if operation not in OPERATIONS or path is None:
            return None
        model, body = unquote(path[1]), _body_of(get_path(sent, "body"))
        surface: Surface
        if operation.startswith("Converse"):
            request, surface = converse_request(body if isinstance(body, dict) else {}), _CONVERSE
        else:
            request, surface = invoke_request(model, body), Invoked()
        request.model = model
        request.stream = operation.endswith("Stream")
        request.server_address, request.server_port = server_of_url(str(get_path(sent, "url")))
        guardrail = get_path(body, "guardrailConfig", "guardrailIdentifier")
        guardrail = guardrail or get_path(sent, "headers", "X-Amzn-Bedrock-GuardrailIdentifier")
        if guardrail:
            request.attributes["aws.bedrock.guardrail.id"] = str(guardrail)
        return request, surface

    def failure(self, error: BaseException) -> Failure:
        """Why a call raised: botocore has the service's own code in every error."""
        found = failure_of(error)
        response = getattr(error, "response", None)
        code = get_path(response, "Error", "Code")
        retries = count_or_none(get_path(response, "ResponseMetadata", "RetryAttempts"))
        if retries is not None:
            found.attempts = retries + 1
        if isinstance(code, str):
            found.provider_code = code
            _know(found, code)
        elif type(error).__name__ in _UNSIGNED:
            found.error_code, found.outcome = "authentication", "failed"
            found.status_code = None
        elif found.error_code == "unknown" and type(error).__name__ == "ResponseStreamingError":
            found.error_code, found.status_code = "connection", 503
        return found


def _body_of(body: Any) -> Any:
    """The JSON that will be sent; a file is the caller's to read."""
    if not isinstance(body, (bytes, bytearray, str)):
        return None
    try:
        return decode_json(bytes(body) if isinstance(body, bytearray) else body)
    except ValueError:
        return None


_CODES: Mapping[str, tuple[str, int | None]] = {
    "throttlingexception": ("rate_limit", 429),
    "throttling": ("rate_limit", 429),
    "toomanyrequestsexception": ("rate_limit", 429),
    "servicequotaexceededexception": ("rate_limit", None),
    "unrecognizedclientexception": ("authentication", None),
    "expiredtokenexception": ("authentication", None),
    "invalidsignatureexception": ("authentication", None),
    "incompletesignatureexception": ("authentication", None),
    "invalidclienttokenid": ("authentication", None),
    "missingauthenticationtokenexception": ("authentication", None),
    "accessdeniedexception": ("permission_denied", 403),
    "resourcenotfoundexception": ("not_found", 404),
    "validationexception": ("invalid_request", 400),
    "modelnotreadyexception": ("overloaded", 429),
    "serviceunavailableexception": ("overloaded", 503),
    "modeltimeoutexception": ("timeout", 408),
    "modelerrorexception": ("server_error", 424),
    "modelstreamerrorexception": ("server_error", 424),
    "internalserverexception": ("server_error", 500),
}
"""The service's codes: ours, and the status that each has where none was sent."""

_UNSIGNED = frozenset(
    (
        "NoCredentialsError",
        "PartialCredentialsError",
        "CredentialRetrievalError",
        "TokenRetrievalError",
        "SSOTokenLoadError",
        "UnauthorizedSSOTokenError",
        "NoAuthTokenError",
    )
)
"""Errors of a caller who has no credentials: nothing was sent."""


def _know(found: Failure, code: str) -> None:
    ours, status = _CODES.get(code.lower(), (None, None))
    if found.error_type.endswith("EventStreamError"):
        found.status_code = status  # botocore makes one up for what comes in a stream
    elif found.status_code is None:
        found.status_code = status
    found.error_code = ours or error_code_of_status(found.status_code)
    found.outcome = "failed"
