"""AI21's SDK: chat completions as OpenAI has them, sent by a client of AI21's own making."""

from __future__ import annotations

from collections.abc import Mapping

from hilt.genai.coerce import as_list, str_or_none
from hilt.genai.json_values import get_path, to_plain_json
from hilt.genai.outcome import failure_of
from hilt.genai.values import Arguments, Failure, Request, Surface, Target
from hilt.instrumentation.attempts import ATTEMPT
from hilt.instrumentation.hooks import HTTP_RESPONSE, STREAM_IN_PLACE
from hilt.providers._chat_completions import ChatCompletions, request_parameters
from hilt.providers._chat_messages import message_of
from hilt.providers._hosts import is_price_assumed, provider_of_host
from hilt.providers._http import server_of_url, without_query

__all__ = ["AI21"]

_CHAT = ChatCompletions()
_RESOURCE = "ai21.clients.studio.resources.studio_resource"
_HTTP = "ai21.http_client.{}http_client"


class AI21:
    """The ``ai21`` package: AI21 Studio, and the same client for Bedrock, Vertex AI and Azure."""

    name = "ai21"
    targets: tuple[Target, ...] = (
        Target(_RESOURCE, "StudioResource._post", STREAM_IN_PLACE),
        Target(_RESOURCE, "AsyncStudioResource._post", STREAM_IN_PLACE),
        Target(_HTTP.format(""), "AI21HTTPClient.execute_http_request", HTTP_RESPONSE),
        Target(_HTTP.format("async_"), "AsyncAI21HTTPClient.execute_http_request", HTTP_RESPONSE),
        Target(_HTTP.format("base_"), "BaseHttpClient._build_request", ATTEMPT, optional=True),
    )
    surfaces: Mapping[str, str] = {"chat.completions": "create"}

    def request(self, call: Arguments) -> tuple[Request, Surface] | None:
        """The request and what reads its answer, by its path; None if it calls no model."""
        body = call.get(1, "body")
        path = without_query(str(call.get(0, "path") or ""))
        if not isinstance(body, Mapping) or not path.endswith("chat/completions"):
            return None
        url = get_path(call.instance, "_client", "_base_url")
        address, port = server_of_url(url) if isinstance(url, str) else (None, None)
        request = Request(
            "chat",
            provider_of_host(address, port, "ai21"),
            model=str_or_none(body.get("model")),
            messages=as_list(body.get("messages")),
            read=message_of,
            attributes=request_parameters(body),
            tools=as_list(body.get("tools")) or None,
            stream=bool(call.get(5, "stream")),
            server_address=address,
            server_port=port,
            price_assumed=is_price_assumed(address, port),
            documents=to_plain_json(as_list(body.get("documents"))) or None,
        )
        return request, _CHAT

    def failure(self, error: BaseException) -> Failure:
        """Why a call raised."""
        return failure_of(error)
