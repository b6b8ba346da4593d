"""What an LLM call is, as values: requests, answers, deltas and failures.

Messages and parts have the JSON shapes of the OpenTelemetry GenAI conventions everywhere in
HILT, on spans and in events, so they are plain dicts::

    {"role": "user", "parts": [{"type": "text", "content": "Hi"}]}
    {"role": "assistant", "parts": [{"type": "tool_call", "id": "c1", "name": "f"}]}
    {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "response": "14 C"}]}

Nothing here depends on an SDK or OpenTelemetry.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import msgspec

__all__ = [
    "Arguments",
    "BinaryPiece",
    "Delta",
    "Failure",
    "Message",
    "Part",
    "Provider",
    "Request",
    "Response",
    "Surface",
    "Target",
    "ToolCallDelta",
    "Usage",
    "as_is",
    "text_of",
]

Part = dict[str, Any]
"""A part of a message: ``{"type": "text", "content": ...}`` and others."""

Message = dict[str, Any]
"""A message: ``{"role": ..., "parts": [...]}``, with ``finish_reason`` in answers."""


def as_is(raw: Any) -> Message:
    """A message that is in our shape already."""
    return raw  # type: ignore[no-any-return]  # the caller vouches for it


def text_of(parts: Sequence[Part] | None) -> str:
    """The text of a message's parts, joined."""
    if not parts:
        return ""
    if len(parts) == 1:
        text = parts[0].get("content") if parts[0].get("type") == "text" else None
        return text if isinstance(text, str) else ""
    return "".join(
        [
            part["content"]
            for part in parts
            if part.get("type") == "text" and isinstance(part.get("content"), str)
        ]
    )


