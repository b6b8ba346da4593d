"""What differs between HILT and other instrumentations of the same calls, and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hilt.genai.finish_reasons import finish_reason_of

__all__ = ["ABSENT", "ATTRIBUTES", "DIFFERENT", "METRICS", "Difference"]


@dataclass(frozen=True)
class Difference:
    """One difference that is known.

    Args:
        fact: What differs.
        why: The reason.
        where: A part of the recording's name; every one if empty.
        when: Whether these two values, HILT's and theirs, are an instance of it.
    """

    fact: str
    why: str
    where: str = ""
    when: Callable[[Any, Any], bool] = lambda ours, theirs: True

    def covers(self, fact: str, where: str, ours: Any, theirs: Any) -> bool:
        """Whether a difference that was found is this one."""
        return fact == self.fact and self.where in where and self.when(ours, theirs)


# -- events: what an emitter does not record, by fact --------------------------------------------

_AUDIO = "audio tokens are not counted apart"
_EMBEDDED = "the texts of embeddings are not recorded: the conventions have no place for them"
_FUNCTIONS = "the older function_call is not recorded as a tool call"
_REASONING = "reasoning items are not recorded"

ABSENT: dict[str, dict[str, str]] = {
    "official": {
        "prompt": _EMBEDDED,
        "reasoning": _REASONING,
        "text": "an answer in several messages is recorded with the first, which is a search",
        "tool calls": _FUNCTIONS,
    },
    "openllmetry": {
        "audio tokens": _AUDIO,
        "prompt": "the text beside an image is not recorded",
    },
    "openinference": {"tool calls": _FUNCTIONS},
    "logfire": {
        "prompt": _EMBEDDED,
        "reasoning": _REASONING,
        "tool calls": _FUNCTIONS,
        "finish reason": "not recorded for the Responses API",
        "response id": "not recorded for a stream",
        "response model": "not recorded for a stream, where it repeats the requested model",
    },
    "pydantic-ai": {
        "tool calls": "an answer that the agent refuses to read is not recorded",
    },
}
"""By emitter and fact: why its log says nothing where HILT's does."""


def _calls_tools(ours: Any, theirs: Any) -> bool:
    return (ours, theirs) == ("stop", "tool_call")


def _same_but_ids(ours: Any, theirs: Any) -> bool:
    return [[name, arguments] for name, _, arguments in ours] == [
        [name, arguments] for name, _, arguments in theirs
    ]


_COMPLETED = Difference(
    "finish reason",
    "the Responses API says completed, also where it asks for tools: HILT keeps its word",
    when=_calls_tools,
)
_REFUSED = Difference(
    "text",
    "a refusal is no text of an answer: HILT keeps it as a part of its own",
    "refus",
    when=lambda ours, theirs: not ours and bool(theirs),
)

DIFFERENT: dict[str, tuple[Difference, ...]] = {
    "official": (_COMPLETED, _REFUSED),
    "openllmetry": (
        _COMPLETED,
        _REFUSED,
        Difference(
            "tool calls",
            "the id of the output item is recorded in place of the call's",
            when=_same_but_ids,
        ),
        Difference("reasoning", "the list of summaries is recorded as its JSON"),
    ),
    "openinference": (_REFUSED,),
    "logfire": (_COMPLETED, _REFUSED),
    "pydantic-ai": (
        Difference("error type", "Pydantic AI raises an error of its own in place of the SDK's"),
    ),
}
"""By emitter: what its log says otherwise."""


# -- spans: the official instrumentations' attributes -------------------------------------------


def _only_ours(ours: Any, theirs: Any) -> bool:
    return theirs is None and ours is not None


def _same_by_schema(ours: Any, theirs: Any) -> bool:
    words = [finish_reason_of(each) for each in theirs]
    return bool(ours == words) or (words == ["tool_call"] and ours == ["stop"])


def _both(ours: Any, theirs: Any) -> bool:
    return ours is not None and theirs is not None


def _messages(ours: Any, theirs: Any) -> bool:
    return isinstance(ours, list) and isinstance(theirs, list)


ATTRIBUTES: tuple[Difference, ...] = (
    Difference(
        "server.port",
        "each run has its own server; HILT gives the port also where it is 443",
    ),
    Difference("gen_ai.response.time_to_first_chunk", "two runs, two times", when=_both),
    Difference(
        "openai.api.type",
        "HILT says which API for chat completions too",
        when=_only_ours,
    ),
    Difference(
        "gen_ai.response.finish_reasons",
        "HILT writes the schema's words: tool_call, not tool_calls",
        when=_same_by_schema,
    ),
    Difference(
        "openai.response.system_fingerprint", "HILT reads it from streams too", when=_only_ours
    ),
    Difference(
        "anthropic.response.service_tier", "as the SDK's own spans have it", when=_only_ours
    ),
    Difference("anthropic.thinking.budget_tokens", "as the request has it", when=_only_ours),
    Difference("anthropic.thinking.type", "as the request has it", when=_only_ours),
    Difference(
        "gen_ai.embeddings.dimension.count",
        "theirs is the length of the base64 text that the SDK asks for; ours counts numbers",
        when=_both,
    ),
    Difference("gen_ai.output.type", "HILT reads output_config of Anthropic too", when=_only_ours),
    Difference(
        "gen_ai.request.encoding_formats",
        "HILT reads the request that is sent, to which the SDK adds base64",
        when=_only_ours,
    ),
    Difference(
        "gen_ai.request.previous_response.id", "HILT reads it from the request", when=_only_ours
    ),
    Difference("gen_ai.request.reasoning.level", "HILT reads it from the request", when=_only_ours),
    Difference(
        "gen_ai.tool.definitions",
        "HILT records the older functions, too, and no empty descriptions",
        when=lambda ours, theirs: theirs is None or _messages(ours, theirs),
    ),
    Difference(
        "gen_ai.input.messages",
        "binary content is a hash, never inline; a tool's result keeps the tool's name",
        when=_messages,
    ),
    Difference(
        "gen_ai.output.messages",
        "reasoning, refusals and the provider's own tools are parts of their own",
        when=_messages,
    ),
)
"""What is deliberately different on HILT's spans."""

METRICS: tuple[Difference, ...] = (
    *(
        Difference(
            f"gen_ai.client.operation.time_per_output_chunk {part}",
            "HILT records no time per chunk: its log has the chunks",
        )
        for part in ("shape", "values")
    ),
    *(
        Difference(
            f"gen_ai.client.operation.time_to_first_chunk {part}",
            "theirs is recorded before a stream of Anthropic names its model; ours after",
        )
        for part in ("shape", "values")
    ),
)
"""What is deliberately different in HILT's metrics."""
