"""A question, the documents that were retrieved for it, and the answer: logged with their links."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from numbers import Real
from typing import Any

from hilt.core import clock
from hilt.core.arguments import session_checked
from hilt.core.event import Event
from hilt.core.event_writer import EventWriter
from hilt.core.exceptions import ConfigurationError
from hilt.core.ids_and_times import format_nanos, new_event_id
from hilt.genai.values import Message, Request, Response, Usage
from hilt.instrumentation.enclosing_calls import logged_here
from hilt.instrumentation.observer import Ending
from hilt.integrations.arguments import (
    client_of,
    conversation_for,
    list_checked,
    plain_messages,
)
from hilt.integrations.manual import ManualCall
from hilt.providers._chat_completions import ChatCompletions
from hilt.providers._chat_messages import message_of
from hilt.providers._http import stainless_failure

__all__ = ["alog_rag_interaction", "log_rag_interaction"]

_DEFAULT_MODEL = "gpt-4o-mini"
_surface = ChatCompletions()


def log_rag_interaction(
    session: EventWriter,
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
    """Log a question, the documents that were retrieved for it, and the answer, each linked.

    Args:
        session: An open `hilt.Session`.
        user_message: The question.
        answer: The answer; if None, the model is called, with the documents as its context.
        retrieved_documents: ``{"id", "text", "score"}`` each, more allowed, or the bare text.
        scores: One for each document, where they are not in the documents.
        model: The model that answered, or is called.
        prompt_tokens: How many tokens the question took, for the cost.
        completion_tokens: How many the answer took.
        session_id: The conversation; a simple id becomes ``conv_`` and 16 hex, always the same.
        client: An ``openai.OpenAI``, for where ``answer`` is None.
        latency_ms: How long the answer took, if known.
        create_args: Further arguments of ``client.chat.completions.create``.

    Returns:
        The events that were logged: ``prompt``, ``retrieval`` and ``completion``.

    Raises:
        openai.OpenAIError: What the SDK raised, after it was logged as a ``system`` event.
        ConfigurationError: If an argument is wrong.
    """
    documents = documents_checked(retrieved_documents, scores)
    known = _known_answer(answer, model, prompt_tokens, completion_tokens)
    logged = _LoggedEvents(session_checked(session))
    if known is not None:
        over: dict[str, Any] = {"is_timed": False, "latency_ms": latency_ms}
        with _call(logged, user_message, model, session_id, **over) as call:
            logged.append_all([_retrieval(call, documents)])
            call.end(Ending.ANSWERED, known)
        return logged.events
    client = client_of(client, "OpenAI")
    with _call(logged, user_message, model, session_id) as call:
        logged.append_all([_retrieval(call, documents)])
        messages = _with_context(user_message, documents)
        with logged_here():
            body = client.chat.completions.create(model=model, messages=messages, **create_args)
        call.end(Ending.RETURNED, body)
    return logged.events


async def alog_rag_interaction(
    session: EventWriter,
    *,
    user_message: str,
    retrieved_documents: Sequence[Mapping[str, Any] | str] = (),
    scores: Sequence[float] | None = None,
    model: str = _DEFAULT_MODEL,
    session_id: str | None = None,
    client: Any = None,
    **create_args: Any,
) -> list[Event]:
    """`log_rag_interaction` with an ``openai.AsyncOpenAI``, which is called for the answer."""
    documents = documents_checked(retrieved_documents, scores)
    logged = _LoggedEvents(session_checked(session))
    client = client_of(client, "AsyncOpenAI")
    with _call(logged, user_message, model, session_id) as call:
        logged.append_all([_retrieval(call, documents)])
        messages = _with_context(user_message, documents)
        with logged_here():
            body = await client.chat.completions.create(
                model=model, messages=messages, **create_args
            )
        call.end(Ending.RETURNED, body)
    return logged.events


def documents_checked(given_documents: Any, given_scores: Any) -> list[dict[str, Any]]:
    """The documents as dicts, with their scores.

    Raises:
        ConfigurationError: If one is neither text nor a mapping, or the scores do not fit.
    """
    documents = [
        _document(index, each)
        for index, each in enumerate(list_checked("retrieved_documents", given_documents))
    ]
    scores = list_checked("scores", given_scores)
    if scores and len(scores) != len(documents):
        raise ConfigurationError(
            f"scores: {len(scores)} for {len(documents)} documents; give one for each"
        )
    for index, (document, score) in enumerate(zip(documents, scores, strict=False)):
        if isinstance(score, bool) or not isinstance(score, Real):
            raise ConfigurationError(f"scores[{index}]: {score!r} is not a number")
        document["score"] = float(score)
    return documents


def _document(index: int, given: Any) -> dict[str, Any]:
    if isinstance(given, Mapping):
        return dict(given)
    if isinstance(given, str):
        return {"text": given}
    raise ConfigurationError(
        f"retrieved_documents[{index}]: {given!r} is not a document; give its text, or a dict "
        'such as {"id": "doc-1", "text": "...", "score": 0.9}'
    )


class _LoggedEvents(EventWriter):
    """Writes to a session, and keeps the events that it wrote."""

    takes_lines = False

    def __init__(self, session: EventWriter) -> None:
        self._session = session
        self.events: list[Event] = []

    @property
    def destination(self) -> tuple[str, ...]:
        return self._session.destination

    def write_lines(self, lines: bytes, count: int, *, more_follow: bool = False) -> None:
        self._session.write_lines(lines, count, more_follow=more_follow)

    def append_all(self, events: Iterable[Event], *, are_read: bool = False) -> list[Event]:
        written = self._session.append_all(events, are_read=are_read)
        self.events += written
        return written


def _call(
    session: EventWriter,
    user_message: str,
    model: str,
    session_id: str | None,
    **timing: Any,
) -> ManualCall:
    messages = plain_messages(user_message)
    return ManualCall(
        session,
        Request("chat", "openai", model=model, messages=messages, read=message_of),
        _surface,
        session_id=conversation_for(session_id),
        failure_of=stainless_failure,
        **timing,
    )


def _with_context(user_message: str, documents: list[dict[str, Any]]) -> list[Message]:
    context = "\n\n".join(str(each.get("text") or "") for each in documents)
    return plain_messages(user_message, f"Answer from these documents:\n\n{context}")


def _retrieval(call: ManualCall, documents: list[dict[str, Any]]) -> Event:
    prompt = call.observation
    scores = [each["score"] for each in documents if isinstance(each.get("score"), (int, float))]
    return Event(
        event_id=new_event_id(),
        timestamp=format_nanos(clock.unix_nanos()),
        session_id=prompt.session_id,
        actor={"type": "tool", "id": "retrieval"},
        action="retrieval",
        content={"documents": documents},
        extensions={
            "reply_to": prompt.prompt_id,
            "documents": len(documents),
            **({"score": max(scores)} if scores else {}),
        },
    )


def _known_answer(answer: Any, model: str, inputs: Any, outputs: Any) -> Response | None:
    """The answer that the program has already, or None."""
    for name, count in (("prompt_tokens", inputs), ("completion_tokens", outputs)):
        if count is not None and (not isinstance(count, int) or isinstance(count, bool)):
            raise ConfigurationError(f"{name}: {count!r} is not a number of tokens")
    if answer is None:
        return None
    if not isinstance(answer, str):
        raise ConfigurationError(f"answer: {answer!r} is not text; None asks the model")
    message = {"role": "assistant", "parts": [{"type": "text", "content": answer}]}
    is_counted = inputs is not None or outputs is not None
    usage = Usage(input_tokens=inputs, output_tokens=outputs) if is_counted else None
    return Response(model=model, messages=[message], usage=usage)
