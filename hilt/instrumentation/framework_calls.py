"""Calls that a framework logs, and that the SDK of a provider makes.

A framework reports that a model is called before it calls the SDK. The SDK's request is the same
call: it is not logged again, and what the SDK knows better is handed over. Whether a request is
the one that was reported shows in its text; one of another text counts until the right one comes,
since a model of one's own may put the question in other words, or ask more than once. Requests
that generate nothing, such as the embedding for a semantic cache, are calls of their own.
"""

from __future__ import annotations

from collections.abc import Sequence

from hilt._context import FRAMEWORK_CALLS
from hilt.core.guard import guard
from hilt.genai.observation import Observation
from hilt.genai.values import Request, Surface
from hilt.instrumentation.engine import Call, Engine

__all__ = ["ClaimedCall", "FrameworkCall", "FrameworkCalls", "running_calls"]

_GENERATING = frozenset({"chat", "generate_content", "text_completion"})


class FrameworkCall:
    """A model call that a framework has begun to log.

    Args:
        request: What it requests, as the framework has it.
        key: The framework's id of the call: two handlers may log it to two logs.
        conversation: The conversation, where one is named.
    """

    __slots__ = ("claims", "conversation", "key", "others", "over", "peers", "text")

    def __init__(self, request: Request, key: object, conversation: str | None = None) -> None:
        self.key = key
        self.text = _newest_text(request)
        self.conversation = conversation
        self.claims: list[ClaimedCall] = []  #: requests of SDKs for it: the newest counts
        self.others = 0  #: requests of SDKs that were made meanwhile and are logged on their own
        self.over = False
        self.peers: list[FrameworkCall] = [self]  #: began in the same context, before it ended

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
        except BaseException:  # an interrupt: the framework will not report the end
            self.over = True
            raise

    def end(self) -> None:
        """Nothing that begins now is for this call. It may be another context that says so."""
        self.over = True
        if FRAMEWORK_CALLS.get() is not None:
            FRAMEWORK_CALLS.set(running_calls())

    def claim(self, engine: Engine, request: Request, surface: Surface) -> Call:
        """A request of an SDK that is made for it."""
        call = ClaimedCall(engine, request, surface)
        self.claims.append(call)
        return call

    def takes(self, text: str) -> bool:
        """Whether a request with this text is this call, and its first or another attempt."""
        if self.over or text != self.text:
            return False
        if not self.claims:
            return True
        if self.claims[-1].text == text:
            return self.claims[-1].has_failed
        # What was taken for it has another text, and is a call of its own.
        return self.claims[-1].release() and self.claims.pop() is not None

    def observation(self, response_id: str | None = None) -> Observation | None:
        """What an SDK has observed of the call.

        Args:
            response_id: The provider's id of its answer, which says which of several requests of
                one text it is.
        """
        if response_id is not None and self._claimed_id() != response_id:
            for peer in self.peers:
                if peer._claimed_id() == response_id:  # noqa: SLF001 # of the same class
                    self.claims[:], peer.claims[:] = peer.claims[:], self.claims[:]
                    break
        return self.claims[-1].handed_over if self.claims else None

    @property
    def attempts(self) -> int | None:
        """How many requests were made for it, those included that an SDK repeated."""
        counts = [claim.observation.attempts for claim in self.claims]
        return sum(count or 1 for count in counts) if len(counts) > 1 else None

    def _claimed_id(self) -> str | None:
        observation = self.claims[-1].handed_over if self.claims else None
        return observation.response.id if observation and observation.response else None


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

    __slots__ = ("_is_recorded", "_is_released", "text")

    def __init__(self, engine: Engine, request: Request, surface: Surface) -> None:
        super().__init__(engine, request, surface)
        self.text = _newest_text(request)
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
