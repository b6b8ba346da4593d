"""LangChain's messages, results and documents as HILT's own values, without importing LangChain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hilt import semconv
from hilt.genai.json_values import get_path, json_or_text, to_plain_json
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
    text_of,
)
from hilt.integrations.langchain_usage import region_of, tier_of, usage_of
from hilt.providers._chat_messages import part_of

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
_SCORE_KEYS = ("score", "relevance_score", "_score", "similarity")
_FINISH_REASON_KEYS = ("finish_reason", "stop_reason", "done_reason", "finishReason", "stopReason")


def message_of(raw: object) -> Message:
    """A LangChain message as the OpenTelemetry GenAI conventions have it."""
    kind = str(get_path(raw, "type") or "").removesuffix("MessageChunk").lower()
    role = get_path(raw, "role") if kind == "chat" else _ROLES.get(kind, kind or "user")
    content = get_path(raw, "content")
    if role == "tool":
        return {"role": "tool", "parts": [_tool_result(raw, content)]}
    parts: list[Part] = [{"type": "text", "content": content}] if isinstance(content, str) else []
    if not isinstance(content, str):
        parts = [part for block in content or () if (part := _content_part(block)) is not None]
    reasoning = get_path(raw, "additional_kwargs", "reasoning_content")
    if isinstance(reasoning, str) and reasoning:
        parts.insert(0, {"type": "reasoning", "content": reasoning})
    parts += [_tool_call(call) for call in get_path(raw, "tool_calls") or ()]
    parts += [_tool_call(call) for call in get_path(raw, "invalid_tool_calls") or ()]
    return {"role": str(role), "parts": parts}


def _tool_result(raw: object, content: Any) -> Part:
    parts = [] if isinstance(content, str) else map(_content_part, content or ())
    text = content if isinstance(content, str) else text_of([part for part in parts if part])
    part: Part = {
        "type": "tool_call_response",
        "id": get_path(raw, "tool_call_id"),
        "response": text,
    }
    if get_path(raw, "name"):
        part["name"] = get_path(raw, "name")
    return part


def _content_part(block: object) -> Part | None:
    """A content block as a part; None for a tool call, which is in ``tool_calls`` too."""
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


def _tool_call(call: object) -> Part:
    arguments = get_path(call, "args")
    part: Part = {"type": "tool_call", "name": get_path(call, "name") or ""}
    if get_path(call, "id"):
        part["id"] = get_path(call, "id")
    part["arguments"] = json_or_text(arguments) if arguments not in (None, "") else {}
    return part


def request_of(
    messages: Sequence[object], kwargs: Mapping[str, object], metadata: Mapping[str, object]
) -> Request:
    """What the run of a model requests.

    Args:
        messages: LangChain messages, or prompts as text.
        kwargs: The keyword arguments of the callback: ``invocation_params`` and more.
        metadata: The run's metadata: ``ls_provider``, ``ls_model_name`` and the user's own.
    """
    parameters = get_path(kwargs, "invocation_params") or {}
    is_chat = not (messages and isinstance(messages[0], str))
    provider = str(metadata.get("ls_provider") or parameters.get("_type") or "langchain").lower()
    model = parameters.get("model") or parameters.get("model_name")
    model = model or metadata.get("ls_model_name")
    return Request(
        "chat" if is_chat else "text_completion",
        _PROVIDERS.get(provider, provider.removesuffix("-chat")),
        model=model if isinstance(model, str) else None,
        messages=list(messages) if is_chat else list(map(_human_message, messages)),
        read=message_of,
        attributes=_parameter_attributes(parameters),
        tools=to_plain_json(parameters.get("tools")) or None,
    )


def _parameter_attributes(parameters: Mapping[str, object]) -> dict[str, Any]:
    return {
        attribute: value
        for name, attribute in _PARAMETERS
        if isinstance(value := parameters.get(name), (int, float)) and not isinstance(value, bool)
    }


def _human_message(text: object) -> dict[str, object]:
    return {"type": "human", "content": text}


def documents_of(documents: Any) -> list[dict[str, Any]]:
    """Retrieved documents: ``{"id", "text", "score", "metadata"}``."""
    return [_document(number, document) for number, document in enumerate(documents or ())]


def _document(number: int, document: object) -> dict[str, Any]:
    metadata = to_plain_json(get_path(document, "metadata")) or {}
    scores = (metadata.get(key) for key in _SCORE_KEYS)
    fields: dict[str, Any] = {
        "id": get_path(document, "id") or metadata.get("id") or f"document-{number}",
        "text": get_path(document, "page_content"),
        "score": next((score for score in scores if isinstance(score, (int, float))), None),
        "metadata": metadata,
    }
    return {name: value for name, value in fields.items() if value not in (None, {})}


class LangChainAnswers(Surface):
    """Reads the results and the chunks of LangChain's models."""

    name = "langchain"
    sends_finish_reason = False

    def response(self, body: Any) -> Response:
        """An ``LLMResult``."""
        response = Response()
        for generation in (get_path(body, "generations") or [[]])[0]:
            _add_generation(response, generation, get_path(body, "llm_output") or {})
        return response

    def delta(self, chunk: Any) -> Delta | None:
        """A ``(token, chunk)`` pair as ``on_llm_new_token`` gives it."""
        token, generation = chunk
        message = get_path(generation, "message")
        if message is None:
            text = token or get_path(generation, "text")
            return Delta(text=text) if token or generation else None
        content = get_path(message, "content")
        parts = [] if isinstance(content, str) else message_of(message)["parts"]
        reasoning = "".join(part["content"] for part in parts if part["type"] == "reasoning")
        chunks = get_path(message, "tool_call_chunks") or ()
        return Delta(
            text=(text_of(parts) if parts else content) or None,
            reasoning=reasoning or None,
            tool_calls=[_tool_call_delta(*numbered) for numbered in enumerate(chunks)] or None,
        )


