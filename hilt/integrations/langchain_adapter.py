"""What LangChain's messages, results and metadata mean; no part of LangChain is imported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hilt import semconv
from hilt.genai.coerce import count_or_none
from hilt.genai.json_values import get_path, json_or_text, text_of, to_plain_json
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
    ToolCallDelta,
    Usage,
)
from hilt.providers._chat_completions import part_of

__all__ = ["LangChain", "LangChainAnswers", "documents_of", "message_of", "request_of"]

_ROLES = {"human": "user", "ai": "assistant", "system": "system", "tool": "tool"}
_PROVIDERS = {
    "azure": "azure.ai.openai",
    "azure_openai": "azure.ai.openai",
    "google_genai": "gcp.gemini",
    "google_vertexai": "gcp.vertex_ai",
    "amazon_bedrock": "aws.bedrock",
    "bedrock": "aws.bedrock",
    "mistral": "mistral_ai",
    "mistralai": "mistral_ai",
    "xai": "x_ai",
}
_PARAMETERS = (
    ("temperature", semconv.REQUEST_TEMPERATURE),
    ("max_tokens", semconv.REQUEST_MAX_TOKENS),
    ("max_completion_tokens", semconv.REQUEST_MAX_TOKENS),
    ("top_p", semconv.REQUEST_TOP_P),
    ("top_k", semconv.REQUEST_TOP_K),
    ("seed", semconv.REQUEST_SEED),
    ("frequency_penalty", semconv.REQUEST_FREQUENCY_PENALTY),
    ("presence_penalty", semconv.REQUEST_PRESENCE_PENALTY),
)
_REASONS = ("finish_reason", "stop_reason", "done_reason", "finishReason", "stopReason")


def message_of(raw: Any) -> Message:
    """A LangChain message in our shape."""
    kind = str(get_path(raw, "type") or "").removesuffix("MessageChunk").lower()
    role = get_path(raw, "role") if kind == "chat" else _ROLES.get(kind, kind or "user")
    content = get_path(raw, "content")
    if role == "tool":
        return {"role": "tool", "parts": [_result_of(raw, content)]}
    parts: list[Part] = [{"type": "text", "content": content}] if isinstance(content, str) else []
    if not isinstance(content, str):
        parts = [part for block in content or () if (part := _block(block)) is not None]
    reasoning = get_path(raw, "additional_kwargs", "reasoning_content")
    if isinstance(reasoning, str) and reasoning:
        parts.insert(0, {"type": "reasoning", "content": reasoning})
    parts += [_tool_call(call) for call in get_path(raw, "tool_calls") or ()]
    parts += [_tool_call(call) for call in get_path(raw, "invalid_tool_calls") or ()]
    return {"role": str(role), "parts": parts}


def _result_of(raw: Any, content: Any) -> Part:
    parts = [] if isinstance(content, str) else [_block(block) for block in content or ()]
    text = content if isinstance(content, str) else text_of([part for part in parts if part])
    found: Part = {
        "type": "tool_call_response",
        "id": get_path(raw, "tool_call_id"),
        "response": text,
    }
    if get_path(raw, "name"):
        found["name"] = get_path(raw, "name")
    return found


def _block(block: Any) -> Part | None:
    """A content block; a tool call is in ``tool_calls`` as well and told from there."""
    kind = get_path(block, "type")
    if kind in ("tool_use", "tool_call", "function_call", "tool_call_chunk", "input_json_delta"):
        return None
    if kind == "reasoning":
        text = get_path(block, "reasoning") or get_path(block, "text") or ""
        summary = "".join(
            str(get_path(each, "text") or "") for each in get_path(block, "summary") or ()
        )
        return {"type": "reasoning", "content": text or summary}
    return part_of(block)


def _tool_call(call: Any) -> Part:
    arguments = get_path(call, "args")
    part: Part = {"type": "tool_call", "name": get_path(call, "name") or ""}
    if get_path(call, "id"):
        part["id"] = get_path(call, "id")
    part["arguments"] = json_or_text(arguments) if arguments not in (None, "") else {}
    return part


def request_of(
    messages: Sequence[Any], kwargs: Mapping[str, Any], metadata: Mapping[str, Any]
) -> Request:
    """What a run of a model asks for.

    Args:
        messages: LangChain messages, or prompts as text.
        kwargs: The keyword arguments of the callback: ``invocation_params`` and more.
        metadata: The run's metadata: ``ls_provider``, ``ls_model_name`` and the user's own.
    """
    sent = kwargs.get("invocation_params") or {}
    chat = not (messages and isinstance(messages[0], str))
    named = str(metadata.get("ls_provider") or sent.get("_type") or "langchain").lower()
    model = sent.get("model") or sent.get("model_name") or metadata.get("ls_model_name")
    found: dict[str, Any] = {}
    for name, attribute in _PARAMETERS:
        value = sent.get(name)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            found[attribute] = value
    return Request(
        "chat" if chat else "text_completion",
        _PROVIDERS.get(named, named.removesuffix("-chat")),
        model=model if isinstance(model, str) else None,
        messages=list(messages) if chat else [_prompt(text) for text in messages],
        read=message_of,
        attributes=found,
        tools=to_plain_json(sent.get("tools")) or None,
    )


def _prompt(text: str) -> dict[str, Any]:
    return {"type": "human", "content": text}


def documents_of(documents: Any) -> list[dict[str, Any]]:
    """Retrieved documents: ``{"id", "text", "score", "metadata"}``."""
    found = []
    for number, document in enumerate(documents or ()):
        metadata = to_plain_json(get_path(document, "metadata")) or {}
        one: dict[str, Any] = {
            "id": get_path(document, "id") or metadata.get("id") or f"document-{number}",
            "text": get_path(document, "page_content"),
            "score": next(
                (
                    metadata[name]
                    for name in ("score", "relevance_score", "_score", "similarity")
                    if isinstance(metadata.get(name), (int, float))
                ),
                None,
            ),
            "metadata": metadata,
        }
        found.append({name: value for name, value in one.items() if value not in (None, {})})
    return found


class LangChainAnswers(Surface):
    """How results and chunks of LangChain's models are read."""

    name = "langchain"
    sends_finish_reason = False

    def response(self, body: Any) -> Response:
        """An ``LLMResult``."""
        found = Response()
        for generation in (get_path(body, "generations") or [[]])[0]:
            self._add(found, generation, get_path(body, "llm_output") or {})
        return found

    def _add(self, found: Response, generation: Any, output: Any) -> None:
        said = get_path(generation, "message")
        facts = {**(get_path(generation, "generation_info") or {})}
        facts.update(get_path(said, "response_metadata") or {})
        if said is None:
            text = {"type": "text", "content": get_path(generation, "text") or ""}
            found.messages.append({"role": "assistant", "parts": [text]})
        else:
            found.messages.append(message_of(said))
        found.finish_reasons += _reasons(facts)
        found.model = found.model or facts.get("model_name") or facts.get("model")
        found.model = found.model or get_path(output, "model_name")
        found.id = found.id or facts.get("id") or _response_id(get_path(said, "id"))
        found.service_tier = found.service_tier or facts.get("service_tier")
        raw = facts.get("token_usage") or facts.get("usage") or get_path(output, "token_usage")
        usage = get_path(said, "usage_metadata")
        if found.usage is None and (usage or raw):
            found.usage = _usage(usage) if usage else _plain_usage(raw)
            found.raw_usage = to_plain_json(raw or usage)

    def delta(self, chunk: Any) -> Delta | None:
        """A ``(token, chunk)`` pair as ``on_llm_new_token`` gives it."""
        token, piece = chunk
        said = get_path(piece, "message")
        if said is None:
            return Delta(text=token or get_path(piece, "text")) if token or piece else None
        parts = message_of(said)["parts"] if not isinstance(get_path(said, "content"), str) else []
        text = text_of(parts) if parts else get_path(said, "content")
        thoughts = [part["content"] for part in parts if part["type"] == "reasoning"]
        calls = [
            ToolCallDelta(
                index=get_path(call, "index") if get_path(call, "index") is not None else number,
                id=get_path(call, "id"),
                name=get_path(call, "name"),
                arguments=get_path(call, "args"),
            )
            for number, call in enumerate(get_path(said, "tool_call_chunks") or ())
        ]
        return Delta(
            text=text or None, reasoning="".join(thoughts) or None, tool_calls=calls or None
        )


