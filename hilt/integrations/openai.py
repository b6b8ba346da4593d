"""OpenAI by hand: make a call and log it, streamed or not, and log what a retrieval found.

Where `hilt.instrument` is on as well, a call made here is logged once, to the session given here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any

from hilt._context import suppressed
from hilt.core import clock
from hilt.core.event import Event
from hilt.core.exceptions import ConfigurationError, MissingDependencyError
from hilt.core.ids import new_event_id
from hilt.core.timestamps import format_nanos
from hilt.genai.providers import stainless
from hilt.genai.providers.chat_completions import (
    ChatCompletions,
    message_of,
    request_parameters,
)
from hilt.genai.providers.hosts import provider_of_host
from hilt.genai.providers.stainless import server_of
from hilt.genai.values import Request, Response, Usage
from hilt.integrations.manual import (
    ManualCall,
    plain_messages,
    session_checked,
    texts_checked,
)

__all__ = [
    "alog_chat_completion",
    "alog_chat_streaming",
    "log_chat_completion",
    "log_chat_streaming",
    "log_rag_interaction",
]

_DEFAULT_MODEL = "gpt-4o-mini"
_surface = ChatCompletions()


def log_chat_completion(
    session: Any,
    *,
    user_message: str,
    model: str = _DEFAULT_MODEL,
    system_prompt: str | None = None,
    session_id: str | None = None,
    client: Any = None,
    **create_args: Any,
) -> Any:
    """Ask a chat model, and log prompt and answer with latency, tokens, cost and status.

    >>> with Session("logs/chat.jsonl") as session:
    ...     log_chat_completion(session, user_message="Hello")  # doctest: +SKIP

    Args:
        session: An open `hilt.Session`.
        user_message: What the user says.
        model: The model asked for.
        system_prompt: Instructions that stand before it.
        session_id: The conversation; a simple id becomes ``conv_`` and 16 hex, always the same.
        client: An ``openai.OpenAI``; one made from the environment if None.
        create_args: Further arguments of ``client.chat.completions.create``.

    Returns:
        The SDK's ``ChatCompletion``.

    Raises:
        openai.OpenAIError: What the SDK raised, after it was logged as a ``system`` event.
        ConfigurationError: If an argument is wrong.
        SessionError: If ``session`` is not one.
    """
    messages = plain_messages(user_message, system_prompt)
    client = client if client is not None else _client("OpenAI")
    call = _begin(
        session, client, {"model": model, "messages": messages, **create_args}, session_id
    )
    try:
        with suppressed():
            answer = client.chat.completions.create(model=model, messages=messages, **create_args)
    except BaseException as error:
        call.fail(error, stainless.failure(error))
        raise
    call.complete(_surface.response(answer))
    return answer


async def alog_chat_completion(
    session: Any,
    *,
    user_message: str,
    model: str = _DEFAULT_MODEL,
    system_prompt: str | None = None,
    session_id: str | None = None,
    client: Any = None,
    **create_args: Any,
) -> Any:
    """`log_chat_completion` with an ``openai.AsyncOpenAI``."""
    messages = plain_messages(user_message, system_prompt)
    client = client if client is not None else _client("AsyncOpenAI")
    call = _begin(
        session, client, {"model": model, "messages": messages, **create_args}, session_id
    )
    try:
        with suppressed():
            answer = await client.chat.completions.create(
                model=model, messages=messages, **create_args
            )
    except BaseException as error:
        call.fail(error, stainless.failure(error))
        raise
    call.complete(_surface.response(answer))
    return answer


def log_chat_streaming(
    session: Any,
    *,
    user_message: str,
    model: str = _DEFAULT_MODEL,
    system_prompt: str | None = None,
    session_id: str | None = None,
    client: Any = None,
    on_chunk: Any = None,
    **create_args: Any,
) -> str:
    """Ask a chat model for a stream, and log each chunk as it comes, then the whole answer.

    Args:
        session: As in `log_chat_completion`, and so are the others.
        user_message: What the user says.
        model: The model asked for.
        system_prompt: Instructions that stand before it.
        session_id: The conversation.
        client: An ``openai.OpenAI``; one made from the environment if None.
        on_chunk: Called with the text of each chunk, for instance to show it.
        create_args: Further arguments of ``client.chat.completions.create``.

    Returns:
        The whole text.

    Raises:
        openai.OpenAIError: What the SDK raised, after it was logged with what had arrived.
    """
    pieces = []
    for text in iter_chat_streaming(
        session,
        user_message=user_message,
        model=model,
        system_prompt=system_prompt,
        session_id=session_id,
        client=client,
        **create_args,
    ):
        pieces.append(text)
        if on_chunk is not None:
            on_chunk(text)
    return "".join(pieces)


def iter_chat_streaming(
    session: Any,
    *,
    user_message: str,
    model: str = _DEFAULT_MODEL,
    system_prompt: str | None = None,
    session_id: str | None = None,
    client: Any = None,
    **create_args: Any,
) -> Iterator[str]:
    """The same, yielding the text of each chunk; leaving it early is logged as ``closed``."""
    messages = plain_messages(user_message, system_prompt)
    client = client if client is not None else _client("OpenAI")
    call = _begin(
        session, client, {"model": model, "messages": messages, **create_args}, session_id
    )
    try:
        with suppressed():
            stream = client.chat.completions.create(
                model=model, messages=messages, **_streamed(create_args)
            )
        for chunk in stream:
            delta = _surface.delta(chunk)
            call.chunk(delta)
            if delta is not None and delta.text:
                yield delta.text
    except GeneratorExit:
        call.left()
        raise
    except BaseException as error:
        call.fail(error, stainless.failure(error))
        raise
    call.complete()


async def alog_chat_streaming(
    session: Any,
    *,
    user_message: str,
    model: str = _DEFAULT_MODEL,
    system_prompt: str | None = None,
    session_id: str | None = None,
    client: Any = None,
    **create_args: Any,
) -> AsyncIterator[str]:
    """`log_chat_streaming` with an ``openai.AsyncOpenAI``: yields the text of each chunk."""
    messages = plain_messages(user_message, system_prompt)
    client = client if client is not None else _client("AsyncOpenAI")
    call = _begin(
        session, client, {"model": model, "messages": messages, **create_args}, session_id
    )
    try:
        with suppressed():
            stream = await client.chat.completions.create(
                model=model, messages=messages, **_streamed(create_args)
            )
        async for chunk in stream:
            delta = _surface.delta(chunk)
            call.chunk(delta)
            if delta is not None and delta.text:
                yield delta.text
    except GeneratorExit:
        call.left()
        raise
    except BaseException as error:
        call.fail(error, stainless.failure(error))
        raise
    call.complete()


def log_rag_interaction(
    session: Any,
    *,
    user_message: str,
    answer: str | None = None,
    retrieved_documents: Sequence[Mapping[str, Any] | str] = (),
    scores: Sequence[float] | None = None,
    model: str = _DEFAULT_MODEL,
    prompt_tokens: int | None = None,
    completion_tokens: int | None = None,
    session_id: str | None = None,
    client: Any = None,
    latency_ms: float | None = None,
    **create_args: Any,
) -> list[Event]:
    """Log a question, the documents that were found for it, and the answer, each linked.

    Args:
        session: An open `hilt.Session`.
        user_message: The question.
        answer: The answer; if None, the model is asked, with the documents as its context.
        retrieved_documents: ``{"id", "text", "score"}`` each, more allowed, or the bare text.
        scores: One for each document, where they are not in the documents.
        model: The model that answered, or is asked.
        prompt_tokens: How many tokens the question took, for the cost.
        completion_tokens: How many the answer took.
        session_id: The conversation.
        client: An ``openai.OpenAI``, for where ``answer`` is None.
        latency_ms: How long the answer took, if known.
        create_args: Further arguments of ``client.chat.completions.create``.

    Returns:
        The events that were logged: ``prompt``, ``retrieval`` and ``completion``.

    Raises:
        ConfigurationError: If an argument is wrong.
    """
    documents = _documents(retrieved_documents, scores)
    asked = plain_messages(user_message)
    request = Request("chat", "openai", model=model, messages=asked, read=message_of)
    kept = _Kept(session_checked(session))
    call = ManualCall(kept, request, session_id=session_id)
    call.begin()
    kept.append_all([_retrieval(call, documents)])
    if answer is not None:
        usage = Usage(input_tokens=prompt_tokens, output_tokens=completion_tokens)
        known = prompt_tokens is not None or completion_tokens is not None
        call.complete(_said(answer, model, usage if known else None), latency_ms)
        return kept.events
    client = client if client is not None else _client("OpenAI")
    context = "\n\n".join(str(each.get("text") or "") for each in documents)
    messages = plain_messages(user_message, f"Answer from these documents:\n\n{context}")
    try:
        with suppressed():
            said = client.chat.completions.create(model=model, messages=messages, **create_args)
    except BaseException as error:
        call.fail(error, stainless.failure(error))
        raise
    call.complete(_surface.response(said))
    return kept.events


class _Kept:
    """A session that also remembers what was appended."""

    plain = False

    def __init__(self, session: Any) -> None:
        self._session = session
        self.events: list[Event] = []

    def append_all(self, events: list[Event]) -> list[Event]:
        self.events += events
        kept: list[Event] = self._session.append_all(events)
        return kept


def _begin(
    session: Any, client: Any, body: Mapping[str, Any], session_id: str | None
) -> ManualCall:
    request = _request(client, body)
    call = ManualCall(session, request, session_id=session_id)
    call.begin()
    return call


def _request(client: Any, body: Mapping[str, Any]) -> Request:
    address, port = server_of(getattr(client, "_base_url", None))
    return Request(
        "chat",
        provider_of_host(address, port, "openai"),
        model=body["model"],
        messages=body["messages"],
        read=message_of,
        attributes=request_parameters(body),
        tools=body.get("tools"),
        user=body.get("user"),
        server_address=address,
        server_port=port,
    )


def _streamed(create_args: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a stream that also says its usage, unless the caller said otherwise."""
    return {"stream_options": {"include_usage": True}, **create_args, "stream": True}


