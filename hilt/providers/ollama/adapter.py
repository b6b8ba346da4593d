"""Ollama's SDK: chat, generate and embeddings of models that run on one's own machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hilt import semconv
from hilt.genai.coerce import (
    FIELDLESS,
    as_list,
    count_or_none,
    length_or_none,
    number_or_none,
    to_text,
    unknown_part,
)
from hilt.genai.json_values import get_path, to_plain_json
from hilt.genai.media import blob_of_base64
from hilt.genai.outcome import failure_of
from hilt.genai.values import (
    Arguments,
    Delta,
    Failure,
    Message,
    Part,
    Request,
    Response,
    Surface,
    Target,
    Usage,
)
from hilt.providers._hosts import provider_of_host
from hilt.providers._stainless import server_of
from hilt.providers.openai.embeddings import dimensions_of, input_message, inputs_of

__all__ = ["Ollama", "message_of"]

_PARAMETERS = (
    ("temperature", semconv.REQUEST_TEMPERATURE),
    ("top_p", semconv.REQUEST_TOP_P),
    ("top_k", semconv.REQUEST_TOP_K),
    ("num_predict", semconv.REQUEST_MAX_TOKENS),
    ("presence_penalty", semconv.REQUEST_PRESENCE_PENALTY),
    ("frequency_penalty", semconv.REQUEST_FREQUENCY_PENALTY),
    ("seed", semconv.REQUEST_SEED),
)
_COUNTS = ("prompt_eval_count", "eval_count")


# -- requests ---------------------------------------------------------------------------------


def chat_request(body: Mapping[str, Any]) -> Request:
    """What ``chat`` asks for."""
    return Request(
        "chat",
        "ollama",
        model=body.get("model"),
        messages=as_list(body.get("messages")),
        read=message_of,
        attributes=_parameters(body),
        tools=body.get("tools") or None,
    )


def generate_request(body: Mapping[str, Any]) -> Request:
    """What ``generate`` asks for."""
    system = body.get("system")
    parts: list[Part] = [{"type": "text", "content": to_text(body.get("prompt"))}]
    if body.get("suffix"):
        parts.append({"type": "suffix", "content": to_text(body["suffix"])})
    parts += [_image(each) for each in as_list(body.get("images"))]
    return Request(
        "text_completion",
        "ollama",
        model=body.get("model"),
        messages=[{"role": "user", "parts": parts}],
        instructions=[{"type": "text", "content": to_text(system)}] if system else None,
        attributes=_parameters(body),
    )


def embed_request(body: Mapping[str, Any]) -> Request:
    """What ``embed`` asks for, and ``embeddings`` before it."""
    given = body.get("input") if "input" in body else body.get("prompt")
    dimensions = count_or_none(body.get("dimensions"))
    attributes = {} if dimensions is None else {semconv.EMBEDDINGS_DIMENSION_COUNT: dimensions}
    return Request(
        "embeddings",
        "ollama",
        model=body.get("model"),
        messages=inputs_of(given),
        read=input_message,
        attributes=attributes,
    )


def _parameters(body: Mapping[str, Any]) -> dict[str, Any]:
    options = body.get("options")
    found: dict[str, Any] = {}
    for name, attribute in _PARAMETERS:
        value = number_or_none(get_path(options, name))
        if value is not None:
            found[attribute] = value
    stop = get_path(options, "stop")
    if stop:
        found[semconv.REQUEST_STOP_SEQUENCES] = (
            [stop] if isinstance(stop, str) else to_plain_json(stop)
        )
    think = body.get("think")
    if isinstance(think, str):
        found[semconv.REQUEST_REASONING_LEVEL] = think
    if body.get("format"):
        found[semconv.OUTPUT_TYPE] = "json"
    return found


# -- messages ---------------------------------------------------------------------------------


def message_of(raw: Any) -> Message:
    """A message in our shape."""
    if isinstance(raw, FIELDLESS):  # no message at all
        return {"role": "user", "parts": [unknown_part(raw)]}
    role = str(get_path(raw, "role") or "user")
    parts: list[Part] = []
    thinking, content = get_path(raw, "thinking"), get_path(raw, "content")
    if thinking:
        parts.append({"type": "reasoning", "content": to_text(thinking)})
    if role == "tool":
        parts.append(_result(raw, content))
    elif content:
        parts.append({"type": "text", "content": to_text(content)})
    parts += [_image(each) for each in as_list(get_path(raw, "images"))]
    parts += [_call(each) for each in as_list(get_path(raw, "tool_calls"))]
    return {"role": role, "parts": parts}


def _result(raw: Any, content: Any) -> Part:
    part: Part = {"type": "tool_call_response", "response": content or ""}
    name = get_path(raw, "tool_name") or get_path(raw, "name")
    if get_path(raw, "tool_call_id"):
        part["id"] = get_path(raw, "tool_call_id")
    if name:
        part["name"] = name
    return part


def _image(image: Any) -> Part:
    value = get_path(image, "value")
    return blob_of_base64(image if value is None else value, modality="image")


def _call(call: Any) -> Part:
    if isinstance(call, FIELDLESS):
        return unknown_part(call)
    part: Part = {"type": "tool_call"}
    if get_path(call, "id"):
        part["id"] = get_path(call, "id")
    part["name"] = get_path(call, "function", "name") or ""
    part["arguments"] = to_plain_json(get_path(call, "function", "arguments")) or {}
    return part


# -- answers ----------------------------------------------------------------------------------


def _facts(body: Any) -> Response:
    counts = {
        name: count
        for name in _COUNTS
        if (count := count_or_none(get_path(body, name))) is not None
    }
    found = Response(model=get_path(body, "model") or None)
    if counts:
        found.usage = Usage(counts.get("prompt_eval_count"), counts.get("eval_count"))
        found.raw_usage = counts
    if get_path(body, "done") is True:
        found.status = "completed"  # older servers say no reason
    return found


class Chat(Surface):
    """Answers of ``chat``."""

    name = "chat"

    def message(self, body: Any) -> Message:
        """What an answer, or a chunk of one, says."""
        return {**message_of(get_path(body, "message") or {}), "role": "assistant"}

    def response(self, body: Any) -> Response:
        """The whole answer."""
        found = _facts(body)
        message = self.message(body)
        reason = get_path(body, "done_reason")
        if reason:
            message["finish_reason"] = str(reason)
            found.finish_reasons.append(str(reason))
        found.messages.append(message)
        return found

    def text(self, chunk: Any) -> str | None:
        """The text of a chunk that brings nothing else."""
        message = getattr(chunk, "message", None)
        if message is None or getattr(chunk, "done", True):
            return None
        if getattr(message, "tool_calls", None) or getattr(message, "thinking", None):
            return None
        text = getattr(message, "content", None)
        return text if type(text) is str and text else None

    def delta(self, chunk: Any) -> Delta | None:
        """What a chunk adds; a tool call comes whole."""
        found = Delta(response=_facts(chunk))
        for part in self.message(chunk)["parts"]:
            if part["type"] == "text":
                found.text = part["content"]
            elif part["type"] == "reasoning":
                found.reasoning = part["content"]
            else:
                found.parts = [*(found.parts or ()), part]
        reason = get_path(chunk, "done_reason")
        if reason:
            found.finish_reasons = {0: str(reason)}
        return found


class Generate(Chat):
    """Answers of ``generate``."""

    name = "generate"

    def message(self, body: Any) -> Message:
        """The text, the thinking before it, or an image."""
        parts: list[Part] = []
        if get_path(body, "thinking"):
            parts.append({"type": "reasoning", "content": to_text(get_path(body, "thinking"))})
        if get_path(body, "response"):
            parts.append({"type": "text", "content": to_text(get_path(body, "response"))})
        if get_path(body, "image"):
            parts.append(_image(get_path(body, "image")))
        return {"role": "assistant", "parts": parts}

    def text(self, chunk: Any) -> str | None:
        """The text of a chunk that brings nothing else."""
        if getattr(chunk, "done", True) or getattr(chunk, "image", None):
            return None
        text = None if getattr(chunk, "thinking", None) else getattr(chunk, "response", None)
        return text if type(text) is str else None


class Embed(Surface):
    """Answers of ``embed`` and ``embeddings``."""

    name = "embed"

    def response(self, body: Any) -> Response:
        """How many vectors came, and how long they are."""
        found = _facts(body)
        rows = get_path(body, "embeddings")
        if rows is None:
            single = get_path(body, "embedding")
            rows = [] if single is None else [single]
        found.vectors = length_or_none(rows)
        found.dimensions = dimensions_of(get_path(rows, 0))
        return found


_ROUTES: dict[str, tuple[Any, Surface]] = {
    "/api/chat": (chat_request, Chat()),
    "/api/generate": (generate_request, Generate()),
    "/api/embed": (embed_request, Embed()),
    "/api/embeddings": (embed_request, Embed()),
}


class Ollama:
    """The ``ollama`` package: its clients, and the functions of the module, which use one."""

    name = "ollama"
    targets: tuple[Target, ...] = (
        Target("ollama._client", "Client._request"),
        Target("ollama._client", "AsyncClient._request"),
    )
    surfaces: Mapping[str, str] = {
        "chat": "Client.chat, AsyncClient.chat, ollama.chat",
        "generate": "Client.generate, AsyncClient.generate, ollama.generate",
        "embeddings": "embed, embeddings",
    }

    def request(self, call: Arguments) -> tuple[Request, Surface] | None:
        """What a request asks for, by its path; the SDK has built it."""
        route = _ROUTES.get(call.get(2, "url"))
        body = call.kwargs.get("json")
        if route is None or not isinstance(body, Mapping):
            return None
        read, surface = route
        request: Request = read(body)
        host, port = server_of(get_path(call.instance, "_client", "base_url"))
        request.provider = provider_of_host(host, None, "ollama")
        request.server_address, request.server_port = host, port
        request.stream = call.kwargs.get("stream") is True
        return request, surface

    def failure(self, error: BaseException) -> Failure:
        """Why a call raised."""
        return failure_of(error)
