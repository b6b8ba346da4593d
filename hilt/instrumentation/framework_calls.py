"""Calls that a framework logs, and that the SDK of a provider makes.

A framework reports that a model is called before it calls the SDK. The SDK's request is the same
call: it is not logged again, and what the SDK knows better is handed over. Whether a request is
the one that was reported shows in its text; one of another text counts until the right one comes,
since a model of one's own may put the question in other words, or ask more than once. Requests
that generate nothing, such as the embedding for a semantic cache, are calls of their own.

A model of one's own may also send its requests from threads that know nothing of the context: such
a request is the call if it holds its text, and none that was made in the context does.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from weakref import WeakValueDictionary

from hilt._context import FRAMEWORK_CALLS, FRAMEWORK_CALLS_ELSEWHERE
from hilt.core import clock, forks
from hilt.core.guard import guard
from hilt.genai.observation import Observation
from hilt.genai.values import Request, Response, Surface, text_of
from hilt.instrumentation.engine import Call, Engine

__all__ = ["ClaimedCall", "FrameworkCall", "FrameworkCalls", "running_calls"]

_GENERATING = frozenset({"chat", "generate_content", "text_completion"})
_TELLING_LENGTH = 10  #: a shorter text is within too many others
_LONGEST_NANOS = 600 * 10**9  #: after which a call that has not ended is not looked for any more
_IN_PROGRESS: WeakValueDictionary[int, FrameworkCall] = WeakValueDictionary()
"""The calls of all threads that are in progress, by their identity."""
forks.on_fork(_IN_PROGRESS.clear)


class FrameworkCall:
    """A model call that a framework has begun to log.

    Args:
        request: What it requests, as the framework has it.
        key: The framework's id of the call: two handlers may log it to two logs.
        conversation: The conversation, where one is named.
    """

    __slots__ = (
        "__weakref__",
        "_distant",
        "_started",
        "_thread",
        "claims",
        "conversation",
        "key",
        "others",
        "over",
        "peers",
        "text",
    )

    def __init__(self, request: Request, key: object, conversation: str | None = None) -> None:
        self.key = key
        self.text = _newest_text(request)
        self.conversation = conversation
        self.claims: list[ClaimedCall] = []  #: requests of SDKs for it: the newest counts
        self.others = 0  #: requests of SDKs that were made meanwhile and are logged on their own
        self.over = False
        self.peers: list[FrameworkCall] = [self]  #: began in the same context, before it ended
        self._distant = [None]  #: taken out by the one request from another thread that may be it
        self._started = clock.monotonic_nanos()
        self._thread = threading.get_ident()

    def start(self) -> None:
        """The requests that are made in this context now may be for this call."""
        running = _running()
        if running:
            self.peers = running[-1].peers
            self.peers.append(self)
        for call in running:
            if call.key == self.key:
                self.claims = call.claims
        try:
            FRAMEWORK_CALLS.set(FrameworkCalls((*running, self)))
            _IN_PROGRESS[id(self)] = self
        except BaseException:  # an interrupt: the framework will not report the end
            self.over = True
            raise
        if not FRAMEWORK_CALLS_ELSEWHERE:
            FRAMEWORK_CALLS_ELSEWHERE.append(_calls_elsewhere)

    def end(self) -> None:
        """Nothing that begins now is for this call. It may be another context that says so."""
        self.over = True
        _IN_PROGRESS.pop(id(self), None)
        if FRAMEWORK_CALLS.get() is not None:
            FRAMEWORK_CALLS.set(running_calls())

    def claim(self, engine: Engine, request: Request, surface: Surface) -> ClaimedCall:
        """A request of an SDK that is made for it."""
        call = ClaimedCall(engine, request, surface)
        call.observation.conversation = call.observation.conversation or self.conversation
        self.claims.append(call)
        return call

    def takes(self, text: str) -> bool:
        """Whether a request with this text, which is made in the context, is this call."""
        if self.over or text != self.text:
            return False
        if not self.claims:
            return True
        newest = self.claims[-1]
        if newest.text == text and not newest.has_failed and not newest.is_distant:
            return False
        # What was taken for it failed, has another text or is of another thread: it is logged.
        if newest.release():
            self.claims.remove(newest)
            return True
        return newest.has_failed

    def claim_from_afar(
        self, engine: Engine, request: Request, surface: Surface, text: str
    ) -> Call | None:
        """A request of another thread, which knows no context; None if it is not this call.

        One that holds the text among other words counts until one comes that has only the text.
        """
        if self.over or not (text == self.text or _is_within(self.text, text)):
            return None
        with suppress(IndexError):  # two threads may come at once
            if self.claims:
                newest = self.claims[-1]
                is_better = newest.has_failed or (text == self.text != newest.text)
                if not (is_better and newest.release()):
                    return None
                self.claims.remove(newest)
            else:
                self._distant.pop()
            call = self.claim(engine, request, surface)
            call.is_distant = True
            return call
        return None

    def is_elsewhere(self) -> bool:
        """Whether it is in progress in another thread."""
        is_recent = clock.monotonic_nanos() - self._started < _LONGEST_NANOS
        return not self.over and self._thread != threading.get_ident() and is_recent

    def observation(self, response: Response | None = None) -> Observation | None:
        """What an SDK has observed of the call.

        Args:
            response: What the framework returned, which says which of several requests of one
                text it is.
        """
        if response is not None:
            self._find_claim(response)
        for claim in tuple(self.claims):
            is_late = claim.is_distant and claim.handed_over is None
            is_in_vain = response is not None and claim.has_failed
            if (is_late or is_in_vain) and claim.release():
                self.claims.remove(claim)
        return self.claims[-1].handed_over if self.claims else None

    @property
    def claimed(self) -> Observation | None:
        """The request that is made for it, whether or not it has ended."""
        return self.claims[-1].observation if self.claims else None

    @property
    def attempts(self) -> int | None:
        """How many requests were made for it, those included that an SDK repeated."""
        counts = [claim.observation.attempts for claim in self.claims]
        return sum(count or 1 for count in counts) if len(counts) > 1 else None

    def _find_claim(self, response: Response) -> None:
        """Exchange what was taken for this call for what was taken for another, if need be."""
        identities: tuple[Callable[[Response], object], ...] = (_id_of, _texts_of)
        for identity in identities:
            wanted = identity(response)
            if not wanted:
                continue
            if self._claimed(identity) == wanted:
                return
            for peer in (*self.peers, *_distant_calls()):
                if peer._claimed(identity) == wanted:  # noqa: SLF001 # of the same class
                    self.claims[:], peer.claims[:] = peer.claims[:], self.claims[:]
                    # One that has none now may be taken for its own request, which has yet to come.
                    self._distant, peer._distant = peer._distant, self._distant  # noqa: SLF001
                    return

    def _claimed(self, identity: Callable[[Response], object]) -> object:
        observation = self.claims[-1].handed_over if self.claims else None
        return identity(observation.response) if observation and observation.response else None


def _is_within(text: str, other: str) -> bool:
    return len(text) >= _TELLING_LENGTH and text in other


def _id_of(response: Response) -> object:
    return response.id


def _texts_of(response: Response) -> object:
    return [text_of(message["parts"]) for message in response.messages]


class FrameworkCalls:
    """The model calls that frameworks have in progress in a context, oldest first."""

    __slots__ = ("calls",)

    def __init__(self, calls: Sequence[FrameworkCall]) -> None:
        self.calls = calls

    def call_for(self, engine: Engine, request: Request, surface: Surface) -> Call:
        """What observes a request that an SDK makes now."""
        running = [call for call in self.calls if not call.over]
        generates = request.operation in _GENERATING and surface.call_type is None
        if running and generates and request.fetched_response is None:
            text = _newest_text(request)
            for call in (*running, None):
                if call is not None and call.takes(text):
                    return call.claim(engine, request, surface)
            free = [call for call in running if not call.claims]
            if free:
                return free[0].claim(engine, request, surface)
            running[-1].others += 1
        own = (surface.call_type or engine.call_type)(engine, request, surface)
        if running and own.observation.conversation is None:
            own.observation.conversation = running[-1].conversation
        return own


class _CallsElsewhere:
    """The model calls that frameworks have in progress in other threads."""

    __slots__ = ("calls",)

    def __init__(self, calls: Sequence[FrameworkCall]) -> None:
        self.calls = calls

    def call_for(self, engine: Engine, request: Request, surface: Surface) -> Call:
        """What observes a request that an SDK makes now, in a thread without their context."""
        if request.operation in _GENERATING and surface.call_type is None:
            text = _newest_text(request)
            for call in self.calls:
                claim = call.claim_from_afar(engine, request, surface, text)
                if claim is not None:
                    return claim
        return (surface.call_type or engine.call_type)(engine, request, surface)


def _calls_elsewhere() -> _CallsElsewhere | None:
    calls = [call for ref in _IN_PROGRESS.valuerefs() if (call := ref()) and call.is_elsewhere()]
    return _CallsElsewhere(calls) if calls else None


def _distant_calls() -> list[FrameworkCall]:
    """The calls in progress that a request of another thread was taken for."""
    calls = [call for ref in _IN_PROGRESS.valuerefs() if (call := ref())]
    return [call for call in calls if call.claims and call.claims[-1].is_distant]


def running_calls(*, but: object = None) -> FrameworkCalls | None:
    """The model calls that frameworks have in progress in this context.

    Args:
        but: The key of one to leave out.
    """
    running = [call for call in _running() if call.key != but]
    return FrameworkCalls(running) if running else None


def _running() -> list[FrameworkCall]:
    calls: FrameworkCalls | None = FRAMEWORK_CALLS.get()
    return [] if calls is None else [call for call in calls.calls if not call.over]


class ClaimedCall(Call):
    """A call that a framework logs, which leaves to it what the SDK has observed."""

    __slots__ = ("_is_recorded", "_is_released", "is_distant", "text")

    def __init__(self, engine: Engine, request: Request, surface: Surface) -> None:
        super().__init__(engine, request, surface)
        self.text = _newest_text(request)
        self.is_distant = False  #: made in a thread without the context of the framework
        self._is_recorded = False
        self._is_released = False

    @property
    def handed_over(self) -> Observation | None:
        """The observation, when the call has ended."""
        return self.observation if self._is_recorded else None

    @property
    def has_failed(self) -> bool:
        """Whether it has ended with an error: another attempt may follow."""
        return self._is_recorded and self.observation.failure is not None

    def begin(self) -> None:
        """The framework has written the prompt."""

    def record(self) -> None:
        """Leave the ending to the framework."""
        self._is_recorded = True
        if self._is_released:
            super().record()

    def release(self) -> bool:
        """It is not the framework's call: log it after all; whether that is possible."""
        if self.engine.call_type is not Call:
            return False  # its span would have to begin in the past
        self._is_released = True
        try:
            super().begin()
            if self._is_recorded:
                super().record()
        except Exception:
            guard.report("logging a call below a framework's")
        return True


def _newest_text(request: Request) -> str:
    """The text of the newest message."""
    try:
        parts = request.read(request.messages[-1])["parts"] if request.messages else ()
        texts = (part.get("content") or part.get("response") or "" for part in parts)
        return "\n".join(map(str, texts)).strip()
    except Exception:
        guard.report("reading a request")
        return ""
