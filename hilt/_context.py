"""What is current: the session, the conversation, the call in progress, and the service.

Everything but the service follows `contextvars`, so it is right in threads and async tasks.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar

from hilt.core.event_writer import EventWriter
from hilt.core.service import resource_of, service_of

__all__ = [
    "CONVERSATION_KEYS",
    "FRAMEWORK_READERS",
    "Context",
    "Conversation",
    "FrameworkContext",
    "conversation",
    "current_conversation",
    "framework_conversation",
    "get_context",
    "put_back",
    "service_of_program",
    "use_provider",
]

T = TypeVar("T")

CURRENT_SESSION: ContextVar[EventWriter | None] = ContextVar("hilt_session", default=None)
CURRENT_CONVERSATION: ContextVar[Conversation | None] = ContextVar(
    "hilt_conversation", default=None
)

_Writer = TypeVar("_Writer", bound=EventWriter)

ACTIVE: ContextVar[Any] = ContextVar("hilt_active_call", default=None)
"""The call that is being made: what an SDK learns of its response is noted there."""


FRAMEWORK_CALLS: ContextVar[Any] = ContextVar("hilt_framework_calls", default=None)
"""The `FrameworkCalls` that the next requests of an SDK may belong to, or None."""

FRAMEWORK_CALLS_ELSEWHERE: list[Callable[[], Any]] = []
"""Gives such of other threads; empty until a framework has reported a call."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """The conversation that calls belong to, and who is speaking."""

    id: str | None = None
    user: str | None = None


_NO_CONVERSATION = Conversation()


@dataclass(frozen=True, slots=True)
class FrameworkContext:
    """What a framework knows of the call that it makes now.

    Args:
        framework: Its name.
        conversation: Its own id of the conversation, where it has one.
        user: Who speaks, where it knows.
        run: Its id of the run that the call is part of: the calls of a run are one conversation.
        agent: The name of the agent that calls.
        node: The step of a graph.
        follows: The run before it of the same chat, whose conversation it goes on with.
    """

    framework: str
    conversation: str | None = None
    user: str | None = None
    run: str | None = None
    agent: str | None = None
    node: str | None = None
    follows: str | None = None

    @property
    def provenance(self) -> dict[str, object]:
        """What the events of the call say of it."""
        fields = {"framework": self.framework, "run": self.run, "agent": self.agent}
        fields["node"] = self.node
        return {name: value for name, value in fields.items() if value is not None}


FRAMEWORK_READERS: list[Callable[[], FrameworkContext | None]] = []
"""One for each framework that this process has imported while calls are observed."""


class Context:
    """What HILT is doing in this program and this context. Get it from `get_context`."""

    def __init__(self) -> None:
        self.default_session: EventWriter | None = None
        self.instrumented = False

    @property
    def is_instrumented(self) -> bool:
        """Whether `hilt.instrument` is in force."""
        return self.instrumented

    @property
    def session(self) -> Any:
        """The `hilt.Session` that calls made here are logged to, or None."""
        current = CURRENT_SESSION.get()
        return self.default_session if current is None else current

    @property
    def conversation(self) -> Conversation | None:
        """The conversation set by `hilt.conversation`, or None."""
        return CURRENT_CONVERSATION.get()

    @contextmanager
    def use_session(self, session: _Writer) -> Iterator[_Writer]:
        """Log the calls made in this block to another session.

        >>> with Session("debug.jsonl") as debug, get_context().use_session(debug):
        ...     client.chat.completions.create(...)  # doctest: +SKIP

        Args:
            session: An open `hilt.Session`.

        Raises:
            TypeError: If it is not a session.
        """
        if not isinstance(session, EventWriter):
            raise TypeError(f"use_session: {session!r} is not a hilt.Session")
        previous = CURRENT_SESSION.get()
        try:
            try:
                CURRENT_SESSION.set(session)  # within: an interrupt may follow it at once
                yield session
            finally:
                put_back(CURRENT_SESSION, session, previous)
        except BaseException:
            put_back(CURRENT_SESSION, session, previous)  # an interrupt may have kept the first off
            raise

    def __repr__(self) -> str:
        return f"Context(is_instrumented={self.instrumented}, session={self.session!r})"


CONTEXT = Context()


def get_context() -> Context:
    """What HILT is doing: ``.is_instrumented``, ``.session``, ``.use_session(session)``."""
    return CONTEXT


def put_back(variable: ContextVar[T], value: T, previous: T) -> None:
    """Give a variable its previous value, unless it has another one by now.

    A coroutine or a generator may be closed from another context, which has nothing to put back.
    """
    if variable.get() is value:
        variable.set(previous)


@contextmanager
def conversation(id: str | None = None, *, user: str | None = None) -> Iterator[Conversation]:  # noqa: A002
    """Say which conversation the calls in this block belong to, and who is speaking.

    >>> with conversation("order-42", user="alice"):
    ...     client.chat.completions.create(...)  # doctest: +SKIP

    Args:
        id: Becomes ``session_id`` of the events as it is; None leaves it to the history.
        user: Becomes ``actor.id`` of prompts.

    Raises:
        ValueError: If an id is given and is not text, or empty.
    """
    for name, value in (("id", id), ("user", user)):
        if value is not None and (not isinstance(value, str) or not value):
            raise ValueError(f"conversation: {name} {value!r}; expected text that is not empty")
    previous = CURRENT_CONVERSATION.get()
    outer = previous or _NO_CONVERSATION
    current = Conversation(id or outer.id, user or outer.user)
    try:
        try:
            CURRENT_CONVERSATION.set(current)
            yield current
        finally:
            put_back(CURRENT_CONVERSATION, current, previous)
    except BaseException:
        put_back(CURRENT_CONVERSATION, current, previous)  # as in `Context.use_session`
        raise


CONVERSATION_KEYS = ("session_id", "thread_id", "conversation_id")
"""What a conversation is called in the config of a LangChain run."""

LANGCHAIN_CONFIG = "langchain_core.runnables.config"
"""The module that knows the thread or session of a chain; nothing does until it is imported."""


def current_conversation() -> Conversation:
    """The conversation that a call made here belongs to: the program's, or its framework's."""
    current = CURRENT_CONVERSATION.get()
    if current is not None and current.id is not None:
        return current
    named = framework_conversation() if LANGCHAIN_CONFIG in sys.modules else None
    if named is None:
        return current or _NO_CONVERSATION
    return Conversation(named, current.user if current is not None else None)


def framework_conversation() -> str | None:
    """The thread of the LangGraph graph, or the session of the LangChain chain, that runs here."""
    variable = getattr(sys.modules.get(LANGCHAIN_CONFIG), "var_child_runnable_config", None)
    config = variable.get() if isinstance(variable, ContextVar) else None
    if not isinstance(config, Mapping):
        return None
    for part in ("metadata", "configurable"):
        ids = config.get(part)
        if not isinstance(ids, Mapping):
            continue
        for key in CONVERSATION_KEYS:
            value = ids.get(key)
            if isinstance(value, (str, int)) and str(value):
                return str(value)
    return None


# -- the service that the program is ---------------------------------------------------------------

_UNREAD = object()


class _Program:
    """The provider that `instrument` was given; what was read last, and of which provider."""

    given: object = None
    provider: object = _UNREAD
    service: dict[str, str] = {}  # noqa: RUF012 # replaced, never changed


def service_of_program() -> dict[str, str]:
    """What the resource of the program's own tracer provider says, and the environment.

    Shared: do not change it. Read again only when the program has set another provider.
    """
    # Not get_tracer_provider(), which may load one. A program that has not imported the API has
    # set none.
    provider = _Program.given
    if provider is None:
        provider = getattr(sys.modules.get("opentelemetry.trace"), "_TRACER_PROVIDER", None)
    if provider is not _Program.provider:
        service = service_of(resource_of(provider) or {})
        _Program.service, _Program.provider = service, provider
    return _Program.service


def use_provider(provider: object) -> None:
    """Let a tracer provider be the program's, and read the environment again.

    Args:
        provider: The provider; None for the one that the program sets for OpenTelemetry.
    """
    _Program.given, _Program.provider = provider, _UNREAD