def _retrieval(call: ManualCall, documents: list[dict[str, Any]]) -> Event:
    seen = call.observation
    scores = [each["score"] for each in documents if isinstance(each.get("score"), (int, float))]
    return Event(
        event_id=new_event_id(),
        timestamp=format_nanos(clock.unix_nanos()),
        session_id=seen.session_id,
        actor={"type": "tool", "id": "retrieval"},
        action="retrieval",
        content={"documents": documents},
        extensions={
            "reply_to": seen.prompt_id,
            "documents": len(documents),
            **({"score": max(scores)} if scores else {}),
        },
    )


def _documents(found: Sequence[Any], scores: Sequence[float] | None) -> list[dict[str, Any]]:
    documents = [
        dict(each) if isinstance(each, Mapping) else {"text": str(each)}
        for each in texts_checked("retrieved_documents", found)
    ]
    given = texts_checked("scores", scores)
    if given and len(given) != len(documents):
        raise ConfigurationError(
            f"scores: {len(given)} for {len(documents)} documents; give one for each"
        )
    for document, score in zip(documents, given, strict=False):
        document["score"] = score
    return documents


def _said(answer: str, model: str, usage: Usage | None) -> Response:
    if not isinstance(answer, str):
        raise ConfigurationError(f"answer: {answer!r} is not text")
    message = {"role": "assistant", "parts": [{"type": "text", "content": answer}]}
    return Response(model=model, messages=[message], usage=usage)


def _client(name: str) -> Any:
    try:
        import openai
    except ImportError as error:
        raise MissingDependencyError(
            'the package openai is not installed: pip install "hilt[openai]"'
        ) from error
    return getattr(openai, name)()
