"""mistralai: chat, fill-in-the-middle, agents and embeddings; conversations stand apart."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from typing import Any

from hilt import semconv
from hilt.genai.coerce import as_list, count_or_none, str_or_empty, to_text
from hilt.genai.json_values import get_path
from hilt.genai.values import Arguments, Failure, Message, Request, Surface, Target
from hilt.providers import _chat_completions, _speakeasy, _speakeasy_hooks, _stainless
from hilt.providers._chat_completions import ChatCompletions, request_parameters
from hilt.providers._hosts import provider_of_host
from hilt.providers._speakeasy import Refused
from hilt.providers._stainless import Options
from hilt.providers.mistral.conversations import Conversations, conversation_request
from hilt.providers.openai.embeddings import Embeddings, embeddings_request

__all__ = ["Mistral", "message_of"]

Reader = Callable[[Options], Request]

_UNPROCESSABLE = 422


def chat_request(sent: Options) -> Request:
    """What ``chat`` and ``agents`` ask for."""
    body = sent.body
    attributes = _parameters(body)
    agent = body.get("agent_id")
    if agent:
        attributes[semconv.AGENT_ID] = str(agent)
    return Request(
        "chat",
        "",
        model=body.get("model"),
        messages=as_list(body.get("messages")),
        read=message_of,
        attributes=attributes,
        tools=body.get("tools") or None,
        stream=sent.stream,
    )


def fim_request(sent: Options) -> Request:
    """What ``fim`` asks for: what stands between a prompt and a suffix."""
    body = sent.body
    parts = [{"type": "text", "content": to_text(body.get("prompt"))}]
    if body.get("suffix"):
        parts.append({"type": "suffix", "content": to_text(body["suffix"])})
    return Request(
        "text_completion",
        "",
        model=body.get("model"),
        messages=[{"role": "user", "parts": parts}],
        attributes=_parameters(body),
        stream=sent.stream,
    )


def predict_request(sent: Options) -> Request:
    """What Google Cloud's one path for both of them asks for."""
    return chat_request(sent) if "messages" in sent.body else fim_request(sent)


def _parameters(body: Mapping[str, Any]) -> dict[str, Any]:
    found = request_parameters(body)
    seed = count_or_none(body.get("random_seed"))
    if seed is not None:
        found[semconv.REQUEST_SEED] = seed
    return found


def message_of(raw: Any) -> Message:
    """A message in our shape; documents and audio are written here otherwise than by OpenAI."""
    content = get_path(raw, "content")
    if isinstance(content, list) and any(
        str_or_empty(get_path(p, "type")) in _OWN_KINDS for p in content
    ):
        raw = {
            **raw,
            "content": [
                _OWN_KINDS.get(str_or_empty(get_path(p, "type")), _same)(p) for p in content
            ],
        }
    return _chat_completions.message_of(raw)


def _same(part: Any) -> Any:
    return part


def _document(part: Any) -> Any:
    url = str(get_path(part, "document_url") or "")
    if url.startswith("data:"):
        return {"type": "file", "file": {"file_data": url}}
    return {**part, "type": "uri", "modality": "document", "uri": url}


def _audio(part: Any) -> Any:
    given = get_path(part, "input_audio")
    if not isinstance(given, str):
        return part
    if given.startswith(("http:", "https:")):
        return {"type": "uri", "modality": "audio", "uri": given}
    data = given.partition("base64,")[2] or given
    return {"type": "input_audio", "input_audio": {"data": data}}


def _stored(part: Any) -> Any:
    return {"type": "file", "file": {"file_id": get_path(part, "file_id")}}


_OWN_KINDS: dict[Any, Callable[[Any], Any]] = {
    "document_url": _document,
    "input_audio": _audio,
    "file": _stored,
}

_chat = ChatCompletions()
_ROUTES: tuple[tuple[re.Pattern[str], Reader, Surface], ...] = tuple(
    (re.compile(pattern), read, surface)
    for pattern, read, surface in (
        (r".*/(?:chat|agents)/completions", chat_request, _chat),
        (r".*/fim/completions", fim_request, _chat),
        (r".*/embeddings", embeddings_request, Embeddings()),
        (r".*[/:](?:streamR|r)awPredict", predict_request, _chat),
        (
            r".*/conversations(?:/[^/]+(?:/restart)?)?",
            conversation_request,
            Conversations(),
        ),
    )
)


class Mistral:
    """The ``mistralai`` package, with its clients for Azure and Google Cloud."""

    name = "mistral"
    targets: tuple[Target, ...] = tuple(
        target
        for module in (
            "mistralai",  # up to 1.x
            "mistralai_azure",
            "mistralai_gcp",
            "mistralai.client",  # since 2.0
            "mistralai.azure.client",
            "mistralai.gcp.client",
        )
        for target in _speakeasy_hooks.targets(module)
    )
    surfaces: Mapping[str, str] = {
        "chat": "complete, stream, parse, parse_stream",
        "agents": "complete, stream",
        "fim": "complete, stream",
        "embeddings": "create",
        "beta.conversations": "start, append, restart, and their streams",
    }

    def request(self, call: Arguments) -> tuple[Request, Surface] | None:
        """What a request asks for, by its path."""
        sent = _speakeasy.sent_of(call)
        if sent is None or sent.method != "post":
            return None
        for pattern, read, surface in _ROUTES:
            if pattern.fullmatch(sent.path):
                request = read(sent)
                request.provider = provider_of_host(sent.address, sent.port, "mistral_ai")
                request.server_address, request.server_port = sent.address, sent.port
                return request, surface
        return None

    def failure(self, error: BaseException) -> Failure:
        """Why a call raised."""
        found = _stainless.failure(error)
        if isinstance(error, Refused):
            found.error_type = _refused_type(error)
        return found


def _refused_type(error: Refused) -> str:
    """The class of the exception that the SDK raises for an HTTP response."""
    is_json = "json" in error.response.headers.get("content-type", "")
    name = "SDKError"
    if error.status_code == _UNPROCESSABLE and is_json:
        name = "HTTPValidationError"
    for module in _ERRORS:
        cls = getattr(sys.modules.get(module), name, None)
        if cls is not None:
            return f"{cls.__module__}.{cls.__qualname__}"
    return f"mistralai.{name}"


_ERRORS = ("mistralai.client.errors", "mistralai.models")
"""Where the SDK's exceptions stand, if it has been imported: since 2.0, and before."""
