"""What is asked of the embedded provider and what it answers, in no provider's own words."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Answer", "Asked", "Json", "Message", "Reply", "Tokens", "ToolCall", "text_of"]

Json = dict[str, Any]
"""A JSON object."""

Message = dict[str, Any]
"""A message in the shape of the OpenTelemetry GenAI conventions: ``role`` and ``parts``."""

_WORDS = re.compile(r"\s*\S+\s*$|\s*\S+")
_COUNTED = re.compile(r"\w{1,6}|[^\w\s]")


@dataclass(frozen=True)
class ToolCall:
    """A call of a tool that the model asks for.

    Args:
        name: The tool's name.
        arguments: Its arguments; text is sent as it is, so that it may be invalid JSON.
        id: The call's id; made up in the provider's manner if not given.
    """

    name: str
    arguments: Mapping[str, Any] | str = field(default_factory=dict)
    id: str | None = None

    @property
    def json(self) -> str:
        """The arguments as the text that OpenAI sends."""
        return self.arguments if isinstance(self.arguments, str) else json.dumps(self.arguments)

    @property
    def value(self) -> Any:
        """The arguments as the object that Anthropic and Gemini send."""
        if not isinstance(self.arguments, str):
            return dict(self.arguments)
        try:
            return json.loads(self.arguments or "{}")
        except ValueError:
            return {"_raw": self.arguments}


@dataclass(frozen=True)
class Tokens:
    """How many tokens an answer is said to have taken; what is None is counted from the texts.

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
    """What the model says.

    Args:
        text: The text; None for an answer of tool calls alone.
        tool_calls: Calls of tools.
        reasoning: The model's reasoning, where the API has a place for it.
        finish_reason: ``stop``, ``length``, ``content_filter`` or ``tool_call``, which each API
            spells in its own way; anything else is sent as it is.
        chunks: How a stream cuts the text; words if not given.
        choices: Further choices, after this one.
        tokens: What the usage says; counted from the texts if not given.
        usage: The usage in the provider's own names, sent as it is.
        model: The model that answers; that of the request, or its dated name, if not given.
        id: The response's id; made up in the provider's manner if not given.
        vectors: For embeddings, one vector for each input.
        dimensions: For embeddings, how long the vectors are that are made up.
        scores: For reranking, one score for each document.
        status: An HTTP status other than 200 makes it an error, with the text as its message.
        error: The error's whole body, in place of one made from the text.
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
        """The text as a stream sends it."""
        if self.chunks is not None:
            return list(self.chunks)
        return _WORDS.findall(self.text or "") or ([self.text] if self.text else [])

    @property
    def reason(self) -> str:
        """Why it ends, in neutral words where they have one."""
        return self.finish_reason or ("tool_call" if self.tool_calls else "stop")

    @property
    def all_choices(self) -> list[Answer]:
        """This answer and the further choices; none for an answer that says nothing at all."""
        silent = self.text is None and self.finish_reason is None and self.reasoning is None
        return [] if silent and not self.tool_calls else [self, *self.choices]


@dataclass(frozen=True)
class Asked:
    """A request, read.

    Args:
        api: Which API it is for: ``openai.chat``, ``anthropic.messages``, ...
        operation: ``chat``, ``text_completion``, ``embeddings`` or ``rerank``.
        model: The model asked for.
        body: The JSON that was sent.
        messages: The conversation, system instructions first.
        stream: Whether a stream is asked for.
        inputs: The texts to embed, or the documents to rank.
        tools: The tools on offer, name to JSON Schema of the arguments.
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
        """The newest text that the user said."""
        for message in reversed(self.messages):
            if message["role"] == "user" and (text := text_of(message)):
                return text
        return ""

    @property
    def tool_results(self) -> list[Any]:
        """The results of tools that the newest messages bring."""
        results: list[Any] = []
        for message in reversed(self.messages):
            parts = [part for part in message["parts"] if part["type"] == "tool_call_response"]
            if not parts:
                break
            results[:0] = [part.get("response") for part in parts]
        return results

    def counted(self, answer: Answer) -> Tokens:
        """The answer's tokens, with every count that it leaves open made from the texts."""
        given = answer.tokens or Tokens()
        prompt, completion = given.prompt, given.completion
        if prompt is None:
            prompt = sum(4 + _count(message) for message in self.messages)
            prompt += sum(map(count_tokens, self.inputs)) + given.cached + given.cache_write
        if completion is None:
            completion = sum(map(_spoken, answer.all_choices)) + given.reasoning
        return Tokens(prompt, completion, given.cached, given.cache_write, given.reasoning)


Reply = str | Answer | None
"""What a scripted function may return; None leaves the request to the next answer."""


def text_of(message: Message) -> str:
    """The text parts of a message, joined."""
    return "".join(
        part.get("content") or "" for part in message["parts"] if part.get("type") == "text"
    )


def count_tokens(text: str) -> int:
    """About how many tokens a text is; stable, and never 0 for a text that is not empty."""
    return len(_COUNTED.findall(text))


def _count(message: Message) -> int:
    return sum(
        count_tokens(part["content"] if part["type"] == "text" else json.dumps(part, default=str))
        for part in message["parts"]
    )


def _spoken(answer: Answer) -> int:
    calls = sum(4 + count_tokens(call.name) + count_tokens(call.json) for call in answer.tool_calls)
    return count_tokens(answer.text or "") + calls + 1