def _reasons(facts: Mapping[str, Any]) -> list[str]:
    for name in _REASONS:
        if facts.get(name):
            return [str(facts[name])]
    return []


def _response_id(message_id: Any) -> str | None:
    """A message's id, where it is the provider's and not one that LangChain made."""
    if not isinstance(message_id, str) or message_id.startswith(("run-", "lc_run-", "run--")):
        return None
    return message_id


def _usage(usage: Any) -> Usage:
    """``usage_metadata``, whose totals hold cached and reasoning tokens."""
    sent, made = get_path(usage, "input_token_details"), get_path(usage, "output_token_details")
    return Usage(
        count_or_none(get_path(usage, "input_tokens")),
        count_or_none(get_path(usage, "output_tokens")),
        count_or_none(get_path(usage, "total_tokens")),
        count_or_none(get_path(sent, "cache_read")),
        count_or_none(get_path(sent, "cache_creation")),
        reasoning_tokens=count_or_none(get_path(made, "reasoning")),
        input_audio_tokens=count_or_none(get_path(sent, "audio")),
        output_audio_tokens=count_or_none(get_path(made, "audio")),
    )


def _plain_usage(raw: Any) -> Usage:
    from hilt.providers._chat_usage import usage_of

    return usage_of(raw) or Usage()


class LangChain:
    """What the engine has to know of LangChain: nothing is patched, the callbacks tell."""

    name = "langchain"
    package = "langchain_core"
    distribution = "langchain-core"
    targets: Sequence[Target] = ()
    surfaces: Mapping[str, str] = {"callbacks": "chat models, LLMs, tools, retrievers, chains"}

    def request(self, call: Arguments) -> tuple[Request, Surface] | None:
        """What a callback says is asked: its arguments are messages, keywords and metadata."""
        return request_of(*call.args), LangChainAnswers()

    def failure(self, error: BaseException) -> Failure:
        """Why a run raised."""
        return failure_of(error)
