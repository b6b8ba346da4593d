"""Answers of ``generateContent``, whole and streamed."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from hilt.core.plain_json import to_sent_json
from hilt.genai.coerce import as_list, count_or_none, list_or_empty, text_or_none, to_text
from hilt.genai.finish_reasons import failure_of_finish_reason, finish_reason_of
from hilt.genai.json_values import get_path, to_plain_json
from hilt.genai.outcome import error_code_of_status, without_secrets
from hilt.genai.values import Delta, Failure, Message, Part, Response, Surface, ToolCallDelta, Usage
from hilt.providers._message_parts import server_tool_call
from hilt.providers.gemini.errors import retry_delay
from hilt.providers.gemini.parts import (
    continuation_token,
    enum_name,
    get_field,
    part_of,
    parts_of,
    raw_parts,
    sound_of,
)
from hilt.providers.gemini.searches import grounding_units
from hilt.providers.gemini.usage import usage_of

__all__ = ["GenerateContent", "citations_of"]

_calls = itertools.count()
"""Numbers the tool calls of streams: each arrives whole, and the wire does not number them."""


_EXCEPTIONS = {4: "ClientError", 5: "ServerError"}
"""What the SDK raises, by the first digit of the status."""


class GenerateContent(Surface):
    """Answers of ``generateContent`` and ``streamGenerateContent``."""

    name = "models.generate_content"
    json = True

    def response(self, body: object) -> Response:
        """The whole answer."""
        response = _response_fields(body)
        for candidate in sorted(list_or_empty(get_field(body, "candidates")), key=_index_of):
            parts = parts_of(get_field(candidate, "content"))
            _add_citations(parts, citations_of(candidate))
            kinds = [part["type"] for part in parts]
            end = kinds.index("tool_call") if "tool_call" in kinds else len(parts)
            parts[end:end] = _search_parts(candidate).values()
            message: Message = {"role": "assistant", "parts": parts}
            response.add_choice(message, enum_name(get_field(candidate, "finishReason")))
        blocked = _blocked_answer(body)
        if blocked and not response.messages:
            response.add_choice(*blocked)
        return response

    def delta(self, chunk: object) -> Delta | None:
        """What a chunk adds; each brings the usage so far."""
        delta = Delta(response=_response_fields(chunk))
        candidates = get_field(chunk, "candidates")
        for candidate in candidates if type(candidates) is list else ():
            self._add_candidate(delta, candidate)
        blocked = _blocked_answer(chunk)
        if blocked:
            message, reason = blocked
            delta.parts = [*(delta.parts or ()), *message["parts"]]
            delta.finish_reasons = {0: reason, **(delta.finish_reasons or {})}
        return delta

    def part(self, raw: object) -> Part | None:
        """A part of a chunk; None for one that is not whole yet."""
        return part_of(raw)

    def _add_candidate(self, delta: Delta, candidate: object) -> None:
        choice = _index_of(candidate)
        of_choice = delta if choice == 0 else Delta()
        for raw in raw_parts(get_field(candidate, "content")):
            sound = sound_of(raw)
            if sound is not None:  # the pieces of it are one sound
                of_choice.binary = [*(of_choice.binary or ()), sound]
                continue
            part = self.part(raw)
            if part is not None:
                _add_part(delta, of_choice, part, choice)
        calls = delta.tool_calls
        of_choice.ends_part = bool(  # and what comes next follows
            of_choice.parts or (calls and any(call.choice == choice for call in calls))
        )
        citations = citations_of(candidate)
        if citations:
            of_choice.details = {"citations": citations}
        searches = _search_parts(candidate)
        if searches:
            of_choice.keyed_parts = searches
        if choice:
            delta.add_other(choice, of_choice)
        delta.add_finish_reason(enum_name(get_field(candidate, "finishReason")), choice)


def citations_of(candidate: object) -> list[dict[str, Any]]:
    """What an answer cites: sources that it recites, and those of a search."""
    recited = get_field(candidate, "citationMetadata")
    grounding = get_field(candidate, "groundingMetadata")
    if recited is None and grounding is None:
        return []
    citations: list[dict[str, Any]] = to_sent_json(
        as_list(get_field(recited, "citations") or get_field(recited, "citationSources"))
    )
    sources = to_sent_json(as_list(get_field(grounding, "groundingChunks")))
    supports = list_or_empty(get_field(grounding, "groundingSupports"))
    citations += [_supported_segment(support, sources) for support in supports]
    return citations if supports else [*citations, *sources]


def _search_parts(candidate: object) -> dict[str, Part]:
    """The tools that Google ran for an answer, by a key of each: a search, pages that it read."""
    queries = get_field(get_field(candidate, "groundingMetadata"), "webSearchQueries")
    pages = get_field(get_field(candidate, "urlContextMetadata"), "urlMetadata")
    details = {"google_search": ("queries", queries), "url_context": ("urls", pages)}
    return {
        kind: server_tool_call(None, kind, {"type": kind, name: to_sent_json(value)})
        for kind, (name, value) in details.items()
        if value
    }


def _supported_segment(support: object, sources: list[Any]) -> dict[str, Any]:
    """A segment of the answer, with the sources that support it."""
    indices = map(count_or_none, list_or_empty(get_field(support, "groundingChunkIndices")))
    cited = [sources[index] for index in indices if index is not None and index < len(sources)]
    segment = to_sent_json(get_field(support, "segment"))
    return {**(segment if isinstance(segment, dict) else {}), "sources": cited}


def _add_citations(parts: list[Part], citations: list[dict[str, Any]]) -> None:
    text = next((part for part in parts if part["type"] == "text"), None)
    if text is not None and citations:
        text["citations"] = citations


def _response_fields(body: object) -> Response:
    usage = get_field(body, "usageMetadata")
    tier = enum_name(get_field(usage, "serviceTier") or get_field(usage, "trafficType"))
    model, counts = get_field(body, "modelVersion") or None, usage_of(usage)
    candidates = list_or_empty(get_field(body, "candidates"))
    searches = grounding_units(candidates, model)
    if searches:
        counts = counts or Usage()
        counts.units.update(searches)
    return Response(
        id=get_field(body, "responseId") or None,
        model=model,
        usage=counts,
        raw_usage=to_plain_json(usage) if usage else None,
        service_tier=tier.lower() if tier else None,
        resumed_by=continuation_token(candidates[0]) if candidates else None,
        failure=_failure_of(get_path(body, "error")) or _failed_answer(candidates),
    )


def _failure_of(error: object) -> Failure | None:
    """An error in the middle of a stream, which the SDK raises when it gets there."""
    if not isinstance(error, Mapping):
        return None
    status = count_or_none(error.get("code"))
    return Failure(
        error_code_of_status(status),
        f"google.genai.errors.{_EXCEPTIONS.get((status or 0) // 100, 'APIError')}",
        str(error.get("message") or ""),
        status,
        provider_code=text_or_none(error.get("status")),
        retry_after=retry_delay(error),
    )


def _failed_answer(candidates: Sequence[Any]) -> Failure | None:
    """What Google says of an answer that failed: of a call of a tool that is none, say."""
    first = next((each for each in candidates if _index_of(each) == 0), None)
    message = text_or_none(get_field(first, "finishMessage"))
    if not message:
        return None
    failure = failure_of_finish_reason(enum_name(get_field(first, "finishReason")) or "")
    if failure is not None:
        failure.message = f"{failure.message}: {without_secrets(message)}"
    return failure


def _blocked_answer(body: object) -> tuple[Message, str] | None:
    """The answer to a blocked prompt, and the reason it was blocked."""
    feedback = get_field(body, "promptFeedback")
    reason = enum_name(get_field(feedback, "blockReason"))
    if not reason:
        return None
    text = to_text(get_field(feedback, "blockReasonMessage")) or reason
    if finish_reason_of(reason) != "content_filter":
        reason = "content_filter"  # OTHER, JAILBREAK, ...: names that elsewhere say less
    return {"role": "assistant", "parts": [{"type": "refusal", "content": text}]}, reason


def _add_part(delta: Delta, of_choice: Delta, part: Part, choice: int) -> None:
    kind = part["type"]
    if kind == "text":
        of_choice.text = (of_choice.text or "") + part["content"]
    elif kind == "tool_call":
        call = ToolCallDelta(
            next(_calls), part.get("id"), part["name"], part["arguments"], choice=choice
        )
        delta.add_tool_calls([call])
    elif kind == "reasoning":
        of_choice.reasoning = (of_choice.reasoning or "") + part["content"]
    else:
        of_choice.parts = [*(of_choice.parts or ()), part]


def _index_of(candidate: object) -> int:
    return count_or_none(get_field(candidate, "index")) or 0