def _add_generation(response: Response, generation: object, llm_output: object) -> None:
    """Add one of the model's choices, with what is said of the whole response beside it."""
    message = get_path(generation, "message")
    info = {**(get_path(generation, "generation_info") or {})}
    info.update(get_path(message, "response_metadata") or {})
    if message is None:
        text = {"type": "text", "content": get_path(generation, "text") or ""}
        response.messages.append({"role": "assistant", "parts": [text]})
    else:
        response.messages.append(message_of(message))
    response.finish_reasons += _finish_reasons(info)
    response.model = response.model or info.get("model_name") or info.get("model")
    response.model = response.model or get_path(llm_output, "model_name")
    response.id = response.id or info.get("id") or _response_id(get_path(message, "id"))
    response.service_tier = response.service_tier or info.get("service_tier")
    raw = info.get("token_usage") or info.get("usage") or get_path(llm_output, "token_usage")
    usage = get_path(message, "usage_metadata")
    if get_path(usage, "total_cost") == 0:  # LangChain's mark of an answer out of its cache
        response.cost_unknown = "the answer came from LangChain's cache: no provider was asked"
    elif response.usage is None and (usage or raw):
        response.usage = usage_of(usage, raw)
        response.raw_usage = to_plain_json(raw or usage)
        response.service_tier = response.service_tier or tier_of(usage)
        response.region = region_of(raw)


def _tool_call_delta(number: int, chunk: object) -> ToolCallDelta:
    index = get_path(chunk, "index")
    return ToolCallDelta(
        index=number if index is None else index,
        id=get_path(chunk, "id"),
        name=get_path(chunk, "name"),
        arguments=get_path(chunk, "args"),
    )


def _finish_reasons(info: Mapping[str, object]) -> list[str]:
    reasons = (info[key] for key in _FINISH_REASON_KEYS if info.get(key))
    return [str(reason) for reason in reasons][:1]


def _response_id(message_id: object) -> str | None:
    """A message's id, if it is the provider's and not one that LangChain made up."""
    if not isinstance(message_id, str) or message_id.startswith(("run-", "lc_run-", "run--")):
        return None
    return message_id


class LangChain:
    """The adapter of LangChain, which is not patched: the callback handler reports its calls."""

    name = "langchain"
    package = "langchain_core"
    distribution = "langchain-core"
    targets: Sequence[Target] = ()
    surfaces: Mapping[str, str] = {"callbacks": "chat models, LLMs, tools, retrievers, chains"}

    def request(self, call: Arguments) -> tuple[Request, Surface] | None:
        """The request of a run; the arguments are its messages, keyword arguments and metadata."""
        return request_of(*call.args), LangChainAnswers()

    def failure(self, error: BaseException) -> Failure:
        """Why a run raised."""
        return failure_of(error)
