"""OpenAI by hand: make a call, streamed or not, and log it; retrievals are in `rag`.

Where `hilt.instrument` is on as well, a call made here is logged once, to the session given here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any

from hilt.core.arguments import session_checked
from hilt.core.event_writer import EventWriter
from hilt.core.exceptions import ConfigurationError
from hilt.genai.values import Request
from hilt.instrumentation.enclosing_calls import logged_here
from hilt.instrumentation.observer import Ending
from hilt.integrations.arguments import client_of, conversation_for, plain_messages
from hilt.integrations.manual import ManualCall
from hilt.integrations.rag import alog_rag_interaction, log_rag_interaction
from hilt.providers._chat_completions import ChatCompletions, request_parameters
from hilt.providers._chat_messages import message_of
from hilt.providers._hosts import is_price_assumed, provider_of_host
from hilt.providers._http import server_of_base_url, stainless_failure

__all__ = [
    "alog_chat_completion",
    "alog_chat_streaming",
    "alog_rag_interaction",
    "iter_chat_streaming",
    "log_chat_completion",
    "log_chat_streaming",
    "log_rag_interaction",
]

_DEFAULT_MODEL = "gpt-4o-mini"
_surface = ChatCompletions()


def log_chat_completion(
    session: EventWriter,
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
        user_message: The user's message.
        model: The model of the request.
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
    session_checked(session)
    body = {"model": model, "messages": plain_messages(user_message, system_prompt), **create_args}
    client = client_of(client, "OpenAI")
    with _call(session, client, body, session_id) as call:
        with logged_here():
            answer = client.chat.completions.create(**body)
        call.end(Ending.RETURNED, answer)
    return answer


async def alog_chat_completion(
    session: EventWriter,
    *,
    user_message: str,
    model: str = _DEFAULT_MODEL,
    system_prompt: str | None = None,
    session_id: str | None = None,
    client: Any = None,
    **create_args: Any,
) -> Any:
    """`log_chat_completion` with an ``openai.AsyncOpenAI``."""
    session_checked(session)
    body = {"model": model, "messages": plain_messages(user_message, system_prompt), **create_args}
    client = client_of(client, "AsyncOpenAI")
    with _call(session, client, body, session_id) as call:
        with logged_here():
            answer = await client.chat.completions.create(**body)
        call.end(Ending.RETURNED, answer)
    return answer


def log_chat_streaming(
    session: EventWriter,
    *,
    user_message: str,
    model: str = _DEFAULT_MODEL,
    system_prompt: str | None = None,
    session_id: str | None = None,
    client: Any = None,
    on_chunk: Callable[[str], object] | None = None,
    **create_args: Any,
) -> str:
    """Ask a chat model for a stream, and log each chunk as it comes, then the whole answer.

    Args:
        session: As in `log_chat_completion`, and so are the others.
        user_message: The user's message.
        model: The model of the request.
        system_prompt: Instructions that stand before it.
        session_id: The conversation, as in `log_chat_completion`.
        client: An ``openai.OpenAI``; one made from the environment if None.
        on_chunk: Called with the text of each chunk, such as ``print``.
        create_args: Further arguments of ``client.chat.completions.create``.

    Returns:
        The whole text.

    Raises:
        openai.OpenAIError: What the SDK raised, after it was logged with what had arrived.
    """
    if on_chunk is not None and not callable(on_chunk):
        raise ConfigurationError(f"on_chunk: {on_chunk!r} is not a function, such as print")
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
    session: EventWriter,
    *,
    user_message: str,
    model: str = _DEFAULT_MODEL,
    system_prompt: str | None = None,
    session_id: str | None = None,
    client: Any = None,
    **create_args: Any,
) -> Iterator[str]:
    """The same, yielding the text of each chunk; leaving it early is logged as ``closed``."""
    session_checked(session)
    body = {"model": model, "messages": plain_messages(user_message, system_prompt), **create_args}
    client = client_of(client, "OpenAI")
    with _call(session, client, body, session_id) as call:
        with logged_here():
            stream = client.chat.completions.create(**_streamed(body))
        with stream:
            for chunk in stream:
                text = call.chunk(chunk)
                if text:
                    yield text
        call.end(Ending.EXHAUSTED)


async def alog_chat_streaming(
    session: EventWriter,
    *,
    user_message: str,
    model: str = _DEFAULT_MODEL,
    system_prompt: str | None = None,
    session_id: str | None = None,
    client: Any = None,
    **create_args: Any,
) -> AsyncIterator[str]:
    """`log_chat_streaming` with an ``openai.AsyncOpenAI``: yields the text of each chunk."""
    session_checked(session)
    body = {"model": model, "messages": plain_messages(user_message, system_prompt), **create_args}
    client = client_of(client, "AsyncOpenAI")
    with _call(session, client, body, session_id) as call:
        with logged_here():
            stream = await client.chat.completions.create(**_streamed(body))
        async with stream:
            async for chunk in stream:
                text = call.chunk(chunk)
                if text:
                    yield text
        call.end(Ending.EXHAUSTED)


def _call(
    session: EventWriter, client: Any, body: Mapping[str, Any], session_id: str | None
) -> ManualCall:
    request = _request(client, body)
    return ManualCall(
        session,
        request,
        _surface,
        session_id=conversation_for(session_id),
        failure_of=stainless_failure,
    )


def _request(client: Any, body: Mapping[str, Any]) -> Request:
    address, port = server_of_base_url(getattr(client, "_base_url", None))
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
        price_assumed=is_price_assumed(address, port),
    )


def _streamed(body: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a stream that sends its usage, unless the caller decides otherwise."""
    return {"stream_options": {"include_usage": True}, **body, "stream": True}
