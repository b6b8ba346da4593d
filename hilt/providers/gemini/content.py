"""What ``generateContent`` asks for and answers, whole and streamed."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

from hilt import semconv
from hilt.genai.coerce import (
    FIELDLESS,
    as_list,
    count_or_none,
    list_or_empty,
    number_or_none,
    text_or_none,
    to_text,
    unknown_part,
)
from hilt.genai.json_values import get_path, to_plain_json
from hilt.genai.outcome import error_code_of_status, finish_reason_of
from hilt.genai.values import (
    Delta,
    Failure,
    Message,
    Part,
    Request,
    Response,
    Surface,
    ToolCallDelta,
    Usage,
)
from hilt.providers.gemini.parts import (
    field,
    message_of,
    name_of,
    part_of,
    parts_of,
    raw_parts,
    snake,
)

__all__ = [
    "GenerateContent",
    "content_request",
    "tool_definitions",
    "usage_of",
]

_PARAMETERS = (
    ("temperature", semconv.REQUEST_TEMPERATURE),
    ("topP", semconv.REQUEST_TOP_P),
    ("topK", semconv.REQUEST_TOP_K),
    ("maxOutputTokens", semconv.REQUEST_MAX_TOKENS),
    ("presencePenalty", semconv.REQUEST_PRESENCE_PENALTY),
    ("frequencyPenalty", semconv.REQUEST_FREQUENCY_PENALTY),
    ("seed", semconv.REQUEST_SEED),
)
_OUTPUT_TYPES = {"IMAGE": "image", "AUDIO": "speech"}
_calls = itertools.count()
"""Numbers the tool calls of streams: each arrives whole, and the wire does not number them."""


# -- requests ---------------------------------------------------------------------------------


def content_request(body: Mapping[str, Any]) -> Request:
    """What ``generateContent`` and its stream ask for."""
    contents = field(body, "contents")
    config = field(body, "generationConfig") or {}
    attributes = _parameters(config)
    cached = field(body, "cachedContent")
    if cached:
        attributes[semconv.OTHER_GOOGLE_CACHED_CONTENT] = str(cached)
    system = field(body, "systemInstruction")
    return Request(
        "generate_content",
        "",
        messages=_joined(as_list(contents)),
        read=message_of,
        instructions=parts_of(system) or None if system else None,
        attributes=attributes,
        tools=tool_definitions(field(body, "tools")),
    )


def _parameters(config: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, attribute in _PARAMETERS:
        value = number_or_none(field(config, name))
        if value is not None:
            found[attribute] = value
    stop = field(config, "stopSequences")
    if stop:
        found[semconv.REQUEST_STOP_SEQUENCES] = to_plain_json(stop)
    choices = count_or_none(field(config, "candidateCount"))
    if choices is not None and choices != 1:
        found[semconv.REQUEST_CHOICE_COUNT] = choices
    level = name_of(field(field(config, "thinkingConfig"), "thinkingLevel"))
    if level:
        found[semconv.REQUEST_REASONING_LEVEL] = level.lower()
    output = _output_type(config)
    if output:
        found[semconv.OUTPUT_TYPE] = output
    return found


def _output_type(config: Any) -> str | None:
    if field(config, "responseMimeType") == "application/json":
        return "json"
    for modality in as_list(field(config, "responseModalities")):
        kind = _OUTPUT_TYPES.get((name_of(modality) or "").upper())
        if kind:
            return kind
    return None


def tool_definitions(tools: Any) -> list[dict[str, Any]] | None:
    """Tools as the conventions have them: one entry a function, one for each built-in tool."""
    found: list[dict[str, Any]] = []
    for tool in as_list(tools):
        if isinstance(tool, FIELDLESS):
            found.append(unknown_part(tool))
        for declared in as_list(field(tool, "functionDeclarations")):
            function = to_plain_json(declared)
            found.append(
                {"type": "function", **function}
                if isinstance(function, dict)
                else unknown_part(function)
            )
        if isinstance(tool, Mapping):
            found += [{"type": name} for name in tool if snake(name) != "function_declarations"]
    return found or None


def _joined(contents: Any) -> list[Any]:
    """Contents with each run of the model's own as one message, as its answer is one.

    ``chats`` keeps every chunk of a streamed answer as a content of its own.
    """
    found: list[Any] = []
    for content in contents:
        if found and _is_model(content) and _is_model(found[-1]):
            parts = [*raw_parts(found[-1]), *raw_parts(content)]
            found[-1] = {"role": "model", "parts": parts}
        else:
            found.append(content)
    return found


def _is_model(content: Any) -> bool:
    return bool(get_path(content, "role") == "model")


# -- answers ----------------------------------------------------------------------------------


def usage_of(usage: Any) -> Usage | None:
    """Token counts of a ``usageMetadata``.

    Thoughts and the results of built-in tools are counted apart from candidates and prompt: the
    total is the sum of the four (https://ai.google.dev/api/generate-content#UsageMetadata).
    """
    if not usage:
        return None
    thoughts = count_or_none(field(usage, "thoughtsTokenCount"))
    sent, made = field(usage, "promptTokensDetails"), field(usage, "candidatesTokensDetails")
    candidates = count_or_none(field(usage, "candidatesTokenCount"))
    if candidates is None:  # as Vertex AI's answers and the live API call it
        candidates = count_or_none(field(usage, "responseTokenCount"))
    return Usage(
        input_tokens=_sum(
            count_or_none(field(usage, "promptTokenCount")),
            count_or_none(field(usage, "toolUsePromptTokenCount")),
        ),
        output_tokens=_sum(candidates, thoughts),
        total_tokens=count_or_none(field(usage, "totalTokenCount")),
        cache_read_tokens=count_or_none(field(usage, "cachedContentTokenCount")),
        reasoning_tokens=thoughts,
        input_audio_tokens=_of_modality(sent, "AUDIO"),
        output_audio_tokens=_of_modality(made, "AUDIO"),
        cache_read_audio_tokens=_of_modality(field(usage, "cacheTokensDetails"), "AUDIO"),
        input_image_tokens=_of_modality(sent, "IMAGE"),
        output_image_tokens=_of_modality(made, "IMAGE"),
    )


def _sum(one: int | None, other: int | None) -> int | None:
    return one if other is None else (one or 0) + other


def _of_modality(details: Any, modality: str) -> int | None:
    counts = [
        count_or_none(field(each, "tokenCount")) or 0
        for each in list_or_empty(details)
        if name_of(field(each, "modality")) == modality
    ]
    return sum(counts) if counts else None


class GenerateContent(Surface):
    """Answers of ``generateContent`` and ``streamGenerateContent``."""

    name = "models.generate_content"

    def response(self, body: Any) -> Response:
        """The whole answer."""
        found = _facts(body)
        for candidate in sorted(list_or_empty(field(body, "candidates")), key=_index):
            content = field(candidate, "content")
            message: Message = {"role": "assistant", "parts": parts_of(content)}
            _cite(message["parts"], citations_of(candidate))
            reason = name_of(field(candidate, "finishReason"))
            if reason:
                message["finish_reason"] = reason
                found.finish_reasons.append(reason)
            found.messages.append(message)
        blocked = _blocked(body)
        if blocked and not found.messages:
            found.messages.append(blocked[0])
            found.finish_reasons.append(blocked[1])
        return found

    def delta(self, chunk: Any) -> Delta | None:
        """What a chunk adds."""
        found = Delta(response=_facts(chunk))
        candidates = field(chunk, "candidates")
        for candidate in candidates if type(candidates) is list else ():
            self._add_candidate(found, candidate)
        blocked = _blocked(chunk)
        if blocked:
            found.parts = [*(found.parts or ()), *blocked[0]["parts"]]
            found.finish_reasons = {0: blocked[1], **(found.finish_reasons or {})}
        return found

    def part(self, raw: Any) -> Part | None:
        """A part of a chunk in our shape; None for one that says nothing yet."""
        return part_of(raw)

    def _add_candidate(self, found: Delta, candidate: Any) -> None:
        choice = _index(candidate)
        for raw in raw_parts(field(candidate, "content")):
            part = self.part(raw)
            if part is not None:
                _add_part(found, part, choice)
        citations = citations_of(candidate) if choice == 0 else []
        if citations:
            found.details = {"citations": citations}
        reason = name_of(field(candidate, "finishReason"))
        if reason:
            found.finish_reasons = {**(found.finish_reasons or {}), choice: reason}


def citations_of(candidate: Any) -> list[dict[str, Any]]:
    """What an answer cites: sources that it recites, and those that search found for it."""
    recited, grounds = field(candidate, "citationMetadata"), field(candidate, "groundingMetadata")
    if recited is None and grounds is None:
        return []
    found = to_plain_json(as_list(field(recited, "citations") or field(recited, "citationSources")))
    sources = to_plain_json(as_list(field(grounds, "groundingChunks")))
    supports = list_or_empty(field(grounds, "groundingSupports"))
    for support in supports:
        indices = map(count_or_none, list_or_empty(field(support, "groundingChunkIndices")))
        cited = [sources[index] for index in indices if index is not None and index < len(sources)]
        segment = to_plain_json(field(support, "segment"))
        found.append({**(segment if isinstance(segment, dict) else {}), "sources": cited})
    return found if supports else [*found, *sources]


def _cite(parts: list[Part], citations: list[dict[str, Any]]) -> None:
    text = next((part for part in parts if part["type"] == "text"), None)
    if text is not None and citations:
        text["citations"] = citations


def _facts(body: Any) -> Response:
    usage = field(body, "usageMetadata")
    tier = name_of(field(usage, "serviceTier"))
    return Response(
        id=field(body, "responseId") or None,
        model=field(body, "modelVersion") or None,
        usage=usage_of(usage),
        raw_usage=to_plain_json(usage) if usage else None,
        service_tier=tier.lower() if tier else None,
        failure=_failure(get_path(body, "error")),
    )


def _failure(error: Any) -> Failure | None:
    """An error in the middle of a stream, which the SDK raises as it comes to it."""
    if not isinstance(error, Mapping):
        return None
    status = count_or_none(error.get("code"))
    return Failure(
        error_code_of_status(status),
        "google.genai.errors.APIError",
        str(error.get("message") or ""),
        status,
        provider_code=text_or_none(error.get("status")),
    )


def _blocked(body: Any) -> tuple[Message, str] | None:
    """What stands for the answer to a prompt that was refused, and why it was."""
    feedback = field(body, "promptFeedback")
    reason = name_of(field(feedback, "blockReason"))
    if not reason:
        return None
    said = to_text(field(feedback, "blockReasonMessage")) or reason
    if finish_reason_of(reason) != "content_filter":
        reason = "content_filter"  # OTHER, JAILBREAK, ...: words that elsewhere say less
    part: Part = {"type": "refusal", "content": said}
    return {"role": "assistant", "parts": [part], "finish_reason": reason}, reason


def _add_part(found: Delta, part: Part, choice: int) -> None:
    kind = part["type"]
    if kind == "text" and choice == 0:
        found.text = (found.text or "") + part["content"]
    elif kind == "text":
        found.texts = [*(found.texts or ()), (choice, part["content"])]
    elif kind == "tool_call":
        call = ToolCallDelta(
            next(_calls), part.get("id"), part["name"], part["arguments"], choice=choice
        )
        found.tool_calls = [*(found.tool_calls or ()), call]
    elif kind == "reasoning" and choice == 0:
        found.reasoning = (found.reasoning or "") + part["content"]
    elif choice == 0:
        found.parts = [*(found.parts or ()), part]


def _index(candidate: Any) -> int:
    return count_or_none(field(candidate, "index")) or 0