class Usage(msgspec.Struct):
    """How many tokens were counted, and what else is paid for.

    ``input_tokens`` and ``output_tokens`` are totals: cached tokens are part of the input,
    reasoning is part of the output (OpenTelemetry GenAI conventions, "Usage"). None is a count
    that the provider did not send. The first seven are those of text: `hilt.pricing.bands` counts
    on their order.
    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    cache_write_1h_tokens: int | None = None  #: the part of cache_write_tokens kept for an hour
    reasoning_tokens: int | None = None
    input_audio_tokens: int | None = None
    output_audio_tokens: int | None = None
    cache_read_audio_tokens: int | None = None
    input_image_tokens: int | None = None
    output_image_tokens: int | None = None
    #: What is paid apart, ``{"web_searches": 1}``, and rare parts of the totals by the names of
    #: the price table, ``{"input_video_tokens": 258}``.
    units: dict[str, float] = msgspec.field(default_factory=dict)
    #: What other models took that had a part in the answer; it is in none of the counts above.
    by_model: dict[str, Usage] | None = None

    def reconcile(self) -> str | None:
        """Make input and output the totals that they are; the reason if that is impossible.

        The provider's own total decides, and not who answered: some hosts of an API count
        reasoning, or what was cached, outside the counts of which others make them a part. A count
        that is larger than the one it would be a part of stands outside of that.
        """
        inputs, outputs, total = self.input_tokens, self.output_tokens, self.total_tokens
        reasoning = self.reasoning_tokens or 0
        if inputs is None or outputs is None:
            return None
        cached = (self.cache_read_tokens or 0) + (self.cache_write_tokens or 0)
        if cached > inputs and total in (None, inputs + outputs):
            self.input_tokens = inputs = inputs + cached
            self.total_tokens = total = None if total is None else inputs + outputs
        if total is None:
            if reasoning > outputs:
                self.output_tokens = outputs + reasoning
            return None
        gap = total - inputs - outputs
        if gap == 0:
            return None
        if gap == reasoning:
            self.output_tokens = outputs + reasoning
            return None
        if gap == cached:
            self.input_tokens = inputs + cached
            return None
        if -gap in (cached, self.cache_read_tokens, self.cache_write_tokens):
            self.total_tokens = inputs + outputs  # the total leaves out what was cached
            return None
        return (
            f"the counts do not add up: {inputs} input and {outputs} output tokens, "
            f"but {total} in total"
        )


class Request(msgspec.Struct):
    """What a call sends.

    ``messages`` are as the provider's API has them, and ``read`` turns one into a `Message`: of a
    long history only what is new is ever turned.
    """

    operation: str  #: ``chat``, ``text_completion``, ``generate_content``, ``embeddings``, ...
    provider: str  #: ``gen_ai.provider.name``
    model: str | None = None
    messages: Sequence[Any] = ()
    read: Callable[[Any], Message] = as_is
    instructions: list[Part] | None = None  #: system instructions sent apart from the history
    #: ``gen_ai.request.*`` and the like
    attributes: dict[str, Any] = msgspec.field(default_factory=dict)
    tools: Sequence[Any] | None = None  #: tool definitions, as sent
    stream: bool = False
    conversation: str | None = None  #: the provider's own conversation or thread id
    stored_history: bool = False  #: the provider keeps the messages of that conversation
    previous_response: str | None = None  #: the response that this one continues
    continued_by_id: bool = False  #: whoever goes on with the answer is likely to give its id
    fetched_response: str | None = None  #: fetches this response, of an earlier call
    resumes: str | None = None  #: the token of an unfinished answer that the model goes on with
    references: dict[int, str] | None = None  #: messages that are items of an answer, by their ids
    user: str | None = None  #: who is speaking, where the request names them
    server_address: str | None = None
    server_port: int | None = None
    batch: bool = False  #: paid at the price of a batch
    provider_hint: str | None = None  #: the genai-prices id of the provider, where it differs
    documents: list[Any] | None = None  #: documents to rank
    price_assumed: bool = False  #: whether nobody knows who sells the model at this host
    cost_unknown: str | None = None  #: why the call has no cost, if the request is the reason


class Response(msgspec.Struct):
    """What came back, all of it or as far as it came."""

    id: str | None = None
    model: str | None = None
    messages: list[Message] = msgspec.field(default_factory=list)  #: one per choice, in order
    finish_reasons: list[str] = msgspec.field(default_factory=list)  #: in the provider's words
    usage: Usage | None = None
    raw_usage: Any = None  #: the provider's own counts, verbatim
    service_tier: str | None = None
    region: str | None = None  #: where the model ran, if that decides the price
    cost_unknown: str | None = None  #: why it has no cost, if the answer is the reason: a cache
    items: Sequence[str] | None = None  #: ids by which a request may refer to what is in it
    resumed_by: str | None = None  #: the token with which the model goes on with this answer
    conversation: str | None = None  #: the provider's conversation id, where only the answer has it
    status: str | None = None  #: ``queued``, ``in_progress``, ``completed``, ``failed``, ...
    failure: Failure | None = None  #: an answer that reports an error of its own
    vectors: int | None = None  #: how many embeddings
    dimensions: int | None = None  #: how long each is
    documents: list[dict[str, Any]] | None = None  #: ranked: ``{"index", "score", "id"?, "text"?}``
    attributes: dict[str, Any] = msgspec.field(default_factory=dict)  #: further span attributes
    outcome: str | None = None  #: where the finish reasons lack it: ``length``, ``filtered``
    pending: bool = False  #: not the end yet: a later call fetches the rest
    partial: bool = False  #: not all of it arrived

    def add_choice(self, message: Message, finish_reason: object) -> None:
        """Add a message, with its finish reason if it has one."""
        if finish_reason:
            message["finish_reason"] = str(finish_reason)
            self.finish_reasons.append(str(finish_reason))
        self.messages.append(message)


class ToolCallDelta(msgspec.Struct):
    """A piece of a tool call in a stream; the pieces of one call share choice and index."""

    index: int | str | None  #: None where the host gives none: the newest call of the choice
    id: str | None = None
    name: str | None = None
    arguments: str | Mapping[str, Any] | None = None  #: a piece of JSON, or the whole as an object
    choice: int = 0
    server: str | None = None  #: what kind of tool, where the provider runs it itself
    whole: bool = False  #: whether it repeats all of the call, in place of the pieces before


class BinaryPiece(msgspec.Struct):
    """A piece of binary content in a stream; the pieces of one content share the key."""

    key: str
    data: object  #: in base64 or in bytes
    mime_type: str | None = None
    modality: str = "audio"
    id: str | None = None  #: by which the provider has it


class Delta(msgspec.Struct):
    """What one chunk of a stream adds."""

    text: str | None = None
    choice: int = 0
    texts: list[tuple[int, str]] | None = None  #: (choice, text) of further choices
    reasoning: str | None = None
    tool_calls: list[ToolCallDelta] | None = None
    parts: list[Part] | None = None  #: whole parts, such as an image, in order
    keyed_parts: dict[str, Part] | None = None  #: whole parts; a later one replaces its earlier
    binary: list[BinaryPiece] | None = None  #: pieces of sounds and images
    details: dict[str, Any] | None = None  #: more of the text, such as citations; lists grow
    ends_part: bool = False  #: the part is whole, and what comes next follows it
    finish_reasons: dict[int, str] | None = None  #: by choice
    response: Response | None = None  #: every field that is set replaces the earlier one
    whole: bool = False  #: ``response.messages`` is the whole answer, not what the deltas added
    role: str | None = None
    others: list[tuple[int, Delta]] | None = None  #: (choice, the rest) of further choices

    def add_other(self, choice: int, added: Delta) -> None:
        """Add what the chunk has for a choice after the first, unless it is nothing."""
        if added != _NOTHING:
            self.others = [*(self.others or ()), (choice, added)]

    def add_text(self, text: str, choice: int = 0) -> None:
        """Add a piece of text; the first one of the first choice has a field of its own."""
        if text and choice == 0 and not self.text:
            self.text = text
        elif text:
            self.texts = [*(self.texts or ()), (choice, text)]

    def add_tool_calls(self, calls: Sequence[ToolCallDelta]) -> None:
        """Add pieces of tool calls."""
        if calls:
            self.tool_calls = [*(self.tool_calls or ()), *calls]

    def add_finish_reason(self, finish_reason: object, choice: int = 0) -> None:
        """Add why a choice ended, if it did."""
        if finish_reason:
            self.finish_reasons = {**(self.finish_reasons or {}), choice: str(finish_reason)}


_NOTHING = Delta()


class Failure(msgspec.Struct):
    """Why a call did not succeed."""

    error_code: str  #: ``rate_limit``, ``authentication``, ...: section 2 of the contract
    error_type: str  #: the exception's qualified name
    message: str = ""
    status_code: int | None = None
    outcome: str = "failed"  #: ``failed``, ``timeout`` or ``cancelled``
    provider_code: str | None = None  #: the provider's own code
    retry_after: float | None = None  #: seconds
    request_id: str | None = None
    attempts: int | None = None  #: how often the SDK tried


class Arguments(msgspec.Struct):
    """What a patched function was called with."""

    target: Target
    instance: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]

    def get(self, index: int, name: str, default: Any = None) -> Any:
        """An argument by name, or by its position (without self)."""
        if name in self.kwargs:
            return self.kwargs[name]
        return self.args[index] if len(self.args) > index else default


class Target(msgspec.Struct, frozen=True):
    """A function to patch.

    Args:
        module: The module that defines it, ``openai._base_client``.
        path: Its path in the module, ``SyncAPIClient.request``.
        hook: How the engine ties itself to it, one of the protocols of
            `hilt.instrumentation.hooks`; None for a method that makes one call and returns its
            answer or an iterator.
        surface: Which of the provider's surfaces it belongs to, where the target decides that.
        stream: The method returns a stream always (True), never (False), or as the request sets.
        optional: An older or newer SDK may not have it.
        options: What else the adapter needs.
    """

    module: str
    path: str
    hook: object = None
    surface: str = ""
    stream: bool | None = None
    optional: bool = False
    options: Mapping[str, Any] = msgspec.field(default_factory=dict)


class Surface:
    """One API of a provider, such as chat completions: how its answers are read.

    Methods read, do no I/O, and may raise: the engine guards them.
    """

    name: str = ""
    sends_finish_reason: bool = True  #: a stream that ends without a finish reason was cut short
    binary: bool = False  #: answers are bytes, such as audio, and no JSON
    json: bool = False  #: answers are JSON: a text in place of one, as a proxy's page, is none
    call_type: type[Any] | None = None  #: what observes its calls, if not the engine's own `Call`

    def response(self, body: Any) -> Response:
        """The whole answer, from its JSON or the SDK's object."""
        raise NotImplementedError

    def text(self, chunk: Any) -> str | None:
        """The text of a chunk that holds nothing else; None sends it to `delta`. Must be fast."""
        return None

    def delta(self, chunk: Any) -> Delta | None:
        """What a chunk adds; None for nothing."""
        return None


class Provider(Protocol):
    """What one SDK's calls mean. Methods may raise: the engine guards them."""

    name: str  #: as in ``instrument(providers=[...])``
    targets: Sequence[Target]  #: the functions to patch; also what uninstrument() restores
    surfaces: Mapping[str, str]  #: what is observed, for ``hilt doctor``: name to methods

    def request(self, call: Arguments) -> tuple[Request, Surface] | None:
        """What a call asks for, and how to read what it answers; None: do not observe it."""
        ...

    def failure(self, error: BaseException) -> Failure:
        """Why a call raised."""
        ...
