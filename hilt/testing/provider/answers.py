"""Requests to the embedded provider and its answers, independent of any provider's API."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "Answer",
    "Asked",
    "Json",
    "Message",
    "ParsedRequest",
    "Reply",
    "Tokens",
    "ToolCall",
    "count_tokens",
    "text_of",
]

Json = dict[str, Any]
"""A JSON object."""

Message = dict[str, Any]
"""A message in the shape of the OpenTelemetry GenAI conventions: ``role`` and ``parts``."""

_WORD = re.compile(r"\s*\S+\s*$|\s*\S+")
_TOKEN = re.compile(r"\w{1,6}|[^\w\s]")


@dataclass(frozen=True)
class ToolCall:
    """A tool call that the model makes.

    Args:
        name: The tool's name.
        arguments: Its arguments; text is sent as it is, even if it is not JSON.
        id: The call's id; if not given, one like the provider's.
    """

    name: str
    arguments: Mapping[str, Any] | str = field(default_factory=dict)
    id: str | None = None

    @property
    def json(self) -> str:
        """The arguments as text, as OpenAI sends them."""
        return self.arguments if isinstance(self.arguments, str) else json.dumps(self.arguments)

    @property
    def value(self) -> Any:
        """The arguments as an object, as Anthropic and Gemini send them."""
        if not isinstance(self.arguments, str):
            return dict(self.arguments)
        try:
            return json.loads(self.arguments or "{}")
        except ValueError:
            return {"_raw": self.arguments}


@dataclass(frozen=True)
class Tokens:
    """The token counts of an answer; those that are None are computed from the texts.

    Args:
        prompt: Input tokens, cached ones included.
        completion: Output tokens, reasoning included.
        cached: Input tokens read from a cache.
        cache_write: Input tokens written to a cache.
        reasoning: Output tokens spent on reasoning.
    """

    prompt: int | None = None
    completion: int | None = None
    cached: int = 0
    cache_write: int = 0
    reasoning: int = 0


@dataclass(frozen=True)
class Answer:
    """An answer of the model.

    Args:
        text: The text; None if there are only tool calls.
        tool_calls: The tool calls.
        reasoning: The model's reasoning, for APIs that return it.
        finish_reason: ``stop``, ``length``, ``content_filter`` or ``tool_call``, which are
            translated for each API; anything else is sent as it is.
        chunks: The pieces in which a stream sends the text; words if not given.
        choices: Further choices, after this one.
        tokens: The token counts in the usage; computed from the texts if not given.
        usage: The usage with the provider's own names, sent as it is.
        model: The model that answers; if not given, that of the request, with its date.
        id: The response's id; if not given, one like the provider's.
        vectors: For embeddings, one vector for each input.
        dimensions: For embeddings without ``vectors``, the length of the vectors.
        scores: For reranking, one score for each document.
        status: An HTTP status from 400 on makes it an error, with the text as its message.
        error: The whole body of the error, in place of one made from the text.
        headers: Further HTTP headers.
    """

    text: str | None = None
    tool_calls: Sequence[ToolCall] = ()
    reasoning: str | None = None
    finish_reason: str | None = None
    chunks: Sequence[str] | None = None
    choices: Sequence[Answer] = ()
    tokens: Tokens | None = None
    usage: Json | None = None
    model: str | None = None
    id: str | None = None
    vectors: Sequence[Sequence[float]] | None = None
    dimensions: int | None = None
    scores: Sequence[float] | None = None
    error: Json | None = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def pieces(self) -> list[str]:
        """The pieces in which a stream sends the text."""
        if self.chunks is not None:
            return list(self.chunks)
        return _WORD.findall(self.text or "") or ([self.text] if self.text else [])

    @property
    def reason(self) -> str:
        """The finish reason, in the terms of `finish_reason`."""
        return self.finish_reason or ("tool_call" if self.tool_calls else "stop")

    @property
    def all_choices(self) -> list[Answer]:
        """This answer and the further choices; none for an answer without any content."""
        empty = self.text is None and self.finish_reason is None and self.reasoning is None
        return [] if empty and not self.tool_calls else [self, *self.choices]


@dataclass(frozen=True)
class ParsedRequest:
    """A request, parsed.

    Args:
        api: The API: ``openai.chat``, ``anthropic.messages``, ...
        operation: ``chat``, ``text_completion``, ``embeddings`` or ``rerank``.
        model: The model that is requested.
        body: The JSON body.
        messages: The conversation, system instructions first.
        stream: Whether a stream is requested.
        inputs: The texts to embed, or the documents to rank.
        tools: The available tools: name to JSON Schema of the arguments.
        must_call: The tool that must be called, ``*`` for any, or None.
        schema: The JSON Schema that the answer must follow, or None.
    """

    api: str
    operation: str
    model: str
    body: Json
    messages: Sequence[Message] = ()
    stream: bool = False
    inputs: Sequence[str] = ()
    tools: Mapping[str, Any] = field(default_factory=dict)
    must_call: str | None = None
    schema: Json | None = None

    @property
    def text(self) -> str:
        """The text of the newest user message."""
        for message in reversed(self.messages):
            if message["role"] == "user" and (text := text_of(message)):
                return text
        return ""

    @property
    def tool_results(self) -> list[Any]:
        """The tool results in the newest messages."""
        results: list[Any] = []
        for message in reversed(self.messages):
            parts = [part for part in message["parts"] if part.get("type") == "tool_call_response"]
            if not parts:
                break
            results[:0] = [part.get("response") for part in parts]
        return results

    def counted(self, answer: Answer) -> Tokens:
        """The answer's tokens; counts that it does not have are computed from the texts."""
        given = answer.tokens or Tokens()
        prompt, completion = given.prompt, given.completion
        if prompt is None:
            prompt = sum(4 + _message_tokens(message) for message in self.messages)
            prompt += sum(map(count_tokens, self.inputs)) + given.cached + given.cache_write
        if completion is None:
            completion = sum(map(_output_tokens, answer.all_choices)) + given.reasoning
        return Tokens(prompt, completion, given.cached, given.cache_write, given.reasoning)


Asked = ParsedRequest
"""The former name of `ParsedRequest`."""

Reply = str | Answer | None
"""What a function given to `Provider.answer_with` may return; None: the next one is called."""


def text_of(message: Message) -> str:
    """The text parts of a message, joined."""
    return "".join(
        part.get("content") or "" for part in message["parts"] if part.get("type") == "text"
    )


def count_tokens(text: str) -> int:
    """About how many tokens a text has; always the same for a text, and 0 only for an empty one."""
    return len(_TOKEN.findall(text))


def _message_tokens(message: Message) -> int:
    return sum(
        count_tokens(str(part.get("content") or ""))
        if part.get("type") == "text"
        else count_tokens(json.dumps(part, default=str))
        for part in message["parts"]
    )


def _output_tokens(answer: Answer) -> int:
    calls = sum(4 + count_tokens(call.name) + count_tokens(call.json) for call in answer.tool_calls)
    return count_tokens(answer.text or "") + calls + 1
